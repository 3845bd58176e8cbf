//! `bad-sysctl`

use crate::config::{Description, ProblemKind, nearest};
use crate::lint::engine::Findings;
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::lint::settings::{SysctlLine, sysctl_lines};
use crate::model::{Cluster, Finding, KnownSysctl, Node, Severity};

rule! {
    /// Finds sysctls of CARP that the release does not have or cannot set, and values that they do not take.
    ///
    /// ## Why it matters
    ///
    /// At boot an unknown name in sysctl.conf is passed over without a word, so the setting that somebody relies on is not there. A value
    /// that the kernel refuses (`carp_dscp_sysctl` in FreeBSD `sys/netinet/ip_carp.c` answers EINVAL above 63) leaves the old one,
    /// and a factor below 0 makes a host better by losing a link.
    ///
    /// ## Example
    ///
    /// ```toml
    /// net.inet.carp.dscp = 64
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// net.inet.carp.dscp = 56
    /// ```
    BAD_SYSCTL = "CG806", "bad-sysctl", Error, refuses Everything
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for problem in &description.problems {
        if let ProblemKind::BadSysctl { name, why, help } = &problem.kind {
            let message = format!(
                "{name} cannot be set to this: {why}; {}",
                follows(name, why)
            );
            let at = problem.at.clone();
            findings.add(Finding::new(Severity::Error, at, message, help.clone()));
        }
    }
    for line in sysctl_lines(description) {
        if let Some((message, help)) = without_effect(&description.cluster, &line) {
            let at = line.at.clone();
            findings.add(Finding::new(Severity::Warning, at, message, help));
        }
    }
}

/// What a value that has no meaning does.
fn follows(name: &str, why: &str) -> &'static str {
    if why.ends_with("whole number") {
        "sysctl(8) refuses the line, and the old value stays"
    } else if name.ends_with("demotion_factor") && why.starts_with('-') {
        "a host would become a better master by a failure"
    } else {
        "the old value stays, or the number means nothing to the kernel"
    }
}

/// What is wrong with a line that no kernel, or not every node's, takes.
fn without_effect(cluster: &Cluster, line: &SysctlLine<'_>) -> Option<(String, String)> {
    let name = line.name;
    let writable = KnownSysctl::ALL.iter().filter(|known| known.writable);
    let Some(known) = KnownSysctl::named(name) else {
        let help = nearest(name, writable.map(|known| known.name)).map_or_else(
            || "remove the line".to_owned(),
            |near| format!("remove the line; did you mean {near}?"),
        );
        let message = format!("no release has {name}: the line has no effect on any node");
        return Some((message, help));
    };
    let lacks = |node: &&Node| !known.exists_in(node.release);
    let lacking: Vec<&Node> = cluster.nodes.iter().filter(lacks).collect();
    let newer_has_demotion = name == KnownSysctl::DEMOTION && lacking.len() < cluster.nodes.len();
    // Both have a rule of their own.
    if name == KnownSysctl::ARPBALANCE || newer_has_demotion {
        return None;
    }
    if !lacking.is_empty() {
        let nodes = lacking
            .iter()
            .map(|node| format!("{} ({})", node.name, node.release));
        let message = format!(
            "{name} exists in FreeBSD {} only, and {} of {} nodes lack it: the line has no effect on {}",
            releases(known),
            lacking.len(),
            cluster.nodes.len(),
            list_in_words(nodes),
        );
        return Some((message, "remove the line".to_owned()));
    }
    (!known.writable && !cluster.nodes.is_empty()).then(|| {
        let message = format!("{name} can only be read: the line has no effect on any node");
        (message, "remove the line".to_owned())
    })
}

fn releases(known: &KnownSysctl) -> String {
    if known.since == known.until {
        known.since.to_string()
    } else {
        format!("{} to {}", known.since, known.until)
    }
}
