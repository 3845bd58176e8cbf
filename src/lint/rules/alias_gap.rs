//! `alias-gap`

use std::collections::BTreeMap;

use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost};
use crate::lint::registry::rule;
use crate::model::{Release, Severity};

rule! {
    /// Finds holes in the numbers of an interface's aliases.
    ///
    /// ## Why it matters
    ///
    /// FreeBSD 8, 9.0 to 9.2 stop at the first number that is missing (`ifalias_af_common` in `etc/network.subr`), so that the VIPs behind it
    /// are not configured. Later releases take every number, whatever rc.conf(5) says about it.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ifconfig_em0_alias2="inet 192.0.2.4/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ifconfig_em0_alias1="inet 192.0.2.4/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ALIAS_GAP = "CG116", "alias-gap", Warning, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for (part, numbers) in numbered(host) {
            if !host.carries_vips(part) {
                continue;
            }
            let known: Vec<u64> = numbers.keys().copied().collect();
            let Some(pair) = known.windows(2).find(|pair| pair[1] != pair[0] + 1) else {
                continue;
            };
            let behind = numbers.range(pair[1]..).count();
            let Some(place) = numbers
                .get(&pair[1])
                .and_then(|name| host.variable_place(name))
            else {
                continue;
            };
            let (severity, follows) = if host.release() <= Release::R10 {
                (
                    Severity::Warning,
                    format!(
                        "FreeBSD 8 and 9.0 to 9.2 stop there and drop {behind} of {}",
                        known.len()
                    ),
                )
            } else {
                (
                    Severity::Info,
                    "this release takes them all, older ones stop there".to_owned(),
                )
            };
            let message = format!(
                "the aliases of {part} go from {} to {}: {follows}",
                pair[0], pair[1]
            );
            let help = format!(
                "number them 0, 1, 2 and so on: this one is ifconfig_{part}_alias{}",
                pair[0] + 1
            );
            findings.add(HostFinding::at(severity, position, place, message, help));
        }
    }
}

/// The variables of numbered aliases, by the interface's part of their names.
pub(super) fn numbered<'h>(host: &'h LintHost<'_>) -> BTreeMap<&'h str, BTreeMap<u64, &'h str>> {
    let mut all: BTreeMap<&str, BTreeMap<u64, &str>> = BTreeMap::new();
    for name in host.reading.variables.names_from("ifconfig_") {
        let Some((part, number)) = name["ifconfig_".len()..].split_once("_alias") else {
            continue;
        };
        let plain = number == "0" || !number.starts_with('0');
        let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        if let Some(number) = number.parse().ok().filter(|_| plain && digits) {
            all.entry(part).or_default().insert(number, name);
        }
    }
    all
}
