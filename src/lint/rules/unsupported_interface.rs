//! `unsupported-interface`

use crate::config::Description;
use crate::lint::addresses::{Position, place_of_name, position};
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost, PlacedAddress, label};
use crate::lint::numbers::{list_in_words, nodes_in_words};
use crate::lint::registry::rule;
use crate::model::{Finding, IfName, Node, NodeInterface, Route, Severity, VhidSpec};

rule! {
    /// Finds vhids on interfaces that CARP does not run on.
    ///
    /// ## Why it matters
    ///
    /// CARP needs MAC addresses: the kernel accepts Ethernet, vlans and bridges, and answers `Operation not supported` for tunnels,
    /// loopback and point-to-point links (`carp_ioctl` in FreeBSD 10 `sys/netinet/ip_carp.c`; `carp_set_addr` on release 9, where a
    /// bridge is not accepted either). lagg, epair, tap, vtnet and wlan count as Ethernet.
    ///
    /// ## Example
    ///
    /// ```toml
    /// lan = { name = "tun0", addresses = ["192.0.2.2/24"] }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// lan = { name = "em0", addresses = ["192.0.2.2/24"] }
    /// ```
    UNSUPPORTED_INTERFACE = "CG413", "unsupported-interface", Error, for both
}

/// Drivers of interfaces without MAC addresses.
const REFUSED: &[&str] = &[
    "lo", "tun", "gif", "gre", "wg", "ppp", "ng", "enc", "ipsec", "pflog", "pfsync", "stf",
    "faith", "disc",
];

/// The name is that of a driver with a unit number; other names were given by hand.
fn is_unit_of(name: &str, driver: &str) -> bool {
    let unit = name.strip_prefix(driver);
    unit.is_some_and(|unit| !unit.is_empty() && unit.bytes().all(|b| b.is_ascii_digit()))
}

/// A node cannot run the vhid on its interface.
fn refused(
    description: &Description<'_>,
    vhid: &VhidSpec,
    node: &Node,
    interface: &NodeInterface,
) -> bool {
    if REFUSED
        .iter()
        .any(|driver| is_unit_of(interface.name.as_str(), driver))
    {
        return true;
    }
    if !node.release.has_carp_interfaces() || !is_unit_of(interface.name.as_str(), "bridge") {
        return false;
    }
    // Release 9 looks for another parent; where one has the subnet, vip-outside-parent-subnet has its say.
    let other_parent = vhid.vips.iter().any(|vip| {
        let found = position(description, node, interface, vip.address());
        matches!(found, Position::Elsewhere { .. })
    });
    !other_parent
}

/// The interfaces of one name, written at one place.
struct Refused<'d> {
    place: Route,
    name: &'d IfName,
    nodes: Vec<&'d Node>,
    vhids: Vec<&'d VhidSpec>,
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let mut places: Vec<Refused<'_>> = Vec::new();
    for vhid in &description.cluster.vhids {
        for (node, interface) in description.cluster.members(vhid) {
            if !refused(description, vhid, node, interface) {
                continue;
            }
            let place = place_of_name(description, node, interface);
            let known = places.iter().position(|known| known.place == place);
            let position = known.unwrap_or_else(|| {
                places.push(Refused {
                    place,
                    name: &interface.name,
                    nodes: Vec::new(),
                    vhids: Vec::new(),
                });
                places.len() - 1
            });
            let refused = &mut places[position];
            if refused.nodes.iter().all(|known| known.name != node.name) {
                refused.nodes.push(node);
            }
            if refused.vhids.iter().all(|known| known.route != vhid.route) {
                refused.vhids.push(vhid);
            }
        }
    }
    for refused in places {
        findings.add(finding(description, &refused));
    }
}

