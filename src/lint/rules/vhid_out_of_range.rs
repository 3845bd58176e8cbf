//! `vhid-out-of-range`

use crate::config::{Description, ProblemKind};
use crate::dialect::parse::Keyword;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::registry::rule;
use crate::model::{Finding, Severity, Vhid};

rule! {
    /// Finds vhids that are not between 1 and 255.
    ///
    /// ## Why it matters
    ///
    /// The number is one byte of every advertisement and the last byte of the virtual MAC address 00:00:5e:00:01:VHID. ifconfig(8)
    /// and the kernel refuse any other number (`carp_ioctl_set` in FreeBSD `sys/netinet/ip_carp.c`), so the host has no such group.
    ///
    /// ## Example
    ///
    /// ```toml
    /// id = 256
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// id = 255
    /// ```
    VHID_OUT_OF_RANGE = "CG201", "vhid-out-of-range", Error, refuses Everything, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for problem in &description.problems {
        let ProblemKind::Range(range) = &problem.kind else {
            continue;
        };
        if range.name == "vhid" {
            let message = format!(
                "vhid {} is refused by the kernel: no host would have this group",
                range.value
            );
            let help = format!("write a number from {} to {}", Vhid::MIN, Vhid::MAX);
            findings.add(Finding::new(
                Severity::Error,
                problem.at.clone(),
                message,
                help,
            ));
        }
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for found in host.statements() {
            let numbers = found
                .statement
                .parameters()
                .filter(|p| p.keyword == Keyword::Vhid);
            for parameter in numbers.filter(|_| !host.is_distorted(&found)) {
                let Some(number) = parameter
                    .number()
                    .filter(|number| !(1..=255).contains(number))
                else {
                    continue;
                };
                let message = format!(
                    "vhid {number} is refused: {} has no such group and never serves its VIPs",
                    host.name
                );
                let help = format!("write a number from {} to {}", Vhid::MIN, Vhid::MAX);
                let place = parameter.value_place();
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
}
