//! Results for people and for programs.
//!
//! Owns the shapes of JSON outputs and the look of findings. Imports the rooms above it; writes to no file or
//! stream: it makes text.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod human;
mod json;
mod problems;
mod simulation;
mod timeline;

pub use human::{Style, count, findings as human_findings, page};
pub use json::{
    LintReport, RenderReport, RenderedFile, RenderedHost, ReportedFinding, lint as lint_report,
    schema,
};

pub use problems::{TextProblem, text_problems};
pub use simulation::{Simulation, SimulationReport, event_in_words, simulation_report};
pub use timeline::{
    Change, Lane, LaneState, Mark, Timeline, TimelineError, timeline_page, timeline_svg,
};

use crate::config::Source;
use crate::lint::LintFinding;

/// The findings of one description, with what is needed to show them.
#[derive(Debug)]
pub struct Checked<'a> {
    /// What to call the file; none for a text without a file.
    pub file: Option<String>,
    /// Its text.
    pub source: &'a Source<'a>,
    /// What the rules found.
    pub findings: Vec<LintFinding>,
}
