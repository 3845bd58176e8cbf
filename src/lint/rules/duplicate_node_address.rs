//! `duplicate-node-address`

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::config::Description;
use crate::lint::addresses::{PlacedOwn, apart, is_link_local, of_node};
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, PlacedAddress};
use crate::lint::numbers::{list_in_words, nodes_in_words};
use crate::lint::registry::rule;
use crate::lint::rules::unsupported_interface::is_refused;
use crate::model::{Cluster, Finding, HostName, Severity};

rule! {
    /// Finds own addresses that two nodes have.
    ///
    /// ## Why it matters
    ///
    /// An own address belongs to one node. If two have it, each claims it from the other (`arp: … is using my IP address`, `in_arpinput`
    /// in FreeBSD `sys/netinet/if_ether.c`), the ARP entries of the neighbours change back and forth, and the advertisements of both come
    /// from one source. With unicast peers a node would send its advertisements to itself.
    ///
    /// ## Example
    ///
    /// ```toml
    /// name = "b"
    /// lan = { name = "em0", addresses = ["192.0.2.2/24"] }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// name = "b"
    /// lan = { name = "em0", addresses = ["192.0.2.3/24"] }
    /// ```
    DUPLICATE_NODE_ADDRESS = "CG412", "duplicate-node-address", Error, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let cluster = &description.cluster;
    let mut owners: BTreeMap<IpAddr, Vec<PlacedOwn<'_>>> = BTreeMap::new();
    for node in &cluster.nodes {
        for own in of_node(description, node) {
            owners.entry(own.address.addr()).or_default().push(own);
        }
    }
    for (address, mut owners) in owners {
        // The node that sorts first by name is the primary place.
        owners.sort_by(|one, other| one.node.name.cmp(&other.node.name));
        while !owners.is_empty() {
            let first = owners.remove(0);
            let meets = |other: &mut PlacedOwn<'_>| {
                !apart(
                    &first,
                    &other.interface.segment,
                    std::iter::once(other.node),
                )
            };
            let others: Vec<_> = owners.extract_if(.., meets).collect();
            if others
                .iter()
                .any(|other| other.node.name != first.node.name)
            {
                findings.add(finding(cluster, address, &first, &others));
            }
        }
    }
}

fn finding(
    cluster: &Cluster,
    address: IpAddr,
    first: &PlacedOwn<'_>,
    others: &[PlacedOwn<'_>],
) -> Finding {
    let all = std::iter::once(first).chain(others);
    let mut names: Vec<&HostName> = all.map(|own| &own.node.name).collect();
    names.dedup();
    let segment = &first.interface.segment;
    let same_segment = others
        .iter()
        .all(|other| other.interface.segment == *segment);
    let what = format!(
        "{address} is an own address of {}",
        nodes_in_words(names.iter().copied())
    );
    let consequence = if same_segment {
        let vhids = cluster
            .vhids
            .iter()
            .filter(|vhid| vhid.segment == *segment)
            .filter(|vhid| vhid.order.iter().any(|name| names.contains(&name)));
        let labels: Vec<String> = vhids.map(|vhid| vhid.label()).collect();
        let source = if labels.is_empty() {
            String::new()
        } else {
            format!(
                ", and their advertisements of {} have one source",
                list_in_words(labels)
            )
        };
        format!(
            "on segment {segment} ARP changes back and forth between {} MAC addresses{source}",
            names.len()
        )
    } else {
        format!(
            "{} hosts answer to it, and which one is reached depends on the segment",
            names.len()
        )
    };
    let help = "give each node an address of its own";
    let message = format!("{what}: {consequence}");
    let finding = Finding::new(Severity::Error, first.at.clone(), message, help);
    let finding = finding.about(&first.node.name);
    others.iter().fold(finding, |finding, other| {
        let words = format!("node {} has it too", other.node.name);
        finding.and(other.at.clone(), words)
    })
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    let mut owners: BTreeMap<(bool, IpAddr), Vec<(usize, PlacedAddress<'_>)>> = BTreeMap::new();
    for (position, host) in hosts.iter() {
        let vips = host.vips();
        for own in host.own_addresses() {
            // With a vhid beside it that is vip-without-vhid.
            let is_vip = vips
                .iter()
                .any(|vip| vip.address() == own.address() && vip.interface() == own.interface());
            // Both ends of a pair may have the same tunnel; there is no ARP in it.
            let is_tunnel = is_refused(host, own.interface());
            if !is_vip && !is_tunnel && !is_link_local(own.address()) {
                let key = (own.found.source.is_boot(), own.address());
                owners.entry(key).or_default().push((position, own));
            }
        }
    }
    for ((_, address), owners) in owners {
        let [(first, own), others @ ..] = owners.as_slice() else {
            continue;
        };
        if others.iter().any(|(host, _)| host != first) {
            findings.add(host_finding(hosts, address, (*first, own), others));
        }
    }
}

fn host_finding(
    hosts: &Hosts<'_>,
    address: IpAddr,
    (first, own): (usize, &PlacedAddress<'_>),
    others: &[(usize, PlacedAddress<'_>)],
) -> HostFinding {
    let mut positions: Vec<usize> = vec![first];
    positions.extend(others.iter().map(|(host, _)| *host));
    positions.dedup();
    let vhids = positions
        .iter()
        .flat_map(|host| &hosts.configs[*host].vhids);
    let segment = hosts.configs[first]
        .interfaces
        .iter()
        .find(|interface| interface.name.as_str() == own.interface())
        .map(|interface| &interface.segment);
    let mut labels: Vec<_> = vhids
        .filter(|vhid| Some(&vhid.segment) == segment)
        .map(|vhid| vhid.vhid)
        .collect();
    labels.sort_unstable();
    labels.dedup();
    let source = if labels.is_empty() {
        String::new()
    } else {
        let labels = labels.iter().map(|vhid| format!("vhid {vhid}"));
        format!(
            ", and their advertisements of {} have one source",
            list_in_words(labels)
        )
    };
    let message = format!(
        "{address} is an own address of {}: ARP changes back and forth between {} MAC addresses{source}",
        list_in_words(positions.iter().map(|host| &hosts.hosts[*host].name)),
        positions.len(),
    );
    let help = "give each host an address of its own";
    let finding = HostFinding::at(Severity::Error, first, own.place, message, help);
    others.iter().fold(finding, |finding, (host, other)| {
        let words = format!(
            "{} has it too, on {}",
            hosts.hosts[*host].name,
            other.interface()
        );
        finding.and(*host, other.place, words)
    })
}
