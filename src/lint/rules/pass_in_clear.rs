//! `pass-in-clear`

use crate::config::Description;
use crate::lint::engine::Findings;
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
    PASS_IN_CLEAR = "CG308", "pass-in-clear", Info
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for key in keys::written(description) {
        let message = "the key stands here in clear: whoever reads this file can become master";
        let help = "keep it elsewhere: pass = { env = \"CARP_PASS\" }, { file = \"secrets/carp\" } or { command = [\"pass\", \"show\", \"carp\"] }";
        findings.add(Finding::new(Severity::Info, key.at, message, help));
    }
}
