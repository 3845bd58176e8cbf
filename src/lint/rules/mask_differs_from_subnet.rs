//! `mask-differs-from-subnet`

use crate::config::Description;
use crate::lint::addresses::{PlacedOwn, PlacedVip, of_interface, vips};
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost, Written};
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
    MASK_DIFFERS_FROM_SUBNET = "CG406", "mask-differs-from-subnet", Warning, for both
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

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for written in host.written_vips() {
            let vip = written.0.vip;
            // Without a prefix length its mistake is missing-prefix.
            if vip.family() == Family::Inet && vip.written_prefix().is_none() {
                continue;
            }
            if let Some(finding) = judge_host(host, position, &written) {
                findings.add(finding);
            }
        }
    }
}

fn judge_host(
    host: &LintHost<'_>,
    position: usize,
    (placed, others): &Written<'_>,
) -> Option<HostFinding> {
    let vip = placed.vip;
    let mut own = host.addresses_beside(placed);
    own.retain(|own| own.holds(vip.address()) && own.address() != vip.address());
    let same = own.iter().any(|own| own.vip.prefix() == vip.prefix());
    let first = own.first().filter(|_| !same)?;
    if vip.has_host_mask() && !host.is_legacy() {
        return None;
    }
    let network = vip.net().trunc();
    let (severity, consequence) = if host.is_legacy() {
        let consequence = format!("pf and daemons take {network} for a network of its own");
        (Severity::Info, consequence)
    } else {
        let consequence = format!(
            "the master alone gets a second route, to {network}, and it moves with the VIP"
        );
        (Severity::Warning, consequence)
    };
    let message = format!(
        "VIP {vip} lies in {} of {}, with another prefix length: {consequence}",
        first.vip.net().trunc(),
        first.interface(),
    );
    let (address, prefix) = (vip.address(), first.vip.prefix());
    let help = if host.is_legacy() {
        format!("write {address}/{prefix}")
    } else {
        format!(
            "write {address}/{prefix}, or {address}/{}",
            vip.family().bits()
        )
    };
    let finding = HostFinding::at(severity, position, placed.place, message, help);
    let finding = others.iter().fold(finding, |finding, other| {
        finding.and(position, *other, "the same VIP")
    });
    Some(own.iter().fold(finding, |finding, own| {
        finding.and(position, own.place, format!("the own address {}", own.vip))
    }))
}
