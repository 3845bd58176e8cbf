//! What would put a finding right, as plain data.

use std::fmt;
use std::ops::Range;

use super::FileId;

/// A text among those that are looked at together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TextId {
    /// The position of the host; 0 for a description.
    pub host: usize,
    /// The file of the host; the first one for a description.
    pub file: FileId,
}

/// Bytes of a text that give way to others.
#[derive(Clone, PartialEq, Eq)]
pub struct Edit {
    /// The text.
    pub text: TextId,
    /// The bytes; an empty range is a place to insert at.
    pub bytes: Range<usize>,
    /// What stands there afterwards. Never holds a key.
    pub replacement: String,
}

impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} of {:?} become {} bytes",
            self.bytes,
            self.text,
            self.replacement.len()
        )
    }
}

/// Edits that put one finding right: all of them, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The edits, in the order of the texts and their bytes. They do not overlap.
    edits: Vec<Edit>,
}

impl Fix {
    /// A fix of these edits; none where there is nothing to do, or where two of them are about the same bytes.
    #[must_use]
    pub fn new(mut edits: Vec<Edit>) -> Option<Self> {
        edits.retain(|edit| !edit.bytes.is_empty() || !edit.replacement.is_empty());
        edits.sort_by_key(|edit| (edit.text, edit.bytes.start, edit.bytes.end));
        edits.dedup();
        let overlaps = |pair: &[Edit]| {
            let (first, second) = (&pair[0], &pair[1]);
            first.text == second.text
                && (first.bytes.end > second.bytes.start || first.bytes == second.bytes)
        };
        (!edits.is_empty() && !edits.windows(2).any(overlaps)).then_some(Self { edits })
    }

    /// The edits, in the order of the texts and their bytes.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(bytes: Range<usize>, replacement: &str) -> Edit {
        Edit {
            text: TextId::default(),
            bytes,
            replacement: replacement.to_owned(),
        }
    }

    #[test]
    fn edits_are_in_order_and_apart() {
        let fix = Fix::new(vec![edit(5..6, ""), edit(0..0, "a"), edit(3..3, "")]).unwrap();
        let starts: Vec<usize> = fix.edits().iter().map(|edit| edit.bytes.start).collect();
        assert_eq!(starts, [0, 5]);
        assert_eq!(Fix::new(vec![edit(0..3, ""), edit(2..4, "x")]), None);
        assert_eq!(Fix::new(vec![edit(2..2, "x"), edit(2..2, "y")]), None);
        assert_eq!(Fix::new(vec![edit(2..2, "")]), None);
    }
}
