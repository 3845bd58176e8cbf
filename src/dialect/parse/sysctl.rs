//! sysctl.conf, as `rc.d/sysctl` reads it: with a shell loop on 9, with `sysctl -f` from 10 on.

use super::text::Text;
use crate::model::{Place, Release};

/// A line of sysctl.conf that says something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SysctlLine {
    /// The name that `sysctl(8)` is asked for.
    pub name: String,
    /// What it is set to; none where the line only asks.
    pub value: Option<String>,
    /// Where the name stands.
    pub place: Place,
    /// Where the value stands; the name where there is none.
    pub value_place: Place,
    /// On 9: the word that `sysctl(8)` gets, which is all up to the first blank.
    pub word: Option<String>,
}

/// Reads sysctl.conf or sysctl.conf.local. Every line that is not empty or a comment says something.
#[must_use]
pub fn sysctl_conf(text: &Text<'_>, release: Release) -> Vec<SysctlLine> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < text.text().len() {
        let rest = &text.text()[start..];
        let end = if release.has_carp_interfaces() {
            logical_line(rest)
        } else {
            rest.find('\n').unwrap_or(rest.len())
        };
        let line = &rest[..end];
        let read = if release.has_carp_interfaces() {
            shell_line(line)
        } else {
            file_line(line)
        };
        found.extend(read.map(|read| SysctlLine {
            name: read.name,
            value: read.value,
            place: text.place(start + read.at),
            value_place: text.place(start + read.value_at),
            word: read.word,
        }));
        start += end + 1;
    }
    found
}

struct Read {
    name: String,
    value: Option<String>,
    at: usize,
    value_at: usize,
    word: Option<String>,
}

/// How far a line goes for `read`, which joins lines at a backslash.
fn logical_line(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' => return at,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// `parsefile` and `parse` of FreeBSD `sbin/sysctl/sysctl.c`.
fn file_line(line: &str) -> Option<Read> {
    let line = without_comment(line).trim_end_matches(is_space);
    let at = line.len() - line.trim_start_matches(is_space).len();
    let text = &line[at..];
    if text.is_empty() {
        return None;
    }
    let (name, value) = match text.find(['=', ':']) {
        Some(split) => (&text[..split], Some(&text[split + 1..])),
        None => (text, None),
    };
    let value = value.map(|value| value.trim_start_matches(is_space));
    let value_at = value.map_or(at, |value| line.len() - value.len());
    Some(Read {
        name: name.trim_end_matches(is_space).to_owned(),
        value: value.map(|value| unquoted(value).to_owned()),
        at,
        value_at,
        word: None,
    })
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
}

/// A quote at the beginning goes, and the same at the end with it.
fn unquoted(value: &str) -> &str {
    match value.strip_prefix(['"', '\'']) {
        Some(rest) => rest.strip_suffix(&value[..1]).unwrap_or(rest),
        None => value,
    }
}

/// Up to the first `#` that is not in quotes or behind a backslash.
fn without_comment(line: &str) -> &str {
    let bytes = line.as_bytes();
    let mut quote: Option<u8> = None;
    for (at, byte) in bytes.iter().enumerate() {
        match (byte, quote) {
            (b'"' | b'\'', None) => quote = Some(*byte),
            (b'"' | b'\'', Some(open)) if open == *byte => quote = None,
            (b'#', None) if at == 0 || bytes[at - 1] != b'\\' => return &line[..at],
            _ => {}
        }
    }
    line
}

/// `while read var comments` of `rc.d/sysctl` in 9.3: the first field counts, backslashes are taken out.
fn shell_line(line: &str) -> Option<Read> {
    let at = line.len() - line.trim_start_matches([' ', '\t', '\n']).len();
    let mut word = String::new();
    let mut rest = line[at..].chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => word.extend(rest.next().filter(|next| *next != '\n')),
            ' ' | '\t' | '\n' => break,
            other => word.push(other),
        }
    }
    if word.is_empty() || word.starts_with('#') {
        return None;
    }
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (word.clone(), None),
    };
    let value_at = value.as_ref().map_or(at, |_| at + name.len() + 1);
    Some(Read {
        name,
        value,
        at,
        value_at,
        word: Some(word),
    })
}
