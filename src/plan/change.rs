//! What differs between what a host runs and what it should run, as changes that can be made while it runs.

use std::collections::BTreeSet;

use ipnet::IpNet;

use crate::model::{HostConfig, IfName, KnownSysctl, Mode, Sysctl, Vhid, VhidConfig, Vip};

/// One change of a running host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The kernel module is loaded.
    LoadModule,
    /// A sysctl gets another value.
    Sysctl {
        /// Its name.
        name: String,
        /// The value that it has, where it is known.
        before: Option<i64>,
        /// The value that it gets.
        after: i64,
    },
    /// A vhid keeps its addresses and gets other parameters, which bounces nothing.
    Parameters {
        /// As it is.
        before: VhidConfig,
        /// As it will be, with the addresses that it has.
        after: VhidConfig,
    },
    /// The host gets a vhid.
    AddVhid(VhidConfig),
    /// The host loses a vhid.
    RemoveVhid(VhidConfig),
    /// A vhid that the host has gets an address, and starts again from INIT.
    AddAddress {
        /// The vhid with its parameters as they are then.
        vhid: VhidConfig,
        /// The address.
        vip: Vip,
    },
    /// A vhid loses an address that is not its last.
    RemoveAddress {
        /// The vhid with its parameters as they are then.
        vhid: VhidConfig,
        /// The address.
        vip: Vip,
    },
}

/// What a host runs though nobody declared it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extra {
    /// A vhid.
    Vhid(VhidConfig),
    /// An address of a declared vhid.
    Address(VhidConfig, Vip),
}

impl Extra {
    /// The interface and the vhid.
    #[must_use]
    pub const fn vhid(&self) -> &VhidConfig {
        match self {
            Self::Vhid(vhid) | Self::Address(vhid, _) => vhid,
        }
    }
}

/// The changes of a host, in the order in which they can be made, and what is left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// What changes.
    pub changes: Vec<Change>,
    /// What nobody declared.
    pub extras: Vec<Extra>,
}

/// A host as it runs, for comparing.
#[derive(Clone, Copy, Debug)]
pub struct Running<'a> {
    /// What it is configured with.
    pub config: &'a HostConfig,
    /// The kernel knows CARP.
    pub has_carp: bool,
    /// A vhid without a key has none; otherwise keys cannot be seen, and one that is missing is not compared.
    pub keys_shown: bool,
}

/// What turns what a host runs into what is wanted. Nothing that is right is touched: to add an address again bounces its
/// vhid, or loses it (FreeBSD 11).
///
/// `takes` says which of the things that nobody declared are taken away.
#[must_use]
pub fn changes(
    running: Running<'_>,
    wanted: &HostConfig,
    takes: impl Fn(&VhidConfig, Option<Vip>) -> bool,
) -> Changes {
    let mut found = Changes::default();
    if !running.has_carp && !wanted.vhids.is_empty() {
        found.changes.push(Change::LoadModule);
    }
    for sysctl in &wanted.sysctls {
        let before = running.config.sysctl(&sysctl.name);
        if before != Some(sysctl.value) && sysctl.name != KnownSysctl::DEMOTION {
            found.changes.push(Change::Sysctl {
                name: sysctl.name.clone(),
                before,
                after: sysctl.value,
            });
        }
    }
    let mut removed = Vec::new();
    let mut added = Vec::new();
    let mut taken: Vec<u16> = running
        .config
        .vhids
        .iter()
        .filter_map(|v| v.carp_unit)
        .collect();
    for vhid in &wanted.vhids {
        match same(running.config, vhid) {
            Some(before) if keeps(before, vhid, running.keys_shown) => {
                found
                    .changes
                    .extend(parameters(before, vhid, running.keys_shown));
                addresses(
                    before,
                    vhid,
                    &takes,
                    &mut removed,
                    &mut added,
                    &mut found.extras,
                );
            }
            Some(before) => {
                removed.push(Change::RemoveVhid(before.clone()));
                let vhid = VhidConfig {
                    carp_unit: before.carp_unit,
                    ..vhid.clone()
                };
                added.push(Change::AddVhid(vhid));
            }
            None => added.push(Change::AddVhid(with_free_unit(vhid, &mut taken))),
        }
    }
    for extra in running
        .config
        .vhids
        .iter()
        .filter(|vhid| same(wanted, vhid).is_none())
    {
        if takes(extra, None) {
            removed.push(Change::RemoveVhid(extra.clone()));
        } else {
            found.extras.push(Extra::Vhid(extra.clone()));
        }
    }
    found.changes.extend(removed);
    found.changes.extend(added);
    found
}

