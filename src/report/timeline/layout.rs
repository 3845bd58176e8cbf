//! Where everything stands in the picture, in pixels.

use serde::Serialize;

use super::{Lane, LaneState, Timeline, seconds};

/// The width of the column of names.
const NAMES: f64 = 190.0;
/// The width of the plot.
const PLOT: f64 = 960.0;
/// The free space at the right, for the half of the last time under the axis.
const RIGHT: f64 = 40.0;
/// The height of a lane.
const LANE: f64 = 26.0;
/// The height of the name of a host above its lanes.
const HOST: f64 = 28.0;
/// The height of a row of labels of marks.
const LABEL_ROW: f64 = 16.0;
/// The width of a letter in a label, at most.
const LETTER: f64 = 6.7;
/// The top of the first row of labels, below the headline.
const TOP: f64 = 54.0;

/// The picture.
#[derive(Debug, Serialize)]
pub(super) struct Layout {
    title: String,
    summary: String,
    width: f64,
    height: f64,
    plot_left: f64,
    plot_right: f64,
    plot_top: f64,
    plot_bottom: f64,
    end_us: u64,
    end: String,
    hosts: Vec<HostName>,
    lanes: Vec<DrawnLane>,
    ticks: Vec<Tick>,
    marks: Vec<DrawnMark>,
}

/// The name of a host above its lanes.
#[derive(Debug, Serialize)]
struct HostName {
    name: String,
    y: f64,
}

/// A lane with its spans.
#[derive(Debug, Serialize)]
struct DrawnLane {
    label: String,
    y: f64,
    middle: f64,
    spans: Vec<Span>,
}

/// A time in one state.
#[derive(Debug, Serialize)]
struct Span {
    class: &'static str,
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    /// The word on it, where there is room.
    word: Option<&'static str>,
    word_x: f64,
    /// The whole story, for whoever points at it.
    story: String,
}

/// A time under the axis.
#[derive(Debug, Serialize)]
struct Tick {
    x: f64,
    time: String,
}

/// A mark and its label.
#[derive(Debug, Serialize)]
struct DrawnMark {
    x: f64,
    label_x: f64,
    label_y: f64,
    /// The label stands left of the line, where the right edge is near.
    before: bool,
    label: String,
    time: String,
}

/// From time to pixels.
struct Scale {
    end_us: u64,
}

impl Scale {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a pixel is far coarser than a microsecond"
    )]
    fn x(&self, t_us: u64) -> f64 {
        let share = t_us.min(self.end_us) as f64 / self.end_us as f64;
        round(NAMES + share * PLOT)
    }
}

/// Hundredths of a pixel are enough, and keep the text short.
fn round(pixels: f64) -> f64 {
    (pixels * 100.0).round() / 100.0
}

