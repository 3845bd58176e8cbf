//! Advertisements on their way out, errors of sending, and the demotion that follows.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::auth::is_link_local;
use super::super::family::Family;
use super::super::kernel::SendErrorRule;
use super::super::machine::State;
use super::super::time::Instant;
use super::super::wire::{
    CarpPacket, CarpRepr, IpRepr, LinkDestination, LinkSource, VrrpRepr, multicast_mac, virtual_mac,
};
use super::output::{Advertisement, Output, Says};
use super::vhid::{Speaks, VhidState};
use super::{Host, TASK, TimerKind};

/// `CARP_SENDAD_MAX_ERRORS` and `CARP_SENDAD_MIN_SUCCESS`
const THRESHOLD: u32 = 3;
/// The base and the skew with which 9.x leaves service (`carp_send_ad_locked`).
const BOW_OUT: (u8, u8) = (255, 255);

/// What of a packet the kernel draws or counts outside of CARP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Salt {
    /// The counter, where [`Advertisement::counter`] is none.
    pub counter: u64,
    /// The IPv4 identification up to 9.x; later kernels send 0.
    pub ip_id: u16,
}

/// Where a frame comes from and goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Envelope {
    /// The Ethernet source.
    pub from: LinkSource,
    /// The Ethernet destination.
    pub to: LinkDestination,
}

impl Host {
    /// Lets every master advertise now, newest vhid first, as `carp_list` is (`carp_send_ad_all`). 9.x goes through
    /// the interfaces and their lists.
    pub(super) fn advertise_all(&mut self, now: Instant) {
        if self.kernel.carp_interfaces {
            for interface in 0..self.interfaces.len() {
                for place in 0..self.interfaces[interface].list.len() {
                    let slot = self.interfaces[interface].list[place];
                    let vhid = &self.vhids[usize::from(slot)];
                    if vhid.up && vhid.running && vhid.state == State::Master {
                        self.advertise(now, slot);
                    }
                }
            }
        } else {
            for slot in (0..self.vhids.len() as u16).rev() {
                let vhid = &self.vhids[usize::from(slot)];
                if vhid.state == State::Master && !vhid.gone {
                    self.advertise(now, slot);
                }
            }
        }
    }

    /// Sends one advertisement per family and sets the timer for the next (`carp_send_ad_locked`). What is said is
    /// fixed before the first packet leaves, whatever errors do to the demotion.
    pub(super) fn advertise(&mut self, now: Instant, slot: u16) {
        let vhid = &self.vhids[usize::from(slot)];
        let leaves = self.kernel.carp_interfaces && !(vhid.up && vhid.running);
        let (says, next) = match vhid.speaks {
            Speaks::Carp { .. } if leaves => {
                let (advbase, advskew) = BOW_OUT;
                (Says::Carp { advbase, advskew }, now)
            }
            Speaks::Carp { advbase, advskew } => {
                let skew = self.kernel.effective_skew(advskew, self.demotion);
                let says = Says::Carp {
                    advbase,
                    // A negative skew of 13.0 wraps in its byte.
                    advskew: skew as u8,
                };
                (says, self.interval(now, advbase, skew))
            }
            Speaks::Vrrp {
                priority,
                interval_cs,
                ..
            } => {
                let says = Says::Vrrp {
                    interval_cs,
                    priority,
                };
                (says, self.timing.vrrp_expiry(now, u32::from(interval_cs)))
            }
        };
        for family in [Family::Inet, Family::Inet6] {
            if self.vhids[usize::from(slot)].has(family) {
                self.send(now, slot, family, says);
            }
        }
        if !leaves {
            self.timers.set(TimerKind::Advertisement.number(slot), next);
        }
    }

    fn send(&mut self, now: Instant, slot: u16, family: Family, says: Says) {
        let vhid = &mut self.vhids[usize::from(slot)];
        vhid.counter = vhid.counter.map(|counter| counter.wrapping_add(1));
        let interface = &self.interfaces[usize::from(vhid.interface)];
        let failed = interface.send_errors;
        // Without a link there is no frame.
        if !failed && interface.link {
            let advertisement = Advertisement {
                order: self.timers.take_order(),
                counter: vhid.counter,
                identity: vhid.identity,
                interface: vhid.interface,
                slot,
                length: vhid.payload_length(family),
                vhid: vhid.vhid,
                family,
                unicast: !vhid.destination(family).is_multicast(),
                says,
            };
            self.outputs.push_back(Output::Advertise(advertisement));
        }
        if failed {
            self.send_failed(now, slot);
        } else if self.vhids[usize::from(slot)].send_errors > 0 {
            self.send_succeeded(now, slot);
        }
    }

