//! One word of `sh(1)`: quoting, concatenation and the expansion of variables.
//!
//! What a word becomes is worked out while it is read, with a stack of our own where expansions nest, so that no
//! text makes the reader recurse. Expanded text is bounded by the length of what was read.

use std::ops::Range;

use super::super::text::narrow;
use super::broken::{Broken, BrokenKind};
use super::origin::{RawWord, Reference, push_source, push_value};
use super::scope::{Binding, Found, Scope};

/// How deep `${a:-${b:-…}}` may nest before it is no longer followed.
const DEEPEST: usize = 32;

/// One nested `${name:-word}` that is being read.
struct Frame<'a> {
    name: &'a str,
    assigns: bool,
    /// The quoting outside.
    outer_quotes: bool,
    outer_live: bool,
    /// Where its text begins in the word.
    out: usize,
    at: usize,
}

/// Reads words from a text.
pub(in super::super) struct Words<'a> {
    pub(in super::super) text: &'a str,
    pub(in super::super) at: usize,
    /// Note which parts of a word are quoted.
    pub(in super::super) note_quotes: bool,
    /// How much more text variables may expand to.
    budget: usize,
    stack: Vec<Frame<'a>>,
    /// Inside double quotes.
    quotes: Option<usize>,
}

const fn special(byte: u8) -> u8 {
    match byte {
        b'"' | b'\\' | b'$' | b'`' | b'}' => 2,
        b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')' | b'\'' => 1,
        _ => 0,
    }
}

/// What ends a run of plain text: 2 always, 1 outside of double quotes only.
static SPECIAL: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "counts to 255")]
        let class = special(byte as u8);
        table[byte] = class;
        byte += 1;
    }
    table
};

