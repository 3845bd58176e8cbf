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
    }
}

/// The JSON Schema of an output, by the name of the command that makes it.
#[must_use]
pub fn schema(command: &str) -> Option<serde_json::Value> {
    let schema = match command {
        "render" => schemars::schema_for!(RenderReport),
        "lint" => schemars::schema_for!(LintReport),
        "simulate" => schemars::schema_for!(SimulationReport),
        "status" => schemars::schema_for!(StatusReport),
        _ => return None,
    };
    Some(schema.to_value())
}
