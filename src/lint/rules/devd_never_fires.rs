//! `devd-never-fires`

use crate::dialect::parse::{DevdMatch, DevdNotify};
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::pattern::Pattern;
use crate::lint::registry::rule;
use crate::model::Severity;

rule! {
    /// Finds actions of devd on events of CARP that the release does not have.
    ///
    /// ## Why it matters
    ///
    /// From FreeBSD 10 on a vhid that changes its state is an event of the system `CARP`, with the subsystem `VHID@INTERFACE` and the
    /// type `MASTER`, `BACKUP` or `INIT` (`carp(4)`, `carp_set_state` in `sys/netinet/ip_carp.c`). Up to 9 it is a change of the link of
    /// carpN: system `IFNET`, type `LINK_UP` or `LINK_DOWN`. A match on the other form never fires, and the script never runs.
    ///
    /// ## Example
    ///
    /// ```sh
    /// match "system" "IFNET";
    /// match "subsystem" "carp[0-9]+";
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// match "system" "CARP";
    /// match "subsystem" "[0-9]+@[0-9a-z_.]+";
    /// ```
    DEVD_NEVER_FIRES = "CG940", "devd-never-fires", Warning, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for notify in host.notifications() {
            let (at, message, help) = if host.is_legacy() {
                let Some(system) = names(&notify, "system", "CARP") else {
                    continue;
                };
                (
                    system,
                    "FreeBSD 9 has no events of the system CARP: this never fires".to_owned(),
                    "match system \"IFNET\", subsystem \"carp[0-9]+\" and type \"LINK_UP\" or \"LINK_DOWN\"",
                )
            } else {
                let Some(subsystem) = names(&notify, "system", "IFNET")
                    .and_then(|_| names(&notify, "subsystem", "carp0"))
                else {
                    continue;
                };
                (
                    subsystem,
                    format!(
                        "FreeBSD {} has no carp interfaces, so this never fires when a vhid changes its state",
                        host.release()
                    ),
                    "match system \"CARP\" and subsystem \"[0-9]+@[0-9a-z_.]+\"; the type is MASTER, BACKUP or INIT",
                )
            };
            findings.add(HostFinding::at(
                Severity::Warning,
                position,
                at.place,
                message,
                help,
            ));
        }
    }
}

/// The match of a variable, if it is for that value and not just for any.
fn names<'n>(notify: &'n DevdNotify, variable: &str, value: &str) -> Option<&'n DevdMatch> {
    let found = notify.pattern(variable)?;
    let text = found.pattern.as_deref()?;
    if text.starts_with('!') {
        return None;
    }
    let pattern = Pattern::whole(text)?;
    let any = pattern.matches("qq0")? || pattern.matches("qq")?;
    (!any && pattern.matches(value)?).then_some(found)
}
