//! `unset-variable`

use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::registry::rule;
use crate::model::Severity;

rule! {
    /// Finds values of interfaces that name a variable which nothing has set.
    ///
    /// ## Why it matters
    ///
    /// sh(1) reads rc.conf from the top: a variable that is not set yet is nothing. Then `pass` takes the word behind it for the key, or
    /// half of a key with a `$` in it is missing. The peers reject every advertisement, and each host is master.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass $carp_key"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// carp_key="Ee5Xkq2uPsz0"
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass $carp_key"
    /// ```
    UNSET_VARIABLE = "CG106", "unset-variable", Warning, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for unset in host.unset() {
            // The name may be a part of a key.
            let (message, help) = if unset.has_key {
                (
                    format!(
                        "no rc.conf file sets this variable before {}: `pass` takes the next word for the key, or a part of the key is missing, and the peers reject what {} sends",
                        unset.variable, host.name
                    ),
                    "set the variable on a line before; a `$` that belongs to the key is no good even behind a backslash: choose another key",
                )
            } else {
                (
                    format!(
                        "no rc.conf file sets {} before {}: nothing stands here when the value is read",
                        unset.name, unset.variable
                    ),
                    "set the variable on a line before",
                )
            };
            let finding = HostFinding::at(Severity::Warning, position, unset.place, message, help);
            findings.add(match unset.later {
                Some(later) => finding.and(position, later, "it is set here, which is too late"),
                None => finding,
            });
        }
    }
}
