//! `guessable-pass`

use crate::config::Description;
use crate::lint::engine::Findings;
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
    GUESSABLE_PASS = "CG307", "guessable-pass", Info
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

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for key in keys::written(description) {
        let text = key.secret.expose();
        let first = text.chars().next();
        let why = if KNOWN.contains(&text.to_lowercase().as_str()) {
            "stands in manuals and articles"
        } else if text.chars().all(|c| Some(c) == first) {
            "is one character over and over"
        } else if text.len() < 8 {
            "has less than 8 characters"
        } else {
            continue;
        };
        let message =
            format!("the key {why}: whoever is on the segment can find it and take the VIPs");
        let help = "`carpgen keygen` makes a key of 19 random characters";
        findings.add(Finding::new(Severity::Info, key.at, message, help));
    }
}
