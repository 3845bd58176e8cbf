//! `peer-looks-multicast`

use std::net::Ipv4Addr;

use crate::config::{Description, resolve};
use crate::dialect::parse::Keyword;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, wait_of};
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
    PEER_LOOKS_MULTICAST = "CG807", "peer-looks-multicast", Error, for both
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

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    let senders = hosts
        .iter()
        .filter(|(_, host)| host.release() == Release::R14);
    for (position, host) in senders {
        let mut seen = Vec::new();
        for found in host.statements() {
            let Some(peer) = found.statement.parameter(Keyword::Peer) else {
                continue;
            };
            let address: Option<Ipv4Addr> = peer.text().and_then(|text| text.parse().ok());
            let Some(address) = address.filter(looks_multicast) else {
                continue;
            };
            let place = peer.value_place();
            if seen.contains(&place) {
                continue;
            }
            seen.push(place);
            let message = format!(
                "FreeBSD 14 takes the peer {address} for multicast, as its last byte is 224 to 239: {}",
                deaf_peer(hosts, address, found.vhid()),
            );
            let help =
                "give that host another address, or run a kernel with the repair of PR 284872";
            findings.add(HostFinding::at(
                Severity::Error,
                position,
                place,
                message,
                help,
            ));
        }
    }
}

/// A unicast address that the kernel of FreeBSD 14 does not take for one.
fn looks_multicast(address: &Ipv4Addr) -> bool {
    !address.is_multicast() && (224..=239).contains(&address.octets()[3])
}

fn deaf_peer(hosts: &Hosts<'_>, address: Ipv4Addr, vhid: Option<i64>) -> String {
    let has = |config: &&crate::model::HostConfig| {
        let mut own = config.interfaces.iter().flat_map(|on| &on.addresses);
        own.any(|own| own.addr() == address)
    };
    let Some(owner) = hosts.configs.iter().find(has) else {
        return "it hears nothing and becomes master as well".to_owned();
    };
    let mut vhids = owner.vhids.iter();
    let wait = vhids
        .find(|config| Some(i64::from(config.vhid.number())) == vhid)
        .map(|config| seconds(wait_of(&config.mode)));
    let when = wait.map_or_else(String::new, |wait| format!(" {wait} after start"));
    format!(
        "{} hears nothing and becomes master as well{when}",
        owner.host
    )
}
