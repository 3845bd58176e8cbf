//! `missing-prefix`

use crate::config::Description;
use crate::lint::addresses::{PlacedVip, narrowest_subnet, vips};
use crate::lint::engine::Findings;
use crate::lint::registry::rule;
use crate::model::{Family, Finding, Severity, VhidSpec};

rule! {
    /// Finds IPv4 VIPs without a prefix length.
    ///
    /// ## Why it matters
    ///
    /// Without one the kernel takes the class of the address, as in 1981: /8 for 10.0.0.1, /16 for 172.16.0.1, /24 for 192.0.2.1
    /// (`in_aifaddr_ioctl` in FreeBSD `sys/netinet/in.c`, from 11 on). The master then holds the whole class for its neighbours
    /// and no longer sends to the router what belongs to other networks in it.
    ///
    /// ## Example
    ///
    /// ```toml
    /// vips = ["10.0.2.10"]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// vips = ["10.0.2.10/24"]
    /// ```
    ///
    /// From FreeBSD 10 on /32 is right as well where the interface has an address in the subnet.
    MISSING_PREFIX = "CG401", "missing-prefix", Error
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for vhid in &description.cluster.vhids {
        for placed in vips(description, vhid) {
            let vip = placed.vip;
            if vip.family() == Family::Inet && vip.written_prefix().is_none() {
                findings.add(finding(description, vhid, &placed));
            }
        }
    }
}

fn finding(description: &Description<'_>, vhid: &VhidSpec, placed: &PlacedVip) -> Finding {
    let (address, class) = (placed.vip.address(), placed.vip.prefix());
    let network = placed.vip.net().trunc();
    let subnet = narrowest_subnet(description, vhid, address, 31);
    let takes = format!("VIP {address} has no prefix length, and ifconfig takes /{class}");
    let consequence = match &subnet {
        Some(subnet) if subnet.net.prefix_len() == class => {
            format!(
                "that of its class; only by chance it is that of {}",
                subnet.words
            )
        }
        _ if only_legacy(description, vhid) => format!(
            "that of its class: pf and daemons take all {} addresses of {network} for its network",
            1u64 << (32 - class),
        ),
        _ => format!(
            "that of its class: the master holds all {} addresses of {network} for its neighbours on segment {}",
            1u64 << (32 - class),
            vhid.segment
        ),
    };
    let help = match &subnet {
        Some(subnet) => format!(
            "write \"{address}/{}\", the prefix of {}; \"{address}/{class}\" is what ifconfig takes now",
            subnet.net.prefix_len(),
            subnet.words
        ),
        None => format!(
            "write the prefix length of its subnet behind the address; \"{address}/{class}\" is what ifconfig takes now"
        ),
    };
    let message = format!("{takes}, {consequence}");
    let finding = Finding::new(Severity::Error, placed.at.clone(), message, help);
    match subnet {
        Some(subnet) => finding.and(subnet.at, subnet.words),
        None => finding,
    }
}

/// On FreeBSD 9 a VIP is a route to itself, whatever its prefix.
fn only_legacy(description: &Description<'_>, vhid: &VhidSpec) -> bool {
    let mut members = description.cluster.members(vhid);
    members.all(|(node, _)| node.release.has_carp_interfaces())
}