    /// `carp_send_ad_error` with an error. 9.x lets all masters advertise on the spot when the first problem comes up,
    /// the failing one included.
    fn send_failed(&mut self, now: Instant, slot: u16) {
        let vhid = &mut self.vhids[usize::from(slot)];
        vhid.send_errors = vhid.send_errors.saturating_add(1);
        if vhid.send_errors == THRESHOLD {
            if self.kernel.send_errors == SendErrorRule::Counted {
                self.count_problem(now);
            } else {
                self.demote(now, self.sysctls.senderr_demotion_factor);
            }
        }
        self.vhids[usize::from(slot)].send_successes = 0;
    }

    /// `carp_send_ad_error` without an error, after there were some.
    fn send_succeeded(&mut self, now: Instant, slot: u16) {
        let vhid = &mut self.vhids[usize::from(slot)];
        match self.kernel.send_errors {
            SendErrorRule::Counted => {
                if vhid.send_errors < THRESHOLD {
                    vhid.send_errors = 0;
                    return;
                }
                vhid.send_successes += 1;
                if vhid.send_successes >= THRESHOLD {
                    vhid.send_errors = 0;
                    self.demotion -= 1;
                }
            }
            // Every error resets the count of successes, and the first success forgets the errors: the demotion is never
            // taken back.
            SendErrorRule::Forgotten => vhid.send_errors = 0,
            SendErrorRule::Recovering => {
                vhid.send_successes += 1;
                if vhid.send_successes >= THRESHOLD {
                    let demoted = vhid.send_errors >= THRESHOLD;
                    vhid.send_errors = 0;
                    if demoted {
                        self.demote(now, self.sysctls.senderr_demotion_factor.wrapping_neg());
                    }
                }
            }
        }
    }

    /// Adds to the demotion and lets all masters advertise by a task: at the same time, but behind what is queued
    /// already, and once however often it is asked for (`carp_demote_adj`, `taskqueue_enqueue`).
    pub(super) fn demote(&mut self, now: Instant, by: i32) {
        self.demotion = self.demotion.wrapping_add(by);
        if self.timers.due(TASK) == super::Turn::NEVER {
            self.timers.set(TASK, now);
        }
    }

    /// One more problem (`carp_suppress_preempt++` in 9.3): the first lets all masters advertise on the spot.
    pub(super) fn count_problem(&mut self, now: Instant) {
        self.demotion += 1;
        if self.demotion == 1 {
            self.advertise_all(now);
        }
    }

    /// Appends an advertisement of this host as it goes over the wire, IP header first. To be called before anything
    /// else happens to the host.
    pub fn emit(&self, sent: &Advertisement, salt: Salt, into: &mut Vec<u8>) -> Envelope {
        let vhid = &self.vhids[usize::from(sent.slot)];
        let source = self.source(vhid, sent.family);
        let destination = vhid.destination(sent.family);
        let traffic_class = match (self.kernel.has_dscp, sent.family) {
            (true, _) => self.sysctls.dscp << 2,
            (false, Family::Inet) => 0x10,
            (false, Family::Inet6) => 0,
        };
        let header = IpRepr {
            source,
            destination,
            traffic_class,
            id: if self.kernel.carp_interfaces {
                salt.ip_id
            } else {
                0
            },
        };
        header.emit(usize::from(sent.length), into);
        match sent.says {
            Says::Carp { advbase, advskew } => {
                debug_assert_eq!(usize::from(sent.length), CarpPacket::LEN);
                let counter = sent.counter.unwrap_or(salt.counter);
                let repr = CarpRepr {
                    vhid: sent.vhid,
                    advskew,
                    authlen: CarpRepr::AUTHLEN,
                    reserved: 0,
                    advbase,
                    counter,
                    digest: vhid.setup.authenticator.digest(counter),
                };
                repr.emit(into);
            }
            Says::Vrrp {
                interval_cs,
                priority,
            } => {
                let repr = VrrpRepr {
                    vhid: sent.vhid,
                    priority,
                    count: count_byte(vhid, sent.family),
                    interval_cs,
                };
                let index = vhid.interface + 1;
                let addresses = vhid
                    .setup
                    .addresses
                    .iter()
                    .filter(|address| Family::of(**address) == sent.family)
                    .map(|address| with_scope(*address, index));
                repr.emit(addresses, source, destination, into);
            }
        }
        self.envelope(vhid, destination)
    }

