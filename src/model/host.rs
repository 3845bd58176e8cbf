//! What one host is configured with: the hub of the program.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{
    AdvBase, AdvSkew, HostName, IfName, Key, OwnAddress, RcTarget, Release, SegmentName, Sysctl,
    Vhid, Vip, VrrpInterval, VrrpPriority, takeover_us, vrrp_takeover_us,
};

/// The configuration of one host, whatever it was read from or derived from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostConfig {
    /// The host.
    pub host: HostName,
    /// What it runs.
    pub release: Release,
    /// The file that its boot lines go to.
    pub rc_target: RcTarget,
    /// Cloned interfaces besides those of CARP (release 9).
    pub cloned_interfaces: Vec<IfName>,
    /// Its interfaces on the segments of the cluster.
    pub interfaces: Vec<InterfaceConfig>,
    /// Its vhids, in the order in which they are configured.
    pub vhids: Vec<VhidConfig>,
    /// Its sysctls, in the order in which they are set. Each exists in the release.
    pub sysctls: Vec<Sysctl>,
}

/// An interface of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceConfig {
    /// What `ifconfig -l` calls it.
    pub name: IfName,
    /// The segment it is on.
    pub segment: SegmentName,
    /// Its own addresses.
    pub addresses: Vec<OwnAddress>,
    /// carpgen writes the own addresses too.
    pub manage: bool,
    /// The number of the first alias line that carpgen writes.
    pub first_alias: u32,
}

/// A vhid on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VhidConfig {
    /// Its number.
    pub vhid: Vhid,
    /// The segment it is on.
    pub segment: SegmentName,
    /// The interface that carries it; on release 9 the one whose subnet holds its addresses.
    pub interface: IfName,
    /// The unit of its carp interface (release 9).
    pub carp_unit: Option<u16>,
    /// Its addresses, in the order in which they are configured.
    pub vips: Vec<Vip>,
    /// CARP or VRRP, with this host's numbers.
    pub mode: Mode,
}

/// The protocol of a vhid, with one host's numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// CARP, version 2.
    Carp {
        /// The base interval.
        advbase: AdvBase,
        /// This host's skew.
        advskew: AdvSkew,
        /// The key; none is twenty zero bytes.
        key: Option<Key>,
        /// Where IPv4 advertisements go; none is the multicast group.
        peer: Option<Ipv4Addr>,
        /// Where IPv6 advertisements go; none is the multicast group.
        peer6: Option<Ipv6Addr>,
    },
    /// VRRP, version 3.
    Vrrp {
        /// This host's priority.
        priority: VrrpPriority,
        /// The interval.
        interval: VrrpInterval,
    },
}

impl Mode {
    /// Microseconds that a backup waits at most for the next advertisement, whatever its demotion (`carp_setrun` in FreeBSD
    /// `sys/netinet/ip_carp.c`).
    #[must_use]
    pub fn longest_takeover_us(&self) -> u64 {
        match self {
            Self::Carp {
                advbase, advskew, ..
            } => takeover_us(*advbase, AdvSkew::LARGEST_EFFECTIVE.max(*advskew)),
            Self::Vrrp { interval, .. } => vrrp_takeover_us(*interval, VrrpPriority::LOWEST),
        }
    }
}

impl HostConfig {
    /// The interface on a segment.
    #[must_use]
    pub fn interface(&self, segment: &SegmentName) -> Option<&InterfaceConfig> {
        self.interfaces
            .iter()
            .find(|interface| interface.segment == *segment)
    }

    /// The host's keys.
    pub fn keys_mut(&mut self) -> impl Iterator<Item = &mut Key> {
        self.vhids
            .iter_mut()
            .filter_map(|vhid| match &mut vhid.mode {
                Mode::Carp { key, .. } => key.as_mut(),
                Mode::Vrrp { .. } => None,
            })
    }

    /// The value of a sysctl, where it is set.
    #[must_use]
    pub fn sysctl(&self, name: &str) -> Option<i64> {
        self.sysctls
            .iter()
            .rev()
            .find(|sysctl| sysctl.name == name)
            .map(|sysctl| sysctl.value)
    }
}
