//! `pass-truncated`

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::keys;
use crate::lint::registry::rule;
use crate::model::{Finding, Secret, Severity};

rule! {
    /// Finds keys longer than 19 bytes.
    ///
    /// ## Why it matters
    ///
    /// ifconfig(8) copies the key with strlcpy(3) into a field of 20 bytes, the last of which is NUL (`setcarp_callback` in FreeBSD
    /// `sbin/ifconfig/carp.c`). What comes behind counts nowhere, and nobody says so: two keys that differ only there are equal.
    ///
    /// ## Example
    ///
    /// ```toml
    /// pass = "correct.horse.battery.staple"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// pass = "correct.horse.bat"
    /// ```
    PASS_TRUNCATED = "CG302", "pass-truncated", Warning, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for key in keys::written(description) {
        let length = key.secret.expose().len();
        if length > Secret::EFFECTIVE_BYTES {
            let message = format!(
                "the key has {length} bytes, of which {} are silently ignored: keys that differ only there are equal",
                length - Secret::EFFECTIVE_BYTES
            );
            let help = "write at most 19 characters; `carpgen keygen` makes a key of that length";
            findings.add(Finding::new(Severity::Warning, key.at, message, help));
        }
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for found in host.statements() {
            let Some((secret, place)) = found.statement.key() else {
                continue;
            };
            if host.key_is_unclear(&found) {
                continue;
            }
            let length = secret.expose().len();
            if length <= Secret::EFFECTIVE_BYTES {
                continue;
            }
            let message = format!(
                "the key has {length} bytes, of which {} are silently ignored: keys that differ only there are equal",
                length - Secret::EFFECTIVE_BYTES
            );
            let help = "write at most 19 characters, the same on every host; `carpgen keygen` makes a key of that length";
            findings.add(HostFinding::at(
                Severity::Warning,
                position,
                place,
                message,
                help,
            ));
        }
    }
}
