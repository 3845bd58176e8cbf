//! Advertisements on their way in: the checks, in the order of each kernel.

use super::super::family::Family;
use super::super::kernel::ReceiveRule;
use super::super::machine::{Event, Heard};
use super::super::time::Instant;
use super::super::wire::{CarpPacket, IpPacket, TTL, VrrpPacket};
use super::output::{Advertisement, DropReason, Output, Says};
use super::send::last_octet_is_multicast;
use super::vhid::Speaks;
use super::{Host, NO_SLOT};

/// `CARP_VERSION_CARP` and `CARP_VERSION_VRRPv3`
const CARP: u8 = 2;
const VRRP: u8 = 3;
/// The priority of an address owner, who hears nobody.
const OWNER: u8 = 255;

/// A packet that passed, or the reason why it did not: `None` where no counter goes up.
type Verdict = Result<Accepted, Option<DropReason>>;

struct Accepted {
    slot: u16,
    says: Says,
    /// The counter of CARP.
    counter: Option<u64>,
}

impl Host {
    /// A packet arrives (`carp_input`, `carp6_input`).
    pub(super) fn packet(&mut self, now: Instant, interface: u16, family: Family, bytes: &[u8]) {
        match self.screen(interface, family, bytes) {
            Ok(accepted) => {
                if accepted.counter.is_some() {
                    self.vhids[usize::from(accepted.slot)].counter = accepted.counter;
                }
                self.accept(now, accepted.slot, family, accepted.says);
            }
            Err(reason) => self.drop_packet(interface, family, reason),
        }
    }

    /// An advertisement of another host of this engine arrives: the same rules, as far as its bytes can break them.
    pub(super) fn advertisement(&mut self, now: Instant, interface: u16, sent: &Advertisement) {
        if !self.sysctls.allow {
            return;
        }
        let slot = self.interfaces[usize::from(interface)].by_vhid[usize::from(sent.vhid)];
        let verdict = match self.vhids.get(usize::from(slot)) {
            None => Err(self.unknown_vhid(interface, sent)),
            Some(_) if !self.listens(slot, sent.family) => Err(self.unknown_vhid(interface, sent)),
            Some(vhid) => match (vhid.speaks, sent.says) {
                (Speaks::Carp { .. }, Says::Carp { .. }) if vhid.identity == sent.identity => {
                    Ok(())
                }
                (Speaks::Carp { .. }, Says::Carp { .. }) => Err(DropReason::BadAuth),
                (Speaks::Vrrp { .. }, Says::Vrrp { .. }) => Ok(()),
                (Speaks::Carp { .. }, Says::Vrrp { .. })
                | (Speaks::Vrrp { .. }, Says::Carp { .. }) => Err(self.other_version(sent)),
            },
        };
        match verdict {
            Ok(()) => {
                if let Says::Carp { .. } = sent.says {
                    // Where the sender's counter is random, so is what the kernel remembers.
                    self.vhids[usize::from(slot)].counter = Some(sent.counter.unwrap_or(0));
                }
                self.accept(now, slot, sent.family, sent.says);
            }
            Err(reason) => self.drop_packet(interface, sent.family, Some(reason)),
        }
    }

    fn unknown_vhid(&self, interface: u16, sent: &Advertisement) -> DropReason {
        let unused = self.interfaces[usize::from(interface)].list.is_empty();
        let checks = self.kernel.carp_interfaces || sent.family == Family::Inet6;
        if unused && checks {
            DropReason::BadInterface
        } else if let Says::Vrrp { .. } = sent.says {
            self.other_version_before_vhid(sent)
        } else {
            DropReason::BadVhid
        }
    }

    /// What a kernel without VRRP makes of a VRRP packet: too short to be CARP, or with a wrong checksum.
    fn other_version_before_vhid(&self, sent: &Advertisement) -> DropReason {
        if self.kernel.has_vrrp {
            DropReason::BadVhid
        } else if usize::from(sent.length) < CarpPacket::LEN {
            DropReason::BadLength
        } else {
            DropReason::BadChecksum
        }
    }

    fn other_version(&self, sent: &Advertisement) -> DropReason {
        if self.kernel.has_vrrp {
            DropReason::BadVersion
        } else {
            self.other_version_before_vhid(sent)
        }
    }

    /// The vhid takes advertisements of a family: it has an address of it, or runs (9.x).
    fn listens(&self, slot: u16, family: Family) -> bool {
        let vhid = &self.vhids[usize::from(slot)];
        if self.kernel.carp_interfaces {
            vhid.up && vhid.running
        } else {
            vhid.has(family)
        }
    }

    fn drop_packet(&mut self, interface: u16, family: Family, reason: Option<DropReason>) {
        if let Some(reason) = reason {
            self.outputs.push_back(Output::Drop {
                interface,
                family,
                reason,
            });
        }
    }

    /// An advertisement has passed all checks (the end of `carp_input_c` and `vrrp_input_c`). VRRP remembers the
    /// interval of whoever it hears.
    fn accept(&mut self, now: Instant, slot: u16, family: Family, says: Says) {
        let vhid = &mut self.vhids[usize::from(slot)];
        let heard = match (&mut vhid.speaks, says) {
            (
                Speaks::Carp { advbase, advskew },
                Says::Carp {
                    advbase: b,
                    advskew: s,
                },
            ) => {
                let skew = self.kernel.effective_skew(*advskew, self.demotion);
                Heard::carp(*advbase, skew, b, s)
            }
            (
                Speaks::Vrrp {
                    priority,
                    interval_cs,
                    master_interval_cs,
                },
                Says::Vrrp {
                    interval_cs: peer_interval_cs,
                    priority: peer_priority,
                },
            ) => {
                if *priority == OWNER {
                    return;
                }
                *master_interval_cs = peer_interval_cs;
                Heard::vrrp(*interval_cs, *priority, peer_interval_cs, peer_priority)
            }
            // The version was checked against the vhid.
            (Speaks::Carp { .. }, Says::Vrrp { .. }) | (Speaks::Vrrp { .. }, Says::Carp { .. }) => {
                return;
            }
        };
        self.event(now, slot, Event::Advertisement(heard), Some(family));
    }

