//! Who takes part in a simulation, and what connects them.

use std::net::IpAddr;

use crate::carp::{
    AuthKey, Destinations, HostSpec, InterfaceSpec, Kernel, Protocol, Sysctls, VhidSpec,
};
use crate::config::resolve;
use crate::model::{
    Cluster, HostConfig, Key, KnownSysctl, Mode, Release, SecretReference, VhidConfig,
};

/// A host by its place in [`Setup::hosts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(pub u16);

/// A segment by its place in [`Setup::segments`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentId(pub u16);

impl HostId {
    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

impl SegmentId {
    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The hosts of a simulation and the segments between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setup {
    /// The names of the segments.
    pub segments: Vec<String>,
    /// The hosts; frames reach them in this order.
    pub hosts: Vec<HostSetup>,
    /// Names that scenarios may use for vhids.
    pub vhid_names: Vec<VhidName>,
}

/// A name of a vhid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VhidName {
    /// The name.
    pub name: String,
    /// The segment of the vhid.
    pub segment: SegmentId,
    /// Its number.
    pub vhid: u8,
}

/// A host: what it is booted with, and what its interfaces are called and lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostSetup {
    /// Its name.
    pub name: String,
    /// What it is booted with.
    pub spec: HostSpec,
    /// Its interfaces, in the order of [`HostSpec::interfaces`].
    pub interfaces: Vec<InterfaceSetup>,
    /// Out of service: off, unless a scenario boots it.
    pub away: bool,
}

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceSetup {
    /// What `ifconfig(8)` calls it.
    pub name: String,
    /// Where it leads.
    pub segment: SegmentId,
}

impl Setup {
    /// The simulation of these hosts, configured as they are, whether they agree or not.
    #[must_use]
    pub fn of<'a>(configs: impl IntoIterator<Item = &'a HostConfig>) -> Self {
        let mut setup = Self::default();
        for config in configs {
            let interfaces = config.interfaces.iter().map(|interface| InterfaceSetup {
                name: interface.name.to_string(),
                segment: setup.segment_named(&interface.segment.to_string()),
            });
            let interfaces: Vec<InterfaceSetup> = interfaces.collect();
            setup.hosts.push(HostSetup {
                name: config.host.to_string(),
                spec: HostSpec::from(config),
                interfaces,
                away: false,
            });
        }
        setup
    }

    /// The simulation of a description: every node as it would be configured, those that are away switched off.
    #[must_use]
    pub fn of_cluster(cluster: &Cluster) -> Self {
        let configs: Vec<HostConfig> = cluster
            .nodes
            .iter()
            .map(|node| resolve(cluster, node))
            .collect();
        let mut setup = Self::of(&configs);
        for (host, node) in setup.hosts.iter_mut().zip(&cluster.nodes) {
            host.away = node.away.is_some();
        }
        for vhid in &cluster.vhids {
            if let Some(name) = &vhid.name {
                setup.name_vhid(
                    &name.to_string(),
                    &vhid.segment.to_string(),
                    vhid.id.number(),
                );
            }
        }
        setup
    }

    /// Lets scenarios call a vhid by a name.
    pub fn name_vhid(&mut self, name: &str, segment: &str, vhid: u8) {
        let segment = self.segment_named(segment);
        self.vhid_names.push(VhidName {
            name: name.to_owned(),
            segment,
            vhid,
        });
    }

    /// The host of a name.
    #[must_use]
    pub fn host(&self, name: &str) -> Option<HostId> {
        let place = self.hosts.iter().position(|host| host.name == name)?;
        u16::try_from(place).ok().map(HostId)
    }

    /// The segment of a name.
    #[must_use]
    pub fn segment(&self, name: &str) -> Option<SegmentId> {
        let place = self.segments.iter().position(|segment| segment == name)?;
        u16::try_from(place).ok().map(SegmentId)
    }

    /// The segment that an interface of a host leads to.
    #[must_use]
    pub fn segment_of(&self, host: HostId, interface: u16) -> SegmentId {
        self.hosts[host.index()].interfaces[usize::from(interface)].segment
    }

    /// The segment of a name, which is added if it is new.
    pub fn segment_named(&mut self, name: &str) -> SegmentId {
        self.segment(name).unwrap_or_else(|| {
            self.segments.push(name.to_owned());
            SegmentId((self.segments.len() - 1) as u16)
        })
    }
}

