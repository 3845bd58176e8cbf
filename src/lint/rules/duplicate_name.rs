//! `duplicate-name`

use crate::config::{Description, ProblemKind};
use crate::lint::engine::Findings;
use crate::lint::registry::rule;
use crate::model::{Finding, Severity};

rule! {
    /// Finds two nodes, two segments or two groups of one name, and a node twice in one order.
    ///
    /// ## Why it matters
    ///
    /// Every other part of the description names nodes and segments, and a name can mean only one of the two: the second would
    /// never be configured, or would get the files of the first. A node twice in an order would have two ranks and so two skews.
    ///
    /// ## Example
    ///
    /// ```toml
    /// name = "a"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// name = "b"
    /// ```
    DUPLICATE_NAME = "CG004", "duplicate-name", Error, refuses Everything
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for problem in &description.problems {
        let ProblemKind::DuplicateName { what, name } = &problem.kind else {
            continue;
        };
        let message =
            format!("{name} is there twice: the second {what} of that name is not looked at");
        let help = if what.starts_with("node in") {
            "name each node once in an order: its place is its rank".to_owned()
        } else {
            format!("give one {what} another name")
        };
        let mut finding = Finding::new(Severity::Error, problem.at.clone(), message, help);
        if let Some((at, words)) = &problem.other {
            finding = finding.and(at.clone(), words.clone());
        }
        findings.add(finding);
    }
}