fn finding(description: &Description<'_>, refused: &Refused<'_>) -> Finding {
    let legacy = refused
        .nodes
        .iter()
        .all(|node| node.release.has_carp_interfaces());
    let answer = if legacy {
        "FreeBSD 9 runs no CARP on it"
    } else {
        "the kernel refuses it (`Operation not supported`)"
    };
    let vhid = refused.vhids[0];
    let able = description
        .cluster
        .members(vhid)
        .filter(|(node, interface)| !self::refused(description, vhid, node, interface));
    let message = format!(
        "{} of {} is to carry {}: {answer}, and {} of {} nodes can serve",
        refused.name,
        nodes_in_words(refused.nodes.iter().map(|node| &node.name)),
        list_in_words(refused.vhids.iter().map(|vhid| vhid.label())),
        able.count(),
        vhid.order.len(),
    );
    let help = if legacy {
        "write an Ethernet interface or a vlan, such as \"em0\", \"lagg0\" or \"em0.100\""
    } else {
        "write an Ethernet interface, a vlan or a bridge, such as \"em0\", \"lagg0\", \"em0.100\" or \"bridge0\""
    };
    let mut finding = Finding::new(Severity::Error, refused.place.clone(), message, help);
    for vhid in &refused.vhids {
        let words = format!("{} is on that segment", vhid.label());
        finding = finding.and(vhid.route.key("segment"), words);
    }
    match refused.nodes.as_slice() {
        [node] => finding.about(&node.name),
        _ => finding,
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        if host.is_legacy() {
            refused_parents(host, position, findings);
            continue;
        }
        let mut told: Vec<(bool, &str)> = Vec::new();
        for found in host.statements() {
            let name = &found.statement.interface;
            let source = found.source.is_boot();
            let refused = name.known && is_refused(host, name.text());
            if found.vhid().is_none() || found.statement.removes() || !refused {
                continue;
            }
            if told.contains(&(source, name.text())) {
                continue;
            }
            told.push((source, name.text()));
            let message = format!(
                "{} is to carry CARP: the kernel refuses it (`Operation not supported`), and this host never serves the VIPs of {}",
                name.text(),
                label(&found),
            );
            let help = "put the vhid on an Ethernet interface, a vlan or a bridge, such as em0, lagg0, em0.100 or bridge0";
            findings.add(HostFinding::at(
                Severity::Error,
                position,
                name.place,
                message,
                help,
            ));
        }
    }
}

/// The name is that of a driver without MAC addresses, and nobody gave it by hand.
pub(super) fn is_refused(host: &LintHost<'_>, name: &str) -> bool {
    let variables = &host.reading.variables;
    let renamed = variables
        .names_from("ifconfig_")
        .filter(|variable| variable.ends_with("_name"))
        .filter_map(|variable| variables.get(variable))
        .any(|set| set.value.text().trim() == name);
    !renamed && REFUSED.iter().any(|driver| is_unit_of(name, driver))
}

/// Up to 9: the only interfaces that hold a VIP cannot carry it.
fn refused_parents(host: &LintHost<'_>, position: usize, findings: &mut HostFindings<'_>) {
    let own = host.boot_addresses();
    for (vip, others) in host.written_vips() {
        let parents: Vec<&PlacedAddress<'_>> =
            own.iter().filter(|own| own.holds(vip.address())).collect();
        let all_refused = parents.iter().all(|parent| {
            let name = parent.interface();
            is_refused(host, name) || is_unit_of(name, "bridge")
        });
        let Some(parent) = parents.first().filter(|_| all_refused && host.is_clear()) else {
            continue;
        };
        let message = format!(
            "VIP {} of {} lies in the subnet of {}: FreeBSD 9 runs no CARP on it, and this host never serves the VIP",
            vip.address(),
            vip.interface(),
            parent.interface(),
        );
        let help = "give an Ethernet interface or a vlan, such as em0, lagg0 or em0.100, an address in that subnet";
        let mut finding = HostFinding::at(Severity::Error, position, vip.place, message, help);
        for other in others {
            finding = finding.and(position, other, "the same VIP");
        }
        for parent in parents {
            let words = format!("the address of {}", parent.interface());
            finding = finding.and(position, parent.place, words);
        }
        findings.add(finding);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_drivers_have_a_unit_number() {
        let refused = |text: &str| {
            let name = IfName::new(text).unwrap();
            REFUSED
                .iter()
                .any(|driver| is_unit_of(name.as_str(), driver))
        };
        for name in ["lo0", "tun12", "wg0", "ng3", "ppp0", "pfsync0"] {
            assert!(refused(name), "{name}");
        }
        for name in [
            "em0", "lagg0", "em0.100", "epair0a", "tap0", "vtnet1", "wlan0", "bridge0", "vlan5",
            "lo", "lower0", "ngeth0", "wgate", "gre_b", "igc0",
        ] {
            assert!(!refused(name), "{name}");
        }
    }
}
