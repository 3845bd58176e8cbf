//! Simple commands of `sh(1)`, one after the other, and whether the shell is certain to come by.
//!
//! Compound commands are not carried out. They are followed as far as needed to know where they end, with a stack
//! of our own.

use std::ops::Range;

use super::broken::{Broken, BrokenKind};
use super::origin::RawWord;
use super::scope::Scope;
use super::word::Words;

/// A compound command that is still open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opener {
    If,
    Loop,
    /// `case`; `true` where a pattern is next.
    Case(bool),
    Brace,
    Parenthesis,
}

/// A redirection: the operator's first character and the word behind it.
#[derive(Clone, PartialEq, Eq)]
pub(in super::super) struct Redirection<'a> {
    pub(in super::super) operator: u8,
    pub(in super::super) target: RawWord<'a>,
}

/// Whether a command is carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum Runs {
    /// In this shell, for certain.
    #[default]
    Here,
    /// In a shell of its own: what it sets is gone.
    Subshell,
    /// Depends on what only a running shell knows.
    Perhaps,
    /// Certainly not.
    Never,
}

/// One simple command.
#[derive(Default)]
pub(in super::super) struct Simple<'a> {
    /// Assignments before the first word: the name, the byte where it stands, the value.
    pub(in super::super) assignments: Vec<(&'a str, usize, RawWord<'a>)>,
    pub(in super::super) words: Vec<RawWord<'a>>,
    pub(in super::super) redirections: Vec<Redirection<'a>>,
    pub(in super::super) span: Range<usize>,
    /// The byte behind the last of its parts, without the blanks and the comment that may follow.
    pub(in super::super) end: usize,
    pub(in super::super) runs: Runs,
}

/// Reads a text command by command.
pub(in super::super) struct Commands<'a> {
    pub(in super::super) words: Words<'a>,
    open: Vec<(Opener, usize)>,
    heredocs: Vec<(String, bool)>,
    /// Whether the next command is carried out, as far as the operators before it decide.
    next: Runs,
    /// The status of the list so far, where it is known.
    succeeded: Option<bool>,
    /// Something stands before an operator.
    after_command: bool,
    /// Look into what may not be carried out too.
    everything: bool,
}

const fn ends_command(byte: u8) -> bool {
    matches!(byte, b'\n' | b';' | b'&' | b'|' | b'(' | b')')
}

impl<'a> Commands<'a> {
    /// A reader that looks up variables only where the shell certainly comes by, or, to collect `everything` that
    /// could be run, everywhere.
    pub(in super::super) fn new(text: &'a str, everything: bool) -> Self {
        Self {
            words: Words::new(text),
            open: Vec::new(),
            heredocs: Vec::new(),
            next: Runs::Here,
            succeeded: Some(true),
            after_command: false,
            everything,
        }
    }

    /// The next simple command, if there is one.
    pub(in super::super) fn next(
        &mut self,
        simple: &mut Simple<'a>,
        scope: &mut impl Scope<'a>,
    ) -> Result<bool, Broken> {
        loop {
            self.blanks();
            let Some(byte) = self.words.peek() else {
                return match self.open.last() {
                    Some((_, at)) => Err(Broken {
                        kind: BrokenKind::OpenCompound,
                        at: *at,
                    }),
                    None => Ok(false),
                };
            };
            if matches!(self.open.last(), Some((Opener::Case(true), _))) {
                self.pattern(scope)?;
                continue;
            }
            if ends_command(byte) {
                self.operator(byte)?;
                continue;
            }
            if self.keyword(scope)? {
                continue;
            }
            self.simple(simple, scope)?;
            return Ok(true);
        }
    }

    /// Skips blanks, continued lines and a comment.
    fn blanks(&mut self) {
        loop {
            match self.words.peek() {
                Some(b' ' | b'\t') => self.words.at += 1,
                Some(b'\\') if self.words.peek_at(1) == Some(b'\n') => self.words.at += 2,
                Some(b'#') => {
                    let rest = &self.words.text.as_bytes()[self.words.at..];
                    self.words.at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                }
                _ => return,
            }
        }
    }

    fn unexpected<T>(&self) -> Result<T, Broken> {
        Err(Broken {
            kind: BrokenKind::Unexpected,
            at: self.words.at,
        })
    }

    fn operator(&mut self, byte: u8) -> Result<(), Broken> {
        let doubled = self.words.peek_at(1) == Some(byte);
        match byte {
            b'\n' => {
                self.words.at += 1;
                self.skip_heredocs();
                if self.after_command {
                    self.new_list();
                }
                return Ok(());
            }
            b'(' => {
                self.open.push((Opener::Parenthesis, self.words.at));
                self.words.at += 1;
                self.new_list();
                return Ok(());
            }
            b')' if matches!(self.open.last(), Some((Opener::Parenthesis, _))) => {
                self.open.pop();
                self.words.at += 1;
                self.close();
                return Ok(());
            }
            b';' if doubled && matches!(self.open.last(), Some((Opener::Case(_), _))) => {
                self.words.at += 2;
                if let Some((Opener::Case(pattern), _)) = self.open.last_mut() {
                    *pattern = true;
                }
                self.new_list();
                return Ok(());
            }
            _ if !self.after_command || byte == b')' || (byte == b';' && doubled) => {
                return self.unexpected();
            }
            _ => {}
        }
        self.after_command = false;
        match (byte, doubled) {
            (b'&', true) => self.then(true),
            (b'|', true) => self.then(false),
            (b'|', false) => {
                self.words.at += 1;
                self.next = Runs::Subshell;
                return Ok(());
            }
            _ => {
                self.words.at += 1;
                self.new_list();
                return Ok(());
            }
        }
        self.words.at += 2;
        Ok(())
    }

