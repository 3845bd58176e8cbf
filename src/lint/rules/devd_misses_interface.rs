//! `devd-misses-interface`

use crate::lint::hosts::{Bytes, Fixing, HostFinding, HostFindings, Hosts, LintHost};
use crate::lint::numbers::list_in_words;
use crate::lint::pattern::Pattern;
use crate::lint::registry::rule;
use crate::model::{Place, Severity, VhidConfig};

rule! {
    /// Finds patterns of devd that miss vhids on vlans and renamed interfaces.
    ///
    /// ## Why it matters
    ///
    /// The subsystem of an event of CARP is `VHID@INTERFACE`, and devd holds the expression against the whole of it (`devd.conf(5)`,
    /// `carp(4)`). The one that the manual page showed up to FreeBSD 13, `[0-9]+@[0-9a-z]+`, has no dot and no underscore: for
    /// `1@em0.100` the script does not run, whatever becomes of the vhid.
    ///
    /// ## Example
    ///
    /// ```sh
    /// match "subsystem" "[0-9]+@[0-9a-z]+";
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// match "subsystem" "[0-9]+@[0-9a-z_.]+";
    /// ```
    DEVD_MISSES_INTERFACE = "CG941", "devd-misses-interface", Warning, for hosts, fix "adds `_` and `.` to the class of characters that older manual pages show, `[0-9a-z]`"
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter().filter(|(_, host)| !host.is_legacy()) {
        let notifications = host.notifications();
        let carp: Vec<_> = notifications
            .iter()
            .filter(|notify| {
                let system = notify.pattern("system");
                let text = system.and_then(|system| system.pattern.as_deref());
                text.is_some_and(|text| text.eq_ignore_ascii_case("CARP"))
            })
            .collect();
        // Where one is not understood, or takes all, it may be for the vhids that the others miss.
        let patterns: Option<Vec<_>> = carp
            .iter()
            .map(|notify| {
                let subsystem = notify.pattern("subsystem")?;
                let text = subsystem.pattern.as_deref()?;
                let pattern = Pattern::whole(text).filter(|_| !text.starts_with('!'))?;
                Some((subsystem, pattern))
            })
            .collect();
        let patterns = patterns.unwrap_or_default();
        let missed = |vhid: &&VhidConfig| {
            let event = event(vhid, vhid.interface.as_str());
            patterns
                .iter()
                .all(|(_, pattern)| pattern.matches(&event) == Some(false))
        };
        let vhids = &hosts.configs[position].vhids;
        let missed: Vec<&VhidConfig> = vhids.iter().filter(missed).collect();
        for (subsystem, pattern) in &patterns {
            let meant: Vec<String> = missed
                .iter()
                .filter(|vhid| {
                    let plain = vhid.interface.as_str().replace(['.', '_'], "");
                    pattern.matches(&event(vhid, &plain)) == Some(true)
                })
                .map(|vhid| event(vhid, vhid.interface.as_str()))
                .collect();
            if meant.is_empty() {
                continue;
            }
            let message = format!(
                "the pattern does not match {}, as it has no dot or underscore: nothing runs when {} of {} vhids of this host change their state",
                list_in_words(&meant),
                meant.len(),
                vhids.len(),
            );
            let help = "write \"[0-9]+@[0-9a-z_.]+\"";
            let place = subsystem.place;
            let fixing = Fixing::of(position);
            let fix = fixing.insert(end_of_class(host, place), "_.").done();
            let finding = HostFinding::at(Severity::Warning, position, place, message, help);
            findings.add(finding.with_fix(fix));
        }
    }
}

/// Where the class of characters of the interface's name ends, if it is the one of the manual page.
fn end_of_class(host: &LintHost<'_>, place: Place) -> Option<Bytes> {
    let class = "[0-9a-z";
    let start = place.offset as usize;
    let line = host.line_of(place.file, start)?;
    let text = host.text_of(place.file).get(start..line.range.end)?;
    let pattern = text.trim_start_matches('"').split('"').next()?;
    let name = pattern.split_once('@')?.1;
    let only = name.matches('[').count() == 1 && name.starts_with(&format!("{class}]"));
    let end = start + text.find('@')? + 1 + class.len();
    only.then_some(Bytes {
        file: place.file,
        range: end..end,
    })
}

fn event(vhid: &VhidConfig, interface: &str) -> String {
    format!("{}@{interface}", vhid.vhid)
}
