//! `vip-is-network-address`

use std::net::{IpAddr, Ipv4Addr};

use crate::config::Description;
use crate::lint::addresses::{PlacedVip, narrowest_subnet, vips};
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost, Written};
use crate::lint::registry::rule;
use crate::model::{Finding, Route, Severity, VhidSpec, is_host_address};

rule! {
    /// Finds IPv4 VIPs that are the first or the last address of their subnet.
    ///
    /// ## Why it matters
    ///
    /// The first address of a subnet names the subnet, the last one is the broadcast address (RFC 1122 section 3.2.1.3). ifconfig(8)
    /// takes both, but clients send packets for them to everybody, or refuse to send them. Subnets of /31 and /32 have only hosts
    /// (RFC 3021).
    ///
    /// ## Example
    ///
    /// ```toml
    /// vips = ["192.0.2.255/24"]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// vips = ["192.0.2.254/24"]
    /// ```
    VIP_IS_NETWORK_ADDRESS = "CG402", "vip-is-network-address", Error, for both
}

/// The longest prefix of a subnet that has a network and a broadcast address.
const LONGEST: u8 = 30;

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for vhid in &description.cluster.vhids {
        for placed in vips(description, vhid) {
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
    let IpAddr::V4(address) = placed.vip.address() else {
        return;
    };
    let written = placed.vip.written_prefix().filter(|p| *p <= LONGEST);
    let (net, other): (_, Option<(Route, String)>) = if written.is_some() {
        (placed.vip.net(), None)
    } else {
        match narrowest_subnet(description, vhid, address.into(), LONGEST) {
            Some(subnet) => (subnet.net, Some((subnet.at, subnet.words))),
            None => return,
        }
    };
    let ipnet::IpNet::V4(net) = net else { return };
    if is_host_address(address, net) {
        return;
    }
    let what = if address == net.network() {
        "network"
    } else {
        "broadcast"
    };
    let message = format!(
        "VIP {address} is the {what} address of {}: it is no host's, and clients cannot use it",
        net.trunc()
    );
    let (first, last) = (u32::from(net.network()) + 1, u32::from(net.broadcast()) - 1);
    let help = format!(
        "write a host's address, from {} to {}",
        Ipv4Addr::from(first),
        Ipv4Addr::from(last)
    );
    let finding = Finding::new(Severity::Error, placed.at.clone(), message, help);
    findings.add(match other {
        Some((at, words)) => finding.and(at, words),
        None => finding,
    });
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for written in host.written_vips() {
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
    let IpAddr::V4(address) = placed.address() else {
        return None;
    };
    let written = placed.vip.written_prefix().filter(|p| *p <= LONGEST);
    let own = host
        .addresses_beside(placed)
        .into_iter()
        .filter(|own| own.vip.prefix() <= LONGEST && own.holds(address.into()))
        .max_by_key(|own| own.vip.prefix())
        .filter(|_| written.is_none());
    let net = match (&own, written) {
        (_, Some(_)) => placed.vip.net(),
        (Some(own), None) => own.vip.net(),
        (None, None) => return None,
    };
    let ipnet::IpNet::V4(net) = net else {
        return None;
    };
    if is_host_address(address, net) {
        return None;
    }
    let what = if address == net.network() {
        "network"
    } else {
        "broadcast"
    };
    let message = format!(
        "VIP {address} is the {what} address of {}: it is no host's, and clients cannot use it",
        net.trunc()
    );
    let help = format!(
        "write a host's address, from {} to {}",
        Ipv4Addr::from(u32::from(net.network()) + 1),
        Ipv4Addr::from(u32::from(net.broadcast()) - 1)
    );
    let mut finding = HostFinding::at(Severity::Error, position, placed.place, message, help);
    for other in others {
        finding = finding.and(position, *other, "the same address");
    }
    Some(match own {
        Some(own) => finding.and(position, own.place, format!("the own address {}", own.vip)),
        None => finding,
    })
}
