//! The second evaluation: what `eval` and the splitting of unquoted variables make of a value that rc.conf set.

use super::super::shell::Binding;
use super::super::shell::{Commands, Found, RawWord, Scope, Simple, Variables};
use super::super::text::narrow;
use super::super::word::Word;
use super::pattern::{is_pattern, matching};
use crate::model::Place;

/// What the evaluating shell can see.
pub(super) struct Seen<'v, 'a> {
    pub(super) variables: &'v Variables<'a>,
    /// `$1`, `$2`, …
    pub(super) positional: &'v [&'v str],
    /// The names in the root folder, against which patterns are matched.
    pub(super) root: &'v [&'v str],
}

/// What became of evaluated words.
#[derive(Default)]
pub(super) struct Evaluated {
    /// The commands, first the one that was meant.
    pub(super) commands: Vec<EvaluatedCommand>,
    /// Commands that were run to be replaced by their output.
    pub(super) substituted: Vec<Vec<Word>>,
    /// The shell gives up here.
    pub(super) broken: Option<Place>,
}

#[derive(Default)]
pub(super) struct EvaluatedCommand {
    pub(super) words: Vec<Word>,
    /// Files that it writes.
    pub(super) files: Vec<Word>,
    /// It reads a file that is not there, so it is not run.
    pub(super) unreadable: Option<Place>,
}

/// Splitting and patterns, as for an unquoted variable. Returns the words, and whether a pattern matched.
pub(super) fn unquoted(words: Vec<Word>, root: &[&str]) -> Vec<Word> {
    if !words.iter().any(|word| is_pattern(word.text())) {
        return words;
    }
    let mut result = Vec::with_capacity(words.len());
    for word in words {
        let names = if is_pattern(word.text()) {
            matching(word.text(), root)
        } else {
            Vec::new()
        };
        if names.is_empty() {
            result.push(word);
        } else {
            result.extend(
                names
                    .iter()
                    .map(|name| Word::new(name, word.place, word.known)),
            );
        }
    }
    result
}

/// Nothing in it means anything to the shell.
fn is_plain(word: &Word) -> bool {
    let special = |b: u8| {
        matches!(
            b,
            b'"' | b'\'' | b'\\' | b'$' | b'`' | b';' | b'&' | b'|' | b'<' | b'>'
        ) || matches!(b, b'(' | b')' | b'*' | b'?' | b'[' | b' ' | b'\t' | b'\n')
    };
    let text = word.text();
    !text.is_empty() && !text.starts_with(['#', '~']) && !text.bytes().any(special)
}

/// Evaluates words behind a program's name.
pub(super) fn eval(program: &[Word], words: &[Word], seen: &Seen<'_, '_>) -> Evaluated {
    let all: Vec<&Word> = program.iter().chain(words).collect();
    if words.iter().all(is_plain) {
        let words = all.into_iter().cloned().collect();
        return Evaluated {
            commands: vec![EvaluatedCommand {
                words,
                ..EvaluatedCommand::default()
            }],
            ..Evaluated::default()
        };
    }
    let mut text = String::new();
    let mut starts = Vec::with_capacity(all.len());
    for word in &all {
        if !text.is_empty() {
            text.push(' ');
        }
        starts.push(text.len());
        text.push_str(word.text());
    }
    let source = Joined {
        text: &text,
        starts,
        words: &all,
    };
    run(&source, seen)
}

/// Words joined to a text, and how to get back.
struct Joined<'t> {
    text: &'t str,
    starts: Vec<usize>,
    words: &'t [&'t Word],
}

impl Joined<'_> {
    fn place(&self, at: usize) -> Place {
        let index = self
            .starts
            .partition_point(|start| *start <= at)
            .saturating_sub(1);
        let start = self.starts[index];
        let mut place = self.words[index].place;
        let within = &self.text[start..at.min(self.text.len()).max(start)];
        place.column = place.column.saturating_add(narrow(within.chars().count()));
        place.offset = place.offset.saturating_add(narrow(within.len()));
        place
    }

    fn known(&self) -> bool {
        self.words.iter().all(|word| word.known)
    }
}

