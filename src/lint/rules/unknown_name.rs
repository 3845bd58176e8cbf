//! `unknown-name`

use crate::config::{Description, ProblemKind, nearest};
use crate::lint::engine::Findings;
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{Finding, Severity};

rule! {
    /// Finds names of nodes, segments, groups and vhids that the description does not have.
    ///
    /// ## Why it matters
    ///
    /// An order that names a node by mistake has one member less than it seems to have: the address has no backup, and nobody
    /// notices before the master fails.
    ///
    /// ## Example
    ///
    /// ```toml
    /// priority = ["a", "bb"]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// priority = ["a", "b"]
    /// ```
    UNKNOWN_NAME = "CG005", "unknown-name", Error, refuses Everything
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for problem in &description.problems {
        let ProblemKind::UnknownName { what, name, known } = &problem.kind else {
            continue;
        };
        let message = format!("there is no {what} {name:?} ({})", problem.at);
        let near = nearest(name, known.iter().map(String::as_str));
        let help = match (near, known.as_slice()) {
            (Some(near), _) => format!("did you mean \"{near}\"?"),
            (None, []) => format!("describe the {what} first"),
            (None, known) => format!("there are {}", list_in_words(known)),
        };
        findings.add(Finding::new(
            Severity::Error,
            problem.at.clone(),
            message,
            help,
        ));
    }
}
