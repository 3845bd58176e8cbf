//! A host: its vhids, its interfaces, its demotion, its timers.

mod arp;
mod configure;
mod output;
mod receive;
mod run;
mod send;
mod spec;
#[cfg(test)]
mod tests;
mod vhid;

pub use arp::ArpChoice;
pub use output::{
    Advertisement, Change, Command, DropReason, Input, Output, Refusal, Says, Transition, Write,
};
pub use send::{Envelope, Salt};
pub use spec::{Destinations, HostSpec, InterfaceSpec, Protocol, Sysctls, VhidSpec};

use std::collections::VecDeque;
use std::net::IpAddr;

use super::auth::Authenticator;
use super::family::Family;
use super::kernel::Kernel;
use super::machine::State;
use super::time::{Instant, Timing};
use super::timers::{Timers, Turn};
use vhid::VhidState;

/// No vhid of that number on the interface.
const NO_SLOT: u16 = u16::MAX;
/// The deferred task that lets every master advertise (`carp_sendall_task`); the timers of the vhids follow.
const TASK: usize = 0;

/// A timer of a vhid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimerKind {
    /// The next advertisement (`sc_ad_tmo`).
    Advertisement,
    /// The wait for the master in IPv4 (`sc_md_tmo`).
    MasterDown,
    /// The wait for the master in IPv6 (`sc_md6_tmo`).
    MasterDown6,
}

impl TimerKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Advertisement, Self::MasterDown, Self::MasterDown6];

    const fn number(self, slot: u16) -> usize {
        1 + slot as usize * 3 + self as usize
    }
}

/// The wait for the master in one family.
const fn master_down(family: Family) -> TimerKind {
    match family {
        Family::Inet => TimerKind::MasterDown,
        Family::Inet6 => TimerKind::MasterDown6,
    }
}

/// One host as a machine without input or output of its own.
///
/// The driver calls [`Host::handle`] or [`Host::configure`] once, then [`Host::poll_output`] until it returns `None`,
/// then [`Host::poll_timeout`], and calls again with [`Input::Timeout`] when that time has come. An early or repeated
/// timeout does nothing.
///
/// What happens at the same time happens first in, first out, as in the kernel: every timer that is set and every
/// advertisement that is sent takes a number. A driver of several hosts hands one count around among them
/// ([`Host::order`], [`Host::set_order`]), so that the order holds across hosts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Host {
    kernel: &'static Kernel,
    timing: Timing,
    sysctls: Sysctls,
    /// `net.inet.carp.demotion`, or `suppress_preempt` of 9.x.
    demotion: i32,
    interfaces: Vec<Interface>,
    /// In the order of creation. A vhid that is gone keeps its place.
    vhids: Vec<VhidState>,
    timers: Timers,
    outputs: VecDeque<Output>,
}

/// An interface, and what CARP keeps there (`struct carp_if`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Interface {
    addresses: Vec<(IpAddr, u8)>,
    /// `IFF_UP`
    up: bool,
    /// `LINK_STATE_UP`
    link: bool,
    /// `ip_output` fails.
    send_errors: bool,
    /// The vhids in the order of the kernel's list.
    list: Vec<u16>,
    /// The vhid of each number, [`NO_SLOT`] for none.
    by_vhid: Box<[u16; 256]>,
    /// The addresses of the vhids, in the order in which they were attached.
    attached: Vec<(IpAddr, u16)>,
}

impl Interface {
    fn new(spec: &InterfaceSpec) -> Self {
        Self {
            addresses: spec.addresses.clone(),
            up: true,
            link: spec.link,
            send_errors: false,
            list: Vec::new(),
            by_vhid: Box::new([NO_SLOT; 256]),
            attached: Vec::new(),
        }
    }

    const fn works(&self) -> bool {
        self.up && self.link
    }
}

/// A vhid on a host as others may see it.
#[derive(Clone, Copy, Debug)]
pub struct VhidView<'a> {
    /// Its number within the host.
    pub slot: u16,
    /// Its number.
    pub vhid: u8,
    /// The interface that carries it.
    pub interface: u16,
    /// Its state.
    pub state: State,
    /// Its addresses in the order of attachment.
    pub addresses: &'a [IpAddr],
    /// What makes and checks its digests.
    pub authenticator: &'a Authenticator,
    /// The interval of the last VRRP router heard, in centiseconds.
    pub master_interval_cs: Option<u16>,
}

impl Host {
    /// Boots a host: sets the sysctls, then creates each vhid and adds its addresses, as the boot scripts do. What the
    /// kernel refuses is left out.
    ///
    /// `order` is the number that the first timer gets.
    #[must_use]
    pub fn boot(now: Instant, spec: &HostSpec, timing: Timing, order: u64) -> Self {
        let mut host = Self {
            kernel: spec.kernel,
            timing,
            sysctls: spec.sysctls.clone(),
            demotion: 0,
            interfaces: spec.interfaces.iter().map(Interface::new).collect(),
            vhids: Vec::with_capacity(spec.vhids.len()),
            timers: Timers::default(),
            outputs: VecDeque::new(),
        };
        host.timers.next_order = order;
        host.timers.grow(TASK + 1);
        if !host.kernel.carp_interfaces && spec.sysctls.demotion != 0 {
            host.demote(now, spec.sysctls.demotion);
        }
        for vhid in &spec.vhids {
            host.boot_vhid(now, vhid);
        }
        host
    }

