//! Frames on their way out, and as bytes.

use std::net::IpAddr;

use rand_chacha::rand_core::Rng;

use super::{Authentication, World};
use crate::carp::wire::{LinkDestination, LinkSource};
use crate::carp::{Advertisement, Envelope, Family, Salt, Turn};
use crate::sim::network::{Receivers, Route};
use crate::sim::queue::{Flight, To};
use crate::sim::setup::{HostId, SegmentId};
use crate::sim::trace::{AdvertisementRecord, FrameRecord, Observer};

impl World<'_> {
    /// An advertisement leaves.
    pub(super) fn send(&mut self, host: HostId, sent: Advertisement, observer: &mut impl Observer) {
        observer.advertisement(&AdvertisementRecord {
            at: self.now,
            host,
            interface: sent.interface,
            vhid: sent.vhid,
            family: sent.family,
            says: sent.says,
        });
        let segment = self.setup.segment_of(host, sent.interface);
        let as_bytes = self.authentication == Authentication::ByDigest;
        let mut bytes = None;
        if as_bytes || observer.wants_frames() {
            let number = self.emit(host, segment, &sent, observer);
            if as_bytes {
                bytes = Some(number);
            } else {
                self.free_packets.push(number);
            }
        }
        let peer = sent.unicast.then(|| self.peer(host, &sent)).flatten();
        let mut flight = Flight {
            turn: Turn {
                at: self.network.arrival(self.now),
                order: sent.order,
            },
            from: host,
            segment,
            to: To::All(Receivers::All),
            bytes,
            advertisement: sent,
        };
        match self.network.route(segment, host, &sent, peer) {
            Route::Together(receivers) => {
                flight.to = To::All(receivers);
                self.queue.push(flight);
            }
            Route::Apart(list) => self.send_apart(flight, list),
            Route::Nowhere => self.free_packets.extend(bytes),
        }
    }

    /// Each receiver gets the frame at a time of its own.
    fn send_apart(&mut self, flight: Flight, list: u32) {
        let first = flight.turn.at;
        let original = flight.bytes;
        for entry in 0..self.network.list(list).len() {
            let (place, delay_us) = self.network.list(list)[entry];
            let bytes = original.map(|number| self.copy_packet(number));
            self.queue.push(Flight {
                turn: Turn {
                    at: first.after_us(delay_us),
                    ..flight.turn
                },
                to: To::One(place),
                bytes,
                ..flight
            });
        }
        self.free_packets.extend(original);
        self.network.release(list);
    }

    fn peer(&self, host: HostId, sent: &Advertisement) -> Option<IpAddr> {
        let running = self.machines[host.index()].host.as_ref()?;
        running.destination(sent.slot, sent.family)
    }

    /// Makes the bytes of an advertisement that leaves, shows them if they are wanted, and returns their number.
    fn emit(
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

    fn copy_packet(&mut self, original: u32) -> u32 {
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
