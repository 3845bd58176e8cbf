//! `vip-in-two-vhids`

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::config::Description;
use crate::lint::addresses::{PlacedVip, vips};
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, PlacedAddress};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{Finding, SegmentName, Severity, VhidSpec};

rule! {
    /// Finds addresses that stand in two vhids of a segment, from FreeBSD 10 on.
    ///
    /// ## Why it matters
    ///
    /// Since FreeBSD 10 a vhid is a property of an address (`UPDATING` entry 20111215), and an address has one: the line that comes later
    /// takes the address away from the earlier vhid. Without any other address that one stays in INIT. It is often left over from ARP
    /// balancing, which only FreeBSD 9 has.
    ///
    /// ## Example
    ///
    /// ```toml
    /// id = 2
    /// vips = ["192.0.2.10/24"]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// id = 2
    /// vips = ["192.0.2.11/24"]
    /// ```
    ///
    /// To share the load, publish both addresses under one name in the DNS.
    VIP_IN_TWO_VHIDS = "CG407", "vip-in-two-vhids", Error, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let cluster = &description.cluster;
    if cluster.arpbalance {
        return;
    }
    let mut uses: BTreeMap<(&SegmentName, IpAddr), Vec<(&VhidSpec, PlacedVip)>> = BTreeMap::new();
    for vhid in &cluster.vhids {
        for placed in vips(description, vhid) {
            let uses = uses
                .entry((&vhid.segment, placed.vip.address()))
                .or_default();
            if uses.iter().all(|(other, _)| other.route != vhid.route) {
                uses.push((vhid, placed));
            }
        }
    }
    for ((_, address), uses) in &uses {
        let modern = uses.iter().any(|(vhid, _)| {
            let mut members = cluster.members(vhid);
            members.any(|(node, _)| !node.release.has_carp_interfaces())
        });
        if let [earlier @ .., (last, placed)] = uses.as_slice()
            && !earlier.is_empty()
            && modern
        {
            findings.add(finding(*address, earlier, last, placed));
        }
    }
}

fn finding(
    address: IpAddr,
    earlier: &[(&VhidSpec, PlacedVip)],
    last: &VhidSpec,
    placed: &PlacedVip,
) -> Finding {
    let all = earlier.iter().map(|(vhid, _)| *vhid).chain([last]);
    let mut all: Vec<&VhidSpec> = all.collect();
    all.sort_by_key(|vhid| vhid.id);
    // Lines come by number on every host.
    let (keeps, lose) = all.split_last().expect("the last one is among them");
    let empty: Vec<String> = lose
        .iter()
        .filter(|vhid| vhid.vips.iter().all(|vip| vip.address() == address))
        .map(|vhid| vhid.label())
        .collect();
    let consequence = if empty.is_empty() {
        format!(
            "{} loses it",
            list_in_words(lose.iter().map(|vhid| vhid.label()))
        )
    } else {
        format!(
            "{} has no address left and stays in INIT",
            list_in_words(empty)
        )
    };
    let message = format!(
        "VIP {address} stands in {} of segment {}, but an address has one vhid: {} takes it, and {consequence}",
        list_in_words(all.iter().map(|vhid| vhid.label())),
        last.segment,
        keeps.label(),
    );
    let help = "write another address here, or take it out of the other vhid";
    let finding = Finding::new(Severity::Error, placed.at.clone(), message, help);
    earlier.iter().fold(finding, |finding, (vhid, placed)| {
        let words = format!("it stands in {} too", vhid.label());
        finding.and(placed.at.clone(), words)
    })
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        if host.is_legacy() {
            continue;
        }
        let mut uses: BTreeMap<(bool, &str, IpAddr), Vec<PlacedAddress<'_>>> = BTreeMap::new();
        let vips = host.vips();
        for vip in vips {
            let source = vip.found.source;
            if vip.found.vhid().is_some() && !host.branches(source) {
                let key = (source.is_boot(), vip.interface(), vip.address());
                uses.entry(key).or_default().push(vip);
            }
        }
        // A script may take an address out of a vhid before it goes into another.
        let removed: Vec<IpAddr> = host
            .statements()
            .iter()
            .filter(|found| found.statement.removes())
            .flat_map(|found| found.statement.addresses())
            .filter_map(|address| address.address)
            .collect();
        for ((boot, interface, address), uses) in &uses {
            let is_moved = !boot && removed.contains(address);
            if let Some(finding) = host_finding(position, interface, uses).filter(|_| !is_moved) {
                findings.add(finding);
            }
        }
    }
}

fn host_finding(
    position: usize,
    interface: &str,
    uses: &[PlacedAddress<'_>],
) -> Option<HostFinding> {
    let (last, earlier) = uses.split_last()?;
    let vhid = last.found.vhid()?;
    let mut losing: Vec<i64> = earlier
        .iter()
        .filter_map(|vip| vip.found.vhid())
        .filter(|other| *other != vhid)
        .collect();
    losing.sort_unstable();
    losing.dedup();
    if losing.is_empty() {
        return None;
    }
    let address = last.address();
    let losing = list_in_words(losing.iter().map(|vhid| format!("vhid {vhid}")));
    let message = format!(
        "VIP {address} on {interface} stands in {losing} and in vhid {vhid}, but an address has one vhid: vhid {vhid} comes last and takes it, and {losing} stays in INIT unless it has another address"
    );
    let help = "write another address here, or take it out of the other vhid";
    let finding = HostFinding::at(Severity::Error, position, last.place, message, help);
    Some(earlier.iter().fold(finding, |finding, other| {
        let vhid = other.found.vhid().unwrap_or_default();
        finding.and(
            position,
            other.place,
            format!("it stands in vhid {vhid} too"),
        )
    }))
}
