//! `uneven-mirror`

use std::fmt::Write as _;

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, SharedVip, VhidGroup};
use crate::lint::mirrors::{MirrorGroup, mirror_groups};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::lint::settings::order_place;
use crate::mirror::{self, Imbalance, LoadMatrix, NodeIndex, Problem, Unit};
use crate::model::{Finding, HostName, Route, Severity, VhidSpec};

rule! {
    /// Finds mirror groups whose load could be spread more evenly over the nodes that live.
    ///
    /// ## Why it matters
    ///
    /// Vhids that share a job are to keep all nodes equally busy, also after a failure. If the vhids of one node all go to the same next
    /// node, that one carries a double load while the others carry none of it. The finding shows who serves how many vhids: a row
    /// for each node, a column for each set of failed nodes.
    ///
    /// ## Example
    ///
    /// ```toml
    /// priority = ["a", "b"]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// priority = "auto"
    /// ```
    ///
    /// The order that the finding names does as well.
    UNEVEN_MIRROR = "CG701", "uneven-mirror", Warning, for both
}

/// A table up to this many characters wide shows all pairs of failures, a wider one only the worst.
const WIDEST_TABLE: usize = 72;

/// So many better orders are written out.
const MOST_ORDERS: usize = 12;

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let cluster = &description.cluster;
    let all: Vec<&HostName> = cluster.nodes.iter().map(|node| &node.name).collect();
    for group in mirror_groups(cluster) {
        if group.units.iter().all(|vhid| vhid.order_is_auto) {
            continue;
        }
        let orders = group.orders(cluster);
        let Some(worst) = mirror::worst_imbalance(&orders, cluster.nodes.len()) else {
            continue;
        };
        let Some(problem) = group.problem(cluster) else {
            continue;
        };
        let judged = mirror::check(&problem, &orders);
        let Some(better) = judged.better else {
            continue;
        };
        let changed: Vec<(&VhidSpec, &Vec<NodeIndex>)> = group
            .units
            .iter()
            .copied()
            .zip(&better)
            .zip(&orders)
            .filter(|((_, better), order)| better != order)
            .map(|(changed, _)| changed)
            .collect();
        let message = format!(
            "{} is uneven: {}\n{}",
            group.label(),
            consequence(&all, &worst),
            matrix(&all, &judged.matrix, &worst),
        );
        let at = place(description, &group, &changed);
        let finding = Finding::new(
            Severity::Warning,
            at.clone(),
            message,
            advice(&all, &changed),
        );
        findings.add(others(description, &group, &at, finding));
    }
}

/// The first order written by hand that a better assignment changes.
fn place(
    description: &Description<'_>,
    group: &MirrorGroup<'_>,
    changed: &[(&VhidSpec, &Vec<NodeIndex>)],
) -> Route {
    let mut changed = changed.iter().map(|(vhid, _)| *vhid);
    let written = changed.find(|vhid| !vhid.order_is_auto);
    let vhid = written.or_else(|| group.units.first().copied());
    vhid.map_or_else(Route::top, |vhid| order_place(description, vhid))
}

fn others(
    description: &Description<'_>,
    group: &MirrorGroup<'_>,
    at: &Route,
    mut finding: Finding,
) -> Finding {
    let mut places = vec![at.clone()];
    for vhid in &group.units {
        let place = order_place(description, vhid);
        if !places.contains(&place) {
            places.push(place.clone());
            finding = finding.and(place, format!("{} is in the same mirror group", unit(vhid)));
        }
    }
    finding
}

/// A group or a vhid in words.
fn unit(vhid: &VhidSpec) -> String {
    vhid.group
        .as_ref()
        .map_or_else(|| vhid.label(), |group| format!("group {group}"))
}

fn names(all: &[&HostName], nodes: &[NodeIndex]) -> Vec<String> {
    let name = |node: &NodeIndex| all.get(*node).map(ToString::to_string);
    nodes.iter().filter_map(name).collect()
}

fn consequence(all: &[&HostName], worst: &Imbalance) -> String {
    let when = if worst.failed.is_empty() {
        "with all nodes up".to_owned()
    } else {
        let verb = if worst.failed.len() == 1 {
            "fails"
        } else {
            "fail"
        };
        format!("after {} {verb}", list_in_words(names(all, &worst.failed)))
    };
    let name = |node| names(all, &[node]).concat();
    format!(
        "{when}, {} serves {} and {} {}",
        name(worst.most),
        worst.most_load,
        name(worst.least),
        worst.least_load
    )
}

/// The loads as a table: a row for each node, a column for each set of failed nodes.
fn matrix(all: &[&HostName], loads: &LoadMatrix, worst: &Imbalance) -> String {
    let rows = names(all, loads.nodes());
    let first = rows.iter().map(String::len).max().unwrap_or(0).max(6);
    let columns = loads.columns().iter().enumerate();
    let mut columns: Vec<(usize, String)> = columns
        .filter(|(_, failed)| failed.len() < 2 || rows.len() > 3)
        .map(|(column, failed)| match failed.as_slice() {
            [] => (column, "none".to_owned()),
            failed => (column, names(all, failed).join("+")),
        })
        .collect();
    let width = first
        + columns
            .iter()
            .map(|(_, head)| head.len() + 2)
            .sum::<usize>();
    if width > WIDEST_TABLE {
        let shown = |failed: &[NodeIndex]| failed.len() < 2 || failed == worst.failed;
        columns.retain(|(column, _)| shown(&loads.columns()[*column]));
    }
    let mut table = format!("{:first$}", "failed");
    for (_, head) in &columns {
        let _ = write!(table, "  {head}");
    }
    for (row, name) in rows.iter().enumerate() {
        let _ = write!(table, "\n{name:first$}");
        for (column, head) in &columns {
            let load = loads.cell(row, *column);
            let text = load.map_or_else(|| "-".to_owned(), |load| load.to_string());
            let _ = write!(table, "  {text:>width$}", width = head.len());
        }
    }
    table
}

