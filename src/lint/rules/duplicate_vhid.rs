//! `duplicate-vhid`

use std::collections::BTreeSet;

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{Cluster, Finding, Severity, VhidSpec};

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
    DUPLICATE_VHID = "CG411", "duplicate-vhid", Error
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
