//! The carp interfaces of release 9.

use super::view::{View, counterpart};
use crate::model::HostConfig;

/// Gives vhids the carp interfaces that the host has for them; new ones the wanted unit, or the next that is free.
pub(super) fn give_units(wanted: &mut HostConfig, host: &View) {
    if !wanted.release.has_carp_interfaces() {
        return;
    }
    let known: Vec<Option<u16>> = wanted
        .vhids
        .iter()
        .map(|vhid| {
            let index = counterpart(&host.config, wanted, vhid)?;
            host.config.vhids[index].carp_unit
        })
        .collect();
    let is_taken = |unit: u16| {
        let name = format!("carp{unit}");
        let variable = format!("ifconfig_{name}");
        let own = |assigned: &str| {
            assigned
                .strip_prefix(&variable)
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        host.interfaces.contains(&name) || host.assigned.iter().any(|assigned| own(&assigned.name))
    };
    let mut used: Vec<u16> = known.iter().flatten().copied().collect();
    for (vhid, known) in wanted.vhids.iter_mut().zip(known) {
        let unit = known.or_else(|| {
            let first = vhid
                .carp_unit
                .into_iter()
                .chain(vhid.carp_unit.unwrap_or(0)..=u16::MAX);
            first
                .into_iter()
                .find(|unit| !is_taken(*unit) && !used.contains(unit))
        });
        used.extend(unit);
        vhid.carp_unit = unit;
    }
}
