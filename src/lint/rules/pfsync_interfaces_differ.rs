//! `pfsync-interfaces-differ`

use crate::lint::hosts::{HostFinding, HostFindings, Hosts, Member, VhidGroup, is_yes};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{Place, SegmentName, Severity};

rule! {
    /// Finds hosts that exchange the states of pf and call the interface of a vhid by different names.
    ///
    /// ## Why it matters
    ///
    /// A state of pf holds the name of the interface that it was made on, and pfsync sends it with that name (`pfsync(4)`, `pf.conf(5)`
    /// under `state-policy`; `pfsync_state_import` in FreeBSD `sys/netpfil/pf/if_pfsync.c`). On a host that has no such
    /// interface on the segment the state matches nothing, and open connections break when the vhid moves there.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # on one host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 0 pass Ee5Xkq2uPsz0"
    /// # on the other
    /// ifconfig_igb0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_igb0_name="em0"
    /// ```
    PFSYNC_INTERFACES_DIFFER = "CG930", "pfsync-interfaces-differ", Warning, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    let mut judged: Vec<&SegmentName> = Vec::new();
    let groups = hosts.groups();
    for group in &groups {
        if judged.contains(&group.segment) {
            continue;
        }
        if let Some(finding) = differing(hosts, group) {
            judged.push(group.segment);
            findings.add(finding);
        }
    }
}

fn differing(hosts: &Hosts<'_>, group: &VhidGroup<'_>) -> Option<HostFinding> {
    let mut members: Vec<(&Member<'_>, Place)> = Vec::new();
    for member in &group.members {
        // A host with two interfaces on the segment has another mistake.
        if members.iter().any(|(other, _)| other.host == member.host) {
            return None;
        }
        members.extend(pfsync_place(hosts, member.host).map(|place| (member, place)));
    }
    let (first, _) = members.first()?;
    let name = &first.config.interface;
    if members
        .iter()
        .all(|(member, _)| member.config.interface == *name)
    {
        return None;
    }
    let place = |member: &Member<'_>| {
        let host = &hosts.hosts[member.host];
        host.vhid_place(member.config.interface.as_str(), group.vhid)
    };
    let names = members.iter().map(|(member, _)| {
        format!(
            "{} on {}",
            member.config.interface, hosts.hosts[member.host].name
        )
    });
    let message = format!(
        "the interface of vhid {} is {}, and pfsync sends states with the name: after a failover open connections break",
        group.vhid,
        list_in_words(names),
    );
    let help = "give it one name on all hosts, with ifconfig_IF_name or a lagg";
    let finding = HostFinding::at(Severity::Warning, first.host, place(first)?, message, help);
    let finding = members
        .iter()
        .skip(1)
        .fold(finding, |finding, (member, _)| {
            let words = format!("{} here", member.config.interface);
            match place(member) {
                Some(at) => finding.and(member.host, at, words),
                None => finding,
            }
        });
    Some(members.iter().fold(finding, |finding, (member, at)| {
        finding.and(member.host, *at, "pfsync is enabled")
    }))
}

/// Where a host enables pfsync.
fn pfsync_place(hosts: &Hosts<'_>, host: usize) -> Option<Place> {
    let variables = &hosts.hosts[host].reading.variables;
    let enabled = variables.get("pfsync_enable")?;
    is_yes(enabled.value.text().trim()).then(|| variables.place(enabled))
}
