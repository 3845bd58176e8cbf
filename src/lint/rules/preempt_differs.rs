//! `preempt-differs`

use std::collections::BTreeMap;

use crate::dialect::parse::FileKind;
use crate::lint::hosts::{Bytes, Fixing, HostFinding, HostFindings, Hosts};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{Fix, KnownSysctl, Severity};

rule! {
    /// Finds hosts of one cluster that do not all preempt.
    ///
    /// ## Why it matters
    ///
    /// A backup takes over from a worse master only with `net.inet.carp.preempt=1` on itself (`carp_input_c` in FreeBSD
    /// `sys/netinet/ip_carp.c`; `carp(4)`). A master that has lost a link on another segment advertises a worse skew, but the host
    /// without preemption does not relieve it: the addresses end up on both hosts, and traffic from one side to the other is cut.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # sysctl.conf of one host
    /// net.inet.carp.preempt=0
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # sysctl.conf of all hosts
    /// net.inet.carp.preempt=1
    /// ```
    PREEMPT_DIFFERS = "CG505", "preempt-differs", Warning, for hosts, fix "writes what most of the hosts have; on a tie nothing is changed"
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    let mut judged: Vec<Vec<usize>> = Vec::new();
    for group in hosts.groups().into_iter().filter(|group| group.is_shared()) {
        let mut known: BTreeMap<usize, i64> = BTreeMap::new();
        for member in &group.members {
            known.extend(
                hosts
                    .preempt_of(member.host)
                    .map(|value| (member.host, value)),
            );
        }
        let names: Vec<usize> = known.keys().copied().collect();
        let is_on = |value: &i64| *value != 0;
        if judged.contains(&names) || known.values().all(is_on) || !known.values().any(is_on) {
            continue;
        }
        // A host more in another vhid is the same quarrel.
        let overlaps = judged
            .iter()
            .any(|earlier| names.iter().filter(|name| earlier.contains(name)).count() > 1);
        judged.push(names);
        if !overlaps {
            findings.extend(finding(hosts, &known));
        }
    }
}

fn finding(hosts: &Hosts<'_>, known: &BTreeMap<usize, i64>) -> Option<HostFinding> {
    let names = |on: bool| {
        let of = known.iter().filter(move |(_, value)| (**value != 0) == on);
        list_in_words(of.map(|(host, _)| &hosts.hosts[*host].name))
    };
    let message = format!(
        "net.inet.carp.preempt is 1 on {} and 0 on {}: a demoted master is not relieved by {}, and after a failed link the addresses are split over both",
        names(true),
        names(false),
        names(false),
    );
    let mut sides = known.iter();
    let (first, _) = sides.next()?;
    let place = hosts.preempt_place(*first)?;
    let help = "write net.inet.carp.preempt=1 to sysctl.conf of all hosts";
    let finding = HostFinding::at(Severity::Warning, *first, place, message, help);
    let finding = finding.with_fix(with_the_most(hosts, known));
    Some(sides.fold(finding, |finding, (host, value)| {
        let words = format!("{value} on {}", hosts.hosts[*host].name);
        match hosts.preempt_place(*host) {
            Some(at) => finding.and(*host, at, words),
            None => finding,
        }
    }))
}

/// A fix that gives all hosts what most of them have; none on a tie.
fn with_the_most(hosts: &Hosts<'_>, known: &BTreeMap<usize, i64>) -> Option<Fix> {
    let on = known.values().filter(|value| **value != 0).count();
    let off = known.len() - on;
    if on == off {
        return None;
    }
    let right = if on > off { "1" } else { "0" };
    let others = known
        .iter()
        .filter(|(_, value)| (**value != 0) != (on > off));
    let mut all: Option<Fixing> = None;
    for (position, _) in others {
        let host = &hosts.hosts[*position];
        let fixing = Fixing::of(*position);
        let mut lines = host.reading.sysctls.iter().rev();
        let line = lines.find(|line| line.name == KnownSysctl::PREEMPT);
        let fixing = match line {
            Some(line) => {
                let at = host.bytes_of(line.value_place, line.value.as_deref()?);
                fixing.replace(at, right)
            }
            None => {
                let end: Option<Bytes> = host.end_of(FileKind::SysctlConf, "sysctl.conf");
                host.append(fixing, end, &format!("{}={right}", KnownSysctl::PREEMPT))
            }
        };
        all = Some(match all {
            Some(all) => all.and(fixing),
            None => fixing,
        });
    }
    all?.done()
}
