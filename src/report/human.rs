//! Findings and pages for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource,
    Severity as MietteSeverity, SourceCode,
};

use super::resolved::{Place, Report, Resolved};
use crate::lint::{Message, Page, Rule};
use crate::model::Severity;

/// How text for people looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// With colours.
    pub colour: bool,
    /// With characters beyond ASCII.
    pub unicode: bool,
    /// Columns of the terminal.
    pub width: usize,
}

impl Style {
    pub(super) fn theme(self) -> GraphicalTheme {
        match (self.unicode, self.colour) {
            (true, true) => GraphicalTheme::unicode(),
            (true, false) => GraphicalTheme::unicode_nocolor(),
            (false, true) => GraphicalTheme::ascii(),
            (false, false) => GraphicalTheme::none(),
        }
    }

    /// The text in the look of a terminal, where there is colour.
    pub(super) fn paint(self, look: anstyle::Style, text: &str) -> String {
        if self.colour {
            format!("{look}{text}{look:#}")
        } else {
            text.to_owned()
        }
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.paint(anstyle::Style::new().bold(), text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.paint(anstyle::Style::new().dimmed(), text)
    }

    pub(super) fn green(self, text: &str) -> String {
        self.paint(anstyle::AnsiColor::Green.on_default(), text)
    }

    pub(super) fn red(self, text: &str) -> String {
        self.paint(anstyle::AnsiColor::Red.on_default(), text)
    }

    pub(super) fn yellow(self, text: &str) -> String {
        self.paint(anstyle::AnsiColor::Yellow.on_default(), text)
    }
}

/// How many findings of a file are shown: whoever has more begins at the top anyway.
const MOST_SHOWN: usize = 200;

/// The findings of all files with the lines that they are about, and a count at the end.
#[must_use]
pub fn findings(report: &Report<'_>, style: Style) -> String {
    let handler = GraphicalReportHandler::new_themed(style.theme()).with_width(style.width);
    let mut codes = Codes::new(report);
    let mut shown_of: BTreeMap<Option<usize>, usize> = BTreeMap::new();
    let mut text = String::new();
    let mut left = 0;
    for found in &report.findings {
        let shown = shown_of.entry(found.at.file).or_default();
        *shown += 1;
        if *shown > MOST_SHOWN {
            left += 1;
            continue;
        }
        codes.load(found);
        // Formatting into a String fails only if a Display of ours does, and none does.
        let _ = handler.render_report(&mut text, &Shown::of(found, &codes));
        text.push('\n');
    }
    if left > 0 {
        let _ = writeln!(text, "… and {left} more; --format json has all of them\n");
    }
    text + &count(report.findings.iter().map(|found| found.severity)) + &fixable(report) + "\n"
}

/// What was fixed, and what can be.
fn fixable(report: &Report<'_>) -> String {
    let findings = |number: usize| match number {
        1 => "1 finding".to_owned(),
        _ => format!("{number} findings"),
    };
    if let Some(fixed) = report.fixed {
        return format!("; {} fixed", findings(fixed));
    }
    let with_fix = report.findings.iter().filter(|found| !found.fix.is_empty());
    match with_fix.count() {
        0 => String::new(),
        number => format!("; {} can be fixed with `--fix`", findings(number)),
    }
}

/// The texts of the files that have findings, as miette takes them.
struct Codes<'a> {
    report: &'a Report<'a>,
    loaded: BTreeMap<usize, NamedSource<String>>,
}

impl<'a> Codes<'a> {
    const fn new(report: &'a Report<'a>) -> Self {
        Self {
            report,
            loaded: BTreeMap::new(),
        }
    }

    fn load(&mut self, found: &Resolved) {
        let related = found.related.iter().map(|(place, _)| place);
        for place in std::iter::once(&found.at).chain(related) {
            if let (Some(number), Some(file)) = (place.file, self.report.file(place)) {
                self.loaded
                    .entry(number)
                    .or_insert_with(|| NamedSource::new(&file.name, file.shown_text()));
            }
        }
    }

    fn of(&self, place: &Place) -> Option<&NamedSource<String>> {
        self.loaded.get(&place.file?)
    }

