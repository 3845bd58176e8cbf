//! The statements of a host, word by word, as both the boot scripts and an administrator give them to `ifconfig(8)`.

use super::{Argv, RenderError};
use crate::dialect::key::key_hazards;
use crate::model::{
    AdvBase, AdvSkew, Family, HostConfig, InterfaceConfig, KnownSysctl, Mode, Release, VhidConfig,
    Vip,
};

/// A statement of rc.conf about one interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// The interface.
    pub(super) interface: String,
    /// The variable, `ifconfig_em0_alias0`.
    pub(super) variable: String,
    /// The words that `ifconfig(8)` gets behind the interface, without a final `alias`.
    pub(super) words: Vec<String>,
    /// The boot scripts add the word `alias`.
    pub(super) alias: bool,
    /// It is the host's own address, which live commands leave alone.
    pub(super) own: bool,
    /// The address that the undo takes away.
    address: Option<Vip>,
}

/// All statements of a host.
#[derive(Debug)]
pub(super) struct Statements {
    /// The clones that rc.conf lists, carp interfaces last (release 9).
    pub(super) clones: Vec<String>,
    /// In the order of the file.
    pub(super) list: Vec<Statement>,
    /// A key is among the words.
    pub(super) holds_key: bool,
    release: Release,
    carp_interfaces: Vec<String>,
    sysctls: Vec<(String, i64)>,
}

impl Statements {
    /// The statements of a host.
    pub(super) fn of(host: &HostConfig) -> Result<Self, RenderError> {
        let legacy = host.release.has_carp_interfaces();
        let mut list = Vec::new();
        for interface in &host.interfaces {
            let mut number = interface.first_alias;
            if interface.manage {
                own_addresses(host, interface, &mut number, &mut list)?;
            }
            if !legacy {
                vip_aliases(host, interface, number, &mut list)?;
            }
        }
        let mut carp_interfaces = Vec::new();
        if legacy {
            for vhid in &host.vhids {
                let Some(unit) = vhid.carp_unit else { continue };
                carp_interfaces.push(format!("carp{unit}"));
                carp_interface(host, vhid, &format!("carp{unit}"), &mut list)?;
            }
        }
        let mut clones: Vec<String> = host
            .cloned_interfaces
            .iter()
            .map(ToString::to_string)
            .collect();
        clones.extend(carp_interfaces.iter().cloned());
        let sysctls = host
            .sysctls
            .iter()
            .map(|sysctl| (sysctl.name.clone(), sysctl.value))
            .collect();
        let holds_key = host
            .vhids
            .iter()
            .any(|vhid| matches!(&vhid.mode, Mode::Carp { key: Some(_), .. }));
        Ok(Self {
            clones,
            list,
            holds_key,
            release: host.release,
            carp_interfaces,
            sysctls,
        })
    }

    /// The commands for a running host. Every one is what the boot scripts make of the line in rc.conf.
    pub(super) fn live(&self) -> Vec<Argv> {
        let mut commands = Vec::new();
        if !self.release.has_carp_interfaces() && self.list.iter().any(|s| !s.own) {
            commands.push(argv(&["kldload", "-n", "carp"]));
        }
        let mut created: Vec<&str> = Vec::new();
        for statement in self.list.iter().filter(|statement| !statement.own) {
            let interface = statement.interface.as_str();
            if self.carp_interfaces.iter().any(|carp| carp == interface)
                && !created.contains(&interface)
            {
                commands.push(argv(&["ifconfig", interface, "create"]));
                created.push(interface);
            }
            let mut command = argv(&["ifconfig", interface]);
            command.extend(statement.words.iter().cloned());
            command.extend(statement.alias.then(|| "alias".to_owned()));
            commands.push(command);
        }
        commands.extend(
            self.sysctls
                .iter()
                .map(|(name, value)| argv(&["sysctl", &format!("{name}={value}")])),
        );
        commands
    }

