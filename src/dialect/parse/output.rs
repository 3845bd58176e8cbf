//! Saved output of `ifconfig(8)`, with or without `-k`, and of `sysctl(8)`.

use std::net::IpAddr;

use super::statement::netmask_length;
use super::text::Text;
use crate::model::{Family, Place, Secret};

/// The state of a vhid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownState {
    /// INIT
    Init,
    /// BACKUP
    Backup,
    /// MASTER
    Master,
    /// Anything else, such as `<UNKNOWN>`.
    Unknown,
}

/// An address that an interface has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownAddress {
    /// The address.
    pub address: IpAddr,
    /// Its prefix length, where the mask is one.
    pub prefix: Option<u8>,
    /// The vhid that it belongs to.
    pub vhid: Option<i64>,
    /// Where it stands.
    pub place: Place,
}

/// What a vhid is shown with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShownMode {
    /// CARP
    Carp {
        /// The base interval.
        advbase: i64,
        /// The skew as configured, without demotion.
        advskew: i64,
        /// The key, with `-k`.
        key: Option<Secret>,
        /// Where IPv4 advertisements go (14 and later).
        peer: Option<IpAddr>,
        /// Where IPv6 advertisements go (14 and later).
        peer6: Option<IpAddr>,
    },
    /// VRRP
    Vrrp {
        /// The priority.
        priority: i64,
        /// The interval in centiseconds.
        interval: i64,
    },
}

/// A vhid of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownVhid {
    /// Its number.
    pub vhid: i64,
    /// Its state.
    pub state: ShownState,
    /// CARP or VRRP, with the numbers.
    pub mode: ShownMode,
    /// Where its line stands.
    pub place: Place,
}

/// An interface as `ifconfig(8)` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownInterface {
    /// Its name.
    pub name: String,
    /// Its flags, such as UP and PROMISC.
    pub flags: Vec<String>,
    /// Its addresses.
    pub addresses: Vec<ShownAddress>,
    /// Its vhids; up to 9 the one that a carp interface is.
    pub vhids: Vec<ShownVhid>,
    /// What `status:` says.
    pub status: Option<String>,
    /// Where its first line stands.
    pub place: Place,
}

/// Reads the output of `ifconfig` for any number of interfaces. Lines that say nothing about CARP or addresses are
/// passed over.
#[must_use]
pub fn ifconfig_output(text: &Text<'_>) -> Vec<ShownInterface> {
    let mut interfaces: Vec<ShownInterface> = Vec::new();
    let mut start = 0;
    for line in text.text().split('\n') {
        let indent = line.len() - line.trim_start().len();
        let trimmed = line.trim();
        let place = || text.place(start + indent);
        if indent == 0 && !trimmed.is_empty() {
            interfaces.extend(header(trimmed, place()));
        } else if let Some(interface) = interfaces.last_mut() {
            detail(interface, trimmed, place);
        }
        start += line.len() + 1;
    }
    interfaces
}

/// `em0: flags=8943<UP,BROADCAST> metric 0 mtu 1500`
fn header(line: &str, place: Place) -> Option<ShownInterface> {
    let (name, rest) = line.split_once(": ")?;
    let flags = rest.strip_prefix("flags=")?;
    let list = flags
        .split_once('<')
        .and_then(|(_, list)| list.split_once('>'))
        .map_or("", |(list, _)| list);
    Some(ShownInterface {
        name: name.to_owned(),
        flags: list
            .split(',')
            .filter(|flag| !flag.is_empty())
            .map(str::to_owned)
            .collect(),
        addresses: Vec::new(),
        vhids: Vec::new(),
        status: None,
        place,
    })
}

fn detail(interface: &mut ShownInterface, line: &str, place: impl Fn() -> Place) {
    match line.split_once(' ').unwrap_or((line, "")) {
        ("inet" | "inet6", rest) => interface.addresses.extend(address(rest, place())),
        ("carp:", rest) => interface.vhids.extend(carp(rest, place())),
        ("vrrp:", rest) => interface.vhids.extend(vrrp(rest, place())),
        ("peer", _) => {
            if let Some(ShownVhid {
                mode: ShownMode::Carp { peer, peer6, .. },
                ..
            }) = interface.vhids.last_mut()
            {
                *peer = word_behind(line, "peer").and_then(|word| word.parse().ok());
                *peer6 = word_behind(line, "peer6")
                    .and_then(|word| word.split('%').next()?.parse().ok());
            }
        }
        ("status:", rest) => interface.status = Some(rest.to_owned()),
        _ => {}
    }
}

/// The word behind a word.
fn word_behind<'l>(line: &'l str, word: &str) -> Option<&'l str> {
    let mut words = line.split_ascii_whitespace();
    words.find(|known| *known == word)?;
    words.next()
}

fn number_behind(line: &str, word: &str) -> Option<i64> {
    word_behind(line, word)?.parse().ok()
}

fn address(rest: &str, place: Place) -> Option<ShownAddress> {
    let first = rest.split_ascii_whitespace().next()?;
    let (host, length) = match first.split_once('/') {
        Some((host, length)) => (host, length.parse().ok()),
        None => (first, None),
    };
    let address: IpAddr = host.split('%').next()?.parse().ok()?;
    let prefix = length
        .or_else(|| word_behind(rest, "netmask").and_then(netmask_length))
        .or_else(|| word_behind(rest, "prefixlen").and_then(|word| word.parse().ok()))
        .filter(|length| *length <= Family::of(address).bits());
    Some(ShownAddress {
        address,
        prefix,
        vhid: number_behind(rest, "vhid"),
        place,
    })
}

fn state(rest: &str) -> ShownState {
    match rest.split_ascii_whitespace().next() {
        Some("INIT") => ShownState::Init,
        Some("BACKUP") => ShownState::Backup,
        Some("MASTER") => ShownState::Master,
        _ => ShownState::Unknown,
    }
}

