//! `unterminated-quote`

use crate::dialect::parse::BrokenKind;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::registry::rule;
use crate::model::Severity;

rule! {
    /// Finds quotes in rc.conf files that are never closed.
    ///
    /// ## Why it matters
    ///
    /// rc.conf is read by sh(1) (`load_rc_config` in FreeBSD `libexec/rc/rc.subr`). At an open quote the shell stops with "Unterminated
    /// quoted string", and with it every script that reads the file: no line of this file or a later one counts, and the host boots
    /// without network.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    UNTERMINATED_QUOTE = "CG101", "unterminated-quote", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let stop = host.reading.variables.stop();
        let Some(stop) = stop.filter(|stop| stop.kind == BrokenKind::OpenQuote) else {
            continue;
        };
        let message = format!(
            "this quote is never closed: sh(1) stops, no line of this or any later file counts, and {} boots without network and serves no VIP",
            host.name
        );
        let help = "close the quote at the end of the value";
        findings.add(HostFinding::at(
            Severity::Error,
            position,
            stop.place,
            message,
            help,
        ));
    }
}
