//! `duplicate-vhid`

use std::collections::BTreeSet;

use crate::config::Description;
use crate::dialect::parse::Keyword;
use crate::lint::addresses::is_link_local;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{Cluster, Finding, Place, Severity, VhidSpec};

rule! {
    /// Finds the same vhid twice on a segment, or one that a stranger there uses.
    ///
    /// ## Why it matters
    ///
    /// A vhid is the last byte of a MAC address, 00:00:5e:00:01:VHID, and the name of the group in every advertisement.
    /// Two groups with one number on one segment share the MAC address; each rejects the other's advertisements, because
    /// their digests cover other addresses, so both stay master and the switch sends frames now here, now there. On one
    /// interface the second group cannot even be created (`File exists` on release 9).
    ///
    /// ## Example
    ///
    /// ```toml
    /// id = 1
    /// vips = ["192.0.2.11/24"]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// id = 2
    /// vips = ["192.0.2.11/24"]
    /// ```
    ///
    /// Numbers that routers of other people use on the segment belong into `reserved` of the `[[segment]]`.
    DUPLICATE_VHID = "CG411", "duplicate-vhid", Error, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let cluster = &description.cluster;
    for (position, vhid) in cluster.vhids.iter().enumerate() {
        let at = vhid.route.key("id");
        let earlier = cluster.vhids[..position]
            .iter()
            .find(|v| v.id == vhid.id && v.segment == vhid.segment);
        if let Some(first) = earlier {
            let message = format!(
                "vhid {} stands twice on segment {}: one virtual MAC address with two owners, both stay master",
                vhid.id, vhid.segment
            );
            let finding = Finding::new(
                Severity::Error,
                at.clone(),
                message,
                free_numbers(cluster, vhid),
            );
            findings.add(finding.and(first.route.key("id"), "the first vhid of that number"));
        }
        let segment = cluster
            .segments
            .iter()
            .find(|s| s.name == vhid.segment && s.reserved.contains(&vhid.id));
        if let Some(segment) = segment {
            let message = format!(
                "vhid {} is reserved on segment {}: a stranger uses its virtual MAC address, and both stay master",
                vhid.id, vhid.segment
            );
            let finding = Finding::new(Severity::Error, at, message, free_numbers(cluster, vhid));
            findings.add(finding.and(segment.route.key("reserved"), "reserved here"));
        }
    }
}

fn free_numbers(cluster: &Cluster, vhid: &VhidSpec) -> String {
    let on_segment = cluster
        .vhids
        .iter()
        .filter(|v| v.segment == vhid.segment)
        .map(|v| v.id.number());
    let mut used: BTreeSet<u8> = on_segment.collect();
    let reserved = cluster
        .segments
        .iter()
        .filter(|s| s.name == vhid.segment)
        .flat_map(|s| &s.reserved);
    used.extend(reserved.map(|id| id.number()));
    let free: Vec<u8> = (1..=255).filter(|id| !used.contains(id)).take(3).collect();
    if free.is_empty() {
        return format!(
            "all 255 numbers are taken on segment {}: put the vhid on another segment",
            vhid.segment
        );
    }
    format!(
        "write another id; free on segment {} are {} …",
        vhid.segment,
        list_in_words(free)
    )
}

/// A vhid of the boot: its number, its interface, its place, and the subnets that tell the segment.
struct Numbered<'h> {
    vhid: i64,
    interface: &'h str,
    place: Place,
    subnets: Vec<ipnet::IpNet>,
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let all = numbered(host);
        for (nth, later) in all.iter().enumerate() {
            let shares = |earlier: &&Numbered<'_>| {
                earlier.vhid == later.vhid && pairs_overlap(&earlier.subnets, &later.subnets)
            };
            let Some(first) = all[..nth].iter().find(shares) else {
                continue;
            };
            let consequence = if host.is_legacy() {
                "the kernel refuses the second one (`File exists`), and its VIPs are missing"
            } else {
                "one virtual MAC address with two owners, each drops the other's advertisements, and both stay master"
            };
            let message = format!(
                "vhid {} stands on {} and on {}, which are on one network: {consequence}",
                later.vhid, first.interface, later.interface
            );
            let used: BTreeSet<i64> = all.iter().map(|one| one.vhid).collect();
            let free = (1..=255).filter(|id| !used.contains(id)).take(3);
            let help = format!("write another number; free are {} …", list_in_words(free));
            findings.add(
                HostFinding::at(Severity::Error, position, later.place, message, help).and(
                    position,
                    first.place,
                    "the first vhid of that number",
                ),
            );
        }
    }
}

fn numbered<'h>(host: &'h LintHost<'_>) -> Vec<Numbered<'h>> {
    let own = host.boot_addresses();
    let vips = host.vips();
    let mut all: Vec<Numbered<'h>> = Vec::new();
    for found in host.boot() {
        let interface = found.statement.interface.text();
        let number = found.vhid().filter(|vhid| (1..=255).contains(vhid));
        let Some(vhid) = number.filter(|_| !found.statement.removes()) else {
            continue;
        };
        let known = all
            .iter()
            .any(|one| one.interface == interface && (host.is_legacy() || one.vhid == vhid));
        if known || found.statement.parameter(Keyword::Vhid).is_none() {
            continue;
        }
        let tells = if host.is_legacy() { &vips } else { &own };
        let addresses = tells
            .iter()
            .filter(|placed| placed.interface() == interface && placed.found.source.is_boot());
        let subnets = addresses.map(|placed| {
            // Up to 9 the subnet of a VIP with a host mask is that of the parent.
            let parent = own.iter().find(|own| own.holds(placed.address()));
            parent.map_or_else(|| placed.vip.net().trunc(), |own| own.vip.net().trunc())
        });
        let place = found.statement.vhid_place();
        all.push(Numbered {
            vhid,
            interface,
            place,
            subnets: subnets.collect(),
        });
    }
    all
}

fn pairs_overlap(ours: &[ipnet::IpNet], theirs: &[ipnet::IpNet]) -> bool {
    let link_local = |net: &ipnet::IpNet| is_link_local(net.addr());
    ours.iter().filter(|net| !link_local(net)).any(|a| {
        theirs
            .iter()
            .any(|b| a.contains(&b.network()) || b.contains(&a.network()))
    })
}
