//! `equal-skew`

use crate::lint::hosts::{HostFinding, HostFindings, Hosts, Member, View};
use crate::lint::numbers::seconds;
use crate::lint::registry::rule;
use crate::model::{AdvBase, AdvSkew, Severity, takeover_us};

rule! {
    /// Finds hosts that have the same advbase and the same skew for one vhid.
    ///
    /// ## Why it matters
    ///
    /// Nobody is the preferred master. Hosts that start together become master together, each steps down on the
    /// other's advertisement, as a master gives way to one that is as fast (`carp_input_c` in FreeBSD
    /// `sys/netinet/ip_carp.c`), and all wait anew: the address comes and goes. From FreeBSD 10 on skews above 240
    /// count as 240.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # on both hosts
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # on the preferred master
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 0 pass Ee5Xkq2uPsz0"
    /// # on the other host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    EQUAL_SKEW = "CG501", "equal-skew", Warning, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for group in hosts.timed_groups() {
        let mut judged = Vec::new();
        for (position, member) in group.members.iter().enumerate() {
            let Some(timers) = hosts
                .timers(member)
                .filter(|timers| !judged.contains(timers))
            else {
                continue;
            };
            judged.push(timers);
            let rest = &group.members[position + 1..];
            let equal: Vec<&Member<'_>> = rest
                .iter()
                .filter(|other| other.host != member.host && hosts.timers(other) == Some(timers))
                .collect();
            if let Some(finding) = finding(hosts, group.view, member, &equal, timers) {
                findings.add(finding);
            }
        }
    }
}

fn finding(
    hosts: &Hosts<'_>,
    view: View,
    member: &Member<'_>,
    equal: &[&Member<'_>],
    (advbase, advskew): (AdvBase, AdvSkew),
) -> Option<HostFinding> {
    let others = equal
        .iter()
        .map(|other| hosts.hosts[other.host].name.to_string());
    let others: Vec<String> = others.collect();
    if others.is_empty() {
        return None;
    }
    let vhid = member.config.vhid;
    let message = format!(
        "vhid {vhid} has advbase {advbase} and advskew {advskew} on {} as well: all become master together {} after a start, step down on each other's advertisement, and wait again",
        others.join(" and "),
        seconds(takeover_us(advbase, advskew)),
    );
    let help = "give each host a skew of its own, such as 0, 100 and 200";
    let place = |member: &Member<'_>| hosts.place_of(view, member);
    let own = place(member)?;
    let finding = HostFinding::at(Severity::Warning, member.host, own, message, help);
    Some(
        equal
            .iter()
            .fold(finding, |finding, other| match place(other) {
                Some(at) => finding.and(
                    other.host,
                    at,
                    format!("the same on {}", hosts.hosts[other.host].name),
                ),
                None => finding,
            }),
    )
}
