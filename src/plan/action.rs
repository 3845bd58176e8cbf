//! What a plan does on a host, as commands of its release and as events of the engine.

use std::net::IpAddr;

use super::change::Change;
use crate::carp::{Change as Setting, Command, Destinations, State, Write};
use crate::dialect::{Argv, RenderError, Renderer};
use crate::model::{HostConfig, KnownSysctl, Mode, Release, VhidConfig, Vip};
use crate::sim;

/// What is done on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Its configuration changes.
    Change(Change),
    /// The host becomes master of a vhid at once (`ifconfig … state master`).
    Claim(VhidConfig),
    /// Something is added to the demotion counter (10 and later).
    Demote(i32),
    /// A carp interface goes down or up (release 9).
    Carp {
        /// Its vhid.
        vhid: VhidConfig,
        /// Up.
        up: bool,
    },
}

/// A host that actions are spelled for.
#[derive(Clone, Copy, Debug)]
pub struct Speller<'a> {
    /// Its configuration, for release and interfaces.
    pub host: &'a HostConfig,
    /// The words of its release.
    pub renderer: &'a Renderer,
}

impl Speller<'_> {
    /// The commands of an action, in order.
    ///
    /// # Errors
    ///
    /// [`RenderError`] for a key that is not known as text.
    pub fn commands(&self, action: &Action) -> Result<Vec<Argv>, RenderError> {
        Ok(match action {
            Action::Change(change) => self.change(change)?,
            Action::Claim(vhid) => vec![self.on_vhid(vhid, &["state".into(), "master".into()])],
            Action::Demote(by) => vec![sysctl(KnownSysctl::DEMOTION, i64::from(*by))],
            Action::Carp { vhid, up } => {
                let word = if *up { "up" } else { "down" };
                vec![self.on_vhid(vhid, &[word.into()])]
            }
        })
    }

    fn change(&self, change: &Change) -> Result<Vec<Argv>, RenderError> {
        Ok(match change {
            Change::LoadModule => vec![vec!["kldload".into(), "-n".into(), self.module().into()]],
            Change::Sysctl { name, after, .. } => vec![sysctl(name, *after)],
            Change::Parameters { before, after } => {
                let words = self.parameters(before, after);
                vec![self.on_vhid(after, &words)]
            }
            Change::AddVhid(vhid) => self.add(vhid, None)?,
            Change::RemoveVhid(vhid) if self.is_legacy() => {
                vec![vec!["ifconfig".into(), carp_name(vhid), "destroy".into()]]
            }
            Change::RemoveVhid(vhid) => {
                let removals = vhid.vips.iter().map(|vip| self.remove(vhid, *vip));
                removals.collect()
            }
            Change::AddAddress { vhid, vip } => self.add(vhid, Some(*vip))?,
            Change::RemoveAddress { vhid, vip } => vec![self.remove(vhid, *vip)],
        })
    }

    fn is_legacy(&self) -> bool {
        self.host.release.has_carp_interfaces()
    }

    /// The name of the kernel module (`sys/modules/carp` since FreeBSD 10, `sys/modules/if_carp` before).
    #[must_use]
    pub fn module(&self) -> &'static str {
        if self.is_legacy() { "if_carp" } else { "carp" }
    }

    /// The interface that commands about a vhid name.
    #[must_use]
    pub fn interface(&self, vhid: &VhidConfig) -> String {
        if self.is_legacy() {
            carp_name(vhid)
        } else {
            vhid.interface.to_string()
        }
    }

    /// `ifconfig IF [vhid V] WORDS`
    fn on_vhid(&self, vhid: &VhidConfig, words: &[String]) -> Argv {
        let mut argv = vec!["ifconfig".into(), self.interface(vhid)];
        if !self.is_legacy() {
            argv.extend(["vhid".into(), vhid.vhid.to_string()]);
        }
        argv.extend(words.iter().cloned());
        argv
    }

    /// The words that change. From 14 on a command without a peer goes back to multicast (`carp_ctor` in
    /// `sbin/ifconfig/carp.c`), so peers are always named.
    fn parameters(&self, before: &VhidConfig, after: &VhidConfig) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        let mut pair = |word: &str, value: String| words.extend([word.to_owned(), value]);
        match (&before.mode, &after.mode) {
            (
                Mode::Carp {
                    advbase: base,
                    advskew: skew,
                    key: old,
                    ..
                },
                Mode::Carp {
                    advbase,
                    advskew,
                    key,
                    peer,
                    peer6,
                },
            ) => {
                // Up to 9 each word is a step of its own, and a base of 0 is only taken beside a skew (`SIOCSVH`).
                let late_base = self.is_legacy() && advbase.number() == 0;
                if base != advbase && !late_base {
                    pair("advbase", advbase.to_string());
                }
                if skew != advskew {
                    pair("advskew", advskew.to_string());
                }
                if base != advbase && late_base {
                    pair("advbase", advbase.to_string());
                }
                if let Some(text) = key
                    .as_ref()
                    .filter(|_| old != key)
                    .and_then(|key| key.text())
                {
                    pair("pass", text.expose().to_owned());
                }
                if let Some(peer) = peer {
                    pair("peer", peer.to_string());
                }
                if let Some(peer6) = peer6 {
                    pair("peer6", peer6.to_string());
                }
            }
            (_, Mode::Vrrp { priority, interval }) => {
                pair("carpver", "3".to_owned());
                pair("vrrpprio", priority.to_string());
                pair("vrrpinterval", interval.to_string());
            }
            _ => {}
        }
        words
    }

    /// The commands that add a vhid, or one address of a vhid that the host has.
    fn add(&self, vhid: &VhidConfig, only: Option<Vip>) -> Result<Vec<Argv>, RenderError> {
        if let (true, Some(vip)) = (self.is_legacy(), only) {
            let family = vip.family().word().to_owned();
            return Ok(vec![vec![
                "ifconfig".into(),
                carp_name(vhid),
                family,
                vip.to_string(),
                "alias".into(),
            ]]);
        }
        let mut vhid = vhid.clone();
        if let Some(vip) = only {
            vhid.vips = vec![vip];
        }
        let mut host = self.host.clone();
        host.sysctls.clear();
        host.interfaces
            .retain(|interface| interface.name == vhid.interface);
        for interface in &mut host.interfaces {
            interface.manage = false;
            vhid.segment = interface.segment.clone();
        }
        host.vhids = vec![vhid];
        let mut commands = self.renderer.render(&host)?.live;
        commands.retain(|argv| argv.first().is_some_and(|program| program == "ifconfig"));
        Ok(commands)
    }

    fn remove(&self, vhid: &VhidConfig, vip: Vip) -> Argv {
        vec![
            "ifconfig".into(),
            self.interface(vhid),
            vip.family().word().to_owned(),
            vip.address().to_string(),
            "-alias".into(),
        ]
    }
}

