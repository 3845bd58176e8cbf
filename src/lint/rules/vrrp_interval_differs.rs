//! `vrrp-interval-differs`

use crate::dialect::parse::Keyword;
use crate::lint::hosts::conflict::conflict;
use crate::lint::hosts::consequence::simulated;
use crate::lint::hosts::{HostFindings, Hosts, Member};
use crate::lint::numbers::{list_in_words, seconds};
use crate::lint::registry::rule;
use crate::model::{Mode, Severity, VrrpInterval};

rule! {
    /// Finds VRRPv3 routers of one vhid that have different intervals.
    ///
    /// ## Why it matters
    ///
    /// A master of FreeBSD 15 gives way to a shorter interval or a higher priority, and with `net.inet.carp.preempt=1` a backup takes over
    /// from a longer interval or a lower priority (`vrrp_input_c` in `sys/netinet/ip_carp.c`). Where the two disagree both rules
    /// fire by turns, and the routers change places at every advertisement.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # on one host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 carpver 3 vrrpprio 200 vrrpinterval 100"
    /// # on the other host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 carpver 3 vrrpprio 100 vrrpinterval 50"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # on one host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 carpver 3 vrrpprio 200 vrrpinterval 100"
    /// # on the other host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 carpver 3 vrrpprio 100 vrrpinterval 100"
    /// ```
    VRRP_INTERVAL_DIFFERS = "CG511", "vrrp-interval-differs", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for group in hosts.timed_groups() {
        let routers: Vec<(Member<'_>, VrrpInterval)> = group
            .members
            .iter()
            .filter_map(|member| Some((*member, interval(member)?)))
            .collect();
        let differs = routers.iter().any(|(member, interval)| {
            routers
                .iter()
                .any(|(other, its)| other.host != member.host && its != interval)
        });
        if !differs {
            continue;
        }
        let of_host = |(member, interval): &(Member<'_>, VrrpInterval)| {
            let us = u64::from(interval.number()) * 10_000;
            format!("{} on {}", seconds(us), hosts.name_of(member))
        };
        let members: Vec<Member<'_>> = routers.iter().map(|(member, _)| *member).collect();
        let message = format!(
            "the interval of VRRP router {} differs, {}: the rules by interval and by priority contradict each other{}",
            group.vhid,
            list_in_words(routers.iter().map(of_host)),
            simulated(hosts, group.view, &members),
        );
        let sides = routers.iter().map(|router| {
            hosts.side_at(
                group.view,
                &router.0,
                Keyword::Vrrpinterval,
                of_host(router),
            )
        });
        let help = "write one vrrpinterval on all hosts";
        findings.extend(conflict(Severity::Error, sides, message, help));
    }
}

fn interval(member: &Member<'_>) -> Option<VrrpInterval> {
    match member.config.mode {
        Mode::Vrrp { interval, .. } => Some(interval),
        Mode::Carp { .. } => None,
    }
}
