//! `vhid-in-init`

use crate::dialect::parse::shown_vips;
use crate::dialect::parse::{ShownInterface, ShownState, ShownVhid};
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost};
use crate::lint::registry::rule;
use crate::model::{KnownSysctl, Severity};

rule! {
    /// Finds vhids that saved output shows as INIT.
    ///
    /// ## Why it matters
    ///
    /// A vhid in INIT takes no part: this host does not take over, whatever happens to the other. It stays there while its interface
    /// is down or has no link, while it has no address, or while `net.inet.carp.allow` is 0 (`carp_sc_state` in
    /// FreeBSD `sys/netinet/ip_carp.c`). From FreeBSD 10 on each such vhid demotes the others of the host by 240.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # ifconfig.txt
    /// 	carp: INIT vhid 1 advbase 1 advskew 100
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # ifconfig.txt
    /// 	carp: BACKUP vhid 1 advbase 1 advskew 100
    /// ```
    VHID_IN_INIT = "CG612", "vhid-in-init", Warning, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for shown in &host.reading.shown_interfaces {
            let init = |vhid: &&ShownVhid| vhid.state == ShownState::Init;
            for vhid in shown.vhids.iter().filter(init) {
                let message = format!(
                    "vhid {} on {} is INIT: this host does not take over; {}",
                    vhid.vhid,
                    shown.name,
                    why(host, shown, vhid),
                );
                let help = format!(
                    "see the link (`ifconfig {}`), the addresses of the vhid, and net.inet.carp.allow",
                    shown.name
                );
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

fn why(host: &LintHost<'_>, shown: &ShownInterface, vhid: &ShownVhid) -> String {
    let mut sysctls = host.reading.shown_sysctls.iter();
    let forbidden = sysctls.any(|line| line.name == KnownSysctl::ALLOW && line.value == "0");
    let is_up = shown.flags.iter().any(|flag| flag == "UP");
    let status = shown.status.as_deref().unwrap_or("active");
    if forbidden {
        "net.inet.carp.allow is 0".to_owned()
    } else if shown_vips(shown, vhid).next().is_none() {
        "it has no address".to_owned()
    } else if !is_up {
        "the interface is not UP".to_owned()
    } else if status == "no carrier" {
        "the interface has no carrier".to_owned()
    } else {
        "the interface had no link, or CARP was not allowed".to_owned()
    }
}
