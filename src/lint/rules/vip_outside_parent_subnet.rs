//! `vip-outside-parent-subnet`

use crate::config::Description;
use crate::lint::addresses::{PlacedOwn, PlacedVip, Position, position, vips};
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost, PlacedAddress, Written};
use crate::lint::numbers::{list_in_words, nodes_in_words};
use crate::lint::registry::rule;
use crate::model::{Finding, Node, NodeInterface, Severity, VhidSpec};

rule! {
    /// Finds VIPs of release 9 that lie in no subnet of the interface that is to carry them.
    ///
    /// ## Why it matters
    ///
    /// On FreeBSD 9 nobody says which interface carries a carp interface: the kernel takes the first one with an own address in whose
    /// subnet the VIP lies. Where there is none, ifconfig fails (`Can't assign requested address`) and the host has no VIP; where another
    /// interface has one, that one gets the VIP. All addresses of a carp interface must lead to the same one (`carp_set_addr` and
    /// `carp_set_addr6` in FreeBSD 9.3 `sys/netinet/ip_carp.c`).
    ///
    /// ## Example
    ///
    /// ```toml
    /// vips = ["192.0.3.10/24"]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// vips = ["192.0.2.10/24"]
    /// ```
    ///
    /// Or give every node an own address in the subnet of the VIP.
    VIP_OUTSIDE_PARENT_SUBNET = "CG404", "vip-outside-parent-subnet", Error, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for vhid in &description.cluster.vhids {
        let placed = vips(description, vhid);
        for vip in &placed {
            judge(description, vhid, vip, findings);
        }
        different_parents(description, vhid, &placed, findings);
    }
}

/// The nodes of a vhid that run release 9.
fn legacy<'d>(
    description: &'d Description<'_>,
    vhid: &'d VhidSpec,
) -> impl Iterator<Item = (&'d Node, &'d NodeInterface)> {
    description
        .cluster
        .members(vhid)
        .filter(|(node, _)| node.release.has_carp_interfaces())
}

fn judge(
    description: &Description<'_>,
    vhid: &VhidSpec,
    placed: &PlacedVip,
    findings: &mut Findings<'_>,
) {
    let address = placed.vip.address();
    let mut own_addresses: Vec<PlacedOwn<'_>> = Vec::new();
    let mut wrong_parent = None;
    for (node, interface) in legacy(description, vhid) {
        match position(description, node, interface, address) {
            Position::Elsewhere { home, own } if !own.is_empty() => {
                own_addresses.extend(own);
                wrong_parent = wrong_parent.or(Some(home));
            }
            Position::Outside(own) => own_addresses.extend(own),
            _ => {}
        }
    }
    let Some(first) = own_addresses.first() else {
        return;
    };
    let mut names: Vec<_> = own_addresses.iter().map(|own| &own.node.name).collect();
    names.dedup();
    let subnets = own_addresses.iter().map(|own| own.address.trunc());
    let mut subnets: Vec<_> = subnets.collect();
    subnets.sort_unstable();
    subnets.dedup();
    let subnets = list_in_words(subnets);
    let what = format!(
        "VIP {address} lies in no subnet of segment {} ({subnets}) on {}",
        vhid.segment,
        nodes_in_words(names.iter().copied()),
    );
    let unit = vhid.carp_unit.unwrap_or(0);
    let consequence = match &wrong_parent {
        Some(home) => format!(
            "FreeBSD 9 puts carp{unit} on {} of segment {} instead, as it has {}",
            home.interface.name, home.interface.segment, home.address
        ),
        None => format!(
            "carp{unit} is refused the address (`Can't assign requested address`), and {} of {} nodes serve it",
            vhid.order.len().saturating_sub(names.len()),
            vhid.order.len()
        ),
    };
    let help = format!(
        "write an address in the subnet of {}, such as one beside {}, or give the nodes an own address in the subnet of the VIP",
        first.interface.name, first.address
    );
    let message = format!("{what}: {consequence}");
    let mut finding = Finding::new(Severity::Error, placed.at.clone(), message, help);
    for own in &own_addresses {
        let words = format!("the own address of node {}", own.node.name);
        finding = finding.and(own.at.clone(), words);
    }
    if let Some(home) = wrong_parent {
        finding = finding.and(home.at, "the subnet that the VIP lies in");
    }
    findings.add(finding);
}

