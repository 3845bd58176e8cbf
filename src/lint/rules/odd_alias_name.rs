//! `odd-alias-name`

use crate::dialect::parse::is_carp_interface;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost};
use crate::lint::registry::rule;
use crate::model::Severity;

rule! {
    /// Finds alias variables with a VIP whose names are not `_aliases` or `_alias` and a number.
    ///
    /// ## Why it matters
    ///
    /// network.subr takes every variable that begins with `ifconfig_IF_alias` and a digit, so `_alias0_old` still counts, and no other
    /// (`list_vars` in FreeBSD `libexec/rc/network.subr`). Without a digit the VIP is missing, and nothing says so.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0_alias_web="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ODD_ALIAS_NAME = "CG118", "odd-alias-name", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for name in host.reading.variables.names_from("ifconfig_") {
            let Some(suffix) = odd(host, name) else {
                continue;
            };
            let Some(place) = host.variable_place(name) else {
                continue;
            };
            let (severity, follows, help) = if suffix.starts_with(|c: char| c.is_ascii_digit()) {
                (
                    Severity::Warning,
                    "is configured at boot like any other".to_owned(),
                    "write `_alias` and a plain number, or put a `#` before the line",
                )
            } else {
                (
                    Severity::Error,
                    format!("is ignored: {} lacks its VIP", host.name),
                    "write `_alias` and the next free number",
                )
            };
            let message = format!("{name} {follows}");
            findings.add(HostFinding::at(severity, position, place, message, help));
        }
    }
}

/// What stands behind `_alias` in the name of a variable with a VIP, unless it is what it should be.
fn odd<'h>(host: &LintHost<'_>, name: &'h str) -> Option<&'h str> {
    let (part, suffix) = name["ifconfig_".len()..].split_once("_alias")?;
    let plain = suffix == "0"
        || (!suffix.is_empty()
            && !suffix.starts_with('0')
            && suffix.bytes().all(|b| b.is_ascii_digit()));
    if plain || suffix == "es" {
        return None;
    }
    let text = host.reading.variables.get(name)?.value.text();
    let has_vip = if host.is_legacy() {
        is_carp_interface(part) && !text.trim().is_empty()
    } else {
        text.split_ascii_whitespace().any(|word| word == "vhid")
    };
    has_vip.then_some(suffix)
}
