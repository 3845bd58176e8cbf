//! `address-outside-segment`

use std::net::IpAddr;

use crate::config::Description;
use crate::lint::addresses::{is_misplaced, of_node, outside_listed_subnets, vips};
use crate::lint::engine::Findings;
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{Finding, OwnAddress, Route, Segment, SegmentName, Severity};

rule! {
    /// Finds addresses that lie in none of the subnets of their segment.
    ///
    /// ## Why it matters
    ///
    /// Where a segment lists its subnets, an address outside of them is a typing mistake or stands on the wrong segment. A node with
    /// such an address sends advertisements from a source that nobody expects; a VIP has no neighbours that could reach it.
    ///
    /// ## Example
    ///
    /// ```toml
    /// lan = { name = "em0", addresses = ["192.0.3.2/24"] }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// lan = { name = "em0", addresses = ["192.0.2.2/24"] }
    /// ```
    ADDRESS_OUTSIDE_SEGMENT = "CG007", "address-outside-segment", Error
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let cluster = &description.cluster;
    for node in &cluster.nodes {
        for own in of_node(description, node) {
            let what = format!("address {} of node {}", own.address, node.name);
            let address = own.address.addr();
            let segment = &own.interface.segment;
            let found = outside(
                description,
                segment,
                address,
                own.at,
                &what,
                Severity::Error,
            );
            found
                .into_iter()
                .for_each(|finding| findings.add(finding.about(&node.name)));
        }
    }
    for vhid in &cluster.vhids {
        for placed in vips(description, vhid) {
            let address = placed.vip.address();
            if is_misplaced(description, vhid, address) {
                continue;
            }
            let what = format!("VIP {address}");
            let segment = &vhid.segment;
            let found = outside(
                description,
                segment,
                address,
                placed.at,
                &what,
                Severity::Warning,
            );
            found.into_iter().for_each(|finding| findings.add(finding));
        }
    }
}

fn outside(
    description: &Description<'_>,
    segment: &SegmentName,
    address: IpAddr,
    at: Route,
    what: &str,
    severity: Severity,
) -> Option<Finding> {
    if !outside_listed_subnets(description, segment, address) {
        return None;
    }
    let segments = &description.cluster.segments;
    let segment = segments.iter().find(|s| s.name == *segment)?;
    let name = &segment.name;
    let message =
        format!("{what} lies in no subnet of segment {name}: its neighbours there cannot reach it");
    let help = format!(
        "correct the address, or the list; the nearest subnet is {}",
        nearest(segment, address)
    );
    let subnets = list_in_words(&segment.subnets);
    Some(
        Finding::new(severity, at, message, help)
            .and(segment.route.key("subnets"), format!("{name} is {subnets}")),
    )
}

/// The subnet that shares the longest beginning with the address.
fn nearest(segment: &Segment, address: IpAddr) -> String {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)) << 96,
        IpAddr::V6(v6) => u128::from(v6),
    };
    let distance = |subnet: &&OwnAddress| bits(subnet.network()) ^ bits(address);
    let same_family = segment
        .subnets
        .iter()
        .filter(|s| s.addr().is_ipv4() == address.is_ipv4());
    same_family
        .min_by_key(distance)
        .map(|subnet| subnet.trunc().to_string())
        .unwrap_or_default()
}
