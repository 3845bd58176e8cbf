//! What a sequence of commands leaves configured: the checks of `ifconfig(8)` and of the kernel, as far as they decide
//! which vhids and addresses a host has (`sys/netinet/ip_carp.c` and `in.c` of FreeBSD).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::statement::{Address, Item, Keyword, Parameter, Statement};
use super::files::carp_unit;
use crate::model::{
    AdvBase, AdvSkew, Family, Key, Mode, Place, Release, Secret, Vhid, Vip, VrrpInterval,
    VrrpPriority,
};

/// Why a command, or a part of it, has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RejectedReason {
    /// No such interface.
    NoInterface,
    /// A word that `ifconfig(8)` of this release takes for an address, and cannot.
    UnknownWord,
    /// A keyword before `vhid`, or without it.
    BeforeVhid,
    /// A number that is missing or out of range.
    OutOfRange,
    /// An address that no host can have, or of another family than the command's.
    BadAddress,
    /// `vhid` on an interface that is no carp interface, up to 9.
    NotOnThisInterface,
    /// No interface has a subnet that holds the address, up to 9.
    NoParent,
    /// A sysctl whose value is no number, or that the release does not have or cannot set.
    Sysctl,
}

/// A command, or a part of it, that has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The word at fault.
    pub place: Place,
    /// Why.
    pub reason: RejectedReason,
}

type Outcome<T = ()> = Result<T, Rejected>;

const fn reject<T>(place: Place, reason: RejectedReason) -> Outcome<T> {
    Err(Rejected { place, reason })
}

/// An address that an interface holds.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) interface: String,
    pub(super) vip: Vip,
    pub(super) vhid: Option<Vhid>,
}

/// The parameters of a vhid.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) interface: String,
    /// Up to 9 a carp interface may have none yet.
    pub(super) vhid: Option<Vhid>,
    pub(super) unit: Option<u16>,
    pub(super) place: Place,
    advbase: AdvBase,
    advskew: AdvSkew,
    key: Option<Secret>,
    peer: Option<Ipv4Addr>,
    peer6: Option<Ipv6Addr>,
    is_vrrp: bool,
    priority: Option<VrrpPriority>,
    interval: VrrpInterval,
    /// Its last address is gone.
    emptied: bool,
}

impl Group {
    const fn new(interface: String, vhid: Option<Vhid>, unit: Option<u16>, place: Place) -> Self {
        Self {
            interface,
            vhid,
            unit,
            place,
            advbase: AdvBase::DEFAULT,
            advskew: AdvSkew::DEFAULT,
            key: None,
            peer: None,
            peer6: None,
            is_vrrp: false,
            priority: None,
            interval: VrrpInterval::DEFAULT,
            emptied: false,
        }
    }

    pub(super) fn mode(&self) -> Mode {
        if self.is_vrrp {
            // 100 is what the kernel starts with (`VRRP_DEFAULT_PRIORITY`).
            let default =
                || VrrpPriority::new(100).unwrap_or_else(|_| unreachable!("100 is a priority"));
            return Mode::Vrrp {
                priority: self.priority.unwrap_or_else(default),
                interval: self.interval,
            };
        }
        Mode::Carp {
            advbase: self.advbase,
            advskew: self.advskew,
            key: self.key.clone().map(Key::Text),
            peer: self.peer,
            peer6: self.peer6,
        }
    }
}

/// The configuration while commands are carried out.
#[derive(Debug)]
pub(super) struct Kernel {
    release: Release,
    pub(super) held: Vec<Held>,
    pub(super) groups: Vec<Group>,
    pub(super) rejected: Vec<Rejected>,
}

impl Kernel {
    pub(super) const fn new(release: Release) -> Self {
        Self {
            release,
            held: Vec::new(),
            groups: Vec::new(),
            rejected: Vec::new(),
        }
    }

    /// Carries out a command on one of the interfaces.
    pub(super) fn run(&mut self, statement: &Statement, interfaces: &[String]) {
        let name = statement.interface.text();
        let creates = statement.option("create").is_some();
        let outcome = if !creates && !interfaces.iter().any(|known| known == name) {
            reject(statement.interface.place, RejectedReason::NoInterface)
        } else if self.release.has_carp_interfaces() {
            self.run_nine(statement)
        } else {
            self.run_ten(statement)
        };
        self.rejected.extend(outcome.err());
    }

