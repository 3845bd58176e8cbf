//! Results for people and for programs.
//!
//! Owns the shapes of JSON outputs and the look of findings. Imports the rooms above it; writes to no file or
//! stream: it makes text.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod diff;
mod github;
mod human;
mod json;
mod junit;
mod masking;
mod mdoc;
mod plan;
mod problems;
mod resolved;
mod sarif;
mod simulation;
mod status;
mod timeline;

pub use diff::diff;
pub use github::github;
pub use human::{Style, count, findings as human_findings, free_page, message, page};
pub use json::{
    LintReport, RenderReport, RenderedFile, RenderedHost, ReportedFinding, lint as lint_report,
    schema,
};
pub use junit::junit;
pub use mdoc::lint_manual;
pub use plan::{MadeOf, PlanReport, human_plan};
pub use problems::{TextProblem, text_problems};
pub use resolved::{File, FixChange, Place, Report, Resolved, Span, Unread};
pub use sarif::{Log as SarifLog, sarif};
pub use simulation::{Simulation, SimulationReport, event_in_words, simulation_report};
pub use status::{
    NagiosState, StatusReport, nagios_line, status_metrics, status_report, status_text,
};
pub use timeline::{
    Change, Lane, LaneState, Mark, Timeline, TimelineError, timeline_page, timeline_svg,
};
