//! `unknown-key`

use crate::config::{Description, ProblemKind, nearest};
use crate::lint::engine::Findings;
use crate::lint::registry::{RULES, rule, rule_named};
use crate::model::{Edit, Finding, Fix, Route, Severity, TextId};

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
    UNKNOWN_KEY = "CG002", "unknown-key", Error, refuses Everything, fix "writes the key, or the name of the rule, that it is near to, if there is one"
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for problem in &description.problems {
        let ProblemKind::UnknownKey { key, known } = &problem.kind else {
            continue;
        };
        let table = problem.at.to_string();
        let message = format!("unknown key `{key}` ({table}): nothing reads it");
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let near = nearest(key, known.iter().copied());
        let advice = advice(key, &known);
        let finding = Finding::new(Severity::Error, problem.at.clone(), message, advice);
        findings.add(finding.with_fix(renamed(description, &problem.at, key, near)));
    }
    for (name, _) in &description.cluster.lint {
        if rule_named(name).is_none() {
            let at = Route::top().key("lint").name_of(name);
            let help = nearest(name, names_of_rules()).map_or_else(
                || "`carpgen explain --list` lists the rules".to_owned(),
                |near| format!("did you mean `{near}`? `carpgen explain --list` lists the rules"),
            );
            let fix = renamed(description, &at, name, nearest(name, names_of_rules()));
            let message = format!("unknown rule `{name}`: no finding has this name");
            findings.add(Finding::new(Severity::Error, at, message, help).with_fix(fix));
        }
    }
}

fn names_of_rules() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.name)
}

/// A fix that writes the near name.
fn renamed(
    description: &Description<'_>,
    at: &Route,
    key: &str,
    near: Option<&str>,
) -> Option<Fix> {
    let bytes = description.source.span(at);
    let is_it = description.source.text().get(bytes.clone()) == Some(key);
    let edit = near.filter(|_| is_it).map(|near| Edit {
        text: TextId::default(),
        bytes,
        replacement: near.to_owned(),
    });
    Fix::new(vec![edit?])
}

fn advice(key: &str, known: &[&str]) -> String {
    match nearest(key, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the keys of this table are {}", known.join(", ")),
    }
}
