//! Who serves a vhid in which order, and the skews and priorities that follow from it.

use std::collections::{BTreeMap, BTreeSet};

use super::nodes::in_range;
use super::vhids::{Draft, Unit};
use super::{contradiction, mirrors, unknown_name};
use crate::config::problem::{Problem, ProblemKind};
use crate::config::reader::{Item, List};
use crate::config::schema::{self, AdvSkewMap, Document, PriorityValue};
use crate::model::{AdvSkew, Cluster, HostName, OutOfRange, Route, VrrpPriority};

/// The keys that decide an order, of a vhid or of its group.
pub(super) struct OrderKeys<'a> {
    at: &'a Route,
    priority: Option<&'a PriorityValue>,
    advskew: Option<&'a AdvSkewMap>,
    nodes: Option<&'a List<String>>,
    pub(super) mirror: Option<&'a str>,
    vrrp: Option<&'a schema::VrrpNumbers>,
}

impl<'a> OrderKeys<'a> {
    pub(super) fn of_group(table: &'a schema::Group) -> Self {
        Self {
            at: &table.at,
            priority: table.priority.as_ref(),
            advskew: table.advskew.as_ref(),
            nodes: table.nodes.as_ref(),
            mirror: table.mirror.as_deref(),
            vrrp: None,
        }
    }

    pub(super) fn of_vhid(table: &'a schema::Vhid) -> Self {
        Self {
            at: &table.at,
            priority: table.priority.as_ref(),
            advskew: table.advskew.as_ref(),
            nodes: table.nodes.as_ref(),
            mirror: table.mirror.as_deref(),
            vrrp: table.vrrp.as_ref(),
        }
    }
}

/// Who serves a unit.
#[derive(Clone, Default)]
pub(super) struct Ranks {
    pub(super) order: Vec<HostName>,
    pub(super) auto: bool,
    pub(super) advskew: BTreeMap<HostName, AdvSkew>,
    pub(super) priority: BTreeMap<HostName, VrrpPriority>,
}

/// What a unit says about its order.
pub(super) enum Wanted {
    /// These nodes in this order.
    Written(Vec<HostName>),
    /// carpgen finds the order of these nodes.
    Auto(Vec<HostName>),
}

