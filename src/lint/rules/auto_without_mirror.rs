//! `auto-without-mirror`

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::mirrors::share_a_vip;
use crate::lint::registry::rule;
use crate::lint::settings::order_place;
use crate::model::{Cluster, Finding, Severity, VhidSpec};

rule! {
    /// Finds `priority = "auto"` where there is nothing to balance against.
    ///
    /// ## Why it matters
    ///
    /// "auto" finds orders that are mirror images of each other. A vhid or group that belongs to no mirror group has no image: any
    /// order would be as good as the next, and which node is master would be chance.
    ///
    /// ## Example
    ///
    /// ```toml
    /// priority = "auto"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// priority = "auto"
    /// mirror = "web"
    /// ```
    AUTO_WITHOUT_MIRROR = "CG010", "auto-without-mirror", Error
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let cluster = &description.cluster;
    let mut reported = Vec::new();
    for vhid in cluster
        .vhids
        .iter()
        .filter(|vhid| vhid.order_is_auto && vhid.mirror.is_none())
    {
        if cluster.may_share_vips(vhid) && shares_a_vip(cluster, vhid) {
            continue;
        }
        let group = vhid
            .group
            .as_ref()
            .and_then(|name| cluster.groups.iter().find(|group| group.name == *name));
        let at = order_place(description, vhid);
        if reported.contains(&at) {
            continue;
        }
        reported.push(at.clone());
        let what = group.map_or_else(|| vhid.label(), |group| format!("group {}", group.name));
        let message = format!(
            "{what} leaves its order to \"auto\", but there is no mirror image to balance it against"
        );
        let help = "write `mirror = \"NAME\"` here and at those that share the load, or list the nodes: priority = [\"…\", \"…\"]";
        findings.add(Finding::new(Severity::Error, at, message, help));
    }
}

fn shares_a_vip(cluster: &Cluster, vhid: &VhidSpec) -> bool {
    cluster
        .vhids
        .iter()
        .any(|other| other.route != vhid.route && share_a_vip(other, vhid))
}
