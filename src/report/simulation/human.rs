//! A simulation as text: what changed, what each event cost, who answered whom, and the worst of it.

use std::fmt::Write as _;

use super::words::event_in_words;
use super::{Addresses, Simulation, answers, bill, changes, duration, time};
use crate::sim::PhaseService;

/// The whole report.
pub(super) fn text(simulation: &Simulation<'_>) -> String {
    let addresses = simulation.addresses();
    let mut text = changes::text(simulation);
    text.push('\n');
    text.push_str(&bill::table(simulation, &addresses));
    if !simulation.trace.arp.is_empty() {
        text.push('\n');
        text.push_str(&answers::table(simulation));
    }
    text.push('\n');
    text.push_str(&verdict(simulation, &addresses));
    text
}

/// The worst that happened after the start, in one or two sentences.
fn verdict(simulation: &Simulation<'_>, addresses: &Addresses) -> String {
    let label = |vhid: &PhaseService| {
        let own = addresses.get(&(vhid.segment, vhid.vhid));
        simulation.service_label(vhid.segment, vhid.vhid, own.map_or(&[], Vec::as_slice))
    };
    let phases = simulation.phases();
    let all = || {
        // The last of equal ones is taken, so the first ones come last.
        phases
            .iter()
            .rev()
            .flat_map(|phase| phase.vhids.iter().rev().map(move |vhid| (phase, vhid)))
    };
    let mut text = String::new();
    if simulation.interrupted {
        let _ = writeln!(text, "Stopped at {}.", time(simulation.end));
    }
    let after_start = all().filter(|(phase, _)| !phase.events.is_empty());
    match after_start.max_by_key(|(_, vhid)| vhid.no_master_us) {
        Some((phase, vhid)) if vhid.no_master_us > 0 => {
            let event = &simulation.scenario.events[phase.events[0]].action;
            let what = event_in_words(event, simulation.setup);
            let _ = writeln!(
                text,
                "The longest time without a master: {} for {}, after {what}.",
                duration(vhid.no_master_us),
                label(vhid)
            );
        }
        Some(_) => text.push_str("No VIP was without a master after the start.\n"),
        None => {}
    }
    match all().max_by_key(|(_, vhid)| vhid.dual_master_us) {
        Some((phase, vhid)) if vhid.dual_master_us > 0 => {
            let lasting = if vhid.after.len() > 1 && phase.until == simulation.end {
                ", and it lasts"
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "The longest time with two masters: {} for {}, from {} on{lasting}.",
                duration(vhid.dual_master_us),
                label(vhid),
                time(phase.from)
            );
        }
        _ => text.push_str("No VIP ever had two masters.\n"),
    }
    text
}
