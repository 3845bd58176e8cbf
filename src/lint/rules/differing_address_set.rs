//! `differing-address-set`

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::lint::hosts::conflict::conflict;
use crate::lint::hosts::consequence::simulated;
use crate::lint::hosts::{HostFindings, Hosts, Member, VhidGroup, View};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::Severity;

rule! {
    /// Finds vhids whose addresses are not the same on all hosts.
    ///
    /// ## Why it matters
    ///
    /// The HMAC of an advertisement covers every address of the vhid (`carp_hmac_prepare` in FreeBSD `sys/netinet/ip_carp.c`). One
    /// address more on one host, and each host drops what the others send: all are master for ever, and every address of the
    /// vhid has several owners, not only the one that differs. The order of the addresses and their prefix lengths do not count.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # on one host
    /// ifconfig_em0_alias1="inet 192.0.2.12/32 vhid 1 advskew 0 pass Ee5Xkq2uPsz0"
    /// # on the other host
    /// ifconfig_em0_alias1="inet 192.0.2.13/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # on one host
    /// ifconfig_em0_alias1="inet 192.0.2.12/32 vhid 1 advskew 0 pass Ee5Xkq2uPsz0"
    /// # on the other host
    /// ifconfig_em0_alias1="inet 192.0.2.12/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    DIFFERING_ADDRESS_SET = "CG602", "differing-address-set", Error, for hosts
}

/// The addresses that a host has in a vhid.
type Sets = BTreeMap<usize, BTreeSet<IpAddr>>;

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for group in hosts.shared_groups() {
        let members = || group.members.iter();
        let raw = sets(hosts, &group, &members().collect::<Vec<_>>());
        let first = raw.values().next();
        if raw.values().all(|set| Some(set) == first) {
            continue;
        }
        let known: Vec<&Member<'_>> = members()
            .filter(|member| hosts.knows_addresses(group.view, member))
            .collect();
        let sets = sets(hosts, &group, &known);
        let mut all = sets.values().flatten().collect::<BTreeSet<_>>();
        // What a host has in another vhid is a finding of its own, and one that has none at all is one too.
        all.retain(|address| {
            let missing = |host: usize| !has_elsewhere(hosts, &group, host, **address);
            sets.iter()
                .any(|(host, set)| !set.is_empty() && !set.contains(address) && missing(*host))
        });
        if all.is_empty() {
            continue;
        }
        let differing: Vec<IpAddr> = all.into_iter().copied().collect();
        report(hosts, &group, &known, &sets, &differing, findings);
    }
}

/// The sets by host. Of a live script what the boot gives the vhid counts too.
fn sets(hosts: &Hosts<'_>, group: &VhidGroup<'_>, members: &[&Member<'_>]) -> Sets {
    let mut sets = Sets::new();
    for member in members {
        let set = sets.entry(member.host).or_default();
        set.extend(member.config.vips.iter().map(|vip| vip.address()));
        let boot = hosts.configs[member.host].vhids.iter().filter(|known| {
            group.view == View::Live
                && known.vhid == member.config.vhid
                && known.interface == member.config.interface
        });
        set.extend(boot.flat_map(|known| known.vips.iter().map(|vip| vip.address())));
    }
    sets
}

fn has_elsewhere(hosts: &Hosts<'_>, group: &VhidGroup<'_>, host: usize, address: IpAddr) -> bool {
    let configs = hosts.configs_of(group.view);
    configs.get(host).is_some_and(|config| {
        config.vhids.iter().any(|other| {
            other.segment == *group.segment
                && other.vhid != group.vhid
                && other.vips.iter().any(|vip| vip.address() == address)
        })
    })
}

fn report(
    hosts: &Hosts<'_>,
    group: &VhidGroup<'_>,
    members: &[&Member<'_>],
    sets: &Sets,
    differing: &[IpAddr],
    findings: &mut HostFindings<'_>,
) {
    let owners = differing.iter().map(|address| {
        let hosts_with = sets.iter().filter(|(_, set)| set.contains(address));
        let names = hosts_with.map(|(host, _)| hosts.hosts[*host].name.as_str());
        format!("{address} is only on {}", list_in_words(names))
    });
    let message = format!(
        "the addresses of vhid {} differ: {}; they are part of the authentication, so each host drops the advertisements of the others{}",
        group.vhid,
        list_in_words(owners),
        simulated(hosts, group.view, &group.members),
    );
    let mut sides = Vec::new();
    for member in members {
        let own = member.config.vips.iter().map(|vip| vip.address());
        let own: Vec<IpAddr> = own.filter(|own| differing.contains(own)).collect();
        let name = hosts.name_of(member);
        if own.is_empty() {
            let words = format!("vhid {} of {name} lacks it", group.vhid);
            sides.push(hosts.side(group.view, member, words));
        }
        for address in own {
            let words = format!("{address} is on {name}");
            sides.push(hosts.side_of(group.view, member, address, words));
        }
    }
    let help = "write the same addresses on all hosts";
    findings.extend(conflict(Severity::Error, sides, message, help));
}
