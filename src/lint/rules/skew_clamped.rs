//! `skew-clamped`

use crate::config::Description;
use crate::dialect::parse::Keyword;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::numbers::seconds;
use crate::lint::registry::rule;
use crate::model::{AdvSkew, Finding, HostName, Protocol, Route, Severity, VhidSpec, takeover_us};

rule! {
    /// Finds skews from 240 to 254.
    ///
    /// ## Why it matters
    ///
    /// From FreeBSD 10 on a skew above 240 counts as 240 in every advertisement and comparison (`DEMOTE_ADVSKEW` and `CARP_MAXSKEW` in
    /// `sys/netinet/ip_carp.c`), and a demoted master has 240 as well, on release 9 too. So such a node ties with a master that has
    /// lost a link: it does not relieve it by preemption, only after the master falls silent.
    ///
    /// ## Example
    ///
    /// ```toml
    /// advskew = { a = 0, b = 240 }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// advskew = { a = 0, b = 239 }
    /// ```
    SKEW_CLAMPED = "CG204", "skew-clamped", Warning, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let mut places: Vec<Route> = Vec::new();
    for vhid in &description.cluster.vhids {
        let Protocol::Carp { timers, .. } = &vhid.protocol else {
            continue;
        };
        for name in &vhid.order {
            let Some(skew) = timers
                .advskew
                .get(name)
                .filter(|s| **s >= AdvSkew::LARGEST_EFFECTIVE)
            else {
                continue;
            };
            let at = place(description, vhid, name);
            if places.contains(&at) {
                continue;
            }
            places.push(at.clone());
            let wait = seconds(takeover_us(timers.advbase, *skew));
            let message = format!(
                "advskew {skew} of node {name} ties with a demoted master, which has 240 too: {name} never relieves it, and takes over only {wait} after it falls silent"
            );
            findings.add(
                Finding::new(Severity::Warning, at, message, "write a number up to 239")
                    .about(name),
            );
        }
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for found in host.statements() {
            let Some(skew) = found.statement.parameter(Keyword::Advskew) else {
                continue;
            };
            let Some(number) = skew.number().filter(|number| (240..=254).contains(number)) else {
                continue;
            };
            let message = format!(
                "advskew {number} ties with a demoted master, which has 240 too: this host never relieves it, and takes over only when it falls silent"
            );
            let place = skew.value_place();
            let help = "write a number up to 239";
            findings.add(HostFinding::at(
                Severity::Warning,
                position,
                place,
                message,
                help,
            ));
        }
    }
}

/// The number itself where one is written, else the rule that it was computed by.
fn place(description: &Description<'_>, vhid: &VhidSpec, node: &HostName) -> Route {
    let document = &description.document;
    let group = vhid
        .group
        .as_ref()
        .and_then(|name| description.cluster.groups.iter().find(|g| g.name == *name));
    let of_vhid = document
        .vhid
        .iter()
        .flatten()
        .filter(|v| v.value.at == vhid.route);
    let mut tables: Vec<_> = of_vhid
        .map(|v| (&v.value.at, v.value.advskew.as_ref()))
        .collect();
    let of_group = document
        .group
        .iter()
        .flatten()
        .filter(|g| group.is_some_and(|group| group.route == g.value.at));
    tables.extend(of_group.map(|g| (&g.value.at, g.value.advskew.as_ref())));
    for (at, map) in tables {
        if map.is_some_and(|map| map.0.iter().any(|(name, _)| name == node.as_str())) {
            return at.key("advskew").key(node.as_str());
        }
    }
    let rule = document
        .cluster
        .as_ref()
        .filter(|cluster| cluster.skew.is_some());
    rule.map_or_else(|| vhid.route.clone(), |cluster| cluster.route("skew"))
}