    /// The bytes of a place; where only its line and column are known, from there to the end of the word.
    fn bytes(&self, place: &Place) -> Range<usize> {
        if let Some(span) = &place.span {
            return span.bytes.clone();
        }
        let text = self.report.file(place).map_or("", |file| file.text);
        let mut start = 0;
        for line in text
            .split_inclusive('\n')
            .take(place.line.saturating_sub(1))
        {
            start += line.len();
        }
        let line = text[start..].lines().next().unwrap_or("");
        let before: usize = line
            .chars()
            .take(place.column.saturating_sub(1))
            .map(char::len_utf8)
            .sum();
        let word = line[before..].split_whitespace().next().unwrap_or("");
        start + before..start + before + word.len()
    }
}

/// How many findings of each severity: `1 error, 2 warnings`.
#[must_use]
pub fn count(severities: impl IntoIterator<Item = Severity>) -> String {
    let mut numbers = [0_usize; 3];
    for severity in severities {
        numbers[severity as usize] += 1;
    }
    let words = [
        (2, "error", "errors"),
        (1, "warning", "warnings"),
        (0, "note", "notes"),
    ];
    let parts: Vec<String> = words
        .iter()
        .filter(|(severity, ..)| numbers[*severity] > 0)
        .map(|(severity, one, many)| {
            let number = numbers[*severity];
            format!("{number} {}", if number == 1 { one } else { many })
        })
        .collect();
    if parts.is_empty() {
        "No findings".to_owned()
    } else {
        parts.join(", ")
    }
}

/// The page of a rule as plain text.
#[must_use]
pub fn page(rule: &Rule) -> String {
    format!(
        "{} ({}), {}, since {}\n\n{}",
        rule.name,
        rule.code,
        rule.severity,
        rule.since,
        rule.markdown()
    )
}

/// A page that belongs to no rule, as plain text.
#[must_use]
pub fn free_page(page: &Page) -> String {
    format!("{}\n\n{}", page.name, page.markdown())
}

/// What a text with a message in it means, as plain text.
#[must_use]
pub fn message(text: &str, message: &Message) -> String {
    format!("{}\n\n{}\n", text.trim(), message.meaning)
}

/// A finding, or a place of it in another file, as miette takes it.
#[derive(Debug)]
struct Shown<'a> {
    message: String,
    rule: Option<&'a Rule>,
    severity: Severity,
    help: Option<&'a str>,
    code: Option<&'a NamedSource<String>>,
    labels: Vec<LabeledSpan>,
    elsewhere: Vec<Self>,
}

impl<'a> Shown<'a> {
    fn of(found: &'a Resolved, codes: &'a Codes<'a>) -> Self {
        let mut labels = Vec::new();
        if found.at.file.is_some() {
            labels.push(LabeledSpan::new_primary_with_span(
                None,
                codes.bytes(&found.at),
            ));
        }
        let mut elsewhere = Vec::new();
        for (place, message) in &found.related {
            if place.file.is_some() && place.file == found.at.file {
                let label = LabeledSpan::new_with_span(Some(message.clone()), codes.bytes(place));
                labels.push(label);
            } else {
                elsewhere.push(Self::elsewhere(place, message, codes));
            }
        }
        let host = found.host.as_ref();
        Self {
            message: host.map_or_else(String::new, |host| format!("host {host}: "))
                + &found.message,
            rule: Some(found.rule),
            severity: found.severity,
            help: Some(&found.help),
            code: codes.of(&found.at),
            labels,
            elsewhere,
        }
    }

    fn elsewhere(place: &Place, message: &str, codes: &'a Codes<'a>) -> Self {
        let code = codes.of(place);
        let label = code.map(|_| LabeledSpan::new_primary_with_span(None, codes.bytes(place)));
        Self {
            message: message.to_owned(),
            rule: None,
            severity: Severity::Info,
            help: None,
            code,
            labels: label.into_iter().collect(),
            elsewhere: Vec::new(),
        }
    }
}

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn std::fmt::Display + 'b>> {
        let rule = self.rule?;
        Some(Box::new(format!("{} {}", rule.code, rule.name)))
    }

    fn severity(&self) -> Option<MietteSeverity> {
        Some(match self.severity {
            Severity::Error => MietteSeverity::Error,
            Severity::Warning => MietteSeverity::Warning,
            Severity::Info => MietteSeverity::Advice,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn std::fmt::Display + 'b>> {
        Some(Box::new(self.help?))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.code?)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'b>(&'b self) -> Option<Box<dyn Iterator<Item = &'b dyn Diagnostic> + 'b>> {
        if self.elsewhere.is_empty() {
            return None;
        }
        Some(Box::new(
            self.elsewhere.iter().map(|shown| shown as &dyn Diagnostic),
        ))
    }
}
