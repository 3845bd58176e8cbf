//! `unknown-key`

use crate::config::{Description, ProblemKind, nearest};
use crate::lint::engine::Findings;
use crate::lint::registry::{RULES, rule, rule_named};
use crate::model::{Finding, Route, Severity};

rule! {
    /// Finds keys and tables of cluster.toml that version 1 of the format does not have.
    ///
    /// ## Why it matters
    ///
    /// A key that nobody reads does nothing: with `advskews` for `advskew` the skews are the default ones, and another
    /// node is master than the file says.
    ///
    /// ## Example
    ///
    /// ```toml
    /// prempt = true
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// preempt = true
    /// ```
    ///
    /// ## See also
    ///
    /// The tables and their keys: carpgen.toml(5).
    UNKNOWN_KEY = "CG002", "unknown-key", Error, refuses Everything
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for problem in &description.problems {
        let ProblemKind::UnknownKey { key, known } = &problem.kind else {
            continue;
        };
        let table = problem.at.to_string();
        let message = format!("unknown key `{key}` ({table}): nothing reads it");
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        findings.add(Finding::new(
            Severity::Error,
            problem.at.clone(),
            message,
            advice(key, &known),
        ));
    }
    for (name, _) in &description.cluster.lint {
        if rule_named(name).is_none() {
            let at = Route::top().key("lint").name_of(name);
            let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
            let help = nearest(name, names).map_or_else(
                || "`carpgen explain --list` lists the rules".to_owned(),
                |near| format!("did you mean `{near}`? `carpgen explain --list` lists the rules"),
            );
            findings.add(Finding::new(
                Severity::Error,
                at,
                format!("unknown rule `{name}`: no finding has this name"),
                help,
            ));
        }
    }
}

fn advice(key: &str, known: &[&str]) -> String {
    match nearest(key, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the keys of this table are {}", known.join(", ")),
    }
}
