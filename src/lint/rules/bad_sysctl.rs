//! `bad-sysctl`

use crate::config::{Description, ProblemKind, nearest};
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, SysctlOrigin, SysctlWrite};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::lint::settings::{SysctlLine, sysctl_lines};
use crate::model::{Cluster, Finding, KnownSysctl, Node, Release, Severity};

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
    BAD_SYSCTL = "CG806", "bad-sysctl", Error, refuses Everything, for both
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

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        // The loader sets no sysctls of CARP but one, which has a rule of its own.
        let writes = host.sysctl_writes();
        for write in writes
            .iter()
            .filter(|write| write.origin != SysctlOrigin::Loader)
        {
            if let Some((message, help)) = not_there(write, host.release()) {
                findings.add(HostFinding::at(
                    Severity::Warning,
                    position,
                    write.place,
                    message,
                    help,
                ));
            } else if let Some((message, help)) = not_taken(write, host.release()) {
                findings.add(HostFinding::at(
                    Severity::Error,
                    position,
                    write.value_place,
                    message,
                    help,
                ));
            }
        }
    }
}

/// A name that the release does not have or cannot set.
fn not_there(write: &SysctlWrite<'_>, release: Release) -> Option<(String, String)> {
    let name = write.name;
    // Writing to the counters resets them; ARP balancing has a rule of its own.
    if !name.starts_with("net.inet.carp.")
        || matches!(name, "net.inet.carp.stats" | KnownSysctl::ARPBALANCE)
    {
        return None;
    }
    let Some(known) = KnownSysctl::named(name) else {
        let settable = KnownSysctl::ALL
            .iter()
            .filter(|known| known.writable && known.exists_in(release));
        let help = nearest(name, settable.map(|known| known.name)).map_or_else(
            || "remove it".to_owned(),
            |near| format!("remove it; did you mean {near}?"),
        );
        return Some((
            format!(
                "no release has {name}: it is not set, and what it was to change stays as it is"
            ),
            help,
        ));
    };
    if !known.exists_in(release) {
        return Some((
            format!(
                "{name} exists in FreeBSD {} only, and this host runs {release}: nothing is set",
                releases(known)
            ),
            "remove it".to_owned(),
        ));
    }
    (!known.writable).then(|| {
        (
            format!("{name} can only be read: nothing is set"),
            "remove it".to_owned(),
        )
    })
}

/// A value that the kernel refuses, or that means the opposite of what it is for.
fn not_taken(write: &SysctlWrite<'_>, release: Release) -> Option<(String, String)> {
    let name = write.name;
    let known = KnownSysctl::named(name).filter(|known| known.exists_in(release))?;
    if !is_number(write.value) {
        return Some((
            format!(
                "the value of {name} is not a whole number: sysctl(8) refuses it, and the old value stays"
            ),
            format!("write a number, such as {}", known.default),
        ));
    }
    let value: i64 = write.value.trim().parse().ok()?;
    if name == "net.inet.carp.dscp" && !(0..=known.max).contains(&value) {
        return Some((
            format!(
                "{value} is no DSCP, which is 0 to 63: the kernel refuses it, and the old value stays"
            ),
            format!(
                "write {}, the default, or another number up to 63",
                known.default
            ),
        ));
    }
    (name.ends_with("demotion_factor") && value < 0).then(|| {
        (
            format!("{name} is {value}: a host that loses a link, or cannot send, becomes a better master by {}", value.unsigned_abs()),
            "write 0 for no demotion, or 240 for the most that counts".to_owned(),
        )
    })
}

/// What `sysctl(8)` reads as a number: as `strtoimax(3)` does with base 0.
fn is_number(text: &str) -> bool {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let hex = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"));
    hex.map_or_else(
        || !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()),
        |hex| !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit()),
    )
}
