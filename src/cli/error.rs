//! What ends a command early: a message, hints, and an exit code.

use std::io;

/// The kind of an error decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The command line makes no sense: 2.
    Usage,
    /// A file, a key or a description cannot be used: 3.
    BadInput,
    /// What was asked for would do harm: 1.
    Refused,
    /// A host could not be changed, and is as it was: 4.
    Unchanged,
    /// A host needs a person: 5.
    NeedsPerson,
    /// The reader of our output is gone.
    BrokenPipe,
}

/// Why a command ended.
#[derive(Debug)]
pub(super) struct CommandError {
    kind: Kind,
    message: String,
    hints: Vec<String>,
}

impl CommandError {
    /// The command line makes no sense.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Usage,
            message: message.into(),
            hints: Vec::new(),
        }
    }

    /// What was given cannot be used.
    pub(super) fn bad_input(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::BadInput,
            message: message.into(),
            hints: Vec::new(),
        }
    }

    /// What was asked for would do harm.
    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Refused,
            message: message.into(),
            hints: Vec::new(),
        }
    }

    /// A host could not be changed, and is as it was.
    pub(super) fn unchanged(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Unchanged,
            message: message.into(),
            hints: Vec::new(),
        }
    }

    /// A host is neither as it was nor as it should be.
    pub(super) fn needs_person(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::NeedsPerson,
            message: message.into(),
            hints: Vec::new(),
        }
    }

    /// The same, with what to do about it.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn hints(&self) -> &[String] {
        &self.hints
    }

    pub(super) const fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Usage => 2,
            Kind::BadInput => 3,
            Kind::Refused => 1,
            Kind::Unchanged => 4,
            Kind::NeedsPerson => 5,
            Kind::BrokenPipe => 0,
        }
    }

    pub(super) fn is_broken_pipe(&self) -> bool {
        self.kind == Kind::BrokenPipe
    }
}

/// Writing the result failed.
impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        let kind = if error.kind() == io::ErrorKind::BrokenPipe {
            Kind::BrokenPipe
        } else {
            Kind::BadInput
        };
        Self {
            kind,
            message: format!("cannot write the result: {error}"),
            hints: Vec::new(),
        }
    }
}
