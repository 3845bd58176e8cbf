//! A simulation as lanes of states over time.

use super::Simulation;
use super::words::{cause, event_in_words};
use crate::carp::State;
use crate::report::timeline::{Change, Lane, LaneState, Mark, Timeline};
use crate::sim::HostId;
use crate::sim::trace::Power;

/// The picture of a run.
pub(super) fn timeline(simulation: &Simulation<'_>) -> Timeline {
    let mut marks = Vec::new();
    for phase in simulation.phases() {
        for event in phase.events {
            marks.push(Mark {
                t_us: phase.from.us(),
                label: event_in_words(&simulation.scenario.events[event].action, simulation.setup),
            });
        }
    }
    Timeline {
        title: simulation.title.clone(),
        end_us: simulation.end.us(),
        lanes: lanes(simulation),
        marks,
    }
}

/// A lane for each vhid that a host has, or gets in the course of the run.
fn lanes(simulation: &Simulation<'_>) -> Vec<Lane> {
    let addresses = simulation.addresses();
    let mut lanes = Vec::new();
    for (number, host) in (0_u16..).zip(&simulation.setup.hosts) {
        let id = HostId(number);
        let own = host
            .spec
            .vhids
            .iter()
            .map(|vhid| (vhid.interface, vhid.vhid));
        let mut vhids: Vec<(u16, u8)> = own.collect();
        let seen = simulation
            .trace
            .transitions
            .iter()
            .filter(|record| record.host == id);
        vhids.extend(seen.map(|record| (record.interface, record.vhid)));
        vhids.sort_unstable();
        vhids.dedup();
        for (interface, vhid) in vhids {
            let segment = simulation.setup.segment_of(id, interface);
            let of_vhid = addresses
                .get(&(segment, vhid))
                .map_or(&[][..], Vec::as_slice);
            lanes.push(Lane {
                host: host.name.clone(),
                label: format!("vhid {vhid} on {}", simulation.interface(id, interface)),
                service: simulation.service_label(segment, vhid, of_vhid),
                changes: changes(simulation, id, interface, vhid),
            });
        }
    }
    lanes
}

/// What happens to a vhid: its own changes, and the power of its host.
fn changes(simulation: &Simulation<'_>, host: HostId, interface: u16, vhid: u8) -> Vec<Change> {
    let own = |record: &&crate::sim::trace::TransitionRecord| {
        (record.host, record.interface, record.vhid) == (host, interface, vhid)
    };
    let mut changes: Vec<Change> = simulation
        .trace
        .transitions
        .iter()
        .filter(own)
        .map(|record| Change {
            t_us: record.at.us(),
            state: match record.to {
                State::Init => LaneState::Init,
                State::Backup => LaneState::Backup,
                State::Master => LaneState::Master,
            },
            cause: cause(record).to_owned(),
        })
        .collect();
    let off = simulation
        .trace
        .power
        .iter()
        .filter(|record| record.host == host && record.power == Power::Off);
    changes.extend(off.map(|record| Change {
        t_us: record.at.us(),
        state: LaneState::Off,
        cause: "power loss".to_owned(),
    }));
    // Off comes before what a boot at the same time begins.
    changes.sort_by_key(|change| (change.t_us, change.state != LaneState::Off));
    changes
}
