//! `advbase-out-of-range`

use std::collections::BTreeSet;

use crate::config::{Description, ProblemKind};
use crate::dialect::parse::Keyword;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
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
    ADVBASE_OUT_OF_RANGE = "CG202", "advbase-out-of-range", Error, refuses Everything, for both
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

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for found in host.statements() {
            let bases = found
                .statement
                .parameters()
                .filter(|parameter| parameter.keyword == Keyword::Advbase);
            for parameter in bases.filter(|_| !host.is_distorted(&found)) {
                let skew = found.statement.parameter(Keyword::Advskew);
                let skew = skew.and_then(crate::dialect::parse::Parameter::number);
                let (severity, message) = match parameter.number() {
                    Some(0) => (Severity::Warning, of_zero(host.is_legacy(), skew)),
                    Some(number) if number > 255 => (
                        Severity::Error,
                        format!(
                            "advbase {number} does not fit into an advertisement: the kernel refuses it, and {} gets no VIP from this command",
                            host.name
                        ),
                    ),
                    _ => continue,
                };
                let place = parameter.value_place();
                let help = "write a number of seconds from 1 to 255; 1 is the usual one";
                findings.add(HostFinding::at(severity, position, place, message, help));
            }
        }
    }
}

/// What a base of 0 does beside a skew.
fn of_zero(legacy: bool, skew: Option<i64>) -> String {
    let wait = skew
        .and_then(|skew| u64::try_from(skew).ok())
        .filter(|skew| legacy && (1..=254).contains(skew))
        .map(|skew| skew * 1_000_000 / 256);
    wait.map_or_else(
        || "advbase 0 means \"keep\": a new vhid gets 1, a running one what it had".to_owned(),
        |wait| format!("advbase 0 beside a skew: this host takes over after {} without a packet, not after three intervals", seconds(wait)),
    )
}
