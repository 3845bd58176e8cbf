//! The vhids that hosts serve together.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::{most, same_key};
use crate::config::resolve::{peers_of, stored_advbase};
use crate::model::{
    AdvBase, AdvSkew, HostConfig, HostName, InterfaceConfig, Key, Mode, Peers, SegmentName, Vhid,
    VhidConfig, Vip, VrrpInterval, VrrpPriority,
};

/// A vhid of the description.
#[derive(Debug)]
pub(super) struct DraftVhid {
    pub(super) segment: SegmentName,
    pub(super) id: Vhid,
    pub(super) vips: Vec<Vip>,
    pub(super) mode: DraftMode,
    /// The unit of its carp interface, where it is not the one that carpgen would choose.
    pub(super) carp_unit: Option<u16>,
}

/// The numbers of a vhid, the nodes in the order of preference.
#[derive(Debug)]
pub(super) enum DraftMode {
    Carp {
        advbase: AdvBase,
        key: Option<Key>,
        peers: Peers,
        advskew: Vec<(HostName, AdvSkew)>,
    },
    Vrrp {
        interval: VrrpInterval,
        priority: Vec<(HostName, VrrpPriority)>,
    },
}

impl DraftVhid {
    pub(super) const fn advbase(&self) -> Option<AdvBase> {
        match self.mode {
            DraftMode::Carp { advbase, .. } => Some(advbase),
            DraftMode::Vrrp { .. } => None,
        }
    }

    pub(super) const fn key(&self) -> Option<&Key> {
        match &self.mode {
            DraftMode::Carp { key, .. } => key.as_ref(),
            DraftMode::Vrrp { .. } => None,
        }
    }

    pub(super) fn order(&self) -> Vec<&HostName> {
        match &self.mode {
            DraftMode::Carp { advskew, .. } => advskew.iter().map(|(name, _)| name).collect(),
            DraftMode::Vrrp { priority, .. } => priority.iter().map(|(name, _)| name).collect(),
        }
    }
}

/// A host that serves a vhid.
type Member<'h> = (&'h HostConfig, &'h VhidConfig);

/// The vhids of all hosts, by segment in the order of the hosts' interfaces, then by number.
pub(super) fn vhids(hosts: &[HostConfig]) -> Vec<DraftVhid> {
    let mut segments: Vec<&SegmentName> = Vec::new();
    let named = hosts.iter().flat_map(|host| {
        let interfaces = host.interfaces.iter().map(|interface| &interface.segment);
        interfaces.chain(host.vhids.iter().map(|vhid| &vhid.segment))
    });
    for segment in named {
        if !segments.contains(&segment) {
            segments.push(segment);
        }
    }
    let mut drafts = Vec::new();
    for segment in segments {
        // A vhid without an interface runs nowhere, and a node without one in the segment cannot serve it.
        let on_it = hosts
            .iter()
            .filter(|host| host.interface(segment).is_some());
        let served = on_it.clone().flat_map(|host| &host.vhids);
        let here = served.filter(|vhid| vhid.segment == *segment);
        let numbers: BTreeSet<Vhid> = here.map(|vhid| vhid.vhid).collect();
        for id in numbers {
            let members: Vec<Member<'_>> = on_it
                .clone()
                .filter_map(|host| {
                    let mut own = host.vhids.iter();
                    let vhid = own.find(|vhid| vhid.segment == *segment && vhid.vhid == id)?;
                    Some((host, vhid))
                })
                .collect();
            drafts.push(draft(segment, id, &members));
        }
    }
    drafts
}

