//! What a check found, as plain data.

use std::fmt;
use std::ops::Range;

use super::{Fix, HostName, Route};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing, nothing to repair.
    Info,
    /// It runs, but breaks or surprises in a case that will come.
    Warning,
    /// The cluster will not do what the text says.
    Error,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A further place that belongs to a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Where it is.
    pub at: Route,
    /// What it says about the finding.
    pub message: String,
}

/// One result of a check of a description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Where it is.
    pub at: Route,
    /// The very bytes, where no route leads to them: the text is not TOML there.
    pub span: Option<Range<usize>>,
    /// The host it is about, if it is about one.
    pub host: Option<HostName>,
    /// What is wrong and what follows. Never holds a key.
    pub message: String,
    /// What to write instead.
    pub help: String,
    /// Further places, such as the other side of a conflict.
    pub related: Vec<Note>,
    /// What would put it right without a doubt about what was meant.
    pub fix: Option<Fix>,
}

impl Finding {
    /// A finding at one place.
    #[must_use]
    pub fn new(
        severity: Severity,
        at: Route,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            at,
            span: None,
            host: None,
            message: message.into(),
            help: help.into(),
            related: Vec::new(),
            fix: None,
        }
    }

    /// The same, with a further place.
    #[must_use]
    pub fn and(mut self, at: Route, message: impl Into<String>) -> Self {
        self.related.push(Note {
            at,
            message: message.into(),
        });
        self
    }

    /// The same, at these bytes of the text.
    #[must_use]
    pub fn spanning(mut self, span: Range<usize>) -> Self {
        self.span = Some(span);
        self
    }

    /// The same, about a host.
    #[must_use]
    pub fn about(mut self, host: &HostName) -> Self {
        self.host = Some(host.clone());
        self
    }

    /// The same, with what would put it right.
    #[must_use]
    pub fn with_fix(mut self, fix: Option<Fix>) -> Self {
        self.fix = fix;
        self
    }
}
