//! `advbase-differs`

use crate::dialect::parse::Keyword;
use crate::lint::hosts::conflict::conflict;
use crate::lint::hosts::consequence::simulated;
use crate::lint::hosts::{HostFindings, Hosts, Member, VhidGroup};
use crate::lint::numbers::{list_in_words, seconds};
use crate::lint::registry::rule;
use crate::model::{AdvBase, AdvSkew, Severity, interval_us, takeover_us};

rule! {
    /// Finds hosts that have different advbase for one vhid.
    ///
    /// ## Why it matters
    ///
    /// Hosts compare advbase and skew together, as the interval advbase + advskew/256 seconds (`carp_input_c` in FreeBSD
    /// `sys/netinet/ip_carp.c`), so a smaller base beats any skew: base 1 with skew 240 is preferred to base 2 with skew 0. If the
    /// larger base is three times the smaller one or more, the host with the smaller one does not wait for the next advertisement, and
    /// takes over from a master that lives.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # on one host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advbase 1 advskew 0 pass Ee5Xkq2uPsz0"
    /// # on the other host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advbase 5 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # on one host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advbase 1 advskew 0 pass Ee5Xkq2uPsz0"
    /// # on the other host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advbase 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ADVBASE_DIFFERS = "CG503", "advbase-differs", Error, for hosts
}

type Timed<'g> = (AdvBase, AdvSkew, &'g Member<'g>);

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for group in hosts.timed_groups() {
        let timed: Vec<Timed<'_>> = group
            .members
            .iter()
            .filter_map(|member| {
                let (base, skew) = hosts.timers(member)?;
                Some((base, skew, member))
            })
            .collect();
        let differs = timed.iter().any(|(base, _, member)| {
            timed
                .iter()
                .any(|(other, _, its)| its.host != member.host && other != base)
        });
        if differs {
            report(hosts, &group, &timed, findings);
        }
    }
}

fn report(
    hosts: &Hosts<'_>,
    group: &VhidGroup<'_>,
    timed: &[Timed<'_>],
    findings: &mut HostFindings<'_>,
) {
    let bases = timed
        .iter()
        .map(|(base, _, member)| format!("{base} on {}", hosts.name_of(member)));
    let fastest = timed
        .iter()
        .min_by_key(|(base, skew, _)| interval_us(*base, *skew));
    let slowest = timed
        .iter()
        .max_by_key(|(base, skew, _)| interval_us(*base, *skew));
    let meant = timed.iter().min_by_key(|(_, skew, _)| *skew);
    let follows = match (fastest, slowest, meant) {
        (Some((base, skew, fast)), Some((slow_base, slow_skew, slow)), _)
            if takeover_us(*base, *skew) <= interval_us(*slow_base, *slow_skew) =>
        {
            format!(
                "{} waits {} for an advertisement of {}, which sends one each {}, and takes over from it while it lives",
                hosts.name_of(fast),
                seconds(takeover_us(*base, *skew)),
                hosts.name_of(slow),
                seconds(interval_us(*slow_base, *slow_skew)),
            )
        }
        (Some((_, _, fast)), _, Some((_, skew, meant))) if fast.host != meant.host => format!(
            "the smaller base outranks any skew, so {} is preferred, not {} with its advskew {skew}",
            hosts.name_of(fast),
            hosts.name_of(meant),
        ),
        _ => "the smaller base outranks any skew".to_owned(),
    };
    let message = format!(
        "the advbase of vhid {} differs, {}: {follows}{}",
        group.vhid,
        list_in_words(bases),
        simulated(hosts, group.view, &group.members),
    );
    let sides = timed.iter().map(|(base, _, member)| {
        let words = format!("{base} on {}", hosts.name_of(member));
        hosts.side_at(group.view, member, Keyword::Advbase, words)
    });
    let help = "write one advbase on all hosts, and order them by advskew";
    findings.extend(conflict(Severity::Error, sides, message, help));
}
