//! `vip-outside-subnet`

use crate::config::Description;
use crate::lint::addresses::{
    PlacedOwn, PlacedVip, Position, is_link_local, outside_listed_subnets, position, vips,
};
use crate::lint::engine::Findings;
use crate::lint::hosts::{
    HostFinding, HostFindings, Hosts, LintHost, PlacedAddress, Written, label,
};
use crate::lint::numbers::{list_in_words, nodes_in_words};
use crate::lint::registry::rule;
use crate::lint::rules::vhid_on_member_port::ports;
use crate::model::{Cluster, Finding, HostName, Severity, VhidSpec};

rule! {
    /// Finds VIPs from FreeBSD 10 on that lie in the subnet of another interface, or in none and have no subnet of their own.
    ///
    /// ## Why it matters
    ///
    /// The kernel takes any VIP on any interface. Where it lies in the subnet of another interface of the node, clients ask for it there
    /// and nobody answers; where the peer has it on the right one, neither hears the other and both are master. A VIP of /32 or /128
    /// outside of all subnets of its interface brings no route: not even the master can reach its neighbours.
    ///
    /// ## Example
    ///
    /// ```toml
    /// vips = ["198.51.100.10/32"]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// vips = ["198.51.100.10/28"]
    /// ```
    ///
    /// A subnet that exists on the interface only through VIPs needs one VIP with its real prefix length.
    VIP_OUTSIDE_SUBNET = "CG405", "vip-outside-subnet", Error, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for vhid in &description.cluster.vhids {
        for placed in vips(description, vhid) {
            let mut homes: Vec<PlacedOwn<'_>> = Vec::new();
            let mut outside: Vec<PlacedOwn<'_>> = Vec::new();
            for (node, interface) in description.cluster.members(vhid) {
                if node.release.has_carp_interfaces() {
                    continue;
                }
                match position(description, node, interface, placed.vip.address()) {
                    Position::Elsewhere { home, .. } => homes.push(home),
                    Position::Outside(own)
                        if placed.vip.has_host_mask()
                            && !wider_vip(&description.cluster, vhid, &node.name, &placed) =>
                    {
                        outside.extend(own);
                    }
                    _ => {}
                }
            }
            if !homes.is_empty() {
                findings.add(wrong_interface(vhid, &placed, &homes));
            } else if !outside.is_empty()
                && !outside_listed_subnets(description, &vhid.segment, placed.vip.address())
            {
                findings.add(no_route(vhid, &placed, &outside));
            }
        }
    }
}

/// Another VIP of the same interface brings the subnet.
fn wider_vip(cluster: &Cluster, vhid: &VhidSpec, node: &HostName, placed: &PlacedVip) -> bool {
    cluster
        .vhids
        .iter()
        .filter(|other| other.segment == vhid.segment && other.order.contains(node))
        .flat_map(|other| &other.vips)
        .any(|vip| !vip.has_host_mask() && vip.net().contains(&placed.vip.address()))
}

