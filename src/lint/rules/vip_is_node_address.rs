//! `vip-is-node-address`

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::config::Description;
use crate::lint::addresses::{PlacedOwn, PlacedVip, apart, is_link_local, of_node, vips};
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, PlacedAddress, label};
use crate::lint::numbers::{list_in_words, nodes_in_words};
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
    VIP_IS_NODE_ADDRESS = "CG403", "vip-is-node-address", Error, for both
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

/// An address of a host.
type OfHost<'h> = (usize, PlacedAddress<'h>);

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    // Boot files are compared with boot files, scripts with scripts.
    for boot in [true, false] {
        let mut places: BTreeMap<IpAddr, (Vec<OfHost<'_>>, Vec<OfHost<'_>>)> = BTreeMap::new();
        for (position, host) in hosts.iter() {
            let of_source = |placed: &PlacedAddress<'_>| {
                placed.found.source.is_boot() == boot && !is_link_local(placed.address())
            };
            let vips: Vec<_> = host.vips();
            for own in host.own_addresses().into_iter().filter(of_source) {
                // On one interface it is a matter of vip-without-vhid.
                let both = vips.iter().any(|vip| {
                    vip.address() == own.address() && vip.interface() == own.interface()
                });
                if !both {
                    places
                        .entry(own.address())
                        .or_default()
                        .1
                        .push((position, own));
                }
            }
            for vip in vips.into_iter().filter(of_source) {
                places
                    .entry(vip.address())
                    .or_default()
                    .0
                    .push((position, vip));
            }
        }
        for (address, (vips, own)) in &places {
            if !vips.is_empty() && !own.is_empty() {
                findings.add(host_finding(hosts, *address, vips, own));
            }
        }
    }
}

fn host_finding(
    hosts: &Hosts<'_>,
    address: IpAddr,
    vips: &[OfHost<'_>],
    own: &[OfHost<'_>],
) -> HostFinding {
    let name = |host: usize| &hosts.hosts[host].name;
    let mut owners: Vec<_> = own.iter().map(|(host, _)| name(*host)).collect();
    owners.dedup();
    let (_, vip) = &vips[0];
    let mac = vip.found.vhid().map_or_else(String::new, |vhid| {
        format!(" with 00:00:5e:00:01:{vhid:02x}")
    });
    let mut message = format!(
        "VIP {address} of {} is an own address of {} as well: two owners of one address, the master{mac} and the host with its own MAC address, and clients reach now one, now the other",
        label(&vip.found),
        list_in_words(owners),
    );
    let mut forced: Vec<_> = own
        .iter()
        .filter(|(host, _)| hosts.hosts[*host].is_legacy())
        .filter(|(host, _)| vips.iter().any(|(other, _)| other == host))
        .map(|(host, _)| name(*host))
        .collect();
    forced.dedup();
    if !forced.is_empty() {
        message += &format!("; FreeBSD 9 forces advskew 0 on {}", list_in_words(forced));
    }
    let help = "write an address that no host has, or correct the host's own address";
    let own = own.iter().map(|(host, own)| {
        let words = format!("an own address of {} on {}", name(*host), own.interface());
        (*host, own.place, words)
    });
    let vips = vips.iter().map(|(host, vip)| {
        let words = format!("a VIP of {} of {}", label(&vip.found), name(*host));
        (*host, vip.place, words)
    });
    let mut places: Vec<_> = vips.chain(own).collect();
    places.sort_by_key(|(host, ..)| *host);
    let (host, place, _) = places.remove(0);
    let finding = HostFinding::at(Severity::Error, host, place, message, help);
    places
        .into_iter()
        .fold(finding, |finding, (host, place, words)| {
            finding.and(host, place, words)
        })
}
