//! `peer-looks-multicast`

use std::net::Ipv4Addr;

use crate::config::{Description, resolve};
use crate::lint::engine::Findings;
use crate::lint::numbers::seconds;
use crate::lint::registry::rule;
use crate::lint::serving::{wait_us, working_unicast};
use crate::model::{Cluster, Finding, HostName, Mode, Node, Release, Route, Severity, VhidSpec};

rule! {
    /// Finds unicast peers that FreeBSD 14 takes for a multicast group.
    ///
    /// ## Why it matters
    ///
    /// FreeBSD 14 asks of the address in network byte order whether it is multicast, so on little-endian machines the last byte
    /// decides: with 224 to 239 the packet is sent to a multicast MAC address that nobody listens to, and the peer hears nothing
    /// (PR 284872; `carp_send_ad_locked` in `sys/netinet/ip_carp.c`). FreeBSD 15 has the repair.
    ///
    /// ## Example
    ///
    /// ```toml
    /// lan = { name = "em0", addresses = ["192.0.2.230/24"] }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// lan = { name = "em0", addresses = ["192.0.2.3/24"] }
    /// ```
    PEER_LOOKS_MULTICAST = "CG807", "peer-looks-multicast", Error
}

/// A peer that gets nothing, and the vhids in question.
struct Deaf<'c> {
    at: Route,
    address: Ipv4Addr,
    owner: &'c HostName,
    sender: &'c HostName,
    vhids: Vec<&'c VhidSpec>,
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for deaf in deaf(&description.cluster) {
        let Deaf {
            at,
            address,
            owner,
            sender,
            vhids,
        } = deaf;
        let wait = vhids.first().and_then(|vhid| wait_us(vhid, owner));
        let message = format!(
            "{address} of {owner} is the unicast peer of {sender}, and FreeBSD 14 takes a last byte of 224 to 239 for multicast: {owner} hears nothing and is master {} after start, beside {sender}",
            wait.map(seconds).unwrap_or_default(),
        );
        let help = "give the node another address, or run a kernel with the repair of PR 284872";
        let finding = Finding::new(Severity::Error, at, message, help).about(owner);
        findings.add(vhids.iter().fold(finding, |finding, vhid| {
            let words = format!("{} speaks unicast", vhid.label());
            finding.and(vhid.route.key("peers"), words)
        }));
    }
}

fn deaf(cluster: &Cluster) -> Vec<Deaf<'_>> {
    let unicast: Vec<&VhidSpec> = working_unicast(cluster).collect();
    let mut found: Vec<Deaf<'_>> = Vec::new();
    let senders = cluster.nodes.iter().filter(|n| n.release == Release::R14);
    for sender in senders.filter(|_| !unicast.is_empty()) {
        for (vhid, address) in suspicious_peers(cluster, sender, &unicast) {
            let Some((owner, at)) = owner(cluster, vhid, sender, address) else {
                continue;
            };
            match found.iter_mut().find(|deaf| deaf.at == at) {
                Some(known) => known.vhids.push(vhid),
                None => found.push(Deaf {
                    at,
                    address,
                    owner,
                    sender: &sender.name,
                    vhids: vec![vhid],
                }),
            }
        }
    }
    found
}

/// The IPv4 peers that a node is configured with and whose last byte is 224 to 239.
fn suspicious_peers<'c>(
    cluster: &'c Cluster,
    sender: &Node,
    unicast: &[&'c VhidSpec],
) -> Vec<(&'c VhidSpec, Ipv4Addr)> {
    let host = resolve(cluster, sender);
    let mut peers = Vec::new();
    for config in &host.vhids {
        let Mode::Carp {
            peer: Some(peer), ..
        } = config.mode
        else {
            continue;
        };
        let mut specs = unicast
            .iter()
            .filter(|vhid| vhid.id == config.vhid && vhid.segment == config.segment);
        if (224..=239).contains(&peer.octets()[3]) {
            peers.extend(specs.next().map(|vhid| (*vhid, peer)));
        }
    }
    peers
}

/// Whose address it is, and where it is written.
fn owner<'c>(
    cluster: &'c Cluster,
    vhid: &'c VhidSpec,
    sender: &Node,
    address: Ipv4Addr,
) -> Option<(&'c HostName, Route)> {
    cluster
        .members(vhid)
        .filter(|(node, _)| node.name != sender.name)
        .find_map(|(node, interface)| {
            let mut addresses = interface.addresses.iter();
            let position = addresses.position(|own| own.addr() == address)?;
            let at = interface.route.key("addresses").index(position);
            Some((&node.name, at))
        })
}
