//! From what `ifconfig(8)` and `sysctl(8)` show to the configuration that a host runs with.

use std::net::IpAddr;

use super::host::{carp_unit, is_carp_interface};
use super::output::{ShownAddress, ShownInterface, ShownMode, ShownSysctl, ShownVhid};
use crate::model::{
    AdvBase, AdvSkew, HostConfig, HostName, IfName, InterfaceConfig, Key, KnownSysctl, Mode,
    RcTarget, Release, SegmentName, Sysctl, Vhid, VhidConfig, Vip, VrrpInterval, VrrpPriority,
};

/// What a vhid without a key in the output has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownKeys {
    /// Keys are shown (`ifconfig -k` of root, 10 and later): it has none.
    Shown,
    /// Keys are not shown: nothing is known of its key.
    Hidden,
}

/// The configuration that runs on a host, as `ifconfig(8)` and `sysctl(8)` show it.
///
/// Segments are called after the interfaces, as [`super::read_host`] calls them. Interfaces without addresses and vhids
/// are left out, and so is lo(4). Up to 9 a vhid is on the interface with a subnet that holds its addresses; where no
/// interface has one, its carp interface stands in. The multicast groups count as no peer (`carp_status` in FreeBSD
/// `sbin/ifconfig/ifcarp.c` prints them for a vhid without one).
///
/// The sysctls are those that can be set and are kept: the demotion is a counter, and left out.
#[must_use]
pub fn live_config(
    host: &HostName,
    release: Release,
    interfaces: &[ShownInterface],
    sysctls: &[ShownSysctl],
    keys: ShownKeys,
) -> HostConfig {
    let mut config = HostConfig {
        host: host.clone(),
        release,
        rc_target: RcTarget::default(),
        cloned_interfaces: Vec::new(),
        interfaces: own_interfaces(interfaces),
        vhids: Vec::new(),
        sysctls: sysctls
            .iter()
            .filter_map(|s| live_sysctl(s, release))
            .collect(),
    };
    for shown in interfaces {
        for vhid in &shown.vhids {
            add(&mut config, shown, vhid, keys);
        }
    }
    if !release.has_carp_interfaces() {
        config.vhids.sort_by_key(|vhid| vhid.vhid);
    }
    let serves = |config: &HostConfig, name: &IfName| {
        let mut vhids = config.vhids.iter();
        vhids.any(|vhid| vhid.interface == *name)
    };
    let kept: Vec<InterfaceConfig> = config
        .interfaces
        .iter()
        .filter(|interface| !interface.addresses.is_empty() || serves(&config, &interface.name))
        .cloned()
        .collect();
    config.interfaces = kept;
    config
}

/// The interfaces that may carry vhids, with their own addresses.
fn own_interfaces(interfaces: &[ShownInterface]) -> Vec<InterfaceConfig> {
    let carriers = interfaces
        .iter()
        .filter(|shown| !is_carp_interface(&shown.name) && !shown.name.starts_with("lo"));
    let own = carriers.filter_map(|shown| {
        let mut interface = interface(&IfName::new(&shown.name).ok()?)?;
        let plain = shown.addresses.iter().filter(|found| found.vhid.is_none());
        interface.addresses = plain.filter_map(|found| Some(vip(found)?.net())).collect();
        Some(interface)
    });
    own.collect()
}

/// An interface without addresses, on the segment that is called after it.
fn interface(name: &IfName) -> Option<InterfaceConfig> {
    Some(InterfaceConfig {
        segment: SegmentName::new(&name.variable_part()).ok()?,
        name: name.clone(),
        addresses: Vec::new(),
        manage: false,
        first_alias: 0,
    })
}

fn vip(found: &ShownAddress) -> Option<Vip> {
    Vip::new(found.address, found.prefix).ok()
}

/// The addresses of a vhid that output shows; up to 9 those of the carp interface.
pub fn shown_vips<'s>(
    shown: &'s ShownInterface,
    vhid: &ShownVhid,
) -> impl Iterator<Item = &'s ShownAddress> {
    let legacy = is_carp_interface(&shown.name);
    let number = vhid.vhid;
    let of_vhid = move |found: &&ShownAddress| legacy || found.vhid == Some(number);
    shown.addresses.iter().filter(of_vhid)
}

/// The interface that carries addresses of a carp interface of releases up to 9; itself where none does.
#[must_use]
pub fn carrier_of(config: &HostConfig, name: &str, vips: &[Vip]) -> Option<IfName> {
    if !is_carp_interface(name) {
        return IfName::new(name).ok();
    }
    let holds = |own: &InterfaceConfig| {
        vips.iter()
            .any(|vip| own.addresses.iter().any(|net| net.contains(&vip.address())))
    };
    let found = config.interfaces.iter().find(|own| holds(own));
    found.map_or_else(|| IfName::new(name).ok(), |own| Some(own.name.clone()))
}

/// Adds a vhid, and its interface where that is new. What is out of range is no vhid.
fn add(
    config: &mut HostConfig,
    shown: &ShownInterface,
    vhid: &ShownVhid,
    keys: ShownKeys,
) -> Option<()> {
    let number = Vhid::new(vhid.vhid).ok()?;
    let mode = live_mode(&vhid.mode, keys)?;
    let mut vips: Vec<Vip> = shown_vips(shown, vhid).filter_map(vip).collect();
    if is_carp_interface(&shown.name) {
        // The kernel gives carp interfaces link-local addresses of their own.
        vips.retain(|vip| !is_link_local(vip.address()));
    }
    vips.sort_by_key(|vip| vip.family());
    let carrier = carrier_of(config, &shown.name, &vips)?;
    if !config.interfaces.iter().any(|own| own.name == carrier) {
        config.interfaces.push(interface(&carrier)?);
    }
    config.vhids.push(VhidConfig {
        vhid: number,
        segment: SegmentName::new(&carrier.variable_part()).ok()?,
        interface: carrier,
        carp_unit: carp_unit(&shown.name),
        vips,
        mode,
    });
    Some(())
}

fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local())
}

fn live_mode(mode: &ShownMode, keys: ShownKeys) -> Option<Mode> {
    Some(match mode {
        ShownMode::Carp {
            advbase,
            advskew,
            key,
            peer,
            peer6,
        } => Mode::Carp {
            advbase: AdvBase::new(*advbase).ok()?,
            advskew: AdvSkew::new(*advskew).ok()?,
            key: match (key, keys) {
                (Some(key), _) => Some(Key::Text(key.clone())),
                (None, ShownKeys::Shown) => None,
                (None, ShownKeys::Hidden) => Some(Key::Redacted),
            },
            peer: match peer {
                Some(IpAddr::V4(v4)) if !v4.is_multicast() => Some(*v4),
                _ => None,
            },
            peer6: match peer6 {
                Some(IpAddr::V6(v6)) if !v6.is_multicast() => Some(*v6),
                _ => None,
            },
        },
        ShownMode::Vrrp { priority, interval } => Mode::Vrrp {
            priority: VrrpPriority::new(*priority).ok()?,
            interval: VrrpInterval::new(*interval).ok()?,
        },
    })
}

fn live_sysctl(shown: &ShownSysctl, release: Release) -> Option<Sysctl> {
    let known = KnownSysctl::named(&shown.name)?;
    let kept = known.writable && known.name != KnownSysctl::DEMOTION && known.exists_in(release);
    let value = shown.value.parse().ok()?;
    kept.then(|| Sysctl::new(known.name, value))
}

#[cfg(test)]
mod tests;
