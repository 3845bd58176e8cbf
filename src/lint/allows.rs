//! Comments that silence a finding: `# carpgen: allow RULE[, RULE…] REASON`.
//!
//! What a comment is depends on the language of the file, so this works on lines that are parted already:
//! [`toml_lines`] parts those of a description.

use std::ops::Range;

use super::registry::{Rule, rule_named};

/// A line of a text, as far as comments matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line<'a> {
    /// Something stands on it beside blanks and a comment.
    pub statement: bool,
    /// Where its comment begins, counted in bytes of the text, and the comment with its `#`.
    pub comment: Option<(usize, &'a str)>,
}

/// The comments of one text that silence findings.
#[derive(Debug, Default)]
pub struct Allows(Vec<Allow>);

/// One comment.
#[derive(Debug)]
struct Allow {
    /// Its bytes.
    bytes: Range<usize>,
    scope: Scope,
    names: Vec<Name>,
    has_reason: bool,
}

/// A rule that a comment names.
#[derive(Debug)]
struct Name {
    text: String,
    bytes: Range<usize>,
    rule: Option<&'static Rule>,
    used: bool,
}

/// What a comment silences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A line, counted from 1: that of the comment.
    ThisLine(usize),
    /// A line, counted from 1: the one behind the comment.
    NextLine(usize),
    /// The whole text.
    File,
}

/// A comment, or a name in one, that silences nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idle {
    /// Its bytes.
    pub bytes: Range<usize>,
    /// Why.
    pub why: IdleReason,
}

/// Why a comment silences nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdleReason {
    /// It names no rule.
    NoRule,
    /// It gives no reason.
    NoReason,
    /// No rule has this name.
    UnknownRule(String),
    /// The rule finds nothing there.
    NothingFound(&'static str, Scope),
}

