//! `bad-address`

use crate::config::{Description, ProblemKind};
use crate::dialect::parse::{Address, Mask};
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, SourceStatement};
use crate::lint::registry::rule;
use crate::model::{Family, Finding, Severity, Vip};

rule! {
    /// Finds texts that are no address, prefixes that are too long, and addresses that no host can have.
    ///
    /// ## Why it matters
    ///
    /// ifconfig(8) refuses most of them, so the host lacks the address. The all-zero and all-one addresses are accepted here and
    /// there, but never enter the digest of an advertisement (`carp_hmac_prepare` in FreeBSD `sys/netinet/ip_carp.c`).
    ///
    /// ## Example
    ///
    /// ```toml
    /// vips = ["192.0.2.300/24"]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// vips = ["192.0.2.10/24"]
    /// ```
    BAD_ADDRESS = "CG206", "bad-address", Error, refuses Everything, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for problem in &description.problems {
        let ProblemKind::BadAddress { text, why } = &problem.kind else {
            continue;
        };
        let message = format!("{text:?} cannot be configured: {why}");
        let help = if text.contains(':') {
            "write an address of a host with its prefix length, such as \"2001:db8::10/64\""
        } else {
            "write an address of a host with its prefix length, such as \"192.0.2.10/24\""
        };
        findings.add(Finding::new(
            Severity::Error,
            problem.at.clone(),
            message,
            help,
        ));
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for found in host.statements() {
            let family = found.statement.family.as_ref();
            let is_link = family.is_some_and(|word| word.family.is_none());
            if is_link || host.is_distorted(&found) {
                continue;
            }
            for address in found.statement.addresses() {
                let Some(why) = why_bad(&found, address) else {
                    continue;
                };
                let message = format!(
                    "{:?} cannot be configured: {why}; {} lacks it",
                    address.word.text(),
                    host.name
                );
                let help = match address.family() {
                    Family::Inet => {
                        "write an address of a host with its prefix length, such as 192.0.2.10/24"
                    }
                    Family::Inet6 => {
                        "write an address of a host with its prefix length, such as 2001:db8::10/64"
                    }
                };
                findings.add(HostFinding::at(
                    Severity::Error,
                    position,
                    address.word.place,
                    message,
                    help,
                ));
            }
        }
    }
}

/// Why an address cannot be configured, if it cannot. What ifconfig(8) may take for a short form is passed over.
fn why_bad(found: &SourceStatement<'_>, address: &Address) -> Option<String> {
    let family = address.family();
    let text = address.word.text();
    let is_short = family == Family::Inet && text.matches('.').count() < 3;
    if !address.word.known || (address.address.is_none() && is_short) {
        return None;
    }
    let Some(host) = address.address else {
        return Some("it is no address".to_owned());
    };
    let length = address.mask.as_ref().map(Mask::length);
    let most = if family == Family::Inet { 32 } else { 128 };
    if length.is_some_and(|length| length.is_none_or(|length| length > most)) {
        return Some(match &address.mask {
            Some(Mask::Netmask(..)) => "its netmask is none".to_owned(),
            _ => format!("its prefix length is not 0 to {most}"),
        });
    }
    let is_vip = found.is_carp() && !found.statement.removes();
    let vip = is_vip.then(|| Vip::new(host, length.flatten()));
    vip.and_then(Result::err).map(|error| error.to_string())
}
