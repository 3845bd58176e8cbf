//! The text of a file, and how its bytes become lines and columns.

use std::fmt;

use crate::model::{FileId, Place};

/// How many bytes are counted by hand at most to find a column.
const BLOCK: usize = 256;

/// A text with the table of its lines. Finding a place takes the same time anywhere in it.
pub struct Text<'a> {
    file: FileId,
    text: &'a str,
    /// Where each line begins.
    lines: Vec<u32>,
    /// How many characters stand before each block of bytes; empty where every character is a byte.
    characters: Vec<u32>,
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Keys stand in it.
        write!(f, "<text of {} bytes>", self.text.len())
    }
}

impl<'a> Text<'a> {
    /// Takes a text. Only the first 4 GB of it count.
    #[must_use]
    pub fn new(file: FileId, text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let newlines = bytes.iter().enumerate().filter(|(_, b)| **b == b'\n');
        let lines = std::iter::once(0)
            .chain(newlines.map(|(at, _)| narrow(at + 1)))
            .collect();
        let mut characters = Vec::new();
        if !text.is_ascii() {
            let mut count = 0_u32;
            for block in bytes.chunks(BLOCK) {
                characters.push(count);
                count = count.saturating_add(narrow(block.iter().filter(|b| starts(**b)).count()));
            }
        }
        Self {
            file,
            text,
            lines,
            characters,
        }
    }

    /// The text.
    #[must_use]
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// The file it is the text of.
    #[must_use]
    pub const fn file(&self) -> FileId {
        self.file
    }

    /// The place of a byte.
    #[must_use]
    pub fn place(&self, offset: usize) -> Place {
        let offset = offset.min(self.text.len());
        let line = self
            .lines
            .partition_point(|start| *start as usize <= offset);
        let start = self.lines[line - 1] as usize;
        Place {
            file: self.file,
            line: narrow(line),
            column: self
                .count(offset)
                .saturating_sub(self.count(start))
                .saturating_add(1),
            offset: narrow(offset),
        }
    }

    /// How many characters stand before a byte.
    fn count(&self, offset: usize) -> u32 {
        let Some(before) = self
            .characters
            .get((offset / BLOCK).min(self.characters.len().saturating_sub(1)))
        else {
            return narrow(offset);
        };
        let block = (offset / BLOCK).min(self.characters.len() - 1) * BLOCK;
        let rest = &self.text.as_bytes()[block..offset];
        before.saturating_add(narrow(rest.iter().filter(|b| starts(**b)).count()))
    }
}

/// The byte is the first of a character.
const fn starts(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

pub(super) fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line_and_column(text: &Text<'_>, offset: usize) -> (u32, u32) {
        let place = text.place(offset);
        (place.line, place.column)
    }

    #[test]
    fn columns_count_characters_and_begin_at_one() {
        let text = "a=1\nb=\"pä\" c=2\n".to_owned();
        let text = Text::new(FileId(0), &text);
        assert_eq!(line_and_column(&text, 0), (1, 1));
        assert_eq!(line_and_column(&text, 4), (2, 1));
        assert_eq!(line_and_column(&text, 12), (2, 8));
        assert_eq!(line_and_column(&text, 99), (3, 1));
    }

    #[test]
    fn long_lines_are_counted_block_by_block() {
        let long = "é".repeat(1000);
        let text = Text::new(FileId(0), &long);
        assert_eq!(line_and_column(&text, 1000), (1, 501));
        assert_eq!(line_and_column(&text, 2000), (1, 1001));
    }
}
