//! `range-hangs-boot`

use crate::dialect::parse::LossReason;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::registry::rule;
use crate::model::Severity;

rule! {
    /// Finds ranges of addresses in an alias that do not stand directly behind the family word.
    ///
    /// ## Why it matters
    ///
    /// A hexadecimal digit followed by `-` anywhere in an alias starts the expansion of ranges, which looks only at the word behind `inet`
    /// or `inet6` (`ifalias_expand_addr` in FreeBSD `libexec/rc/network.subr`). If that is no range, the function calls itself with the same
    /// words without end: the boot hangs, or the VIPs are silently missing.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet vhid 1 advskew 100 pass Ee5Xkq2uPsz0 192.0.2.5-9/32"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.5-9/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    RANGE_HANGS_BOOT = "CG304", "range-hangs-boot", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    let reasons = [LossReason::Endless, LossReason::DoubleHyphen];
    for (position, host) in hosts.iter() {
        for lost in host.lost_words(&reasons) {
            for at in lost.at {
                let before = at.checked_sub(1).map(|before| lost.words[before].text());
                if matches!(before, None | Some("pass" | "inet" | "inet6")) {
                    continue;
                }
                let message = format!(
                    "the `-` in this word of {} starts the expansion of address ranges, which finds none behind the family word and calls itself without end: {} hangs at boot, or lacks the address",
                    lost.variable, host.name
                );
                let help = "write the range directly behind `inet` or `inet6`; other words of an alias must have no `-` behind a digit or a to f";
                let place = lost.words[at].place;
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
