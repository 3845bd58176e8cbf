//! `advskew-out-of-range`

use crate::config::{Description, ProblemKind};
use crate::dialect::parse::Keyword;
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::registry::rule;
use crate::model::{AdvSkew, Finding, Severity};

rule! {
    /// Finds skews above 254, written or computed from a rank.
    ///
    /// ## Why it matters
    ///
    /// The kernel answers `SIOCSVH: Invalid argument` to advskew 255 and above (`carp_ioctl_set` in FreeBSD
    /// `sys/netinet/ip_carp.c`; 255 is the farewell of release 9). Before release 15 it has then changed advbase already.
    ///
    /// ## Example
    ///
    /// ```toml
    /// skew = { first = 0, step = 255 }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// skew = { first = 0, step = 100 }
    /// ```
    ADVSKEW_OUT_OF_RANGE = "CG203", "advskew-out-of-range", Error, refuses Everything, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for problem in &description.problems {
        let (message, help) = match &problem.kind {
            ProblemKind::Range(range) if range.name == "advskew" => (
                format!(
                    "advskew {} is refused by the kernel: \"SIOCSVH: Invalid argument\"",
                    range.value
                ),
                format!(
                    "write a number from {} to 239; lower is more preferred",
                    AdvSkew::MIN
                ),
            ),
            ProblemKind::ComputedRange {
                range,
                rank,
                first,
                step,
            } if range.name == "advskew" => (
                format!(
                    "rank {rank} at step {step} needs advskew {} (first {first} + {rank} × {step}), and the kernel takes no more than {}",
                    range.value,
                    AdvSkew::MAX
                ),
                match (239 - first) / i64::try_from(*rank).unwrap_or(1).max(1) {
                    step if step > 0 => {
                        format!("write a smaller step: skew = {{ first = {first}, step = {step} }}")
                    }
                    _ => "write a smaller first: skew = { first = 0, step = … }".to_owned(),
                },
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
    for (position, host) in hosts.iter() {
        for found in host.statements() {
            let numbers = found
                .statement
                .parameters()
                .filter(|p| p.keyword == Keyword::Advskew);
            for parameter in numbers.filter(|_| !host.is_distorted(&found)) {
                let Some(number) = parameter.number().filter(|number| *number > 254) else {
                    continue;
                };
                let message = format!(
                    "advskew {number} is refused by the kernel: \"SIOCSVH: Invalid argument\", and {} gets no VIP from this command",
                    host.name
                );
                let help = format!(
                    "write a number from {} to 239; lower is more preferred",
                    AdvSkew::MIN
                );
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