/// Two VIPs lie in the subnets of two other interfaces of a node whose own one has no address.
fn different_parents(
    description: &Description<'_>,
    vhid: &VhidSpec,
    placed: &[PlacedVip],
    findings: &mut Findings<'_>,
) {
    for (node, interface) in legacy(description, vhid) {
        let homes = placed.iter().filter_map(|vip| {
            match position(description, node, interface, vip.vip.address()) {
                Position::Elsewhere { home, own } if own.is_empty() => Some((vip, home)),
                _ => None,
            }
        });
        let homes: Vec<_> = homes.collect();
        let Some((first_vip, first)) = homes.first() else {
            continue;
        };
        let other = homes
            .iter()
            .find(|(_, home)| home.interface.name != first.interface.name);
        let Some((vip, home)) = other else { continue };
        let message = format!(
            "VIP {} of {} leads to {} of node {}, VIP {} to {}: a carp interface has one parent, and the later VIP is refused (`Can't assign requested address`)",
            first_vip.vip.address(),
            vhid.label(),
            first.interface.name,
            node.name,
            vip.vip.address(),
            home.interface.name,
        );
        let help = "put each VIP into a vhid of the segment whose subnet it lies in";
        let finding = Finding::new(Severity::Error, vip.at.clone(), message, help)
            .and(
                first_vip.at.clone(),
                "the VIP that leads to the first interface",
            )
            .and(first.at.clone(), "the address of the first interface")
            .and(home.at.clone(), "the address of the other interface");
        findings.add(finding.about(&node.name));
        return;
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        // An address that comes from a lease is in no file.
        if !host.is_legacy() || !host.is_clear() || !host.leases().is_empty() {
            continue;
        }
        let own = host.boot_addresses();
        let vips = host.written_vips();
        for written in &vips {
            if let Some(finding) = no_parent(position, written, &own) {
                findings.add(finding);
            }
        }
        two_parents(host, position, &own, findings);
    }
}

fn no_parent(
    position: usize,
    (vip, others): &Written<'_>,
    own: &[PlacedAddress<'_>],
) -> Option<HostFinding> {
    let address = vip.address();
    let own: Vec<_> = own.iter().filter(|own| own.address().is_ipv4()).collect();
    if own.is_empty() || !address.is_ipv4() || own.iter().any(|own| own.holds(address)) {
        return None;
    }
    let mut subnets: Vec<_> = own.iter().map(|own| own.vip.net().trunc()).collect();
    subnets.sort_unstable();
    subnets.dedup();
    let message = format!(
        "VIP {address} lies in no subnet of this host ({}): {} is refused the address (`Can't assign requested address`), and the host never serves it",
        list_in_words(subnets),
        vip.interface(),
    );
    let help = format!(
        "write an address in the subnet of {}, such as one beside {}, or give it an own address in the subnet of the VIP",
        own[0].interface(),
        own[0].vip
    );
    let mut finding = HostFinding::at(Severity::Error, position, vip.place, message, help);
    for other in others {
        finding = finding.and(position, *other, "the same address");
    }
    for own in own {
        finding = finding.and(
            position,
            own.place,
            format!("the own address of {}", own.interface()),
        );
    }
    Some(finding)
}

/// The addresses of a carp interface lead to two parents.
fn two_parents(
    host: &LintHost<'_>,
    position: usize,
    own: &[PlacedAddress<'_>],
    findings: &mut HostFindings<'_>,
) {
    let mut told: Vec<&str> = Vec::new();
    let vips = host.vips();
    let homes: Vec<_> = vips
        .iter()
        .filter(|vip| vip.found.source.is_boot())
        .map(|vip| {
            let homes = own.iter().filter(|own| own.holds(vip.address()));
            (vip, homes.collect::<Vec<_>>())
        })
        .filter(|(_, homes)| !homes.is_empty())
        .collect();
    for (vip, of_vip) in &homes {
        // No interface is a home of both.
        let other = homes.iter().find(|(first, of_first)| {
            first.interface() == vip.interface()
                && of_first
                    .iter()
                    .all(|a| of_vip.iter().all(|b| a.interface() != b.interface()))
        });
        let Some((first, of_first)) = other else {
            continue;
        };
        if first.place >= vip.place || told.contains(&vip.interface()) {
            continue;
        }
        told.push(vip.interface());
        let message = format!(
            "VIP {} of {} leads to {}, VIP {} to {}: a carp interface has one parent, and the later VIP is refused (`Can't assign requested address`)",
            first.address(),
            vip.interface(),
            of_first[0].interface(),
            vip.address(),
            of_vip[0].interface(),
        );
        let help = "put it on a carp interface of its own, with a vhid of its own";
        findings.add(
            HostFinding::at(Severity::Error, position, vip.place, message, help)
                .and(
                    position,
                    first.place,
                    "the VIP that leads to the first interface",
                )
                .and(
                    position,
                    of_first[0].place,
                    "the address of the first interface",
                )
                .and(
                    position,
                    of_vip[0].place,
                    "the address of the other interface",
                ),
        );
    }
}
