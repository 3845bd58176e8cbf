//! `not-evaluated`

use crate::dialect::parse::NotUnderstoodKind;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::Severity;

rule! {
    /// Finds values of interfaces that only a running shell knows.
    ///
    /// ## Why it matters
    ///
    /// rc.conf is a shell script. carpgen follows assignments and variables, and runs nothing: what a command prints, what an `if` decides
    /// and what another file sets is not checked.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em1="inet $(cat /etc/address)"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em1="inet 198.51.100.2/24"
    /// ```
    NOT_EVALUATED = "CG121", "not-evaluated", Info, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for skipped in host.reading.variables.not_understood() {
            let names: Vec<&str> = skipped
                .names
                .iter()
                .copied()
                .filter(|name| crate::lint::hosts::is_interface_variable(name))
                .collect();
            let what = list_in_words(&names);
            let verb = if names.len() == 1 { "is" } else { "are" };
            let message = match skipped.kind {
                NotUnderstoodKind::Sources => {
                    "another file is read here: what it sets is not checked".to_owned()
                }
                NotUnderstoodKind::Conditional if !names.is_empty() => {
                    format!(
                        "only a running shell knows whether {what} {verb} set here: not checked"
                    )
                }
                NotUnderstoodKind::Computed if !names.is_empty() => {
                    format!("only a running shell knows what {what} {verb} set to: not checked")
                }
                _ => continue,
            };
            let help = "write the value itself, if it is to be checked";
            findings.add(HostFinding::at(
                Severity::Info,
                position,
                skipped.place,
                message,
                help,
            ));
        }
    }
}