fn wrong_interface(vhid: &VhidSpec, placed: &PlacedVip, homes: &[PlacedOwn<'_>]) -> Finding {
    let address = placed.vip.address();
    let home = &homes[0];
    let message = format!(
        "VIP {address} stands on segment {}, but lies in {} on {} of segment {}: clients there ask for it where none of the {} nodes answers",
        vhid.segment,
        home.address.trunc(),
        home.interface.name,
        home.interface.segment,
        vhid.order.len(),
    );
    let help = format!(
        "write an address of segment {}, or put the VIP into a vhid with segment = \"{}\"",
        vhid.segment, home.interface.segment
    );
    let finding = Finding::new(Severity::Error, placed.at.clone(), message, help);
    homes.iter().fold(finding, |finding, home| {
        let words = format!(
            "{} of node {} has the subnet",
            home.interface.name, home.node.name
        );
        finding.and(home.at.clone(), words)
    })
}

fn no_route(vhid: &VhidSpec, placed: &PlacedVip, outside: &[PlacedOwn<'_>]) -> Finding {
    let vip = placed.vip;
    let mut names: Vec<_> = outside.iter().map(|own| &own.node.name).collect();
    names.dedup();
    let mut subnets: Vec<_> = outside.iter().map(|own| own.address.trunc()).collect();
    subnets.sort_unstable();
    subnets.dedup();
    let message = format!(
        "VIP {vip} lies in no subnet of segment {} ({}), and /{} brings none: {} have no route to its neighbours, not even as master",
        vhid.segment,
        list_in_words(subnets),
        vip.prefix(),
        nodes_in_words(names),
    );
    let help = format!(
        "write the real prefix length, such as \"{}/{}\", or correct the address",
        vip.address(),
        outside[0].address.prefix_len()
    );
    let finding = Finding::new(Severity::Warning, placed.at.clone(), message, help);
    outside.iter().fold(finding, |finding, own| {
        let words = format!("the own address of node {}", own.node.name);
        finding.and(own.at.clone(), words)
    })
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        if host.is_legacy() || !host.is_clear() {
            continue;
        }
        let leases = host.leases();
        let ports = ports(host);
        let vips = host.written_vips();
        for written in &vips {
            let (vip, _) = written;
            let leased = leases.iter().any(|(name, _)| *name == vip.interface());
            let is_port = ports.iter().any(|port| port.name == vip.interface());
            if leased || is_port || is_link_local(vip.address()) {
                continue;
            }
            if let Some(finding) = judge_host(host, position, written, &vips) {
                findings.add(finding);
            }
        }
    }
}

fn judge_host(
    host: &LintHost<'_>,
    position: usize,
    (vip, others): &Written<'_>,
    vips: &[Written<'_>],
) -> Option<HostFinding> {
    let address = vip.address();
    let all = host.boot_addresses();
    let beside = |own: &PlacedAddress<'_>| own.interface() == vip.interface();
    if all.iter().any(|own| beside(own) && own.holds(address)) {
        return None;
    }
    let of_family: Vec<_> = all
        .iter()
        .filter(|own| beside(own) && own.vip.family() == vip.vip.family())
        .filter(|own| !is_link_local(own.address()))
        .collect();
    // An address that another rule calls the same is not a subnet.
    let homes: Vec<_> = all
        .iter()
        .filter(|own| own.holds(address) && own.address() != address)
        .collect();
    let finding = if let Some(home) = homes.first() {
        let message = format!(
            "VIP {address} of {} lies in {} on {}: clients there ask for it where this host does not answer, and with the peer's vhid on the right interface both are master",
            label(&vip.found),
            home.vip.net().trunc(),
            home.interface(),
        );
        let help = format!(
            "move the VIP to {}, or write an address of {}",
            home.interface(),
            vip.interface()
        );
        let finding = HostFinding::at(Severity::Error, position, vip.place, message, help);
        homes.iter().fold(finding, |finding, home| {
            let words = format!("{} has the subnet", home.interface());
            finding.and(position, home.place, words)
        })
    } else {
        let wider = vips.iter().any(|(other, _)| {
            other.interface() == vip.interface()
                && !other.vip.has_host_mask()
                && other.holds(address)
        });
        if of_family.is_empty() || !vip.vip.has_host_mask() || wider {
            return None;
        }
        no_route_on_host(position, vip, &of_family)
    };
    Some(others.iter().fold(finding, |finding, other| {
        finding.and(position, *other, "the same VIP")
    }))
}

fn no_route_on_host(
    position: usize,
    placed: &PlacedAddress<'_>,
    own: &[&PlacedAddress<'_>],
) -> HostFinding {
    let vip = placed.vip;
    let mut subnets: Vec<_> = own.iter().map(|own| own.vip.net().trunc()).collect();
    subnets.sort_unstable();
    subnets.dedup();
    let message = format!(
        "VIP {vip} lies in no subnet of {} ({}), and /{} brings none: this host has no route to its neighbours, not even as master",
        placed.interface(),
        list_in_words(subnets),
        vip.prefix(),
    );
    let help = format!(
        "write the real prefix length, such as {}/{}, or correct the address",
        vip.address(),
        own[0].vip.prefix()
    );
    let finding = HostFinding::at(Severity::Warning, position, placed.place, message, help);
    own.iter().fold(finding, |finding, own| {
        let words = format!("the own address {}", own.vip);
        finding.and(position, own.place, words)
    })
}
