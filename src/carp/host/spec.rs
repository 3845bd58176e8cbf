//! What a host is booted with.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::auth::AuthKey;
use super::super::kernel::Kernel;
use super::super::wire::{GROUP_V4, GROUP_V6};

/// What a host is booted with: its kernel, its sysctls, its interfaces and its vhids.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostSpec {
    /// The kernel generation.
    pub kernel: &'static Kernel,
    /// The sysctls.
    pub sysctls: Sysctls,
    /// The interfaces. An interface is known by its place in this list.
    pub interfaces: Vec<InterfaceSpec>,
    /// The vhids, in the order in which they are configured.
    pub vhids: Vec<VhidSpec>,
}

/// The sysctls that change what the engine does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sysctls {
    /// `net.inet.carp.allow`
    pub allow: bool,
    /// `net.inet.carp.preempt`
    pub preempt: bool,
    /// `net.inet.carp.demotion` to start with (10 and later).
    pub demotion: i32,
    /// `net.inet.carp.arpbalance` (up to 9)
    pub arpbalance: bool,
    /// `net.inet.carp.ifdown_demotion_factor` (10 and later)
    pub ifdown_demotion_factor: i32,
    /// `net.inet.carp.senderr_demotion_factor` (10 and later)
    pub senderr_demotion_factor: i32,
    /// `net.inet.carp.dscp` (11 and later)
    pub dscp: u8,
}

/// What the kernel starts with.
impl Default for Sysctls {
    fn default() -> Self {
        Self {
            allow: true,
            preempt: false,
            demotion: 0,
            arpbalance: false,
            ifdown_demotion_factor: 240,
            senderr_demotion_factor: 240,
            dscp: 56,
        }
    }
}

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InterfaceSpec {
    /// Its own addresses with their prefix lengths, in the order of configuration.
    pub addresses: Vec<(IpAddr, u8)>,
    /// It has a link.
    pub link: bool,
}

/// A vhid.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VhidSpec {
    /// Its number.
    pub vhid: u8,
    /// The interface that carries it, by its place in [`HostSpec::interfaces`].
    pub interface: u16,
    /// What it speaks.
    pub protocol: Protocol,
    /// Its addresses, in the order of configuration.
    pub addresses: Vec<IpAddr>,
}

/// What a vhid speaks; fixed for its life.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// CARP version 2.
    Carp {
        /// Seconds between advertisements.
        advbase: u8,
        /// 1/256 s more.
        advskew: u8,
        /// The key.
        key: AuthKey,
        /// Where advertisements go.
        destinations: Destinations,
    },
    /// VRRP version 3.
    Vrrp {
        /// The priority.
        priority: u8,
        /// Centiseconds between advertisements.
        interval_cs: u16,
    },
}

/// Where advertisements go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Destinations {
    /// Those of IPv4: the group, or the peer.
    pub v4: Ipv4Addr,
    /// Those of IPv6.
    pub v6: Ipv6Addr,
}

/// The multicast groups.
impl Default for Destinations {
    fn default() -> Self {
        Self {
            v4: GROUP_V4,
            v6: GROUP_V6,
        }
    }
}
