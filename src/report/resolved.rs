//! Findings with places that a reader can go to, wherever they come from.
//!
//! Everything else in this room works on these: a route into a description and a word of a host's file both end
//! as a file, a line and a column.

use std::collections::BTreeMap;
use std::ops::Range;

use super::masking::{keys_of, masked};
use crate::config::Source;
use crate::dialect::parse::Text;
use crate::lint::hosts::{HostLintFinding, HostPlace, Hosts, LintHost};
use crate::lint::{LintFinding, Rule};
use crate::model::{Edit, FileId, Finding, Fix, Route, Secret, Severity, Step};

/// All that one run found.
#[derive(Debug, Default)]
pub struct Report<'a> {
    /// The files that were looked at, in the order given.
    pub files: Vec<File<'a>>,
    /// The findings, file by file in the order of the text.
    pub findings: Vec<Resolved>,
    /// What could not be read at all.
    pub unread: Vec<Unread>,
    /// How many findings were fixed before; none where nothing was to be fixed.
    pub fixed: Option<usize>,
}

/// A file that was looked at.
#[derive(Clone, Debug)]
pub struct File<'a> {
    /// What to call it for people: relative to the folder given.
    pub name: String,
    /// Where it is, seen from where the program runs.
    pub path: String,
    /// Its text.
    pub text: &'a str,
    /// Keys that it may name anywhere. They are not shown.
    keys: Vec<Secret>,
}

impl<'a> File<'a> {
    /// A file. Services compare paths letter by letter, so `./` is left out.
    #[must_use]
    pub fn new(name: impl Into<String>, path: impl Into<String>, text: &'a str) -> Self {
        let path = path.into();
        let plain = path.trim_start_matches("./");
        Self {
            name: name.into(),
            path: if plain.is_empty() {
                path
            } else {
                plain.to_owned()
            },
            text,
            keys: Vec::new(),
        }
    }

    /// Its text as people may see it: without keys, and byte for byte as long.
    #[must_use]
    pub fn shown_text(&self) -> String {
        self.shown_without(&self.keys)
    }

    /// The same, with the keys that another file may name.
    pub(super) fn shown_beside(&self, other: &Self) -> String {
        self.shown_without(&[&self.keys[..], &other.keys[..]].concat())
    }

    fn shown_without(&self, keys: &[Secret]) -> String {
        masked(&self.name, self.text, keys)
    }
}

/// A file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Where it is, as it was given.
    pub path: String,
    /// Why not.
    pub message: String,
}

/// A finding with its places.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The rule.
    pub rule: &'static Rule,
    /// How much it matters in this run.
    pub severity: Severity,
    /// What is wrong and what follows.
    pub message: String,
    /// What to write instead.
    pub help: String,
    /// The host it is about, if it is about one.
    pub host: Option<String>,
    /// Where it is.
    pub at: Place,
    /// What stays the same about the place when lines come and go: a route by names, or words of the statement.
    /// Never a key.
    pub anchor: String,
    /// Further places, and what each says.
    pub related: Vec<(Place, String)>,
    /// What `--fix` would write, and where; empty where it does nothing.
    pub fix: Vec<FixChange>,
}

/// What stands at a place after a fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixChange {
    /// The words that give way; none of them at a place to insert at.
    pub at: Place,
    /// What stands there afterwards. Never a key.
    pub replacement: String,
}

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its file, counted in [`Report::files`]; none where no file is at fault.
    pub file: Option<usize>,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The words themselves.
    pub span: Option<Span>,
}

/// Words of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Their bytes.
    pub bytes: Range<usize>,
    /// The line of their end.
    pub end_line: usize,
    /// The column behind their last character.
    pub end_column: usize,
}

impl<'a> Report<'a> {
    /// Adds a description and what was found in it.
    pub fn add_description(
        &mut self,
        name: impl Into<String>,
        path: impl Into<String>,
        source: &'a Source<'a>,
        findings: &[LintFinding],
    ) {
        let file = self.files.len();
        self.files.push(File::new(name, path, source.text()));
        let resolved = findings.iter().map(|found| resolve(file, source, found));
        self.findings.extend(resolved);
    }

