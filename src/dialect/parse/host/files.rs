//! Which file of a host is what, and what the files tell about release and interfaces.

use std::collections::BTreeSet;

use super::super::boot::variable_part;
use super::super::layers::rc_conf_order;
use super::super::output::ShownInterface;
use super::super::shell::Variables;
use super::super::statement::{Keyword, Statement};
use crate::model::Release;

/// What a file of a host is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// rc.conf, rc.conf.local, `rc.conf.d/network` or `rc.conf.d/netif`, or a file in a folder of that name.
    RcConf,
    /// sysctl.conf or sysctl.conf.local.
    SysctlConf,
    /// `sysctl.kld.d/*.conf` (14 and later).
    SysctlKld,
    /// loader.conf, loader.conf.local or `loader.conf.d/*.conf` (13 and later).
    LoaderConf,
    /// A script of live commands, `*.sh`.
    Script,
    /// rc.local or `start_if.IF`.
    BootScript,
    /// Saved output of `ifconfig(8)`, ifconfig.txt.
    IfconfigOutput,
    /// Saved output of `sysctl(8)`, sysctl.txt.
    SysctlOutput,
    /// The release, in one word.
    Release,
    /// pf.conf, devd.conf or `devd/*.conf`.
    Companion,
}

/// The path in a host's folder without what the tree form adds, `etc/` or `boot/`.
pub(super) fn flat(path: &str) -> &str {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.strip_prefix("etc/")
        .or_else(|| path.strip_prefix("boot/"))
        .unwrap_or(path)
}

/// What a file is read as, by its path in a host's folder; none for a file that is not read.
#[must_use]
pub fn file_kind(path: &str) -> Option<FileKind> {
    let flat = flat(path);
    let in_folder = |folder: &str| {
        let name = flat.strip_prefix(folder).unwrap_or("");
        name.len() > 5 && name.ends_with(".conf") && !name.contains('/') && !name.starts_with('.')
    };
    match flat {
        _ if rc_conf_order(flat, Release::R15).is_some() => Some(FileKind::RcConf),
        "sysctl.conf" | "sysctl.conf.local" => Some(FileKind::SysctlConf),
        "loader.conf" | "loader.conf.local" => Some(FileKind::LoaderConf),
        "rc.local" => Some(FileKind::BootScript),
        "ifconfig.txt" => Some(FileKind::IfconfigOutput),
        "sysctl.txt" => Some(FileKind::SysctlOutput),
        "release" => Some(FileKind::Release),
        "pf.conf" | "devd.conf" => Some(FileKind::Companion),
        _ if in_folder("sysctl.kld.d/") => Some(FileKind::SysctlKld),
        _ if in_folder("loader.conf.d/") => Some(FileKind::LoaderConf),
        _ if in_folder("devd/") => Some(FileKind::Companion),
        _ if flat.len() > 9 && flat.starts_with("start_if.") && !flat.contains('/') => {
            Some(FileKind::BootScript)
        }
        _ if flat.len() > 3 && flat.ends_with(".sh") && !flat.contains('/') => {
            Some(FileKind::Script)
        }
        _ => None,
    }
}

/// Where a loader or sysctl file stands among those of its kind; none where the release does not read it.
pub(super) fn order(path: &str, release: Release) -> Option<(u8, &str)> {
    match flat(path) {
        "loader.conf" | "sysctl.conf" => Some((0, "")),
        "loader.conf.local" | "sysctl.conf.local" => Some((2, "")),
        other if other.starts_with("loader.conf.d/") => {
            (release >= Release::R13).then_some((1, other))
        }
        other => (release >= Release::R14).then_some((3, other)),
    }
}

/// A carp interface of releases up to 9.
#[must_use]
pub fn is_carp_interface(name: &str) -> bool {
    carp_unit(name).is_some()
}

/// The unit of a carp interface.
pub(in super::super) fn carp_unit(name: &str) -> Option<u16> {
    let digits = name.strip_prefix("carp")?;
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
        .then(|| digits.parse().ok())?
}

/// The interface's part of the name of a variable that configures one.
fn interface_part(variable: &str) -> Option<&str> {
    const PREFIXES: [&str; 5] = [
        "ifconfig_",
        "ipv4_addrs_",
        "vlans_",
        "ipv6_prefix_",
        "ipv6_ifconfig_",
    ];
    let rest = PREFIXES
        .iter()
        .find_map(|prefix| variable.strip_prefix(prefix))?;
    let part = rest.find("_alias").map_or(rest, |at| &rest[..at]);
    let part = ["_ipv6", "_name", "_descr", "_ipx"]
        .iter()
        .find_map(|suffix| part.strip_suffix(suffix))
        .unwrap_or(part);
    (!part.is_empty() && part != "DEFAULT").then_some(part)
}

