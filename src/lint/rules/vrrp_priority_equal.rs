//! `vrrp-priority-equal`

use crate::dialect::parse::Keyword;
use crate::lint::hosts::conflict::conflict;
use crate::lint::hosts::consequence::simulated;
use crate::lint::hosts::{HostFindings, Hosts, Member};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{Mode, Severity, VrrpInterval, VrrpPriority};

rule! {
    /// Finds VRRPv3 routers of one vhid that have the same priority.
    ///
    /// ## Why it matters
    ///
    /// A master of FreeBSD 15 gives way only to a higher priority or a shorter interval (`vrrp_input_c` in
    /// `sys/netinet/ip_carp.c`). It does not compare source addresses at equal priority, as RFC 9568 section 6.4.3 asks. Two routers
    /// that start together, or meet again after a split, both stay master.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # on both hosts
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 carpver 3 vrrpprio 100"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # on the preferred master
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 carpver 3 vrrpprio 200"
    /// # on the other host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 carpver 3 vrrpprio 100"
    /// ```
    VRRP_PRIORITY_EQUAL = "CG510", "vrrp-priority-equal", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for group in hosts.timed_groups() {
        let mut judged = Vec::new();
        for member in &group.members {
            let Some(numbers) = vrrp(member).filter(|numbers| !judged.contains(numbers)) else {
                continue;
            };
            judged.push(numbers);
            let mut equal: Vec<Member<'_>> = group.members.clone();
            equal.retain(|other| vrrp(other) == Some(numbers));
            if equal.iter().all(|other| other.host == member.host) {
                continue;
            }
            let names = equal.iter().map(|other| hosts.name_of(other));
            let message = format!(
                "VRRP router {} has priority {} on {}: nothing breaks the tie, and they are masters beside each other{}",
                group.vhid,
                numbers.0,
                list_in_words(names),
                simulated(hosts, group.view, &equal),
            );
            let sides = equal.iter().map(|other| {
                let words = format!("the same on {}", hosts.name_of(other));
                hosts.side_at(group.view, other, Keyword::Vrrpprio, words)
            });
            let help = "give each host a priority of its own, such as 200 and 100";
            findings.extend(conflict(Severity::Error, sides, message, help));
        }
    }
}

/// The numbers of a VRRP router.
fn vrrp(member: &Member<'_>) -> Option<(VrrpPriority, VrrpInterval)> {
    match member.config.mode {
        Mode::Vrrp { priority, interval } => Some((priority, interval)),
        Mode::Carp { .. } => None,
    }
}