    fn boot_vhid(&mut self, now: Instant, spec: &VhidSpec) {
        if self.configure(now, &Command::Create(spec.clone())).is_err() {
            return;
        }
        for address in &spec.addresses {
            let added = Command::AddAddress {
                interface: spec.interface,
                vhid: spec.vhid,
                address: *address,
            };
            // A duplicate is the only thing that can be wrong, and the kernel goes on as well.
            let _ = self.configure(now, &added);
        }
    }

    /// Something happens to the host.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Timeout => {
                if let Some(timer) = self.timers.expire(now) {
                    self.expired(now, timer);
                }
            }
            Input::Advertisement {
                interface,
                advertisement,
            } => self.advertisement(now, interface, advertisement),
            Input::Packet {
                interface,
                family,
                bytes,
            } => self.packet(now, interface, family, bytes),
            Input::Link { interface, up } => {
                self.interfaces[usize::from(interface)].link = up;
                self.refresh_interface(now, interface);
            }
            Input::Interface { interface, up } => {
                self.interfaces[usize::from(interface)].up = up;
                self.refresh_interface(now, interface);
            }
            Input::SendErrors { interface, on } => {
                self.interfaces[usize::from(interface)].send_errors = on;
            }
        }
    }

    /// What the host did, oldest first.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// [`Host::poll_output`] would return something.
    #[must_use]
    pub fn has_output(&self) -> bool {
        !self.outputs.is_empty()
    }

    /// When the host wants [`Input::Timeout`].
    pub fn poll_timeout(&mut self) -> Option<Instant> {
        self.next_turn().map(|turn| turn.at)
    }

    /// The same, with the place among what happens at that time.
    pub fn next_turn(&mut self) -> Option<Turn> {
        self.timers.next().map(|(turn, _)| turn)
    }

    /// A turn that is not behind [`Host::next_turn`], at hardly any cost.
    #[must_use]
    pub fn not_before(&self) -> Turn {
        self.timers.not_before()
    }

    /// The timer that is next is the deferred advertisement of all masters, which is a task and no timer.
    pub fn next_is_task(&mut self) -> bool {
        matches!(self.timers.next(), Some((_, TASK)))
    }

    /// The number that the next timer or advertisement gets.
    #[must_use]
    pub const fn order(&self) -> u64 {
        self.timers.next_order
    }

    /// Numbers timers and advertisements from here on.
    pub const fn set_order(&mut self, order: u64) {
        self.timers.next_order = order;
    }

    /// The kernel that the host runs.
    #[must_use]
    pub const fn kernel(&self) -> &'static Kernel {
        self.kernel
    }

    /// `net.inet.carp.demotion`, or `net.inet.carp.suppress_preempt` of 9.x.
    #[must_use]
    pub const fn demotion(&self) -> i32 {
        self.demotion
    }

    /// The vhids in the order of creation.
    pub fn vhids(&self) -> impl Iterator<Item = VhidView<'_>> {
        (0u16..)
            .zip(&self.vhids)
            .filter(|(_, vhid)| !vhid.gone)
            .map(|(slot, vhid)| VhidView {
                slot,
                vhid: vhid.vhid,
                interface: vhid.interface,
                state: vhid.state,
                addresses: &vhid.setup.addresses,
                authenticator: &vhid.setup.authenticator,
                master_interval_cs: match vhid.speaks {
                    vhid::Speaks::Carp { .. } => None,
                    vhid::Speaks::Vrrp {
                        master_interval_cs, ..
                    } => Some(master_interval_cs),
                },
            })
    }

    /// A vhid by its number on an interface.
    #[must_use]
    pub fn vhid(&self, interface: u16, vhid: u8) -> Option<VhidView<'_>> {
        self.vhids()
            .find(|view| (view.interface, view.vhid) == (interface, vhid))
    }

    /// What makes and checks the digests of a vhid, by its number within the host.
    #[must_use]
    pub fn authenticator(&self, slot: u16) -> Option<&Authenticator> {
        self.vhids
            .get(usize::from(slot))
            .map(|vhid| &*vhid.setup.authenticator)
    }

    /// Where the advertisements of a vhid go, by its number within the host.
    #[must_use]
    pub fn destination(&self, slot: u16, family: Family) -> Option<IpAddr> {
        let vhid = self.vhids.get(usize::from(slot))?;
        Some(vhid.destination(family))
    }

    /// Gives the digest input of a vhid a number. Advertisements of this engine are authentic where sender and receiver
    /// have the same number, so the driver gives equal numbers to equal [`Authenticator::input`]s, and does so again
    /// at every [`Output::Identity`].
    pub fn set_identity(&mut self, slot: u16, identity: u32) {
        if let Some(vhid) = self.vhids.get_mut(usize::from(slot)) {
            vhid.identity = identity;
        }
    }

    /// The vhids of an interface in the order of the kernel's list (`cif_vrs`, `vhif_vrs` in 9.x).
    pub fn list(&self, interface: u16) -> impl Iterator<Item = u8> {
        self.interfaces[usize::from(interface)]
            .list
            .iter()
            .map(|slot| self.vhids[usize::from(*slot)].vhid)
    }

    /// When a timer of a vhid is due, if it runs.
    #[must_use]
    pub fn timer(&self, slot: u16, kind: TimerKind) -> Option<Turn> {
        Some(self.timers.due(kind.number(slot))).filter(|turn| *turn != Turn::NEVER)
    }

    fn slot(&self, interface: u16, vhid: u8) -> Option<u16> {
        let interface = self.interfaces.get(usize::from(interface))?;
        Some(interface.by_vhid[usize::from(vhid)]).filter(|slot| *slot != NO_SLOT)
    }
}
