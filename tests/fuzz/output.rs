//! Saved output of `ifconfig(8)` and `sysctl(8)`.

use std::fmt::Write as _;

use carpgen::dialect::parse::{
    ShownInterface, ShownMode, ShownState, Text, ifconfig_output, sysctl_output,
};
use carpgen::model::{FileId, Place};

use crate::places::{assert_inside, behind};

/// The interfaces with all places at the beginning.
fn without_places(mut interfaces: Vec<ShownInterface>) -> Vec<ShownInterface> {
    let nowhere = Place::start(FileId(0));
    for interface in &mut interfaces {
        interface.place = nowhere;
        interface
            .addresses
            .iter_mut()
            .for_each(|address| address.place = nowhere);
        interface
            .vhids
            .iter_mut()
            .for_each(|vhid| vhid.place = nowhere);
    }
    interfaces
}

fn print_mode(text: &mut String, state: ShownState, vhid: i64, mode: &ShownMode) {
    let state = match state {
        ShownState::Init => "INIT",
        ShownState::Backup => "BACKUP",
        ShownState::Master => "MASTER",
        ShownState::Unknown => "<UNKNOWN>",
    };
    match mode {
        ShownMode::Vrrp { priority, interval } => {
            let _ = writeln!(
                text,
                "\tvrrp: {state} vrid {vhid} prio {priority} interval {interval}"
            );
        }
        ShownMode::Carp {
            advbase,
            advskew,
            key,
            peer,
            peer6,
        } => {
            let _ = write!(
                text,
                "\tcarp: {state} vhid {vhid} advbase {advbase} advskew {advskew}"
            );
            if let Some(key) = key {
                let _ = write!(text, " key \"{}\"", key.expose());
            }
            text.push('\n');
            if peer.is_some() || peer6.is_some() {
                let peer = peer.map_or("-".to_owned(), |peer| peer.to_string());
                let peer6 = peer6.map_or("-".to_owned(), |peer| peer.to_string());
                let _ = writeln!(text, "\t      peer {peer} peer6 {peer6}");
            }
        }
    }
}

/// The interfaces as `ifconfig -k` of today shows them.
fn printed(interfaces: &[ShownInterface]) -> String {
    let mut text = String::new();
    for interface in interfaces {
        let _ = writeln!(
            text,
            "{}: flags=1<{}> metric 0",
            interface.name,
            interface.flags.join(",")
        );
        for address in &interface.addresses {
            let family = if address.address.is_ipv4() {
                "inet"
            } else {
                "inet6"
            };
            let _ = write!(text, "\t{family} {}", address.address);
            if let Some(prefix) = address.prefix {
                let _ = write!(text, "/{prefix}");
            }
            if let Some(vhid) = address.vhid {
                let _ = write!(text, " vhid {vhid}");
            }
            text.push('\n');
        }
        for vhid in &interface.vhids {
            print_mode(&mut text, vhid.state, vhid.vhid, &vhid.mode);
        }
        if let Some(status) = &interface.status {
            let _ = writeln!(text, "\tstatus: {status}");
        }
    }
    text
}

pub(crate) fn ifconfig(input: &[u8]) {
    let text = &*String::from_utf8_lossy(input);
    let read = |text: &str| ifconfig_output(&Text::new(FileId(0), text));
    let interfaces = read(text);
    assert_eq!(interfaces, read(text));
    for interface in &interfaces {
        assert!(behind(text, interface.place).starts_with(interface.name.as_str()));
        for address in &interface.addresses {
            assert!(behind(text, address.place).starts_with("inet"));
        }
        for vhid in &interface.vhids {
            let line = behind(text, vhid.place);
            assert!(line.starts_with("carp:") || line.starts_with("vrrp:"));
        }
    }
    let headers = text.split('\n').filter(|line| {
        !line.starts_with(char::is_whitespace) && line.trim_end().contains(": flags=")
    });
    assert!(interfaces.len() <= headers.count());
    let again = printed(&interfaces);
    let flags_survive = interfaces.iter().all(|interface| {
        !interface.name.contains(": ")
            && !interface.flags.iter().any(|flag| flag.contains(['<', '>']))
    });
    if flags_survive {
        assert_eq!(
            without_places(read(&again)),
            without_places(interfaces),
            "{again:?} of {text:?}"
        );
    }
    keys_are_not_shown(text, &read(text));
}

/// Keys do not show in debug output.
fn keys_are_not_shown(text: &str, interfaces: &[ShownInterface]) {
    let modes = interfaces.iter().flat_map(|interface| &interface.vhids);
    let in_keys: usize = modes
        .map(|vhid| match &vhid.mode {
            ShownMode::Carp { key: Some(key), .. } => key.expose().matches("POISON").count(),
            _ => 0,
        })
        .sum();
    if text.matches("POISON").count() == in_keys {
        assert!(!format!("{interfaces:?}").contains("POISON"), "{text:?}");
    }
}

pub(crate) fn sysctl(input: &[u8]) {
    let text = &*String::from_utf8_lossy(input);
    let read = |text: &str| sysctl_output(&Text::new(FileId(0), text));
    let lines = read(text);
    assert_eq!(lines, read(text));
    let mut printed = String::new();
    for line in &lines {
        assert!(behind(text, line.place).starts_with(line.name.as_str()));
        assert!(
            behind(text, line.value_place).starts_with(line.value.as_str()),
            "{text:?}"
        );
        assert_inside(text, line.value_place);
        let _ = writeln!(printed, "{}={}", line.name, line.value);
    }
    let values = |text: &str| -> Vec<(String, String)> {
        read(text)
            .into_iter()
            .map(|line| (line.name, line.value))
            .collect()
    };
    assert_eq!(values(&printed), values(text), "{printed:?}");
}
