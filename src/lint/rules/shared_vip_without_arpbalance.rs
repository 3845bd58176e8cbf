//! `shared-vip-without-arpbalance`

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, SharedVip};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{Cluster, Family, Finding, KnownSysctl, Severity, VhidConfig, VhidSpec};

rule! {
    /// Finds vhids of FreeBSD 9 that share an IPv4 VIP without ARP balancing.
    ///
    /// ## Why it matters
    ///
    /// Each vhid has a MAC address of its own, 00:00:5e:00:01:VHID. If the vhids have different masters, both answer every ARP request for
    /// the shared address, each with its own MAC, and the client keeps the answer that comes last. With
    /// `net.inet.carp.arpbalance=1` the kernel answers with one of the vhids, chosen by the client's address (`carp_iamatch` in
    /// FreeBSD 9.3 `sys/netinet/ip_carp.c`; `carp(4)` there).
    ///
    /// ## Example
    ///
    /// ```toml
    /// arpbalance = false
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// arpbalance = true
    /// ```
    SHARED_VIP_WITHOUT_ARPBALANCE = "CG703", "shared-vip-without-arpbalance", Error, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let cluster = &description.cluster;
    if cluster.arpbalance {
        return;
    }
    let mut seen = Vec::new();
    for vhid in cluster.vhids.iter().filter(|vhid| legacy(cluster, vhid)) {
        for vip in vhid.vips.iter().filter(|v| v.family() == Family::Inet) {
            let address = vip.address();
            if seen.contains(&(&vhid.segment, address)) {
                continue;
            }
            seen.push((&vhid.segment, address));
            let of = |other: &&VhidSpec| {
                other.segment == vhid.segment
                    && other.vips.iter().any(|vip| vip.address() == address)
                    && legacy(cluster, other)
            };
            let owners: Vec<&VhidSpec> = cluster.vhids.iter().filter(of).collect();
            let [first, second, rest @ ..] = owners.as_slice() else {
                continue;
            };
            let place = |vhid: &VhidSpec| {
                let position = vhid.vips.iter().position(|vip| vip.address() == address);
                vhid.route.key("vips").index(position.unwrap_or(0))
            };
            let macs = owners
                .iter()
                .map(|vhid| format!("00:00:5e:00:01:{:02x}", vhid.id.number()));
            let message = format!(
                "{address} is a VIP of {} vhids on segment {} without ARP balancing: it has the MAC addresses {}, and which one a client gets is chance",
                owners.len(),
                vhid.segment,
                list_in_words(macs),
            );
            let help =
                "write arpbalance = true in [cluster], or give each vhid an address of its own";
            let mut finding = Finding::new(Severity::Error, place(second), message, help);
            for other in [first].into_iter().chain(rest) {
                finding = finding.and(place(other), format!("{} has it too", other.label()));
            }
            let table = description.document.cluster.as_ref();
            if let Some(table) = table.filter(|table| table.arpbalance.is_some()) {
                finding = finding.and(table.route("arpbalance"), "ARP balancing is off");
            }
            findings.add(finding);
        }
    }
}

/// Only nodes of release 9 serve the vhid; on later ones a shared VIP is another mistake.
fn legacy(cluster: &Cluster, vhid: &VhidSpec) -> bool {
    let mut members = cluster.members(vhid).peekable();
    members.peek().is_some() && members.all(|(node, _)| node.release.has_carp_interfaces())
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    let mut shared = hosts.shared_vips();
    shared.retain(|vip| !vip.differs(hosts));
    for (position, host) in hosts.iter() {
        if hosts.balances(position).is_none() || host.sysctl(KnownSysctl::ARPBALANCE) == Some(1) {
            continue;
        }
        let of_host: Vec<(&SharedVip<'_>, &[&VhidConfig])> = shared
            .iter()
            .filter_map(|vip| {
                let mut holders = vip.holders.iter();
                let (_, vhids) = holders.find(|(holder, _)| *holder == position)?;
                Some((vip, vhids.as_slice()))
            })
            .collect();
        if let Some(finding) = without_balance(hosts, position, &of_host) {
            findings.add(finding);
        }
    }
}

/// All shared addresses of a host have one cause, so they are one finding.
fn without_balance(
    hosts: &Hosts<'_>,
    position: usize,
    shared: &[(&SharedVip<'_>, &[&VhidConfig])],
) -> Option<HostFinding> {
    let (vip, vhids) = shared.first()?;
    let host = &hosts.hosts[position];
    let macs = vhids
        .iter()
        .map(|vhid| format!("00:00:5e:00:01:{:02x}", vhid.vhid.number()));
    let others = match shared.len() {
        1 => String::new(),
        more => format!(", and {} more VIPs are shared like it", more - 1),
    };
    let message = format!(
        "{} is a VIP of {} vhids without ARP balancing: it has the MAC addresses {}, and which one a client gets is chance{others}",
        vip.address,
        vhids.len(),
        list_in_words(macs),
    );
    let help =
        "write net.inet.carp.arpbalance=1 in sysctl.conf, or give each vhid an address of its own";
    let all = shared.iter().flat_map(|(vip, vhids)| {
        vhids.iter().filter_map(|vhid| {
            let place = host.vip_place(vhid, vip.address.into())?;
            Some((place, format!("{} in vhid {}", vip.address, vhid.vhid)))
        })
    });
    let mut places: Vec<_> = all.collect();
    if places.is_empty() {
        return None;
    }
    // The second one makes the conflict.
    let (at, _) = places.remove(usize::from(places.len() > 1));
    let finding = HostFinding::at(Severity::Error, position, at, message, help);
    let finding = places.into_iter().fold(finding, |finding, (place, words)| {
        finding.and(position, place, words)
    });
    Some(match host.sysctl_place(KnownSysctl::ARPBALANCE) {
        Some(place) => finding.and(position, place, "ARP balancing is off"),
        None => finding,
    })
}
