//! loader.conf, as the Lua loader reads it (`stand/lua/config.lua` of FreeBSD). It is not shell.

use std::collections::BTreeMap;

use super::text::Text;
use crate::model::{Place, Release};

/// What a line of loader.conf does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoaderAction {
    /// `NAME_load="YES"`: the module and the value in capitals.
    Module(String, String),
    /// A variable is set.
    Set(String, String),
    /// `exec="…"`: a command of the loader.
    Exec(String),
    /// The line is reported and skipped; its text.
    Malformed(String),
}

/// A line of loader.conf that is not empty or a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoaderLine {
    /// What it does.
    pub action: LoaderAction,
    /// Where it begins.
    pub place: Place,
    /// Where its value begins; for a malformed line its beginning.
    pub value_place: Place,
}

/// Reads a loader file. `environment` holds the loader's variables, which values may name; what the file sets
/// is added to it.
#[must_use]
pub fn loader_conf(
    text: &Text<'_>,
    release: Release,
    environment: &mut BTreeMap<String, String>,
) -> Vec<LoaderLine> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut budget = text.text().len().saturating_mul(16).saturating_add(1 << 20);
    for line in text.text().split('\n') {
        let at = line.len() - line.trim_start().len();
        let trimmed = line[at..].trim_end();
        if !trimmed.is_empty() && !trimmed.starts_with('#') {
            let parsed = assignment(trimmed, release >= Release::R13);
            let value_at = parsed.as_ref().map_or(at, |(_, _, value_at)| at + value_at);
            let action = match parsed {
                Some((name, value, _)) => {
                    act(name, &expand(&value, environment, &mut budget), environment)
                }
                None => LoaderAction::Malformed(trimmed.to_owned()),
            };
            let (place, value_place) = (text.place(start + at), text.place(start + value_at));
            found.push(LoaderLine {
                action,
                place,
                value_place,
            });
        }
        start += line.len() + 1;
    }
    found
}

/// A value, and whether it was quoted: then `$x` in it is replaced.
struct Value {
    text: String,
    quoted: bool,
}

/// `name = "value"` or `name = word`, and nothing else but a comment; with the byte where the value begins.
fn assignment(line: &str, today: bool) -> Option<(&str, Value, usize)> {
    let end = line.find(|c: char| c == '=' || c.is_ascii_whitespace())?;
    let name = &line[..end];
    let is_name = !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b.is_ascii_punctuation());
    let behind = line[end..].trim_start().strip_prefix('=')?.trim_start();
    let value_at = line.len() - behind.len();
    let (value, rest) = if let Some(inner) = behind.strip_prefix('"') {
        let close = inner.find('"')?;
        let inside = &inner[..close];
        // A backslash takes the next character as it is, so the value ends in an open quote.
        let open = today && escapes_the_end(inside);
        let is_text = inside
            .bytes()
            .all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace() || b == 0x0b);
        if open || !is_text {
            return None;
        }
        (
            Value {
                text: if today {
                    unescaped(inside)
                } else {
                    inside.to_owned()
                },
                quoted: true,
            },
            &inner[close + 1..],
        )
    } else {
        let length = word_length(behind, today);
        if length == 0 {
            return None;
        }
        (
            Value {
                text: behind[..length].to_owned(),
                quoted: false,
            },
            &behind[length..],
        )
    };
    let rest = rest.trim_start();
    (is_name && (rest.is_empty() || rest.starts_with('#'))).then_some((name, value, value_at))
}

fn escapes_the_end(inside: &str) -> bool {
    inside.bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 1
}

fn unescaped(inside: &str) -> String {
    let mut text = String::with_capacity(inside.len());
    let mut rest = inside.chars();
    while let Some(c) = rest.next() {
        text.extend(if c == '\\' { rest.next() } else { Some(c) });
    }
    text
}

/// Words without quotes: letters and digits, or a number; today also `-`, `_` and `.`.
fn word_length(text: &str, today: bool) -> usize {
    let bytes = text.as_bytes();
    if today {
        return bytes
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
            .count();
    }
    let sign =
        usize::from(bytes.first() == Some(&b'-') && bytes.get(1).is_some_and(u8::is_ascii_digit));
    sign + bytes[sign..]
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric())
        .count()
}

/// Replaces `$x` and `${x}` in quoted values. What a file may expand to is bounded by its length: the loader's memory
/// would not hold more either, and values that name themselves double with every line.
fn expand(value: &Value, environment: &BTreeMap<String, String>, budget: &mut usize) -> String {
    let mut text = String::new();
    let mut rest = value.text.as_str();
    while let Some(at) = rest.find('$').filter(|_| value.quoted) {
        text.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let braces = behind.starts_with('{');
        let inner = behind.strip_prefix('{').unwrap_or(behind);
        let length = inner
            .find(|c: char| !c.is_ascii_alphanumeric() && !"_.-".contains(c))
            .unwrap_or(inner.len());
        let closed = !braces || inner[length..].starts_with('}');
        if length == 0 || !closed {
            text.push('$');
            rest = behind;
            continue;
        }
        let replaced = environment.get(&inner[..length]);
        if let Some(replaced) = replaced.filter(|replaced| replaced.len() <= *budget) {
            *budget -= replaced.len();
            text.push_str(replaced);
        }
        rest = &inner[length + usize::from(braces)..];
    }
    text.push_str(rest);
    text
}

fn act(name: &str, value: &str, environment: &mut BTreeMap<String, String>) -> LoaderAction {
    let module = name.strip_suffix("_load").filter(|module| {
        !module.is_empty()
            && module
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    });
    if let Some(module) = module {
        return LoaderAction::Module(module.to_owned(), value.to_ascii_uppercase());
    }
    if name == "exec" {
        return LoaderAction::Exec(value.to_owned());
    }
    environment.insert(name.to_owned(), value.to_owned());
    LoaderAction::Set(name.to_owned(), value.to_owned())
}
