//! `vhid-in-removal`

use crate::dialect::parse::Keyword;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, Source};
use crate::lint::registry::rule;
use crate::model::Severity;

rule! {
    /// Finds live commands that remove an address and name its vhid.
    ///
    /// ## Why it matters
    ///
    /// A vhid goes with its last address. ifconfig(8) sets the vhid that a command names before it removes the address, so that an empty
    /// vhid may be left, which stays in INIT and adds to the demotion at each loss of the link (`carp_detach` and `carp_ioctl` in
    /// FreeBSD `sys/netinet/ip_carp.c`).
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig em0 inet 192.0.2.1/32 vhid 1 -alias
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig em0 inet 192.0.2.1/32 -alias
    /// ```
    VHID_IN_REMOVAL = "CG120", "vhid-in-removal", Warning, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter().filter(|(_, host)| !host.is_legacy()) {
        for found in host.statements() {
            let is_live = matches!(found.source, Source::Live(_));
            let Some(vhid) = found.statement.parameter(Keyword::Vhid) else {
                continue;
            };
            if is_live && found.statement.removes() {
                let message = "a removal that names the vhid: when the last address is gone the vhid is made anew, empty, and stays in INIT";
                let help = "leave `vhid` and all that belongs to it out";
                findings.add(HostFinding::at(
                    Severity::Warning,
                    position,
                    vhid.place,
                    message,
                    help,
                ));
            }
        }
    }
}
