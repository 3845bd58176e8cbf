//! `not-an-assignment`

use crate::dialect::parse::{FileKind, NotUnderstoodKind, Text};
use crate::lint::hosts::{Bytes, Fixing, HostFinding, HostFindings, Hosts, LintHost, is_one_word};
use crate::lint::registry::rule;
use crate::model::{FileId, Fix, Place, Severity};

rule! {
    /// Finds lines that look like an assignment and are a command to sh(1).
    ///
    /// ## Why it matters
    ///
    /// sh(1) takes no blanks beside `=`, and no `.`, `-`, `/` or `+` in the name of a variable: it looks for a command of that name, finds
    /// none, and goes on. Nothing is set, and the address is missing after the boot. network.subr replaces each of these characters
    /// of an interface's name by `_` (`get_if_var`).
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0_alias0 = "inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    NOT_AN_ASSIGNMENT = "CG104", "not-an-assignment", Error, for hosts, fix "removes the blanks beside the `=`, and writes `_` in the name, where the rest of the line is one word and nothing else sets the variable"
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for skipped in host.reading.variables.not_understood() {
            let Some(name) =
                assigned(skipped.text).filter(|_| skipped.kind == NotUnderstoodKind::Command)
            else {
                continue;
            };
            let right = name.replace(['.', '-', '/', '+'], "_");
            let message = format!(
                "sh(1) takes this for a command, and does not set {right}: what it configures is missing on {} after the boot",
                host.name
            );
            let help = format!("write {right}=\"…\", without blanks beside the `=`");
            // Where the variable is set somewhere else too, nobody knows which value was meant.
            let is_free = host.reading.variables.get(&right).is_none();
            let fix = is_free.then(|| joined(host, position, skipped.place, name, &right));
            let place = skipped.place;
            let finding = HostFinding::at(Severity::Error, position, place, message, help);
            findings.add(finding.with_fix(fix.flatten()));
        }
        for (place, name) in sysctls_with_blanks(host) {
            let message = format!(
                "rc.d/sysctl of FreeBSD 9 reads only up to the first blank: {name} is not set on {}",
                host.name
            );
            let help = format!("write {name}=VALUE, without blanks beside the `=`");
            let fix = joined(host, position, place, &name, &name);
            let finding = HostFinding::at(Severity::Error, position, place, message, help);
            findings.add(finding.with_fix(fix));
        }
    }
}

/// A fix that makes an assignment of a line: another name, and no blanks beside the `=`. None where the line has more
/// than a name and one word, which sh(1) would take for a command even so.
fn joined(
    host: &LintHost<'_>,
    position: usize,
    place: Place,
    name: &str,
    right: &str,
) -> Option<Fix> {
    let line = host.line_of(place.file, place.offset as usize)?;
    let start = place.offset as usize;
    let text = host.text_of(place.file);
    let behind = text.get(start..line.range.end)?.strip_prefix(name)?;
    let blank = [' ', '\t'];
    let value = behind
        .trim_start_matches(blank)
        .strip_prefix('=')?
        .trim_start_matches(blank);
    let is_whole = text.get(line.range.start..start)?.trim().is_empty();
    let value_at = line.range.end - value.len();
    let at = Bytes {
        file: place.file,
        range: start..value_at,
    };
    let alone = is_whole && is_one_word(value) && !value.trim().is_empty();
    let fixing = Fixing::of(position);
    fixing
        .replace(alone.then_some(at), &format!("{right}="))
        .done()
}

/// The name of what a command looks like an assignment to.
fn assigned(text: &str) -> Option<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_.-/+".contains(c);
    let end = text.find(|c: char| !is_part(c))?;
    let (name, rest) = text.split_at(end);
    let known = ["ifconfig_", "vlans_"]
        .iter()
        .any(|prefix| name.len() > prefix.len() && name.starts_with(prefix))
        || matches!(name, "cloned_interfaces" | "kld_list");
    let blank = [' ', '\t'];
    let behind = rest.trim_start_matches(blank).strip_prefix('=')?;
    let is_spaced = rest.starts_with(blank) || behind.starts_with(blank);
    let is_odd = name.contains(['.', '-', '/', '+']);
    (known && (is_spaced || is_odd)).then_some(name)
}

/// Lines of sysctl.conf that release 9 does not take.
fn sysctls_with_blanks(host: &LintHost<'_>) -> Vec<(Place, String)> {
    let mut found = Vec::new();
    if !host.is_legacy() {
        return found;
    }
    for (file, text) in host.files_of(FileKind::SysctlConf) {
        let places = Text::new(FileId(file), text);
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let at = line.len() - line.trim_start().len();
            let statement = line.trim();
            if let Some((name, value)) = statement.split_once('=') {
                let spaced = name.ends_with([' ', '\t']) || value.starts_with([' ', '\t']);
                let name = name.trim_end();
                if spaced && name.starts_with("net.inet.carp.") && !name.contains([' ', '#']) {
                    found.push((places.place(start + at), name.to_owned()));
                }
            }
            start += line.len();
        }
    }
    found
}
