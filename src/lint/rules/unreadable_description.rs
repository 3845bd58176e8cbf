//! `unreadable-description`

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::registry::rule;
use crate::model::{Finding, Route, Severity};

rule! {
    /// Finds text that is not TOML.
    ///
    /// ## Why it matters
    ///
    /// Where the text stops being TOML nobody can tell what was meant, so nothing else is checked: one missing quote can swallow a
    /// whole vhid.
    ///
    /// ## Example
    ///
    /// ```toml
    /// name = "web
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// name = "web"
    /// ```
    UNREADABLE_DESCRIPTION = "CG001", "unreadable-description", Error, refuses Everything
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for error in description.source.syntax_errors() {
        let message = format!(
            "this is not TOML: {}; nothing else is checked",
            error.message
        );
        let help =
            "mend this place first; the format of tables, texts and lists is described at toml.io";
        let finding = Finding::new(Severity::Error, Route::top(), message, help);
        findings.add(finding.spanning(error.span.clone()));
    }
}
