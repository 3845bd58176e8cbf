//! `vrrp-ignores-demotion`

use std::collections::BTreeSet;

use crate::config::Description;
use crate::dialect::parse::Keyword;
use crate::lint::engine::Findings;
use crate::lint::hosts::conflict::conflict;
use crate::lint::hosts::{HostFindings, Hosts, LintHost};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::lint::serving::segments_of;
use crate::lint::settings::sysctl_lines;
use crate::model::{Finding, Mode, Place, Protocol, SegmentName, Severity};

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
    VRRP_IGNORES_DEMOTION = "CG512", "vrrp-ignores-demotion", Warning, for both
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

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for group in hosts.groups() {
        for member in &group.members {
            let Mode::Vrrp { priority, .. } = member.config.mode else {
                continue;
            };
            let host = &hosts.hosts[member.host];
            if !host.release().has_vrrp() {
                continue;
            }
            // A factor of 0 expects nothing of demotion.
            let factor = host.reading.sysctls.iter().find(|line| {
                line.name.ends_with("demotion_factor")
                    && host.sysctl(&line.name).is_some_and(|value| value != 0)
            });
            let vhids = &hosts.configs[member.host].vhids;
            let others: BTreeSet<&SegmentName> = vhids
                .iter()
                .map(|vhid| &vhid.segment)
                .filter(|segment| *segment != group.segment)
                .collect();
            let pfsync = pfsync(host);
            let why = match (&factor, pfsync) {
                _ if !others.is_empty() => format!(
                    "when {} loses its link on {}",
                    host.name,
                    list_in_words(others),
                ),
                (Some(line), _) => format!("whatever {} adds", line.name),
                (None, Some(_)) => "while pfsync is not yet in step".to_owned(),
                (None, None) => continue,
            };
            let message = format!(
                "vhid {} speaks VRRPv3, which knows no demotion: {why}, it goes on with priority {priority} on {}, and nothing moves there",
                group.vhid, group.segment,
            );
            let help = "speak CARP: remove `carpver 3`, on all hosts";
            let side = hosts.side_at(group.view, member, Keyword::Carpver, String::new());
            let finding = conflict(Severity::Warning, [side], message, help);
            let line = factor.map(|line| line.place).or(pfsync);
            findings.extend(finding.map(|finding| match line {
                Some(at) => finding.and(member.host, at, "what VRRPv3 passes over"),
                None => finding,
            }));
        }
    }
}

/// Where pfsync is switched on.
fn pfsync(host: &LintHost<'_>) -> Option<Place> {
    let variables = &host.reading.variables;
    let set = variables.get("pfsync_enable")?;
    // `checkyesno` in rc.subr.
    let words = ["yes", "true", "on", "1"];
    let is_on = words.contains(&set.value.text().to_ascii_lowercase().as_str());
    is_on.then(|| variables.place(set))
}
