//! What would cost nothing instead.

use crate::model::{Cluster, GroupName, HostName, SegmentName, Vhid, Vip};
use crate::plan::change::Change;
use crate::plan::order::{Candidate, HostPart};

/// An address that interrupts a live vhid by joining it, and would not in a vhid of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnVhid {
    /// The address.
    pub vip: Vip,
    /// The vhid that it is to join.
    pub vhid: Vhid,
    /// Their segment.
    pub segment: SegmentName,
    /// A number that nobody uses there.
    pub free: Vhid,
    /// The group that the vhid moves with.
    pub group: Option<GroupName>,
    /// The order of its nodes.
    pub order: Vec<HostName>,
}

/// The addresses that would rather have a vhid of their own.
pub(super) fn alternatives(
    cluster: &Cluster,
    parts: &[HostPart],
    chosen: &Candidate,
) -> Vec<OwnVhid> {
    let mut found: Vec<OwnVhid> = Vec::new();
    for change in parts.iter().flat_map(|part| &part.changes) {
        let Change::AddAddress { vhid, vip } = change else {
            continue;
        };
        let hurts = chosen.prediction.vhids.iter().any(|seen| {
            seen.segment == vhid.segment.to_string()
                && seen.vhid == vhid.vhid.number()
                && seen.served_before
                && seen.no_master_us + seen.dual_master_us > 0
        });
        let mut specs = cluster.vhids.iter();
        let spec = specs.find(|spec| spec.segment == vhid.segment && spec.id == vhid.vhid);
        let (Some(spec), Some(free)) = (spec, free_vhid(cluster, &vhid.segment)) else {
            continue;
        };
        if hurts && !found.iter().any(|other| other.vip == *vip) {
            found.push(OwnVhid {
                vip: *vip,
                vhid: vhid.vhid,
                segment: vhid.segment.clone(),
                free,
                group: spec.group.clone(),
                order: spec.order.clone(),
            });
        }
    }
    found
}

/// The lowest number that no vhid of a segment has, nor a stranger.
fn free_vhid(cluster: &Cluster, segment: &SegmentName) -> Option<Vhid> {
    let reserved = cluster
        .segments
        .iter()
        .filter(|other| other.name == *segment);
    let reserved: Vec<Vhid> = reserved
        .flat_map(|segment| segment.reserved.clone())
        .collect();
    let used = |vhid: &Vhid| {
        let mut specs = cluster.vhids.iter();
        reserved.contains(vhid) || specs.any(|spec| spec.segment == *segment && spec.id == *vhid)
    };
    let all = (1..=255).filter_map(|number| Vhid::new(number).ok());
    all.into_iter().find(|vhid| !used(vhid))
}
