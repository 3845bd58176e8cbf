//! Runs the rules over a description and sorts out what they say.

use super::registry::{RULES, Refuses, Rule, rule_named};
use crate::config::Description;
use crate::model::{Finding, LintLevel, Severity};

/// A finding and the rule that made it.
#[derive(Clone, Debug)]
pub struct LintFinding {
    /// The rule.
    pub rule: &'static Rule,
    /// What it found.
    pub finding: Finding,
}

impl PartialEq for LintFinding {
    fn eq(&self, other: &Self) -> bool {
        self.rule.code == other.rule.code && self.finding == other.finding
    }
}

/// Which findings stop a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Those of a description that cannot be understood: for commands that need a cluster.
    Unusable,
    /// Those, and every other error: for commands that change hosts or write their files.
    AnyError,
}

impl Refusal {
    /// The finding stops the command.
    #[must_use]
    pub fn stops(self, finding: &LintFinding) -> bool {
        finding.finding.severity == Severity::Error
            && (self == Self::AnyError || finding.rule.refuses == Refuses::Everything)
    }
}

/// Where a rule puts its findings.
#[derive(Debug)]
pub struct Findings<'a> {
    rule: &'static Rule,
    list: &'a mut Vec<LintFinding>,
}

impl Findings<'_> {
    /// Adds a finding.
    pub fn add(&mut self, finding: Finding) {
        self.list.push(LintFinding {
            rule: self.rule,
            finding,
        });
    }
}

/// Everything that the rules find in a description, in the order of its text.
///
/// A text that is not TOML gives only that. The `[lint]` table of the description changes severities only where
/// `levels` says so: what stops a command does not depend on it.
#[must_use]
pub fn check(description: &Description<'_>, levels: bool) -> Vec<LintFinding> {
    let mut list = Vec::new();
    for rule in RULES {
        (rule.check)(
            description,
            &mut Findings {
                rule,
                list: &mut list,
            },
        );
        if !description.source.syntax_errors().is_empty() {
            break;
        }
    }
    if levels {
        set_levels(description, &mut list);
    }
    list.sort_by_cached_key(|f| (description.source.span_of(&f.finding).start, f.rule.code));
    list.dedup();
    list
}

fn set_levels(description: &Description<'_>, list: &mut Vec<LintFinding>) {
    for (name, level) in &description.cluster.lint {
        let Some(rule) = rule_named(name) else {
            continue;
        };
        let of_rule = |f: &LintFinding| f.rule.code == rule.code;
        match level {
            LintLevel::Allow => list.retain(|f| !of_rule(f)),
            LintLevel::Warn => list
                .iter_mut()
                .filter(|f| of_rule(f))
                .for_each(|f| f.finding.severity = Severity::Warning),
            LintLevel::Deny => list
                .iter_mut()
                .filter(|f| of_rule(f))
                .for_each(|f| f.finding.severity = Severity::Error),
        }
    }
}
