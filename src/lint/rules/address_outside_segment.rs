//! `address-outside-segment`

use std::net::IpAddr;

use crate::config::Description;
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
        for interface in &node.interfaces {
            for (position, address) in interface.addresses.iter().enumerate() {
                let at = interface.route.key("addresses").index(position);
                let what = format!("address {address} of node {}", node.name);
                let found = outside(
                    description,
                    &interface.segment,
                    address.addr(),
                    at,
                    &what,
                    Severity::Error,
                );
                found
                    .into_iter()
                    .for_each(|finding| findings.add(finding.about(&node.name)));
            }
        }
    }
    for vhid in &cluster.vhids {
        for (position, vip) in vhid.vips.iter().enumerate() {
            let at = vhid.route.key("vips").index(position);
            let what = format!("VIP {}", vip.address());
            let found = outside(
                description,
                &vhid.segment,
                vip.address(),
                at,
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
    let segment = description
        .cluster
        .segments
        .iter()
        .find(|s| s.name == *segment)?;
    let same_family = segment
        .subnets
        .iter()
        .filter(|s| s.addr().is_ipv4() == address.is_ipv4());
    let link_local = matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local());
    if link_local
        || same_family.clone().count() == 0
        || same_family.clone().any(|s| s.contains(&address))
    {
        return None;
    }
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
