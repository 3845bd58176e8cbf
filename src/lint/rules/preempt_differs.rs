//! `preempt-differs`

use std::collections::BTreeMap;

use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::Severity;

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
    PREEMPT_DIFFERS = "CG505", "preempt-differs", Warning, for hosts
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
    Some(sides.fold(finding, |finding, (host, value)| {
        let words = format!("{value} on {}", hosts.hosts[*host].name);
        match hosts.preempt_place(*host) {
            Some(at) => finding.and(*host, at, words),
            None => finding,
        }
    }))
}
