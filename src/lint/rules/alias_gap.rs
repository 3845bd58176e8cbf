//! `alias-gap`

use std::collections::BTreeMap;

use crate::lint::hosts::{Bytes, Fixing, HostFinding, HostFindings, Hosts, LintHost};
use crate::lint::registry::rule;
use crate::model::{Fix, Release, Severity};

rule! {
    /// Finds holes in the numbers of an interface's aliases.
    ///
    /// ## Why it matters
    ///
    /// FreeBSD 8, 9.0 to 9.2 stop at the first number that is missing (`ifalias_af_common` in `etc/network.subr`), so that the VIPs behind it
    /// are not configured. Later releases take every number, whatever rc.conf(5) says about it.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ifconfig_em0_alias2="inet 192.0.2.4/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ifconfig_em0_alias1="inet 192.0.2.4/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ALIAS_GAP = "CG116", "alias-gap", Warning, for hosts, fix "renumbers the aliases in the order in which they are taken, where each name is assigned once and named nowhere else"
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for (part, numbers) in numbered(host) {
            if !host.carries_vips(part) {
                continue;
            }
            let known: Vec<u64> = numbers.keys().copied().collect();
            let Some(pair) = known.windows(2).find(|pair| pair[1] != pair[0] + 1) else {
                continue;
            };
            let behind = numbers.range(pair[1]..).count();
            let Some(place) = numbers
                .get(&pair[1])
                .and_then(|name| host.variable_place(name))
            else {
                continue;
            };
            let (severity, follows) = if host.release() <= Release::R10 {
                (
                    Severity::Warning,
                    format!(
                        "FreeBSD 8 and 9.0 to 9.2 stop there and drop {behind} of {}",
                        known.len()
                    ),
                )
            } else {
                (
                    Severity::Info,
                    "this release takes them all, older ones stop there".to_owned(),
                )
            };
            let message = format!(
                "the aliases of {part} go from {} to {}: {follows}",
                pair[0], pair[1]
            );
            let help = format!(
                "number them 0, 1, 2 and so on: this one is ifconfig_{part}_alias{}",
                pair[0] + 1
            );
            let fix = renumbered(host, position, part, &numbers);
            let finding = HostFinding::at(severity, position, place, message, help);
            findings.add(finding.with_fix(fix));
        }
    }
}

/// A fix that numbers the aliases of an interface without a hole, in the order in which they are taken. None where a name
/// is assigned twice or named somewhere else, so that a new name would change more than the number.
fn renumbered(
    host: &LintHost<'_>,
    position: usize,
    part: &str,
    numbers: &BTreeMap<u64, &str>,
) -> Option<Fix> {
    let variables = &host.reading.variables;
    let prefix = format!("ifconfig_{part}_alias");
    let first = *numbers.keys().next()?;
    let odd = variables
        .names_from(&prefix)
        .any(|name| name != format!("{prefix}es") && !numbers.values().any(|known| *known == name));
    let begins = |name: &&str| name.starts_with(&prefix);
    let assigned = variables.assignments().iter();
    let assigned = assigned
        .filter(|assignment| begins(&assignment.name))
        .count();
    let known = variables.names_from(&prefix).count();
    let named = variables.assignments().iter().any(|assignment| {
        let mut references = assignment.value.references().iter();
        references.any(|reference| begins(&reference.name))
    });
    let mut skipped = variables.not_understood().iter();
    let unclear = skipped.any(|skipped| skipped.names.iter().any(begins));
    if odd || named || unclear || assigned != known {
        return None;
    }
    let mut fixing = Fixing::of(position);
    for (new, (old, name)) in (first..).zip(numbers).filter(|(new, (old, _))| new != *old) {
        let assignment = variables.get(name)?;
        if assignment.value.text().trim().is_empty() {
            return None;
        }
        let place = variables.place(assignment);
        let at = host.bytes_of(place, name);
        let digits = old.to_string().len();
        let at = at.map(|Bytes { file, range }| Bytes {
            file,
            range: range.end - digits..range.end,
        });
        fixing = fixing.replace(at, &new.to_string());
    }
    fixing.done()
}

/// The variables of numbered aliases, by the interface's part of their names.
pub(super) fn numbered<'h>(host: &'h LintHost<'_>) -> BTreeMap<&'h str, BTreeMap<u64, &'h str>> {
    let mut all: BTreeMap<&str, BTreeMap<u64, &str>> = BTreeMap::new();
    for name in host.reading.variables.names_from("ifconfig_") {
        let Some((part, number)) = name["ifconfig_".len()..].split_once("_alias") else {
            continue;
        };
        let plain = number == "0" || !number.starts_with('0');
        let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        if let Some(number) = number.parse().ok().filter(|_| plain && digits) {
            all.entry(part).or_default().insert(number, name);
        }
    }
    all
}
