//! `demotion-too-small`

use crate::config::Description;
use crate::lint::engine::Findings;
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
    DEMOTION_TOO_SMALL = "CG507", "demotion-too-small", Warning
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
