//! `demoted-host`

use crate::dialect::parse::ShownSysctl;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, VhidGroup, View};
use crate::lint::registry::rule;
use crate::model::{KnownSysctl, Mode, Severity};

rule! {
    /// Finds hosts that saved output shows as demoted.
    ///
    /// ## Why it matters
    ///
    /// From FreeBSD 10 on `net.inet.carp.demotion` is added to the skew of every vhid of the host, up to 240 (`DEMOTE_ADVSKEW`
    /// in `sys/netinet/ip_carp.c`), so a host that should be preferred is not. Writing the sysctl adds to it: 0 changes nothing.
    /// Below 0 the kernels before PR 259528 was repaired (November 2021) sent a wrapped skew, and two hosts were master.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # sysctl.txt
    /// net.inet.carp.demotion: 240
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # sysctl.txt
    /// net.inet.carp.demotion: 0
    /// ```
    DEMOTED_HOST = "CG613", "demoted-host", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter().filter(|(_, host)| !host.is_legacy()) {
        let Some((line, demotion)) = demotion(hosts, position).filter(|(_, d)| *d != 0) else {
            continue;
        };
        let name = &host.name;
        let (severity, message) = if demotion < 0 {
            let message = format!(
                "the demotion of {name} is {demotion}: releases before November 2021 send a wrapped skew, and two hosts are master; later ones count it as skew 0{}",
                winners(hosts, position, demotion)
            );
            (Severity::Error, message)
        } else {
            let message = format!(
                "the demotion of {name} is {demotion}, which is added to the skew of all its vhids, up to 240{}",
                winners(hosts, position, demotion)
            );
            (Severity::Warning, message)
        };
        let help = format!(
            "when the cause is gone: sysctl net.inet.carp.demotion={}; it is added, so 0 changes nothing",
            demotion.saturating_neg()
        );
        let place = line.value_place;
        findings.add(HostFinding::at(severity, position, place, message, help));
    }
}

/// The demotion that saved output shows of a host.
fn demotion<'h>(hosts: &'h Hosts<'_>, host: usize) -> Option<(&'h ShownSysctl, i64)> {
    let lines = &hosts.hosts[host].reading.shown_sysctls;
    let last = lines
        .iter()
        .rev()
        .find(|line| line.name == KnownSysctl::DEMOTION)?;
    Some((last, last.value.parse().ok()?))
}

/// Who is preferred now for the vhids of a host.
fn winners(hosts: &Hosts<'_>, host: usize, demotion: i64) -> String {
    let groups = hosts.all_groups();
    let own: Vec<&VhidGroup<'_>> = groups
        .iter()
        .filter(|group| group.view != View::Live && group.members.iter().any(|m| m.host == host))
        .collect();
    let view = own.iter().map(|group| group.view).max();
    let mut text = String::new();
    for group in own.into_iter().filter(|group| Some(group.view) == view) {
        let timed = group.members.iter().filter_map(|member| {
            let Mode::Carp {
                advbase, advskew, ..
            } = member.config.mode
            else {
                return None;
            };
            let added = if member.host == host {
                demotion
            } else {
                self::demotion(hosts, member.host).map_or(0, |(_, value)| value)
            };
            let skew = i64::from(advskew.number())
                .saturating_add(added)
                .clamp(0, 240);
            Some((
                i64::from(advbase.number()) * 256 + skew,
                skew,
                advskew,
                member,
            ))
        });
        let timed: Vec<_> = timed.collect();
        let Some((sum, skew, configured, _)) = timed.iter().find(|(.., m)| m.host == host) else {
            continue;
        };
        text += &format!(
            "; vhid {} counts with skew {skew} instead of {configured}",
            group.vhid
        );
        let best = timed.iter().filter(|(.., member)| member.host != host);
        if let Some((other, its, _, member)) = best.min_by_key(|(sum, ..)| *sum) {
            let name = hosts.name_of(member);
            text += &match other.cmp(sum) {
                std::cmp::Ordering::Less => format!(", and {name} with {its} wins"),
                std::cmp::Ordering::Equal => format!(", and {name} has as much"),
                std::cmp::Ordering::Greater => {
                    format!(", and still wins against {name} with {its}")
                }
            };
        }
    }
    text
}
