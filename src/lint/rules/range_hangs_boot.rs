//! `range-hangs-boot`

use crate::dialect::parse::LossReason;
use crate::lint::hosts::{Fixing, HostFinding, HostFindings, Hosts, LintHost, LostWords};
use crate::lint::registry::rule;
use crate::model::{Fix, Severity};

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
    RANGE_HANGS_BOOT = "CG304", "range-hangs-boot", Error, for hosts, fix "moves the range behind the family word"
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    let reasons = [LossReason::Endless, LossReason::DoubleHyphen];
    for (position, host) in hosts.iter() {
        for lost in host.lost_words(&reasons) {
            for at in lost.at.iter().copied() {
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
                let fix = moved(host, position, &lost, at);
                let finding = HostFinding::at(Severity::Error, position, place, message, help);
                findings.add(finding.with_fix(fix));
            }
        }
    }
}

/// A fix that moves a range of addresses behind the family word of its piece.
fn moved(host: &LintHost<'_>, position: usize, lost: &LostWords<'_>, at: usize) -> Option<Fix> {
    let range = &lost.words[at];
    let is_range = range.text().contains(['.', ':'])
        && range
            .text()
            .bytes()
            .all(|b| b.is_ascii_hexdigit() || b".:-/".contains(&b));
    let is_family = |text: &str| matches!(text, "inet" | "inet6");
    let family = lost.words[..at]
        .iter()
        .rposition(|word| is_family(word.text()))?;
    let first = lost.words.get(family + 1)?;
    // Another address in the piece may be what was meant.
    let piece = lost.words[family + 1..].iter();
    let mut piece = piece.take_while(|word| !is_family(word.text()));
    let other = piece.any(|word| word.place != range.place && word.text().contains(['.', ':']));
    let to = host.room_before(host.bytes_of_word(first));
    let from = host.with_blanks(host.bytes_of_word(range));
    let fixing = Fixing::of(position).insert(to, &format!("{} ", range.text()));
    (is_range && !other)
        .then(|| fixing.delete(from).done())
        .flatten()
}
