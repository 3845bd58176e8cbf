//! `overridden-assignment`

use std::collections::BTreeMap;

use crate::dialect::parse::{Assignment, Binding, SysctlLine};
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost, is_interface_variable};
use crate::lint::registry::rule;
use crate::model::{Place, Severity};

rule! {
    /// Finds settings that a later line or file silently replaces.
    ///
    /// ## Why it matters
    ///
    /// Of two assignments of one variable the later one counts, within rc.conf and over rc.conf, rc.conf.local and rc.conf.d
    /// (`load_rc_config` in FreeBSD `libexec/rc/rc.subr`). The first is lost without a message, and with it a VIP, a vlan or a module. The same holds for
    /// sysctl.conf.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ifconfig_em0_alias0="inet 192.0.2.4/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ifconfig_em0_alias1="inet 192.0.2.4/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    OVERRIDDEN_ASSIGNMENT = "CG107", "overridden-assignment", Warning, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let mut found = variables(host);
        found.extend(sysctls(host));
        for (name, lost, winner) in found {
            let Some((first, rest)) = lost.split_first() else {
                continue;
            };
            let message = format!(
                "{name} is set again, to something else, in line {} of {}: what is set here is lost without a message",
                winner.line,
                host.files
                    .get(usize::from(winner.file.0))
                    .map_or("another file", |file| file.path)
            );
            let help = "keep one of them, or give the other a name or number of its own";
            let finding = HostFinding::at(Severity::Warning, position, *first, message, help);
            let finding = rest.iter().fold(finding, |finding, place| {
                finding.and(position, *place, "lost as well")
            });
            findings.add(finding.and(position, winner, "this one counts"));
        }
    }
}

/// A name, the places of the assignments that are lost, and that of the one that counts.
type Overridden = (String, Vec<Place>, Place);

fn variables(host: &LintHost<'_>) -> Vec<Overridden> {
    let variables = &host.reading.variables;
    let mut by_name: BTreeMap<&str, Vec<&Assignment<'_>>> = BTreeMap::new();
    for assignment in variables.assignments() {
        let name = assignment.name;
        if is_interface_variable(name) || matches!(name, "cloned_interfaces" | "kld_list") {
            by_name.entry(name).or_default().push(assignment);
        }
    }
    let mut all = Vec::new();
    for (name, assignments) in by_name {
        let Some(winner) = assignments.last() else {
            continue;
        };
        let lost: Vec<Place> = assignments
            .windows(2)
            .filter(|pair| is_lost(name, pair[0], pair[1]))
            .map(|pair| variables.place(pair[0]))
            .collect();
        all.push((name.to_owned(), lost, variables.place(winner)));
    }
    all
}

fn is_lost(name: &str, earlier: &Assignment<'_>, later: &Assignment<'_>) -> bool {
    let refers = later
        .value
        .references()
        .iter()
        .any(|reference| reference.name == name);
    let (before, after) = (earlier.value.text().trim(), later.value.text().trim());
    later.binding != Binding::Default && !refers && before != after && !before.is_empty()
}

fn sysctls(host: &LintHost<'_>) -> Vec<Overridden> {
    let mut by_name: BTreeMap<&str, Vec<&SysctlLine>> = BTreeMap::new();
    for line in &host.reading.sysctls {
        // What is written to the demotion is added.
        let counts = (line.name.starts_with("net.inet.carp.")
            || line.name.starts_with("net.pfsync.carp_"))
            && line.name != "net.inet.carp.demotion";
        if counts && line.value.is_some() {
            by_name.entry(&line.name).or_default().push(line);
        }
    }
    let overridden = by_name.into_iter().filter_map(|(name, lines)| {
        let winner = lines.last()?;
        let lost = lines
            .windows(2)
            .filter(|pair| pair[0].value != pair[1].value)
            .map(|pair| pair[0].place)
            .collect();
        Some((name.to_owned(), lost, winner.place))
    });
    overridden.collect()
}
