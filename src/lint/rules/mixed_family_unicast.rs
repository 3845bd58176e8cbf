//! `mixed-family-unicast`

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::hosts::conflict::conflict;
use crate::lint::hosts::{HostFindings, Hosts, View};
use crate::lint::numbers::seconds;
use crate::lint::registry::rule;
use crate::lint::serving::{wait_us, working_unicast};
use crate::model::{Family, Finding, Severity, takeover_us};

rule! {
    /// Finds unicast vhids with VIPs of both families.
    ///
    /// ## Why it matters
    ///
    /// `ifconfig(8)` has one word for the peer of each family, `peer` and `peer6`. With both families in one vhid one of them was seen to
    /// go on by multicast (opnsense/src issue 239). Such a vhid has a timer for each family, and becomes master when the
    /// advertisements of either one stop (`carp_setrun` in FreeBSD 14 `sys/netinet/ip_carp.c`). Where multicast does not pass, and
    /// that is why one speaks unicast, both nodes are then master.
    ///
    /// ## Example
    ///
    /// ```toml
    /// vips = ["192.0.2.10/32", "2001:db8::10/128"]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// vips = ["192.0.2.10/32"]
    /// ```
    MIXED_FAMILY_UNICAST = "CG608", "mixed-family-unicast", Warning, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for vhid in working_unicast(&description.cluster) {
        let first = |family| vhid.vips.iter().position(|vip| vip.family() == family);
        let (Some(v4), Some(v6)) = (first(Family::Inet), first(Family::Inet6)) else {
            continue;
        };
        let follows = vhid
            .order
            .get(1)
            .and_then(|backup| Some((backup, wait_us(vhid, backup)?)))
            .map_or_else(
                || "both nodes are then master".to_owned(),
                |(backup, wait)| {
                    format!(
                        "where that does not pass, {backup} becomes a second master {} after start",
                        seconds(wait)
                    )
                },
            );
        let message = format!(
            "{} speaks unicast with VIPs of both families: one of them falls back to multicast, and {follows}",
            vhid.label()
        );
        let help = "make two vhids, one for each family";
        let vips = vhid.route.key("vips");
        let finding = Finding::new(Severity::Warning, vhid.route.key("peers"), message, help);
        findings.add(
            finding
                .and(vips.index(v4), "IPv4")
                .and(vips.index(v6), "IPv6"),
        );
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for group in hosts.all_groups() {
        for member in &group.members {
            // What the boot files say is said there.
            let is_repeated = group.view != View::Boot && hosts.is_known_at_boot(member);
            let Some(keyword) = hosts.unicast_word(member).filter(|_| !is_repeated) else {
                continue;
            };
            let first = |family| {
                let mut vips = member.config.vips.iter();
                vips.find(|vip| vip.family() == family)
                    .map(|vip| vip.address())
            };
            let (Some(v4), Some(v6)) = (first(Family::Inet), first(Family::Inet6)) else {
                continue;
            };
            let follows = hosts
                .timers(member)
                .map_or_else(String::new, |(base, skew)| {
                    format!(
                        ": where that does not pass, this host is a second master {} after start",
                        seconds(takeover_us(base, skew))
                    )
                });
            let message = format!(
                "vhid {} speaks unicast with VIPs of both families, and one of them falls back to multicast{follows}",
                group.vhid
            );
            let help = "make two vhids, one for each family";
            let sides = [
                hosts.side_at(group.view, member, keyword, String::new()),
                hosts.side_of(group.view, member, v4, "IPv4".to_owned()),
                hosts.side_of(group.view, member, v6, "IPv6".to_owned()),
            ];
            findings.extend(conflict(Severity::Warning, sides, message, help));
        }
    }
}
