//! `live-without-alias`

use std::collections::BTreeSet;

use crate::dialect::parse::{FileKind, Statement, is_carp_interface};
use crate::lint::hosts::{Fixing, HostFinding, HostFindings, Hosts, LintHost, Source};
use crate::lint::registry::rule;
use crate::model::{Family, Severity};

rule! {
    /// Finds live commands that replace an address of the interface instead of adding one.
    ///
    /// ## Why it matters
    ///
    /// Without `alias` ifconfig(8) first deletes the first IPv4 address of the interface, then adds the new one (`SIOCDIFADDR` with an
    /// empty address, `sys/netinet/in.c` of FreeBSD). The host loses its own address, its advertisements their source, and whoever typed
    /// the command the session.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig em0 inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig em0 inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0 alias
    /// ```
    LIVE_WITHOUT_ALIAS = "CG119", "live-without-alias", Error, for hosts, fix "writes `alias` at the end of the command"
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let mut given: BTreeSet<(Source, &str)> = BTreeSet::new();
        let all = host.statements();
        for found in all
            .iter()
            .filter(|found| matches!(found.source, Source::Live(_)))
        {
            let statement = found.statement;
            let interface = statement.interface.text();
            let Some(address) = inet_address(statement) else {
                continue;
            };
            let key = (found.source, interface);
            let is_later = !given.insert(key);
            let replaces = if host.is_legacy() {
                is_carp_interface(interface) && is_later
            } else {
                !is_carp_interface(interface)
                    && found.vhid().is_some()
                    && !is_alone(host, interface, address)
            };
            if statement.adds() || statement.removes() || !replaces || host.is_distorted(found) {
                continue;
            }
            let message = if host.is_legacy() {
                format!(
                    "without `alias` this replaces the address that {interface} got before: {} loses that VIP",
                    host.name
                )
            } else {
                format!(
                    "without `alias` ifconfig(8) first deletes the first IPv4 address of {interface}: {} loses its own address, and an SSH session over it",
                    host.name
                )
            };
            let fixing = Fixing::of(position).insert(host.end_of_command(found), " alias");
            let help = "write `alias` at the end of the command";
            let place = statement.place;
            let finding = HostFinding::at(Severity::Error, position, place, message, help);
            findings.add(finding.with_fix(fixing.done()));
        }
    }
}

/// The IPv4 address that a command sets.
fn inet_address(statement: &Statement) -> Option<&str> {
    let family = statement.family.as_ref().map(|word| word.family);
    let is_inet = matches!(family, None | Some(Some(Family::Inet)));
    let address = statement.addresses().next()?;
    let host = address.word.text().split('/').next()?;
    (is_inet && address.family() == Family::Inet && !statement.removes()).then_some(host)
}

/// The files of the host show that the interface has no other IPv4 address.
fn is_alone(host: &LintHost<'_>, interface: &str, address: &str) -> bool {
    let shown = host.reading.shown_interfaces.iter();
    if let Some(shown) = shown.clone().find(|shown| shown.name == interface) {
        let others = shown.addresses.iter().map(|shown| shown.address);
        return !others
            .into_iter()
            .any(|other| other.is_ipv4() && other.to_string() != address);
    }
    let name = format!(
        "ifconfig_{}",
        crate::dialect::parse::interface_variable(interface)
    );
    let value = host.reading.variables.get(&name);
    let Some(value) = value.filter(|_| host.has(FileKind::RcConf)) else {
        return false;
    };
    let dynamic = value
        .value
        .text()
        .split_ascii_whitespace()
        .any(|word| word.to_ascii_lowercase().ends_with("dhcp"));
    let boot = host.boot();
    let mut others = boot
        .iter()
        .filter(|found| found.statement.interface.text() == interface)
        .filter_map(|found| inet_address(found.statement));
    value.value.is_known() && !dynamic && !others.any(|other| other != address)
}