    /// The commands that take away what [`live`](Self::live) configured, last first. Sysctls go back to the
    /// kernel's defaults; the module stays loaded.
    pub(super) fn undo(&self) -> Vec<Argv> {
        let mut commands = Vec::new();
        for carp in self.carp_interfaces.iter().rev() {
            commands.push(argv(&["ifconfig", carp, "destroy"]));
        }
        if self.carp_interfaces.is_empty() {
            for statement in self.list.iter().rev().filter(|statement| !statement.own) {
                let Some(vip) = statement.address else {
                    continue;
                };
                let (family, address) = (vip.family().word(), vip.address().to_string());
                commands.push(argv(&[
                    "ifconfig",
                    &statement.interface,
                    family,
                    &address,
                    "-alias",
                ]));
            }
        }
        for (name, value) in self.sysctls.iter().rev() {
            let default = KnownSysctl::named(name)
                .map(|known| known.default)
                .filter(|default| default != value);
            commands.extend(default.map(|default| argv(&["sysctl", &format!("{name}={default}")])));
        }
        commands
    }
}

fn argv(words: &[&str]) -> Argv {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The host's own addresses: the first of each family has a variable of its own, the others are aliases.
fn own_addresses(
    host: &HostConfig,
    interface: &InterfaceConfig,
    number: &mut u32,
    list: &mut Vec<Statement>,
) -> Result<(), RenderError> {
    let variable = interface.name.variable_part();
    let own = |variable: String, words: Vec<String>, alias| Statement {
        interface: interface.name.to_string(),
        variable,
        words,
        alias,
        own: true,
        address: None,
    };
    let mut seen: Vec<Family> = Vec::new();
    let mut aliases = Vec::new();
    for address in &interface.addresses {
        let family = Family::of(address.addr());
        let words = vec![family.word().to_owned(), address.to_string()];
        if seen.contains(&family) {
            aliases.push(words);
            continue;
        }
        seen.push(family);
        let suffix = if family == Family::Inet { "" } else { "_ipv6" };
        list.push(own(format!("ifconfig_{variable}{suffix}"), words, false));
    }
    let v6_vips = host
        .vhids
        .iter()
        .filter(|v| v.interface == interface.name)
        .flat_map(|v| &v.vips);
    if !seen.contains(&Family::Inet6)
        && !host.release.has_carp_interfaces()
        && v6_vips.clone().any(|vip| vip.family() == Family::Inet6)
    {
        // Without this variable the boot scripts skip every inet6 alias (`ipv6_up` in network.subr).
        list.push(own(
            format!("ifconfig_{variable}_ipv6"),
            argv(&["inet6", "-ifdisabled"]),
            false,
        ));
    }
    if host.release.has_carp_interfaces()
        && !aliases.is_empty()
        && variable != interface.name.as_str()
    {
        return Err(RenderError::AliasName {
            host: host.host.to_string(),
            interface: interface.name.to_string(),
            variable,
        });
    }
    for words in aliases {
        list.push(own(
            format!("ifconfig_{variable}_alias{number}"),
            words,
            true,
        ));
        *number += 1;
    }
    Ok(())
}

/// The VIPs of an interface from FreeBSD 10 on: aliases that name their vhid, each with all parameters, so that
/// none depends on another. The families come in the order in which the boot scripts take them.
fn vip_aliases(
    host: &HostConfig,
    interface: &InterfaceConfig,
    mut number: u32,
    list: &mut Vec<Statement>,
) -> Result<(), RenderError> {
    // `ifalias_up` in network.subr takes inet first; since 2025 inet6.
    let families = if host.release >= Release::R15 {
        [Family::Inet6, Family::Inet]
    } else {
        [Family::Inet, Family::Inet6]
    };
    for family in families {
        for vhid in host
            .vhids
            .iter()
            .filter(|vhid| vhid.segment == interface.segment)
        {
            for vip in vhid.vips.iter().filter(|vip| vip.family() == family) {
                let mut words = vec![family.word().to_owned(), vip.to_string()];
                words.extend(parameters(host, vhid)?);
                list.push(Statement {
                    interface: interface.name.to_string(),
                    variable: format!("ifconfig_{}_alias{number}", interface.name.variable_part()),
                    words,
                    alias: true,
                    own: false,
                    address: Some(*vip),
                });
                number += 1;
            }
        }
    }
    Ok(())
}

/// `vhid` and what follows it, from FreeBSD 10 on. Nothing is left out: an omitted word keeps the live value, and
/// `ifconfig(8)` of 14 goes back to multicast in every command that names no peer (`carp_ctor` in
/// `sbin/ifconfig/carp.c`), so peers of both families stand in every line.
fn parameters(host: &HostConfig, vhid: &VhidConfig) -> Result<Vec<String>, RenderError> {
    let mut words = argv(&["vhid", &vhid.vhid.to_string()]);
    match &vhid.mode {
        Mode::Carp {
            advbase,
            advskew,
            peer,
            peer6,
            ..
        } => {
            words.extend(argv(&[
                "advbase",
                &advbase.to_string(),
                "advskew",
                &advskew.to_string(),
            ]));
            words.extend(pass(host, vhid)?);
            words.extend(
                peer.iter()
                    .flat_map(|peer| argv(&["peer", &peer.to_string()])),
            );
            words.extend(
                peer6
                    .iter()
                    .flat_map(|peer| argv(&["peer6", &peer.to_string()])),
            );
        }
        Mode::Vrrp { priority, interval } => {
            let (priority, interval) = (priority.to_string(), interval.to_string());
            words.extend(argv(&[
                "carpver",
                "3",
                "vrrpprio",
                &priority,
                "vrrpinterval",
                &interval,
            ]));
        }
    }
    Ok(words)
}

/// `pass` and the key, where there is one.
fn pass(host: &HostConfig, vhid: &VhidConfig) -> Result<Vec<String>, RenderError> {
    let Mode::Carp { key: Some(key), .. } = &vhid.mode else {
        return Ok(Vec::new());
    };
    match key {
        crate::model::Key::Text(secret) => match key_hazards(secret.expose(), host.release).first()
        {
            Some(hazard) => Err(RenderError::Key {
                host: host.host.to_string(),
                vhid: vhid.vhid,
                hazard: *hazard,
            }),
            None => Ok(argv(&["pass", secret.expose()])),
        },
        crate::model::Key::Redacted => Ok(argv(&["pass", "<secret>"])),
        crate::model::Key::Reference(reference) => Err(RenderError::UnresolvedKey {
            host: host.host.to_string(),
            vhid: vhid.vhid,
            reference: reference.to_string(),
        }),
    }
}

/// The carp interface of a vhid on FreeBSD 9: `ifconfig_carpN` has the parameters and the first IPv4 address,
/// `ifconfig_carpN_ipv6` the first IPv6 address; the others are aliases.
fn carp_interface(
    host: &HostConfig,
    vhid: &VhidConfig,
    name: &str,
    list: &mut Vec<Statement>,
) -> Result<(), RenderError> {
    let mut words = argv(&["vhid", &vhid.vhid.to_string()]);
    if let Mode::Carp {
        advbase, advskew, ..
    } = &vhid.mode
    {
        words.extend(legacy_timers(*advbase, *advskew));
    }
    words.extend(pass(host, vhid)?);
    let of = |family| vhid.vips.iter().filter(move |vip| vip.family() == family);
    let statement = |suffix: &str, words: Vec<String>, alias, address| Statement {
        interface: name.to_owned(),
        variable: format!("ifconfig_{name}{suffix}"),
        words,
        alias,
        own: false,
        address,
    };
    words.extend(of(Family::Inet).next().map(ToString::to_string));
    list.push(statement(
        "",
        words,
        false,
        of(Family::Inet).next().copied(),
    ));
    if let Some(first) = of(Family::Inet6).next() {
        list.push(statement(
            "_ipv6",
            argv(&["inet6", &first.to_string()]),
            false,
            Some(*first),
        ));
    }
    for (number, vip) in of(Family::Inet)
        .skip(1)
        .chain(of(Family::Inet6).skip(1))
        .enumerate()
    {
        let words = argv(&[vip.family().word(), &vip.to_string()]);
        list.push(statement(
            &format!("_alias{number}"),
            words,
            true,
            Some(*vip),
        ));
    }
    Ok(())
}

/// Base and skew on FreeBSD 9, defaults left out. Each word is a step of its own there, and the kernel takes a
/// base of 0 only beside a skew that it has already (`SIOCSVH` in `carp_ioctl`, `sys/netinet/ip_carp.c`).
fn legacy_timers(advbase: AdvBase, advskew: AdvSkew) -> Vec<String> {
    let base = argv(&["advbase", &advbase.to_string()]);
    let skew = argv(&["advskew", &advskew.to_string()]);
    match (advbase == AdvBase::DEFAULT, advskew == AdvSkew::DEFAULT) {
        (true, true) => Vec::new(),
        (true, false) => skew,
        (false, true) => base,
        (false, false) if advbase.number() == 0 => [skew, base].concat(),
        (false, false) => [base, skew].concat(),
    }
}
