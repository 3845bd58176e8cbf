//! Findings and pages for people.

use std::fmt::Write as _;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource,
    Severity as MietteSeverity, SourceCode,
};

use super::Checked;
use crate::config::Source;
use crate::lint::{LintFinding, Rule};
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
}

/// How many findings of a file are shown: whoever has more begins at the top anyway.
const MOST_SHOWN: usize = 200;

/// The findings of all files with the lines that they are about, and a count at the end.
#[must_use]
pub fn findings(files: &[Checked<'_>], style: Style) -> String {
    let handler = GraphicalReportHandler::new_themed(style.theme()).with_width(style.width);
    let mut text = String::new();
    for file in files {
        let name = file.file.as_deref().unwrap_or("description");
        let code = NamedSource::new(name, file.source.text().to_owned()).with_language("toml");
        for found in file.findings.iter().take(MOST_SHOWN) {
            let shown = Shown::of(found, file.source, &code);
            // Formatting into a String fails only if a Display of ours does, and none does.
            let _ = handler.render_report(&mut text, &shown);
            text.push('\n');
        }
    }
    let left = files
        .iter()
        .map(|file| file.findings.len().saturating_sub(MOST_SHOWN))
        .sum::<usize>();
    if left > 0 {
        let _ = writeln!(text, "… and {left} more; --format json has all of them\n");
    }
    text + &count(files.iter().flat_map(|file| &file.findings)) + "\n"
}

/// How many findings of each severity: `1 error, 2 warnings`.
#[must_use]
pub fn count<'a>(findings: impl IntoIterator<Item = &'a LintFinding>) -> String {
    let mut numbers = [0_usize; 3];
    for found in findings {
        numbers[found.finding.severity as usize] += 1;
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
    let mut text = format!(
        "{} ({}), {}, since {}\n\n",
        rule.name, rule.code, rule.severity, rule.since
    );
    for line in rule.page.lines() {
        let _ = writeln!(
            text,
            "{}",
            line.strip_prefix(' ').unwrap_or(line).trim_end()
        );
    }
    text
}

/// A finding as miette takes it.
#[derive(Debug)]
struct Shown<'a> {
    found: &'a LintFinding,
    code: &'a NamedSource<String>,
    labels: Vec<LabeledSpan>,
}

impl<'a> Shown<'a> {
    fn of(found: &'a LintFinding, source: &Source<'_>, code: &'a NamedSource<String>) -> Self {
        let finding = &found.finding;
        let mut labels = vec![LabeledSpan::new_primary_with_span(
            None,
            source.span_of(finding),
        )];
        for note in &finding.related {
            labels.push(LabeledSpan::new_with_span(
                Some(note.message.clone()),
                source.span(&note.at),
            ));
        }
        Self {
            found,
            code,
            labels,
        }
    }
}

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(host) = &self.found.finding.host {
            write!(f, "host {host}: ")?;
        }
        f.write_str(&self.found.finding.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn std::fmt::Display + 'b>> {
        Some(Box::new(format!(
            "{} {}",
            self.found.rule.code, self.found.rule.name
        )))
    }

    fn severity(&self) -> Option<MietteSeverity> {
        Some(match self.found.finding.severity {
            Severity::Error => MietteSeverity::Error,
            Severity::Warning => MietteSeverity::Warning,
            Severity::Info => MietteSeverity::Advice,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn std::fmt::Display + 'b>> {
        Some(Box::new(&self.found.finding.help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.code)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}
