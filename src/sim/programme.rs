//! What is done to a cluster where nobody says what: everything fails once, one thing at a time.

use std::net::{IpAddr, Ipv4Addr};

use crate::carp::{Instant, Protocol, skew_us};

use super::scenario::{Action, Event, Scenario};
use super::setup::{HostId, SegmentId, Setup};

/// The rest of a standard programme is rounded up to whole multiples of this.
const ROUND_US: u64 = 5_000_000;
/// How long before an event clients ask, so that their answers belong to the time before it.
const ASK_BEFORE_US: u64 = 1;

/// Start; then each host that is not out of service crashes and returns; then each of its interfaces with a vhid loses its link and gets
/// it back. Between two events there is time for two takeovers by the slowest host.
#[must_use]
pub fn standard_programme(setup: &Setup) -> Scenario {
    let quiet = Scenario::quiet(setup);
    let settle_us = settle_us(setup);
    let mut events = Vec::new();
    let mut at = Instant::ZERO;
    let mut add = |action| {
        at = at.after_us(settle_us);
        events.push(Event { at, action });
    };
    let hosts: Vec<HostId> = (0_u16..)
        .zip(&quiet.boot)
        .filter(|(_, boot)| boot.is_some())
        .map(|(host, _)| HostId(host))
        .collect();
    for host in &hosts {
        add(Action::Crash(*host));
        add(Action::Boot(*host));
    }
    for host in &hosts {
        let spec = &setup.hosts[host.index()].spec;
        for interface in (0_u16..).zip(&spec.interfaces).map(|(number, _)| number) {
            if spec.vhids.iter().any(|vhid| vhid.interface == interface) {
                let link = |up| Action::Link {
                    host: *host,
                    interface,
                    up,
                };
                add(link(false));
                add(link(true));
            }
        }
    }
    let until = at.after_us(settle_us);
    Scenario {
        until,
        events,
        ..quiet
    }
}

/// Time enough for the slowest host to take over, and for that to be undone.
#[must_use]
pub fn settle_us(setup: &Setup) -> u64 {
    let vhids = setup.hosts.iter().flat_map(|host| &host.spec.vhids);
    let slowest = vhids
        .map(|vhid| match vhid.protocol {
            Protocol::Carp {
                advbase, advskew, ..
            } => {
                // The wait of a backup, and one interval more.
                let skew_us = skew_us(i32::from(advskew)).unsigned_abs();
                4_000_000 * u64::from(advbase) + 2 * skew_us
            }
            // Three intervals, the skew of a low priority, and one interval more.
            Protocol::Vrrp { interval_cs, .. } => u64::from(interval_cs.max(100)) * 10_000 * 5,
        })
        .max();
    (2 * slowest.unwrap_or(0)).div_ceil(ROUND_US).max(1) * ROUND_US
}

/// Lets clients ask for each address that several vhids of a segment share, just before each event and at the end.
pub fn ask(setup: &Setup, scenario: &mut Scenario, clients: &[Ipv4Addr]) {
    let targets = shared_addresses(setup);
    let mut times: Vec<Instant> = scenario
        .events
        .iter()
        .map(|event| Instant::from_us(event.at.us().saturating_sub(ASK_BEFORE_US)))
        .collect();
    times.push(scenario.until);
    times.sort_unstable();
    times.dedup();
    for at in times {
        for (segment, target) in &targets {
            let action = Action::Arp {
                segment: *segment,
                target: *target,
                clients: clients.to_vec(),
            };
            scenario.events.push(Event { at, action });
        }
    }
    scenario.events.sort_by_key(|event| event.at);
}

/// The IPv4 addresses that ARP requests may ask for: of each segment those of several vhids, or where there are none, all.
fn shared_addresses(setup: &Setup) -> Vec<(SegmentId, Ipv4Addr)> {
    let mut owners: Vec<((SegmentId, Ipv4Addr), Vec<u8>)> = Vec::new();
    for host in &setup.hosts {
        for vhid in &host.spec.vhids {
            let segment = host.interfaces[usize::from(vhid.interface)].segment;
            for address in &vhid.addresses {
                let IpAddr::V4(address) = address else {
                    continue;
                };
                let key = (segment, *address);
                match owners.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, vhids)) if vhids.contains(&vhid.vhid) => {}
                    Some((_, vhids)) => vhids.push(vhid.vhid),
                    None => owners.push((key, vec![vhid.vhid])),
                }
            }
        }
    }
    let any_shared = owners.iter().any(|(_, vhids)| vhids.len() > 1);
    owners.retain(|(_, vhids)| !any_shared || vhids.len() > 1);
    owners.into_iter().map(|(key, _)| key).collect()
}
