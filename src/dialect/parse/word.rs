//! A word on its way to a program.

use std::fmt;

use crate::model::Place;

/// One argument of a command, with the place that it comes from. It may be a key, so it has no text in debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct Word {
    text: String,
    /// Where it comes from; for what a boot script adds, the assignment that made it do so.
    pub place: Place,
    /// All of its text is known.
    pub known: bool,
}

impl Word {
    /// A word from a place.
    #[must_use]
    pub fn new(text: &str, place: Place, known: bool) -> Self {
        Self {
            text: text.to_owned(),
            place,
            known,
        }
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<word at {}:{}>", self.place.line, self.place.column)
    }
}