/// The order of every unit. Names, numbers and interfaces are checked on the way.
pub(super) fn ranks(
    document: &Document,
    cluster: &Cluster,
    drafts: &[Draft<'_>],
    units: &[Unit<'_>],
    problems: &mut Vec<Problem>,
) -> Vec<Ranks> {
    let mut ranks = vec![Ranks::default(); units.len()];
    let mut wanted = Vec::new();
    for (unit, ranks) in units.iter().zip(&mut ranks) {
        if let Some(map) = unit.keys.advskew.filter(|_| !unit.vrrp) {
            ranks.advskew = numbers(
                cluster,
                map.0.iter().map(|(n, i)| (n, i.at.clone(), i.value.0)),
                AdvSkew::new,
                problems,
            );
        }
        if let Some(map) = unit
            .keys
            .vrrp
            .and_then(|v| v.priority.as_ref())
            .filter(|_| unit.vrrp)
        {
            let items = map.0.iter().map(|(n, i)| (n, i.at.clone(), i.value.0));
            ranks.priority = numbers(cluster, items, VrrpPriority::new, problems);
        }
        wanted.push(wanted_order(
            document, cluster, drafts, unit, ranks, problems,
        ));
    }
    let solved = mirrors::solve(cluster, drafts, units, &wanted);
    for (position, (wanted, ranks)) in wanted.into_iter().zip(&mut ranks).enumerate() {
        ranks.auto = matches!(wanted, Wanted::Auto(_));
        ranks.order = match wanted {
            Wanted::Written(order) => order,
            Wanted::Auto(candidates) => solved.get(&position).cloned().unwrap_or(candidates),
        };
        fill(document, &units[position], ranks, problems);
    }
    ranks
}

fn numbers<'a, T>(
    cluster: &Cluster,
    entries: impl Iterator<Item = (&'a String, Route, i64)>,
    read: fn(i64) -> Result<T, OutOfRange>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<HostName, T> {
    let mut map = BTreeMap::new();
    for (name, at, number) in entries {
        let node = node_named(cluster, &at, name, problems);
        let number = in_range(&at, read(number), problems);
        map.extend(node.zip(number));
    }
    map
}

fn node_named(
    cluster: &Cluster,
    at: &Route,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Option<HostName> {
    let found = cluster.nodes.iter().find(|node| node.name.as_str() == name);
    if found.is_none() {
        let known = cluster.nodes.iter().map(|node| node.name.to_string());
        unknown_name(at, "node", name, known, problems);
    }
    found.map(|node| node.name.clone())
}

fn wanted_order(
    document: &Document,
    cluster: &Cluster,
    drafts: &[Draft<'_>],
    unit: &Unit<'_>,
    ranks: &Ranks,
    problems: &mut Vec<Problem>,
) -> Wanted {
    let keys = &unit.keys;
    let default = || {
        document
            .cluster
            .as_ref()
            .and_then(|c| Some((c.priority.as_ref()?, c.at.clone())))
    };
    let has_numbers = keys.advskew.is_some() || keys.vrrp.is_some_and(|v| v.priority.is_some());
    let here = keys.priority.map(|priority| (priority, keys.at.clone()));
    let source = here.or_else(|| if has_numbers { None } else { default() });
    match source {
        Some((PriorityValue::Auto, _)) => Wanted::Auto(candidates(cluster, drafts, unit, problems)),
        Some((PriorityValue::Nodes(list), at)) => {
            check_nodes_key(keys, list, problems);
            let own = at == *keys.at;
            let mut order = listed(cluster, drafts, unit, list, own.then_some(&at), problems);
            sort_by_numbers(&mut order, ranks, unit.vrrp);
            Wanted::Written(order)
        }
        None if has_numbers => Wanted::Written(by_numbers(cluster, drafts, unit, ranks, problems)),
        None => {
            let numbers = if unit.vrrp {
                "`vrrp.priority`"
            } else {
                "`advskew`"
            };
            let wants = format!(
                "an order of nodes: `priority = [\"a\", \"b\"]`, `priority = \"auto\"` or {numbers}, here or `priority` in [cluster]"
            );
            problems.push(Problem::new(
                keys.at.clone(),
                ProblemKind::MissingKey {
                    key: "priority",
                    wants,
                },
            ));
            Wanted::Written(serving(cluster, drafts, unit))
        }
    }
}

/// `nodes` chooses who joins "auto"; beside a list it may only say the same.
fn check_nodes_key(keys: &OrderKeys<'_>, list: &List<String>, problems: &mut Vec<Problem>) {
    let Some(nodes) = keys.nodes else { return };
    let set = |list: &List<String>| {
        list.iter()
            .map(|item| item.value.clone())
            .collect::<BTreeSet<_>>()
    };
    if set(nodes) != set(list) {
        let what = "`nodes` says who joins \"auto\", but this order lists other nodes";
        contradiction(
            keys.at.name_of("nodes"),
            what,
            "remove `nodes`, or write `priority = \"auto\"`",
            None,
            problems,
        );
    }
}

/// All nodes with an interface on every segment of the unit.
fn serving(cluster: &Cluster, drafts: &[Draft<'_>], unit: &Unit<'_>) -> Vec<HostName> {
    let on_all = |node: &&crate::model::Node| {
        unit.drafts
            .iter()
            .all(|draft| node.interface(&drafts[*draft].segment).is_some())
    };
    cluster
        .nodes
        .iter()
        .filter(on_all)
        .map(|node| node.name.clone())
        .collect()
}

fn candidates(
    cluster: &Cluster,
    drafts: &[Draft<'_>],
    unit: &Unit<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<HostName> {
    match unit.keys.nodes {
        Some(list) => listed(cluster, drafts, unit, list, Some(unit.keys.at), problems),
        None => serving(cluster, drafts, unit),
    }
}

/// The nodes of a list, with what is wrong noted: at the list's elements where it is the unit's own (`own`),
/// at the unit where the list is the cluster's default.
fn listed(
    cluster: &Cluster,
    drafts: &[Draft<'_>],
    unit: &Unit<'_>,
    list: &[Item<String>],
    own: Option<&Route>,
    problems: &mut Vec<Problem>,
) -> Vec<HostName> {
    let mut order: Vec<HostName> = Vec::new();
    let mut places: Vec<(HostName, Route)> = Vec::new();
    for item in list {
        let before = problems.len();
        let Some(name) = node_named(cluster, &item.at, &item.value, problems) else {
            forget_repeated(problems, before);
            continue;
        };
        if order.contains(&name) {
            let kind = ProblemKind::DuplicateName {
                what: "node in this order",
                name: name.to_string(),
            };
            let first = list
                .iter()
                .find(|i| i.value == item.value)
                .map(|i| (i.at.clone(), "named here first".to_owned()));
            problems.push(Problem {
                at: item.at.clone(),
                kind,
                other: first,
            });
            forget_repeated(problems, before);
            continue;
        }
        places.push((
            name.clone(),
            if own.is_some() {
                item.at.clone()
            } else {
                unit.keys.at.clone()
            },
        ));
        order.push(name);
    }
    without_interface(cluster, drafts, unit, &places, problems);
    order.retain(|name| serving(cluster, drafts, unit).contains(name));
    order
}

/// A default that many units inherit is wrong once.
fn forget_repeated(problems: &mut Vec<Problem>, before: usize) {
    if let Some(last) = problems.last().cloned()
        && problems[..before].contains(&last)
    {
        problems.truncate(before);
    }
}

fn without_interface(
    cluster: &Cluster,
    drafts: &[Draft<'_>],
    unit: &Unit<'_>,
    places: &[(HostName, Route)],
    problems: &mut Vec<Problem>,
) {
    let lacks = |name: &HostName| {
        let node = cluster.node(name)?;
        let draft = unit
            .drafts
            .iter()
            .find(|draft| node.interface(&drafts[**draft].segment).is_none())?;
        Some(drafts[*draft].segment.to_string())
    };
    let serving = places
        .iter()
        .filter(|(name, _)| lacks(name).is_none())
        .count();
    for (name, at) in places {
        let Some(segment) = lacks(name) else { continue };
        let node = cluster
            .node(name)
            .map(|node| node.route.clone())
            .unwrap_or_default();
        let kind = ProblemKind::NodeWithoutInterface {
            node: name.to_string(),
            segment,
            serving,
            nodes: places.len(),
        };
        problems.push(Problem {
            at: at.clone(),
            kind,
            other: Some((node, "the node".to_owned())),
        });
    }
}

fn by_numbers(
    cluster: &Cluster,
    drafts: &[Draft<'_>],
    unit: &Unit<'_>,
    ranks: &Ranks,
    problems: &mut Vec<Problem>,
) -> Vec<HostName> {
    let maps = [
        unit.keys
            .advskew
            .filter(|_| !unit.vrrp)
            .map(|map| map.0.iter().map(|(n, i)| (n, &i.at)).collect::<Vec<_>>()),
        unit.keys
            .vrrp
            .and_then(|v| v.priority.as_ref())
            .map(|map| map.0.iter().map(|(n, i)| (n, &i.at)).collect()),
    ];
    let mut places = Vec::new();
    for (name, at) in maps.into_iter().flatten().flatten() {
        let known = cluster.nodes.iter().find(|node| node.name.as_str() == name);
        places.extend(known.map(|node| (node.name.clone(), at.clone())));
    }
    without_interface(cluster, drafts, unit, &places, problems);
    let able = serving(cluster, drafts, unit);
    let mut order: Vec<HostName> = places
        .into_iter()
        .map(|(name, _)| name)
        .filter(|n| able.contains(n))
        .collect();
    sort_by_numbers(&mut order, ranks, unit.vrrp);
    order
}

/// Explicit numbers decide; nodes without one keep their place behind.
fn sort_by_numbers(order: &mut [HostName], ranks: &Ranks, vrrp: bool) {
    if vrrp && !ranks.priority.is_empty() {
        order.sort_by_key(|name| {
            std::cmp::Reverse(ranks.priority.get(name).map_or(0, |p| p.number()))
        });
    } else if !ranks.advskew.is_empty() {
        order.sort_by_key(|name| ranks.advskew.get(name).map_or(u8::MAX, |s| s.number()));
    }
}

/// Skews or priorities for the nodes that have none, by rank.
fn fill(document: &Document, unit: &Unit<'_>, ranks: &mut Ranks, problems: &mut Vec<Problem>) {
    let settings = document.cluster.as_ref();
    let nodes = ranks.order.len();
    let (first, step, at) = if unit.vrrp {
        let rule = settings.and_then(|c| c.vrrp.as_ref());
        let first = rule.and_then(|r| r.first).map_or(200, |n| n.0);
        let step = rule
            .and_then(|r| r.step)
            .map_or(default_priority_step(nodes), |n| n.0);
        (first, step.saturating_neg(), rule.map(|r| r.at.clone()))
    } else {
        let rule = settings.and_then(|c| c.skew.as_ref());
        let first = rule.and_then(|r| r.first).map_or(0, |n| n.0);
        let step = rule
            .and_then(|r| r.step)
            .map(|n| n.0)
            .or(default_skew_step(nodes));
        let all_written = ranks
            .order
            .iter()
            .all(|name| ranks.advskew.contains_key(name));
        let Some(step) = step.or(all_written.then_some(1)) else {
            step_needed(settings, unit, nodes, problems);
            return;
        };
        (first, step, rule.map(|r| r.at.clone()))
    };
    let at = at.unwrap_or_else(|| unit.keys.at.clone());
    for (rank, name) in ranks.order.iter().enumerate() {
        let number =
            first.saturating_add(step.saturating_mul(i64::try_from(rank).unwrap_or(i64::MAX)));
        let result = if unit.vrrp {
            if ranks.priority.contains_key(name) {
                continue;
            }
            VrrpPriority::new(number).map(|priority| {
                ranks.priority.insert(name.clone(), priority);
            })
        } else {
            if ranks.advskew.contains_key(name) {
                continue;
            }
            AdvSkew::new(number).map(|skew| {
                ranks.advskew.insert(name.clone(), skew);
            })
        };
        if let Err(range) = result {
            if !problems
                .iter()
                .any(|p| p.at == at && matches!(p.kind, ProblemKind::ComputedRange { .. }))
            {
                let kind = ProblemKind::ComputedRange {
                    range,
                    rank,
                    first,
                    step,
                };
                problems.push(Problem::new(at, kind));
            }
            return;
        }
    }
}

/// What each rank adds where the description does not say, by the number of nodes in the order.
pub(in crate::config) fn default_skew_step(nodes: usize) -> Option<i64> {
    match nodes {
        0..=3 => Some(100),
        4..=5 => Some(50),
        6..=12 => Some(20),
        13..=24 => Some(10),
        _ => None,
    }
}

/// What each rank subtracts from the VRRP priority where the description does not say.
pub(in crate::config) const fn default_priority_step(nodes: usize) -> i64 {
    if nodes > 4 { 5 } else { 50 }
}

fn step_needed(
    settings: Option<&schema::Cluster>,
    unit: &Unit<'_>,
    nodes: usize,
    problems: &mut Vec<Problem>,
) {
    let at = settings.map_or_else(|| unit.keys.at.clone(), |c| c.at.clone());
    if problems
        .iter()
        .any(|p| p.at == at && matches!(p.kind, ProblemKind::MissingKey { key: "skew", .. }))
    {
        return;
    }
    let wants = format!(
        "a step of the skew for an order of {nodes} nodes, such as skew = {{ first = 0, step = {} }}",
        239 / nodes
    );
    problems.push(Problem::new(
        at,
        ProblemKind::MissingKey { key: "skew", wants },
    ));
}