/// `MASTER vhid 1 advbase 1 advskew 0 key "secret"`
fn carp(rest: &str, place: Place) -> Option<ShownVhid> {
    let (numbers, key) = match rest.split_once(" key \"") {
        Some((numbers, key)) => (
            numbers,
            Some(Secret::new(key.strip_suffix('"').unwrap_or(key))),
        ),
        None => (rest, None),
    };
    Some(ShownVhid {
        vhid: number_behind(numbers, "vhid")?,
        state: state(numbers),
        mode: ShownMode::Carp {
            advbase: number_behind(numbers, "advbase")?,
            advskew: number_behind(numbers, "advskew")?,
            key,
            peer: None,
            peer6: None,
        },
        place,
    })
}

/// `MASTER vrid 1 prio 100 interval 100`
fn vrrp(rest: &str, place: Place) -> Option<ShownVhid> {
    Some(ShownVhid {
        vhid: number_behind(rest, "vrid")?,
        state: state(rest),
        mode: ShownMode::Vrrp {
            priority: number_behind(rest, "prio")?,
            interval: number_behind(rest, "interval")?,
        },
        place,
    })
}

/// A line of the output of `sysctl(8)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownSysctl {
    /// The name.
    pub name: String,
    /// The value that it has; behind a change the new one.
    pub value: String,
    /// Where the name stands.
    pub place: Place,
    /// Where the value stands.
    pub value_place: Place,
}

/// Reads the output of `sysctl`: `NAME: VALUE`, with `-e` `NAME=VALUE`, behind a change `NAME: OLD -> NEW`.
#[must_use]
pub fn sysctl_output(text: &Text<'_>) -> Vec<ShownSysctl> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.text().split('\n') {
        let is_name = |name: &str| {
            !name.is_empty()
                && name.contains('.')
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"._%-".contains(&b))
        };
        if let Some((name, rest)) = line
            .split_once([':', '='])
            .filter(|(name, _)| is_name(name))
        {
            let value = rest.rsplit_once(" -> ").map_or(rest, |(_, new)| new).trim();
            let at = start + line.trim_end().len() - value.len();
            found.push(ShownSysctl {
                name: name.to_owned(),
                value: value.to_owned(),
                place: text.place(start),
                value_place: text.place(at),
            });
        }
        start += line.len() + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FileId;

    const OUTPUT: &str = "em0: flags=8943<UP,BROADCAST,RUNNING,PROMISC,SIMPLEX,MULTICAST> metric 0 mtu 1500\n\
        \tether 52:54:00:00:00:01\n\
        \tinet 10.0.0.231 netmask 0xffffff00 broadcast 10.0.0.255\n\
        \tinet 10.0.0.230 netmask 0xffffffff broadcast 10.0.0.230 vhid 1 \n\
        \tinet6 fe80::1%em0 prefixlen 64 scopeid 0x1 vhid 2\n\
        \tcarp: BACKUP vhid 1 advbase 1 advskew 100 key \"a \"b\" c\"\n\
        \t      peer 224.0.0.18 peer6 ff02::12\n\
        \tvrrp: MASTER vrid 2 prio 100 interval 50\n\
        \tstatus: active\n\
        carp0: flags=49<UP,LOOPBACK,RUNNING> metric 0 mtu 1500\n\
        \tinet 192.168.1.1 netmask 0xffffff00\n\
        \tcarp: <UNKNOWN> vhid 7 advbase 1 advskew 0\n";

    #[test]
    fn every_family_of_output_is_read() {
        let text = Text::new(FileId(0), OUTPUT);
        let interfaces = ifconfig_output(&text);
        assert_eq!(interfaces.len(), 2);
        let em0 = &interfaces[0];
        assert!(em0.flags.iter().any(|flag| flag == "PROMISC"));
        let addresses: Vec<_> = em0
            .addresses
            .iter()
            .map(|a| (a.address.to_string(), a.prefix, a.vhid))
            .collect();
        assert_eq!(
            addresses,
            [
                ("10.0.0.231".to_owned(), Some(24), None),
                ("10.0.0.230".to_owned(), Some(32), Some(1)),
                ("fe80::1".to_owned(), Some(64), Some(2)),
            ]
        );
        let ShownMode::Carp {
            advskew,
            key,
            peer,
            peer6,
            ..
        } = &em0.vhids[0].mode
        else {
            panic!("CARP")
        };
        assert_eq!(
            (*advskew, key.as_ref().map(Secret::expose)),
            (100, Some("a \"b\" c"))
        );
        assert_eq!(
            (*peer, *peer6),
            ("224.0.0.18".parse().ok(), "ff02::12".parse().ok())
        );
        assert_eq!(
            em0.vhids[1].mode,
            ShownMode::Vrrp {
                priority: 100,
                interval: 50
            }
        );
        assert_eq!((em0.vhids[1].place.line, em0.vhids[1].place.column), (8, 2));
        assert_eq!(interfaces[1].vhids[0].state, ShownState::Unknown);
    }

    #[test]
    fn sysctls_are_read_with_their_new_value() {
        let text = Text::new(
            FileId(0),
            "net.inet.carp.demotion: 0 -> 240\nnet.inet.carp.preempt: 1\nnoise\n",
        );
        let read: Vec<_> = sysctl_output(&text)
            .into_iter()
            .map(|s| (s.name, s.value, s.value_place.column))
            .collect();
        assert_eq!(
            read,
            [
                ("net.inet.carp.demotion".to_owned(), "240".to_owned(), 30),
                ("net.inet.carp.preempt".to_owned(), "1".to_owned(), 24),
            ]
        );
    }
}
