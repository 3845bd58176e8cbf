//! Where a host is not as described, as a list: nothing here says what to do about it.

use std::fmt;
use std::net::IpAddr;

use crate::model::{
    HostConfig, IfName, Key, KnownSysctl, Mode, Release, Secret, Vhid, VhidConfig, Vip,
};

/// What is compared with the description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// What runs now.
    Live,
    /// What the next boot would configure.
    Boot,
}

impl Side {
    /// One word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Boot => "boot",
        }
    }
}

/// Something of a vhid that is not as described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VhidDifference {
    /// There is no such vhid.
    Missing,
    /// An address is missing.
    VipMissing(Vip),
    /// An address that nobody described.
    VipExtra(Vip),
    /// An address has another prefix length: as found, as described.
    VipPrefix(Vip, Vip),
    /// A number: its name, as found, as described.
    Number(&'static str, i64, i64),
    /// One side speaks CARP and the other VRRP; whether VRRP was found.
    Protocol {
        /// It was found to speak VRRP.
        found_vrrp: bool,
    },
    /// The key is another one.
    Key,
    /// Advertisements go elsewhere: as found, as described; none is the multicast group.
    Peer(Option<IpAddr>, Option<IpAddr>),
    /// Up to 9: the unit of the carp interface, as found, as described.
    Unit(u16, u16),
}

/// Something of a host that is not as described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It runs another family than described: as found, as described.
    Release(Release, Release),
    /// The kernel does not speak CARP; of the boot: no file loads the module.
    NoModule,
    /// An own address is missing.
    Address(IfName, IpAddr),
    /// A vhid.
    Vhid(IfName, Vhid, VhidDifference),
    /// A sysctl: its name, as found where it is set, as described.
    Sysctl(String, Option<i64>, i64),
}

impl Difference {
    /// One word for programs, which never changes its meaning.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Release(..) => "release",
            Self::NoModule => "no-module",
            Self::Address(..) => "address-missing",
            Self::Sysctl(..) => "sysctl",
            Self::Vhid(_, _, what) => match what {
                VhidDifference::Missing => "vhid-missing",
                VhidDifference::VipMissing(_) => "vip-missing",
                VhidDifference::VipExtra(_) => "vip-extra",
                VhidDifference::VipPrefix(..) => "vip-prefix",
                VhidDifference::Number(..) => "number",
                VhidDifference::Protocol { .. } => "protocol",
                VhidDifference::Key => "key",
                VhidDifference::Peer(..) => "peer",
                VhidDifference::Unit(..) => "carp-unit",
            },
        }
    }

    /// The vhid that it is about.
    #[must_use]
    pub const fn vhid(&self) -> Option<(&IfName, Vhid)> {
        match self {
            Self::Vhid(interface, vhid, _) => Some((interface, *vhid)),
            _ => None,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Release(found, wanted) => {
                write!(f, "runs FreeBSD {found}, the description says {wanted}")
            }
            Self::NoModule => f.write_str("the kernel module of CARP is not loaded"),
            Self::Address(interface, address) => write!(f, "{interface} has no {address}"),
            Self::Sysctl(name, Some(found), wanted) => write!(f, "{name} is {found}, not {wanted}"),
            Self::Sysctl(name, None, wanted) => {
                write!(f, "{name} is not set, it should be {wanted}")
            }
            Self::Vhid(interface, vhid, what) => {
                let name = format!("vhid {vhid} on {interface}");
                match what {
                    VhidDifference::Missing => write!(f, "{name} is missing"),
                    VhidDifference::VipMissing(vip) => write!(f, "{name} has no {vip}"),
                    VhidDifference::VipExtra(vip) => {
                        write!(f, "{name} has {vip}, which is not described")
                    }
                    VhidDifference::VipPrefix(found, wanted) => {
                        write!(f, "{name} has {found}, not {wanted}")
                    }
                    VhidDifference::Number(word, found, wanted) => {
                        write!(f, "{name} has {word} {found}, not {wanted}")
                    }
                    VhidDifference::Protocol { found_vrrp: true } => {
                        write!(f, "{name} speaks VRRP, not CARP")
                    }
                    VhidDifference::Protocol { found_vrrp: false } => {
                        write!(f, "{name} speaks CARP, not VRRP")
                    }
                    VhidDifference::Key => write!(f, "{name} has another key"),
                    VhidDifference::Peer(found, wanted) => {
                        let word = |peer: &Option<IpAddr>| {
                            peer.map_or_else(|| "the multicast group".to_owned(), |p| p.to_string())
                        };
                        write!(
                            f,
                            "{name} speaks to {}, not to {}",
                            word(found),
                            word(wanted)
                        )
                    }
                    VhidDifference::Unit(found, wanted) => {
                        write!(f, "{name} is carp{found}, not carp{wanted}")
                    }
                }
            }
        }
    }
}

