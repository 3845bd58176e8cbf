//! `arpbalance-removed`

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::hosts::{Fixing, HostFinding, HostFindings, Hosts, SysctlOrigin};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::lint::settings::{sysctl_line, with_releases};
use crate::model::{Finding, KnownSysctl, Node, Severity};

rule! {
    /// Finds ARP balancing on releases that do not have it.
    ///
    /// ## Why it matters
    ///
    /// `net.inet.carp.arpbalance` went away with the carp interfaces in FreeBSD 10.0 (`UPDATING`, entry 20111215). An unknown sysctl does
    /// nothing: vhids that share a VIP are then several masters of one address, and no load is shared.
    ///
    /// ## Example
    ///
    /// ```toml
    /// arpbalance = true
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// arpbalance = false
    /// ```
    ///
    /// Give each vhid an address of its own and the name several addresses in DNS, or share connections with `pf(4)`.
    ARPBALANCE_REMOVED = "CG801", "arpbalance-removed", Error, refuses Everything, for both, fix "deletes the line of sysctl.conf or loader.conf; in a description and in scripts nothing is changed"
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let cluster = &description.cluster;
    let newer: Vec<&Node> = cluster
        .nodes
        .iter()
        .filter(|node| !node.release.has_carp_interfaces())
        .collect();
    let table = description.document.cluster.as_ref();
    let key = table.filter(|table| table.arpbalance == Some(true));
    let line = sysctl_line(description, KnownSysctl::ARPBALANCE);
    let Some(at) = key
        .map(|table| table.route("arpbalance"))
        .or_else(|| line.map(|line| line.at.clone()))
        .filter(|_| !newer.is_empty())
    else {
        return;
    };
    let nodes = list_in_words(newer.iter().map(|n| format!("{} ({})", n.name, n.release)));
    let (severity, message) = if cluster.arpbalance {
        (
            Severity::Error,
            format!(
                "there is no ARP balancing from FreeBSD 10 on, which {nodes} would need: vhids that share a VIP are two masters of one address there, and no load is shared"
            ),
        )
    } else {
        (
            Severity::Warning,
            format!(
                "{} is unknown from FreeBSD 10 on, which {nodes} runs: the line does nothing there",
                KnownSysctl::ARPBALANCE
            ),
        )
    };
    let help = "remove it, and give each vhid a VIP of its own; DNS or pf(4) can share the load";
    let finding = Finding::new(severity, at, message, help);
    findings.add(with_releases(description, &newer, finding));
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter().filter(|(_, host)| !host.is_legacy()) {
        let writes = host.sysctl_writes();
        for write in writes
            .iter()
            .filter(|write| write.name == KnownSysctl::ARPBALANCE)
        {
            let message = format!(
                "{} is unknown from FreeBSD 10 on, and this host runs {}: nothing shares the load, and vhids with one VIP are as many masters of it",
                KnownSysctl::ARPBALANCE,
                host.release(),
            );
            let help =
                "remove it, and give each vhid a VIP of its own; DNS or pf(4) can share the load";
            let place = write.place;
            let line = match write.origin {
                SysctlOrigin::File | SysctlOrigin::Loader => {
                    host.line_of(place.file, place.offset as usize)
                }
                // Something may depend on the command.
                SysctlOrigin::Script => None,
            };
            let fixing = host.delete_line(Fixing::of(position), line);
            let finding = HostFinding::at(Severity::Warning, position, place, message, help);
            findings.add(finding.with_fix(fixing.done()));
        }
    }
}
