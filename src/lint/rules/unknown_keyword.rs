//! `unknown-keyword`

use crate::lint::hosts::{Fault, Fixing, HostFinding, HostFindings, Hosts};
use crate::lint::registry::rule;
use crate::model::Severity;

rule! {
    /// Finds words in a command about CARP that ifconfig(8) does not know.
    ///
    /// ## Why it matters
    ///
    /// ifconfig(8) takes such a word for an address and stops with "bad value" (`setifaddr` in FreeBSD `sbin/ifconfig/ifconfig.c`). Nothing
    /// of the command happens: this host has no such vhid and never serves the VIP.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 passwd Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    UNKNOWN_KEYWORD = "CG109", "unknown-keyword", Error, for hosts, fix "writes the keyword that the word is near to, if there is one"
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for found in host.statements() {
            for fault in host.faults(&found) {
                let Fault::Unknown(word, meant) = fault else {
                    continue;
                };
                // The word itself may be a key.
                let message = format!(
                    "ifconfig(8) does not know this word, takes it for an address and stops: {} gets no VIP from this command",
                    host.name
                );
                let help = match meant {
                    Some(keyword) => format!("did you mean `{}`?", keyword.word()),
                    None => "remove it, or write the keyword that belongs before it".to_owned(),
                };
                let fix = meant.and_then(|keyword| {
                    let at = host.bytes_of_word(word);
                    Fixing::of(position).replace(at, keyword.word()).done()
                });
                let place = word.place;
                let finding = HostFinding::at(Severity::Error, position, place, message, help);
                findings.add(finding.with_fix(fix));
            }
        }
    }
}
