//! `uneven-mirror`

use std::fmt::Write as _;

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::mirrors::{MirrorGroup, mirror_groups};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::lint::settings::order_place;
use crate::mirror::{self, Imbalance, LoadMatrix, NodeIndex};
use crate::model::{Cluster, Finding, Route, Severity, VhidSpec};

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
    UNEVEN_MIRROR = "CG701", "uneven-mirror", Warning
}

/// A table up to this many characters wide shows all pairs of failures, a wider one only the worst.
const WIDEST_TABLE: usize = 72;

/// So many better orders are written out.
const MOST_ORDERS: usize = 12;

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let cluster = &description.cluster;
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
            consequence(cluster, &worst),
            matrix(cluster, &judged.matrix, &worst),
        );
        let at = place(description, &group, &changed);
        let finding = Finding::new(
            Severity::Warning,
            at.clone(),
            message,
            advice(cluster, &changed),
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

fn names(cluster: &Cluster, nodes: &[NodeIndex]) -> Vec<String> {
    let name = |node: &NodeIndex| cluster.nodes.get(*node).map(|node| node.name.to_string());
    nodes.iter().filter_map(name).collect()
}

fn consequence(cluster: &Cluster, worst: &Imbalance) -> String {
    let when = if worst.failed.is_empty() {
        "with all nodes up".to_owned()
    } else {
        let verb = if worst.failed.len() == 1 {
            "fails"
        } else {
            "fail"
        };
        format!(
            "after {} {verb}",
            list_in_words(names(cluster, &worst.failed))
        )
    };
    let name = |node| names(cluster, &[node]).concat();
    format!(
        "{when}, {} serves {} and {} {}",
        name(worst.most),
        worst.most_load,
        name(worst.least),
        worst.least_load
    )
}

/// The loads as a table: a row for each node, a column for each set of failed nodes.
fn matrix(cluster: &Cluster, loads: &LoadMatrix, worst: &Imbalance) -> String {
    let rows = names(cluster, loads.nodes());
    let first = rows.iter().map(String::len).max().unwrap_or(0).max(6);
    let columns = loads.columns().iter().enumerate();
    let mut columns: Vec<(usize, String)> = columns
        .filter(|(_, failed)| failed.len() < 2 || rows.len() > 3)
        .map(|(column, failed)| match failed.as_slice() {
            [] => (column, "none".to_owned()),
            failed => (column, names(cluster, failed).join("+")),
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

fn advice(cluster: &Cluster, changed: &[(&VhidSpec, &Vec<NodeIndex>)]) -> String {
    let mut help = "write priority = \"auto\" in each of them, or:".to_owned();
    for (vhid, order) in changed.iter().take(MOST_ORDERS) {
        let nodes: Vec<String> = names(cluster, order)
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
