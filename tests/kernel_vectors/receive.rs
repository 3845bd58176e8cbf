//! The rules of reception.

use carpgen::carp::{Family, Host, Input, Instant, Output, TimerKind};
use serde_json::Value;

use super::read::{become_master, family, hex, number, outputs, own_addresses, single};

pub(crate) fn receive(case: &Value) -> Result<(), String> {
    // The older file does not tell the own addresses, which play no part.
    let mut host = single(case, own_addresses(&case["ifaddrs"]));
    let mut now = Instant::ZERO;
    if case["state"] == "MASTER" {
        now = become_master(&mut host).1;
    }
    outputs(&mut host);
    now = now.after_us(1000);
    let family = family(&case["af"]);
    let before = snapshot(&host);
    let packet = Input::Packet {
        interface: 0,
        family,
        bytes: &hex(&case["packet"]),
    };
    host.handle(now, packet);
    let accepted = snapshot(&host) != before;
    let drop = outputs(&mut host)
        .into_iter()
        .find_map(|output| match output {
            Output::Drop { reason, .. } => Some(reason.counter()),
            _ => None,
        });
    if accepted != case["accepted"].as_bool().unwrap() || drop != case["drop"].as_str() {
        return Err(format!("accepted {accepted}, drop {drop:?}"));
    }
    let view = host.vhids().next().unwrap();
    if let Some(after) = case["state_after"].as_str()
        && view.state.word() != after
    {
        return Err(format!("state {}", view.state.word()));
    }
    if case["master_interval"].is_number() {
        let expected: u16 = number(&case["master_interval"]);
        if view.master_interval_cs != Some(expected) {
            return Err(format!("master interval {:?}", view.master_interval_cs));
        }
    }
    if case["next_us"].is_number() {
        let kind = match family {
            Family::Inet => TimerKind::MasterDown,
            Family::Inet6 => TimerKind::MasterDown6,
        };
        let wait = host.timer(view.slot, kind).map(|due| due.at.since_us(now));
        if wait != Some(number(&case["next_us"])) {
            return Err(format!("wait {wait:?}"));
        }
    }
    Ok(())
}

/// What acceptance changes: the state, or when a timer was set.
fn snapshot(host: &Host) -> impl PartialEq + use<> {
    let view = host.vhids().next().unwrap();
    (
        view.state,
        TimerKind::ALL.map(|kind| host.timer(view.slot, kind)),
    )
}
