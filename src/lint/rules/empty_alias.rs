//! `empty-alias`

use super::alias_gap::numbered;
use crate::lint::hosts::{Fixing, HostFinding, HostFindings, Hosts};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::Severity;

rule! {
    /// Finds empty aliases with further ones behind them.
    ///
    /// ## Why it matters
    ///
    /// network.subr takes the numbered aliases in order and ends at the first one that is set and empty, in every release
    /// (`ifalias_af_common` in FreeBSD `libexec/rc/network.subr`). The VIPs with higher numbers are not configured, and nothing says so.
    /// An alias of blanks alone ends nothing.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0_alias0=""
    /// ifconfig_em0_alias1="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    EMPTY_ALIAS = "CG117", "empty-alias", Error, for hosts, fix "deletes the line"
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let variables = &host.reading.variables;
        let text = |name: &str| variables.get(name).map_or("", |found| found.value.text());
        for (part, numbers) in numbered(host) {
            let empty = numbers.iter().find(|(_, name)| text(name).is_empty());
            let Some((number, name)) = empty else {
                continue;
            };
            let behind: Vec<&str> = numbers
                .range(number + 1..)
                .map(|(_, name)| *name)
                .filter(|name| !text(name).trim().is_empty())
                .collect();
            let Some(place) = host.variable_place(name).filter(|_| !behind.is_empty()) else {
                continue;
            };
            let vips: Vec<&str> = behind
                .iter()
                .flat_map(|name| text(name).split_ascii_whitespace())
                .filter(|word| {
                    let host = word.split('/').next().unwrap_or(word);
                    host.parse::<std::net::IpAddr>().is_ok()
                })
                .collect();
            let lost = if vips.is_empty() {
                list_in_words(&behind)
            } else {
                list_in_words(&vips)
            };
            let message = format!(
                "an empty alias ends the list of {part}: {lost} behind it {} not configured",
                if vips.len().max(behind.len()) == 1 {
                    "is"
                } else {
                    "are"
                }
            );
            let help = "delete this line";
            let line = host.assignment_line(place, name);
            let fixing = host.delete_line(Fixing::of(position), line);
            let finding = HostFinding::at(Severity::Error, position, place, message, help);
            let finding = finding.with_fix(fixing.done());
            let lost = behind.iter().filter_map(|name| host.variable_place(name));
            findings.add(lost.fold(finding, |finding, place| {
                finding.and(position, place, "lost")
            }));
        }
    }
}
