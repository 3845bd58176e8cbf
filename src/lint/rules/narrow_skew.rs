//! `narrow-skew`

use crate::dialect::parse::Keyword;
use crate::lint::hosts::conflict::conflict;
use crate::lint::hosts::{HostFindings, Hosts, Member, VhidGroup};
use crate::lint::numbers::{list_in_words, seconds};
use crate::lint::registry::rule;
use crate::model::{AdvBase, Severity, takeover_us};

rule! {
    /// Finds hosts whose skews for one vhid are hardly apart.
    ///
    /// ## Why it matters
    ///
    /// A step of the skew is 1/256 s, 3.9 ms (`carp_setrun` in FreeBSD `sys/netinet/ip_carp.c`), and the timers of a kernel with
    /// `kern.hz=100` may be two clock ticks of 10 ms late. Hosts that start together then become master in any order.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # on the other host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 2 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # on the other host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    NARROW_SKEW = "CG502", "narrow-skew", Warning, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for group in hosts.timed_groups() {
        let mut timed: Vec<(AdvBase, u8, &Member<'_>)> = group
            .members
            .iter()
            .filter_map(|member| {
                let (base, skew) = hosts.timers(member)?;
                Some((base, skew.number(), member))
            })
            .collect();
        timed.sort_by_key(|(base, skew, member)| (*base, *skew, member.host));
        // Chains of hosts that are close to each other: 0, 1 and 2 are one mistake.
        let close = timed.chunk_by(|a, b| a.0 == b.0 && b.1 - a.1 <= 5);
        for chain in close {
            let (first, last) = (chain[0].1, chain[chain.len() - 1].1);
            if first != last {
                report(hosts, &group, chain, findings);
            }
        }
    }
}

fn report(
    hosts: &Hosts<'_>,
    group: &VhidGroup<'_>,
    chain: &[(AdvBase, u8, &Member<'_>)],
    findings: &mut HostFindings<'_>,
) {
    let skews = chain
        .iter()
        .map(|(_, skew, member)| format!("{skew} on {}", hosts.name_of(member)));
    let waits: Vec<u64> = chain
        .iter()
        .filter_map(|(base, _, member)| {
            let (_, skew) = hosts.timers(member)?;
            Some(takeover_us(*base, skew))
        })
        .collect();
    let apart = waits.iter().max().zip(waits.iter().min());
    let message = format!(
        "the skews of vhid {} are hardly apart, {}: that is {} between their takeovers, and timers may be 0.02 s late, so after a common start either may be master first",
        group.vhid,
        list_in_words(skews),
        seconds(apart.map_or(0, |(most, least)| most - least)),
    );
    let mut sorted: Vec<_> = chain.iter().collect();
    sorted.sort_by_key(|(_, _, member)| member.host);
    let sides = sorted.into_iter().map(|(_, skew, member)| {
        let words = format!("{skew} on {}", hosts.name_of(member));
        hosts.side_at(group.view, member, Keyword::Advskew, words)
    });
    let help = "put 50 or 100 between the skews, such as 0, 100 and 200";
    findings.extend(conflict(Severity::Warning, sides, message, help));
}