fn advice(all: &[&HostName], changed: &[(&VhidSpec, &Vec<NodeIndex>)]) -> String {
    let mut help = "write priority = \"auto\" in each of them, or:".to_owned();
    for (vhid, order) in changed.iter().take(MOST_ORDERS) {
        let nodes: Vec<String> = names(all, order)
            .iter()
            .map(|name| format!("{name:?}"))
            .collect();
        let _ = write!(help, "\n{}: priority = [{}]", unit(vhid), nodes.join(", "));
    }
    if let Some(left) = changed
        .len()
        .checked_sub(MOST_ORDERS)
        .filter(|left| *left > 0)
    {
        let _ = write!(help, "\nand {left} more");
    }
    help
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    let groups = hosts.groups();
    let mut judged: Vec<Vec<Vec<NodeIndex>>> = Vec::new();
    for vip in hosts.shared_vips() {
        let members = sharing(hosts, &groups, &vip);
        let orders: Option<Vec<Vec<NodeIndex>>> =
            members.iter().map(|group| hosts.order(group)).collect();
        let Some(orders) = orders.filter(|orders| orders.len() > 1 && same_hosts(orders)) else {
            continue;
        };
        if !judged.contains(&orders) {
            if let Some(finding) = uneven(hosts, &vip, &members, &orders) {
                findings.add(finding);
            }
            judged.push(orders);
        }
    }
}

/// The vhids that have the address, if all their hosts balance ARP.
fn sharing<'g, 'h>(
    hosts: &Hosts<'_>,
    groups: &'g [VhidGroup<'h>],
    vip: &SharedVip<'_>,
) -> Vec<&'g VhidGroup<'h>> {
    let has = |group: &&VhidGroup<'_>| {
        let mut vips = group.members.iter().flat_map(|member| &member.config.vips);
        group.segment == vip.segment && vips.any(|own| own.address() == vip.address)
    };
    let members: Vec<&VhidGroup<'_>> = groups.iter().filter(has).collect();
    let mut all = members.iter().flat_map(|group| &group.members);
    if all.any(|member| hosts.balances(member.host) != Some(true)) {
        return Vec::new();
    }
    members
}

/// Hosts that lack one of the vhids have another mistake.
fn same_hosts(orders: &[Vec<NodeIndex>]) -> bool {
    let sorted = |order: &Vec<NodeIndex>| {
        let mut order = order.clone();
        order.sort_unstable();
        order
    };
    orders
        .windows(2)
        .all(|pair| sorted(&pair[0]) == sorted(&pair[1]))
}

fn uneven(
    hosts: &Hosts<'_>,
    vip: &SharedVip<'_>,
    groups: &[&VhidGroup<'_>],
    orders: &[Vec<NodeIndex>],
) -> Option<HostFinding> {
    let all: Vec<&HostName> = hosts.hosts.iter().map(|host| &host.name).collect();
    let worst = mirror::worst_imbalance(orders, all.len())?;
    let units = orders.iter().map(|order| Unit {
        candidates: order.clone(),
        fixed: None,
    });
    let problem = Problem::new(all.len(), units.collect()).ok()?;
    let judged = mirror::check(&problem, orders);
    let better = judged.better?;
    let message = format!(
        "the vhids {} that share {} are uneven: {}\n{}",
        list_in_words(groups.iter().map(|group| group.vhid)),
        vip.address,
        consequence(&all, &worst),
        matrix(&all, &judged.matrix, &worst),
    );
    let changed: Vec<usize> = (0..orders.len())
        .filter(|unit| orders[*unit] != better[*unit])
        .collect();
    let mut help =
        "give the hosts ascending skews, such as 0, 100 and 200, in this order:".to_owned();
    for unit in changed.iter().take(MOST_ORDERS) {
        let order = names(&all, &better[*unit]).join(", ");
        let _ = write!(help, "\nvhid {}: {order}", groups[*unit].vhid);
    }
    let place = |unit: usize| {
        let member = groups[unit].members.first()?;
        let host = &hosts.hosts[member.host];
        let at = host.vhid_place(member.config.interface.as_str(), groups[unit].vhid)?;
        Some((member.host, at))
    };
    let first = *changed.first()?;
    let (host, at) = place(first)?;
    let finding = HostFinding::at(Severity::Warning, host, at, message, help);
    let others = (0..groups.len()).filter(|unit| *unit != first);
    Some(others.fold(finding, |finding, unit| match place(unit) {
        Some((host, at)) => finding.and(host, at, "shares the VIP"),
        None => finding,
    }))
}
