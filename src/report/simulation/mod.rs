//! A simulation for people and programs: what happened, what each event cost, and who answered whom.

mod answers;
mod bill;
mod changes;
mod human;
mod json;
mod picture;
mod words;

use std::collections::BTreeMap;
use std::net::IpAddr;

use comfy_table::Table;

use crate::carp::Instant;
use crate::sim::trace::Trace;
use crate::sim::{HostId, Phase, Scenario, SegmentId, Setup, VhidService, phases};

pub use json::{SimulationReport, simulation_report};
pub use words::event_in_words;

/// How many vhids are named before they are counted.
const MOST_NAMED: usize = 3;

/// The addresses of each vhid of each segment.
type Addresses = BTreeMap<(SegmentId, u8), Vec<IpAddr>>;

/// A run and all that was seen of it.
#[derive(Debug)]
pub struct Simulation<'a> {
    /// What to call it.
    pub title: String,
    /// Who took part.
    pub setup: &'a Setup,
    /// What was done.
    pub scenario: &'a Scenario,
    /// What was seen.
    pub trace: &'a Trace,
    /// What clients noticed.
    pub services: &'a [VhidService],
    /// When it ended: at the end of the scenario, or earlier where somebody stopped it.
    pub end: Instant,
    /// Somebody stopped it.
    pub interrupted: bool,
    /// Text may use characters beyond ASCII.
    pub unicode: bool,
}

impl Simulation<'_> {
    /// As text: a line for each change, with a column for each host, and what each event cost.
    #[must_use]
    pub fn human(&self) -> String {
        human::text(self)
    }

    /// As a picture.
    #[must_use]
    pub fn picture(&self) -> super::Timeline {
        picture::timeline(self)
    }

    /// Between who served before and who serves after.
    const fn arrow(&self) -> &'static str {
        if self.unicode { "→" } else { "->" }
    }

    /// In place of what is left out.
    const fn ellipsis(&self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    /// The first few names, and how many there are.
    fn shortened(&self, names: &[String]) -> String {
        match names {
            [first, .., last] if names.len() > MOST_NAMED => {
                format!("{first} {} {last} ({})", self.ellipsis(), names.len())
            }
            _ => names.join(" "),
        }
    }

    fn phases(&self) -> Vec<Phase> {
        phases(self.scenario, self.services, self.end)
    }

    fn host(&self, host: HostId) -> &str {
        &self.setup.hosts[usize::from(host.0)].name
    }

    fn hosts(&self, hosts: &[HostId]) -> Vec<String> {
        hosts
            .iter()
            .map(|host| self.host(*host).to_owned())
            .collect()
    }

    fn segment(&self, segment: SegmentId) -> &str {
        &self.setup.segments[usize::from(segment.0)]
    }

    fn interface(&self, host: HostId, interface: u16) -> &str {
        &self.setup.hosts[usize::from(host.0)].interfaces[usize::from(interface)].name
    }

    /// The addresses of each vhid of each segment, over all hosts.
    fn addresses(&self) -> Addresses {
        let mut addresses = Addresses::new();
        for host in &self.setup.hosts {
            for vhid in &host.spec.vhids {
                let segment = host.interfaces[usize::from(vhid.interface)].segment;
                let known = addresses.entry((segment, vhid.vhid)).or_default();
                for address in &vhid.addresses {
                    if !known.contains(address) {
                        known.push(*address);
                    }
                }
            }
        }
        addresses
    }

    /// What a vhid serves, such as `192.0.2.1 (lan, vhid 1)`.
    fn service_label(&self, segment: SegmentId, vhid: u8, addresses: &[IpAddr]) -> String {
        let what = match addresses {
            [] => "no address".to_owned(),
            [one] => one.to_string(),
            [first, rest @ ..] => format!("{first} + {}", rest.len()),
        };
        format!("{what} ({}, vhid {vhid})", self.segment(segment))
    }
}

/// A table without blanks at the ends of lines.
pub(super) fn lines_of(table: &Table) -> String {
    table
        .lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

/// A point in time, to the microsecond.
fn time(at: Instant) -> String {
    format!("{}.{:06} s", at.us() / 1_000_000, at.us() % 1_000_000)
}

/// How long something took: to the millisecond, and below that in microseconds.
fn duration(us: u64) -> String {
    if us < 1000 {
        return format!("{us} us");
    }
    let ms = (us + 500) / 1000;
    format!("{}.{:03} s", ms / 1000, ms % 1000)
}

#[cfg(test)]
mod tests;
