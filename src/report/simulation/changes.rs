//! A line for each change, with a column for each host.

use std::fmt::Write as _;

use super::words::{cause, event_in_words, family_number};
use super::{Simulation, time};
use crate::carp::{Instant, Says};
use crate::sim::HostId;
use crate::sim::trace::{AdvertisementRecord, Power, TransitionRecord};

/// The width of the column of times.
const TIME: usize = 14;

/// A line of the timeline.
enum Line {
    /// Something was done.
    Event(String),
    /// Something changed at a host: what, and why.
    Host(HostId, String, String),
}

/// The changes as text.
pub(super) fn text(simulation: &Simulation<'_>) -> String {
    let lines = lines(simulation);
    let names: Vec<&str> = simulation
        .setup
        .hosts
        .iter()
        .map(|host| host.name.as_str())
        .collect();
    let mut widths: Vec<usize> = names.iter().map(|name| width(name)).collect();
    for (_, line) in &lines {
        if let Line::Host(host, what, _) = line {
            let own = &mut widths[usize::from(host.0)];
            *own = (*own).max(width(what));
        }
    }
    let mut text = format!("{:>TIME$}", "time");
    for (name, width) in names.iter().zip(&widths) {
        let _ = write!(text, "  {name:<width$}");
    }
    text.push_str("  why\n");
    for (at, line) in lines {
        let _ = write!(text, "{:>TIME$}", time(at));
        match line {
            Line::Event(what) => {
                let _ = write!(text, "  -- {what} --");
            }
            Line::Host(host, what, why) => {
                for (column, width) in widths.iter().enumerate() {
                    let cell = if column == usize::from(host.0) {
                        what.as_str()
                    } else {
                        ""
                    };
                    let _ = write!(text, "  {cell:<width$}");
                }
                let _ = write!(text, "  {why}");
            }
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// Everything in the order of time. At one time events come first, then power, changes of state and of demotion, and
/// advertisements; what came first in the run stays first.
fn lines(simulation: &Simulation<'_>) -> Vec<(Instant, Line)> {
    let trace = simulation.trace;
    let mut lines: Vec<(Instant, u8, Line)> = Vec::new();
    for phase in simulation.phases() {
        for event in phase.events {
            let words = event_in_words(&simulation.scenario.events[event].action, simulation.setup);
            lines.push((phase.from, 0, Line::Event(words)));
        }
    }
    for record in &trace.power {
        let word = match record.power {
            Power::Off => "off",
            Power::On => "on",
            Power::Suspended => "suspended",
        };
        let line = Line::Host(record.host, word.to_owned(), String::new());
        lines.push((record.at, 1, line));
    }
    // Equal changes of several vhids of a host at one time are one line.
    let same = |one: &TransitionRecord, next: &TransitionRecord| {
        (one.at, one.host, one.from, one.to, one.reason)
            == (next.at, next.host, next.from, next.to, next.reason)
    };
    for records in trace.transitions.chunk_by(same) {
        lines.push((records[0].at, 2, change(simulation, records)));
    }
    for record in &trace.demotions {
        let what = format!("demotion {}", record.value);
        lines.push((record.at, 2, Line::Host(record.host, what, String::new())));
    }
    for record in &trace.advertisements {
        lines.push((record.at, 3, advertisement(simulation, record)));
    }
    lines.sort_by_key(|(at, kind, _)| (*at, *kind));
    lines.into_iter().map(|(at, _, line)| (at, line)).collect()
}

/// Vhids of a host that change alike. There is at least one.
fn change(simulation: &Simulation<'_>, records: &[TransitionRecord]) -> Line {
    let vhid = |record: &TransitionRecord| {
        let interface = simulation.interface(record.host, record.interface);
        format!("{}@{interface}", record.vhid)
    };
    let vhids: Vec<String> = records.iter().map(vhid).collect();
    let first = records[0];
    let what = format!("{} {}", simulation.shortened(&vhids), first.to.word());
    Line::Host(first.host, what, cause(&first).to_owned())
}

fn advertisement(simulation: &Simulation<'_>, record: &AdvertisementRecord) -> Line {
    let says = match record.says {
        Says::Carp { advbase, advskew } => format!("advbase {advbase} advskew {advskew}"),
        Says::Vrrp {
            interval_cs,
            priority,
        } => format!("interval {interval_cs} priority {priority}"),
    };
    let interface = simulation.interface(record.host, record.interface);
    let what = format!("{}@{interface} advertises", record.vhid);
    let why = format!("{says}, IPv{}", family_number(record.family));
    Line::Host(record.host, what, why)
}
