//! The shapes of JSON outputs, version 1. They only grow.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Checked, SimulationReport};
use crate::config::Source;
use crate::lint::LintFinding;
use crate::model::Route;

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
pub fn lint(files: &[Checked<'_>]) -> LintReport {
    let findings = files
        .iter()
        .flat_map(|file| file.findings.iter().map(|found| reported(file, found)))
        .collect();
    LintReport {
        version: 1,
        findings,
    }
}

fn reported(file: &Checked<'_>, found: &LintFinding) -> ReportedFinding {
    let finding = &found.finding;
    let (line, column) = file
        .source
        .line_and_column(file.source.span_of(finding).start);
    let related = finding.related.iter().map(|note| {
        let (line, column) = place(file.source, &note.at);
        RelatedPlace {
            file: file.file.clone(),
            line,
            column,
            message: note.message.clone(),
        }
    });
    ReportedFinding {
        rule: found.rule.name,
        code: found.rule.code,
        severity: finding.severity.word(),
        message: finding.message.clone(),
        help: finding.help.clone(),
        host: finding.host.as_ref().map(ToString::to_string),
        file: file.file.clone(),
        line,
        column,
        related: related.collect(),
    }
}

fn place(source: &Source<'_>, at: &Route) -> (usize, usize) {
    source.line_and_column(source.span(at).start)
}

/// The JSON Schema of an output, by the name of the command that makes it.
#[must_use]
pub fn schema(command: &str) -> Option<serde_json::Value> {
    let schema = match command {
        "render" => schemars::schema_for!(RenderReport),
        "lint" => schemars::schema_for!(LintReport),
        "simulate" => schemars::schema_for!(SimulationReport),
        _ => return None,
    };
    Some(schema.to_value())
}