fn carp_name(vhid: &VhidConfig) -> String {
    format!("carp{}", vhid.carp_unit.unwrap_or_default())
}

fn sysctl(name: &str, value: i64) -> Argv {
    vec!["sysctl".into(), format!("{name}={value}")]
}

impl Action {
    /// What the engine is told. `host` knows the interfaces; what it does not carry is no event.
    #[must_use]
    pub fn events(&self, host: &HostConfig) -> Vec<Command> {
        let place = |vhid: &VhidConfig| sim::interface_of(host, vhid);
        match self {
            Self::Change(change) => change.events(host),
            Self::Demote(by) => vec![Command::Sysctl(Write::Demotion(*by))],
            Self::Claim(vhid) => place(vhid).map_or_else(Vec::new, |interface| {
                let change = Setting {
                    state: Some(State::Master),
                    ..Setting::default()
                };
                vec![Command::Set {
                    interface,
                    vhid: vhid.vhid.number(),
                    change,
                }]
            }),
            Self::Carp { vhid, up } => place(vhid).map_or_else(Vec::new, |interface| {
                vec![Command::Carp {
                    interface,
                    vhid: vhid.vhid.number(),
                    up: *up,
                }]
            }),
        }
    }

    /// The action that takes this one back, where it leaves something to take back.
    #[must_use]
    pub fn reversed(&self) -> Option<Self> {
        match self {
            Self::Change(change) => change.reversed().map(Self::Change),
            Self::Claim(_) => None,
            Self::Demote(by) => Some(Self::Demote(-by)),
            Self::Carp { vhid, up } => Some(Self::Carp {
                vhid: vhid.clone(),
                up: !up,
            }),
        }
    }
}

impl Change {
    /// The change that takes this one back. The module stays loaded, which does nothing.
    #[must_use]
    pub fn reversed(&self) -> Option<Self> {
        Some(match self {
            Self::LoadModule => return None,
            Self::Sysctl {
                name,
                before,
                after,
            } => Self::Sysctl {
                name: name.clone(),
                before: Some(*after),
                after: (*before)?,
            },
            Self::Parameters { before, after } => Self::Parameters {
                before: after.clone(),
                after: before.clone(),
            },
            Self::AddVhid(vhid) => Self::RemoveVhid(vhid.clone()),
            Self::RemoveVhid(vhid) => Self::AddVhid(vhid.clone()),
            Self::AddAddress { vhid, vip } => Self::RemoveAddress {
                vhid: vhid.clone(),
                vip: *vip,
            },
            Self::RemoveAddress { vhid, vip } => Self::AddAddress {
                vhid: vhid.clone(),
                vip: *vip,
            },
        })
    }

