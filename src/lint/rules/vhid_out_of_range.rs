//! `vhid-out-of-range`

use crate::config::{Description, ProblemKind};
use crate::lint::engine::Findings;
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
    VHID_OUT_OF_RANGE = "CG201", "vhid-out-of-range", Error, refuses Everything
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
