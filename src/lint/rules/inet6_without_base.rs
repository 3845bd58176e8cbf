//! `inet6-without-base`

use std::collections::BTreeMap;

use crate::dialect::parse::{LossReason, Word};
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost, LostWords};
use crate::lint::registry::rule;
use crate::model::{Place, Severity};

rule! {
    /// Finds IPv6 VIPs of an interface that has no `ifconfig_IF_ipv6`.
    ///
    /// ## Why it matters
    ///
    /// network.subr applies aliases of inet6 only to an interface with IPv6, which is one with a value of `ifconfig_IF_ipv6`,
    /// `ipv6_prefix_IF` or `ipv6_ifconfig_IF` (`ipv6if` in FreeBSD `libexec/rc/network.subr`). Others it skips without a message, also with
    /// `ipv6_activate_all_interfaces="YES"`. This host never serves the VIP.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet6 2001:db8::1/64 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0_ipv6="inet6 2001:db8::2/64"
    /// ifconfig_em0_alias0="inet6 2001:db8::1/64 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    INET6_WITHOUT_BASE = "CG115", "inet6-without-base", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let mut lost: BTreeMap<&str, Vec<Place>> = BTreeMap::new();
        for found in host.lost_words(&[LossReason::NoIpv6Line]) {
            let name = found.variable.strip_prefix("ifconfig_");
            let Some((part, _)) = name.and_then(|name| name.split_once("_alias")) else {
                continue;
            };
            let pieces = found.at.iter().filter(|at| holds_vip(host, &found, **at));
            let places = pieces.map(|at| found.words[*at].place);
            lost.entry(part).or_default().extend(places);
        }
        for (part, places) in lost {
            let Some((first, rest)) = places.split_first() else {
                continue;
            };
            let what = match rest.len() {
                0 => "this IPv6 VIP".to_owned(),
                more => format!("this IPv6 VIP and {more} more"),
            };
            let message = format!(
                "ifconfig_{part}_ipv6 is not set, so the boot skips {what} without a message: {} never serves them",
                host.name
            );
            let help = format!(
                "write ifconfig_{part}_ipv6=\"inet6 ADDRESS/64\" with an address of this host's own, or \"inet6 auto_linklocal\""
            );
            let finding = HostFinding::at(Severity::Error, position, *first, message, help);
            findings.add(rest.iter().fold(finding, |finding, place| {
                finding.and(position, *place, "skipped as well")
            }));
        }
    }
}

/// The piece of an alias that is lost holds a VIP.
fn holds_vip(host: &LintHost<'_>, lost: &LostWords<'_>, at: usize) -> bool {
    if host.is_legacy() {
        return lost.variable.starts_with("ifconfig_carp");
    }
    let piece = lost.words[at + 1..].iter().map(Word::text);
    piece
        .take_while(|word| !matches!(*word, "inet" | "inet6" | "link" | "ether"))
        .any(|word| word == "vhid")
}
