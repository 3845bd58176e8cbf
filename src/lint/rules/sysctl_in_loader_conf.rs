//! `sysctl-in-loader-conf`

use crate::dialect::parse::LoaderAction;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::registry::rule;
use crate::model::{KnownSysctl, Release, Severity};

rule! {
    /// Finds sysctls of CARP in loader.conf, where they have no effect.
    ///
    /// ## Why it matters
    ///
    /// The loader sets variables of the kernel environment. Only a sysctl with the flag `CTLFLAG_TUN` takes its value from there, and of
    /// those of CARP only `net.inet.carp.allow` has it, from FreeBSD 12 on (`SYSCTL_` lines of `sys/netinet/ip_carp.c`). All others keep
    /// their defaults: preempt is 0.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # loader.conf
    /// net.inet.carp.log="2"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # sysctl.conf
    /// net.inet.carp.log=2
    /// ```
    SYSCTL_IN_LOADER_CONF = "CG903", "sysctl-in-loader-conf", Warning, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for line in &host.reading.loader {
            let LoaderAction::Set(name, value) = &line.action else {
                continue;
            };
            let tunable = name == KnownSysctl::ALLOW && host.release() >= Release::R12;
            // From 10 on that is arpbalance-removed.
            let removed = name == KnownSysctl::ARPBALANCE && !host.is_legacy();
            if !name.starts_with("net.inet.carp.") || tunable || removed {
                continue;
            }
            let stays = match (host.sysctl(name), KnownSysctl::named(name)) {
                (Some(set), _) => format!("it is {set} by sysctl.conf"),
                (None, Some(known)) => format!("it stays {}", known.default),
                (None, None) => "it is not set".to_owned(),
            };
            let message =
                format!("{name} is no tunable of the loader: this line has no effect, and {stays}");
            let help = if name == KnownSysctl::DEMOTION {
                "remove the line".to_owned()
            } else if host.sysctl(name).is_some() {
                "remove the line; sysctl.conf decides".to_owned()
            } else {
                format!("write {name}={value} into sysctl.conf")
            };
            let finding = HostFinding::at(Severity::Warning, position, line.place, message, help);
            findings.add(match host.sysctl_place(name) {
                Some(place) => finding.and(position, place, "the line that counts"),
                None => finding,
            });
        }
    }
}
