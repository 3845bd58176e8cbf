//! `pass-evaluated`

use crate::config::Description;
use crate::dialect::key::{KeyHazard, key_hazards};
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::keys;
use crate::lint::registry::rule;
use crate::model::{Finding, Severity};

rule! {
    /// Finds keys with characters that the boot scripts evaluate or change.
    ///
    /// ## Why it matters
    ///
    /// A value of rc.conf is shell text twice: when the file is read, and again when network.subr evaluates it (`eval` in
    /// `ifconfig_up` and `ifalias`). What looks like shell syntax is run as root while booting, whatever quotes stand around it.
    /// Patterns are replaced by file names of /. And the last alias of a family is not evaluated but only split: the key changes
    /// when another alias is added, the peers reject it, and both hosts are master.
    ///
    /// ## Example
    ///
    /// ```toml
    /// pass = "pa$$word1234"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// pass = "pa.word.1234"
    /// ```
    PASS_EVALUATED = "CG305", "pass-evaluated", Error, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for key in keys::written(description) {
        let hazards = key
            .releases
            .iter()
            .flat_map(|release| key_hazards(key.secret.expose(), *release));
        let mut characters: Vec<char> = hazards
            .filter_map(|hazard| match hazard {
                KeyHazard::Evaluated(character) => Some(character),
                _ => None,
            })
            .collect();
        characters.sort_unstable();
        characters.dedup();
        let shown = characters
            .iter()
            .map(|c| format!("{c:?}"))
            .collect::<Vec<_>>()
            .join(" ");
        if !characters.is_empty() {
            let message = format!(
                "the key has {shown}: the boot scripts evaluate or change it as root, peers reject what comes out, and each is master"
            );
            let help =
                "write letters, digits and _ . , : = + @ % alone; `carpgen keygen` makes a key";
            findings.add(Finding::new(Severity::Error, key.at, message, help));
        }
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for key in host.key_words() {
            let text = key.word.text();
            let hazards = key_hazards(text, host.release());
            let characters: Vec<String> = hazards
                .iter()
                .filter_map(|hazard| match hazard {
                    KeyHazard::Evaluated(character) if *character != ' ' => {
                        Some(format!("{character:?}"))
                    }
                    _ => None,
                })
                .collect();
            if characters.is_empty() || !host.broken_continuations(key.variable).is_empty() {
                continue;
            }
            let is_last = key.piece.as_ref().is_some_and(|piece| piece.is_last);
            let (severity, follows) = if is_last {
                (
                    Severity::Warning,
                    "the key changes as soon as another alias is added: the peers reject it, and each host is master",
                )
            } else {
                (
                    Severity::Error,
                    "the boot scripts evaluate or change it as root, the peers reject what comes out, and each host is master",
                )
            };
            let message = format!(
                "the key in {} has {}: {follows}",
                key.variable,
                characters.join(" ")
            );
            let help =
                "write letters, digits and _ . , : = + @ % alone; `carpgen keygen` makes a key";
            let place = key.word.place;
            findings.add(HostFinding::at(severity, position, place, message, help));
        }
    }
}
