//! The text of a word together with where it comes from.

use std::borrow::Cow;
use std::ops::Range;

use super::super::text::narrow;

/// A run of a word's text and the byte of the source that it stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Segment {
    at: u32,
    source: u32,
    /// Byte for byte from the source, rather than the value of a variable.
    verbatim: bool,
}

/// Where the text of a word comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Origin {
    first: Segment,
    more: Vec<Segment>,
}

impl Origin {
    /// The byte of the source behind a byte of the text; for the value of a variable, where the variable is named.
    pub(in super::super) fn source(&self, at: usize) -> usize {
        let behind = self
            .more
            .partition_point(|segment| segment.at as usize <= at);
        let segment = if behind == 0 {
            self.first
        } else {
            self.more[behind - 1]
        };
        let within = if segment.verbatim {
            at - (segment.at as usize).min(at)
        } else {
            0
        };
        segment.source as usize + within
    }
}

/// A variable that a word names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference<'a> {
    /// The variable.
    pub name: &'a str,
    /// It had a value.
    pub is_set: bool,
    /// The byte where the `$` stands.
    pub(in super::super) at: usize,
}

/// A word as read.
#[derive(Clone, PartialEq, Eq, Default)]
pub(in super::super) struct RawWord<'a> {
    pub(in super::super) text: Cow<'a, str>,
    pub(in super::super) origin: Origin,
    pub(in super::super) start: usize,
    /// It had a quote or backslash.
    pub(in super::super) has_quotes: bool,
    /// Everything in it is known.
    pub(in super::super) known: bool,
    details: Option<Box<Details<'a>>>,
}

/// What most words do not have: kept apart, so that words are small.
#[derive(Clone, PartialEq, Eq, Default)]
pub(super) struct Details<'a> {
    /// Values of variables outside of quotes: the shell splits them.
    pub(super) unquoted: Vec<Range<u32>>,
    /// What was quoted, where the reader was asked for it.
    pub(super) quoted: Vec<Range<u32>>,
    /// The variables that are named.
    pub(super) references: Vec<Reference<'a>>,
    /// Command substitutions, without their marks.
    pub(super) substitutions: Vec<Range<usize>>,
}

impl<'a> RawWord<'a> {
    /// A word that begins at a byte.
    pub(super) fn new(start: usize) -> Self {
        Self {
            start,
            known: true,
            ..Self::default()
        }
    }

    pub(super) fn details(&mut self) -> &mut Details<'a> {
        self.details.get_or_insert_default()
    }

    /// Values of variables outside of quotes: the shell splits them.
    pub(in super::super) fn unquoted(&self) -> &[Range<u32>] {
        self.details
            .as_ref()
            .map_or(&[], |details| &details.unquoted)
    }

    /// What was quoted, where the reader was asked for it.
    pub(in super::super) fn quoted(&self) -> &[Range<u32>] {
        self.details.as_ref().map_or(&[], |details| &details.quoted)
    }

    /// The variables that are named.
    pub(in super::super) fn references(&self) -> &[Reference<'a>] {
        self.details
            .as_ref()
            .map_or(&[], |details| &details.references)
    }

    /// Command substitutions, without their marks.
    pub(in super::super) fn substitutions(&self) -> &[Range<usize>] {
        self.details
            .as_ref()
            .map_or(&[], |details| &details.substitutions)
    }

    /// The end of a word as a word of its own, which comes from one place.
    pub(super) fn tail(&self, from: usize, start: usize) -> RawWord<'a> {
        let source = narrow(self.origin.source(from));
        let origin = Origin {
            first: Segment {
                at: 0,
                source,
                verbatim: false,
            },
            more: Vec::new(),
        };
        RawWord {
            text: Cow::Owned(self.text[from..].to_owned()),
            origin,
            start,
            known: self.known,
            ..RawWord::default()
        }
    }
}

/// Adds a range of the source. As long as a word is one such range, it is not copied.
pub(super) fn push_source<'a>(word: &mut RawWord<'a>, text: &'a str, range: Range<usize>) {
    let here = word.text.len();
    let segment = Segment {
        at: narrow(here),
        source: narrow(range.start),
        verbatim: true,
    };
    if here == 0 && word.origin.more.is_empty() {
        word.origin.first = segment;
        word.text = Cow::Borrowed(&text[range]);
        return;
    }
    let last = word
        .origin
        .more
        .last()
        .copied()
        .unwrap_or(word.origin.first);
    let follows = last.verbatim && last.source as usize + (here - last.at as usize) == range.start;
    if follows && let Cow::Borrowed(_) = word.text {
        let start = word.origin.first.source as usize;
        if word.origin.more.is_empty() {
            word.text = Cow::Borrowed(&text[start..range.end]);
            return;
        }
    }
    word.text.to_mut().push_str(&text[range]);
    if !follows {
        word.origin.more.push(segment);
    }
}

pub(super) fn push_value(word: &mut RawWord<'_>, value: &str, at: usize) {
    let segment = Segment {
        at: narrow(word.text.len()),
        source: narrow(at),
        verbatim: false,
    };
    if word.text.is_empty() && word.origin.more.is_empty() {
        word.origin.first = segment;
    } else {
        word.origin.more.push(segment);
    }
    if !value.is_empty() {
        word.text.to_mut().push_str(value);
    }
}
