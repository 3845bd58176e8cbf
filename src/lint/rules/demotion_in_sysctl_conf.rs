//! `demotion-in-sysctl-conf`

use crate::config::Description;
use crate::dialect::parse::FileKind;
use crate::lint::engine::Findings;
use crate::lint::hosts::{Fixing, HostFinding, HostFindings, Hosts};
use crate::lint::registry::rule;
use crate::lint::settings::sysctl_line;
use crate::model::{AdvSkew, Finding, KnownSysctl, Severity};

rule! {
    /// Finds `net.inet.carp.demotion` among the sysctls that are set at boot.
    ///
    /// ## Why it matters
    ///
    /// From FreeBSD 10 on a write to this sysctl adds to the demotion (`carp_demote_adj_sysctl` in `sys/netinet/ip_carp.c`), and
    /// sysctl.conf is applied twice at boot, early and once more at the end (`rc.d/sysctl`, and `rc.d/sysctl_lastload` or
    /// `rc.d/securelevel`). So every host comes up with twice the number, and all of them with the same: at 120 or more every
    /// skew is 240, and nobody is the preferred master.
    ///
    /// ## Example
    ///
    /// ```toml
    /// net.inet.carp.demotion = 120
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// preempt = true
    /// ```
    ///
    /// A host that is to be the last choice gets a high `advskew`.
    DEMOTION_IN_SYSCTL_CONF = "CG904", "demotion-in-sysctl-conf", Error, for both, fix "deletes the line of sysctl.conf; in a description nothing is changed"
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let Some(line) = sysctl_line(description, KnownSysctl::DEMOTION) else {
        return;
    };
    let mut nodes = description.cluster.nodes.iter();
    if !nodes.any(|node| !node.release.has_carp_interfaces()) {
        return;
    }
    let every = ("every skew of every host", "nobody is the preferred master");
    let follows = follows(line.value, every);
    let message = format!(
        "a write to {} adds, and sysctl.conf is applied twice at boot: {follows}",
        KnownSysctl::DEMOTION
    );
    let help = "remove the line; a host that is to be the last choice gets a high advskew";
    findings.add(Finding::new(
        Severity::Error,
        line.at.clone(),
        message,
        help,
    ));
}

/// What a number becomes at boot. `clamped` says whose skews are all alike then, and what that means.
fn follows(once: i64, clamped: (&str, &str)) -> String {
    let twice = once.saturating_mul(2);
    let clamp = i64::from(AdvSkew::LARGEST_EFFECTIVE.number());
    match twice {
        0 => "0 adds nothing, so it takes no demotion back".to_owned(),
        _ if twice >= clamp => format!(
            "{once} becomes {twice} at each boot, and {} counts as {clamp}: {}",
            clamped.0, clamped.1
        ),
        _ if twice > 0 => {
            format!("{once} becomes {twice} at each boot, and a skew of 0 counts as {twice}")
        }
        _ => format!(
            "{once} becomes {twice} at each boot, and hides as much demotion: a host that has lost a link stays master"
        ),
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter().filter(|(_, host)| !host.is_legacy()) {
        for line in &host.reading.sysctls {
            let named = line.name == KnownSysctl::DEMOTION
                && host.kind_of(line.place) == Some(FileKind::SysctlConf);
            let Some(value) = line.value.as_deref().filter(|_| named) else {
                continue;
            };
            // A value that is no number is another mistake.
            let Ok(once) = value.trim().parse::<i64>() else {
                continue;
            };
            let clamped = (
                "every skew of this host",
                "it is never the preferred master",
            );
            let message = format!(
                "a write to {} adds, and sysctl.conf is applied twice at boot: {}",
                KnownSysctl::DEMOTION,
                follows(once, clamped),
            );
            let help = "remove the line; a host that is to be the last choice gets a high advskew";
            let place = line.place;
            let whole = host.line_of(place.file, place.offset as usize);
            let fixing = host.delete_line(Fixing::of(position), whole);
            let finding = HostFinding::at(Severity::Error, position, place, message, help);
            findings.add(finding.with_fix(fixing.done()));
        }
    }
}
