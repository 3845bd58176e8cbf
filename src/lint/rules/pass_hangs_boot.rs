//! `pass-hangs-boot`

use crate::config::Description;
use crate::dialect::key::{KeyHazard, key_hazards};
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::keys;
use crate::lint::registry::rule;
use crate::model::{Finding, Severity};

rule! {
    /// Finds keys that the boot scripts of FreeBSD 10 and later take for a range of addresses.
    ///
    /// ## Why it matters
    ///
    /// A hexadecimal digit followed by `-` anywhere in an alias line starts the expansion of address ranges
    /// (`ifalias_expand_addr` in FreeBSD `libexec/rc/network.subr`). Where no range follows the family word, the function calls
    /// itself with the same words without end: the boot hangs, or the VIP is silently missing. Where a range does follow, `--` in the
    /// key loses it.
    ///
    /// ## Example
    ///
    /// ```toml
    /// pass = "abc-def-0123"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// pass = "abc.def.0123"
    /// ```
    PASS_HANGS_BOOT = "CG303", "pass-hangs-boot", Error, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for key in keys::written(description) {
        let hazards = key
            .releases
            .iter()
            .flat_map(|release| key_hazards(key.secret.expose(), *release));
        if hazards
            .into_iter()
            .any(|hazard| hazard == KeyHazard::HangsBoot)
        {
            let message = "the key has a `-` behind a hexadecimal digit: the boot scripts take it for an address range and hang, or lose the VIP";
            let help = "write no `-` in keys: `_` and `.` are safe; `carpgen keygen` makes a key";
            findings.add(Finding::new(Severity::Error, key.at, message, help));
        }
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for key in host.key_words() {
            let text = key.word.text();
            let Some(piece) = &key.piece else { continue };
            let is_expanded = || piece.words.iter().any(|word| has_range_mark(word.text()));
            let hangs = if host.is_legacy() {
                text.contains('-')
            } else {
                has_range_mark(text) || (text.contains("--") && is_expanded())
            };
            if !hangs {
                continue;
            }
            let message = format!(
                "the key in {} has a `-` that the boot scripts take for an address range: {} hangs at boot, or lacks the VIP",
                key.variable, host.name
            );
            let help = "write no `-` in keys: `_` and `.` are safe; `carpgen keygen` makes a key";
            let place = key.word.place;
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

/// What starts the expansion of ranges from 10 on.
fn has_range_mark(word: &str) -> bool {
    let mut pairs = word.as_bytes().windows(2);
    pairs.any(|pair| pair[1] == b'-' && pair[0].is_ascii_hexdigit())
}
