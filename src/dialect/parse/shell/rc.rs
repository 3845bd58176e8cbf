//! rc.conf: the assignments of a shell text, in order, and what is not one.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;

use super::super::text::Text;
use super::super::word::Word;
use super::broken::BrokenKind;
use super::command::{Commands, Runs, Simple};
use super::origin::{RawWord, Reference};
use super::scope::{Binding, Found, Scope};
use crate::model::Place;

/// The value of an assignment, with the place of each of its bytes. Keys stand in values: it has no text in
/// debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct Value<'a> {
    raw: RawWord<'a>,
    text: usize,
}

impl Value<'_> {
    /// The value.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.raw.text
    }

    /// All of it is known: nothing comes from a command or from what only a running shell knows.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.raw.known
    }

    /// The variables that it names.
    #[must_use]
    pub fn references(&self) -> &[Reference<'_>] {
        self.raw.references()
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<value of {} bytes>", self.raw.text.len())
    }
}

/// One assignment that takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment<'a> {
    /// The variable.
    pub name: &'a str,
    /// What it is set to.
    pub value: Value<'a>,
    /// How it is set.
    pub binding: Binding,
    at: usize,
}

/// What goes beyond assignments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotUnderstoodKind {
    /// A command.
    Command,
    /// Another file is read.
    Sources,
    /// Only a running shell knows whether this is carried out.
    Conditional,
    /// What is set here is gone at once.
    Subshell,
    /// The value comes from a command, or from an expansion that is not followed.
    Computed,
}

/// A piece of a file that is skipped.
#[derive(Clone, PartialEq, Eq)]
pub struct NotUnderstood<'a> {
    /// Where it begins.
    pub place: Place,
    /// What it is.
    pub kind: NotUnderstoodKind,
    /// The variables that it would set.
    pub names: Vec<&'a str>,
    /// Its text.
    pub text: &'a str,
}

impl fmt::Debug for NotUnderstood<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The text may hold a key.
        write!(
            f,
            "{:?} at {:?}, sets {:?}",
            self.kind, self.place, self.names
        )
    }
}

/// Where `sh(1)` gives up: nothing in this file or a later one counts, and neither does what was read before,
/// since the script that reads the files ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// What is wrong.
    pub kind: BrokenKind,
    /// The text at fault: for what is never closed, where it opens.
    pub place: Place,
}

/// The variables that a list of files sets, and all that was seen on the way.
#[derive(Debug, Default)]
pub struct Variables<'a> {
    texts: Vec<Text<'a>>,
    assignments: Vec<Assignment<'a>>,
    current: BTreeMap<&'a str, usize>,
    not_understood: Vec<NotUnderstood<'a>>,
    stop: Option<Stop>,
}

impl<'a> Variables<'a> {
    /// Reads texts as `sh(1)` sources them, one after the other.
    #[must_use]
    pub fn read(texts: impl IntoIterator<Item = Text<'a>>) -> Self {
        let mut variables = Self::default();
        for text in texts {
            variables.source(text);
        }
        variables
    }

    /// Every assignment, in the order in which they take place. The last of a name is the one that counts.
    #[must_use]
    pub fn assignments(&self) -> &[Assignment<'a>] {
        &self.assignments
    }

    /// What is skipped.
    #[must_use]
    pub fn not_understood(&self) -> &[NotUnderstood<'a>] {
        &self.not_understood
    }

    /// Where the shell gives up, if it does.
    #[must_use]
    pub const fn stop(&self) -> Option<Stop> {
        self.stop
    }

    /// The texts that were read.
    #[must_use]
    pub fn texts(&self) -> &[Text<'a>] {
        &self.texts
    }

