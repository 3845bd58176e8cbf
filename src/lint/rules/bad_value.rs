//! `bad-value`

use crate::config::{Description, Problem, ProblemKind};
use crate::lint::engine::Findings;
use crate::lint::registry::rule;
use crate::model::{Finding, Severity};

rule! {
    /// Finds required keys that are missing, values of the wrong type, words that are not among the allowed ones, and keys that
    /// contradict each other.
    ///
    /// ## Why it matters
    ///
    /// A description with a hole in it says nothing about that part of the cluster: without an order of nodes nobody knows who is
    /// to be master, without a segment nobody knows which interface carries the vhid.
    ///
    /// ## Example
    ///
    /// ```toml
    /// preempt = "yes"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// preempt = true
    /// ```
    BAD_VALUE = "CG003", "bad-value", Error, refuses Everything
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for problem in &description.problems {
        let Some((message, help)) = words(problem) else {
            continue;
        };
        let mut finding = Finding::new(Severity::Error, problem.at.clone(), message, help);
        if let Some((at, words)) = &problem.other {
            finding = finding.and(at.clone(), words.clone());
        }
        findings.add(finding);
    }
}

/// Message and help, for the problems of this rule.
fn words(problem: &Problem) -> Option<(String, String)> {
    let place = problem.at.to_string();
    match &problem.kind {
        ProblemKind::MissingKey { key, wants } => {
            let table = if place.is_empty() {
                "the description".to_owned()
            } else {
                place
            };
            Some((
                format!("`{key}` is missing in {table}"),
                format!("write `{key}`: {wants}"),
            ))
        }
        ProblemKind::WrongValue { found, expected } => Some((
            format!("{place} is {found}, which is not understood"),
            format!("write {expected}"),
        )),
        ProblemKind::Contradiction { what, help } => Some((what.clone(), help.clone())),
        _ => None,
    }
}
