//! Fixes of the files of hosts: where words stand in a file, byte for byte, and what may be done there.
//!
//! A word that comes out of a variable, or out of several quotes, has no bytes of its own: then there is no fix. Nothing here
//! looks further than a few thousand bytes around a place, so that no file makes it slow.

use std::ops::Range;

use super::{LintHost, Source, SourceStatement};
use crate::dialect::parse::{FileKind, Parameter, ParameterValue, Word, file_kind};
use crate::model::{Edit, FileId, Fix, Place, TextId};

/// The longest line that is taken as a whole.
const LONGEST_LINE: usize = 4096;

/// Bytes of a file of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bytes {
    /// The file.
    pub file: FileId,
    /// The bytes.
    pub range: Range<usize>,
}

/// The edits of a fix, as they come together. An edit that cannot be made leaves no fix.
#[derive(Debug)]
pub struct Fixing {
    host: usize,
    edits: Option<Vec<Edit>>,
}

impl Fixing {
    /// A fix of the files of the host of this position.
    #[must_use]
    pub const fn of(host: usize) -> Self {
        Self {
            host,
            edits: Some(Vec::new()),
        }
    }

    /// The same, with other words in the place of these bytes.
    #[must_use]
    pub fn replace(mut self, at: Option<Bytes>, words: &str) -> Self {
        let edit = at.map(|at| Edit {
            text: TextId {
                host: self.host,
                file: at.file,
            },
            bytes: at.range,
            replacement: words.to_owned(),
        });
        self.edits = self.edits.zip(edit).map(|(mut edits, edit)| {
            edits.push(edit);
            edits
        });
        self
    }

    /// The same, without these bytes.
    #[must_use]
    pub fn delete(self, at: Option<Bytes>) -> Self {
        self.replace(at, "")
    }

    /// The same, with words before these bytes.
    #[must_use]
    pub fn insert(self, at: Option<Bytes>, words: &str) -> Self {
        let before = at.map(|at| Bytes {
            range: at.range.start..at.range.start,
            ..at
        });
        self.replace(before, words)
    }

    /// The fix; none where one of its edits could not be made.
    #[must_use]
    pub fn done(self) -> Option<Fix> {
        Fix::new(self.edits?)
    }

    /// The fix together with edits of other hosts.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let edits = self.edits.zip(other.edits).map(|(mut all, more)| {
            all.extend(more);
            all
        });
        Self { edits, ..self }
    }
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

