//! How loud rules are: the `[lint]` table, and changes to it.

use std::collections::BTreeMap;

use super::engine::LintFinding;
use super::groups::{GROUPS, Group};
use super::hosts::HostLintFinding;
use super::registry::{RULES, Rule, rule_named};
use crate::config::nearest;
use crate::model::{LintLevel, Severity};

/// Some rules, by a word of the command line.
#[derive(Clone, Copy, Debug)]
pub enum Selection {
    /// One rule.
    Rule(&'static Rule),
    /// All rules of a group.
    Group(&'static Group),
}

/// A change of how loud some rules are.
#[derive(Clone, Copy, Debug)]
pub struct LevelChange {
    /// Which rules.
    pub rules: Selection,
    /// How loud they are from now on.
    pub level: LintLevel,
}

impl Selection {
    /// The rules that a name, a code or the name of a group means.
    ///
    /// # Errors
    ///
    /// Says that there is nothing of that name, and the nearest one.
    pub fn named(text: &str) -> Result<Self, String> {
        if let Some(rule) = rule_named(text) {
            return Ok(Self::Rule(rule));
        }
        if let Some(group) = Group::named(text) {
            return Ok(Self::Group(group));
        }
        let rules = RULES.iter().map(|rule| rule.name);
        let hint = match nearest(text, rules.chain(GROUPS.iter().map(|group| group.name))) {
            Some(near) => format!("did you mean {near}?"),
            None => "carpgen explain --list lists both".to_owned(),
        };
        Err(format!("there is no rule and no group {text:?}; {hint}"))
    }
}

/// A finding of either subject.
pub(super) trait Found {
    /// The rule that made it.
    fn rule(&self) -> &'static Rule;
    /// How much it matters.
    fn severity(&mut self) -> &mut Severity;
}

impl Found for LintFinding {
    fn rule(&self) -> &'static Rule {
        self.rule
    }
    fn severity(&mut self) -> &mut Severity {
        &mut self.finding.severity
    }
}

impl Found for HostLintFinding {
    fn rule(&self) -> &'static Rule {
        self.rule
    }
    fn severity(&mut self) -> &mut Severity {
        &mut self.finding.severity
    }
}

/// Sets the severities: first by a table, then by the changes to groups, last by the changes to single rules.
pub(super) fn set<F: Found>(
    list: &mut Vec<F>,
    table: &[(String, LintLevel)],
    changes: &[LevelChange],
) {
    let mut levels: BTreeMap<&str, LintLevel> = table
        .iter()
        .filter_map(|(name, level)| Some((rule_named(name)?.code, *level)))
        .collect();
    for change in changes {
        if let Selection::Group(group) = change.rules {
            let rules = RULES.iter().filter(|rule| rule.group() == group);
            levels.extend(rules.map(|rule| (rule.code, change.level)));
        }
    }
    for change in changes {
        if let Selection::Rule(rule) = change.rules {
            levels.insert(rule.code, change.level);
        }
    }
    list.retain_mut(|found| {
        match levels.get(found.rule().code) {
            Some(LintLevel::Allow) => return false,
            Some(LintLevel::Warn) => *found.severity() = Severity::Warning,
            Some(LintLevel::Deny) => *found.severity() = Severity::Error,
            None => {}
        }
        true
    });
}
