//! `sysctl-in-loader-conf`

use crate::dialect::parse::{FileKind, LoaderAction, LoaderLine};
use crate::lint::hosts::{Fixing, HostFinding, HostFindings, Hosts, LintHost};
use crate::lint::registry::rule;
use crate::model::{Fix, KnownSysctl, Release, Severity};

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
    SYSCTL_IN_LOADER_CONF = "CG903", "sysctl-in-loader-conf", Warning, for hosts, fix "moves the line to sysctl.conf, if that file was given, and deletes it where sysctl.conf sets the same"
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
            let fix = moved(host, position, line, (name, value));
            let finding = HostFinding::at(Severity::Warning, position, line.place, message, help);
            let finding = finding.with_fix(fix);
            findings.add(match host.sysctl_place(name) {
                Some(place) => finding.and(position, place, "the line that counts"),
                None => finding,
            });
        }
    }
}

/// A fix that moves a line to sysctl.conf, or takes it away where sysctl.conf says something already.
fn moved(
    host: &LintHost<'_>,
    position: usize,
    line: &LoaderLine,
    (name, value): (&str, &str),
) -> Option<Fix> {
    let place = line.place;
    let whole = host.line_of(place.file, place.offset as usize);
    let fixing = host.delete_line(Fixing::of(position), whole);
    let is_same =
        |action: &LoaderAction| matches!(action, LoaderAction::Set(other, _) if other == name);
    let last = host
        .reading
        .loader
        .iter()
        .rev()
        .find(|line| is_same(&line.action));
    let is_set = host.reading.sysctls.iter().any(|line| line.name == name);
    let decided = is_set || last.is_some_and(|last| last.place != place);
    if decided && host.has(FileKind::SysctlConf) {
        return fixing.done();
    }
    let known = KnownSysctl::named(name).is_some() && name != KnownSysctl::DEMOTION;
    value.parse::<i64>().ok().filter(|_| known)?;
    let end = host.end_of(FileKind::SysctlConf, "sysctl.conf");
    host.append(fixing, end, &format!("{name}={value}")).done()
}
