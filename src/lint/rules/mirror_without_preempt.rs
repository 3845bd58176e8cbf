//! `mirror-without-preempt`

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::mirrors::{MirrorGroup, mirror_groups};
use crate::lint::registry::rule;
use crate::lint::settings::preempt_place;
use crate::mirror::LoadMatrix;
use crate::model::{Cluster, Finding, Severity};

rule! {
    /// Finds mirror groups in a cluster without preemption.
    ///
    /// ## Why it matters
    ///
    /// When a failed node is back, it takes its vhids again only with `net.inet.carp.preempt=1` (`carp_input_c` in FreeBSD
    /// `sys/netinet/ip_carp.c`; `carp(4)`). Without it the node that stood in keeps them: the load that was to be shared lies on one
    /// node until that one fails.
    ///
    /// ## Example
    ///
    /// ```toml
    /// preempt = false
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// preempt = true
    /// ```
    MIRROR_WITHOUT_PREEMPT = "CG702", "mirror-without-preempt", Warning
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let cluster = &description.cluster;
    if cluster.preempt {
        return;
    }
    let groups = mirror_groups(cluster);
    let told: Vec<(&MirrorGroup<'_>, String)> = groups
        .iter()
        .filter_map(|group| Some((group, load_after_return(cluster, group)?)))
        .collect();
    let Some((_, load)) = told.first() else {
        return;
    };
    let message = format!("preempt is off: {load}, until the next failure");
    let help = "write preempt = true in [cluster]";
    let finding = Finding::new(Severity::Warning, preempt_place(description), message, help);
    let members = told.iter().flat_map(|(group, _)| {
        group.units.iter().map(|vhid| {
            let owner = crate::lint::settings::owner(description, vhid);
            (owner.clone(), group.label())
        })
    });
    findings.add(members.fold(finding, |finding, (at, label)| {
        finding.and(at, format!("a part of {label}"))
    }));
}

/// What the first node that serves something has after a failure and its return, and who has the most.
fn load_after_return(cluster: &Cluster, group: &MirrorGroup<'_>) -> Option<String> {
    let loads = LoadMatrix::new(&group.orders(cluster), cluster.nodes.len());
    if loads.nodes().len() < 2 {
        return None;
    }
    let failing = (0..loads.nodes().len()).find(|row| loads.cell(*row, 0) > Some(0))?;
    let column = failing + 1;
    let most = (0..loads.nodes().len())
        .filter(|row| *row != failing)
        .rev()
        .max_by_key(|row| loads.cell(*row, column))?;
    let name = |row: usize| {
        let node = cluster.nodes.get(*loads.nodes().get(row)?)?;
        Some(&node.name)
    };
    Some(format!(
        "when {a} has failed and is back, it serves 0 of {} and {} serves {}",
        group.label(),
        name(most)?,
        loads.cell(most, column)?,
        a = name(failing)?,
    ))
}