    /// From 10 on words are checked first; then the vhid is set, then the address.
    fn run_ten(&mut self, statement: &Statement) -> Outcome {
        let name = statement.interface.text();
        check_words(statement, self.release)?;
        let address = self.address(statement)?;
        let vhid = match statement.parameter(Keyword::Vhid) {
            Some(parameter) => Some(in_range(parameter, Vhid::new)?),
            None => None,
        };
        if let Some(vhid) = vhid {
            self.set_group(statement, vhid)?;
        }
        let Some(vip) = address else { return Ok(()) };
        if statement.removes() {
            self.remove(name, vip.address());
            return Ok(());
        }
        // Without `alias` the first IPv4 address goes (`setifaddr` in `sbin/ifconfig/ifconfig.c`).
        let replaces = vip.family() == Family::Inet && !statement.adds();
        let first = self
            .held
            .iter()
            .find(|held| held.interface == name && held.vip.family() == Family::Inet);
        if let Some(first) = first.map(|held| held.vip.address()).filter(|_| replaces) {
            self.take_away(name, first);
        }
        self.take_away(name, vip.address());
        self.held.push(Held {
            interface: name.to_owned(),
            vip,
            vhid,
        });
        self.forget_empty(vhid);
        Ok(())
    }

    /// The address of a command, with its mask.
    fn address(&self, statement: &Statement) -> Outcome<Option<Vip>> {
        let Some(address) = statement.addresses().next() else {
            return Ok(None);
        };
        let family = statement
            .family
            .as_ref()
            .and_then(|word| word.family)
            .unwrap_or(Family::Inet);
        if address.family() != family && !self.release.has_carp_interfaces() {
            return reject(address.word.place, RejectedReason::BadAddress);
        }
        vip(address).map(Some)
    }

    /// Sets the parameters that are given. Peers go back to multicast in a command that names none (`carp_ctor` in
    /// `sbin/ifconfig/carp.c`, from 14 on).
    fn set_group(&mut self, statement: &Statement, vhid: Vhid) -> Outcome {
        let name = statement.interface.text();
        let known = self
            .groups
            .iter()
            .position(|group| group.interface == name && group.vhid == Some(vhid));
        let mut group = match known {
            Some(index) => self.groups[index].clone(),
            None => Group::new(name.to_owned(), Some(vhid), None, statement.place),
        };
        (group.peer, group.peer6) = (None, None);
        for parameter in statement.parameters() {
            set(&mut group, parameter)?;
        }
        match known {
            Some(index) => self.groups[index] = group,
            None => self.groups.push(group),
        }
        Ok(())
    }