/// A vhid that nobody described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraVhid {
    /// The interface that carries it.
    pub interface: IfName,
    /// Its number.
    pub vhid: Vhid,
    /// Its addresses.
    pub vips: Vec<Vip>,
}

/// How a configuration that was found differs from the described one. Keys of which one is not known are not compared.
#[must_use]
pub fn drift(side: Side, found: &HostConfig, wanted: &HostConfig) -> Vec<Difference> {
    let mut differences = Vec::new();
    if side == Side::Live {
        differences.extend(missing_addresses(found, wanted));
    }
    for vhid in &wanted.vhids {
        let name = |what| Difference::Vhid(vhid.interface.clone(), vhid.vhid, what);
        match counterpart(found, vhid) {
            None => differences.push(name(VhidDifference::Missing)),
            Some(own) => differences.extend(of_vhid(own, vhid).into_iter().map(name)),
        }
    }
    for sysctl in &wanted.sysctls {
        let own = found.sysctl(&sysctl.name);
        let default = KnownSysctl::named(&sysctl.name).map(|known| known.default);
        // What no file sets is what the kernel starts with.
        if own.or(default) != Some(sysctl.value) {
            let name = sysctl.name.clone();
            differences.push(Difference::Sysctl(name, own, sysctl.value));
        }
    }
    differences
}

/// The vhids that were found and are not described.
#[must_use]
pub fn extra_vhids(found: &HostConfig, wanted: &HostConfig) -> Vec<ExtraVhid> {
    let extra = found
        .vhids
        .iter()
        .filter(|own| counterpart(wanted, own).is_none());
    extra
        .map(|own| ExtraVhid {
            interface: own.interface.clone(),
            vhid: own.vhid,
            vips: own.vips.clone(),
        })
        .collect()
}

/// The same vhid in another configuration of the host: on the same interface; up to 9, where only addresses lead to the
/// interface, else in the same carp interface.
#[must_use]
pub fn counterpart<'c>(config: &'c HostConfig, vhid: &VhidConfig) -> Option<&'c VhidConfig> {
    let number = |own: &&VhidConfig| own.vhid == vhid.vhid;
    let by_interface = |own: &&VhidConfig| own.interface == vhid.interface;
    let by_unit = |own: &&VhidConfig| own.carp_unit.is_some() && own.carp_unit == vhid.carp_unit;
    let mut same = config.vhids.iter().filter(number);
    same.clone()
        .find(by_interface)
        .or_else(|| same.find(by_unit))
}

/// The own addresses of a description that a host does not have.
pub(super) fn missing_addresses(found: &HostConfig, wanted: &HostConfig) -> Vec<Difference> {
    let mut missing = Vec::new();
    for interface in &wanted.interfaces {
        let own = found.interfaces.iter().find(|i| i.name == interface.name);
        let has = |address: IpAddr| {
            own.is_some_and(|own| own.addresses.iter().any(|net| net.addr() == address))
        };
        for net in &interface.addresses {
            if !has(net.addr()) {
                missing.push(Difference::Address(interface.name.clone(), net.addr()));
            }
        }
    }
    missing
}

fn of_vhid(found: &VhidConfig, wanted: &VhidConfig) -> Vec<VhidDifference> {
    let mut differences = Vec::new();
    if let (Some(own), Some(unit)) = (found.carp_unit, wanted.carp_unit)
        && own != unit
    {
        differences.push(VhidDifference::Unit(own, unit));
    }
    for vip in &wanted.vips {
        let same = |own: &&Vip| own.address() == vip.address();
        match found.vips.iter().find(same) {
            None => differences.push(VhidDifference::VipMissing(*vip)),
            Some(own) if own.prefix() != vip.prefix() => {
                differences.push(VhidDifference::VipPrefix(*own, *vip));
            }
            Some(_) => {}
        }
    }
    for own in &found.vips {
        if !wanted.vips.iter().any(|vip| vip.address() == own.address()) {
            differences.push(VhidDifference::VipExtra(*own));
        }
    }
    differences.extend(of_mode(&found.mode, &wanted.mode));
    differences
}