fn draft(segment: &SegmentName, id: Vhid, members: &[Member<'_>]) -> DraftVhid {
    let as_set = |vips: &[Vip]| {
        vips.iter()
            .map(|vip| (vip.address(), vip.prefix()))
            .collect::<BTreeSet<_>>()
    };
    let set = most(members.iter().map(|(_, vhid)| as_set(&vhid.vips))).unwrap_or_default();
    let vips = members
        .iter()
        .find(|(_, vhid)| as_set(&vhid.vips) == set)
        .map_or_else(Vec::new, |(_, vhid)| vhid.vips.clone());
    let is_vrrp = |vhid: &VhidConfig| matches!(vhid.mode, Mode::Vrrp { .. });
    let vrrp = most(members.iter().map(|(_, vhid)| is_vrrp(vhid))).unwrap_or(false);
    let mode = if vrrp {
        vrrp_mode(members)
    } else {
        carp_mode(members, &vips)
    };
    DraftVhid {
        segment: segment.clone(),
        id,
        vips,
        mode,
        carp_unit: most(members.iter().filter_map(|(_, vhid)| vhid.carp_unit)),
    }
}

fn vrrp_mode(members: &[Member<'_>]) -> DraftMode {
    let mut intervals = Vec::new();
    let mut order = Vec::new();
    for (host, vhid) in members {
        if let Mode::Vrrp { priority, interval } = &vhid.mode {
            intervals.push(*interval);
            order.push((host.host.clone(), *priority));
        }
    }
    order.sort_by_key(|(_, priority)| Reverse(priority.number()));
    DraftMode::Vrrp {
        interval: most(intervals).unwrap_or(VrrpInterval::DEFAULT),
        priority: order,
    }
}

fn carp_mode(members: &[Member<'_>], vips: &[Vip]) -> DraftMode {
    let mut bases = Vec::new();
    let mut keys: Vec<Option<&Key>> = Vec::new();
    let mut order = Vec::new();
    for (host, vhid) in members {
        if let Mode::Carp {
            advbase,
            advskew,
            key,
            ..
        } = &vhid.mode
        {
            bases.push((*advbase, *advskew, host.release));
            // Keys that differ behind what counts are one.
            let known = keys.iter().find(|known| same_key(**known, key.as_ref()));
            keys.push(known.copied().unwrap_or(key.as_ref()));
            order.push((host.host.clone(), *advskew));
        }
    }
    // 0 is stored as 1 where there is no skew: it counts as said by both.
    let agreeing = |base: AdvBase| {
        let same = bases
            .iter()
            .filter(|(own, skew, release)| stored_advbase(base, *skew, *release) == *own);
        same.count()
    };
    let mut advbase = AdvBase::DEFAULT;
    for (base, ..) in &bases {
        if agreeing(*base) > agreeing(advbase) {
            advbase = *base;
        }
    }
    order.sort_by_key(|(_, advskew)| advskew.number());
    DraftMode::Carp {
        advbase,
        key: most(keys).flatten().cloned(),
        peers: peers(members, vips),
        advskew: order,
    }
}

/// Unicast, if more hosts have the peer that it would give them than have none.
fn peers(members: &[Member<'_>], vips: &[Vip]) -> Peers {
    let [first, second] = members else {
        return Peers::Multicast;
    };
    let has_peer = [first, second].iter().any(|(_, vhid)| {
        matches!(vhid.mode, Mode::Carp { peer, peer6, .. } if peer.is_some() || peer6.is_some())
    });
    let interface = |(host, vhid): &Member<'_>| -> Option<InterfaceConfig> {
        host.interface(&vhid.segment).cloned()
    };
    let agrees = |own: &Member<'_>, other: &Member<'_>| {
        let Mode::Carp { peer, peer6, .. } = own.1.mode else {
            return false;
        };
        interface(other).is_some_and(|other| peers_of(&other.addresses, vips) == (peer, peer6))
    };
    let unicast = usize::from(agrees(first, second)) + usize::from(agrees(second, first));
    if has_peer && unicast > 0 {
        Peers::Unicast
    } else {
        Peers::Multicast
    }
}

/// Leaves out unit numbers that carpgen would choose anyway, and those that cannot be written: two vhids with one
/// number on different hosts, or the number of another clone.
pub(super) fn number_units(hosts: &[HostConfig], vhids: &mut [DraftVhid]) {
    let clones: BTreeSet<u16> = hosts
        .iter()
        .flat_map(|host| &host.cloned_interfaces)
        .filter_map(|name| name.as_str().strip_prefix("carp")?.parse().ok())
        .collect();
    let mut free = (0..=u16::MAX).filter(|number| !clones.contains(number));
    let numbered = vhids.iter().filter(|vhid| vhid.carp_unit.is_some());
    let in_order = numbered.clone().all(|vhid| vhid.carp_unit == free.next());
    let units: Vec<u16> = numbered.filter_map(|vhid| vhid.carp_unit).collect();
    let distinct: BTreeSet<u16> = units.iter().copied().collect();
    let bad = |unit: &u16| clones.contains(unit) || *unit > 32767;
    if in_order || distinct.len() < units.len() || distinct.iter().any(bad) {
        vhids.iter_mut().for_each(|vhid| vhid.carp_unit = None);
    }
}
