//! `missing-pass-keyword`

use crate::lint::hosts::{Fault, Fixing, HostFinding, HostFindings, Hosts};
use crate::lint::registry::rule;
use crate::model::Severity;

rule! {
    /// Finds keys that stand in a command without the word `pass`.
    ///
    /// ## Why it matters
    ///
    /// ifconfig(8) takes a word that it does not know for an address, and stops with "bad value": the vhid gets neither the key nor
    /// the address, and this host never serves the VIP.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet vhid 1 advskew 100 Ee5Xkq2uPsz0 192.0.2.1/32"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet vhid 1 advskew 100 pass Ee5Xkq2uPsz0 192.0.2.1/32"
    /// ```
    MISSING_PASS_KEYWORD = "CG108", "missing-pass-keyword", Error, for hosts, fix "writes `pass` before the word"
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for found in host.statements() {
            for fault in host.faults(&found) {
                let Fault::MissingPass(word) = fault else {
                    continue;
                };
                let message = format!(
                    "this word stands where `pass` and a key are missing: ifconfig(8) takes it for an address and stops, and {} gets neither key nor VIP",
                    host.name
                );
                let help = "write `pass` before it, if it is the key";
                let at = host.room_before(host.bytes_of_word(word));
                let fix = Fixing::of(position).insert(at, "pass ").done();
                let place = word.place;
                let finding = HostFinding::at(Severity::Error, position, place, message, help);
                findings.add(finding.with_fix(fix));
            }
        }
    }
}
