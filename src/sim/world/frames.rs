//! Frames as bytes.

use std::net::IpAddr;

use rand_chacha::rand_core::Rng;

use super::World;
use crate::carp::wire::{LinkDestination, LinkSource};
use crate::carp::{Advertisement, Envelope, Family, Salt};
use crate::sim::setup::{HostId, SegmentId};
use crate::sim::trace::{FrameRecord, Observer};

impl World<'_> {
    /// Makes the bytes of an advertisement that leaves, shows them if they are wanted, and returns their number.
    pub(super) fn emit(
        &mut self,
        host: HostId,
        segment: SegmentId,
        sent: &Advertisement,
        observer: &mut impl Observer,
    ) -> u32 {
        let number = self.free_packet();
        let mut bytes = std::mem::take(&mut self.packets[number as usize]);
        bytes.clear();
        let salt = Salt {
            counter: self.counters.next_u64(),
            ip_id: match sent.family {
                Family::Inet => self.machines[host.index()].next_ip_id(),
                Family::Inet6 => 0,
            },
        };
        if let Some(running) = &self.machines[host.index()].host {
            let envelope = running.emit(sent, salt, &mut bytes);
            if observer.wants_frames() {
                let frame = self.ethernet(host, segment, sent, envelope, &bytes);
                observer.frame(&FrameRecord {
                    at: self.now,
                    segment,
                    host,
                    bytes: &frame,
                });
            }
        }
        self.packets[number as usize] = bytes;
        number
    }

    pub(super) fn copy_packet(&mut self, original: u32) -> u32 {
        let number = self.free_packet();
        let mut copy = std::mem::take(&mut self.packets[number as usize]);
        copy.clone_from(&self.packets[original as usize]);
        self.packets[number as usize] = copy;
        number
    }

    fn free_packet(&mut self) -> u32 {
        self.free_packets.pop().unwrap_or_else(|| {
            self.packets.push(Vec::new());
            (self.packets.len() - 1) as u32
        })
    }

    /// The packet in an Ethernet frame. Interfaces have made-up addresses of the locally administered kind.
    fn ethernet(
        &self,
        host: HostId,
        segment: SegmentId,
        sent: &Advertisement,
        envelope: Envelope,
        packet: &[u8],
    ) -> Vec<u8> {
        let from = match envelope.from {
            LinkSource::Virtual(mac) => mac,
            LinkSource::Interface => own_mac(host, sent.interface),
        };
        let to = match envelope.to {
            LinkDestination::Multicast(mac) => mac,
            LinkDestination::Peer => self.peer_mac(host, segment, sent),
        };
        let kind: u16 = match sent.family {
            Family::Inet => 0x0800,
            Family::Inet6 => 0x86dd,
        };
        let mut frame = Vec::with_capacity(14 + packet.len());
        frame.extend(to);
        frame.extend(from);
        frame.extend(kind.to_be_bytes());
        frame.extend(packet);
        frame
    }

    fn peer_mac(&self, host: HostId, segment: SegmentId, sent: &Advertisement) -> [u8; 6] {
        let peer: Option<IpAddr> = self.peer(host, sent);
        let members = self.network.members(segment).iter().enumerate();
        members
            .filter(|(place, _)| peer.is_some_and(|peer| self.network.has(segment, *place, peer)))
            .map(|(_, (host, interface))| own_mac(*host, *interface))
            .next()
            .unwrap_or_default()
    }
}

fn own_mac(host: HostId, interface: u16) -> [u8; 6] {
    let [host_high, host_low] = host.0.to_be_bytes();
    let [high, low] = interface.to_be_bytes();
    [0x02, 0, host_high, host_low, high, low]
}
