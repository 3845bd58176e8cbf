//! The pieces that the files have in common.

use std::net::IpAddr;

use carpgen::carp::{
    AuthKey, Destinations, Family, Host, HostSpec, Input, Instant, InterfaceSpec, Kernel, Output,
    Protocol, Sysctls, Timing, VhidSpec,
};
use serde_json::Value;

pub(crate) fn kernel(variant: &str) -> &'static Kernel {
    match variant {
        "legacy" => &Kernel::LEGACY,
        "modern" => &Kernel::R13,
        "modern14" => &Kernel::R13_RECOVERING,
        "fb14" => &Kernel::R14,
        "fb15" | "fb15vrrp" => &Kernel::R15,
        other => panic!("no kernel {other}"),
    }
}

pub(crate) fn number<T: TryFrom<i64>>(value: &Value) -> T {
    // Some whole numbers are written as floats.
    let number = value.as_i64().unwrap_or_else(|| {
        let float = value.as_f64().unwrap();
        assert_eq!(float.fract(), 0.0);
        float as i64
    });
    T::try_from(number).ok().unwrap()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

pub(crate) fn hex(value: &Value) -> Vec<u8> {
    let text = text(value);
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

pub(crate) fn address(value: &Value) -> IpAddr {
    text(value).split('/').next().unwrap().parse().unwrap()
}

pub(crate) fn own_addresses(value: &Value) -> Vec<(IpAddr, u8)> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .map(|own| {
            let prefix = text(own).split('/').nth(1).unwrap();
            (address(own), prefix.parse().unwrap())
        })
        .collect()
}

pub(crate) fn vhid(case: &Value, interface: u16) -> VhidSpec {
    let protocol = if case["version"] == 3 {
        Protocol::Vrrp {
            priority: number(&case["prio"]),
            interval_cs: number(&case["interval"]),
        }
    } else {
        let mut destinations = Destinations::default();
        if let Some(peer) = case["peer"].as_str() {
            destinations.v4 = peer.parse().unwrap();
        }
        if let Some(peer) = case["peer6"].as_str() {
            destinations.v6 = peer.parse().unwrap();
        }
        Protocol::Carp {
            advbase: number(&case["advbase"]),
            advskew: number(&case["advskew"]),
            key: AuthKey::from_bytes(&hex(&case["key"])),
            destinations,
        }
    };
    let addresses = case["addrs"].as_array().unwrap();
    VhidSpec {
        vhid: number(&case["vhid"]),
        interface,
        protocol,
        addresses: addresses.iter().map(address).collect(),
    }
}

/// A host with one interface and the vhid of a case of a single host.
pub(crate) fn single(case: &Value, own: Vec<(IpAddr, u8)>) -> Host {
    let sysctls = Sysctls {
        preempt: case["preempt"].as_bool().unwrap_or(false),
        demotion: case["demotion"].as_i64().unwrap_or(0) as i32,
        dscp: case["dscp"].as_u64().unwrap_or(56) as u8,
        ..Sysctls::default()
    };
    let spec = HostSpec {
        kernel: kernel(text(&case["variant"])),
        sysctls,
        interfaces: vec![InterfaceSpec {
            addresses: own,
            link: true,
        }],
        vhids: vec![vhid(case, 0)],
    };
    Host::boot(Instant::ZERO, &spec, Timing::Exact, 0)
}

pub(crate) fn outputs(host: &mut Host) -> Vec<Output> {
    std::iter::from_fn(|| host.poll_output()).collect()
}

/// Lets time pass until the vhid is master; the outputs of the last step, and the time.
pub(crate) fn become_master(host: &mut Host) -> (Vec<Output>, Instant) {
    outputs(host);
    loop {
        let now = host.poll_timeout().unwrap();
        host.handle(now, Input::Timeout);
        let done = outputs(host);
        if host.vhids().all(|vhid| vhid.state.word() == "MASTER") {
            return (done, now);
        }
    }
}

pub(crate) fn family(value: &Value) -> Family {
    if *value == 4 {
        Family::Inet
    } else {
        Family::Inet6
    }
}
