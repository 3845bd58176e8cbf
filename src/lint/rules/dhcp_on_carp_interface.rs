//! `dhcp-on-carp-interface`

use std::net::IpAddr;

use crate::lint::addresses::is_link_local;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost, PlacedAddress};
use crate::lint::registry::rule;
use crate::model::{Place, Severity};

rule! {
    /// Finds IPv4 VIPs on an interface whose only own address comes from DHCP.
    ///
    /// ## Why it matters
    ///
    /// A vhid does not wait for the lease. Until the interface has an address, advertisements leave from the VIP or from 0.0.0.0
    /// (`carp_best_ifa` and `carp_send_ad_locked` in FreeBSD `sys/netinet/ip_carp.c`), and the own address of the host may change with
    /// each lease, so that neither firewall rules nor unicast peers can name it.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0="DHCP"
    /// ifconfig_em0_alias0="inet 192.0.2.1/24 vhid 1 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0="inet 192.0.2.2/24"
    /// ifconfig_em0_alias0="inet 192.0.2.1/24 vhid 1 pass Ee5Xkq2uPsz0"
    /// ```
    DHCP_ON_CARP_INTERFACE = "CG416", "dhcp-on-carp-interface", Warning, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let leases = host.leases();
        let own = host.boot_addresses();
        for (interface, place) in &leases {
            let is_static = own
                .iter()
                .any(|own| own.interface() == *interface && own.address().is_ipv4());
            if is_static || (host.is_legacy() && leases.len() > 1) {
                continue;
            }
            let mut vips = host.vips();
            vips.retain(|vip| vip.address().is_ipv4() && is_on(host, &own, vip, interface));
            if !vips.is_empty() {
                findings.add(finding(position, interface, *place, &vips));
            }
        }
    }
}

/// The VIP is on the interface; up to 9 no other one has a subnet that holds it.
fn is_on(
    host: &LintHost<'_>,
    own: &[PlacedAddress<'_>],
    vip: &PlacedAddress<'_>,
    interface: &str,
) -> bool {
    if host.is_legacy() {
        host.is_clear() && !own.iter().any(|own| own.holds(vip.address()))
    } else {
        vip.interface() == interface && !is_link_local(vip.address())
    }
}

fn finding(
    position: usize,
    interface: &str,
    place: Place,
    vips: &[PlacedAddress<'_>],
) -> HostFinding {
    let mut addresses: Vec<IpAddr> = vips.iter().map(PlacedAddress::address).collect();
    addresses.sort_unstable();
    addresses.dedup();
    let many = addresses.len();
    let message = format!(
        "{interface} has no address until a lease comes, and carries {many} {}: their advertisements leave from 0.0.0.0 or from {} until then",
        if many == 1 { "VIP" } else { "VIPs" },
        addresses[0],
    );
    let help = "write a static address, such as `inet ADDRESS/LENGTH`, with the network of the VIP";
    let finding = HostFinding::at(Severity::Warning, position, place, message, help);
    vips.iter().fold(finding, |finding, vip| {
        finding.and(position, vip.place, format!("VIP {}", vip.vip))
    })
}
