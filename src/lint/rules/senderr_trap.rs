//! `senderr-trap`

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::lint::serving::{speaks_carp, vhids_of};
use crate::lint::settings::sysctl_line;
use crate::model::{Finding, KnownSysctl, Mode, Node, Route, Severity, VhidConfig};

rule! {
    /// Finds clusters with preemption in which send errors demote a host.
    ///
    /// ## Why it matters
    ///
    /// From FreeBSD 10 on the third failed advertisement of a vhid adds `net.inet.carp.senderr_demotion_factor`, 240, to the demotion of the
    /// host, and three successful ones take it back (`carp_send_ad_error` in `sys/netinet/ip_carp.c`). With preemption the host has
    /// lost its vhids by then, sends nothing any more, and so stays demoted until somebody writes -240 to
    /// `net.inet.carp.demotion`. Before PR 260499 was repaired (December 2021) the demotion was never taken back at all. A failed link is
    /// noticed without this factor.
    ///
    /// ## Example
    ///
    /// ```toml
    /// preempt = true
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// net.inet.carp.senderr_demotion_factor = 0
    /// ```
    SENDERR_TRAP = "CG508", "senderr-trap", Info, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let cluster = &description.cluster;
    let line = sysctl_line(description, KnownSysctl::SENDERR_FACTOR);
    let factor = line.as_ref().map_or(240, |line| line.value);
    let badly_written = line.is_none()
        && description
            .problems
            .iter()
            .any(|problem| problem.names_sysctl(KnownSysctl::SENDERR_FACTOR));
    if !cluster.preempt || factor == 0 || badly_written {
        return;
    }
    let caught = |node: &&Node| {
        !node.release.has_carp_interfaces() && vhids_of(cluster, node).any(speaks_carp)
    };
    let nodes: Vec<_> = cluster.nodes.iter().filter(caught).collect();
    if nodes.is_empty() {
        return;
    }
    let table = description.document.cluster.as_ref();
    let at = line
        .map(|line| line.at.clone())
        .or_else(|| table.map(|table| table.at.clone()));
    let message = format!(
        "three failed advertisements demote a host ({}) by {factor}; once its vhids have moved it sends nothing more, and stays demoted until somebody writes -{factor} to net.inet.carp.demotion",
        list_in_words(nodes.iter().map(|node| &node.name)),
    );
    let help = "write net.inet.carp.senderr_demotion_factor = 0 in [cluster.sysctl]";
    findings.add(Finding::new(
        Severity::Info,
        at.unwrap_or_else(Route::top),
        message,
        help,
    ));
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter().filter(|(_, host)| !host.is_legacy()) {
        let carp = |vhid: &VhidConfig| matches!(vhid.mode, Mode::Carp { .. });
        let speaks = hosts.configs[position].vhids.iter().any(carp);
        let preempts = hosts.preempt_of(position).is_some_and(|value| value != 0);
        let factor = host.booted_sysctl(KnownSysctl::SENDERR_FACTOR, 240);
        let Some(factor) = factor.filter(|factor| *factor > 0 && speaks && preempts) else {
            continue;
        };
        let line = host.sysctl_place(KnownSysctl::SENDERR_FACTOR);
        let Some(place) = line.or_else(|| hosts.preempt_place(position)) else {
            continue;
        };
        let message = format!(
            "three failed advertisements demote this host by {factor}; once its vhids have moved it sends nothing more, and stays demoted until somebody writes -{factor} to net.inet.carp.demotion"
        );
        let help = "write net.inet.carp.senderr_demotion_factor=0 to sysctl.conf";
        findings.add(HostFinding::at(
            Severity::Info,
            position,
            place,
            message,
            help,
        ));
    }
}
