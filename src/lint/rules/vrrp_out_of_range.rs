//! `vrrp-out-of-range`

use crate::config::{Description, ProblemKind};
use crate::dialect::parse::Keyword;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::registry::rule;
use crate::model::{Finding, Severity};

rule! {
    /// Finds priorities of VRRPv3 that are not 1 to 255, and intervals that are not 1 to 4095 centiseconds.
    ///
    /// ## Why it matters
    ///
    /// The kernel cuts a priority to 8 bits, so 300 counts as 44, and takes 0 for "unchanged"; it refuses an interval above 4095
    /// (`carp_ioctl_set` in FreeBSD 15 `sys/netinet/ip_carp.c`; RFC 9568 section 5.2).
    ///
    /// ## Example
    ///
    /// ```toml
    /// vrrp = { interval_cs = 5000 }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// vrrp = { interval_cs = 100 }
    /// ```
    VRRP_OUT_OF_RANGE = "CG205", "vrrp-out-of-range", Error, refuses Everything, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for problem in &description.problems {
        let (message, help) = match &problem.kind {
            ProblemKind::Range(range) if range.name.starts_with("VRRP") => {
                let follows = if range.name == "VRRP priority" {
                    let cut = range.value.rem_euclid(256);
                    format!("the kernel cuts it to {cut}")
                } else {
                    "the kernel refuses it".to_owned()
                };
                (
                    format!(
                        "{} {} does not fit into an advertisement: {follows}",
                        range.name, range.value
                    ),
                    format!("write a number from {} to {}", range.min, range.max),
                )
            }
            ProblemKind::ComputedRange {
                range,
                rank,
                first,
                step,
            } if range.name.starts_with("VRRP") => (
                format!(
                    "rank {rank} at step {} needs priority {} (first {first} - {rank} × {}), and 1 is the least",
                    -step, range.value, -step
                ),
                "write a smaller step: vrrp = { first = 200, step = 5 }".to_owned(),
            ),
            _ => continue,
        };
        findings.add(Finding::new(
            Severity::Error,
            problem.at.clone(),
            message,
            help,
        ));
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter().filter(|(_, host)| host.release().has_vrrp()) {
        for found in host.statements() {
            for parameter in found.statement.parameters() {
                let most = match parameter.keyword {
                    Keyword::Vrrpprio => 255,
                    Keyword::Vrrpinterval => 4095,
                    _ => continue,
                };
                let outside = |number: &i64| !(1..=most).contains(number);
                let Some(number) = parameter.number().filter(outside) else {
                    continue;
                };
                let word = parameter.keyword.word();
                let follows = match number {
                    0 => "0 means unchanged".to_owned(),
                    _ if parameter.keyword == Keyword::Vrrpprio => {
                        format!("the kernel cuts it to {}", number.rem_euclid(256))
                    }
                    _ => "the kernel refuses it".to_owned(),
                };
                let message =
                    format!("{word} {number} does not fit into an advertisement: {follows}");
                let help = format!("write a number from 1 to {most}");
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