    fn events(&self, host: &HostConfig) -> Vec<Command> {
        match self {
            Self::LoadModule => Vec::new(),
            Self::Sysctl { name, after, .. } => write(name, *after)
                .map(Command::Sysctl)
                .into_iter()
                .collect(),
            Self::Parameters { before, after } => settings(host, before, after),
            Self::AddVhid(vhid) => added(host, vhid, &vhid.vips),
            Self::RemoveVhid(vhid) => {
                let mut events = Vec::new();
                if host.release.has_carp_interfaces() {
                    events.extend(
                        Action::Carp {
                            vhid: vhid.clone(),
                            up: false,
                        }
                        .events(host),
                    );
                }
                events.extend(
                    vhid.vips
                        .iter()
                        .filter_map(|vip| removed(host, vhid, vip.address())),
                );
                events
            }
            Self::AddAddress { vhid, vip } => added(host, vhid, &[*vip]),
            Self::RemoveAddress { vhid, vip } => {
                removed(host, vhid, vip.address()).into_iter().collect()
            }
        }
    }
}

fn removed(host: &HostConfig, vhid: &VhidConfig, address: IpAddr) -> Option<Command> {
    Some(Command::RemoveAddress {
        interface: sim::interface_of(host, vhid)?,
        vhid: vhid.vhid.number(),
        address,
    })
}

/// `ifconfig(8)` sets the vhid, which makes it where it is new, and then the address.
fn added(host: &HostConfig, vhid: &VhidConfig, vips: &[Vip]) -> Vec<Command> {
    let Some(spec) = sim::vhid_spec(host, vhid) else {
        return Vec::new();
    };
    let (interface, number) = (spec.interface, spec.vhid);
    let addresses = vips.iter().map(|vip| Command::AddAddress {
        interface,
        vhid: number,
        address: vip.address(),
    });
    std::iter::once(Command::Create(spec))
        .chain(addresses)
        .collect()
}

fn write(name: &str, value: i64) -> Option<Write> {
    let int = value as i32;
    Some(match name {
        KnownSysctl::ALLOW => Write::Allow(value != 0),
        KnownSysctl::PREEMPT => Write::Preempt(value != 0),
        KnownSysctl::ARPBALANCE => Write::ArpBalance(value != 0),
        KnownSysctl::IFDOWN_FACTOR => Write::IfdownFactor(int),
        KnownSysctl::SENDERR_FACTOR => Write::SenderrFactor(int),
        "net.inet.carp.dscp" => Write::Dscp((value & 0x3f) as u8),
        _ => return None,
    })
}

/// The parameters that change; up to 9 one by one, as `ifconfig(8)` sets them.
fn settings(host: &HostConfig, before: &VhidConfig, after: &VhidConfig) -> Vec<Command> {
    let Some(interface) = sim::interface_of(host, after) else {
        return Vec::new();
    };
    let mut changes = Vec::new();
    match (&before.mode, &after.mode) {
        (
            Mode::Carp {
                advbase: base,
                advskew: skew,
                key: old,
                ..
            },
            Mode::Carp {
                advbase,
                advskew,
                key,
                peer,
                peer6,
            },
        ) => {
            let group = Destinations::default();
            let base = (base != advbase).then_some(advbase.number());
            let skew = (skew != advskew).then_some(advskew.number());
            let key = key.as_ref().filter(|_| old != key).map(sim::auth_key);
            if host.release >= Release::R10 {
                changes.push(Setting {
                    advbase: base,
                    advskew: skew,
                    key,
                    peer: Some(peer.unwrap_or(group.v4)),
                    peer6: Some(peer6.unwrap_or(group.v6)),
                    ..Setting::default()
                });
            } else {
                let base = base.map(|advbase| Setting {
                    advbase: Some(advbase),
                    ..Setting::default()
                });
                let skew = skew.map(|advskew| Setting {
                    advskew: Some(advskew),
                    ..Setting::default()
                });
                let key = key.map(|key| Setting {
                    key: Some(key),
                    ..Setting::default()
                });
                if advbase.number() == 0 {
                    changes.extend([skew, base].into_iter().flatten());
                } else {
                    changes.extend([base, skew].into_iter().flatten());
                }
                changes.extend(key);
            }
        }
        (_, Mode::Vrrp { priority, interval }) => changes.push(Setting {
            priority: Some(priority.number()),
            interval_cs: Some(interval.number()),
            ..Setting::default()
        }),
        _ => {}
    }
    let vhid = after.vhid.number();
    changes
        .into_iter()
        .map(|change| Command::Set {
            interface,
            vhid,
            change,
        })
        .collect()
}

/// A command with `<secret>` in the place of its key.
#[must_use]
pub fn without_keys(argv: &[String]) -> Argv {
    let mut words = argv.to_vec();
    for place in 1..words.len() {
        if words[place - 1] == "pass" {
            words[place] = "<secret>".to_owned();
        }
    }
    words
}
