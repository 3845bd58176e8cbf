//! `guessable-pass`

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::keys;
use crate::lint::registry::rule;
use crate::model::{Finding, Severity};

rule! {
    /// Finds keys that are short, monotonous, or stand in manuals and articles.
    ///
    /// ## Why it matters
    ///
    /// The key is all that keeps a stranger on the segment from becoming master. Every advertisement carries a digest to try keys
    /// against, as fast as a machine can compute SHA-1; and as CARP of FreeBSD has no replay check, one captured packet is enough
    /// for ever.
    ///
    /// ## Example
    ///
    /// ```toml
    /// pass = "mekmitasdigoat"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// pass = "kP2vXq81ZrTn0uYw5Lc"
    /// ```
    GUESSABLE_PASS = "CG307", "guessable-pass", Info, for both
}

/// Keys of carp(4), ifconfig(8), the Handbook, and of articles that everybody finds first.
const KNOWN: [&str; 16] = [
    "mekmitasdigoat",
    "testpass",
    "testpassword",
    "password",
    "passwd",
    "secret",
    "changeme",
    "carppass",
    "carp",
    "lanpasswd",
    "netpasswd",
    "mypassword",
    "pfsense",
    "opnsense",
    "freebsd",
    "s3cret",
];

/// Why a key is easy to find, if it is.
fn weakness(text: &str) -> Option<&'static str> {
    let first = text.chars().next();
    if KNOWN.contains(&text.to_lowercase().as_str()) {
        Some("stands in manuals and articles")
    } else if text.chars().all(|c| Some(c) == first) {
        Some("is one character over and over")
    } else if text.len() < 8 {
        Some("has less than 8 characters")
    } else {
        None
    }
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for key in keys::written(description) {
        let Some(why) = weakness(key.secret.expose()) else {
            continue;
        };
        let message =
            format!("the key {why}: whoever is on the segment can find it and take the VIPs");
        let help = "`carpgen keygen` makes a key of 19 random characters";
        findings.add(Finding::new(Severity::Info, key.at, message, help));
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let mut seen = Vec::new();
        for found in host.statements() {
            let Some((secret, place)) = found.statement.key() else {
                continue;
            };
            let text = secret.expose();
            let Some(why) = weakness(text).filter(|_| !text.is_empty()) else {
                continue;
            };
            // Once for each key is enough.
            if host.key_is_unclear(&found) || seen.contains(&text) {
                continue;
            }
            seen.push(text);
            let message =
                format!("the key {why}: whoever is on the segment can find it and take the VIPs");
            let help = "`carpgen keygen` makes a key of 19 random characters";
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
