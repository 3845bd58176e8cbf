//! `vlan-on-bridge`

use crate::config::Description;
use crate::dialect::parse::interface_variable;
use crate::lint::addresses::place_of_name;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost, label};
use crate::lint::numbers::{list_in_words, nodes_in_words};
use crate::lint::registry::rule;
use crate::model::{Finding, HostName, IfName, Route, Severity, VhidSpec};

rule! {
    /// Finds vhids on a vlan of a bridge, such as `bridge0.100`, from FreeBSD 10 on.
    ///
    /// ## Why it matters
    ///
    /// A bridge hands a frame to the host only if it knows the address it is for as its own. It asks its members for virtual MAC
    /// addresses, and itself, but not the vlans on top of it (`bridge_input` in FreeBSD `sys/net/if_bridge.c`; FreeBSD bug 296106). So
    /// the master answers ARP for the VIP, and the frames that follow never reach it.
    ///
    /// ## Example
    ///
    /// ```toml
    /// lan = { name = "bridge0.100", addresses = ["192.0.2.2/24"] }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// lan = { name = "em0.100", addresses = ["192.0.2.2/24"] }
    /// ```
    ///
    /// A vlan with a name of its own, such as `vlan100`, does not show what it is on.
    VLAN_ON_BRIDGE = "CG415", "vlan-on-bridge", Warning, for both
}

/// `bridge0.100`, as `vlans_bridge0="100"` in rc.conf names it.
fn is_vlan_on_bridge(name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let parts = name
        .strip_prefix("bridge")
        .and_then(|rest| rest.split_once('.'));
    parts.is_some_and(|(unit, tags)| digits(unit) && tags.split('.').all(digits))
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let mut places: Vec<(Route, &IfName, Vec<&HostName>, Vec<&VhidSpec>)> = Vec::new();
    for vhid in &description.cluster.vhids {
        for (node, interface) in description.cluster.members(vhid) {
            if node.release.has_carp_interfaces() || !is_vlan_on_bridge(interface.name.as_str()) {
                continue;
            }
            let place = place_of_name(description, node, interface);
            let known = places.iter_mut().find(|(known, ..)| *known == place);
            let Some((_, _, nodes, vhids)) = known else {
                places.push((place, &interface.name, vec![&node.name], vec![vhid]));
                continue;
            };
            if !nodes.contains(&&node.name) {
                nodes.push(&node.name);
            }
            if vhids.iter().all(|known| known.route != vhid.route) {
                vhids.push(vhid);
            }
        }
    }
    for (place, name, nodes, vhids) in places {
        let vips: usize = vhids.iter().map(|vhid| vhid.vips.len()).sum();
        let macs = vhids
            .iter()
            .map(|vhid| format!("00:00:5e:00:01:{:02x}", vhid.id.number()));
        let message = format!(
            "{name} of {} is a vlan on a bridge: as master it answers ARP for {vips} {} of {}, but gets no frame for {}",
            nodes_in_words(nodes.iter().copied()),
            if vips == 1 { "VIP" } else { "VIPs" },
            list_in_words(vhids.iter().map(|vhid| vhid.label())),
            list_in_words(macs),
        );
        let parent = name.as_str().split('.').next().unwrap_or_default();
        let help = format!(
            "put the vhid on {parent} itself, or on a vlan of an Ethernet or lagg interface, such as \"em0.100\""
        );
        let mut finding = Finding::new(Severity::Warning, place, message, help);
        for vhid in &vhids {
            let words = format!("{} is on that segment", vhid.label());
            finding = finding.and(vhid.route.key("segment"), words);
        }
        if let [node] = nodes.as_slice() {
            finding = finding.about(node);
        }
        findings.add(finding);
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        if host.is_legacy() {
            continue;
        }
        let mut told: Vec<(bool, &str)> = Vec::new();
        for found in host.statements() {
            let name = &found.statement.interface;
            let key = (found.source.is_boot(), name.text());
            let Some(vhid) = found.vhid().filter(|_| !found.statement.removes()) else {
                continue;
            };
            if told.contains(&key)
                || !(is_vlan_on_bridge(name.text()) || is_child(host, name.text()))
            {
                continue;
            }
            told.push(key);
            let message = format!(
                "{} is a vlan on a bridge: as master this host answers ARP for the VIPs of {}, but gets no frame for 00:00:5e:00:01:{vhid:02x}",
                name.text(),
                label(&found),
            );
            let help = "put the vhid on the bridge itself, or on a vlan of an Ethernet or lagg interface, such as em0.100";
            findings.add(HostFinding::at(
                Severity::Warning,
                position,
                name.place,
                message,
                help,
            ));
        }
    }
}

/// A vlan with a name of its own that rc.conf makes on a bridge.
fn is_child(host: &LintHost<'_>, name: &str) -> bool {
    let reading = &host.reading;
    let is_bridge = |text: &str| {
        let unit = text.strip_prefix("bridge");
        unit.is_some_and(|unit| !unit.is_empty() && unit.bytes().all(|b| b.is_ascii_digit()))
    };
    let bridges = reading
        .boot
        .interfaces
        .iter()
        .filter(|name| is_bridge(name));
    let listed = bridges
        .filter_map(|bridge| {
            let variable = format!("vlans_{}", interface_variable(bridge));
            reading.variables.get(&variable)
        })
        .flat_map(|set| reading.variables.words(set))
        .any(|word| word.text() == name);
    let made = reading.statements.iter().any(|found| {
        let parent = found.statement.option("vlandev");
        found.statement.interface.text() == name
            && parent.is_some_and(|words| words.iter().any(|word| is_bridge(word.text())))
    });
    listed || made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vlan_on_a_bridge_shows_in_its_name() {
        let is = is_vlan_on_bridge;
        assert!(is("bridge0.100") && is("bridge12.5.6"));
        for name in [
            "bridge0",
            "em0.100",
            "vlan100",
            "bridge.1",
            "bridge0.",
            "bridgex.1",
            "bridge0.x",
            "lagg0.100",
        ] {
            assert!(!is(name), "{name}");
        }
    }
}
