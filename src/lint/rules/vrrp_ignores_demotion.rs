//! `vrrp-ignores-demotion`

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::lint::serving::segments_of;
use crate::lint::settings::sysctl_lines;
use crate::model::{Finding, Protocol, Severity};

rule! {
    /// Finds VRRPv3 vhids on nodes that rely on demotion: they serve several segments, or set a demotion factor.
    ///
    /// ## Why it matters
    ///
    /// FreeBSD 15 sends the priority of a VRRPv3 vhid as it is configured, whatever the demotion of the host is
    /// (`vrrp_send_ad_locked` in `sys/netinet/ip_carp.c`). When a link fails, the vhids of other segments stay where they are: there
    /// is no common failover.
    ///
    /// ## Example
    ///
    /// ```toml
    /// version = 3
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// version = 2
    /// ```
    ///
    /// Where routers of other makes need VRRPv3, serve only one segment with it, or move the other one by hand.
    VRRP_IGNORES_DEMOTION = "CG512", "vrrp-ignores-demotion", Warning
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let cluster = &description.cluster;
    // A factor of 0 expects nothing of demotion.
    let factor =
        sysctl_lines(description).find(|l| l.name.ends_with("demotion_factor") && l.value != 0);
    for vhid in &cluster.vhids {
        let Protocol::Vrrp { priority, .. } = &vhid.protocol else {
            continue;
        };
        if !cluster
            .oldest_release(vhid)
            .is_some_and(crate::model::Release::has_vrrp)
        {
            continue;
        }
        let elsewhere = cluster.members(vhid).find_map(|(node, _)| {
            let others: Vec<_> = segments_of(cluster, node)
                .into_iter()
                .filter(|segment| **segment != vhid.segment)
                .collect();
            (!others.is_empty()).then_some((node, others))
        });
        let raw = |name| priority.get(name).map_or(0, |p| p.number());
        let message = match (&elsewhere, &factor, vhid.order.first()) {
            (Some((node, others)), _, _) => format!(
                "{} speaks VRRPv3, which knows no demotion: when {} loses its link on {}, it goes on with priority {} on {}, and nothing moves there",
                vhid.label(),
                node.name,
                list_in_words(others),
                raw(&node.name),
                vhid.segment,
            ),
            (None, Some(line), Some(first)) => format!(
                "{} speaks VRRPv3, which knows no demotion: {} = {} changes nothing, {first} sends priority {} whatever fails",
                vhid.label(),
                line.name,
                line.value,
                raw(first),
            ),
            _ => continue,
        };
        let help = "speak CARP: remove `version = 3`";
        let at = vhid.route.key("version");
        let mut finding = Finding::new(Severity::Warning, at, message, help);
        if let Some(line) = &factor {
            finding = finding.and(line.at.clone(), "the factor that VRRPv3 passes over");
        }
        findings.add(finding);
    }
}
