//! `advbase-out-of-range`

use std::collections::BTreeSet;

use crate::config::{Description, ProblemKind};
use crate::lint::engine::Findings;
use crate::lint::numbers::seconds;
use crate::lint::registry::rule;
use crate::model::{Finding, Protocol, Release, Route, Severity, takeover_us};

rule! {
    /// Finds values of advbase that the kernel refuses, or takes for something else.
    ///
    /// ## Why it matters
    ///
    /// advbase is one byte of every advertisement, in seconds. From FreeBSD 10 on 0 means "keep", which is 1 for a new vhid. On
    /// FreeBSD 9 the kernel stores 0 beside a skew: then a backup waits for advskew/256 s alone, not for three intervals, and takes
    /// over at the first lost packet (`carp_setrun` and `SIOCSVH` in `sys/netinet/ip_carp.c` of 9.3).
    ///
    /// ## Example
    ///
    /// ```toml
    /// advbase = 256
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// advbase = 255
    /// ```
    ADVBASE_OUT_OF_RANGE = "CG202", "advbase-out-of-range", Error, refuses Everything
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for problem in &description.problems {
        let ProblemKind::Range(range) = &problem.kind else {
            continue;
        };
        if range.name == "advbase" {
            let message = format!(
                "advbase {} does not fit into an advertisement: the kernel refuses it",
                range.value
            );
            let help = "write a number of seconds from 1 to 255; 1 is the usual one";
            findings.add(Finding::new(
                Severity::Error,
                problem.at.clone(),
                message,
                help,
            ));
        }
    }
    let document = &description.document;
    let cluster = document
        .cluster
        .iter()
        .map(|t| (t.route("advbase"), t.advbase));
    let groups = document
        .group
        .iter()
        .flatten()
        .map(|g| (g.value.route("advbase"), g.value.advbase));
    let vhids = document
        .vhid
        .iter()
        .flatten()
        .map(|v| (v.value.route("advbase"), v.value.advbase));
    for (at, advbase) in cluster.chain(groups).chain(vhids) {
        if advbase.is_some_and(|number| number.0 == 0) {
            findings.add(zero(description, at));
        }
    }
}

fn zero(description: &Description<'_>, at: Route) -> Finding {
    let cluster = &description.cluster;
    let mut releases = BTreeSet::new();
    let mut shortest = None;
    for vhid in &cluster.vhids {
        let Protocol::Carp { timers, .. } = &vhid.protocol else {
            continue;
        };
        if timers.advbase.number() != 0 {
            continue;
        }
        releases.extend(cluster.members(vhid).map(|(node, _)| node.release));
        let skews = timers.advskew.values().filter(|skew| skew.number() > 0);
        let waits = skews.map(|skew| takeover_us(timers.advbase, *skew));
        shortest = waits.chain(shortest).min();
    }
    let message = match (releases.contains(&Release::R9), shortest) {
        (true, Some(wait)) => format!(
            "advbase 0 beside a skew: a backup of FreeBSD 9 takes over after {} without a packet, not after three intervals",
            seconds(wait)
        ),
        _ => "advbase 0 means \"keep\": a new vhid gets 1, a running one what it had".to_owned(),
    };
    Finding::new(
        Severity::Warning,
        at,
        message,
        "write a number of seconds from 1 to 255; 1 is the usual one",
    )
}
