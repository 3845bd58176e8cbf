//! `mask-differs-from-subnet`

use crate::config::Description;
use crate::lint::addresses::{PlacedOwn, PlacedVip, of_interface, vips};
use crate::lint::engine::Findings;
use crate::lint::numbers::nodes_in_words;
use crate::lint::registry::rule;
use crate::model::{Family, Finding, Severity, VhidSpec};

rule! {
    /// Finds VIPs whose prefix length is neither that of the subnet they lie in nor that of a host.
    ///
    /// ## Why it matters
    ///
    /// From FreeBSD 10 on the network of a VIP is a connected route while the node is master, and gone when it is not
    /// (`in_addprefix` and `in_scrubprefix` in `sys/netinet/in.c`). With a prefix of its own that is a second route beside the subnet's:
    /// master and backup send the same packets different ways, and what works before a failover does not work after it. Advertisements
    /// do not cover the prefix, so the nodes never notice. On FreeBSD 9 only pf(4) and daemons derive networks from it.
    ///
    /// ## Example
    ///
    /// ```toml
    /// vips = ["192.0.2.10/25"]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// vips = ["192.0.2.10/24"]
    /// ```
    MASK_DIFFERS_FROM_SUBNET = "CG406", "mask-differs-from-subnet", Warning
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for vhid in &description.cluster.vhids {
        for placed in vips(description, vhid) {
            // Its mistake is missing-prefix.
            if placed.vip.family() == Family::Inet && placed.vip.written_prefix().is_none() {
                continue;
            }
            judge(description, vhid, &placed, findings);
        }
    }
}

fn judge(
    description: &Description<'_>,
    vhid: &VhidSpec,
    placed: &PlacedVip,
    findings: &mut Findings<'_>,
) {
    let vip = placed.vip;
    let mut differing: Vec<PlacedOwn<'_>> = Vec::new();
    for (node, interface) in description.cluster.members(vhid) {
        if vip.has_host_mask() && !node.release.has_carp_interfaces() {
            continue;
        }
        let mut own = of_interface(description, node, interface);
        own.retain(|own| own.address.contains(&vip.address()));
        if own
            .iter()
            .all(|own| own.address.prefix_len() != vip.prefix())
        {
            differing.extend(own);
        }
    }
    let Some(first) = differing.first() else {
        return;
    };
    let routed = differing
        .iter()
        .any(|own| !own.node.release.has_carp_interfaces());
    let mut names: Vec<_> = differing.iter().map(|own| &own.node.name).collect();
    names.dedup();
    let (severity, consequence) = if routed {
        let consequence = format!(
            "the master alone gets a second route, to {}, and it moves with the VIP",
            vip.net().trunc()
        );
        (Severity::Warning, consequence)
    } else {
        let consequence = format!(
            "pf and daemons take {} for a network of its own",
            vip.net().trunc()
        );
        (Severity::Info, consequence)
    };
    let message = format!(
        "VIP {vip} lies in {} of {}, with another prefix length: {consequence}",
        first.address.trunc(),
        nodes_in_words(names),
    );
    let same = format!("\"{}/{}\"", vip.address(), first.address.prefix_len());
    let help = if routed {
        let host = vip.family().bits();
        format!("write {same}, or \"{}/{host}\"", vip.address())
    } else {
        format!("write {same}")
    };
    let finding = Finding::new(severity, placed.at.clone(), message, help);
    findings.add(differing.iter().fold(finding, |finding, own| {
        let words = format!("{} of node {}", own.address, own.node.name);
        finding.and(own.at.clone(), words)
    }));
}
