//! `missing-prefix`

use crate::config::Description;
use crate::lint::addresses::{PlacedVip, narrowest_subnet, vips};
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost, PlacedAddress, Written};
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
    MISSING_PREFIX = "CG401", "missing-prefix", Error, for both
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

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for (vip, others) in host.written_vips() {
            let written = vip.vip.written_prefix().is_some();
            if vip.vip.family() == Family::Inet && !written {
                findings.add(host_finding(host, position, &(vip, others)));
            }
        }
    }
}

fn host_finding(
    host: &LintHost<'_>,
    position: usize,
    (placed, others): &Written<'_>,
) -> HostFinding {
    let (address, class) = (placed.address(), placed.vip.prefix());
    let network = placed.vip.net().trunc();
    let count = 1_u64 << (32 - class);
    let holding = host.addresses_beside(placed);
    let subnet: Option<&PlacedAddress<'_>> = holding
        .iter()
        .filter(|own| own.holds(address) && own.vip.prefix() < 32)
        .max_by_key(|own| own.vip.prefix());
    let consequence = match subnet {
        Some(own) if own.vip.prefix() == class => {
            format!(
                "that of its class; only by chance it is that of {}",
                own.vip
            )
        }
        _ if host.is_legacy() => format!(
            "that of its class: pf and daemons take all {count} addresses of {network} for its network"
        ),
        _ => format!(
            "that of its class: the master holds all {count} addresses of {network} for its neighbours on {}",
            placed.interface()
        ),
    };
    let message =
        format!("VIP {address} has no prefix length, and ifconfig takes /{class}, {consequence}");
    let help = match subnet {
        Some(own) => format!(
            "write {address}/{}, the prefix of {}; {address}/{class} is what ifconfig takes now",
            own.vip.prefix(),
            own.vip
        ),
        None => format!(
            "write the prefix length of its subnet behind the address; {address}/{class} is what ifconfig takes now"
        ),
    };
    let mut finding = HostFinding::at(Severity::Error, position, placed.place, message, help);
    for other in others {
        finding = finding.and(position, *other, "the same without a prefix length");
    }
    match subnet {
        Some(own) => finding.and(position, own.place, format!("the own address {}", own.vip)),
        None => finding,
    }
}
