//! `vhid-on-member-port`

use crate::dialect::parse::Item;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost, label};
use crate::lint::registry::rule;
use crate::model::{Place, Severity};

rule! {
    /// Finds vhids on an interface that is a port of a lagg or a member of a bridge, from FreeBSD 10 on.
    ///
    /// ## Why it matters
    ///
    /// Frames that arrive on such an interface go to the lagg (`lagg_input` in FreeBSD `sys/net/if_lagg.c`) or to the bridge
    /// (`bridge_input` in `sys/net/if_bridge.c`) first. The vhid beneath does not hear the advertisements of its peers, so this host
    /// becomes master beside another one.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_lagg0="laggproto lacp laggport em0 laggport em1 192.0.2.2/24"
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_lagg0="laggproto lacp laggport em0 laggport em1 192.0.2.2/24"
    /// ifconfig_lagg0_alias0="inet 192.0.2.1/32 vhid 1 pass Ee5Xkq2uPsz0"
    /// ```
    VHID_ON_MEMBER_PORT = "CG414", "vhid-on-member-port", Error, for hosts
}

/// An interface that belongs to a lagg or bridge.
pub(super) struct Port<'h> {
    /// The interface.
    pub(super) name: &'h str,
    /// The lagg or bridge.
    of: &'h str,
    place: Place,
}

/// The ports and members that the boot configures.
pub(super) fn ports<'h>(host: &'h LintHost<'_>) -> Vec<Port<'h>> {
    let mut ports = Vec::new();
    for found in &host.reading.statements {
        let statement = &found.statement;
        for item in &statement.items {
            let Item::Option(word, values) = item else {
                continue;
            };
            if matches!(word.text(), "laggport" | "addm") {
                ports.extend(values.iter().filter(|value| value.known).map(|value| Port {
                    name: value.text(),
                    of: statement.interface.text(),
                    place: value.place,
                }));
            }
        }
    }
    ports
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        if host.is_legacy() {
            continue;
        }
        let ports = ports(host);
        let mut told: Vec<(&str, i64)> = Vec::new();
        let statements = host.statements();
        for found in &statements {
            let name = found.statement.interface.text();
            let Some(vhid) = found.vhid().filter(|_| !found.statement.removes()) else {
                continue;
            };
            let Some(port) = ports.iter().find(|port| port.name == name) else {
                continue;
            };
            if told.contains(&(name, vhid)) {
                continue;
            }
            told.push((name, vhid));
            let message = format!(
                "{} is beneath {}, which takes all frames that {name} receives: this host hears no advertisement there and becomes master beside its peers",
                label(found),
                port.of,
            );
            let help = format!("put the vhid on {}", port.of);
            let words = format!("{name} becomes part of {} here", port.of);
            findings.add(
                HostFinding::at(
                    Severity::Error,
                    position,
                    found.statement.vhid_place(),
                    message,
                    help,
                )
                .and(position, port.place, words),
            );
        }
    }
}
