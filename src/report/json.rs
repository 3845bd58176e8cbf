//! The shapes of JSON outputs, version 1. They only grow.

use schemars::JsonSchema;
use serde::Serialize;

use super::resolved::{Place, Report, Resolved};
use super::{SimulationReport, StatusReport};

/// The output of `render --format json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RenderReport {
    /// The version of this shape, 1.
    pub version: u8,
    /// The hosts, in the order of the description.
    pub hosts: Vec<RenderedHost>,
}

/// A host in the output of `render`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RenderedHost {
    /// Its name.
    pub host: String,
    /// The FreeBSD family, "9" to "15".
    pub release: &'static str,
    /// Boot file, sysctl.conf and loader.conf.
    pub files: Vec<RenderedFile>,
    /// The commands that configure the running host, each a list of words.
    pub live: Vec<Vec<String>>,
    /// The commands that take it away again.
    pub live_undo: Vec<Vec<String>>,
}

/// A file in the output of `render`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RenderedFile {
    /// Where it belongs on the host.
    pub path: &'static str,
    /// Its text.
    pub content: String,
}

/// The output of `lint --format json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LintReport {
    /// The version of this shape, 1.
    pub version: u8,
    /// The findings, file by file in the order of the text.
    pub findings: Vec<ReportedFinding>,
    /// What could not be read; left out where everything could.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub unread: Vec<UnreadFile>,
    /// How many findings `--fix` has fixed; left out without it. They are not among the findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub fixed: Option<usize>,
}

/// A file that `lint` could not read.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UnreadFile {
    /// The file as it was given.
    pub file: String,
    /// Why not.
    pub message: String,
}

/// A finding in the output of `lint`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedFinding {
    /// The name of the rule.
    pub rule: &'static str,
    /// The code of the rule.
    pub code: &'static str,
    /// "error", "warning" or "info".
    pub severity: &'static str,
    /// What is wrong and what follows.
    pub message: String,
    /// What to write instead.
    pub help: String,
    /// The host it is about, if it is about one.
    pub host: Option<String>,
    /// The file it is in.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// Further places.
    pub related: Vec<RelatedPlace>,
    /// What `--fix` would do about it; left out where it does nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub fix: Option<ReportedFix>,
}

/// What `--fix` would do about a finding: all of its edits, or none.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedFix {
    /// The edits, in the order of the files and of their text. They do not overlap.
    pub edits: Vec<ReportedEdit>,
}

/// Characters that give way to others.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedEdit {
    /// The file.
    pub file: Option<String>,
    /// The line of the first character, from 1.
    pub line: usize,
    /// The column of the first character, from 1.
    pub column: usize,
    /// The line of the character behind the last one.
    pub end_line: usize,
    /// The column of the character behind the last one.
    pub end_column: usize,
    /// What stands there afterwards.
    pub replacement: String,
}

/// A further place of a finding.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RelatedPlace {
    /// The file it is in.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What it says about the finding.
    pub message: String,
}

/// The findings of all files as the output of `lint`.
#[must_use]
pub fn lint(report: &Report<'_>) -> LintReport {
    let findings = report.findings.iter().map(|found| reported(report, found));
    let unread = report.unread.iter().map(|file| UnreadFile {
        file: file.path.clone(),
        message: file.message.clone(),
    });
    LintReport {
        version: 1,
        findings: findings.collect(),
        unread: unread.collect(),
        fixed: report.fixed,
    }
}

fn reported(report: &Report<'_>, found: &Resolved) -> ReportedFinding {
    let file = |place: &Place| report.file(place).map(|file| file.name.clone());
    let related = found.related.iter().map(|(place, message)| RelatedPlace {
        file: file(place),
        line: place.line,
        column: place.column,
        message: message.clone(),
    });
    let edits = found.fix.iter().map(|change| {
        let (line, column) = (change.at.line, change.at.column);
        let span = change.at.span.as_ref();
        ReportedEdit {
            file: file(&change.at),
            line,
            column,
            end_line: span.map_or(line, |span| span.end_line),
            end_column: span.map_or(column, |span| span.end_column),
            replacement: change.replacement.clone(),
        }
    });
    let fix = (!found.fix.is_empty()).then(|| ReportedFix {
        edits: edits.collect(),
    });
    ReportedFinding {
        rule: found.rule.name,
        code: found.rule.code,
        severity: found.severity.word(),
        message: found.message.clone(),
        help: found.help.clone(),
        host: found.host.clone(),
        file: file(&found.at),
        line: found.at.line,
        column: found.at.column,
        related: related.collect(),
        fix,
    }
}

/// The JSON Schema of an output, by the name of the command that makes it.
#[must_use]
pub fn schema(command: &str) -> Option<serde_json::Value> {
    let schema = match command {
        "plan" => schemars::schema_for!(super::PlanReport),
        "render" => schemars::schema_for!(RenderReport),
        "lint" => schemars::schema_for!(LintReport),
        "simulate" => schemars::schema_for!(SimulationReport),
        "status" => schemars::schema_for!(StatusReport),
        _ => return None,
    };
    Some(schema.to_value())
}