impl<'a> Words<'a> {
    pub(in super::super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            note_quotes: false,
            budget: text.len().saturating_mul(16).saturating_add(1 << 20),
            stack: Vec::new(),
            quotes: None,
        }
    }

    pub(in super::super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(in super::super) fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    /// The length of the name of a variable at a byte.
    pub(in super::super) fn name_length(&self, at: usize) -> usize {
        let bytes = &self.text.as_bytes()[at.min(self.text.len())..];
        if bytes.first().is_none_or(u8::is_ascii_digit) {
            return 0;
        }
        bytes
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
            .count()
    }

    /// Reads the word that begins here, up to the blank or operator behind it. `live` is false where the shell may
    /// not come by: then nothing is looked up or assigned.
    pub(in super::super) fn word(
        &mut self,
        scope: &mut impl Scope<'a>,
        live: bool,
    ) -> Result<RawWord<'a>, Broken> {
        let mut word = RawWord::new(self.at);
        if self.simple_quotes(&mut word) || (live && self.simple_word(&mut word)) {
            return Ok(word);
        }
        self.stack.clear();
        self.quotes = None;
        let mut live = live;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => self.double_quote(&mut word),
                b'\\' => self.backslash(&mut word, live),
                b'$' => self.dollar(&mut word, scope, &mut live)?,
                b'`' => {
                    let (at, inner) = (self.at, self.backquotes()?);
                    self.unknown(&mut word, at, inner, live);
                }
                b'}' if self
                    .stack
                    .last()
                    .is_some_and(|frame| frame.outer_quotes == self.quotes.is_some()) =>
                {
                    self.close(&mut word, scope, &mut live);
                }
                b'\'' if self.quotes.is_none() => self.single_quotes(&mut word, live)?,
                _ if self.quotes.is_none()
                    && self.stack.is_empty()
                    && SPECIAL[usize::from(byte)] == 1 =>
                {
                    break;
                }
                _ => self.plain(&mut word, live),
            }
        }
        match (self.quotes, self.stack.last()) {
            (Some(at), _) => Err(Broken {
                kind: BrokenKind::OpenQuote,
                at,
            }),
            (None, Some(frame)) => Err(Broken {
                kind: BrokenKind::OpenExpansion,
                at: frame.at,
            }),
            (None, None) => Ok(word),
        }
    }

    /// The common case, done fast: one pair of double quotes, nothing special inside, nothing behind.
    fn simple_quotes(&mut self, word: &mut RawWord<'a>) -> bool {
        let bytes = self.text.as_bytes();
        if bytes.get(self.at) != Some(&b'"') || self.note_quotes {
            return false;
        }
        let inside = self.at + 1;
        let length = bytes[inside..]
            .iter()
            .position(|b| matches!(b, b'"' | b'\\' | b'$' | b'`'));
        let Some(close) = length
            .map(|length| inside + length)
            .filter(|close| bytes[*close] == b'"')
        else {
            return false;
        };
        if !self.ends_at(close + 1) {
            return false;
        }
        word.has_quotes = true;
        push_source(word, self.text, inside..close);
        self.at = close + 1;
        true
    }

    /// The other common case: nothing special up to the end of the word.
    fn simple_word(&mut self, word: &mut RawWord<'a>) -> bool {
        let bytes = &self.text.as_bytes()[self.at..];
        let length = bytes
            .iter()
            .position(|b| SPECIAL[usize::from(*b)] != 0)
            .unwrap_or(bytes.len());
        if !self.ends_at(self.at + length) {
            return false;
        }
        if length > 0 {
            push_source(word, self.text, self.at..self.at + length);
            self.at += length;
        }
        true
    }

    /// A word outside of quotes ends at a byte: a blank, an operator or the end of the text.
    fn ends_at(&self, at: usize) -> bool {
        let next = self.text.as_bytes().get(at);
        next.is_none_or(|b| SPECIAL[usize::from(*b)] == 1 && *b != b'\'')
    }

    fn double_quote(&mut self, word: &mut RawWord<'a>) {
        self.quotes = if self.quotes.is_some() {
            None
        } else {
            Some(self.at)
        };
        word.has_quotes = true;
        if self.note_quotes {
            let here = narrow(word.text.len());
            word.details().quoted.push(here..here);
        }
        self.at += 1;
    }

    /// Text without meaning to the shell.
    fn plain(&mut self, word: &mut RawWord<'a>, live: bool) {
        let ends = if self.quotes.is_some() { 2 } else { 1 };
        let bytes = &self.text.as_bytes()[self.at..];
        // The first byte was looked at already.
        let length = 1 + bytes[1..]
            .iter()
            .take_while(|b| SPECIAL[usize::from(**b)] < ends)
            .count();
        let range = self.at..self.at + length;
        self.at = range.end;
        if live {
            self.push(word, range, self.quotes.is_some());
        }
    }

    fn push(&self, word: &mut RawWord<'a>, range: Range<usize>, quoted: bool) {
        if quoted && self.note_quotes {
            let here = narrow(word.text.len());
            word.details().quoted.push(here..here + narrow(range.len()));
        }
        push_source(word, self.text, range);
    }

    fn single_quotes(&mut self, word: &mut RawWord<'a>, live: bool) -> Result<(), Broken> {
        let inside = self.at + 1;
        let Some(length) = self.text.as_bytes()[inside..]
            .iter()
            .position(|b| *b == b'\'')
        else {
            return Err(Broken {
                kind: BrokenKind::OpenQuote,
                at: self.at,
            });
        };
        self.at = inside + length + 1;
        word.has_quotes = true;
        if live {
            self.push(word, inside..inside + length, true);
        }
        Ok(())
    }

    fn backslash(&mut self, word: &mut RawWord<'a>, live: bool) {
        let at = self.at;
        let next = self.text[at + 1..].chars().next();
        let range = match next {
            // A continued line.
            Some('\n') => at + 2..at + 2,
            Some('"' | '\\' | '$' | '`') => at + 1..at + 2,
            Some('}') if !self.stack.is_empty() => at + 1..at + 2,
            Some(c) if self.quotes.is_none() => at + 1..at + 1 + c.len_utf8(),
            // In double quotes it stands for itself before anything else, and so it does at the end.
            _ => at..at + 1,
        };
        self.at = range.end;
        if next != Some('\n') {
            word.has_quotes = true;
            if live {
                self.push(word, range, true);
            }
        }
    }

    fn dollar(
        &mut self,
        word: &mut RawWord<'a>,
        scope: &mut impl Scope<'a>,
        live: &mut bool,
    ) -> Result<(), Broken> {
        let at = self.at;
        let name = self.name_length(at + 1);
        match self.peek_at(1) {
            _ if name > 0 => {
                self.at = at + 1 + name;
                self.expand(word, scope, at + 1..self.at, at, *live);
            }
            Some(b'{') => self.open(word, scope, live)?,
            Some(b'(') => {
                let inner = self.balanced(b'(', b')')?;
                self.unknown(word, at, inner, *live);
            }
            Some(b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') => {
                self.at = at + 2;
                self.expand(word, scope, at + 1..self.at, at, *live);
            }
            _ => self.plain(word, *live),
        }
        Ok(())
    }

    /// The value of a variable.
    fn expand(
        &mut self,
        word: &mut RawWord<'a>,
        scope: &impl Scope<'a>,
        name: Range<usize>,
        at: usize,
        live: bool,
    ) {
        if !live {
            return;
        }
        let name = &self.text[name];
        let found = scope.find(name);
        word.details().references.push(Reference {
            name,
            is_set: matches!(found, Found::Value(..)),
            at,
        });
        match found {
            Found::Value(value, known) if value.len() <= self.budget => {
                self.budget -= value.len();
                word.known &= known;
                let start = narrow(word.text.len());
                push_value(word, value, at);
                let range = start..narrow(word.text.len());
                if self.quotes.is_none() {
                    word.details().unquoted.push(range);
                } else if self.note_quotes {
                    word.details().quoted.push(range);
                }
            }
            Found::Unset => {
                let here = narrow(word.text.len());
                if self.quotes.is_none() {
                    word.details().unquoted.push(here..here);
                }
            }
            Found::Value(..) | Found::Unknown => word.known = false,
        }
    }

    /// A `${`: a plain one, one with a word that may stand in, or one that is not followed.
    fn open(
        &mut self,
        word: &mut RawWord<'a>,
        scope: &mut impl Scope<'a>,
        live: &mut bool,
    ) -> Result<(), Broken> {
        let at = self.at;
        let first = at + 2;
        let mut length = self.name_length(first);
        if length == 0
            && self
                .text
                .as_bytes()
                .get(first)
                .is_some_and(|b| b"0123456789@*?-$!".contains(b))
        {
            length = 1;
        }
        let behind = &self.text.as_bytes()[(first + length).min(self.text.len())..];
        let colon = usize::from(behind.first() == Some(&b':'));
        let name = first..first + length;
        match behind.get(colon) {
            Some(b'}') if length > 0 && colon == 0 => {
                self.at = name.end + 1;
                self.expand(word, scope, name, at, *live);
            }
            Some(operator @ (b'-' | b'=' | b'+')) if length > 0 && self.stack.len() < DEEPEST => {
                self.at = name.end + colon + 1;
                self.open_default(word, scope, live, (name, *operator, colon == 1, at));
            }
            _ => {
                let inner = self.balanced(b'{', b'}')?;
                // Not a command that would run: only something that is not worked out.
                self.unknown(word, at, inner.start..inner.start, *live);
            }
        }
        Ok(())
    }

    fn open_default(
        &mut self,
        word: &mut RawWord<'a>,
        scope: &impl Scope<'a>,
        live: &mut bool,
        (name, operator, colon, at): (Range<usize>, u8, bool, usize),
    ) {
        let text = &self.text[name.clone()];
        let found = if *live {
            scope.find(text)
        } else {
            Found::Unset
        };
        let has_value = match found {
            Found::Value(value, _) => !(colon && value.is_empty()),
            Found::Unset => false,
            Found::Unknown => true,
        };
        let stands_in = if operator == b'+' {
            has_value
        } else {
            !has_value
        };
        if operator != b'+' && has_value {
            self.expand(word, scope, name, at, *live);
        }
        self.stack.push(Frame {
            name: text,
            assigns: operator == b'=',
            outer_quotes: self.quotes.is_some(),
            outer_live: *live,
            out: word.text.len(),
            at,
        });
        *live = *live && stands_in;
    }

    fn close(&mut self, word: &mut RawWord<'a>, scope: &mut impl Scope<'a>, live: &mut bool) {
        self.at += 1;
        let Some(frame) = self.stack.pop() else {
            return;
        };
        if *live && frame.assigns && word.text.len() - frame.out <= self.budget {
            let value = word.tail(frame.out, frame.at);
            self.budget -= value.text.len();
            // The name stands behind `${`.
            scope.bind(frame.name, value, Binding::Default, frame.at + 2);
        }
        *live = frame.outer_live;
    }

    /// Something whose text only a shell could tell.
    fn unknown(&self, word: &mut RawWord<'a>, at: usize, inner: Range<usize>, live: bool) {
        if live {
            word.known = false;
            push_value(word, "", at);
            if !inner.is_empty() {
                word.details().substitutions.push(inner);
            }
        }
    }

    fn backquotes(&mut self) -> Result<Range<usize>, Broken> {
        let open = self.at;
        let bytes = self.text.as_bytes();
        let mut at = open + 1;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\\' => at += 1,
                b'`' => {
                    self.at = at + 1;
                    return Ok(open + 1..at);
                }
                _ => {}
            }
            at += 1;
        }
        Err(Broken {
            kind: BrokenKind::OpenExpansion,
            at: open,
        })
    }

    /// Skips from a `$(` or `${` to its end, over quotes and what is nested.
    fn balanced(&mut self, open: u8, close: u8) -> Result<Range<usize>, Broken> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let (mut at, mut depth) = (start + 2, 1_usize);
        let mut quote: Option<u8> = None;
        while let Some(byte) = bytes.get(at).copied() {
            match byte {
                b'\\' if quote != Some(b'\'') => at += 1,
                b'\'' | b'"' if quote == Some(byte) => quote = None,
                b'\'' | b'"' if quote.is_none() => quote = Some(byte),
                _ if quote == Some(b'\'') => {}
                _ if byte == open => depth += 1,
                _ if byte == close => {
                    depth -= 1;
                    if depth == 0 {
                        self.at = at + 1;
                        return Ok(start + 2..at);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        Err(Broken {
            kind: BrokenKind::OpenExpansion,
            at: start,
        })
    }
}
