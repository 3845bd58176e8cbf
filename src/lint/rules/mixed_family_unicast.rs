//! `mixed-family-unicast`

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::numbers::seconds;
use crate::lint::registry::rule;
use crate::lint::serving::{wait_us, working_unicast};
use crate::model::{Family, Finding, Severity};

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
    MIXED_FAMILY_UNICAST = "CG608", "mixed-family-unicast", Warning
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