    /// Adds the files of hosts and what was found in them. A file is called `HOST/PATH` below the folder given, which
    /// is at `folder`; a single host of that folder is called by its paths alone.
    pub fn add_hosts(
        &mut self,
        hosts: &Hosts<'a>,
        name: impl Fn(&LintHost<'a>, &str) -> (String, String),
        findings: &[HostLintFinding],
    ) {
        let mut first_of = Vec::new();
        for host in &hosts.hosts {
            first_of.push(self.files.len());
            let keys = keys_of(host);
            for file in &host.files {
                let (name, path) = name(host, file.path);
                let mut file = File::new(name, path, file.text);
                file.keys.clone_from(&keys);
                self.files.push(file);
            }
        }
        let files: Vec<&'a str> = self.files.iter().map(|file| file.text).collect();
        // Few files have fixes, and the lines of the others need not be counted.
        let mut lines: BTreeMap<usize, Text<'a>> = BTreeMap::new();
        let mut change = |edit: &Edit| {
            let file = first_of[edit.text.host] + usize::from(edit.text.file.0);
            let text = lines
                .entry(file)
                .or_insert_with(|| Text::new(FileId(0), files[file]));
            FixChange {
                at: spanned(file, text, edit.bytes.clone()),
                replacement: edit.replacement.clone(),
            }
        };
        let place = |at: &HostPlace| Place {
            file: Some(first_of[at.host] + usize::from(at.place.file.0)),
            line: at.place.line as usize,
            column: at.place.column as usize,
            span: None,
        };
        for found in findings {
            let finding = &found.finding;
            let at = finding.at.as_ref().map(place);
            let at = at.unwrap_or(Place {
                file: None,
                line: 1,
                column: 1,
                span: None,
            });
            let related = finding.related.iter();
            self.findings.push(Resolved {
                rule: found.rule,
                severity: finding.severity,
                message: finding.message.clone(),
                help: finding.help.clone(),
                host: finding.host.map(|host| hosts.hosts[host].name.to_string()),
                anchor: self
                    .file(&at)
                    .map_or_else(String::new, |file| statement_of(file.text, at.line)),
                at,
                related: related
                    .map(|(at, words)| (place(at), words.clone()))
                    .collect(),
                fix: edits_of(finding.fix.as_ref()).map(&mut change).collect(),
            });
        }
    }

    /// The file of a place.
    #[must_use]
    pub fn file(&self, place: &Place) -> Option<&File<'a>> {
        place.file.and_then(|file| self.files.get(file))
    }

    /// `FILE:LINE:COLUMN` of a place, or nothing where it has no file.
    #[must_use]
    pub fn words(&self, place: &Place) -> String {
        self.file(place).map_or_else(String::new, |file| {
            format!("{}:{}:{}", file.name, place.line, place.column)
        })
    }
}

/// What a line sets: the words before its first `=` or second blank. They hold no key.
fn statement_of(text: &str, line: usize) -> String {
    let line = text
        .lines()
        .nth(line.saturating_sub(1))
        .unwrap_or("")
        .trim_start();
    let end = line
        .find('=')
        .or_else(|| line.match_indices(' ').nth(1).map(|(at, _)| at));
    line[..end.unwrap_or(0)].to_owned()
}

fn resolve(file: usize, source: &Source<'_>, found: &LintFinding) -> Resolved {
    let finding = &found.finding;
    let related = finding.related.iter().map(|note| {
        (
            place(file, source, source.span(&note.at)),
            note.message.clone(),
        )
    });
    Resolved {
        rule: found.rule,
        severity: finding.severity,
        message: finding.message.clone(),
        help: finding.help.clone(),
        host: finding.host.as_ref().map(ToString::to_string),
        at: place(file, source, source.span_of(finding)),
        anchor: anchor(source, finding),
        related: related.collect(),
        fix: edits_of(finding.fix.as_ref())
            .map(|edit| FixChange {
                at: place(file, source, edit.bytes.clone()),
                replacement: edit.replacement.clone(),
            })
            .collect(),
    }
}

fn edits_of(fix: Option<&Fix>) -> impl Iterator<Item = &Edit> {
    fix.into_iter().flat_map(Fix::edits)
}

/// The place of bytes of a file of a host.
fn spanned(file: usize, text: &Text<'_>, bytes: Range<usize>) -> Place {
    let (start, end) = (text.place(bytes.start), text.place(bytes.end));
    Place {
        file: Some(file),
        line: start.line as usize,
        column: start.column as usize,
        span: Some(Span {
            bytes,
            end_line: end.line as usize,
            end_column: end.column as usize,
        }),
    }
}

fn place(file: usize, source: &Source<'_>, bytes: Range<usize>) -> Place {
    let (line, column) = source.line_and_column(bytes.start);
    let (end_line, end_column) = source.line_and_column(bytes.end);
    Place {
        file: Some(file),
        line,
        column,
        span: Some(Span {
            bytes,
            end_line,
            end_column,
        }),
    }
}

/// The route of a finding with names in the place of positions: `vhid[lan:1].vips[0]`. A table that moves, or gets a
/// new neighbour, keeps its own. Where there is no route, the message has the words.
fn anchor(source: &Source<'_>, finding: &Finding) -> String {
    if finding.span.is_some() {
        return finding.message.clone();
    }
    let mut text = String::new();
    let mut way = Route::top();
    for step in finding.at.steps() {
        match step {
            Step::Key(key) => {
                way = way.key(key);
                text = joined(text, key);
            }
            Step::NameOf(key) => text = joined(text, key),
            Step::Index(index) => {
                way = way.index(*index);
                let name = name_of(source, &way).unwrap_or_else(|| index.to_string());
                text = format!("{text}[{name}]");
            }
        }
    }
    text
}

fn joined(text: String, key: &str) -> String {
    if text.is_empty() {
        key.to_owned()
    } else {
        text + "." + key
    }
}

/// What a table of an array calls itself: its name, or its segment and id.
fn name_of(source: &Source<'_>, table: &Route) -> Option<String> {
    let value = |key: &str| {
        let words = source.value(&table.key(key))?;
        Some(words.trim_matches(['"', '\'']).to_owned())
    };
    match (value("segment"), value("id")) {
        (Some(segment), Some(id)) => Some(format!("{segment}:{id}")),
        _ => value("name"),
    }
}
