//! `missing-pass`

use std::collections::BTreeMap;

use crate::config::Description;
use crate::dialect::parse::{Keyword, Parameter, is_carp_interface};
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost, Source, SourceStatement};
use crate::lint::numbers::seconds;
use crate::lint::registry::rule;
use crate::model::{AdvBase, AdvSkew, Finding, Protocol, Route, Severity, interval_us};

rule! {
    /// Finds CARP vhids without a key.
    ///
    /// ## Why it matters
    ///
    /// Without `pass` the key is twenty zero bytes, the same on every host of the world that has none. Any host on the
    /// segment is accepted as a member of the group, by accident or on purpose, and takes the VIP with its first
    /// advertisement if its skew is lower.
    ///
    /// ## Example
    ///
    /// ```toml
    /// pass = ""
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// pass = { env = "CARP_PASS" }
    /// ```
    ///
    /// `carpgen keygen` makes a key.
    MISSING_PASS = "CG301", "missing-pass", Warning, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for vhid in &description.cluster.vhids {
        let Protocol::Carp {
            timers, key: None, ..
        } = &vhid.protocol
        else {
            continue;
        };
        let wait = seconds(interval_us(timers.advbase, AdvSkew::DEFAULT));
        let message = format!(
            "{} on segment {} has no key: any host without a key is accepted, and one that advertises a lower skew takes {} within {wait}",
            vhid.label(),
            vhid.segment,
            if vhid.vips.len() == 1 {
                "its VIP"
            } else {
                "its VIPs"
            },
        );
        let help = "write pass = { env = \"CARP_PASS\" } here or in [cluster]; `carpgen keygen` makes a key";
        findings.add(Finding::new(
            Severity::Warning,
            place(description, &vhid.route),
            message,
            help,
        ));
    }
}

/// The empty key where one is written, else the vhid.
fn place(description: &Description<'_>, vhid: &Route) -> Route {
    let written = description
        .document
        .vhid
        .iter()
        .flatten()
        .any(|v| v.value.at == *vhid && v.value.pass.is_some());
    if written {
        vhid.key("pass")
    } else {
        vhid.clone()
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let all = host.statements();
        let mut groups: BTreeMap<(&str, i64), Vec<&SourceStatement<'_>>> = BTreeMap::new();
        for found in all.iter().filter(|found| !found.statement.removes()) {
            let name = found.statement.interface.text();
            let number = found
                .vhid()
                .filter(|_| host.is_legacy() == is_carp_interface(name));
            // Up to 9 the key belongs to the carp interface.
            let group = match number {
                _ if host.is_legacy() && is_carp_interface(name) => Some((name, 0)),
                Some(number) => Some((name, number)),
                None => None,
            };
            if let Some(group) = group {
                groups.entry(group).or_default().push(found);
            }
        }
        for ((interface, _), statements) in groups {
            if let Some(first) = keyless(host, interface, &statements) {
                findings.add(of_host(host, position, first));
            }
        }
    }
}

/// The first command of a vhid that no command gives a key to, and that saved output does not know.
fn keyless<'s, 'h>(
    host: &LintHost<'_>,
    interface: &str,
    statements: &[&'s SourceStatement<'h>],
) -> Option<&'s SourceStatement<'h>> {
    let has_key = |found: &&SourceStatement<'_>| {
        let key = found.statement.key();
        key.is_some_and(|(key, _)| !key.expose().is_empty()) || host.key_is_unclear(found)
    };
    let is_vrrp = |found: &&SourceStatement<'_>| {
        let version = found.statement.parameter(Keyword::Carpver);
        version.and_then(Parameter::number) == Some(3)
    };
    if statements
        .iter()
        .any(|found| has_key(found) || is_vrrp(found))
    {
        return None;
    }
    let counts = |found: &&&SourceStatement<'_>| {
        found.vhid().is_some()
            && (found.source == Source::Boot || found.statement.addresses().next().is_some())
    };
    let first = statements.iter().find(counts)?;
    let shown = host.reading.shown_interfaces.iter();
    let is_running = shown
        .filter(|shown| shown.name == interface)
        .flat_map(|shown| &shown.vhids)
        .any(|shown| host.is_legacy() || Some(shown.vhid) == first.vhid());
    (first.source == Source::Boot || !is_running).then_some(*first)
}

fn of_host(host: &LintHost<'_>, position: usize, found: &SourceStatement<'_>) -> HostFinding {
    let base = found.statement.parameter(Keyword::Advbase);
    let base = base
        .and_then(Parameter::number)
        .and_then(|base| AdvBase::new(base).ok());
    let base = base
        .filter(|base| base.number() > 0)
        .unwrap_or(AdvBase::DEFAULT);
    let wait = seconds(interval_us(base, AdvSkew::DEFAULT));
    let message = format!(
        "vhid {} on {} has no key: any host without a key is accepted, and one that advertises a lower skew takes its VIPs within {wait}",
        found.vhid().unwrap_or_default(),
        host.name
    );
    let empty = found.statement.parameter(Keyword::Pass);
    let place = empty.map_or(found.statement.place, |pass| pass.place);
    let help = "write `pass` and a key, the same on every host; `carpgen keygen` makes one";
    HostFinding::at(Severity::Warning, position, place, message, help)
}
