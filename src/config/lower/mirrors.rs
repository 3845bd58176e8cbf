//! Orders that carpgen chooses: mirror images within each mirror group.

use std::collections::{BTreeMap, BTreeSet};

use super::order::Wanted;
use super::vhids::{Draft, Unit};
use crate::mirror;
use crate::model::{Cluster, GroupName, HostName};

/// No order has more nodes: the skew has 255 values.
const MOST_NODES: usize = 255;

/// Orders for all units that want one and have a mirror group, by position. A mirror group of more nodes than
/// skews keeps the order of the file; the numbers of its ranks are out of range anyway.
pub(super) fn solve(
    cluster: &Cluster,
    drafts: &[Draft<'_>],
    units: &[Unit<'_>],
    wanted: &[Wanted],
) -> BTreeMap<usize, Vec<HostName>> {
    let mut solved = BTreeMap::new();
    for members in mirror_groups(cluster, drafts, units) {
        if !members
            .iter()
            .any(|unit| matches!(wanted[*unit], Wanted::Auto(_)))
        {
            continue;
        }
        let index = |name: &HostName| cluster.nodes.iter().position(|node| node.name == *name);
        let problem_units: Vec<(usize, mirror::Unit)> = members
            .iter()
            .map(|unit| {
                let (names, fixed) = match &wanted[*unit] {
                    Wanted::Auto(names) => (names, false),
                    Wanted::Written(names) => (names, true),
                };
                let candidates: Vec<usize> = names.iter().filter_map(index).collect();
                let fixed = fixed.then(|| candidates.clone());
                (*unit, mirror::Unit { candidates, fixed })
            })
            .filter(|(_, unit)| !unit.candidates.is_empty())
            .collect();
        let taking_part: BTreeSet<usize> = problem_units
            .iter()
            .flat_map(|(_, unit)| unit.candidates.iter().copied())
            .collect();
        if taking_part.len() > MOST_NODES {
            continue;
        }
        let (members, problem_units): (Vec<_>, Vec<_>) = problem_units.into_iter().unzip();
        // Candidates are distinct nodes of the cluster, which is all that the solver asks for.
        let Ok(problem) = mirror::Problem::new(cluster.nodes.len(), problem_units) else {
            continue;
        };
        for (unit, order) in members.into_iter().zip(mirror::solve(&problem).orders) {
            let names = order
                .into_iter()
                .map(|node| cluster.nodes[node].name.clone());
            solved.insert(unit, names.collect());
        }
    }
    solved
}

/// Units that name one mirror group, and on release 9 with ARP balancing those that share a VIP.
fn mirror_groups(cluster: &Cluster, drafts: &[Draft<'_>], units: &[Unit<'_>]) -> Vec<Vec<usize>> {
    let mut groups: Vec<(Option<GroupName>, Vec<usize>)> = Vec::new();
    for (position, unit) in units.iter().enumerate() {
        let name = unit.keys.mirror.and_then(|name| GroupName::new(name).ok());
        let shares =
            |other: &usize| cluster.arpbalance && share_a_vip(drafts, unit, &units[*other]);
        let found = groups.iter_mut().find(|(known, members)| match &name {
            Some(name) => known.as_ref() == Some(name),
            None => known.is_none() && members.iter().any(shares),
        });
        match found {
            Some((_, members)) => members.push(position),
            None => groups.push((name, vec![position])),
        }
    }
    groups
        .into_iter()
        .filter(|(name, members)| name.is_some() || members.len() > 1)
        .map(|(_, members)| members)
        .collect()
}

fn share_a_vip(drafts: &[Draft<'_>], one: &Unit<'_>, other: &Unit<'_>) -> bool {
    one.drafts.iter().map(|d| &drafts[*d]).any(|a| {
        other.drafts.iter().map(|d| &drafts[*d]).any(|b| {
            a.segment == b.segment
                && a.vips
                    .iter()
                    .any(|v| b.vips.iter().any(|w| v.address() == w.address()))
        })
    })
}