fn of_mode(found: &Mode, wanted: &Mode) -> Vec<VhidDifference> {
    let mut differences = Vec::new();
    let mut number = |word, own: i64, described: i64| {
        if own != described {
            differences.push(VhidDifference::Number(word, own, described));
        }
    };
    match (found, wanted) {
        (
            Mode::Carp {
                advbase,
                advskew,
                key,
                peer,
                peer6,
            },
            Mode::Carp {
                advbase: base,
                advskew: skew,
                key: wanted_key,
                peer: wanted_peer,
                peer6: wanted_peer6,
            },
        ) => {
            number("advbase", advbase.number().into(), base.number().into());
            number("advskew", advskew.number().into(), skew.number().into());
            if !same_key(key.as_ref(), wanted_key.as_ref()) {
                differences.push(VhidDifference::Key);
            }
            let pairs = [
                (peer.map(IpAddr::from), wanted_peer.map(IpAddr::from)),
                (peer6.map(IpAddr::from), wanted_peer6.map(IpAddr::from)),
            ];
            for (own, described) in pairs.into_iter().filter(|(own, other)| own != other) {
                differences.push(VhidDifference::Peer(own, described));
            }
        }
        (
            Mode::Vrrp { priority, interval },
            Mode::Vrrp {
                priority: wanted_priority,
                interval: wanted_interval,
            },
        ) => {
            let (own, described) = (priority.number(), wanted_priority.number());
            number("priority", own.into(), described.into());
            let (own, described) = (interval.number(), wanted_interval.number());
            number("interval", own.into(), described.into());
        }
        (found, _) => differences.push(VhidDifference::Protocol {
            found_vrrp: matches!(found, Mode::Vrrp { .. }),
        }),
    }
    differences
}

/// Both keys are the same where both are known. No key is twenty zero bytes.
fn same_key(found: Option<&Key>, wanted: Option<&Key>) -> bool {
    let bytes = |key: Option<&Key>| -> Option<Vec<u8>> {
        match key {
            None => Some(Vec::new()),
            Some(key) => key.text().map(|text| {
                let bytes = text.expose().as_bytes();
                bytes[..bytes.len().min(Secret::EFFECTIVE_BYTES)].to_vec()
            }),
        }
    };
    match (bytes(found), bytes(wanted)) {
        (Some(found), Some(wanted)) => found == wanted,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::parse::{HostText, read_host};
    use crate::model::HostName;

    fn config(rc_conf: &str) -> HostConfig {
        let files = [HostText {
            path: "etc/rc.conf",
            text: rc_conf,
        }];
        read_host(&HostName::new("a").unwrap(), &files, Some(Release::R14)).config
    }

    fn words(differences: &[Difference]) -> Vec<String> {
        differences.iter().map(ToString::to_string).collect()
    }

    const BOTH: &str = "ifconfig_em0=\"inet 192.0.2.2/24\"\n\
        ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 advskew 0 pass abcdefghijklmnopqrs\"\n\
        ifconfig_em0_alias1=\"inet 192.0.2.9/32 vhid 9 pass x\"\n";

    #[test]
    fn what_is_the_same_does_not_drift_and_only_nineteen_bytes_of_a_key_count() {
        let long = BOTH.replace("opqrs\"", "opqrstuv\"");
        assert_eq!(drift(Side::Live, &config(BOTH), &config(&long)), []);
        assert!(extra_vhids(&config(BOTH), &config(BOTH)).is_empty());
    }

    #[test]
    fn every_difference_is_told_without_a_key() {
        let found = "ifconfig_em0=\"inet 192.0.2.3/24\"\n\
            ifconfig_em0_alias0=\"inet 192.0.2.1/24 vhid 1 advskew 100 advbase 2 pass poison\"\n\
            ifconfig_em0_alias1=\"inet 192.0.2.7/32 vhid 1\"\n\
            ifconfig_em0_alias2=\"inet 192.0.2.8/32 vhid 8\"\n";
        let mut wanted = config(BOTH);
        wanted.sysctls = vec![
            crate::model::Sysctl::new(KnownSysctl::PREEMPT, 1),
            crate::model::Sysctl::new(KnownSysctl::ALLOW, 1),
        ];
        let found = config(found);
        let told = words(&drift(Side::Live, &found, &wanted));
        assert_eq!(
            told,
            [
                "em0 has no 192.0.2.2",
                "vhid 1 on em0 has 192.0.2.1/24, not 192.0.2.1/32",
                "vhid 1 on em0 has 192.0.2.7/32, which is not described",
                "vhid 1 on em0 has advbase 2, not 1",
                "vhid 1 on em0 has advskew 100, not 0",
                "vhid 1 on em0 has another key",
                "vhid 9 on em0 is missing",
                "net.inet.carp.preempt is not set, it should be 1",
            ]
        );
        assert_eq!(extra_vhids(&found, &wanted)[0].vhid.number(), 8);
    }

    #[test]
    fn a_key_that_is_not_known_is_not_compared() {
        let mut hidden = config(BOTH);
        hidden.keys_mut().for_each(|key| *key = Key::Redacted);
        assert_eq!(drift(Side::Boot, &hidden, &config(BOTH)), []);
    }
}
