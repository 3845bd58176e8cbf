//! What the templates get: every line decided, nothing left to compute.

use serde::Serialize;

use super::Argv;
use super::pieces::Statements;
use crate::model::{Family, HostConfig, InterfaceConfig};

#[derive(Serialize)]
pub(super) struct RcConf {
    host: String,
    release: &'static str,
    needs: Vec<String>,
    assignments: Vec<Assignment>,
}

#[derive(Serialize)]
struct Assignment {
    name: String,
    value: String,
}

/// The lines of rc.conf, and what they need of the lines that are there already.
pub(super) fn rc_conf(host: &HostConfig, statements: &Statements) -> RcConf {
    let mut assignments = Vec::new();
    if !statements.clones.is_empty() {
        let value = statements.clones.join(" ");
        assignments.push(Assignment {
            name: "cloned_interfaces".to_owned(),
            value,
        });
    }
    assignments.extend(statements.list.iter().map(|s| Assignment {
        name: s.variable.clone(),
        value: s.words.join(" "),
    }));
    RcConf {
        host: host.host.to_string(),
        release: host.release.as_str(),
        needs: needs(host),
        assignments,
    }
}

/// What the base configuration must hold for the lines to work.
fn needs(host: &HostConfig) -> Vec<String> {
    let mut needs = Vec::new();
    if host.release.has_carp_interfaces() && !host.vhids.is_empty() {
        needs.push(
            "one cloned_interfaces line counts: other clones of this host belong into it"
                .to_owned(),
        );
    }
    for interface in host.interfaces.iter().filter(|interface| !interface.manage) {
        let name = &interface.name;
        let variable = name.variable_part();
        let own = |family| {
            interface
                .addresses
                .iter()
                .find(|a| Family::of(a.addr()) == family)
        };
        if host.release.has_carp_interfaces() {
            needs.push(format!(
                "{name} needs an address in the subnet of each VIP: carpN finds its interface by it"
            ));
            continue;
        }
        if let Some(address) = own(Family::Inet) {
            needs.push(format!(
                "{name} has its own address already, such as ifconfig_{variable}=\"inet {address}\""
            ));
        }
        if carries_inet6(host, interface) {
            let address =
                own(Family::Inet6).map_or_else(|| "-ifdisabled".to_owned(), ToString::to_string);
            needs.push(format!(
                "ifconfig_{variable}_ipv6=\"inet6 {address}\" must be set: without it the boot skips every inet6 line"
            ));
        }
    }
    needs
}

fn carries_inet6(host: &HostConfig, interface: &InterfaceConfig) -> bool {
    let mut vhids = host
        .vhids
        .iter()
        .filter(|vhid| vhid.segment == interface.segment);
    vhids.any(|vhid| vhid.vips.iter().any(|vip| vip.family() == Family::Inet6))
}

#[derive(Serialize)]
pub(super) struct SysctlConf {
    host: String,
    sysctls: Vec<(String, i64)>,
}

/// The lines of sysctl.conf.
pub(super) fn sysctl_conf(host: &HostConfig) -> SysctlConf {
    let sysctls = host
        .sysctls
        .iter()
        .map(|sysctl| (sysctl.name.clone(), sysctl.value))
        .collect();
    SysctlConf {
        host: host.host.to_string(),
        sysctls,
    }
}

#[derive(Serialize)]
pub(super) struct LoaderConf {
    host: String,
    module: Option<&'static str>,
}

/// The lines of loader.conf.
pub(super) fn loader_conf(host: &HostConfig) -> LoaderConf {
    let module = if host.release.has_carp_interfaces() {
        "if_carp"
    } else {
        "carp"
    };
    LoaderConf {
        host: host.host.to_string(),
        module: (!host.vhids.is_empty()).then_some(module),
    }
}

#[derive(Serialize)]
pub(super) struct Commands {
    host: String,
    commands: Vec<Argv>,
}

/// Commands for a running host.
pub(super) fn commands(host: &HostConfig, commands: &[Argv]) -> Commands {
    Commands {
        host: host.host.to_string(),
        commands: commands.to_vec(),
    }
}
