//! Who serves what, as the hosts show it.

use super::observed::Observed;
use crate::dialect::parse::{ShownInterface, ShownState, ShownVhid};
use crate::model::{InterfaceConfig, SegmentName, Vhid};

/// The vhids that a host is master of, on the segments of the described interfaces.
#[must_use]
pub fn masters(observed: &Observed, interfaces: &[InterfaceConfig]) -> Vec<(SegmentName, Vhid)> {
    vhids_in(ShownState::Master, observed, interfaces)
}

/// The vhids that a host has in a state, on the segments of the described interfaces.
pub(super) fn vhids_in(
    state: ShownState,
    observed: &Observed,
    interfaces: &[InterfaceConfig],
) -> Vec<(SegmentName, Vhid)> {
    let live = observed.live();
    let mut found = Vec::new();
    for shown in &observed.interfaces {
        for vhid in shown.vhids.iter().filter(|vhid| vhid.state == state) {
            let Ok(number) = Vhid::new(vhid.vhid) else {
                continue;
            };
            let name = carrier(&live, shown, vhid);
            let interface = interfaces
                .iter()
                .find(|interface| Some(interface.name.as_str()) == name.as_deref());
            if let Some(interface) = interface {
                found.push((interface.segment.clone(), number));
            }
        }
    }
    found
}

/// The interface that carries a vhid: up to 9 the one whose subnet holds the addresses of the carp interface.
fn carrier(
    live: &crate::model::HostConfig,
    shown: &ShownInterface,
    vhid: &ShownVhid,
) -> Option<String> {
    if !live.release.has_carp_interfaces() {
        return Some(shown.name.clone());
    }
    let unit = shown
        .name
        .strip_prefix("carp")
        .and_then(|unit| unit.parse().ok());
    let mut own = live.vhids.iter();
    let found =
        own.find(|other| other.carp_unit == unit && i64::from(other.vhid.number()) == vhid.vhid)?;
    Some(found.interface.to_string())
}
