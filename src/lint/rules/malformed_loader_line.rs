//! `malformed-loader-line`

use crate::dialect::parse::LoaderAction;
use crate::lint::hosts::{Bytes, Fixing, HostFinding, HostFindings, Hosts};
use crate::lint::registry::rule;
use crate::model::{Fix, Place, Severity};

rule! {
    /// Finds lines of loader.conf about CARP that the loader skips.
    ///
    /// ## Why it matters
    ///
    /// loader.conf looks like shell and is not: the loader takes `NAME="VALUE"` or `NAME=WORD` and a comment, and nothing else on the
    /// line (`stand/lua/config.lua` in FreeBSD). It reports any other line and skips it. Without its module the kernel answers every
    /// vhid with "Protocol not supported", so the host serves no VIP.
    ///
    /// ## Example
    ///
    /// ```sh
    /// carp_load='YES'
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// carp_load="YES"
    /// ```
    MALFORMED_LOADER_LINE = "CG105", "malformed-loader-line", Error, for hosts, fix "writes `NAME=\"VALUE\"`, where the line has a value and nothing behind it but a comment"
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for line in &host.reading.loader {
            let LoaderAction::Malformed(text) = &line.action else {
                continue;
            };
            let Some(name) = named(text) else { continue };
            let (follows, value) = if name.starts_with("net.") {
                (format!("{name} is not set"), "VALUE")
            } else {
                (
                    "the module is not loaded, and no vhid can be configured".to_owned(),
                    "YES",
                )
            };
            let message = format!(
                "the loader skips this line, which is not NAME=\"VALUE\": {follows} on {}",
                host.name
            );
            let help = format!("write {name}=\"{value}\", in double quotes and alone on its line");
            let fix = rewritten(position, line.place, text);
            let finding = HostFinding::at(Severity::Error, position, line.place, message, help);
            findings.add(finding.with_fix(fix));
        }
    }
}

/// A fix that writes `NAME="VALUE"`. The comment behind it stays.
fn rewritten(position: usize, place: Place, line: &str) -> Option<Fix> {
    let name = named(line)?;
    let start = line.find(name)?;
    let behind = line[start + name.len()..].trim_start();
    let value = behind.strip_prefix('=').unwrap_or(behind).trim_start();
    let (value, rest) = match value.chars().next()? {
        quote @ ('"' | '\'') => {
            let inside = &value[1..];
            // An open quote ends with the line.
            let closed = inside.find(quote);
            let end = closed.or_else(|| inside.find(" #")).unwrap_or(inside.len());
            let rest = &inside[end..];
            (
                inside[..end].trim(),
                rest.strip_prefix(quote).unwrap_or(rest),
            )
        }
        _ => {
            let ends = |c: char| c.is_whitespace() || c == ';';
            value.split_at(value.find(ends).unwrap_or(value.len()))
        }
    };
    let comment = rest.trim_start_matches([' ', '\t', ';']);
    let is_module = name.ends_with("_load") && value.eq_ignore_ascii_case("yes");
    let is_number = name.starts_with("net.") && value.parse::<i64>().is_ok();
    let is_alone = comment.is_empty() || comment.starts_with('#');
    let from = place.offset as usize;
    let at = Bytes {
        file: place.file,
        range: from..from + line.len() - comment.len(),
    };
    let gap = if comment.is_empty() { "" } else { " " };
    let fixing = Fixing::of(position);
    let right = format!("{name}=\"{value}\"{gap}");
    fixing
        .replace(((is_module || is_number) && is_alone).then_some(at), &right)
        .done()
}

/// What a line is about, if it is about CARP.
fn named(line: &str) -> Option<&str> {
    let text = line
        .strip_prefix("export")
        .or_else(|| line.strip_prefix("set"))
        .filter(|rest| rest.starts_with([' ', '\t']))
        .unwrap_or(line)
        .trim_start();
    let name = text.split(['=', ' ', '\t']).next()?;
    let is_carp = name == "carp"
        || name == "if_carp"
        || ["carp_", "if_carp_", "net.inet.carp."]
            .iter()
            .any(|prefix| name.starts_with(prefix));
    is_carp.then_some(name)
}
