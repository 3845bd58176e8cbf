//! `shell-syntax-error`

use crate::dialect::key::{KeyHazard, key_hazards};
use crate::dialect::parse::{BrokenKind, End};
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost};
use crate::lint::registry::rule;
use crate::model::Severity;

rule! {
    /// Finds files that sh(1) cannot read to their end, and values that it cannot evaluate at boot.
    ///
    /// ## Why it matters
    ///
    /// rc.conf, its companions and `start_if.IF` are read by sh(1) (`load_rc_config` in FreeBSD `libexec/rc/rc.subr`), and some values
    /// once more (`eval` in `network.subr`). At an `if` without its `fi`, a `${` without its `}` or a parenthesis that nothing
    /// opened the shell gives up, and the script that brings up the network ends with it. For quotes there is `unterminated-quote`.
    ///
    /// ## Example
    ///
    /// ```sh
    /// key="${secret"
    /// ifconfig_em0="inet 192.0.2.3/24"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// key="${secret}"
    /// ifconfig_em0="inet 192.0.2.3/24"
    /// ```
    SHELL_SYNTAX_ERROR = "CG122", "shell-syntax-error", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let stop = host.reading.variables.stop();
        let file = stop.map(|stop| (stop.kind, stop.place));
        let (what, place) = match (file, host.reading.boot.end) {
            (Some((kind, place)), _) | (None, Some(End::File(kind, place))) => {
                let Some(what) = what_is_broken(kind) else {
                    continue;
                };
                (what, place)
            }
            (None, Some(End::Evaluation(place))) if !has_evaluated_key(host) => {
                ("what is evaluated here at boot is no shell text", place)
            }
            _ => continue,
        };
        let message = format!(
            "{what}: sh(1) stops, and with it the script that configures the network: {} lacks all that stands behind, and serves no VIP of it",
            host.name
        );
        let help = "check the file with sh -n";
        findings.add(HostFinding::at(
            Severity::Error,
            position,
            place,
            message,
            help,
        ));
    }
}

/// A key is to blame: `pass-evaluated` says so.
fn has_evaluated_key(host: &LintHost<'_>) -> bool {
    let keys = host.key_words();
    let mut hazards = keys
        .iter()
        .flat_map(|key| key_hazards(key.word.text(), host.release()));
    hazards.any(|hazard| matches!(hazard, KeyHazard::Evaluated(_)))
}

/// What is wrong, unless `unterminated-quote` says it.
const fn what_is_broken(kind: BrokenKind) -> Option<&'static str> {
    match kind {
        BrokenKind::OpenQuote => None,
        BrokenKind::OpenExpansion => Some("this `${`, `$(` or backquote is never closed"),
        BrokenKind::OpenCompound => {
            Some("this `if`, loop, `case`, brace or parenthesis is never closed")
        }
        BrokenKind::Unexpected => Some("the shell does not take this word here"),
    }
}