fn run(source: &Joined<'_>, seen: &Seen<'_, '_>) -> Evaluated {
    let mut result = Evaluated::default();
    let mut commands = Commands::new(source.text, true);
    commands.words.note_quotes = true;
    let mut simple = Simple::default();
    let mut scope = Evaluating { seen };
    loop {
        match commands.next(&mut simple, &mut scope) {
            Ok(true) => {}
            Ok(false) => return result,
            Err(broken) => {
                // The whole line is parsed before any of it is run.
                return Evaluated {
                    broken: Some(source.place(broken.at)),
                    ..Evaluated::default()
                };
            }
        }
        let mut command = EvaluatedCommand::default();
        for raw in &simple.words {
            fields(raw, source, seen.root, &mut command.words);
            substituted(raw, source, &mut result.substituted);
        }
        for redirection in &simple.redirections {
            let place = source.place(redirection.target.start);
            if redirection.operator == b'>' {
                command.files.push(Word::new(
                    &redirection.target.text,
                    place,
                    redirection.target.known,
                ));
            } else if !seen.root.contains(&&*redirection.target.text) {
                command.unreadable = command.unreadable.or(Some(place));
            }
        }
        if !command.words.is_empty() || !command.files.is_empty() {
            result.commands.push(command);
        }
    }
}

/// The commands inside of `$(…)` and backquotes, as far as they are simple.
fn substituted(raw: &RawWord<'_>, source: &Joined<'_>, found: &mut Vec<Vec<Word>>) {
    for inner in raw.substitutions() {
        let start = inner.start;
        let words = super::super::shell::split(&source.text[inner.clone()])
            .map(|(at, word)| Word::new(word, source.place(start + at), source.known()))
            .collect();
        found.push(words);
    }
}

/// What one word becomes: unquoted values are split, a leading tilde and patterns are replaced.
fn fields(raw: &RawWord<'_>, source: &Joined<'_>, root: &[&str], words: &mut Vec<Word>) {
    let within = |ranges: &[std::ops::Range<u32>], at: usize| {
        let behind = ranges.partition_point(|range| range.start as usize <= at);
        ranges[..behind]
            .iter()
            .rev()
            .take(2)
            .any(|range| range.contains(&narrow(at)))
    };
    let mut field: Option<(usize, String, String)> = None;
    let mut finish = |field: Option<(usize, String, String)>| {
        let Some((at, text, pattern)) = field else {
            return;
        };
        let place = source.place(raw.origin.source(at));
        let known = raw.known && source.known();
        let names = if is_pattern(&pattern) {
            matching(&pattern, root)
        } else {
            Vec::new()
        };
        if names.is_empty() {
            words.push(Word::new(&text, place, known));
        }
        words.extend(names.iter().map(|name| Word::new(name, place, known)));
    };
    for (at, c) in raw.text.char_indices() {
        if matches!(c, ' ' | '\t' | '\n') && within(raw.unquoted(), at) {
            finish(field.take());
            continue;
        }
        let quoted = within(raw.quoted(), at);
        let (_, text, pattern) = field.get_or_insert_with(|| (at, String::new(), String::new()));
        text.push(c);
        if quoted && matches!(c, '*' | '?' | '[' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    if field.is_none() && raw.has_quotes && raw.text.is_empty() {
        field = Some((0, String::new(), String::new()));
    }
    if let Some((0, text, pattern)) = &mut field
        && text.starts_with('~')
        && !within(raw.quoted(), 0)
        && let Some(rest) = home(text)
    {
        pattern.clone_from(&rest);
        *text = rest;
    }
    finish(field);
}

/// A leading tilde: the home folder while booting is `/`, that of root `/root`; others are not known.
fn home(text: &str) -> Option<String> {
    let (user, rest) = text
        .split_once('/')
        .map_or((text, ""), |(user, _)| (user, &text[user.len()..]));
    match user {
        "~" => Some(format!("/{rest}")),
        "~root" => Some(format!("/root{rest}")),
        _ => None,
    }
}

struct Evaluating<'s, 'v, 'a> {
    seen: &'s Seen<'v, 'a>,
}

impl<'t> Scope<'t> for Evaluating<'_, '_, '_> {
    fn find(&self, name: &str) -> Found<'_> {
        if let Ok(number) = name.parse::<usize>() {
            return match number
                .checked_sub(1)
                .map(|index| self.seen.positional.get(index))
            {
                Some(Some(value)) => Found::Value(value, true),
                Some(None) => Found::Unset,
                None => Found::Unknown,
            };
        }
        match self.seen.variables.get(name) {
            Some(assignment) => Found::Value(assignment.value.text(), assignment.value.is_known()),
            None if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') => Found::Unset,
            None => Found::Unknown,
        }
    }

    fn bind(&mut self, _: &'t str, _: RawWord<'t>, _: Binding, _: usize) {}
}
