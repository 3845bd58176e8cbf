//! `broken-continuation`

use crate::dialect::parse::Assignment;
use crate::lint::hosts::{Bytes, Fixing, HostFinding, HostFindings, Hosts, LintHost};
use crate::lint::registry::rule;
use crate::model::{Fix, Place, Severity};

rule! {
    /// Finds backslashes that were meant to continue a line and do not.
    ///
    /// ## Why it matters
    ///
    /// Only a backslash directly before the end of the line continues it, and not in single quotes (sh(1)). Else it stays in the value,
    /// and ifconfig(8) gets it as a word: "bad value", and the command fails.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0_alias0='inet 192.0.2.1/32 vhid 1 advskew 100 \
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 \
    /// ```
    BROKEN_CONTINUATION = "CG103", "broken-continuation", Error, for hosts, fix "removes the blanks behind the backslash, except in single quotes, where a backslash continues nothing"
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for assignment in host.interface_assignments() {
            let places = host.broken_continuations(assignment.name);
            let quoted = is_in_double_quotes(host, assignment, &places);
            for place in places {
                let message = format!(
                    "this backslash does not continue the line: it reaches ifconfig(8) as a word of {}, and the command fails",
                    assignment.name
                );
                let help = "remove the blanks behind the backslash and use double quotes, or write all on one line";
                let fix = quoted.then(|| without_blanks(host, position, place));
                let finding = HostFinding::at(Severity::Error, position, place, message, help);
                findings.add(finding.with_fix(fix.flatten()));
            }
        }
    }
}

/// The value of an assignment is one text in double quotes, at least up to the last of these places.
fn is_in_double_quotes(host: &LintHost<'_>, assignment: &Assignment<'_>, to: &[Place]) -> bool {
    let start = host.reading.variables.place(assignment);
    let Some(last) = to.iter().max() else {
        return false;
    };
    let text = host.text_of(start.file);
    let value = text.get(start.offset as usize..last.offset as usize);
    let value = value.and_then(|text| text.strip_prefix(assignment.name)?.strip_prefix("=\""));
    last.file == start.file && value.is_some_and(|value| !value.contains(['"', '`']))
}

/// A fix that leaves nothing between a backslash and the end of its line.
fn without_blanks(host: &LintHost<'_>, position: usize, backslash: Place) -> Option<Fix> {
    let start = backslash.offset as usize + 1;
    let behind = host.text_of(backslash.file).get(start..)?;
    let rest = behind.trim_start_matches([' ', '\t']);
    let blanks = Bytes {
        file: backslash.file,
        range: start..start + behind.len() - rest.len(),
    };
    let ends = rest.starts_with(['\n', '\r']);
    Fixing::of(position).delete(ends.then_some(blanks)).done()
}
