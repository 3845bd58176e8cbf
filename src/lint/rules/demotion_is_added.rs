//! `demotion-is-added`

use crate::lint::hosts::{HostFinding, HostFindings, Hosts, SysctlOrigin};
use crate::lint::registry::rule;
use crate::model::{KnownSysctl, Severity};

rule! {
    /// Finds scripts that set `net.inet.carp.demotion` to 0.
    ///
    /// ## Why it matters
    ///
    /// A write to this sysctl adds to the demotion (`carp_demote_adj_sysctl` in FreeBSD `sys/netinet/ip_carp.c`). Adding 0 changes
    /// nothing: a demoted host stays demoted, and from a sum of 240 on it never is the preferred master.
    ///
    /// ## Example
    ///
    /// ```sh
    /// sysctl net.inet.carp.demotion=0
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// sysctl net.inet.carp.demotion=-240
    /// ```
    DEMOTION_IS_ADDED = "CG905", "demotion-is-added", Warning, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter().filter(|(_, host)| !host.is_legacy()) {
        for write in host.sysctl_writes() {
            let zero = write.value.parse::<i64>() == Ok(0);
            if write.origin != SysctlOrigin::Script || write.name != KnownSysctl::DEMOTION || !zero
            {
                continue;
            }
            let message = format!(
                "a write to {} adds, so 0 changes nothing: a host that is demoted by 240 stays so, and each of its skews counts as 240",
                KnownSysctl::DEMOTION
            );
            let help = "write minus the present value, as in `sysctl net.inet.carp.demotion=-240`";
            findings.add(HostFinding::at(
                Severity::Warning,
                position,
                write.place,
                message,
                help,
            ));
        }
    }
}
