//! What goes into a host and what comes out of it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::auth::AuthKey;
use super::super::family::Family;
use super::super::machine::{Reason, State};
use super::spec::VhidSpec;

/// What happens to a host.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A timer may have expired. One that is due expires; with none it is nothing.
    Timeout,
    /// An advertisement arrives whose bytes are known to be in order, as they come from another host of this engine.
    Advertisement {
        /// The interface.
        interface: u16,
        /// What it says.
        advertisement: &'a Advertisement,
    },
    /// A packet arrives: IP header, and what follows.
    Packet {
        /// The interface.
        interface: u16,
        /// The address family, by which the kernel chooses `carp_input` or `carp6_input`.
        family: Family,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// An interface gains or loses its link. Reported again, it counts again: the vhids look at the interface once more
    /// (`carp_linkstate`), and a vhid of 9.x that is told of a loss twice forgets that it was up.
    Link {
        /// The interface.
        interface: u16,
        /// It has one now.
        up: bool,
    },
    /// `ifconfig INTERFACE up` or `down`.
    Interface {
        /// The interface.
        interface: u16,
        /// Up.
        up: bool,
    },
    /// Sending on an interface fails from now on, or works again.
    SendErrors {
        /// The interface.
        interface: u16,
        /// It fails.
        on: bool,
    },
}

/// What an administrator does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A sysctl is written.
    Sysctl(Write),
    /// A vhid is changed (`SIOCSVH`).
    Set {
        /// The interface that carries it.
        interface: u16,
        /// Its number.
        vhid: u8,
        /// What changes.
        change: Change,
    },
    /// A vhid is created, or set if it exists. Its addresses are added by commands of their own.
    Create(VhidSpec),
    /// An address is added to a vhid.
    AddAddress {
        /// The interface that carries it.
        interface: u16,
        /// Its number.
        vhid: u8,
        /// The address.
        address: IpAddr,
    },
    /// An address is removed from a vhid.
    RemoveAddress {
        /// The interface that carries it.
        interface: u16,
        /// Its number.
        vhid: u8,
        /// The address.
        address: IpAddr,
    },
    /// `ifconfig carpN up` or `down` (9.x).
    Carp {
        /// The parent interface.
        interface: u16,
        /// The vhid of the carp interface.
        vhid: u8,
        /// Up.
        up: bool,
    },
}

/// A sysctl and what is written to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// `net.inet.carp.allow`
    Allow(bool),
    /// `net.inet.carp.preempt`
    Preempt(bool),
    /// `net.inet.carp.arpbalance`
    ArpBalance(bool),
    /// `net.inet.carp.demotion`: adds.
    Demotion(i32),
    /// `net.inet.carp.ifdown_demotion_factor`
    IfdownFactor(i32),
    /// `net.inet.carp.senderr_demotion_factor`
    SenderrFactor(i32),
    /// `net.inet.carp.dscp`
    Dscp(u8),
}

/// What `ifconfig(8)` changes of a vhid. It reads all, changes this, and sets all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// `advbase`
    pub advbase: Option<u8>,
    /// `advskew`
    pub advskew: Option<u8>,
    /// `pass`
    pub key: Option<AuthKey>,
    /// `state`
    pub state: Option<State>,
    /// `peer`; the group stands for `mcast`.
    pub peer: Option<Ipv4Addr>,
    /// `peer6`; the group stands for `mcast6`.
    pub peer6: Option<Ipv6Addr>,
    /// `vrrpprio`
    pub priority: Option<u8>,
    /// `vrrpinterval`
    pub interval_cs: Option<u16>,
}

/// Why the kernel refuses a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// `EINVAL`
    #[error("invalid argument")]
    Invalid,
    /// `ENOENT`
    #[error("no such vhid on the interface")]
    NoVhid,
    /// `EEXIST`
    #[error("it exists already")]
    Exists,
    /// `EADDRNOTAVAIL`
    #[error("the address cannot be there")]
    NoAddress,
}

impl Refusal {
    /// The number in `errno.h`.
    #[must_use]
    pub const fn errno(self) -> u8 {
        match self {
            Self::Invalid => 22,
            Self::NoVhid => 2,
            Self::Exists => 17,
            Self::NoAddress => 49,
        }
    }
}

/// What a host does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    /// A vhid changes its state.
    Transition(Transition),
    /// An advertisement leaves.
    Advertise(Advertisement),
    /// Gratuitous ARP or an unsolicited neighbour advertisement leaves for an address.
    Announce {
        /// The interface.
        interface: u16,
        /// The vhid.
        vhid: u8,
        /// The address.
        address: IpAddr,
    },
    /// A received advertisement is dropped.
    Drop {
        /// The interface.
        interface: u16,
        /// Its family.
        family: Family,
        /// The statistics counter that goes up.
        reason: DropReason,
    },
    /// What the digest of a vhid covers has changed, so its identity must be set again
    /// ([`super::Host::set_identity`]).
    Identity {
        /// The vhid by its number within the host.
        slot: u16,
    },
}

/// A change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Transition {
    /// The interface.
    pub interface: u16,
    /// The vhid.
    pub vhid: u8,
    /// The state before.
    pub from: State,
    /// The state after.
    pub to: State,
    /// Why.
    pub reason: Reason,
}

/// An advertisement of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Advertisement {
    /// Its place in the order of all that happens at the same time.
    pub order: u64,
    /// The counter, or `None` where the kernel draws 64 random bits: until the first advertisement was heard.
    pub counter: Option<u64>,
    /// The number of the sender's digest input; see [`super::Host::set_identity`].
    pub identity: u32,
    /// The interface that sends it.
    pub interface: u16,
    /// The vhid by its number within the sender.
    pub slot: u16,
    /// The length behind the IP header.
    pub length: u16,
    /// The vhid.
    pub vhid: u8,
    /// The address family.
    pub family: Family,
    /// It goes to a peer rather than to the group.
    pub unicast: bool,
    /// What it says.
    pub says: Says,
}

/// What an advertisement says of its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Says {
    /// CARP version 2.
    Carp {
        /// Seconds.
        advbase: u8,
        /// 1/256 s, demotion included.
        advskew: u8,
    },
    /// VRRP version 3.
    Vrrp {
        /// Centiseconds.
        interval_cs: u16,
        /// The priority.
        priority: u8,
    },
}

/// Why an advertisement is dropped: the counters of `struct carpstats` in FreeBSD `sys/netinet/ip_carp.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropReason {
    /// Not from the segment.
    BadTtl,
    /// Too short.
    BadLength,
    /// The checksum is wrong.
    BadChecksum,
    /// Not the version that the vhid speaks.
    BadVersion,
    /// No such vhid here.
    BadVhid,
    /// The digest is wrong.
    BadAuth,
    /// CARP is not configured on the interface, or the packet is looped.
    BadInterface,
}

impl DropReason {
    /// The name of the counter, without `carps_`.
    #[must_use]
    pub const fn counter(self) -> &'static str {
        match self {
            Self::BadTtl => "badttl",
            Self::BadLength => "badlen",
            Self::BadChecksum => "badsum",
            Self::BadVersion => "badver",
            Self::BadVhid => "badvhid",
            Self::BadAuth => "badauth",
            Self::BadInterface => "badif",
        }
    }
}