    /// Multicast comes from the virtual MAC address, unicast from the interface's own: `carp_output` adds the
    /// virtual one to multicast only.
    fn envelope(&self, vhid: &VhidState, destination: IpAddr) -> Envelope {
        use super::super::kernel::ReceiveRule::TtlByLastOctet;
        if destination.is_multicast() {
            return Envelope {
                from: LinkSource::Virtual(virtual_mac(vhid.vhid)),
                to: LinkDestination::Multicast(multicast_mac(destination)),
            };
        }
        // 14 marks the packet as multicast by the last octet, see `ReceiveRule`.
        let marked = self.kernel.receive == TtlByLastOctet && last_octet_is_multicast(destination);
        Envelope {
            from: LinkSource::Interface,
            to: if marked {
                LinkDestination::Multicast(multicast_mac(destination))
            } else {
                LinkDestination::Peer
            },
        }
    }

    /// The source address of advertisements: the first of the interface that is none of CARP's, else one of CARP's, a
    /// master's if there is one (`carp_best_ifa`). 9.x takes the one whose subnet holds the VIP (`sc_ia`).
    fn source(&self, vhid: &VhidState, family: Family) -> IpAddr {
        let interface = &self.interfaces[usize::from(vhid.interface)];
        let mut own = interface
            .addresses
            .iter()
            .filter(|(address, _)| Family::of(*address) == family);
        if self.kernel.carp_interfaces {
            let last = |a: &&IpAddr| Family::of(**a) == family;
            let vip = vhid.setup.addresses.iter().rev().find(last);
            if let Some(vip) = vip
                && let Some((address, _)) = own.clone().find(|own| holds(**own, *vip))
            {
                return *address;
            }
        }
        if let Some((address, _)) = own.next() {
            return *address;
        }
        let mut best: Option<(IpAddr, bool)> = None;
        for (address, slot) in &interface.attached {
            if Family::of(*address) == family {
                let master = self.vhids[usize::from(*slot)].state == State::Master;
                if best.is_none_or(|(_, best_is_master)| master && !best_is_master) {
                    best = Some((*address, master));
                }
            }
        }
        best.map_or(unspecified(family), |(address, _)| address)
    }
}

/// The count byte: the kernel goes on counting from the IPv4 packet in the IPv6 packet (`vrrp_send_ad_locked` in
/// FreeBSD 15).
const fn count_byte(vhid: &VhidState, family: Family) -> u8 {
    match family {
        Family::Inet => vhid.v4 as u8,
        Family::Inet6 => vhid.v4.wrapping_add(vhid.v6) as u8,
    }
}

/// A link-local address as the kernel holds it, interface index in bytes 2 and 3, and as FreeBSD 15 puts it into VRRP
/// packets.
fn with_scope(address: IpAddr, index: u16) -> IpAddr {
    match address {
        IpAddr::V6(v6) if is_link_local(&v6.octets()) => {
            let mut octets = v6.octets();
            octets[2..4].copy_from_slice(&index.to_be_bytes());
            IpAddr::V6(Ipv6Addr::from(octets))
        }
        other => other,
    }
}

/// `IN_MULTICAST` applied to an address in network order on a little-endian machine.
pub(super) const fn last_octet_is_multicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.octets()[3] & 0xf0 == 0xe0,
        IpAddr::V6(v6) => v6.is_multicast(),
    }
}

/// The subnet of an own address holds another address.
pub(super) fn holds((own, prefix): (IpAddr, u8), address: IpAddr) -> bool {
    match (own, address) {
        (IpAddr::V4(own), IpAddr::V4(address)) => {
            let shift = 32u32.saturating_sub(u32::from(prefix));
            (own.to_bits() ^ address.to_bits())
                .checked_shr(shift)
                .unwrap_or(0)
                == 0
        }
        (IpAddr::V6(own), IpAddr::V6(address)) => {
            let shift = 128u32.saturating_sub(u32::from(prefix));
            (own.to_bits() ^ address.to_bits())
                .checked_shr(shift)
                .unwrap_or(0)
                == 0
        }
        _ => false,
    }
}

const fn unspecified(family: Family) -> IpAddr {
    match family {
        Family::Inet => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        Family::Inet6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}