impl LintHost<'_> {
    /// The text of a file as it is.
    #[must_use]
    pub fn text_of(&self, file: FileId) -> &str {
        let file = self.files.get(usize::from(file.0));
        file.map_or("", |file| file.text)
    }

    /// The bytes of a text that stands at a place as a whole word, letter by letter.
    #[must_use]
    pub fn bytes_of(&self, place: Place, text: &str) -> Option<Bytes> {
        let start = place.offset as usize;
        let whole = self.text_of(place.file);
        let behind = whole.get(start..)?.strip_prefix(text)?;
        let parts = |c: char| c.is_whitespace() || "\"'=;&|()`{}".contains(c);
        let begins = whole[..start].chars().next_back().is_none_or(parts);
        let ends = behind.chars().next().is_none_or(parts);
        (begins && ends && !text.is_empty()).then_some(Bytes {
            file: place.file,
            range: start..start + text.len(),
        })
    }

    /// The bytes of a word.
    #[must_use]
    pub fn bytes_of_word(&self, word: &Word) -> Option<Bytes> {
        self.bytes_of(word.place, word.text())
    }

    /// The bytes of a keyword and its value, which stand behind each other.
    #[must_use]
    pub fn bytes_of_parameter(&self, parameter: &Parameter) -> Option<Bytes> {
        let keyword = self.bytes_of(parameter.place, parameter.keyword.word())?;
        let value = match &parameter.value {
            ParameterValue::Missing => return Some(keyword),
            ParameterValue::Word(word) => self.bytes_of_word(word)?,
            ParameterValue::Key(key, place) => self.bytes_of(*place, key.expose())?,
        };
        let text = self.text_of(keyword.file);
        let between = text.get(keyword.range.end..value.range.start)?;
        let apart = value.file == keyword.file
            && !between.is_empty()
            && between.chars().all(|c| c.is_whitespace() || c == '\\');
        apart.then_some(Bytes {
            file: keyword.file,
            range: keyword.range.start..value.range.end,
        })
    }

    /// The same bytes, if further words may be written before them: in a script beside blanks, in an assignment within
    /// its quotes.
    #[must_use]
    pub fn room_before(&self, bytes: Option<Bytes>) -> Option<Bytes> {
        bytes.filter(|at| {
            let text = self.text_of(at.file);
            let mut before = text[..at.range.start].chars().rev();
            let (first, second) = (before.next(), before.next());
            let is_script = matches!(
                self.files
                    .get(usize::from(at.file.0))
                    .and_then(|file| file_kind(file.path)),
                Some(FileKind::Script | FileKind::BootScript)
            );
            match first {
                Some(c) if c.is_whitespace() => is_script || second != Some('\\'),
                Some(quote @ ('"' | '\'')) if !is_script => {
                    let next = text[at.range.end..].chars().next();
                    next.is_some_and(|next| is_blank(next) || next == quote)
                }
                _ => false,
            }
        })
    }

    /// These bytes with the blanks on one side of them, so that the words beside them stay apart.
    #[must_use]
    pub fn with_blanks(&self, bytes: Option<Bytes>) -> Option<Bytes> {
        let Bytes { file, range } = bytes?;
        let text = self.text_of(file);
        let behind = &text[range.end..];
        let end = range.end + behind.len() - behind.trim_start_matches(is_blank).len();
        let goes_on = text[end..]
            .chars()
            .next()
            .is_some_and(|c| !c.is_whitespace() && !"\\\"';&|<>)#".contains(c));
        let range = if goes_on && end > range.end {
            range.start..end
        } else {
            text[..range.start].trim_end_matches(is_blank).len()..range.end
        };
        Some(Bytes { file, range })
    }

    /// The line of a place with its end; none where it is very long.
    #[must_use]
    pub fn line_of(&self, file: FileId, offset: usize) -> Option<Bytes> {
        let bytes = self.text_of(file).as_bytes();
        let back = bytes.get(offset.saturating_sub(LONGEST_LINE)..offset)?;
        let start = match back.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => offset - back.len() + at + 1,
            None if back.len() == offset => 0,
            None => return None,
        };
        let ahead = &bytes[offset..bytes.len().min(offset + LONGEST_LINE)];
        let end = match ahead.iter().position(|byte| *byte == b'\n') {
            Some(at) => offset + at + 1,
            None if offset + ahead.len() == bytes.len() => bytes.len(),
            None => return None,
        };
        Some(Bytes {
            file,
            range: start..end,
        })
    }

    /// A fix without a line that stands for itself. A comment before it that silences its findings does not go over to the
    /// next line.
    #[must_use]
    pub fn delete_line(&self, fixing: Fixing, line: Option<Bytes>) -> Fixing {
        let comment = line.as_ref().is_some_and(|line| {
            let before = line.range.start.checked_sub(1);
            let above = before.and_then(|at| self.line_of(line.file, at));
            let above = above.map(|above| self.text_of(line.file)[above.range].trim_start());
            above.is_some_and(|above| above.starts_with('#') && above.contains("carpgen:"))
        });
        fixing.replace(line, if comment { "\n" } else { "" })
    }

    /// The line of an assignment to a variable, if nothing else but a comment stands on it.
    #[must_use]
    pub fn assignment_line(&self, place: Place, name: &str) -> Option<Bytes> {
        let line = self.line_alone(place)?;
        let text = &self.text_of(line.file)[line.range.clone()];
        let value = text.trim_start().strip_prefix(name)?.strip_prefix('=')?;
        is_one_word(value).then_some(line)
    }

    /// The line of a command of a script, if nothing depends on it: it stands at the margin, alone, and no operator or
    /// keyword around it leads to it.
    #[must_use]
    pub fn command_line(&self, place: Place) -> Option<Bytes> {
        let line = self.line_alone(place)?;
        let text = self.text_of(line.file);
        let own = text[line.range.clone()].trim_end();
        let own = own.split(" #").next().unwrap_or(own).trim_end();
        let above = text[..line.range.start].trim_end();
        let leads_here = ["|", "&", "\\", "{", "("]
            .iter()
            .any(|end| above.ends_with(end))
            || ["then", "do", "else"].iter().any(|word| {
                above.strip_suffix(word).is_some_and(|before| {
                    before.is_empty() || before.ends_with(|c: char| c.is_whitespace() || c == ';')
                })
            });
        let plain = !own.contains(|c: char| "|&;<>()`{}\\\"'".contains(c));
        let at_margin = line.range.start == place.offset as usize;
        (plain && at_margin && !leads_here).then_some(line)
    }

    /// The line of a place, if it begins with the statement and is continued from nowhere and to nowhere.
    fn line_alone(&self, place: Place) -> Option<Bytes> {
        let line = self.line_of(place.file, place.offset as usize)?;
        let text = self.text_of(line.file);
        let before = &text[line.range.start..place.offset as usize];
        let continued = |text: &str| text.trim_end_matches(['\n', '\r']).ends_with('\\');
        let alone = before.chars().all(is_blank)
            && !continued(&text[..line.range.start])
            && !continued(&text[line.range.clone()]);
        alone.then_some(line)
    }

    /// The end of the file that counts among those of a kind: the one of this name.
    #[must_use]
    pub fn end_of(&self, kind: FileKind, name: &str) -> Option<Bytes> {
        let mut files = self.files_of(kind);
        let (file, text) = files.find(|(file, _)| {
            let path = self.files[usize::from(*file)].path;
            path.rsplit('/').next() == Some(name)
        })?;
        Some(Bytes {
            file: FileId(file),
            range: text.len()..text.len(),
        })
    }

    /// A fix with a further line at the end of a file.
    #[must_use]
    pub fn append(&self, fixing: Fixing, end: Option<Bytes>, line: &str) -> Fixing {
        let whole = end.as_ref().is_none_or(|end| {
            let text = self.text_of(end.file);
            text.is_empty() || text.ends_with('\n')
        });
        let start = if whole { "" } else { "\n" };
        fixing.replace(end, &format!("{start}{line}\n"))
    }

    /// Where the last word of a command of a script ends.
    #[must_use]
    pub fn end_of_command(&self, found: &SourceStatement<'_>) -> Option<Bytes> {
        let (Source::BootScript(file) | Source::Live(file)) = found.source else {
            return None;
        };
        let scripts = &self.reading.scripts;
        let script = scripts.iter().find(|script| script.file == file)?;
        let commands = &script.script.commands;
        let place = Some(found.statement.place);
        let at = commands
            .partition_point(|command| command.words.first().map(|word| word.place) < place);
        let end = commands.get(at)?.end;
        let text = self.text_of(file);
        let plain = text
            .get(..end)?
            .ends_with(|c: char| !c.is_whitespace() && c != '\\');
        plain.then_some(Bytes {
            file,
            range: end..end,
        })
    }
}

/// A text is one word of `sh(1)`, and perhaps a comment: in quotes of one kind, or without any.
#[must_use]
pub fn is_one_word(text: &str) -> bool {
    let text = text.trim_end();
    let rest = match text.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inside = &text[1..];
            match inside.find(quote) {
                Some(end) if !inside[..end].contains(['\\', '\n', '`']) => &inside[end + 1..],
                _ => return false,
            }
        }
        _ => text.trim_start_matches(|c: char| !c.is_whitespace() && !"\"'\\;&|<>()`".contains(c)),
    };
    let comment = rest.trim_start();
    comment.is_empty() || (rest.starts_with(is_blank) && comment.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stands_alone_or_before_a_comment() {
        for text in ["\"a b\"", "'a' # why", "word\n", "\"\"", "", "a=b # x"] {
            assert!(is_one_word(text), "{text}");
        }
        for text in ["a b", "\"a\" b", "\"a", "a;b", "\"a\"b", "'a'#b", "a \\"] {
            assert!(!is_one_word(text), "{text}");
        }
    }
}