/// The same vhid on the same interface.
fn same<'a>(config: &'a HostConfig, vhid: &VhidConfig) -> Option<&'a VhidConfig> {
    config
        .vhids
        .iter()
        .find(|other| is_same(other, &vhid.interface, vhid.vhid))
}

fn is_same(vhid: &VhidConfig, interface: &IfName, number: Vhid) -> bool {
    vhid.interface == *interface && vhid.vhid == number
}

/// The vhid can become what is wanted without being made anew. The kernel keeps its version for its life, and a key once
/// set can be replaced and not taken away (`carp_ioctl_set` in FreeBSD 15 `sys/netinet/ip_carp.c`).
fn keeps(before: &VhidConfig, wanted: &VhidConfig, keys_shown: bool) -> bool {
    match (&before.mode, &wanted.mode) {
        (Mode::Carp { key: before, .. }, Mode::Carp { key: wanted, .. }) => {
            wanted.is_some() || before.is_none() || !keys_shown
        }
        (Mode::Vrrp { .. }, Mode::Vrrp { .. }) => true,
        _ => false,
    }
}

/// A vhid with a unit that no other carp interface has; the one that is described, where it is free.
fn with_free_unit(vhid: &VhidConfig, taken: &mut Vec<u16>) -> VhidConfig {
    let carp_unit = vhid.carp_unit.map(|wanted| {
        let free = std::iter::once(wanted)
            .chain(0..=u16::MAX)
            .find(|unit| !taken.contains(unit))
            .unwrap_or(wanted);
        taken.push(free);
        free
    });
    VhidConfig {
        carp_unit,
        ..vhid.clone()
    }
}

fn parameters(before: &VhidConfig, wanted: &VhidConfig, keys_shown: bool) -> Option<Change> {
    let mut mode = wanted.mode.clone();
    let mut seen = before.mode.clone();
    if let (Mode::Carp { key, .. }, Mode::Carp { key: shown, .. }) = (&mut mode, &mut seen) {
        let not_compared = key.is_none() || (shown.is_none() && !keys_shown);
        if not_compared || effective(key.as_ref()) == effective(shown.as_ref()) {
            key.clone_from(shown);
        }
    }
    if mode == seen {
        return None;
    }
    let after = VhidConfig {
        mode,
        ..before.clone()
    };
    Some(Change::Parameters {
        before: before.clone(),
        after,
    })
}

/// The bytes of a key that count.
fn effective(key: Option<&crate::model::Key>) -> Option<&[u8]> {
    let bytes = key?.text()?.expose().as_bytes();
    Some(&bytes[..bytes.len().min(crate::model::Secret::EFFECTIVE_BYTES)])
}