    /// Behind `&&` (if the list so far succeeded) or two bars (if it failed).
    fn then(&mut self, on_success: bool) {
        self.next = match self.succeeded {
            Some(success) if success == on_success => Runs::Here,
            Some(_) => Runs::Never,
            None => Runs::Perhaps,
        };
    }

    const fn new_list(&mut self) {
        self.next = Runs::Here;
        self.succeeded = Some(true);
        self.after_command = false;
    }

    /// A compound command ends.
    const fn close(&mut self) {
        self.succeeded = None;
        self.after_command = true;
    }

    /// Takes a word of the grammar, if one stands here.
    fn keyword(&mut self, scope: &mut impl Scope<'a>) -> Result<bool, Broken> {
        let bytes = &self.words.text.as_bytes()[self.words.at..];
        let length = match bytes[0] {
            b'{' | b'}' | b'!' => 1,
            b'a'..=b'z' => bytes
                .iter()
                .take(6)
                .take_while(|b| b.is_ascii_lowercase())
                .count(),
            _ => return Ok(false),
        };
        if bytes
            .get(length)
            .is_some_and(|b| !ends_command(*b) && !matches!(b, b' ' | b'\t' | b'<' | b'>'))
        {
            return Ok(false);
        }
        let at = self.words.at;
        let top = self.open.last().map(|(opener, _)| *opener);
        let opener = match &bytes[..length] {
            b"if" => Some(Opener::If),
            b"while" | b"until" => Some(Opener::Loop),
            b"for" => return self.for_loop(scope).map(|()| true),
            b"case" => return self.case(scope).map(|()| true),
            b"{" => Some(Opener::Brace),
            b"!" => None,
            b"then" | b"else" | b"elif" if top == Some(Opener::If) => None,
            b"do" if top == Some(Opener::Loop) => None,
            b"fi" if top == Some(Opener::If) => return Ok(self.end(length)),
            b"done" if top == Some(Opener::Loop) => return Ok(self.end(length)),
            b"}" if top == Some(Opener::Brace) => return Ok(self.end(length)),
            b"esac" if matches!(top, Some(Opener::Case(_))) => return Ok(self.end(length)),
            b"then" | b"else" | b"elif" | b"do" | b"fi" | b"done" | b"}" | b"esac" => {
                return self.unexpected();
            }
            _ => return Ok(false),
        };
        self.words.at += length;
        if let Some(opener) = opener {
            self.open.push((opener, at));
        }
        self.new_list();
        if opener.is_none() {
            self.succeeded = None;
        }
        Ok(true)
    }

    fn end(&mut self, length: usize) -> bool {
        self.words.at += length;
        self.open.pop();
        self.close();
        true
    }

    fn for_loop(&mut self, scope: &mut impl Scope<'a>) -> Result<(), Broken> {
        self.open.push((Opener::Loop, self.words.at));
        self.words.at += 3;
        self.skip_words(scope)?;
        if self.words.peek() == Some(b';') {
            self.words.at += 1;
        }
        self.new_list();
        Ok(())
    }

    fn case(&mut self, scope: &mut impl Scope<'a>) -> Result<(), Broken> {
        let at = self.words.at;
        self.words.at += 4;
        self.blanks();
        if self.words.peek().is_none_or(ends_command) {
            return self.unexpected();
        }
        self.words.word(scope, false)?;
        while matches!(self.words.peek(), Some(b'\n' | b' ' | b'\t')) {
            self.words.at += 1;
            self.blanks();
        }
        if !self.words.text[self.words.at..].starts_with("in") {
            return self.unexpected();
        }
        self.words.at += 2;
        self.open.push((Opener::Case(true), at));
        Ok(())
    }

    /// A pattern of `case`, or its end.
    fn pattern(&mut self, scope: &mut impl Scope<'a>) -> Result<(), Broken> {
        match self.words.peek() {
            Some(b'\n' | b'(' | b'|') => self.words.at += 1,
            Some(b')') => {
                self.words.at += 1;
                if let Some((Opener::Case(pattern), _)) = self.open.last_mut() {
                    *pattern = false;
                }
                self.new_list();
            }
            Some(b';' | b'&' | b'<' | b'>') => return self.unexpected(),
            _ => {
                let word = self.words.word(scope, true)?;
                if word.text == "esac" && !word.has_quotes {
                    self.open.pop();
                    self.close();
                }
            }
        }
        Ok(())
    }

