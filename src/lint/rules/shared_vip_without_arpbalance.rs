//! `shared-vip-without-arpbalance`

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{Cluster, Family, Finding, Severity, VhidSpec};

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
    SHARED_VIP_WITHOUT_ARPBALANCE = "CG703", "shared-vip-without-arpbalance", Error
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