/// What the files say about the release, where no file states it: a vhid on an ordinary interface, or a carp
/// interface.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Evidence {
    vhid_on_interface: bool,
    carp_interface: bool,
}

impl Evidence {
    pub(super) fn of_variables(variables: &Variables<'_>) -> Self {
        let mut found = Self::default();
        for assignment in variables.assignments() {
            let text = assignment.value.text();
            match interface_part(assignment.name) {
                Some(part) if is_carp_interface(part) => found.carp_interface = true,
                Some(_) if text.split_ascii_whitespace().any(|word| word == "vhid") => {
                    found.vhid_on_interface = true
                }
                None if assignment.name == "cloned_interfaces" => {
                    found.carp_interface |= text.split_ascii_whitespace().any(is_carp_interface);
                }
                _ => {}
            }
        }
        found
    }

    pub(super) fn see_statement(&mut self, statement: &Statement) {
        if is_carp_interface(statement.interface.text()) {
            self.carp_interface = true;
        } else if statement.parameter(Keyword::Vhid).is_some() {
            self.vhid_on_interface = true;
        }
    }

    pub(super) fn see_interface(&mut self, shown: &ShownInterface) {
        if is_carp_interface(&shown.name) {
            self.carp_interface = true;
        } else if !shown.vhids.is_empty() {
            self.vhid_on_interface = true;
        }
    }

    pub(super) const fn release(self) -> Release {
        match (self.vhid_on_interface, self.carp_interface) {
            (false, true) => Release::R9,
            _ => Release::R15,
        }
    }
}

/// Names in a value.
fn listed<'v>(variables: &'v Variables<'_>, name: &str) -> impl Iterator<Item = &'v str> {
    let text = variables
        .get(name)
        .map_or("", |assignment| assignment.value.text());
    text.split_ascii_whitespace()
}

/// The parts of variable names that belong to interfaces which the boot itself makes.
fn made_at_boot(variables: &Variables<'_>) -> BTreeSet<String> {
    let mut made: BTreeSet<String> = listed(variables, "cloned_interfaces")
        .chain(listed(variables, "gif_interfaces"))
        .filter_map(|name| name.split(':').next())
        .flat_map(|name| [name.to_owned(), format!("{name}a"), format!("{name}b")])
        .map(|name| variable_part(&name))
        .collect();
    // vlans of vlans are found from the outer ones.
    for name in variables.names_from("vlans_") {
        for child in listed(variables, name) {
            let numbered = child.bytes().all(|b| b.is_ascii_digit());
            let parent = &name["vlans_".len()..];
            made.insert(if numbered {
                format!("{parent}_{child}")
            } else {
                variable_part(child)
            });
        }
    }
    for name in variables
        .names_from("ifconfig_")
        .filter(|name| name.ends_with("_name"))
    {
        made.extend(listed(variables, name).map(variable_part));
    }
    made
}

/// The interfaces that exist before the boot scripts run, as far as the files know: those of saved output in its
/// order, then those that rc.conf configures and does not make, in the order of the file.
///
/// A variable does not tell a dot from an underscore. Where nothing else names the interface, `em0_100` is taken for
/// the vlan `em0.100`.
pub(super) fn interfaces(variables: &Variables<'_>, shown: &[ShownInterface]) -> Vec<String> {
    let made = made_at_boot(variables);
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut names: Vec<String> = Vec::new();
    for interface in shown {
        let part = variable_part(&interface.name);
        if !made.contains(&part) && !is_carp_interface(&interface.name) && seen.insert(part) {
            names.push(interface.name.clone());
        }
    }
    for assignment in variables.assignments() {
        let Some(part) = interface_part(assignment.name) else {
            continue;
        };
        if !made.contains(part) && !is_carp_interface(part) && seen.insert(part.to_owned()) {
            names.push(with_dot(part));
        }
    }
    names
}

fn with_dot(part: &str) -> String {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match part.rsplit_once('_') {
        Some((parent, vlan)) if digits(vlan) && parent.ends_with(|c: char| c.is_ascii_digit()) => {
            format!("{parent}.{vlan}")
        }
        _ => part.to_owned(),
    }
}

/// The variables that configure carp interfaces which nothing creates.
pub(super) fn orphans<'v, 'a>(
    variables: &'v Variables<'a>,
    interfaces: &'v [String],
) -> impl Iterator<Item = &'v super::super::shell::Assignment<'a>> {
    let parts: BTreeSet<String> = interfaces.iter().map(|name| variable_part(name)).collect();
    let exists = move |part: &str| parts.contains(part);
    variables
        .names_from("ifconfig_carp")
        .filter(move |name| {
            interface_part(name).is_some_and(|part| is_carp_interface(part) && !exists(part))
        })
        .filter_map(|name| variables.get(name))
}
