//! What cannot be made sense of in a description. The rules put it into words.

use crate::model::{OutOfRange, Route};

/// Something in a description that has no meaning, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands.
    pub at: Route,
    /// What it is.
    pub kind: ProblemKind,
    /// The other place, where two contradict each other, and what stands there.
    pub other: Option<(Route, String)>,
}

/// The kinds of problems; each belongs to one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// A key that the table does not have.
    UnknownKey {
        /// The key as written.
        key: String,
        /// The keys that the table has.
        known: Vec<String>,
    },
    /// A required key is not there.
    MissingKey {
        /// The key.
        key: &'static str,
        /// What it is for.
        wants: String,
    },
    /// A value of the wrong type or not among the allowed words.
    WrongValue {
        /// The value as written, or its type; never a key.
        found: String,
        /// What would be right.
        expected: String,
    },
    /// A value that contradicts another one.
    Contradiction {
        /// What is wrong.
        what: String,
        /// What to write instead.
        help: String,
    },
    /// The same name twice.
    DuplicateName {
        /// What has the name.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A name that nothing has.
    UnknownName {
        /// What is named.
        what: &'static str,
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// A node in the order of a vhid without an interface on its segment.
    NodeWithoutInterface {
        /// The node.
        node: String,
        /// The segment.
        segment: String,
        /// How many nodes of the order have one.
        serving: usize,
        /// How many nodes the order has.
        nodes: usize,
    },
    /// A number that the kernel does not accept.
    Range(OutOfRange),
    /// A skew or priority computed from a rank that the kernel does not accept.
    ComputedRange {
        /// The number.
        range: OutOfRange,
        /// The rank from 0.
        rank: usize,
        /// What rank 0 has.
        first: i64,
        /// What each rank adds.
        step: i64,
    },
    /// An address that cannot be.
    BadAddress {
        /// The text as written.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// A value that a sysctl does not take.
    BadSysctl {
        /// The whole name.
        name: String,
        /// What is wrong.
        why: String,
        /// What to write instead.
        help: String,
    },
}

impl Problem {
    /// A problem at one place.
    #[must_use]
    pub const fn new(at: Route, kind: ProblemKind) -> Self {
        Self {
            at,
            kind,
            other: None,
        }
    }

    /// It is about the value of this sysctl.
    #[must_use]
    pub fn names_sysctl(&self, sysctl: &str) -> bool {
        matches!(&self.kind, ProblemKind::BadSysctl { name, .. } if name == sysctl)
    }
}

/// The known word nearest to a text, if one is near enough to be meant.
#[must_use]
pub fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = text.to_lowercase();
    known
        .into_iter()
        .map(|word| {
            (
                strsim::damerau_levenshtein(&lower, &word.to_lowercase()),
                word,
            )
        })
        .filter(|(distance, word)| *distance <= 1 + word.len() / 4 && *distance < word.len().max(2))
        .min()
        .map(|(_, word)| word)
}