fn addresses(
    before: &VhidConfig,
    wanted: &VhidConfig,
    takes: &impl Fn(&VhidConfig, Option<Vip>) -> bool,
    removed: &mut Vec<Change>,
    added: &mut Vec<Change>,
    extras: &mut Vec<Extra>,
) {
    let with = |vips: &[Vip]| VhidConfig {
        mode: wanted.mode.clone(),
        vips: vips.to_vec(),
        ..before.clone()
    };
    let has = |list: &[Vip], vip: &Vip| list.iter().any(|other| other.net() == vip.net());
    for vip in before.vips.iter().filter(|vip| !has(&wanted.vips, vip)) {
        // An address with another mask is not one that nobody declared.
        let other_mask = wanted
            .vips
            .iter()
            .any(|other| other.address() == vip.address());
        if other_mask || takes(before, Some(*vip)) {
            removed.push(Change::RemoveAddress {
                vhid: with(&before.vips),
                vip: *vip,
            });
        } else {
            extras.push(Extra::Address(before.clone(), *vip));
        }
    }
    for vip in wanted.vips.iter().filter(|vip| !has(&before.vips, vip)) {
        added.push(Change::AddAddress {
            vhid: with(&wanted.vips),
            vip: *vip,
        });
    }
}

impl Change {
    /// The configuration of a host behind the change.
    pub fn apply(&self, config: &mut HostConfig) {
        let place = |config: &HostConfig, vhid: &VhidConfig| {
            let mut vhids = config.vhids.iter();
            vhids.position(|other| is_same(other, &vhid.interface, vhid.vhid))
        };
        match self {
            Self::LoadModule => {}
            Self::Sysctl { name, after, .. } => {
                config.sysctls.retain(|sysctl| sysctl.name != *name);
                config.sysctls.push(Sysctl::new(name, *after));
            }
            Self::Parameters { after, .. } => {
                if let Some(place) = place(config, after) {
                    config.vhids[place].mode = after.mode.clone();
                }
            }
            Self::AddVhid(vhid) => config.vhids.push(vhid.clone()),
            Self::RemoveVhid(vhid) => {
                config
                    .vhids
                    .retain(|other| !is_same(other, &vhid.interface, vhid.vhid));
            }
            Self::AddAddress { vhid, vip } => match place(config, vhid) {
                Some(place) => config.vhids[place].vips.push(*vip),
                None => config.vhids.push(VhidConfig {
                    vips: vec![*vip],
                    ..vhid.clone()
                }),
            },
            Self::RemoveAddress { vhid, vip } => {
                if let Some(place) = place(config, vhid) {
                    config.vhids[place]
                        .vips
                        .retain(|other| other.net() != vip.net());
                }
            }
        }
    }
}

/// Whether a host runs what is expected, as far as the changes are about it: a vhid that is made anew is there, one that goes
/// is not. Keys that cannot be seen are taken for right.
#[must_use]
pub fn agrees<'a>(
    expected: &HostConfig,
    live: &HostConfig,
    about: impl IntoIterator<Item = &'a Change>,
) -> bool {
    about.into_iter().all(|change| match change {
        // That it is there shows with the first vhid.
        Change::LoadModule => true,
        Change::Sysctl { name, .. } => {
            let wanted = expected.sysctl(name);
            wanted.is_none() || live.sysctl(name) == wanted
        }
        Change::Parameters { after: vhid, .. }
        | Change::AddVhid(vhid)
        | Change::RemoveVhid(vhid)
        | Change::AddAddress { vhid, .. }
        | Change::RemoveAddress { vhid, .. } => match (same(expected, vhid), same(live, vhid)) {
            (None, None) => true,
            (Some(wanted), Some(found)) => {
                looks_like(&found.mode, &wanted.mode) && nets(found) == nets(wanted)
            }
            _ => false,
        },
    })
}

fn nets(vhid: &VhidConfig) -> BTreeSet<IpNet> {
    vhid.vips.iter().map(|vip| vip.net()).collect()
}

/// The same protocol with the same numbers; a key that is not shown is taken for right.
fn looks_like(found: &Mode, wanted: &Mode) -> bool {
    let mut found = found.clone();
    if let (Mode::Carp { key: shown, .. }, Mode::Carp { key, .. }) = (&mut found, wanted) {
        let hidden = shown.as_ref().is_none_or(|shown| shown.text().is_none());
        if hidden || effective(shown.as_ref()) == effective(key.as_ref()) {
            shown.clone_from(key);
        }
    }
    found == *wanted
}
