//! `vip-without-vhid`

use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost, PlacedAddress, label};
use crate::lint::registry::rule;
use crate::model::Severity;

rule! {
    /// Finds addresses that stand on one interface both with and without `vhid`, from FreeBSD 10 on.
    ///
    /// ## Why it matters
    ///
    /// An interface has an address once, and a command without `vhid` takes it out of CARP (`in_aifaddr_ioctl` in FreeBSD 12
    /// `sys/netinet/in.c`): the host then answers for it with its own MAC address in every state, and never lets go. As soon as
    /// another host is master, two hosts have one address.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0="inet 192.0.2.2/24"
    /// ifconfig_em0_alias0="inet 192.0.2.1/24 vhid 1 pass Ee5Xkq2uPsz0"
    /// ifconfig_em0_alias1="inet 192.0.2.1/24"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0="inet 192.0.2.2/24"
    /// ifconfig_em0_alias0="inet 192.0.2.1/24 vhid 1 pass Ee5Xkq2uPsz0"
    /// ```
    VIP_WITHOUT_VHID = "CG409", "vip-without-vhid", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        if !host.is_legacy() {
            check_host(host, position, findings);
        }
    }
}

fn check_host(host: &LintHost<'_>, position: usize, findings: &mut HostFindings<'_>) {
    let vips = host.vips();
    let mut told: Vec<&PlacedAddress<'_>> = Vec::new();
    let plain = host.own_addresses();
    for own in &plain {
        let same = |other: &PlacedAddress<'_>| {
            other.address() == own.address() && other.interface() == own.interface()
        };
        let vips: Vec<_> = vips.iter().filter(|vip| same(vip)).collect();
        if vips.is_empty() || told.iter().any(|known| same(known)) {
            continue;
        }
        told.push(own);
        let message = format!(
            "{} stands on {} without vhid as well: the command that comes later decides, and without vhid this host keeps the address for ever, beside every master of {}",
            own.address(),
            own.interface(),
            label(&vips[0].found),
        );
        let help = "delete the statement without vhid";
        let finding = HostFinding::at(Severity::Error, position, own.place, message, help);
        let finding = vips.iter().fold(finding, |finding, vip| {
            let words = format!("the same address in {}", label(&vip.found));
            finding.and(position, vip.place, words)
        });
        let more = plain
            .iter()
            .filter(|other| same(other) && other.place != own.place);
        findings.add(more.fold(finding, |finding, other| {
            finding.and(position, other.place, "the same without vhid")
        }));
    }
}
