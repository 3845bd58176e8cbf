//! `mirror-without-preempt`

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, VhidGroup};
use crate::lint::mirrors::{MirrorGroup, mirror_groups};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::lint::settings::preempt_place;
use crate::mirror::{LoadMatrix, NodeIndex};
use crate::model::{Finding, HostName, KnownSysctl, Severity};

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
    MIRROR_WITHOUT_PREEMPT = "CG702", "mirror-without-preempt", Warning, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let cluster = &description.cluster;
    if cluster.preempt {
        return;
    }
    let names: Vec<&HostName> = cluster.nodes.iter().map(|node| &node.name).collect();
    let groups = mirror_groups(cluster);
    let told: Vec<(&MirrorGroup<'_>, String)> = groups
        .iter()
        .filter_map(|group| {
            Some((
                group,
                load_after_return(&names, &group.orders(cluster), &group.label())?,
            ))
        })
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
fn load_after_return(
    names: &[&HostName],
    orders: &[Vec<NodeIndex>],
    label: &str,
) -> Option<String> {
    let loads = LoadMatrix::new(orders, names.len());
    if loads.nodes().len() < 2 {
        return None;
    }
    let failing = (0..loads.nodes().len()).find(|row| loads.cell(*row, 0) > Some(0))?;
    let column = failing + 1;
    let most = (0..loads.nodes().len())
        .filter(|row| *row != failing)
        .rev()
        .max_by_key(|row| loads.cell(*row, column))?;
    let name = |row: usize| names.get(*loads.nodes().get(row)?);
    Some(format!(
        "when {a} has failed and is back, it serves 0 of {label} and {} serves {}",
        name(most)?,
        loads.cell(most, column)?,
        a = name(failing)?,
    ))
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    let groups = hosts.groups();
    let mut seen = Vec::new();
    for group in &groups {
        if seen.contains(&group.segment) {
            continue;
        }
        seen.push(group.segment);
        let of_segment: Vec<&VhidGroup<'_>> = groups
            .iter()
            .filter(|other| other.segment == group.segment && other.members.len() > 1)
            .collect();
        if let Some(finding) = mirrored(hosts, &of_segment) {
            findings.add(finding);
            // Preemption is switched for all segments at once.
            return;
        }
    }
}

/// Vhids of one segment that have different first hosts, while no host preempts.
fn mirrored(hosts: &Hosts<'_>, groups: &[&VhidGroup<'_>]) -> Option<HostFinding> {
    let ordered: Vec<(&VhidGroup<'_>, Vec<usize>)> = groups
        .iter()
        .filter(|group| is_mirror(hosts, group))
        .filter_map(|group| Some((*group, hosts.order(group)?)))
        .collect();
    let (_, first) = ordered.first()?;
    if ordered.iter().all(|(_, order)| order[0] == first[0]) {
        return None;
    }
    let all: Vec<usize> = (0..hosts.hosts.len()).collect();
    if all.iter().any(|host| hosts.preempts(*host) != Some(false)) {
        return None;
    }
    let names: Vec<&HostName> = hosts.hosts.iter().map(|host| &host.name).collect();
    let orders: Vec<Vec<usize>> = ordered.iter().map(|(_, order)| order.clone()).collect();
    let label = format!(
        "the vhids {}",
        list_in_words(ordered.iter().map(|(group, _)| group.vhid))
    );
    let load = load_after_return(&names, &orders, &label)?;
    let message = format!("preempt is off on every host: {load}, until the next failure");
    let help = "write net.inet.carp.preempt=1 in sysctl.conf of every host";
    let place = |host: usize| hosts.hosts[host].sysctl_or_file(KnownSysctl::PREEMPT);
    let finding = HostFinding::at(Severity::Warning, 0, place(0)?, message, help);
    let finding = all.iter().skip(1).fold(finding, |finding, host| {
        let words = format!("off on {}", hosts.hosts[*host].name);
        match place(*host) {
            Some(at) => finding.and(*host, at, words),
            None => finding,
        }
    });
    Some(ordered.iter().fold(finding, |finding, (group, order)| {
        let host = &hosts.hosts[order[0]];
        let mut members = group.members.iter();
        let member = members.find(|member| member.host == order[0]);
        let at =
            member.and_then(|member| host.vhid_place(member.config.interface.as_str(), group.vhid));
        let words = format!(
            "{} is the preferred master of vhid {}",
            host.name, group.vhid
        );
        match at {
            Some(at) => finding.and(order[0], at, words),
            None => finding,
        }
    }))
}

/// Up to 9 only vhids that share a VIP, and balance ARP for it, are known to have one job.
fn is_mirror(hosts: &Hosts<'_>, group: &VhidGroup<'_>) -> bool {
    group.members.iter().all(|member| {
        let legacy = hosts.hosts[member.host].is_legacy();
        let shared = || {
            hosts.shared_vips().iter().any(|vip| {
                let mut holders = vip.holders.iter();
                holders.any(|(host, vhids)| {
                    *host == member.host && vhids.iter().any(|vhid| vhid.vhid == group.vhid)
                })
            })
        };
        !legacy || (hosts.balances(member.host) == Some(true) && shared())
    })
}