    /// The assignment of a variable that counts.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Assignment<'a>> {
        self.current
            .get(name)
            .map(|index| &self.assignments[*index])
    }

    /// The names that are set, in ascending order, as `set` lists them.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.current.keys().copied()
    }

    /// The names that are set and begin like this, in ascending order.
    pub fn names_from<'s>(&'s self, prefix: &'s str) -> impl Iterator<Item = &'a str> {
        self.current
            .range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
            .map(|(name, _)| *name)
            .take_while(move |name| name.starts_with(prefix))
    }

    /// Where the name of an assignment stands.
    #[must_use]
    pub fn place(&self, assignment: &Assignment<'a>) -> Place {
        self.texts[assignment.value.text].place(assignment.at)
    }

    /// Where a reference in the value of an assignment stands.
    #[must_use]
    pub fn place_of_reference(
        &self,
        assignment: &Assignment<'a>,
        reference: &Reference<'_>,
    ) -> Place {
        self.texts[assignment.value.text].place(reference.at)
    }

    /// The words of a value: it is split at blanks, tabs and newlines, as the boot scripts do.
    #[must_use]
    pub fn words(&self, assignment: &Assignment<'a>) -> Vec<Word> {
        let Value { raw, text } = &assignment.value;
        let text = &self.texts[*text];
        let value = &*raw.text;
        split(value)
            .map(|(start, word)| Word::new(word, text.place(raw.origin.source(start)), raw.known))
            .collect()
    }

    fn source(&mut self, text: Text<'a>) {
        if self.stop.is_some() {
            return;
        }
        let index = self.texts.len();
        let mut commands = Commands::new(text.text(), false);
        self.texts.push(text);
        let mut simple = Simple::default();
        loop {
            let mut scope = Sourced {
                variables: self,
                text: index,
            };
            match commands.next(&mut simple, &mut scope) {
                Ok(true) => self.take(&mut commands, &mut simple, index),
                Ok(false) => return,
                Err(broken) => {
                    let place = self.texts[index].place(broken.at);
                    self.stop = Some(Stop {
                        kind: broken.kind,
                        place,
                    });
                    return;
                }
            }
        }
    }

    fn take(&mut self, commands: &mut Commands<'a>, simple: &mut Simple<'a>, text: usize) {
        let program = simple
            .words
            .first()
            .map_or("", |word| if word.known { &*word.text } else { "$" });
        let binding = match program {
            "" | ":" => Some(Binding::Plain),
            "export" | "readonly" => Some(Binding::Export),
            _ => None,
        };
        let kind = match simple.runs {
            Runs::Never => return,
            Runs::Subshell => Some(NotUnderstoodKind::Subshell),
            Runs::Perhaps => Some(NotUnderstoodKind::Conditional),
            Runs::Here if binding.is_some() || program == "unset" => None,
            Runs::Here if matches!(program, "." | "source") => Some(NotUnderstoodKind::Sources),
            Runs::Here => Some(NotUnderstoodKind::Command),
        };
        if let Some(kind) = kind {
            self.skip(simple, text, kind);
            return;
        }
        let computed = simple.assignments.iter().any(|(_, _, value)| !value.known);
        if computed || simple.words.iter().any(|word| !word.known) {
            self.skip(simple, text, NotUnderstoodKind::Computed);
        }
        // All values are worked out before the first is assigned (`evalcommand` in FreeBSD `bin/sh/eval.c`).
        for (name, at, value) in simple.assignments.drain(..) {
            self.bind(text, name, value, Binding::Plain, at);
        }
        match simple.words.first().map(|word| &*word.text) {
            Some("export" | "readonly") => self.export(commands, simple, text),
            Some("unset") => {
                for word in simple.words.drain(1..) {
                    self.current.remove(&*word.text);
                }
            }
            _ => {}
        }
    }

    /// `export x=w`: the assignment is a word, which is read again without its name.
    fn export(&mut self, commands: &mut Commands<'a>, simple: &mut Simple<'a>, text: usize) {
        let words = &mut commands.words;
        let behind = words.at;
        for word in simple.words.drain(1..) {
            let length = words.name_length(word.start);
            words.at = word.start + length;
            if length == 0 || words.peek() != Some(b'=') {
                continue;
            }
            words.at += 1;
            let name = &words.text[word.start..word.start + length];
            if let Ok(value) = words.word(
                &mut Sourced {
                    variables: self,
                    text,
                },
                true,
            ) {
                self.bind(text, name, value, Binding::Export, word.start);
            }
        }
        words.at = behind;
    }

    fn bind(&mut self, text: usize, name: &'a str, raw: RawWord<'a>, binding: Binding, at: usize) {
        self.current.insert(name, self.assignments.len());
        self.assignments.push(Assignment {
            name,
            value: Value { raw, text },
            binding,
            at,
        });
    }

    fn skip(&mut self, simple: &Simple<'a>, text: usize, kind: NotUnderstoodKind) {
        let source = &self.texts[text];
        let mut names: Vec<&'a str> = simple.assignments.iter().map(|(name, ..)| *name).collect();
        if let Some(("export" | "readonly" | "unset", rest)) = simple
            .words
            .split_first()
            .map(|(first, rest)| (&*first.text, rest))
        {
            names.extend(rest.iter().map(|word| {
                let end = source.text()[word.start..]
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                &source.text()[word.start..end.map_or(source.text().len(), |end| word.start + end)]
            }));
        }
        self.not_understood.push(NotUnderstood {
            place: source.place(simple.span.start),
            kind,
            names,
            text: source.text()[simple.span.clone()].trim_end(),
        });
    }
}

/// The words of a value with the bytes where they begin.
pub(in super::super) fn split(value: &str) -> impl Iterator<Item = (usize, &str)> {
    let base = value.as_ptr() as usize;
    value
        .split([' ', '\t', '\n'])
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr() as usize - base, word))
}

/// The variables while a file is sourced.
struct Sourced<'v, 'a> {
    variables: &'v mut Variables<'a>,
    text: usize,
}

impl<'a> Scope<'a> for Sourced<'_, 'a> {
    fn find(&self, name: &str) -> Found<'_> {
        match self.variables.get(name) {
            Some(assignment) => Found::Value(assignment.value.text(), assignment.value.is_known()),
            None if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') => Found::Unset,
            None => Found::Unknown,
        }
    }

    fn bind(&mut self, name: &'a str, value: RawWord<'a>, binding: Binding, at: usize) {
        self.variables.bind(self.text, name, value, binding, at);
    }
}