    /// Up to 9 every word is carried out when it is read; what stands before a bad one stays.
    fn run_nine(&mut self, statement: &Statement) -> Outcome {
        let name = statement.interface.text();
        let Some(unit) = carp_unit(name) else {
            return self.run_plain(statement);
        };
        let index = self
            .groups
            .iter()
            .position(|group| group.unit == Some(unit))
            .unwrap_or_else(|| {
                self.groups.push(Group::new(
                    name.to_owned(),
                    None,
                    Some(unit),
                    statement.place,
                ));
                self.groups.len() - 1
            });
        let mut seen = false;
        for item in &statement.items {
            match item {
                Item::Parameter(parameter) => {
                    set_nine(&mut self.groups[index], parameter, self.release)?
                }
                Item::Unknown(word) | Item::LateFamily(word) => {
                    return reject(word.place, RejectedReason::UnknownWord);
                }
                Item::Address(address) if !seen => {
                    seen = true;
                    let vip = vip(address)?;
                    if statement.removes() {
                        self.held.retain(|held| {
                            held.interface != name || held.vip.address() != vip.address()
                        });
                        continue;
                    }
                    let replaces = vip.family() == Family::Inet && !statement.adds();
                    let first = self.held.iter().position(|held| {
                        held.interface == name && held.vip.family() == Family::Inet
                    });
                    if let Some(first) = first.filter(|_| replaces) {
                        self.held.remove(first);
                    }
                    self.held.push(Held {
                        interface: name.to_owned(),
                        vip,
                        vhid: None,
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// An interface that is no carp interface, up to 9.
    fn run_plain(&mut self, statement: &Statement) -> Outcome {
        if let Some(parameter) = statement.parameters().next() {
            return reject(parameter.place, RejectedReason::NotOnThisInterface);
        }
        self.run_ten(statement)
    }

    /// Takes an address away, and its vhid with the last one.
    fn remove(&mut self, interface: &str, address: IpAddr) {
        self.take_away(interface, address);
        self.forget_empty(None);
    }

    fn take_away(&mut self, interface: &str, address: IpAddr) {
        let at = self
            .held
            .iter()
            .position(|held| held.interface == interface && held.vip.address() == address);
        if let Some(held) = at.map(|at| self.held.remove(at))
            && held.vhid.is_some()
        {
            let empty =
                |group: &Group| group.interface == held.interface && group.vhid == held.vhid;
            let still = self
                .held
                .iter()
                .any(|other| other.interface == held.interface && other.vhid == held.vhid);
            if !still && let Some(group) = self.groups.iter_mut().find(|group| empty(group)) {
                group.emptied = true;
            }
        }
    }

    /// Vhids that lost their last address are gone, except the one that just got another.
    fn forget_empty(&mut self, kept: Option<Vhid>) {
        self.groups.retain_mut(|group| {
            let emptied = std::mem::take(&mut group.emptied);
            !emptied || (kept.is_some() && group.vhid == kept)
        });
    }
}

/// The checks that `ifconfig(8)` makes on words, from 10 on.
fn check_words(statement: &Statement, release: Release) -> Outcome {
    let mut vhid_seen = false;
    for item in &statement.items {
        match item {
            Item::Unknown(word) | Item::LateFamily(word) => {
                return reject(word.place, RejectedReason::UnknownWord);
            }
            Item::Parameter(parameter) => {
                if !parameter.keyword.exists_in(release) {
                    return reject(parameter.place, RejectedReason::UnknownWord);
                }
                vhid_seen |= parameter.keyword == Keyword::Vhid;
                if parameter.keyword.needs_vhid() && !vhid_seen {
                    return reject(parameter.place, RejectedReason::BeforeVhid);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn in_range<T, E>(parameter: &Parameter, new: impl Fn(i64) -> Result<T, E>) -> Outcome<T> {
    let rejected = Rejected {
        place: parameter.value_place(),
        reason: RejectedReason::OutOfRange,
    };
    if parameter.text().is_none() {
        return Err(rejected);
    }
    new(parameter.atoi()).map_err(|_| rejected)
}

/// A parameter, from 10 on: a base of 0 and an empty key keep what there is.
fn set(group: &mut Group, parameter: &Parameter) -> Outcome {
    match parameter.keyword {
        Keyword::Vhid | Keyword::State | Keyword::Mcast | Keyword::Mcast6 => {}
        Keyword::Advbase => {
            let advbase = in_range(parameter, AdvBase::new)?;
            if advbase.number() > 0 {
                group.advbase = advbase;
            }
        }
        Keyword::Advskew => group.advskew = in_range(parameter, AdvSkew::new)?,
        Keyword::Pass => set_key(group, parameter)?,
        Keyword::Peer => {
            // A text that is no address becomes the broadcast address (`setcarp_peer`).
            let address = parameter.text().and_then(|text| text.parse().ok());
            group.peer = Some(address.unwrap_or(Ipv4Addr::BROADCAST));
        }
        Keyword::Peer6 => match parameter
            .text()
            .and_then(|text| text.split('%').next()?.parse().ok())
        {
            Some(address) => group.peer6 = Some(address),
            None => return reject(parameter.value_place(), RejectedReason::BadAddress),
        },
        Keyword::Carpver => match parameter.atoi() {
            2 => group.is_vrrp = false,
            3 => group.is_vrrp = true,
            _ => return reject(parameter.value_place(), RejectedReason::OutOfRange),
        },
        Keyword::Vrrpprio => group.priority = Some(in_range(parameter, VrrpPriority::new)?),
        Keyword::Vrrpinterval => group.interval = in_range(parameter, VrrpInterval::new)?,
    }
    Ok(())
}

fn set_key(group: &mut Group, parameter: &Parameter) -> Outcome {
    use super::super::statement::ParameterValue;
    match &parameter.value {
        ParameterValue::Key(key, _) if !key.expose().is_empty() => group.key = Some(key.clone()),
        ParameterValue::Key(..) => {}
        _ => return reject(parameter.place, RejectedReason::OutOfRange),
    }
    Ok(())
}

/// A parameter up to 9: each is set beside the value that the other has (`SIOCSVH` in `carp_ioctl`).
fn set_nine(group: &mut Group, parameter: &Parameter, release: Release) -> Outcome {
    match parameter.keyword {
        Keyword::Vhid => group.vhid = Some(in_range(parameter, Vhid::new)?),
        Keyword::Advbase => {
            let advbase = in_range(parameter, AdvBase::new)?;
            if advbase.number() > 0 || group.advskew.number() > 0 {
                group.advbase = advbase;
            }
        }
        Keyword::Advskew => {
            let advskew = in_range(parameter, AdvSkew::new)?;
            if group.advbase.number() > 0 || advskew.number() > 0 {
                group.advskew = advskew;
            }
        }
        Keyword::Pass => set_key(group, parameter)?,
        Keyword::State => {}
        other => {
            debug_assert!(!other.exists_in(release));
            return reject(parameter.place, RejectedReason::UnknownWord);
        }
    }
    Ok(())
}

fn vip(address: &Address) -> Outcome<Vip> {
    let bad = Rejected {
        place: address.word.place,
        reason: RejectedReason::BadAddress,
    };
    let host = address.address.ok_or(bad)?;
    let prefix = match &address.mask {
        Some(mask) => Some(mask.length().ok_or(bad)?),
        None => None,
    };
    Vip::new(host, prefix).map_err(|_| bad)
}