    fn skip_words(&mut self, scope: &mut impl Scope<'a>) -> Result<(), Broken> {
        loop {
            self.blanks();
            match self.words.peek() {
                None => return Ok(()),
                Some(byte) if ends_command(byte) => return Ok(()),
                Some(b'<' | b'>') => self.words.at += 1,
                Some(_) => {
                    self.words.word(scope, false)?;
                }
            }
        }
    }

    fn simple(
        &mut self,
        simple: &mut Simple<'a>,
        scope: &mut impl Scope<'a>,
    ) -> Result<(), Broken> {
        simple.assignments.clear();
        simple.words.clear();
        simple.redirections.clear();
        let start = self.words.at;
        let runs = if self.open.is_empty() {
            self.next
        } else {
            Runs::Perhaps
        };
        let live = self.everything || runs == Runs::Here;
        self.parts(simple, scope, live)?;
        simple.span = start..self.words.at;
        if self.words.peek() == Some(b'(') && !self.function(simple) {
            return self.unexpected();
        }
        let one = |operator| {
            self.words.peek() == Some(operator) && self.words.peek_at(1) != Some(operator)
        };
        simple.runs = if runs == Runs::Here && (one(b'|') || one(b'&')) {
            Runs::Subshell
        } else {
            runs
        };
        self.after_command = true;
        if runs != Runs::Never {
            let sets = simple
                .words
                .first()
                .is_none_or(|word| matches!(&*word.text, ":" | "export" | "readonly" | "true"));
            let certain = sets && runs == Runs::Here && simple.redirections.is_empty();
            let computed = simple
                .assignments
                .iter()
                .any(|(_, _, value)| !value.substitutions().is_empty());
            self.succeeded = (certain && !computed).then_some(true);
        }
        Ok(())
    }

    /// Assignments, words and redirections up to the end of the command.
    fn parts(
        &mut self,
        simple: &mut Simple<'a>,
        scope: &mut impl Scope<'a>,
        live: bool,
    ) -> Result<(), Broken> {
        loop {
            let at = self.words.at;
            match self.words.peek() {
                None => return Ok(()),
                Some(byte) if ends_command(byte) => return Ok(()),
                Some(b'<' | b'>') => self.redirection(simple, scope, live)?,
                Some(b'0'..=b'9') if matches!(self.words.peek_at(1), Some(b'<' | b'>')) => {
                    self.words.at += 1;
                    self.redirection(simple, scope, live)?;
                }
                Some(_) => {
                    let name = if simple.words.is_empty() {
                        self.words.name_length(at)
                    } else {
                        0
                    };
                    if name > 0 && self.words.peek_at(name) == Some(b'=') {
                        self.words.at += name + 1;
                        let value = self.words.word(scope, live)?;
                        simple
                            .assignments
                            .push((&self.words.text[at..at + name], at, value));
                    } else {
                        let word = self.words.word(scope, live)?;
                        simple.words.push(word);
                    }
                }
            }
            simple.end = self.words.at;
            self.blanks();
        }
    }

    /// `name()`: what follows is a function, which nobody has called.
    fn function(&mut self, simple: &Simple<'a>) -> bool {
        let rest = self.words.text[self.words.at..].trim_start_matches(['(', ' ', '\t']);
        let named =
            simple.words.len() == 1 && simple.assignments.is_empty() && !simple.words[0].has_quotes;
        if !named || !rest.starts_with(')') {
            return false;
        }
        self.words.at = self.words.text.len() - rest.len() + 1;
        true
    }

    fn redirection(
        &mut self,
        simple: &mut Simple<'a>,
        scope: &mut impl Scope<'a>,
        live: bool,
    ) -> Result<(), Broken> {
        let operator = self.words.peek().unwrap_or(b'<');
        self.words.at += 1;
        let heredoc = operator == b'<' && self.words.peek() == Some(b'<');
        let tabs = heredoc && self.words.peek_at(1) == Some(b'-');
        let width = match self.words.peek() {
            Some(b'<') => 1 + usize::from(tabs),
            Some(b'>' | b'&' | b'|') => 1,
            _ => 0,
        };
        self.words.at += width;
        self.blanks();
        if self
            .words
            .peek()
            .is_none_or(|b| ends_command(b) || matches!(b, b'<' | b'>'))
        {
            return self.unexpected();
        }
        let target = self.words.word(scope, live)?;
        if heredoc {
            self.heredocs.push((target.text.to_string(), tabs));
        }
        simple.redirections.push(Redirection { operator, target });
        Ok(())
    }

    /// Skips the texts of `<<` behind the line that names them.
    fn skip_heredocs(&mut self) {
        for (end, tabs) in std::mem::take(&mut self.heredocs) {
            while self.words.at < self.words.text.len() {
                let rest = &self.words.text[self.words.at..];
                let line = rest.split('\n').next().unwrap_or("");
                self.words.at = (self.words.at + line.len() + 1).min(self.words.text.len());
                let line = if tabs {
                    line.trim_start_matches('\t')
                } else {
                    line
                };
                if line == end {
                    break;
                }
            }
        }
    }
}
