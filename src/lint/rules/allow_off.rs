//! `allow-off`

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, SysctlOrigin};
use crate::lint::numbers::{list_in_words, seconds};
use crate::lint::registry::rule;
use crate::lint::serving::{vhids_of, wait_us};
use crate::lint::settings::sysctl_line;
use crate::model::{Cluster, Finding, KnownSysctl, Node, Place, Release, Severity};

rule! {
    /// Finds `net.inet.carp.allow=0` among the sysctls that are set at boot.
    ///
    /// ## Why it matters
    ///
    /// From FreeBSD 12 on it holds every vhid of the host in INIT, and each one demotes the host by 240 (`carp_allow_sysctl` and
    /// `carp_sc_state` in `sys/netinet/ip_carp.c`): no host serves a VIP. Up to 11 it makes the host deaf instead: it hears no
    /// advertisement, becomes master after one wait and stays so beside the other master.
    ///
    /// ## Example
    ///
    /// ```toml
    /// net.inet.carp.allow = 0
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// net.inet.carp.allow = 1
    /// ```
    ALLOW_OFF = "CG906", "allow-off", Error, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let Some(line) = sysctl_line(description, KnownSysctl::ALLOW).filter(|line| line.value == 0)
    else {
        return;
    };
    let cluster = &description.cluster;
    let (held, deaf): (Vec<&Node>, Vec<&Node>) = cluster
        .nodes
        .iter()
        .partition(|node| node.release >= Release::R12);
    let parts: Vec<String> = [held_in_init(cluster, &held), deaf_masters(cluster, &deaf)]
        .into_iter()
        .flatten()
        .collect();
    if parts.is_empty() {
        return;
    }
    let message = format!("{} = 0: {}", KnownSysctl::ALLOW, parts.join("; "));
    let help = "write 1, or remove the line: 1 is what the kernel starts with";
    findings.add(Finding::new(
        Severity::Error,
        line.at.clone(),
        message,
        help,
    ));
}

/// From 12 on.
fn held_in_init(cluster: &Cluster, nodes: &[&Node]) -> Option<String> {
    let vhids = nodes.iter().map(|node| vhids_of(cluster, node).count());
    let most = vhids.max()?;
    let names = list_in_words(nodes.iter().map(|node| &node.name));
    Some(format!(
        "every vhid of {names} stays in INIT ({most} on one host, which is demoted by {}), and no VIP is served there",
        240 * most
    ))
}

/// Up to 11.
fn deaf_masters(cluster: &Cluster, nodes: &[&Node]) -> Option<String> {
    if nodes.is_empty() {
        return None;
    }
    let waits = nodes
        .iter()
        .flat_map(|node| vhids_of(cluster, node).filter_map(|vhid| wait_us(vhid, &node.name)));
    let wait = waits.max().map_or_else(
        || "soon after start".to_owned(),
        |wait| format!("at most {} after start", seconds(wait)),
    );
    let names = list_in_words(nodes.iter().map(|node| &node.name));
    Some(format!(
        "{names} hears no advertisement and is master of every vhid {wait}, beside the other masters"
    ))
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let mut places: Vec<Place> = Vec::new();
        if host.sysctl(KnownSysctl::ALLOW) == Some(0) {
            places.extend(host.sysctl_place(KnownSysctl::ALLOW));
        }
        let holds = host.release() >= Release::R12;
        if !holds {
            places.extend(switched_off(host));
        }
        let vhids = hosts.configs[position].vhids.len();
        let follows = if holds && vhids == 0 {
            "every vhid of this host stays in INIT, and each demotes it by 240".to_owned()
        } else if holds {
            format!(
                "every vhid of this host stays in INIT ({vhids}, which demote it by {}), and it serves no VIP",
                240 * vhids
            )
        } else {
            let wait = hosts.own_wait_us(position).map_or_else(
                || "soon after start".to_owned(),
                |wait| format!("at most {} after start", seconds(wait)),
            );
            format!(
                "this host hears no advertisement, and is master of every vhid {wait}, beside the other master"
            )
        };
        for place in places {
            let message = format!("{} is 0: {follows}", KnownSysctl::ALLOW);
            let help = "write 1, or remove it: 1 is what the kernel starts with";
            findings.add(HostFinding::at(
                Severity::Error,
                position,
                place,
                message,
                help,
            ));
        }
    }
}

/// The commands that leave it off when their script ends.
fn switched_off(host: &crate::lint::hosts::LintHost<'_>) -> Vec<Place> {
    let writes = host.sysctl_writes();
    let scripts = host.reading.scripts.iter();
    scripts
        .filter_map(|script| {
            let last = writes.iter().rev().find(|write| {
                write.origin == SysctlOrigin::Script
                    && write.place.file == script.file
                    && write.name == KnownSysctl::ALLOW
            })?;
            (last.value.parse::<i64>() == Ok(0)).then_some(last.place)
        })
        .collect()
}
