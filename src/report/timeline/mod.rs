//! A run as a picture: lanes of states over time, as SVG and as a page that plays it.
//!
//! [`Timeline`] is what the picture is about; [`layout`](self) turns it into places in pixels, and the templates in
//! `templates/` only draw them.

mod layout;

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use serde::Serialize;

use layout::Layout;

/// What a vhid is on a host for some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum LaneState {
    /// It serves.
    #[serde(rename = "MASTER")]
    Master,
    /// It waits.
    #[serde(rename = "BACKUP")]
    Backup,
    /// It is configured but takes no part.
    #[serde(rename = "INIT")]
    Init,
    /// The host is off, or the vhid does not exist.
    #[serde(rename = "OFF")]
    Off,
}

impl LaneState {
    /// The word that `ifconfig(8)` shows, or `OFF`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Master => "MASTER",
            Self::Backup => "BACKUP",
            Self::Init => "INIT",
            Self::Off => "OFF",
        }
    }

    /// The class of the style sheet.
    const fn class(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::Backup => "backup",
            Self::Init => "init",
            Self::Off => "off",
        }
    }
}

/// A state and when it begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Microseconds from the start.
    pub t_us: u64,
    /// The state from then on.
    pub state: LaneState,
    /// Why, in words.
    pub cause: String,
}

/// One vhid on one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lane {
    /// The host.
    pub host: String,
    /// What to call the vhid, such as `vhid 1 on em0`.
    pub label: String,
    /// What the vhid is for, such as its addresses.
    pub service: String,
    /// The states in the order of time. Before the first one it is off.
    pub changes: Vec<Change>,
}

/// Something that was done to the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// Microseconds from the start.
    pub t_us: u64,
    /// What, in words.
    pub label: String,
}

/// A whole run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Timeline {
    /// The headline.
    pub title: String,
    /// The length of the run in microseconds.
    pub end_us: u64,
    /// The lanes, those of one host together.
    pub lanes: Vec<Lane>,
    /// What was done, in the order of time.
    pub marks: Vec<Mark>,
}

/// Why a picture cannot be drawn: a template is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the template of the picture cannot be filled in: {0}")]
pub struct TimelineError(String);

impl From<minijinja::Error> for TimelineError {
    fn from(error: minijinja::Error) -> Self {
        Self(error.to_string())
    }
}

/// The run as an SVG image of its own, readable in dark and light.
///
/// # Errors
///
/// [`TimelineError`] if a template is broken.
pub fn timeline_svg(timeline: &Timeline) -> Result<String, TimelineError> {
    let environment = environment()?;
    let layout = Serde(Layout::of(timeline));
    let template = environment.get_template("timeline.svg")?;
    Ok(template.render(context! { timeline => layout, alone => true })?)
}

/// The run as a page without any outside resource: the picture, a slider that plays it, who serves at the moment
/// shown, and all changes as a table.
///
/// # Errors
///
/// [`TimelineError`] if a template is broken.
pub fn timeline_page(timeline: &Timeline) -> Result<String, TimelineError> {
    let environment = environment()?;
    let layout = Layout::of(timeline);
    let rows = rows(timeline);
    // `<` would end the script element early.
    let run = serde_json::to_string(timeline)
        .map_err(|error| TimelineError(error.to_string()))?
        .replace('<', "\\u003c");
    let template = environment.get_template("timeline.html")?;
    Ok(template.render(context! {
        timeline => Serde(layout),
        rows => Serde(rows),
        services => Serde(services(timeline)),
        run => Value::from_safe_string(run),
        alone => false,
    })?)
}

fn environment() -> Result<Environment<'static>, TimelineError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()?;
    environment.set_syntax(syntax);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template(
        "timeline.svg",
        include_str!("../../../templates/timeline.svg.j2"),
    )?;
    environment.add_template(
        "timeline.html",
        include_str!("../../../templates/timeline.html.j2"),
    )?;
    Ok(environment)
}

/// A line of the table of changes and marks.
#[derive(Serialize)]
struct Row<'a> {
    t_us: u64,
    time: String,
    host: &'a str,
    lane: &'a str,
    state: Option<LaneState>,
    class: &'static str,
    what: &'a str,
}

fn rows(timeline: &Timeline) -> Vec<Row<'_>> {
    let marks = timeline.marks.iter().map(|mark| Row {
        t_us: mark.t_us,
        time: seconds(mark.t_us),
        host: "",
        lane: "",
        state: None,
        class: "mark",
        what: &mark.label,
    });
    let changes = timeline.lanes.iter().flat_map(|lane| {
        lane.changes.iter().map(|change| Row {
            t_us: change.t_us,
            time: seconds(change.t_us),
            host: &lane.host,
            lane: &lane.label,
            state: Some(change.state),
            class: change.state.class(),
            what: &change.cause,
        })
    });
    let mut rows: Vec<Row<'_>> = marks.chain(changes).collect();
    rows.sort_by_key(|row| row.t_us);
    rows
}

/// What is served, each once, in the order of the lanes.
fn services(timeline: &Timeline) -> Vec<&str> {
    let mut seen: BTreeMap<&str, ()> = BTreeMap::new();
    let lanes = timeline.lanes.iter().map(|lane| lane.service.as_str());
    lanes
        .filter(|service| seen.insert(service, ()).is_none())
        .collect()
}

/// Microseconds as seconds, to the microsecond where needed and never with less than a millisecond: `15.391 s`.
fn seconds(t_us: u64) -> String {
    let text = format!("{}.{:06}", t_us / 1_000_000, t_us % 1_000_000);
    let short = text.trim_end_matches('0');
    let kept = short.len().max(text.len() - 3);
    format!("{} s", &text[..kept])
}

#[cfg(test)]
mod tests;
