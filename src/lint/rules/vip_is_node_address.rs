//! `vip-is-node-address`

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::config::Description;
use crate::lint::addresses::{PlacedOwn, PlacedVip, apart, of_node, vips};
use crate::lint::engine::Findings;
use crate::lint::numbers::nodes_in_words;
use crate::lint::registry::rule;
use crate::model::{Finding, Severity, VhidSpec};

rule! {
    /// Finds VIPs that a node has as its own address.
    ///
    /// ## Why it matters
    ///
    /// An own address stays on its node and is answered there in every state, with the MAC address of its interface; a VIP moves and is
    /// answered by the master with the virtual one. So two hosts own one address, and clients reach now the one, now the other. On
    /// FreeBSD 9 the node becomes the "address owner" besides: its skew is forced to 0 whatever it was configured with
    /// (`carp_set_addr` in FreeBSD 9.3 `sys/netinet/ip_carp.c`).
    ///
    /// ## Example
    ///
    /// ```toml
    /// vips = ["192.0.2.2/24"]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// vips = ["192.0.2.10/24"]
    /// ```
    VIP_IS_NODE_ADDRESS = "CG403", "vip-is-node-address", Error
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let cluster = &description.cluster;
    let mut owners: BTreeMap<IpAddr, Vec<PlacedOwn<'_>>> = BTreeMap::new();
    for node in &cluster.nodes {
        for own in of_node(description, node) {
            owners.entry(own.address.addr()).or_default().push(own);
        }
    }
    for vhid in &cluster.vhids {
        for placed in vips(description, vhid) {
            let mut own = owners
                .get(&placed.vip.address())
                .cloned()
                .unwrap_or_default();
            own.retain(|own| {
                let serving = cluster.members(vhid).map(|(node, _)| node);
                !apart(own, &vhid.segment, serving)
            });
            if !own.is_empty() {
                findings.add(finding(vhid, &placed, &own));
            }
        }
    }
}

fn finding(vhid: &VhidSpec, placed: &PlacedVip, owners: &[PlacedOwn<'_>]) -> Finding {
    let address = placed.vip.address();
    let mut message = format!(
        "VIP {address} of {} is an own address of {}: two owners of one address, the master with 00:00:5e:00:01:{:02x} and the node with its own MAC address, and clients reach now one, now the other",
        vhid.label(),
        nodes_in_words(owners.iter().map(|own| &own.node.name)),
        vhid.id.number(),
    );
    let forced: Vec<_> = owners
        .iter()
        .filter(|own| own.node.release.has_carp_interfaces())
        .filter(|own| own.interface.segment == vhid.segment)
        .filter(|own| vhid.order.contains(&own.node.name))
        .map(|own| &own.node.name)
        .collect();
    if !forced.is_empty() {
        message += &format!("; FreeBSD 9 forces advskew 0 on {}", nodes_in_words(forced));
    }
    let help = "write an address that no host has, or correct the node's own address";
    let finding = Finding::new(Severity::Error, placed.at.clone(), message, help);
    owners.iter().fold(finding, |finding, own| {
        let words = format!("the own address of node {}", own.node.name);
        finding.and(own.at.clone(), words)
    })
}
