//! `vhid-before-10`

use crate::dialect::parse::{Keyword, is_carp_interface};
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::registry::rule;
use crate::model::{Place, Severity};

rule! {
    /// Finds vhids on ordinary interfaces on FreeBSD 9.
    ///
    /// ## Why it matters
    ///
    /// Up to FreeBSD 9 a vhid is an interface of its own, carp0, carp1, … (`carp(4)` of 9.3; `carp_ioctl` in `sys/netinet/ip_carp.c`).
    /// On any other interface the kernel refuses `vhid`, the command fails, and the host neither has the address nor takes part in
    /// the election.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/24 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// cloned_interfaces="carp0"
    /// ifconfig_carp0="vhid 1 advskew 100 pass Ee5Xkq2uPsz0 192.0.2.1/24"
    /// ```
    VHID_BEFORE_10 = "CG803", "vhid-before-10", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter().filter(|(_, host)| host.is_legacy()) {
        let mut seen: Vec<Place> = Vec::new();
        for found in host.statements() {
            let statement = found.statement;
            let interface = statement.interface.text();
            let Some(vhid) = statement.parameter(Keyword::Vhid) else {
                continue;
            };
            if is_carp_interface(interface) || seen.contains(&vhid.place) {
                continue;
            }
            seen.push(vhid.place);
            let served = statement.addresses().find_map(|address| address.address);
            let lost = served.map_or_else(
                || "this host does not have the vhid".to_owned(),
                |address| format!("this host never serves {address}"),
            );
            let message = format!(
                "FreeBSD 9 has vhids only on carp interfaces, and {interface} refuses one: the command fails, and {lost}"
            );
            let help = "list carpN in cloned_interfaces, and write ifconfig_carpN=\"vhid V … ADDRESS/LENGTH\"";
            findings.add(HostFinding::at(
                Severity::Error,
                position,
                vhid.place,
                message,
                help,
            ));
        }
    }
}
