//! What rules find in the files of hosts, as plain data.

use crate::lint::registry::Rule;
use crate::model::{Fix, Place, Severity};

/// A place in a file of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPlace {
    /// The position of the host in [`super::Hosts`].
    pub host: usize,
    /// The place.
    pub place: Place,
}

/// One result of a check of the files of hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFinding {
    /// How much it matters.
    pub severity: Severity,
    /// The position of the host that it is about, if it is about one.
    pub host: Option<usize>,
    /// Where it is; none where no file is at fault.
    pub at: Option<HostPlace>,
    /// What is wrong and what follows. Never holds a key.
    pub message: String,
    /// What to write instead.
    pub help: String,
    /// Further places, such as the other side of a conflict.
    pub related: Vec<(HostPlace, String)>,
    /// What would put it right without a doubt about what was meant.
    pub fix: Option<Fix>,
}

impl HostFinding {
    /// A finding at a place of a host.
    #[must_use]
    pub fn at(
        severity: Severity,
        host: usize,
        place: Place,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            host: Some(host),
            at: Some(HostPlace { host, place }),
            message: message.into(),
            help: help.into(),
            related: Vec::new(),
            fix: None,
        }
    }

    /// A finding about a host that no file is at fault for.
    #[must_use]
    pub fn about(
        severity: Severity,
        host: usize,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            host: Some(host),
            at: None,
            message: message.into(),
            help: help.into(),
            related: Vec::new(),
            fix: None,
        }
    }

    /// The same, with a further place.
    #[must_use]
    pub fn and(mut self, host: usize, place: Place, message: impl Into<String>) -> Self {
        self.related
            .push((HostPlace { host, place }, message.into()));
        self
    }

    /// The same, with what would put it right.
    #[must_use]
    pub fn with_fix(mut self, fix: Option<Fix>) -> Self {
        self.fix = fix;
        self
    }
}

/// A finding and the rule that made it.
#[derive(Clone, Debug)]
pub struct HostLintFinding {
    /// The rule.
    pub rule: &'static Rule,
    /// What it found.
    pub finding: HostFinding,
}

/// Where a rule puts its findings.
#[derive(Debug)]
pub struct HostFindings<'l> {
    rule: &'static Rule,
    list: &'l mut Vec<HostLintFinding>,
}

impl<'l> HostFindings<'l> {
    pub(in crate::lint) const fn new(
        rule: &'static Rule,
        list: &'l mut Vec<HostLintFinding>,
    ) -> Self {
        Self { rule, list }
    }

    /// Adds a finding.
    pub fn add(&mut self, finding: HostFinding) {
        self.list.push(HostLintFinding {
            rule: self.rule,
            finding,
        });
    }

    /// Adds several, or one that may be there.
    pub fn extend(&mut self, findings: impl IntoIterator<Item = HostFinding>) {
        for finding in findings {
            self.add(finding);
        }
    }
}
