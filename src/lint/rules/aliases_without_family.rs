//! `aliases-without-family`

use crate::dialect::parse::LossReason;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::registry::rule;
use crate::model::Severity;

rule! {
    /// Finds values of `ifconfig_IF_aliases` with words before the first family word.
    ///
    /// ## Why it matters
    ///
    /// network.subr cuts such a value at each `inet`, `inet6`, `link` and `ether`, and drops what stands before the first of them without a
    /// message (`ifalias_af_common` in FreeBSD `libexec/rc/network.subr`): the host has no such VIP.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0_aliases="192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0_aliases="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ALIASES_WITHOUT_FAMILY = "CG114", "aliases-without-family", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let losses = host.reading.boot.losses.iter();
        for loss in losses.filter(|loss| {
            loss.reason == LossReason::NoFamily && loss.variable.ends_with("_aliases")
        }) {
            if host.is_value_distorted(&loss.variable) {
                continue;
            }
            let message = format!(
                "what stands before the first family word of {} is dropped without a message: {} lacks these addresses after the boot",
                loss.variable, host.name
            );
            let help = "write `inet` or `inet6` before each address";
            findings.add(HostFinding::at(
                Severity::Error,
                position,
                loss.place,
                message,
                help,
            ));
        }
    }
}
