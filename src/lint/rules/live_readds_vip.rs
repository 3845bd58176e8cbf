//! `live-readds-vip`

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost, Source, SourceStatement};
use crate::lint::numbers::seconds;
use crate::lint::registry::rule;
use crate::model::{Place, Release, Severity};

rule! {
    /// Finds live commands that add a VIP which the host has already, as its saved output of ifconfig shows.
    ///
    /// ## Why it matters
    ///
    /// Such a command is not without effect (`in_aifaddr_ioctl` in FreeBSD `sys/netinet/in.c`, `carp_attach` in `ip_carp.c`). From 12
    /// on the address is taken out and put back, and its vhid goes through INIT to BACKUP. On 11 the vhid goes away with its last
    /// address, the command then fails with "Protocol not available", and the VIP is gone. On 10 the routes of the address go,
    /// and come back only when the host becomes master again.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig em0 inet 192.0.2.1/32 vhid 1 advskew 50 pass Ee5Xkq2uPsz0 alias
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig em0 vhid 1 advskew 50
    /// ```
    LIVE_READDS_VIP = "CG808", "live-readds-vip", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    let newer = hosts.iter().filter(|(_, host)| !host.is_legacy());
    for (position, host) in newer {
        // What a script took away before is no longer there.
        let mut gone: BTreeSet<(Source, &str, IpAddr)> = BTreeSet::new();
        let statements = host.statements();
        for found in &statements {
            let Source::Live(_) = found.source else {
                continue;
            };
            let interface = found.statement.interface.text();
            let Some(address) = found.statement.addresses().next() else {
                continue;
            };
            let Some(ip) = address.address else { continue };
            if found.statement.removes() {
                gone.insert((found.source, interface, ip));
                continue;
            }
            if gone.contains(&(found.source, interface, ip)) {
                continue;
            }
            let Some(shown) = shown(host, found, ip) else {
                continue;
            };
            let severity = if host.release() == Release::R11 {
                Severity::Error
            } else {
                Severity::Warning
            };
            let message = format!(
                "{interface} has {ip} with vhid {} already: {}",
                shown.vhid,
                follows(host.release(), &shown),
            );
            let help =
                "change only what differs: `ifconfig IF vhid V advskew S` touches no address";
            let place = address.word.place;
            let finding = HostFinding::at(severity, position, place, message, help);
            findings.add(finding.and(position, shown.place, "the address in the saved output"));
        }
    }
}

/// An address with its vhid in saved output.
struct Shown {
    vhid: i64,
    place: Place,
    /// No other address has the vhid.
    alone: bool,
    wait_us: Option<u64>,
}

fn shown(host: &LintHost<'_>, found: &SourceStatement<'_>, ip: IpAddr) -> Option<Shown> {
    let vhid = found.vhid()?;
    let name = found.statement.interface.text();
    let interfaces = host.reading.shown_interfaces.iter();
    let interface = interfaces.clone().find(|shown| shown.name == name)?;
    let mut with_vhid = interface
        .addresses
        .iter()
        .filter(|shown| shown.vhid == Some(vhid));
    let alone = with_vhid.clone().count() == 1;
    let address = with_vhid.find(|shown| shown.address == ip)?;
    let mut vhids = interface.vhids.iter();
    Some(Shown {
        vhid,
        place: address.place,
        alone,
        wait_us: vhids
            .find(|shown| shown.vhid == vhid)
            .and_then(crate::lint::hosts::wait_of_shown),
    })
}

fn follows(release: Release, shown: &Shown) -> String {
    let vhid = shown.vhid;
    match release {
        Release::R10 => {
            "its routes go, and come back only when this host becomes master again".to_owned()
        }
        Release::R11 if shown.alone => format!(
            "the address and vhid {vhid} go, the command fails with \"Protocol not available\", and this host serves neither"
        ),
        _ => {
            let wait = shown.wait_us.map(seconds);
            let wait = wait.map_or_else(String::new, |wait| format!(" for {wait}"));
            format!(
                "vhid {vhid} goes through INIT to BACKUP, and if this host is the master, nobody is{wait}"
            )
        }
    }
}
