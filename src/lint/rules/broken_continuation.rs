//! `broken-continuation`

use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::registry::rule;
use crate::model::Severity;

rule! {
    /// Finds backslashes that were meant to continue a line and do not.
    ///
    /// ## Why it matters
    ///
    /// Only a backslash directly before the end of the line continues it, and not in single quotes (sh(1)). Else it stays in the value,
    /// and ifconfig(8) gets it as a word: "bad value", and the command fails.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0_alias0='inet 192.0.2.1/32 vhid 1 advskew 100 \
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 \
    /// ```
    BROKEN_CONTINUATION = "CG103", "broken-continuation", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for assignment in host.interface_assignments() {
            for place in host.broken_continuations(assignment.name) {
                let message = format!(
                    "this backslash does not continue the line: it reaches ifconfig(8) as a word of {}, and the command fails",
                    assignment.name
                );
                let help = "remove the blanks behind the backslash and use double quotes, or write all on one line";
                findings.add(HostFinding::at(
                    Severity::Error,
                    position,
                    place,
                    message,
                    help,
                ));
            }
        }
    }
}
