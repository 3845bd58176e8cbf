//! The words of a value of rc.conf where they stand in the file, quotes and all.
//!
//! The reader of `dialect` tells where a word begins; here is where it ends, and how another is written in its place.

use std::ops::Range;

/// The quotes that a byte stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quote {
    None,
    Double,
    Single,
}

/// A word of a value as it is written: between blanks, without the quotes around the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) range: Range<usize>,
    /// The quotes around its first character.
    pub(super) quote: Quote,
    /// The quotes around its last character.
    pub(super) last_quote: Quote,
    /// Quotes open or close inside.
    pub(super) mixed: bool,
}

/// A value as it is written.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) tokens: Vec<Token>,
    /// The whole value, with its quotes.
    pub(super) range: Range<usize>,
}

impl Written {
    /// Takes a value apart that begins at a byte of a text, up to the blank or operator behind it.
    pub(super) fn read(text: &str, start: usize) -> Self {
        let mut reader = Reader {
            bytes: text.as_bytes(),
            at: start,
            quote: Quote::None,
            toggled: false,
            open: None,
            tokens: Vec::new(),
        };
        while reader.step() {}
        reader.tokens.extend(reader.open.take());
        Self {
            tokens: reader.tokens,
            range: start..reader.at,
        }
    }

    /// The word that a byte belongs to.
    pub(super) fn at(&self, offset: usize) -> Option<usize> {
        self.tokens
            .iter()
            .position(|token| token.range.contains(&offset))
    }
}

struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
    quote: Quote,
    /// A quote was passed since the last character of the open word.
    toggled: bool,
    open: Option<Token>,
    tokens: Vec<Token>,
}

impl Reader<'_> {
    /// Goes on by one character; false at the end of the value.
    fn step(&mut self) -> bool {
        let Some(byte) = self.bytes.get(self.at).copied() else {
            return false;
        };
        match (self.quote, byte) {
            (Quote::None, b'"') | (Quote::Double, b'"') => self.toggle(Quote::Double),
            (Quote::None, b'\'') | (Quote::Single, b'\'') => self.toggle(Quote::Single),
            (Quote::None | Quote::Double, b'\\') => self.backslash(),
            (
                Quote::None,
                b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')',
            ) => {
                return false;
            }
            (_, b' ' | b'\t' | b'\n') => {
                self.tokens.extend(self.open.take());
                self.at += 1;
            }
            (Quote::None | Quote::Double, b'$') if self.bytes.get(self.at + 1) == Some(&b'{') => {
                let rest = &self.bytes[self.at..];
                let length = rest
                    .iter()
                    .position(|b| *b == b'}')
                    .map_or(rest.len(), |end| end + 1);
                self.content(length);
            }
            _ => self.content(1),
        }
        true
    }

    fn toggle(&mut self, quote: Quote) {
        self.quote = if self.quote == quote {
            Quote::None
        } else {
            quote
        };
        self.toggled = true;
        self.at += 1;
    }

    fn backslash(&mut self) {
        match self.bytes.get(self.at + 1) {
            // A continued line: nothing at all.
            Some(b'\n') => self.at += 2,
            Some(next) if self.quote == Quote::None || b"\"\\$`".contains(next) => self.content(2),
            _ => self.content(1),
        }
    }

    /// So many bytes belong to the word.
    fn content(&mut self, length: usize) {
        let end = self.at + length;
        let toggled = std::mem::take(&mut self.toggled);
        match &mut self.open {
            Some(token) => {
                token.range.end = end;
                token.last_quote = self.quote;
                token.mixed |= toggled;
            }
            None => {
                self.open = Some(Token {
                    range: self.at..end,
                    quote: self.quote,
                    last_quote: self.quote,
                    mixed: false,
                });
            }
        }
        self.at = end;
    }
}

/// A text as it is written inside of quotes; none where it cannot be.
pub(super) fn encoded(text: &str, quote: Quote) -> Option<String> {
    match quote {
        Quote::Single => (!text.contains('\'')).then(|| text.to_owned()),
        Quote::Double => {
            let mut written = String::with_capacity(text.len());
            for c in text.chars() {
                if matches!(c, '"' | '\\' | '$' | '`') {
                    written.push('\\');
                }
                written.push(c);
            }
            Some(written)
        }
        Quote::None => {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.,:=+@%/-!^{}".contains(&b);
            (!text.is_empty() && text.bytes().all(plain)).then(|| text.to_owned())
        }
    }
}

/// The variable that a word consists of, `$NAME` or `${NAME}`.
pub(super) fn reference(written: &str) -> Option<&str> {
    let name = written.strip_prefix('$')?;
    let name = match name.strip_prefix('{') {
        Some(inner) => inner.strip_suffix('}')?,
        None => name,
    };
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let written = Written::read(text, 0);
        written
            .tokens
            .iter()
            .map(|token| &text[token.range.clone()])
            .collect()
    }

    #[test]
    fn words_end_where_the_shell_ends_them() {
        assert_eq!(
            words("\"vhid 1 pass a\\$b\\\n\t${K} x\" y"),
            ["vhid", "1", "pass", "a\\$b", "${K}", "x"]
        );
        assert_eq!(words("'a b'c;d"), ["a", "b'c"]);
        assert!(Written::read("'a b'c", 0).tokens[1].mixed);
        assert_eq!(words("plain # x"), ["plain"]);
        assert_eq!(words("\"never closed"), ["never", "closed"]);
        assert_eq!(words("\"${never"), ["${never"]);
    }

    #[test]
    fn a_word_is_written_for_the_quotes_around_it() {
        assert_eq!(encoded("a$b", Quote::Double).as_deref(), Some("a\\$b"));
        assert_eq!(encoded("a$b", Quote::Single).as_deref(), Some("a$b"));
        assert_eq!(encoded("a'b", Quote::Single), None);
        assert_eq!(encoded("a b", Quote::None), None);
        assert_eq!(reference("${KEY}"), Some("KEY"));
        assert_eq!(reference("$KEY.x"), None);
    }
}
