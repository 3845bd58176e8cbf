//! `pass-reserved-word`

use crate::config::Description;
use crate::dialect::key::{KeyHazard, key_hazards};
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::keys;
use crate::lint::registry::rule;
use crate::model::{Finding, Severity};

rule! {
    /// Finds keys that are a word of the boot scripts.
    ///
    /// ## Why it matters
    ///
    /// network.subr cuts an alias at each of the words inet, inet6, ipx, link and ether, and takes dhcp, syncdhcp, nosyncdhcp, wpa,
    /// hostap, noauto and vnet out of `ifconfig_IF`, in any case. A key that is such a word is gone, and the address behind it
    /// becomes the key.
    ///
    /// ## Example
    ///
    /// ```toml
    /// pass = "NOAUTO"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// pass = "noauto.but.a.key"
    /// ```
    PASS_RESERVED_WORD = "CG306", "pass-reserved-word", Error, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for key in keys::written(description) {
        let hazards = key
            .releases
            .iter()
            .flat_map(|release| key_hazards(key.secret.expose(), *release));
        if hazards
            .into_iter()
            .any(|hazard| hazard == KeyHazard::ReservedWord)
        {
            let message = "the key is a word of the boot scripts: they take it out, and the address behind it becomes the key";
            let help = "write another key; `carpgen keygen` makes one";
            findings.add(Finding::new(Severity::Error, key.at, message, help));
        }
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for key in host.key_words() {
            let text = key.word.text();
            let lower = text.to_ascii_lowercase();
            let is_reserved = if key.piece.is_some() {
                matches!(text, "inet" | "inet6" | "link" | "ether")
                    || (text == "ipx" && host.is_legacy())
            } else {
                matches!(
                    lower.as_str(),
                    "dhcp" | "syncdhcp" | "nosyncdhcp" | "wpa" | "hostap" | "noauto" | "vnet"
                )
            };
            if !is_reserved {
                continue;
            }
            let message = format!(
                "the key in {} is a word of the boot scripts: they cut there or take it out, and what stands behind it becomes the key",
                key.variable
            );
            let help = "write another key; `carpgen keygen` makes one";
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