impl Allows {
    /// The comments of a text.
    #[must_use]
    pub fn of(lines: &[Line<'_>]) -> Self {
        let first_statement = lines
            .iter()
            .position(|line| line.statement)
            .unwrap_or(lines.len());
        let mut allows = Vec::new();
        for (position, line) in lines.iter().enumerate() {
            let Some((start, words)) = line.comment.and_then(|(at, text)| instruction(at, text))
            else {
                continue;
            };
            let scope = if line.statement {
                Scope::ThisLine(position + 1)
            } else if position < first_statement {
                Scope::File
            } else {
                Scope::NextLine(behind(lines, position) + 1)
            };
            let comment = line.comment.map_or("", |(_, text)| text);
            let whole = line.comment.map_or(0, |(at, _)| at);
            let (names, has_reason) = names(start, words);
            allows.push(Allow {
                bytes: whole..whole + comment.len(),
                scope,
                names,
                has_reason,
            });
        }
        Self(allows)
    }

    /// There is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A finding of a rule on this line is silenced. The comments that do it count as used.
    pub fn silences(&mut self, rule: &Rule, line: usize) -> bool {
        let mut silenced = false;
        for allow in self.0.iter_mut().filter(|allow| allow.has_reason) {
            let applies = match allow.scope {
                Scope::File => true,
                Scope::ThisLine(own) | Scope::NextLine(own) => own == line,
            };
            for name in allow.names.iter_mut().filter(|_| applies) {
                if name.rule.is_some_and(|named| named.code == rule.code) {
                    name.used = true;
                    silenced = true;
                }
            }
        }
        silenced
    }

    /// The comments and names that have silenced nothing so far.
    #[must_use]
    pub fn idle(&self) -> Vec<Idle> {
        let mut idle = Vec::new();
        for allow in &self.0 {
            let mut whole = |why| {
                let bytes = allow.bytes.clone();
                idle.push(Idle { bytes, why });
            };
            if allow.names.is_empty() {
                whole(IdleReason::NoRule);
                continue;
            }
            if !allow.has_reason {
                whole(IdleReason::NoReason);
            }
            for name in &allow.names {
                let why = match name.rule {
                    None => IdleReason::UnknownRule(name.text.clone()),
                    Some(rule) if allow.has_reason && !name.used => {
                        IdleReason::NothingFound(rule.name, allow.scope)
                    }
                    Some(_) => continue,
                };
                let bytes = name.bytes.clone();
                idle.push(Idle { bytes, why });
            }
        }
        idle
    }
}

/// The line that a comment of its own stands before: the next one, where several such comments count as one.
fn behind(lines: &[Line<'_>], position: usize) -> usize {
    let mut next = position + 1;
    while lines.get(next).is_some_and(|line| {
        !line.statement
            && line
                .comment
                .and_then(|(at, text)| instruction(at, text))
                .is_some()
    }) {
        next += 1;
    }
    next
}

/// What stands behind `# carpgen: allow`, and where.
fn instruction(start: usize, comment: &str) -> Option<(usize, &str)> {
    let text = comment.trim_start_matches('#').trim_start();
    let text = text.strip_prefix("carpgen:")?.trim_start();
    let words = text.strip_prefix("allow")?;
    if !words.is_empty() && !words.starts_with([' ', '\t']) {
        return None;
    }
    Some((start + comment.len() - words.len(), words))
}

/// The names at the start of some words, parted by commas, and whether anything is said behind them.
fn names(start: usize, words: &str) -> (Vec<Name>, bool) {
    let mut names = Vec::new();
    let mut rest = words.trim_start();
    loop {
        let end = rest
            .find(|c: char| c == ',' || c.is_whitespace())
            .unwrap_or(rest.len());
        let text = &rest[..end];
        if !text.is_empty() {
            let at = start + words.len() - rest.len();
            names.push(Name {
                text: text.to_owned(),
                bytes: at..at + end,
                rule: rule_named(text),
                used: false,
            });
        }
        rest = rest[end..].trim_start();
        match rest.strip_prefix(',') {
            Some(more) => rest = more.trim_start(),
            None => break,
        }
    }
    (names, rest.chars().any(char::is_alphanumeric))
}

/// Inside of what a line of TOML begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    /// A text over several lines, with escapes or without.
    Long(u8),
    /// A text on one line.
    Short(u8),
}

/// The lines of a TOML text. A `#` within a text in quotes begins no comment; one line that is no TOML does not
/// spoil the next.
#[must_use]
pub fn toml_lines(text: &str) -> Vec<Line<'_>> {
    let mut open = None;
    let mut start = 0;
    let mut lines = Vec::new();
    for whole in text.split_inclusive('\n') {
        let line = whole.trim_end_matches(['\n', '\r']);
        let was_open = open.is_some();
        let comment = comment_of(line.as_bytes(), &mut open);
        let before = &line[..comment.unwrap_or(line.len())];
        lines.push(Line {
            statement: was_open || !before.trim().is_empty(),
            comment: comment.map(|at| (start + at, &line[at..])),
        });
        start += whole.len();
    }
    lines
}

/// Where the comment of a line begins. `open` is the text in quotes that the line begins in, and afterwards the one
/// that it ends in.
fn comment_of(line: &[u8], open: &mut Option<Quote>) -> Option<usize> {
    let mut at = 0;
    while at < line.len() {
        let byte = line[at];
        let long = line[at..].starts_with(&[byte; 3]);
        match *open {
            None => match byte {
                b'#' => return Some(at),
                b'"' | b'\'' if long => {
                    *open = Some(Quote::Long(byte));
                    at += 2;
                }
                b'"' | b'\'' => *open = Some(Quote::Short(byte)),
                _ => {}
            },
            Some(Quote::Long(b'"') | Quote::Short(b'"')) if byte == b'\\' => at += 1,
            Some(Quote::Short(quote)) if byte == quote => *open = None,
            Some(Quote::Long(quote)) if byte == quote && long => {
                // Up to two quotes more belong to the text.
                let run = line[at..].iter().take_while(|b| **b == quote).count();
                at += run.min(5) - 1;
                *open = None;
            }
            Some(_) => {}
        }
        at += 1;
    }
    if matches!(*open, Some(Quote::Short(_))) {
        *open = None;
    }
    None
}

#[cfg(test)]
mod tests;
