//! `demotion-too-small`

use crate::config::Description;
use crate::dialect::parse::Keyword;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, Member, View};
use crate::lint::registry::rule;
use crate::lint::serving::{segments_of, skew_of, vhids_of};
use crate::lint::settings::sysctl_line;
use crate::model::{Cluster, Finding, HostName, KnownSysctl, Severity, VhidSpec};

rule! {
    /// Finds demotion factors that are too small to move the vhids of a node that has lost a link.
    ///
    /// ## Why it matters
    ///
    /// From FreeBSD 10 on `net.inet.carp.ifdown_demotion_factor` is added to the skew of all vhids of a host while a vhid of it has no
    /// link (`carp_sc_state` and `carp_demote_adj` in `sys/netinet/ip_carp.c`). If the sum does not exceed the skew of the next
    /// node, that node does not take over: the host stays master on the segments that still work, cut off from the one that does
    /// not.
    ///
    /// ## Example
    ///
    /// ```toml
    /// net.inet.carp.ifdown_demotion_factor = 50
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// net.inet.carp.ifdown_demotion_factor = 240
    /// ```
    DEMOTION_TOO_SMALL = "CG507", "demotion-too-small", Warning, for both
}

/// A vhid whose preferred master keeps it after losing another link.
struct Kept<'c> {
    vhid: &'c VhidSpec,
    master: &'c HostName,
    skew: u8,
    next: &'c HostName,
    next_skew: u8,
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let Some(factor) = sysctl_line(description, KnownSysctl::IFDOWN_FACTOR) else {
        return;
    };
    let kept = kept(&description.cluster, factor.value);
    let Some(worst) = kept
        .iter()
        .rev()
        .max_by_key(|k| k.next_skew.saturating_sub(k.skew))
    else {
        return;
    };
    let Kept {
        vhid,
        master,
        skew,
        next,
        next_skew,
    } = worst;
    let raised = i64::from(*skew) + factor.value;
    let missing = i64::from(*next_skew) - i64::from(*skew);
    let needed = match missing.checked_div(factor.value) {
        Some(short) => format!("it takes {} failed vhids to move it", short + 1),
        None => "nothing moves it".to_owned(),
    };
    let message = format!(
        "a demotion of {} is too small: a vhid of {master} that loses its link on another segment takes its skew for {} from {skew} to {raised}, and {next} has {next_skew}: {master} stays master, {needed}",
        factor.value,
        vhid.label(),
    );
    let help = "write 240, or remove the line: 240 is what the kernel starts with";
    let finding = Finding::new(Severity::Warning, factor.at.clone(), message, help).about(master);
    findings.add(kept.iter().fold(finding, |finding, kept| {
        let words = format!(
            "{} has {} here, {} {}",
            kept.master, kept.skew, kept.next, kept.next_skew
        );
        finding.and(kept.vhid.route.clone(), words)
    }));
}

/// Where `skew + factor <= skew of the next node`.
fn kept(cluster: &Cluster, factor: i64) -> Vec<Kept<'_>> {
    let mut kept = Vec::new();
    let hosts = cluster
        .nodes
        .iter()
        .filter(|node| !node.release.has_carp_interfaces() && segments_of(cluster, node).len() > 1);
    for node in hosts {
        for vhid in vhids_of(cluster, node) {
            let [master, next, ..] = vhid.order.as_slice() else {
                continue;
            };
            let (Some(skew), Some(next_skew)) = (skew_of(vhid, master), skew_of(vhid, next)) else {
                continue;
            };
            if *master == node.name && i64::from(skew) + factor <= i64::from(next_skew) {
                kept.push(Kept {
                    vhid,
                    master,
                    skew,
                    next,
                    next_skew,
                });
            }
        }
    }
    kept
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter().filter(|(_, host)| !host.is_legacy()) {
        let factor = host.sysctl(KnownSysctl::IFDOWN_FACTOR);
        let (Some(factor), Some(place)) = (
            factor.filter(|factor| *factor >= 0),
            host.sysctl_place(KnownSysctl::IFDOWN_FACTOR),
        ) else {
            continue;
        };
        let config = &hosts.configs[position];
        let first = config.vhids.first().map(|vhid| &vhid.interface);
        if config
            .vhids
            .iter()
            .all(|vhid| Some(&vhid.interface) == first)
        {
            continue;
        }
        let help = "write 240, or remove the line: 240 is what the kernel starts with";
        let kept = kept_by(hosts, position, factor);
        let message = match kept.first() {
            Some((vhid, skew, next, its)) => format!(
                "a demotion of {factor} is too small: a failed link on another interface takes the skew of {} for vhid {} from {skew} to {}, and {} has {its}: {} stays master, cut off on one side",
                host.name,
                vhid.config.vhid,
                i64::from(*skew) + factor,
                hosts.name_of(next),
                host.name,
            ),
            None if factor < 1 && hosts.hosts.len() == 1 => format!(
                "a demotion of {factor} moves nothing: after a failed link this host stays master on its other interfaces"
            ),
            None => continue,
        };
        let finding = HostFinding::at(Severity::Warning, position, place, message, help);
        findings.add(
            kept.iter()
                .fold(finding, |finding, (own, skew, next, its)| {
                    let sides = [(own, skew), (next, its)];
                    sides.into_iter().fold(finding, |finding, (member, skew)| {
                        match hosts.parameter_place(View::Boot, member, Keyword::Advskew) {
                            Some(at) => {
                                let words = format!("{skew} on {}", hosts.name_of(member));
                                finding.and(member.host, at, words)
                            }
                            None => finding,
                        }
                    })
                }),
        );
    }
}

/// A vhid that its first host keeps, its skew, and the next host with its skew.
type KeptBy<'h> = (Member<'h>, u8, Member<'h>, u8);

fn kept_by<'h>(hosts: &'h Hosts<'_>, host: usize, factor: i64) -> Vec<KeptBy<'h>> {
    let groups = hosts.groups().into_iter();
    let kept = groups.filter_map(|group| {
        let timed = group.members.iter().filter_map(|member| {
            let (base, skew) = hosts.timers(member)?;
            Some((base, skew.number(), *member))
        });
        let mut timed: Vec<_> = timed.collect();
        timed.sort_by_key(|(base, skew, member)| (*base, *skew, member.host));
        let [(base, skew, first), (other, its, next), ..] = timed.as_slice() else {
            return None;
        };
        let is_kept = first.host == host
            && next.host != host
            && base == other
            && skew < its
            && i64::from(*skew) + factor <= i64::from(*its);
        is_kept.then_some((*first, *skew, *next, *its))
    });
    kept.collect()
}