impl Layout {
    pub(super) fn of(timeline: &Timeline) -> Self {
        let scale = Scale {
            end_us: timeline.end_us.max(1),
        };
        let (marks, label_rows) = marks(timeline, &scale);
        let plot_top = TOP + f64::from(label_rows) * LABEL_ROW + 6.0;
        let mut y = plot_top;
        let mut hosts: Vec<HostName> = Vec::new();
        let mut lanes = Vec::new();
        for lane in &timeline.lanes {
            if hosts.last().is_none_or(|host| host.name != lane.host) {
                hosts.push(HostName {
                    name: lane.host.clone(),
                    y: y + HOST - 9.0,
                });
                y += HOST;
            }
            lanes.push(drawn(lane, y, &scale));
            y += LANE;
        }
        let plot_bottom = y + 8.0;
        Self {
            title: timeline.title.clone(),
            summary: format!(
                "{} of {}, {}",
                counted(timeline.lanes.len(), "lane"),
                counted(hosts.len(), "host"),
                seconds(timeline.end_us)
            ),
            width: NAMES + PLOT + RIGHT,
            height: plot_bottom + 44.0,
            plot_left: NAMES,
            plot_right: NAMES + PLOT,
            plot_top,
            plot_bottom,
            end_us: timeline.end_us,
            end: seconds(timeline.end_us),
            hosts,
            lanes,
            ticks: ticks(&scale),
            marks,
        }
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}

fn drawn(lane: &Lane, y: f64, scale: &Scale) -> DrawnLane {
    let mut spans = Vec::new();
    for (position, change) in lane.changes.iter().enumerate() {
        let until = lane
            .changes
            .get(position + 1)
            .map_or(scale.end_us, |next| next.t_us);
        if change.state == LaneState::Off || until <= change.t_us {
            continue;
        }
        let (left, right) = (scale.x(change.t_us), scale.x(until));
        // A state of an instant stays visible.
        let width = round((right - left).max(1.5));
        let (inset, height) = match change.state {
            LaneState::Master => (3.0, LANE - 6.0),
            LaneState::Init => (9.0, LANE - 18.0),
            LaneState::Backup | LaneState::Off => (11.0, LANE - 22.0),
        };
        spans.push(Span {
            class: change.state.class(),
            x: left,
            y: y + inset,
            width,
            height,
            word: (change.state == LaneState::Master && width > 64.0).then(|| change.state.word()),
            word_x: left + 7.0,
            story: format!(
                "{}, {}: {} from {} to {} ({})",
                lane.host,
                lane.label,
                change.state.word(),
                seconds(change.t_us),
                seconds(until),
                change.cause
            ),
        });
    }
    DrawnLane {
        label: lane.label.clone(),
        y,
        middle: y + LANE / 2.0,
        spans,
    }
}

/// The marks, and how many rows their labels need so that none covers another.
fn marks(timeline: &Timeline, scale: &Scale) -> (Vec<DrawnMark>, u32) {
    let mut row_ends: Vec<f64> = Vec::new();
    let mut marks = Vec::new();
    for mark in &timeline.marks {
        let x = scale.x(mark.t_us);
        let letters = u32::try_from(mark.label.chars().count()).unwrap_or(u32::MAX);
        let width = f64::from(letters) * LETTER + 10.0;
        let before = x + width > NAMES + PLOT + RIGHT;
        let (left, right) = if before {
            (x - width, x)
        } else {
            (x, x + width)
        };
        let row = row_ends
            .iter()
            .position(|end| *end <= left)
            .unwrap_or(row_ends.len());
        if row == row_ends.len() {
            row_ends.push(right);
        } else {
            row_ends[row] = right;
        }
        let below = u32::try_from(row).unwrap_or(u32::MAX);
        marks.push(DrawnMark {
            x,
            label_x: if before { x - 4.0 } else { x + 4.0 },
            label_y: TOP + f64::from(below) * LABEL_ROW + 9.0,
            before,
            label: mark.label.clone(),
            time: seconds(mark.t_us),
        });
    }
    (marks, u32::try_from(row_ends.len()).unwrap_or(u32::MAX))
}

/// Round times: 1, 2 or 5 times a power of ten apart, at most twelve.
fn ticks(scale: &Scale) -> Vec<Tick> {
    let mut step = 1_u64;
    while scale.end_us / step > 12 {
        let leading = step / 10_u64.pow(step.ilog10());
        step = if leading == 2 { step / 2 * 5 } else { step * 2 };
    }
    (0..=scale.end_us / step)
        .map(|count| Tick {
            x: scale.x(count * step),
            time: short(count * step, step),
        })
        .collect()
}

/// A time with as many digits as the step needs.
fn short(t_us: u64, step: u64) -> String {
    let digits = 6_usize.saturating_sub(step.ilog10() as usize);
    let text = format!("{}.{:06}", t_us / 1_000_000, t_us % 1_000_000);
    let kept = text.len() - 6 + digits;
    format!("{} s", text[..kept].trim_end_matches('.'))
}
