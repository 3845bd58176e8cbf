//! Who serves what: the vhids and segments of a node, and the vhids that speak unicast or VRRP.

use std::collections::BTreeSet;

use super::numbers::takeover_of;
use crate::model::{Cluster, HostName, Node, Peers, Protocol, SegmentName, VhidSpec};

/// The vhids that a node serves.
pub(super) fn vhids_of<'c>(
    cluster: &'c Cluster,
    node: &'c Node,
) -> impl Iterator<Item = &'c VhidSpec> {
    cluster
        .vhids
        .iter()
        .filter(|vhid| vhid.order.contains(&node.name) && node.interface(&vhid.segment).is_some())
}

/// The segments on which a node serves vhids.
pub(super) fn segments_of<'c>(cluster: &'c Cluster, node: &'c Node) -> BTreeSet<&'c SegmentName> {
    vhids_of(cluster, node).map(|vhid| &vhid.segment).collect()
}

/// The vhid speaks CARP.
pub(super) const fn speaks_carp(vhid: &VhidSpec) -> bool {
    matches!(vhid.protocol, Protocol::Carp { .. })
}

/// The vhids that speak CARP to one peer.
pub(super) fn unicast(cluster: &Cluster) -> impl Iterator<Item = &VhidSpec> {
    let unicast = |vhid: &&VhidSpec| {
        matches!(
            vhid.protocol,
            Protocol::Carp {
                peers: Peers::Unicast,
                ..
            }
        )
    };
    cluster.vhids.iter().filter(unicast)
}

/// The vhids that speak CARP to one peer, on nodes that all can.
pub(super) fn working_unicast(cluster: &Cluster) -> impl Iterator<Item = &VhidSpec> {
    unicast(cluster).filter(|vhid| {
        cluster
            .oldest_release(vhid)
            .is_some_and(crate::model::Release::has_unicast)
    })
}

/// How long a node waits for an advertisement of a CARP vhid before it becomes master, in microseconds.
pub(super) fn wait_us(vhid: &VhidSpec, node: &HostName) -> Option<u64> {
    takeover_of(vhid, node).filter(|_| speaks_carp(vhid))
}

/// The skew of a node in a CARP vhid.
pub(super) fn skew_of(vhid: &VhidSpec, node: &HostName) -> Option<u8> {
    let Protocol::Carp { timers, .. } = &vhid.protocol else {
        return None;
    };
    timers.advskew.get(node).map(|skew| skew.number())
}
