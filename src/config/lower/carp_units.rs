//! The unit numbers of carp interfaces (release 9).

use std::collections::BTreeSet;

use super::contradiction;
use super::order::Ranks;
use super::vhids::{Draft, Unit};
use crate::config::problem::Problem;
use crate::config::reader::wrong_value;
use crate::model::{Cluster, Node};

/// The number of each vhid that a node of release 9 serves: the one given, else the lowest free one in the order
/// of the file. Numbers of other clones are not free.
pub(super) fn numbers(
    cluster: &Cluster,
    drafts: &[Draft<'_>],
    units: &[Unit<'_>],
    ranks: &[Ranks],
    problems: &mut Vec<Problem>,
) -> Vec<Option<u16>> {
    let given = given(cluster, drafts, problems);
    let other_clones = cluster
        .nodes
        .iter()
        .flat_map(|node| &node.cloned_interfaces);
    let mut used: BTreeSet<u16> = other_clones
        .filter_map(|name| name.as_str().strip_prefix("carp")?.parse().ok())
        .collect();
    used.extend(given.iter().flatten());
    let mut free = (0..=u16::MAX).filter(move |number| !used.contains(number));
    let mut needed = vec![false; drafts.len()];
    for (unit, ranks) in units.iter().zip(ranks) {
        let legacy = |name| {
            cluster
                .node(name)
                .is_some_and(|node| node.release.has_carp_interfaces())
        };
        if ranks.order.iter().any(legacy) {
            unit.drafts.iter().for_each(|draft| needed[*draft] = true);
        }
    }
    given
        .into_iter()
        .zip(needed)
        .map(|(number, needed)| {
            if needed {
                number.or_else(|| free.next())
            } else {
                None
            }
        })
        .collect()
}

/// The numbers as written, checked.
fn given(cluster: &Cluster, drafts: &[Draft<'_>], problems: &mut Vec<Problem>) -> Vec<Option<u16>> {
    let mut given: Vec<Option<u16>> = Vec::new();
    for draft in drafts {
        let number = draft.table.carp.and_then(|carp| {
            let read = u16::try_from(carp.0).ok().filter(|number| *number <= 32767);
            if read.is_none() {
                let expected = "a unit number from 0 to 32767";
                wrong_value(
                    &draft.table.route("carp"),
                    carp.0.to_string(),
                    expected,
                    problems,
                );
            }
            read
        });
        if let Some(number) = number {
            let first = given.iter().position(|other| *other == Some(number));
            check_owner(
                cluster,
                number,
                draft,
                first.map(|first| &drafts[first]),
                problems,
            );
        }
        given.push(number);
    }
    given
}

/// An interface carries one vhid, and is no other clone of a node.
fn check_owner(
    cluster: &Cluster,
    number: u16,
    draft: &Draft<'_>,
    first: Option<&Draft<'_>>,
    problems: &mut Vec<Problem>,
) {
    let at = draft.table.route("carp");
    if let Some(first) = first {
        let what =
            format!("carp{number} is the interface of two vhids: one interface carries one vhid");
        let other = Some((first.table.route("carp"), "the other vhid"));
        contradiction(
            at.clone(),
            what,
            "give one of them another number",
            other,
            problems,
        );
    }
    let name = format!("carp{number}");
    let is_clone = |node: &&Node| {
        node.cloned_interfaces
            .iter()
            .any(|clone| clone.as_str() == name)
    };
    if let Some(node) = cluster.nodes.iter().find(is_clone) {
        let what = format!("{name} is another clone of node {}", node.name);
        let help = "write another number, or take it out of `cloned_interfaces`";
        let other = Some((
            node.route.key("cloned_interfaces"),
            "the other clones of the node",
        ));
        contradiction(at, what, help, other, problems);
    }
}
