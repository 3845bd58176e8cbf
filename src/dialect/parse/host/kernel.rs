//! What a sequence of commands leaves configured: the checks of `ifconfig(8)` and of the kernel, as far as they decide
//! which vhids and addresses a host has (`sys/netinet/ip_carp.c` and `in.c` of FreeBSD).

use std::collections::{BTreeMap, BTreeSet};
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

/// The addresses of a host, in the order in which they were added, found without looking at all of them.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    next: usize,
    all: BTreeMap<usize, Held>,
    by_address: BTreeMap<(String, IpAddr), usize>,
    by_family: BTreeSet<(String, Family, usize)>,
    of_vhid: BTreeMap<(String, Vhid), usize>,
}

impl Addresses {
    /// All of them, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Held> {
        self.all.values()
    }

    /// The first address of a family on an interface.
    fn first(&self, interface: &str, family: Family) -> Option<IpAddr> {
        let from = (interface.to_owned(), family, 0);
        let (name, found, number) = self.by_family.range(from..).next()?;
        let held = self
            .all
            .get(number)
            .filter(|_| name == interface && *found == family)?;
        Some(held.vip.address())
    }

    fn add(&mut self, held: Held) {
        let (interface, address) = (held.interface.clone(), held.vip.address());
        self.by_family
            .insert((interface.clone(), held.vip.family(), self.next));
        self.by_address
            .insert((interface.clone(), address), self.next);
        if let Some(vhid) = held.vhid {
            *self.of_vhid.entry((interface, vhid)).or_default() += 1;
        }
        self.all.insert(self.next, held);
        self.next += 1;
    }

    /// Takes an address away; the vhid that it was the last address of, if it was.
    fn take(&mut self, interface: &str, address: IpAddr) -> Option<Vhid> {
        let number = self.by_address.remove(&(interface.to_owned(), address))?;
        let held = self.all.remove(&number)?;
        self.by_family
            .remove(&(interface.to_owned(), held.vip.family(), number));
        let vhid = held.vhid?;
        let left = self.of_vhid.get_mut(&(interface.to_owned(), vhid))?;
        *left -= 1;
        (*left == 0).then_some(vhid)
    }
}

/// The configuration while commands are carried out.
#[derive(Debug)]
pub(super) struct Kernel {
    release: Release,
    pub(super) held: Addresses,
    next: usize,
    /// In the order in which they were made.
    groups: BTreeMap<usize, Group>,
    by_name: BTreeMap<(String, Option<Vhid>), usize>,
    pub(super) rejected: Vec<Rejected>,
}

impl Kernel {
    pub(super) fn new(release: Release) -> Self {
        Self {
            release,
            held: Addresses::default(),
            next: 0,
            groups: BTreeMap::new(),
            by_name: BTreeMap::new(),
            rejected: Vec::new(),
        }
    }

    /// The vhids, in the order in which they were made.
    pub(super) fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values()
    }

    /// The number of a vhid, or a new one.
    fn number(&mut self, key: (String, Option<Vhid>)) -> usize {
        let number = *self.by_name.entry(key).or_insert(self.next);
        self.next = self.next.max(number + 1);
        number
    }

    /// Carries out a command on one of the interfaces.
    pub(super) fn run(&mut self, statement: &Statement, interfaces: &BTreeSet<&str>) {
        let name = statement.interface.text();
        let is_link = statement
            .family
            .as_ref()
            .is_some_and(|word| word.family.is_none());
        if name == "lo0" || is_link || statement.option("name").is_some() {
            // Nothing that CARP has to do with.
            return;
        }
        let creates = statement.option("create").is_some();
        let outcome = if !creates && !interfaces.contains(name) {
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
        self.put(name, vip, vhid, statement.adds());
        Ok(())
    }

    /// Adds an address. Without `alias` the first IPv4 address goes (`setifaddr` in `sbin/ifconfig/ifconfig.c`).
    fn put(&mut self, interface: &str, vip: Vip, vhid: Option<Vhid>, adds: bool) {
        let mut emptied = Vec::new();
        if vip.family() == Family::Inet
            && !adds
            && let Some(first) = self.held.first(interface, Family::Inet)
        {
            emptied.extend(self.held.take(interface, first));
        }
        emptied.extend(self.held.take(interface, vip.address()));
        self.held.add(Held {
            interface: interface.to_owned(),
            vip,
            vhid,
        });
        // A vhid goes with its last address.
        for gone in emptied.into_iter().filter(|gone| Some(*gone) != vhid) {
            self.forget(interface, gone);
        }
    }

    fn remove(&mut self, interface: &str, address: IpAddr) {
        if let Some(gone) = self.held.take(interface, address) {
            self.forget(interface, gone);
        }
    }

    fn forget(&mut self, interface: &str, vhid: Vhid) {
        if let Some(number) = self.by_name.remove(&(interface.to_owned(), Some(vhid))) {
            self.groups.remove(&number);
        }
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
        let known = self.by_name.get(&(name.to_owned(), Some(vhid)));
        let mut group = match known.and_then(|number| self.groups.get(number)) {
            Some(group) => group.clone(),
            None => Group::new(name.to_owned(), Some(vhid), None, statement.place),
        };
        (group.peer, group.peer6) = (None, None);
        for parameter in statement.parameters() {
            set(&mut group, parameter)?;
        }
        let number = self.number((name.to_owned(), Some(vhid)));
        self.groups.insert(number, group);
        Ok(())
    }

    /// Up to 9 every word is carried out when it is read; what stands before a bad one stays.
    fn run_nine(&mut self, statement: &Statement) -> Outcome {
        let name = statement.interface.text();
        let Some(unit) = carp_unit(name) else {
            return self.run_plain(statement);
        };
        let number = self.number((name.to_owned(), None));
        let new = || Group::new(name.to_owned(), None, Some(unit), statement.place);
        let group = self.groups.entry(number).or_insert_with(new);
        let mut address = None;
        let mut outcome = Ok(());
        for item in &statement.items {
            outcome = match item {
                Item::Parameter(parameter) => set_nine(group, parameter, self.release),
                Item::Unknown(word) | Item::LateFamily(word) => {
                    reject(word.place, RejectedReason::UnknownWord)
                }
                Item::Address(found) if address.is_none() => {
                    vip(found).map(|vip| address = Some(vip))
                }
                _ => Ok(()),
            };
            if outcome.is_err() {
                break;
            }
        }
        outcome?;
        // The address is set last.
        match address {
            Some(vip) if statement.removes() => self.remove(name, vip.address()),
            Some(vip) => self.put(name, vip, None, statement.adds()),
            None => {}
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
