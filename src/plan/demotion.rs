//! Why a host is demoted, as far as it can be told from outside, and how the demotion is taken back.

use super::observed::Observed;
use crate::dialect::parse::{ShownInterface, ShownState};
use crate::model::{KnownSysctl, Release};

/// A part of a demotion and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// How much it adds; up to 9 the number of problems.
    pub amount: i64,
    /// In words.
    pub words: String,
}

/// A demotion that is not 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demotion {
    /// All of it.
    pub total: i64,
    /// What it is probably made of.
    pub causes: Vec<Cause>,
    /// What takes back the part that does not go by itself, if there is one.
    pub reset: Option<String>,
}

/// How much `carpgen drain` demotes a host by: one lost link, `CARP_MAXSKEW` in FreeBSD `sys/netinet/ip_carp.c`, beyond
/// which more makes no difference.
pub const DRAIN_DEMOTION: i64 = 240;

/// The demotion of a host, where it has one.
///
/// Each vhid whose link is lost adds `ifdown_demotion_factor`, each vhid of an interface that cannot send
/// `senderr_demotion_factor`, a running bulk update of pfsync its own factor (`carp_sc_state`, `carp_send_ad_error` in
/// FreeBSD `sys/netinet/ip_carp.c`, `pfsync_bulk_update` in `sys/netpfil/pf/if_pfsync.c`). The kernel does not tell the
/// parts; what no lost link and no drain explains is guessed from the factors. Writing the sysctl adds, so that the
/// command to reset it holds the negative difference.
#[must_use]
pub fn demotion_of(observed: &Observed) -> Option<Demotion> {
    let total = observed.demotion().filter(|total| *total != 0)?;
    let silent = silent_vhids(observed);
    if observed.release.has_carp_interfaces() {
        let mut causes = Vec::new();
        if silent > 0 {
            causes.push(Cause {
                amount: silent.min(total),
                words: link_words(silent, observed),
            });
        }
        if total > silent {
            causes.push(Cause {
                amount: total - silent,
                words: "probably advertisements that cannot be sent".to_owned(),
            });
        }
        return Some(Demotion {
            total,
            causes,
            reset: None,
        });
    }
    let mut rest = total;
    let mut causes = Vec::new();
    let mut explain = |rest: &mut i64, amount: i64, words: String| {
        *rest -= amount;
        causes.push(Cause { amount, words });
    };
    let factor = observed.sysctl(KnownSysctl::IFDOWN_FACTOR).unwrap_or(0);
    let lost = silent.saturating_mul(factor);
    if lost > 0 && rest >= lost {
        explain(&mut rest, lost, link_words(silent, observed));
    }
    // Behind the links: after a reboot the record is still there, and what the drain added is not.
    let record = observed.carpgen.drain.as_deref().unwrap_or("");
    let drained = record.lines().any(|line| line.starts_with("demotion="));
    if drained && rest >= DRAIN_DEMOTION {
        explain(&mut rest, DRAIN_DEMOTION, "drained by carpgen".to_owned());
    }
    if rest != 0 {
        let words = guess(observed, rest);
        causes.push(Cause {
            amount: rest,
            words,
        });
    }
    let reset = (rest != 0).then(|| format!("sysctl {}={}", KnownSysctl::DEMOTION, -rest));
    Some(Demotion {
        total,
        causes,
        reset,
    })
}

/// What a demotion that no link explains is probably due to.
fn guess(observed: &Observed, rest: i64) -> String {
    let multiple = |name: &str| {
        let factor = observed.sysctl(name).filter(|factor| *factor > 0);
        factor.is_some_and(|factor| rest % factor == 0)
    };
    let send_errors = multiple(KnownSysctl::SENDERR_FACTOR);
    let pfsync = multiple(KnownSysctl::PFSYNC_FACTOR);
    if rest < 0 {
        "taken back too often: below 0 the host wins elections that it should lose"
    } else {
        match (send_errors, pfsync) {
            (true, true) => {
                "probably send errors, a bulk update of pfsync, or an interface that was down"
            }
            (true, false) => "probably send errors, or an interface that was down",
            (false, true) => "probably a bulk update of pfsync",
            (false, false) => "set by hand, or left over from other factors",
        }
    }
    .to_owned()
}

/// How many vhids are in INIT because their interface is down, or because CARP is not allowed (12 and later).
fn silent_vhids(observed: &Observed) -> i64 {
    let forbidden =
        observed.release >= Release::R12 && observed.sysctl(KnownSysctl::ALLOW) == Some(0);
    let silent = observed.interfaces.iter().map(|interface| {
        let init = interface.vhids.iter().filter(|vhid| {
            vhid.state == ShownState::Init && (forbidden || is_down(observed, interface))
        });
        init.count()
    });
    i64::try_from(silent.sum::<usize>()).unwrap_or(i64::MAX)
}

/// An interface that sends nothing. Up to 9 a carp interface loses its parent, which its addresses lead to.
fn is_down(observed: &Observed, interface: &ShownInterface) -> bool {
    if !observed.release.has_carp_interfaces() {
        return is_link_lost(interface);
    }
    let live = observed.live();
    let carrier = live.vhids.iter().find(|vhid| {
        vhid.carp_unit
            .is_some_and(|unit| interface.name == format!("carp{unit}"))
    });
    let mut parents = observed.interfaces.iter();
    carrier.is_some_and(|vhid| {
        parents.any(|parent| parent.name == vhid.interface.as_str() && is_link_lost(parent))
    })
}

fn link_words(silent: i64, observed: &Observed) -> String {
    let vhids = if silent == 1 {
        "1 vhid".to_owned()
    } else {
        format!("{silent} vhids")
    };
    if observed.release >= Release::R12 && observed.sysctl(KnownSysctl::ALLOW) == Some(0) {
        return format!("{} is 0, which silences {vhids}", KnownSysctl::ALLOW);
    }
    let names: Vec<&str> = observed
        .interfaces
        .iter()
        .filter(|shown| !shown.name.starts_with("carp") && !shown.name.starts_with("lo"))
        .filter(|shown| is_link_lost(shown))
        .map(|shown| shown.name.as_str())
        .collect();
    format!("no link on {}, which carries {vhids}", names.join(", "))
}

fn is_link_lost(shown: &ShownInterface) -> bool {
    let up = shown.flags.iter().any(|flag| flag == "UP");
    !up || shown.status.as_deref().is_some_and(|s| s != "active")
}
