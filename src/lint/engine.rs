//! Runs the rules over a description and sorts out what they say.

use super::allows::{Allows, Idle, IdleReason, toml_lines};
use super::levels::{self, LevelChange};
use super::registry::{RULES, Refuses, Rule};
use super::rules::unused_allow::{self, UNUSED_ALLOW};
use crate::config::Description;
use crate::model::{Finding, Severity};

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
/// A text that is not TOML gives only that. With `levels`, the comments and the `[lint]` table of the description
/// count, as [`tuned`] says; what stops a command does not depend on them.
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
    sort(description, &mut list);
    if levels {
        tuned(description, list, &[])
    } else {
        list
    }
}

/// What is left of findings when the description and its reader have had their say: its comments
/// `carpgen: allow` silence some, its `[lint]` table sets severities, and `changes` set them anew.
#[must_use]
pub fn tuned(
    description: &Description<'_>,
    mut list: Vec<LintFinding>,
    changes: &[LevelChange],
) -> Vec<LintFinding> {
    silence(description, &mut list);
    levels::set(&mut list, &description.cluster.lint, changes);
    list
}

/// Takes out what comments of the text silence, and adds what they leave to say.
fn silence(description: &Description<'_>, list: &mut Vec<LintFinding>) {
    let source = &description.source;
    // Few texts have such a comment, and the others need not be parted into lines.
    if !source.text().contains("carpgen:") {
        return;
    }
    let mut allows = Allows::of(&toml_lines(source.text()));
    let mut is_loud = |found: &LintFinding| {
        let related = found
            .finding
            .related
            .iter()
            .map(|note| source.span(&note.at));
        let places = std::iter::once(source.span_of(&found.finding)).chain(related);
        let silencing = places
            .map(|span| source.line_and_column(span.start).0)
            .filter(|line| allows.silences(found.rule, *line));
        silencing.count() == 0
    };
    list.retain(&mut is_loud);
    if !source.syntax_errors().is_empty() {
        // Most rules have not looked at all.
        return;
    }
    // A comment that allows unused-allow has its chance with the other comments before it is judged itself.
    let itself = |idle: &Idle| matches!(&idle.why, IdleReason::NothingFound(rule, _) if *rule == UNUSED_ALLOW.name);
    let mut idle = allows.idle();
    idle.retain(|idle| {
        let line = source.line_and_column(idle.bytes.start).0;
        !itself(idle) && !allows.silences(&UNUSED_ALLOW, line)
    });
    idle.extend(allows.idle().into_iter().filter(itself));
    let mut findings = Findings {
        rule: &UNUSED_ALLOW,
        list,
    };
    unused_allow::report(&idle, &mut findings);
    sort(description, list);
}

fn sort(description: &Description<'_>, list: &mut Vec<LintFinding>) {
    list.sort_by_cached_key(|f| (description.source.span_of(&f.finding).start, f.rule.code));
    list.dedup();
}
