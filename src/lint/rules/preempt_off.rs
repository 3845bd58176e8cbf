//! `preempt-off`

use std::collections::BTreeSet;

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::lint::serving::{segments_of, speaks_carp, vhids_of};
use crate::lint::settings::preempt_place;
use crate::model::{Cluster, Finding, Mode, Node, SegmentName, Severity};

rule! {
    /// Finds clusters without preemption whose nodes serve several segments.
    ///
    /// ## Why it matters
    ///
    /// A node that loses one link advertises all its other vhids with a worse skew, so that they move too. But a backup takes over from a
    /// worse master only with `net.inet.carp.preempt=1` (`carp_input_c` in FreeBSD `sys/netinet/ip_carp.c`; `carp(4)`). Without it
    /// only the vhids of the broken segment move, and a router is master on one side and cut off on the other.
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
    PREEMPT_OFF = "CG506", "preempt-off", Warning, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let cluster = &description.cluster;
    if cluster.preempt {
        return;
    }
    let split = |node: &&Node| {
        segments_of(cluster, node).len() > 1 && vhids_of(cluster, node).any(speaks_carp)
    };
    let nodes: Vec<&Node> = cluster.nodes.iter().filter(split).collect();
    // The node that is master on the most segments shows best what happens.
    let Some(node) = nodes
        .iter()
        .rev()
        .max_by_key(|node| led_segments(cluster, node).len())
    else {
        return;
    };
    let led = led_segments(cluster, node);
    let segments = if led.len() > 1 {
        led
    } else {
        segments_of(cluster, node).into_iter().collect()
    };
    let [broken, rest @ ..] = segments.as_slice() else {
        return;
    };
    let stay = vhids_of(cluster, node)
        .filter(|vhid| rest.contains(&&vhid.segment))
        .map(|vhid| vhid.id);
    let message = format!(
        "preempt is off: when {}, as master, loses its link on {broken}, only the vhids of {broken} move; those on {} ({}) stay on it, and traffic from one side to the other is cut",
        node.name,
        list_in_words(rest),
        list_in_words(stay),
    );
    let help = "write preempt = true in [cluster]; every node needs it";
    findings.add(Finding::new(
        Severity::Warning,
        preempt_place(description),
        message,
        help,
    ));
}

/// The segments on which a node is the preferred master of a vhid.
fn led_segments<'c>(cluster: &'c Cluster, node: &'c Node) -> Vec<&'c SegmentName> {
    let mut segments: Vec<&SegmentName> = vhids_of(cluster, node)
        .filter(|vhid| vhid.order.first() == Some(&node.name))
        .map(|vhid| &vhid.segment)
        .collect();
    segments.sort();
    segments.dedup();
    segments
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    let speaking: Vec<(usize, BTreeSet<&SegmentName>)> = hosts
        .configs
        .iter()
        .enumerate()
        .map(|(host, config)| {
            let carp = config.vhids.iter();
            let carp = carp.filter(|vhid| matches!(vhid.mode, Mode::Carp { .. }));
            (
                host,
                carp.map(|vhid| &vhid.segment).collect::<BTreeSet<_>>(),
            )
        })
        .filter(|(_, segments)| !segments.is_empty())
        .collect();
    let off = |host: usize| hosts.preempt_of(host) == Some(0);
    if speaking.len() < 2 || !speaking.iter().all(|(host, _)| off(*host)) {
        return;
    }
    let Some((host, segments)) = speaking.iter().find(|(_, segments)| segments.len() > 1) else {
        return;
    };
    let Some(place) = hosts.preempt_place(*host) else {
        return;
    };
    let [broken, rest @ ..] = &segments.iter().collect::<Vec<_>>()[..] else {
        return;
    };
    let message = format!(
        "preempt is 0 on every host: when {}, as master, loses its link on {broken}, only the vhids of {broken} move; those on {} stay on it, and traffic from one side to the other is cut",
        hosts.hosts[*host].name,
        list_in_words(rest),
    );
    let help = "write net.inet.carp.preempt=1 to sysctl.conf of all hosts";
    let finding = HostFinding::at(Severity::Warning, *host, place, message, help);
    let others = speaking.iter().filter(|(other, _)| other != host);
    findings.add(others.fold(
        finding,
        |finding, (other, _)| match hosts.preempt_place(*other) {
            Some(at) => finding.and(*other, at, format!("0 on {}", hosts.hosts[*other].name)),
            None => finding,
        },
    ));
}
