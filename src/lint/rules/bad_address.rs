//! `bad-address`

use crate::config::{Description, ProblemKind};
use crate::lint::engine::Findings;
use crate::lint::registry::rule;
use crate::model::{Finding, Severity};

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
    BAD_ADDRESS = "CG206", "bad-address", Error, refuses Everything
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