/// The kernel of a release family. 13 stands for 13.0; later 13.x have the send errors and the bounds of 14.
#[must_use]
pub const fn kernel(release: Release) -> &'static Kernel {
    match release {
        Release::R9 => &Kernel::LEGACY,
        Release::R10 => &Kernel::R10,
        Release::R11 => &Kernel::R11,
        Release::R12 => &Kernel::R12,
        Release::R13 => &Kernel::R13,
        Release::R14 => &Kernel::R14,
        Release::R15 => &Kernel::R15,
    }
}

impl From<&HostConfig> for HostSpec {
    fn from(config: &HostConfig) -> Self {
        let interfaces = config.interfaces.iter().map(|interface| InterfaceSpec {
            addresses: interface
                .addresses
                .iter()
                .map(|own| (own.addr(), own.prefix_len()))
                .collect(),
            link: true,
        });
        Self {
            kernel: kernel(config.release),
            sysctls: sysctls(config),
            interfaces: interfaces.collect(),
            vhids: config
                .vhids
                .iter()
                .filter_map(|vhid| vhid_spec(config, vhid))
                .collect(),
        }
    }
}

fn sysctls(config: &HostConfig) -> Sysctls {
    let start = Sysctls::default();
    let number = |name| config.sysctl(name);
    let flag = |name, default| number(name).map_or(default, |value| value != 0);
    // The kernel keeps an int; a value beyond it is cut as sysctl(8) cuts it.
    let int = |name, default| number(name).map_or(default, |value| value as i32);
    Sysctls {
        allow: flag(KnownSysctl::ALLOW, start.allow),
        preempt: flag(KnownSysctl::PREEMPT, start.preempt),
        demotion: int(KnownSysctl::DEMOTION, start.demotion),
        arpbalance: flag(KnownSysctl::ARPBALANCE, start.arpbalance),
        ifdown_demotion_factor: int(KnownSysctl::IFDOWN_FACTOR, start.ifdown_demotion_factor),
        senderr_demotion_factor: int(KnownSysctl::SENDERR_FACTOR, start.senderr_demotion_factor),
        dscp: number("net.inet.carp.dscp").map_or(start.dscp, |value| (value & 0x3f) as u8),
    }
}

/// The place of the interface that carries a vhid; `None` where the host has no such interface.
#[must_use]
pub fn interface_of(config: &HostConfig, vhid: &VhidConfig) -> Option<u16> {
    let mut interfaces = config.interfaces.iter();
    let place = interfaces.position(|interface| interface.name == vhid.interface)?;
    u16::try_from(place).ok()
}

/// What the engine runs for a vhid; `None` where the host has no such interface: then there is nothing to run.
#[must_use]
pub fn vhid_spec(config: &HostConfig, vhid: &VhidConfig) -> Option<VhidSpec> {
    let interface = interface_of(config, vhid)?;
    let protocol = match &vhid.mode {
        Mode::Carp {
            advbase,
            advskew,
            key,
            peer,
            peer6,
        } => {
            let group = Destinations::default();
            Protocol::Carp {
                advbase: advbase.number(),
                advskew: advskew.number(),
                key: key.as_ref().map_or(AuthKey::EMPTY, auth_key),
                destinations: Destinations {
                    v4: peer.unwrap_or(group.v4),
                    v6: peer6.unwrap_or(group.v6),
                },
            }
        }
        Mode::Vrrp { priority, interval } => Protocol::Vrrp {
            priority: priority.number(),
            interval_cs: interval.number(),
        },
    };
    let addresses: Vec<IpAddr> = vhid.vips.iter().map(|vip| vip.address()).collect();
    Some(VhidSpec {
        vhid: vhid.vhid.number(),
        interface,
        protocol,
        addresses,
    })
}

/// The bytes of a key. One that is only referred to is not looked up: the same reference is the same key, so the digest of
/// the reference stands for it.
#[must_use]
pub fn auth_key(key: &Key) -> AuthKey {
    let name = match key {
        Key::Text(secret) => return AuthKey::from_passphrase(secret.expose()),
        Key::Redacted => "redacted".to_owned(),
        Key::Reference(SecretReference::Command(argv)) => format!("command {argv:?}"),
        Key::Reference(reference) => reference.to_string(),
    };
    AuthKey::standing_for(&name)
}
