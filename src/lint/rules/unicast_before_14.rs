//! `unicast-before-14`

use crate::config::Description;
use crate::dialect::parse::Keyword;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFindings, Hosts, NewerWords};
use crate::lint::registry::rule;
use crate::lint::serving::unicast;
use crate::lint::settings::{older_members, with_releases};
use crate::model::{Finding, Release, Severity};

rule! {
    /// Finds unicast vhids on releases before 14.
    ///
    /// ## Why it matters
    ///
    /// `peer` and `peer6` came with FreeBSD 14 (`ifconfig(8)`, `sbin/ifconfig/carp.c`). Older releases take the word for an address: the
    /// command fails, and the node has neither vhid nor VIP. A vhid needs the feature on all of its nodes.
    ///
    /// ## Example
    ///
    /// ```toml
    /// peers = "unicast"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// peers = "multicast"
    /// ```
    UNICAST_BEFORE_14 = "CG804", "unicast-before-14", Error, refuses Everything, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for vhid in unicast(&description.cluster) {
        let Some(older) = older_members(description, vhid, Release::has_unicast) else {
            continue;
        };
        let message = format!(
            "{} speaks unicast, which FreeBSD has from 14 on, but {} of {} nodes are older: the command fails on {}, and {}",
            vhid.label(),
            older.nodes.len(),
            older.members,
            older.in_words(),
            older.serving(),
        );
        let help = "write peers = \"multicast\", or upgrade the nodes";
        let finding = Finding::new(Severity::Error, vhid.route.key("peers"), message, help);
        findings.add(with_releases(description, &older.nodes, finding));
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    let words = NewerWords {
        keywords: &[
            Keyword::Peer,
            Keyword::Peer6,
            Keyword::Mcast,
            Keyword::Mcast6,
        ],
        feature: "unicast",
        since: Release::R14,
        help: "remove the word, so that advertisements go to the multicast group, or upgrade the host",
    };
    hosts.report_newer_words(&words, findings);
}
