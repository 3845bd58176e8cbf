//! `slow-takeover`

use crate::config::Description;
use crate::dialect::parse::Keyword;
use crate::lint::engine::Findings;
use crate::lint::hosts::conflict::conflict;
use crate::lint::hosts::{HostFindings, Hosts};
use crate::lint::numbers::{list_in_words, seconds};
use crate::lint::registry::rule;
use crate::lint::serving::wait_us;
use crate::lint::settings::advbase_place;
use crate::model::{Finding, HostName, Mode, Route, Severity, VhidSpec, takeover_us};

rule! {
    /// Finds vhids whose first backup waits ten seconds or more before it takes over.
    ///
    /// ## Why it matters
    ///
    /// A backup becomes master when it has heard nothing for 3 · advbase + advskew/256 seconds (`carp_setrun` in FreeBSD
    /// `sys/netinet/ip_carp.c`). After a crash of the master nobody answers for the VIP until then.
    ///
    /// ## Example
    ///
    /// ```toml
    /// advbase = 5
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// advbase = 1
    /// ```
    SLOW_TAKEOVER = "CG509", "slow-takeover", Info, for both
}

/// A vhid, its first backup, and how long that one waits, in microseconds.
type Slow<'c> = (u64, &'c VhidSpec, &'c HostName);

/// From here on a takeover is slow, in microseconds.
const SLOW_US: u64 = 10_000_000;

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let mut slow: Vec<(Route, Vec<Slow<'_>>)> = Vec::new();
    for vhid in &description.cluster.vhids {
        let Some(backup) = vhid.order.get(1) else {
            continue;
        };
        let Some(wait) = wait_us(vhid, backup).filter(|wait| *wait >= SLOW_US) else {
            continue;
        };
        let at = advbase_place(description, vhid);
        match slow.iter_mut().find(|(place, _)| *place == at) {
            Some((_, vhids)) => vhids.push((wait, vhid, backup)),
            None => slow.push((at, vec![(wait, vhid, backup)])),
        }
    }
    for (at, vhids) in slow {
        let Some((wait, longest, backup)) = vhids.iter().rev().max_by_key(|(wait, ..)| wait) else {
            continue;
        };
        let others: Vec<_> = vhids
            .iter()
            .filter(|(_, vhid, _)| vhid.route != longest.route)
            .map(|(_, vhid, _)| vhid.id)
            .collect();
        let also = match others.as_slice() {
            [] => String::new(),
            [one] => format!("; the same base is that of vhid {one}"),
            all => format!("; the same base is that of vhids {}", list_in_words(all)),
        };
        let message = format!(
            "after a crash of the master of {} clients wait up to {} until {backup} takes over{also}",
            longest.label(),
            seconds(*wait),
        );
        let help =
            "write a smaller advbase on every node: up to 3 stays below 10 s, 1 is the usual one";
        findings.add(Finding::new(Severity::Info, at, message, help));
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for group in hosts.timed_groups() {
        let timed = group.members.iter().filter_map(|member| {
            let (base, _) = hosts.timers(member)?;
            let Mode::Carp { advskew, .. } = member.config.mode else {
                return None;
            };
            Some((takeover_us(base, advskew), base, member))
        });
        let mut timed: Vec<_> = timed.collect();
        timed.sort_by_key(|(wait, _, member)| (*wait, member.host));
        let [(_, first, master), (wait, base, backup), ..] = timed.as_slice() else {
            continue;
        };
        if *wait < SLOW_US || first != base || master.host == backup.host {
            continue;
        }
        let message = format!(
            "after a crash of the master of vhid {} clients wait up to {} until {} takes over",
            group.vhid,
            seconds(*wait),
            hosts.name_of(backup),
        );
        let help =
            "write a smaller advbase on every host: up to 3 stays below 10 s, 1 is the usual one";
        let sides = [backup, master].map(|member| {
            let words = format!("advbase {base} on {}", hosts.name_of(member));
            hosts.side_at(group.view, member, Keyword::Advbase, words)
        });
        findings.extend(conflict(Severity::Info, sides, message, help));
    }
}
