//! Mirror groups as the rules see them: units that share a job, with their orders.

use crate::mirror::{NodeIndex, Problem, Unit};
use crate::model::{Cluster, GroupName, HostName, VhidSpec};

/// Units whose orders must be mirror images of each other.
pub(super) struct MirrorGroup<'c> {
    /// Its name; on release 9 vhids that share a VIP are one without a name.
    pub(super) name: Option<&'c GroupName>,
    /// The first vhid of every unit, in the order of the file: groups of vhids count as one.
    pub(super) units: Vec<&'c VhidSpec>,
}

impl MirrorGroup<'_> {
    /// The group in words.
    pub(super) fn label(&self) -> String {
        self.name.map_or_else(
            || {
                let vhids = self.units.iter().map(|vhid| vhid.id);
                format!(
                    "the vhids {} that share a VIP",
                    super::numbers::list_in_words(vhids)
                )
            },
            |name| format!("mirror group {name}"),
        )
    }

    /// The order of every unit, as positions in the cluster's list of nodes.
    pub(super) fn orders(&self, cluster: &Cluster) -> Vec<Vec<NodeIndex>> {
        let index = |name: &HostName| cluster.nodes.iter().position(|node| node.name == *name);
        self.units
            .iter()
            .map(|vhid| vhid.order.iter().filter_map(index).collect())
            .collect()
    }

    /// The question which orders of the same nodes are best, with nothing fixed.
    pub(super) fn problem(&self, cluster: &Cluster) -> Option<Problem> {
        let units = self.orders(cluster).into_iter().map(|candidates| Unit {
            candidates,
            fixed: None,
        });
        // A unit without nodes has another problem, which is reported where it is.
        Problem::new(cluster.nodes.len(), units.collect()).ok()
    }
}

/// The mirror groups of two or more units.
pub(super) fn mirror_groups(cluster: &Cluster) -> Vec<MirrorGroup<'_>> {
    let mut groups: Vec<MirrorGroup<'_>> = Vec::new();
    for vhid in units(cluster) {
        let shares = |other: &&VhidSpec| {
            cluster.may_share_vips(vhid) && units_share_a_vip(cluster, vhid, other)
        };
        let found = groups.iter_mut().find(|group| match &vhid.mirror {
            Some(name) => group.name == Some(name),
            None => group.name.is_none() && group.units.iter().any(shares),
        });
        match found {
            Some(group) => group.units.push(vhid),
            None => groups.push(MirrorGroup {
                name: vhid.mirror.as_ref(),
                units: vec![vhid],
            }),
        }
    }
    groups.retain(|group| group.units.len() > 1);
    groups
}

/// The first vhid of each group, and every vhid of its own.
fn units(cluster: &Cluster) -> impl Iterator<Item = &VhidSpec> {
    let mut seen: Vec<&GroupName> = Vec::new();
    cluster.vhids.iter().filter(move |vhid| {
        let Some(group) = &vhid.group else {
            return true;
        };
        let new = !seen.contains(&group);
        if new {
            seen.push(group);
        }
        new
    })
}

/// All vhids that move with one.
fn unit_of<'c>(
    cluster: &'c Cluster,
    vhid: &'c VhidSpec,
) -> impl Iterator<Item = &'c VhidSpec> + Clone {
    cluster.vhids.iter().filter(move |other| {
        other.route == vhid.route || (vhid.group.is_some() && other.group == vhid.group)
    })
}

fn units_share_a_vip(cluster: &Cluster, one: &VhidSpec, other: &VhidSpec) -> bool {
    unit_of(cluster, one).any(|a| unit_of(cluster, other).any(|b| share_a_vip(a, b)))
}

/// Two vhids of one segment have an address in common.
pub(super) fn share_a_vip(one: &VhidSpec, other: &VhidSpec) -> bool {
    let has = |address| other.vips.iter().any(|vip| vip.address() == address);
    one.segment == other.segment && one.vips.iter().any(|vip| has(vip.address()))
}
