//! What a rule is, and the list of all of them.

use super::engine::Findings;
use super::rules;
use crate::config::Description;
use crate::model::Severity;

/// Which commands an error of a rule stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refuses {
    /// Every command but `lint`: the description cannot be understood, or no kernel takes it.
    Everything,
    /// `render`, `plan` and `apply`: a broken cluster can still be simulated.
    Rendering,
}

/// A rule of the linter.
#[derive(Debug)]
pub struct Rule {
    /// Its code, `CG` and three digits. It never changes its meaning.
    pub code: &'static str,
    /// Its name: it completes "allow …".
    pub name: &'static str,
    /// The severity of its findings, or the highest one where the condition decides.
    pub severity: Severity,
    /// What its errors stop.
    pub refuses: Refuses,
    /// The version that brought it.
    pub since: &'static str,
    /// Its page, in Markdown.
    pub page: &'static str,
    /// Looks at a description.
    pub check: fn(&Description<'_>, &mut Findings<'_>),
}

impl Rule {
    /// The first line of the page: what the rule finds.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        let body = self.page.trim_start();
        body.lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with('#'))
            .unwrap_or_default()
    }
}

/// Defines a rule from its doc comment, which is its page.
macro_rules! rule {
    ($(#[doc = $doc:literal])+ $static:ident = $code:literal, $name:literal, $severity:ident $(, refuses $refuses:ident)?) => {
        $(#[doc = $doc])+
        pub(in crate::lint) static $static: crate::lint::registry::Rule = crate::lint::registry::Rule {
            code: $code,
            name: $name,
            severity: crate::model::Severity::$severity,
            refuses: crate::lint::registry::refuses!($($refuses)?),
            since: "0.1.0",
            page: concat!($($doc, "\n"),+),
            check,
        };
    };
}

/// What the errors of a rule stop, where the rule does not say.
macro_rules! refuses {
    () => {
        crate::lint::registry::Refuses::Rendering
    };
    ($refuses:ident) => {
        crate::lint::registry::Refuses::$refuses
    };
}

pub(super) use {refuses, rule};

/// The rule of a name or code.
#[must_use]
pub fn rule_named(text: &str) -> Option<&'static Rule> {
    RULES
        .iter()
        .copied()
        .find(|rule| rule.name == text || rule.code.eq_ignore_ascii_case(text))
}

/// All rules, by code. It feeds the runner, `explain`, the documentation and the tests.
pub static RULES: &[&Rule] = &[
    &rules::unknown_key::UNKNOWN_KEY,
    &rules::missing_pass::MISSING_PASS,
    &rules::duplicate_vhid::DUPLICATE_VHID,
];
