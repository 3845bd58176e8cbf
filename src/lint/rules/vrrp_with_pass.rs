//! `vrrp-with-pass`

use crate::config::Description;
use crate::dialect::parse::Keyword;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::registry::rule;
use crate::model::{Finding, Protocol, Severity};

rule! {
    /// Finds keys at vhids and groups that speak VRRPv3.
    ///
    /// ## Why it matters
    ///
    /// VRRPv3 has no authentication (RFC 9568 section 9): the key does nothing, and whoever reads it believes the group protected.
    /// The default of the cluster does not count, because CARP vhids beside it use it.
    ///
    /// ## Example
    ///
    /// ```toml
    /// pass = { env = "CARP_PASS" }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// version = 3
    /// ```
    VRRP_WITH_PASS = "CG309", "vrrp-with-pass", Warning, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let (document, cluster) = (&description.document, &description.cluster);
    let vrrp = || {
        cluster
            .vhids
            .iter()
            .filter(|vhid| matches!(vhid.protocol, Protocol::Vrrp { .. }))
    };
    let vhids = document
        .vhid
        .iter()
        .flatten()
        .map(|v| (&v.value.at, v.value.pass.is_some()));
    let groups = document
        .group
        .iter()
        .flatten()
        .map(|g| (&g.value.at, g.value.pass.is_some()));
    let of_group = |at: &crate::model::Route| {
        cluster
            .groups
            .iter()
            .any(|g| g.route == *at && vrrp().any(|vhid| vhid.group.as_ref() == Some(&g.name)))
    };
    for (at, _) in vhids.chain(groups).filter(|(_, has_pass)| *has_pass) {
        if vrrp().any(|vhid| vhid.route == *at) || of_group(at) {
            let message = "VRRPv3 has no authentication: this key does nothing, any host on the segment can become master";
            let help = "remove `pass`, or speak CARP: remove `version = 3`";
            findings.add(Finding::new(
                Severity::Warning,
                at.key("pass"),
                message,
                help,
            ));
        }
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter().filter(|(_, host)| host.release().has_vrrp()) {
        for found in host.statements() {
            let version = found.statement.parameter(Keyword::Carpver);
            let is_vrrp = version.is_some_and(|version| version.number() == Some(3));
            let Some(pass) = found.statement.parameter(Keyword::Pass).filter(|_| is_vrrp) else {
                continue;
            };
            let message = "VRRPv3 has no authentication: this key does nothing, any host on the segment can become master";
            let help = "remove `pass` and the key, or speak CARP: remove `carpver 3`";
            findings.add(HostFinding::at(
                Severity::Warning,
                position,
                pass.place,
                message,
                help,
            ));
        }
    }
}
