//! `differing-mask`

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::lint::hosts::conflict::conflict;
use crate::lint::hosts::{HostFindings, Hosts, Member, VhidGroup};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{Family, Severity, Vip};

rule! {
    /// Finds addresses whose prefix length is not the same on all hosts.
    ///
    /// ## Why it matters
    ///
    /// Prefix lengths are no part of what hosts authenticate (`carp_hmac_prepare` in FreeBSD `sys/netinet/ip_carp.c`), so CARP works and
    /// nobody notices. But the master has the route of its prefix: after a failover other addresses are reached directly than
    /// before.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # on one host
    /// ifconfig_em0_alias0="inet 192.0.2.1/24 vhid 1 advskew 0 pass Ee5Xkq2uPsz0"
    /// # on the other host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # on one host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 0 pass Ee5Xkq2uPsz0"
    /// # on the other host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    DIFFERING_MASK = "CG604", "differing-mask", Warning, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for group in hosts.shared_groups() {
        let mut masks: BTreeMap<IpAddr, Vec<(&Member<'_>, u8)>> = BTreeMap::new();
        for member in &group.members {
            for vip in &member.config.vips {
                let of_address = masks.entry(vip.address()).or_default();
                of_address.extend(mask(*vip).map(|mask| (member, mask)));
            }
        }
        for (address, masked) in masks {
            let first = masked.first().map(|(member, mask)| (member.host, *mask));
            let differs = first.is_some_and(|(host, own)| {
                masked
                    .iter()
                    .any(|(member, mask)| member.host != host && *mask != own)
            });
            if differs {
                report(hosts, &group, address, &masked, findings);
            }
        }
    }
}

/// The prefix length, where it is written; that of an IPv6 address is 64 where it is not.
fn mask(vip: Vip) -> Option<u8> {
    match vip.family() {
        Family::Inet => vip.written_prefix(),
        Family::Inet6 => Some(vip.prefix()),
    }
}

fn report(
    hosts: &Hosts<'_>,
    group: &VhidGroup<'_>,
    address: IpAddr,
    masked: &[(&Member<'_>, u8)],
    findings: &mut HostFindings<'_>,
) {
    let of_host =
        |(member, mask): &(&Member<'_>, u8)| format!("/{mask} on {}", hosts.name_of(member));
    let message = format!(
        "{address} of vhid {} is {}: CARP does not compare prefix lengths, and each failover changes the routes",
        group.vhid,
        list_in_words(masked.iter().map(of_host)),
    );
    let sides = masked.iter().map(|known| {
        let words = of_host(known);
        hosts.side_of(group.view, known.0, address, words)
    });
    let help = "write one prefix length on all hosts";
    findings.extend(conflict(Severity::Warning, sides, message, help));
}
