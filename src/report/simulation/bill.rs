//! What each event cost each vhid.

use comfy_table::{CellAlignment, Table, presets};

use super::words::event_in_words;
use super::{Addresses, MOST_NAMED, Simulation, duration, lines_of};
use crate::sim::{HostId, Phase, PhaseService};

/// A row for each event and each way in which vhids fared; vhids that fared alike share a row.
pub(super) fn table(simulation: &Simulation<'_>, addresses: &Addresses) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "event",
        "VIP",
        "served by",
        "takeover",
        "no master",
        "two masters",
    ]);
    for phase in simulation.phases() {
        let mut what = words(simulation, &phase);
        for (fate, labels) in fates(simulation, &phase, addresses) {
            let labels = if labels.len() <= MOST_NAMED {
                labels.join("\n")
            } else {
                simulation.shortened(&labels)
            };
            table.add_row([
                &std::mem::take(&mut what),
                &labels,
                &fate.served,
                &fate.takeover,
                &fate.no_master,
                &fate.dual_master,
            ]);
        }
    }
    for column in 3..6 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    lines_of(&table)
}

/// What a phase begins with.
fn words(simulation: &Simulation<'_>, phase: &Phase) -> String {
    if phase.events.is_empty() {
        return "start".to_owned();
    }
    let events = phase.events.iter();
    let words: Vec<String> = events
        .map(|event| event_in_words(&simulation.scenario.events[*event].action, simulation.setup))
        .collect();
    words.join(", ")
}

/// The ways in which vhids fared in a phase, each with its vhids.
fn fates(
    simulation: &Simulation<'_>,
    phase: &Phase,
    addresses: &Addresses,
) -> Vec<(Fate, Vec<String>)> {
    let mut fates: Vec<(Fate, Vec<String>)> = Vec::new();
    for vhid in &phase.vhids {
        let own = addresses.get(&(vhid.segment, vhid.vhid));
        let own = own.map_or(&[][..], Vec::as_slice);
        let label = simulation.service_label(vhid.segment, vhid.vhid, own);
        let fate = Fate::of(simulation, vhid);
        match fates.iter_mut().find(|(known, _)| *known == fate) {
            Some((_, labels)) => labels.push(label),
            None => fates.push((fate, vec![label])),
        }
    }
    fates
}

/// What became of a vhid in a phase.
#[derive(PartialEq, Eq)]
struct Fate {
    served: String,
    takeover: String,
    no_master: String,
    dual_master: String,
}

impl Fate {
    fn of(simulation: &Simulation<'_>, vhid: &PhaseService) -> Self {
        let names = |hosts: &[HostId]| match hosts {
            [] => "nobody".to_owned(),
            hosts => simulation.hosts(hosts).join("+"),
        };
        let (before, after) = (names(&vhid.before), names(&vhid.after));
        let quiet = vhid.takeover_us.is_none() && vhid.after.len() == 1;
        Self {
            served: if before == after {
                after
            } else {
                format!("{before} {} {after}", simulation.arrow())
            },
            takeover: match vhid.takeover_us {
                Some(us) => duration(us),
                None if quiet => "-".to_owned(),
                None => "never".to_owned(),
            },
            no_master: lasted(vhid.no_master_us),
            dual_master: lasted(vhid.dual_master_us),
        }
    }
}

fn lasted(us: u64) -> String {
    if us == 0 {
        "-".to_owned()
    } else {
        duration(us)
    }
}