    /// All checks of a packet, in the order of the kernel.
    fn screen(&self, interface: u16, family: Family, bytes: &[u8]) -> Verdict {
        if !self.sysctls.allow {
            return Err(None);
        }
        let rule = self.kernel.receive;
        let unused = self.interfaces[usize::from(interface)].list.is_empty();
        if unused && (rule == ReceiveRule::Legacy || family == Family::Inet6) {
            return Err(Some(DropReason::BadInterface));
        }
        let ip = IpPacket::new(family, bytes).ok_or(Some(DropReason::BadLength))?;
        match rule {
            ReceiveRule::Legacy | ReceiveRule::TtlFirst => {
                require(ip.ttl == TTL, DropReason::BadTtl)?;
                let packet = CarpPacket::new(ip.payload).ok_or(Some(DropReason::BadLength))?;
                require(packet.checksum_is_right(), DropReason::BadChecksum)?;
                let slot = self.find(interface, family, packet.repr().vhid, &ip)?;
                require(packet.version() == CARP, DropReason::BadVersion)?;
                self.verify(slot, packet)
            }
            ReceiveRule::TtlByLastOctet => {
                let packet = CarpPacket::new(ip.payload).ok_or(Some(DropReason::BadLength))?;
                require(packet.checksum_is_right(), DropReason::BadChecksum)?;
                let slot = self.find(interface, family, packet.repr().vhid, &ip)?;
                require(packet.version() == CARP, DropReason::BadVersion)?;
                let destination = self.vhids[usize::from(slot)].destination(family);
                let counts = last_octet_is_multicast(destination);
                require(!counts || ip.ttl == TTL, DropReason::BadTtl)?;
                self.verify(slot, packet)
            }
            ReceiveRule::VersionFirst => self.screen_15(interface, family, &ip),
        }
    }

    /// `carp_input`, `carp_input_c` and `vrrp_input_c` of FreeBSD 15.
    fn screen_15(&self, interface: u16, family: Family, ip: &IpPacket<'_>) -> Verdict {
        let vrrp = VrrpPacket::new(ip.payload).ok_or(Some(DropReason::BadLength))?;
        match vrrp.version() {
            CARP => {
                let packet = CarpPacket::new(ip.payload).ok_or(Some(DropReason::BadLength))?;
                let right = match family {
                    Family::Inet => super::super::wire::checksum(&[ip.payload]) == 0,
                    Family::Inet6 => packet.checksum_is_right(),
                };
                require(right, DropReason::BadChecksum)?;
                let slot = self.find(interface, family, packet.repr().vhid, ip)?;
                let vhid = &self.vhids[usize::from(slot)];
                require(
                    matches!(vhid.speaks, Speaks::Carp { .. }),
                    DropReason::BadVersion,
                )?;
                let counts = vhid.destination(family).is_multicast();
                require(!counts || ip.ttl == TTL, DropReason::BadTtl)?;
                self.verify(slot, packet)
            }
            VRRP => {
                let repr = vrrp.repr();
                let slot = self.find(interface, family, repr.vhid, ip)?;
                let vhid = &self.vhids[usize::from(slot)];
                require(
                    matches!(vhid.speaks, Speaks::Vrrp { .. }),
                    DropReason::BadVersion,
                )?;
                require(ip.ttl == TTL, DropReason::BadTtl)?;
                require(
                    vrrp.checksum_is_right(ip.source, ip.destination),
                    DropReason::BadChecksum,
                )?;
                let says = Says::Vrrp {
                    interval_cs: repr.interval_cs,
                    priority: repr.priority,
                };
                Ok(Accepted {
                    slot,
                    says,
                    counter: None,
                })
            }
            _ => Err(Some(DropReason::BadVersion)),
        }
    }

    /// The vhid that a packet is for (`carp_find_ifa`); a loop is a vhid of 0 and one of the own VIPs as source.
    fn find(
        &self,
        interface: u16,
        family: Family,
        vhid: u8,
        ip: &IpPacket<'_>,
    ) -> Result<u16, Option<DropReason>> {
        let interface = &self.interfaces[usize::from(interface)];
        let own = |(address, _): &(std::net::IpAddr, u16)| *address == ip.source;
        if vhid == 0 && self.kernel.drops_loops && interface.attached.iter().any(own) {
            return Err(Some(DropReason::BadInterface));
        }
        match interface.by_vhid[usize::from(vhid)] {
            slot if slot != NO_SLOT && self.listens(slot, family) => Ok(slot),
            _ => Err(Some(DropReason::BadVhid)),
        }
    }

    fn verify(&self, slot: u16, packet: CarpPacket<'_>) -> Verdict {
        let repr = packet.repr();
        let authenticator = &self.vhids[usize::from(slot)].setup.authenticator;
        require(
            authenticator.verify(repr.counter, &repr.digest),
            DropReason::BadAuth,
        )?;
        Ok(Accepted {
            slot,
            says: Says::Carp {
                advbase: repr.advbase,
                advskew: repr.advskew,
            },
            counter: Some(repr.counter),
        })
    }
}

fn require(condition: bool, reason: DropReason) -> Result<(), Option<DropReason>> {
    if condition { Ok(()) } else { Err(Some(reason)) }
}
