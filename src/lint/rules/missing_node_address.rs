//! `missing-node-address`

use crate::config::Description;
use crate::lint::addresses::has_family;
use crate::lint::engine::Findings;
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{
    Cluster, Family, Finding, Node, NodeInterface, Peers, Protocol, Severity, VhidSpec,
};

rule! {
    /// Finds nodes of a vhid for which no own address on its segment is written.
    ///
    /// ## Why it matters
    ///
    /// Advertisements come from the first address of the interface that is no VIP; where there is none, from a VIP or 0.0.0.0
    /// (`carp_best_ifa` in FreeBSD `sys/netinet/ip_carp.c`), and a backup has no address in the subnet to be reached by. On FreeBSD 9
    /// such an interface carries no VIP at all. If the node has an address that only this description does not know, nothing can be said of
    /// its sources, and `peers = "unicast"` cannot be written: the peer is the other node's address.
    ///
    /// ## Example
    ///
    /// ```toml
    /// lan = { name = "em0" }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// lan = { name = "em0", addresses = ["192.0.2.3/24"] }
    /// ```
    MISSING_NODE_ADDRESS = "CG418", "missing-node-address", Error
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let cluster = &description.cluster;
    for node in &cluster.nodes {
        for interface in &node.interfaces {
            for family in [Family::Inet, Family::Inet6] {
                if !has_family(description, node, interface, family) {
                    judge(cluster, node, interface, family, findings);
                }
            }
        }
    }
}

fn is_unicast(vhid: &VhidSpec) -> bool {
    matches!(
        vhid.protocol,
        Protocol::Carp {
            peers: Peers::Unicast,
            ..
        }
    )
}

fn judge(
    cluster: &Cluster,
    node: &Node,
    interface: &NodeInterface,
    family: Family,
    findings: &mut Findings<'_>,
) {
    let served = cluster.vhids.iter().filter(|vhid| {
        vhid.segment == interface.segment
            && vhid.order.contains(&node.name)
            && vhid.vips.iter().any(|vip| vip.family() == family)
            && (family == Family::Inet || is_unicast(vhid))
    });
    let served: Vec<&VhidSpec> = served.collect();
    let Some(first) = served.first() else {
        return;
    };
    let unicast: Vec<&VhidSpec> = served
        .iter()
        .copied()
        .filter(|vhid| is_unicast(vhid))
        .collect();
    let mut of_family = first.vips.iter().filter(|vip| vip.family() == family);
    let vip = of_family.next().map(|vip| vip.address());
    let vip = vip.map_or_else(String::new, |vip| vip.to_string());
    let what = format!(
        "no {family} address of node {} on segment {} is written",
        node.name, interface.segment
    );
    let (severity, consequence) = if !unicast.is_empty() {
        let consequence = format!(
            "the other node of {} gets no peer to send its advertisements to, and stays on multicast",
            list_in_words(unicast.iter().map(|vhid| vhid.label()))
        );
        (Severity::Error, consequence)
    } else if node.release.has_carp_interfaces() {
        let consequence = format!(
            "without one {} finds no interface to carry {vip}",
            first.label()
        );
        (Severity::Warning, consequence)
    } else {
        let consequence = format!(
            "without one its advertisements of {} come from a VIP such as {vip}",
            list_in_words(served.iter().map(|vhid| vhid.label()))
        );
        (Severity::Warning, consequence)
    };
    let subnet = known_prefix(cluster, first, family).map_or("…".into(), |p| p.to_string());
    let help =
        format!("write the address that the node has there itself: addresses = [\"…/{subnet}\"]");
    let message = format!("{what}: {consequence}");
    let mut finding = Finding::new(severity, interface.route.key("addresses"), message, help);
    for vhid in &served {
        let words = format!("the VIPs of {}", vhid.label());
        finding = finding.and(vhid.route.key("vips"), words);
    }
    findings.add(finding.about(&node.name));
}

/// The prefix length that another node's address has on the segment of a vhid.
fn known_prefix(cluster: &Cluster, vhid: &VhidSpec, family: Family) -> Option<u8> {
    let others = cluster
        .members(vhid)
        .flat_map(|(_, interface)| &interface.addresses);
    let mut of_family = others.filter(|own| Family::of(own.addr()) == family);
    of_family.next().map(|own| own.prefix_len())
}
