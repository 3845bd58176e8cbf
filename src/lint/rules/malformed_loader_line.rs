//! `malformed-loader-line`

use crate::dialect::parse::LoaderAction;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::registry::rule;
use crate::model::Severity;

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
    MALFORMED_LOADER_LINE = "CG105", "malformed-loader-line", Error, for hosts
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
            findings.add(HostFinding::at(
                Severity::Error,
                position,
                line.place,
                message,
                help,
            ));
        }
    }
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
