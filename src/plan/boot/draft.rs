//! The files of a host while they are edited.

use std::ops::Range;

use super::FileEdit;
use crate::dialect::parse::{HostReading, HostText, read_host};
use crate::model::{HostName, Place, Release};

/// How the marked block begins. What stands behind it on the line is for people.
const BEGIN: &str = "# carpgen: begin";
const BEGIN_LINE: &str = "# carpgen: begin (written by carpgen from cluster.toml)";
const END: &str = "# carpgen: end";

/// A piece of a file and what stands there instead.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// Which file, by its position among those of the draft.
    pub(super) file: usize,
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

#[derive(Clone)]
struct File {
    path: String,
    before: Option<String>,
    text: String,
}

/// All files of a host.
#[derive(Clone)]
pub(super) struct Draft<'a> {
    host: &'a HostName,
    release: Release,
    files: Vec<File>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(host: &'a HostName, release: Release, files: &[HostText<'_>]) -> Self {
        let files = files.iter().map(|file| File {
            path: file.path.to_owned(),
            before: Some(file.text.to_owned()),
            text: file.text.to_owned(),
        });
        Self {
            host,
            release,
            files: files.collect(),
        }
    }

    /// Reads the files as they are now.
    pub(super) fn read<T>(&self, look: impl FnOnce(&HostReading<'_>) -> T) -> T {
        let texts: Vec<HostText<'_>> = self
            .files
            .iter()
            .map(|file| HostText {
                path: &file.path,
                text: &file.text,
            })
            .collect();
        look(&read_host(self.host, &texts, Some(self.release)))
    }

    pub(super) fn text(&self, file: usize) -> &str {
        self.files.get(file).map_or("", |file| &file.text)
    }

    pub(super) fn path(&self, file: usize) -> &str {
        self.files.get(file).map_or("", |file| &file.path)
    }

    /// The position of a file, which is made where there is none.
    pub(super) fn file(&mut self, path: &str) -> usize {
        if let Some(known) = self.files.iter().position(|file| file.path == path) {
            return known;
        }
        self.files.push(File {
            path: path.to_owned(),
            before: None,
            text: String::new(),
        });
        self.files.len() - 1
    }

    /// Carries changes out, all or none: none where they overlap or there is none.
    pub(super) fn apply(&mut self, mut changes: Vec<Change>) -> Option<()> {
        changes.sort_by_key(|change| (change.file, change.range.start, change.range.end));
        changes.dedup();
        let changes = self.joined(changes);
        let overlap = |pair: &[Change]| {
            pair[0].file == pair[1].file && pair[0].range.end > pair[1].range.start
        };
        let fits = |change: &Change| {
            self.files
                .get(change.file)
                .is_some_and(|file| file.text.get(change.range.clone()).is_some())
        };
        if changes.is_empty() || changes.windows(2).any(overlap) || !changes.iter().all(fits) {
            return None;
        }
        for change in changes.into_iter().rev() {
            self.files[change.file]
                .text
                .replace_range(change.range, &change.text);
        }
        Some(())
    }

    /// Makes one of pieces that go and overlap, as of neighbours on a line, and takes the line with them where nothing
    /// is left on it.
    fn joined(&self, changes: Vec<Change>) -> Vec<Change> {
        let mut joined: Vec<Change> = Vec::with_capacity(changes.len());
        for change in changes {
            match joined.last_mut() {
                Some(last)
                    if last.file == change.file
                        && last.range.end > change.range.start
                        && last.text.is_empty()
                        && change.text.is_empty() =>
                {
                    last.range.end = last.range.end.max(change.range.end);
                    let text = self.text(last.file);
                    let starts = last.range.start == 0
                        || text.as_bytes().get(last.range.start - 1) == Some(&b'\n');
                    if starts && text.as_bytes().get(last.range.end) == Some(&b'\n') {
                        last.range.end += 1;
                    }
                }
                _ => joined.push(change),
            }
        }
        joined
    }

    /// The marked blocks of a file, with their first and last lines.
    pub(super) fn blocks(&self, file: usize) -> Vec<Range<usize>> {
        let mut blocks = Vec::new();
        let mut begin = None;
        let mut at = 0;
        for line in self.text(file).split_inclusive('\n') {
            let words = line.trim_end();
            if words.starts_with(BEGIN) {
                begin = Some(at);
            }
            at += line.len();
            if words == END
                && let Some(begin) = begin.take()
            {
                blocks.push(begin..at);
            }
        }
        blocks
    }

    /// A place stands in a marked block.
    pub(super) fn in_block(&self, place: Place) -> bool {
        let (file, offset) = position(place);
        self.blocks(file)
            .iter()
            .any(|block| block.contains(&offset))
    }

    /// Writes lines into the marked block of a file: behind the line that holds the byte `beside`, else at its end. A
    /// file that has no block gets one at its end.
    pub(super) fn write_lines(&mut self, file: usize, beside: Option<usize>, lines: &[String]) {
        let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let last = self.blocks(file).pop();
        let text = &mut self.files[file].text;
        match (beside, last) {
            (Some(offset), _) if offset < text.len() => {
                let end = text[offset..]
                    .find('\n')
                    .map_or(text.len(), |end| offset + end + 1);
                text.insert_str(end, &lines);
            }
            (_, Some(block)) => {
                let inside = text[block.clone()].trim_end();
                let start = inside.rfind('\n').map_or(0, |newline| newline + 1);
                text.insert_str(block.start + start, &lines);
            }
            (_, None) => {
                if !text.is_empty() && !text.ends_with('\n') {
                    text.push('\n');
                }
                text.push_str(&format!("{BEGIN_LINE}\n{lines}{END}\n"));
            }
        }
    }

    /// Takes away blocks that hold nothing but comments.
    pub(super) fn drop_empty_blocks(&mut self) {
        for file in 0..self.files.len() {
            for block in self.blocks(file).into_iter().rev() {
                let text = &mut self.files[file].text;
                let is_empty = text[block.clone()]
                    .lines()
                    .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
                if is_empty {
                    text.replace_range(block, "");
                }
            }
        }
    }

    /// What has changed. `holds_key` tells whether a text has a key in it.
    pub(super) fn edits(self, holds_key: impl Fn(&str) -> bool) -> Vec<FileEdit> {
        let changed = self
            .files
            .into_iter()
            .filter(|file| file.before.as_ref() != Some(&file.text));
        let edit = |file: File| {
            let secret = holds_key(&file.text) || file.before.as_deref().is_some_and(&holds_key);
            // rc.conf is never taken away: programs expect it.
            let goes = file.text.trim().is_empty() && file.path != "/etc/rc.conf";
            if goes && file.before.is_none() {
                return None;
            }
            let private = file.path.starts_with("/etc/rc.conf.d/") && holds_key(&file.text);
            Some(FileEdit {
                mode: private.then_some(0o600),
                after: (!goes).then_some(file.text),
                before: file.before,
                path: file.path,
                secret,
            })
        };
        changed.filter_map(edit).collect()
    }
}

/// The file and byte of a place.
pub(super) fn position(place: Place) -> (usize, usize) {
    (usize::from(place.file.0), place.offset as usize)
}
