//! ARP balancing of 9.x.

use carpgen::carp::{
    AuthKey, Change, Command, Destinations, Host, HostSpec, InterfaceSpec, Kernel, Protocol, State,
    Sysctls, Timing, VhidSpec, wire::virtual_mac,
};
use serde_json::Value;

use super::read::{address, become_master, number, text};

pub(crate) fn arp(case: &Value) -> Result<(), String> {
    let vhids = case["vhids"].as_array().unwrap();
    let spec = HostSpec {
        kernel: &Kernel::LEGACY,
        sysctls: Sysctls {
            arpbalance: case["arpbalance"].as_bool().unwrap(),
            ..Sysctls::default()
        },
        interfaces: vec![InterfaceSpec {
            addresses: vec![("10.0.0.1".parse().unwrap(), 24)],
            link: true,
        }],
        vhids: vhids.iter().map(vhid).collect(),
    };
    let mut host = Host::boot(carpgen::carp::Instant::ZERO, &spec, Timing::Exact, 0);
    let (_, now) = become_master(&mut host);
    for vhid in vhids {
        let number = number(&vhid["vhid"]);
        let command = match text(&vhid["state"]) {
            "MASTER" => continue,
            "BACKUP" => Command::Set {
                interface: 0,
                vhid: number,
                change: Change {
                    state: Some(State::Backup),
                    ..Change::default()
                },
            },
            _ => Command::Carp {
                interface: 0,
                vhid: number,
                up: false,
            },
        };
        host.configure(now, &command).unwrap();
    }
    let list: Vec<u64> = host.list(0).map(u64::from).collect();
    let expected: Vec<u64> = case["list_order"]
        .as_array()
        .unwrap()
        .iter()
        .map(number)
        .collect();
    if list != expected {
        return Err(format!("list {list:?}"));
    }
    let choice = host.arp(
        0,
        text(&case["target"]).parse().unwrap(),
        text(&case["src"]).parse().unwrap(),
    );
    let vhid = |value: &Value| value.as_u64().map(|vhid| vhid as u8);
    let mac = choice.answer.map(|vhid| {
        virtual_mac(vhid)
            .map(|byte| format!("{byte:02x}"))
            .join(":")
    });
    let same = choice.count == number::<u32>(&case["count"])
        && choice.selected == vhid(&case["selected_vhid"])
        && choice.answer == vhid(&case["answer_vhid"])
        && mac.as_deref() == case["answer_mac"].as_str();
    if same {
        Ok(())
    } else {
        Err(format!("{choice:?}"))
    }
}

fn vhid(case: &Value) -> VhidSpec {
    VhidSpec {
        vhid: number(&case["vhid"]),
        interface: 0,
        protocol: Protocol::Carp {
            advbase: 1,
            advskew: 0,
            key: AuthKey::EMPTY,
            destinations: Destinations::default(),
        },
        addresses: case["addrs"]
            .as_array()
            .unwrap()
            .iter()
            .map(address)
            .collect(),
    }
}
