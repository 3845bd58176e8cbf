//! `pass-in-clear`

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::keys;
use crate::lint::registry::rule;
use crate::model::{Finding, Severity};

rule! {
    /// Finds keys that stand in the description itself.
    ///
    /// ## Why it matters
    ///
    /// A description is made to be kept in a repository and shown to colleagues. Whoever reads it can become master.
    ///
    /// ## Example
    ///
    /// ```toml
    /// pass = "kP2vXq81ZrTn0uYw5Lc"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// pass = { file = "secrets/carp" }
    /// ```
    PASS_IN_CLEAR = "CG308", "pass-in-clear", Info, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for key in keys::written(description) {
        let message = "the key stands here in clear: whoever reads this file can become master";
        let help = "keep it elsewhere: pass = { env = \"CARP_PASS\" }, { file = \"secrets/carp\" } or { command = [\"pass\", \"show\", \"carp\"] }";
        findings.add(Finding::new(Severity::Info, key.at, message, help));
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let mut files = Vec::new();
        for found in host.boot() {
            let Some((_, place)) = found.statement.key() else {
                continue;
            };
            let path = host
                .files
                .get(usize::from(place.file.0))
                .map_or("", |file| file.path);
            let is_open = matches!(path.rsplit('/').next(), Some("rc.conf" | "rc.conf.local"));
            if !is_open || files.contains(&place.file) || host.key_is_unclear(&found) {
                continue;
            }
            files.push(place.file);
            let message = format!(
                "keys stand in {path}, which every user of {} can read: whoever reads them can become master",
                host.name
            );
            let help = "keep the lines with keys in /etc/rc.conf.d/network, readable by root alone";
            findings.add(HostFinding::at(
                Severity::Info,
                position,
                place,
                message,
                help,
            ));
        }
    }
}
