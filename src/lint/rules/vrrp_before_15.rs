//! `vrrp-before-15`

use crate::config::Description;
use crate::dialect::parse::Keyword;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFindings, Hosts, NewerWords};
use crate::lint::registry::rule;
use crate::lint::serving::speaks_carp;
use crate::lint::settings::{older_members, with_releases};
use crate::model::{Finding, Release, Severity};

rule! {
    /// Finds VRRPv3 vhids on releases before 15.
    ///
    /// ## Why it matters
    ///
    /// `carpver`, `vrrpprio` and `vrrpinterval` came with FreeBSD 15 (`ifconfig(8)`, `sbin/ifconfig/carp.c`). Older releases take the word
    /// for an address: the command fails, and the node has neither vhid nor VIP. Their kernels drop VRRPv3 packets as too short or
    /// damaged. A vhid needs the feature on all of its nodes.
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
    VRRP_BEFORE_15 = "CG805", "vrrp-before-15", Error, refuses Everything, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let vhids = description.cluster.vhids.iter();
    for vhid in vhids.filter(|vhid| !speaks_carp(vhid)) {
        let Some(older) = older_members(description, vhid, Release::has_vrrp) else {
            continue;
        };
        let message = format!(
            "{} speaks VRRPv3, which FreeBSD has from 15 on, but {} of {} nodes are older: the command fails on {}, and {}",
            vhid.label(),
            older.nodes.len(),
            older.members,
            older.in_words(),
            older.serving(),
        );
        let help = "speak CARP: remove `version = 3` and `vrrp`; or upgrade the nodes";
        let finding = Finding::new(Severity::Error, vhid.route.key("version"), message, help);
        findings.add(with_releases(description, &older.nodes, finding));
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    let words = NewerWords {
        keywords: &[Keyword::Carpver, Keyword::Vrrpprio, Keyword::Vrrpinterval],
        feature: "VRRPv3",
        since: Release::R15,
        help: "speak CARP, with advbase, advskew and pass; or upgrade the host",
    };
    hosts.report_newer_words(&words, findings);
}
