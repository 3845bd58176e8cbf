//! The IPv4 and IPv6 headers of advertisements.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::Family;
use super::super::auth::without_scope;
use super::{PROTOCOL, TTL, checksum};

/// A view of an IP packet that holds CARP or VRRP.
#[derive(Clone, Copy, Debug)]
pub struct IpPacket<'a> {
    /// TTL or hop limit.
    pub ttl: u8,
    /// Where it says it comes from.
    pub source: IpAddr,
    /// Where it goes to.
    pub destination: IpAddr,
    /// What is behind the header, up to the length that the header says.
    pub payload: &'a [u8],
}

impl<'a> IpPacket<'a> {
    /// Takes a packet of a family apart, as the IP layer hands it to CARP: options are skipped, bytes behind the
    /// length of the header are cut. `None` where there is no whole header.
    #[must_use]
    pub fn new(family: Family, bytes: &'a [u8]) -> Option<Self> {
        match family {
            Family::Inet => Self::v4(bytes),
            Family::Inet6 => Self::v6(bytes),
        }
    }

    fn v4(bytes: &'a [u8]) -> Option<Self> {
        let header: &[u8; 20] = bytes.first_chunk()?;
        let length = usize::from(header[0] & 0x0f) * 4;
        let total = usize::from(u16::from_be_bytes([header[2], header[3]])).min(bytes.len());
        if length < header.len() {
            return None;
        }
        let address = |at: usize| {
            IpAddr::V4(Ipv4Addr::new(
                header[at],
                header[at + 1],
                header[at + 2],
                header[at + 3],
            ))
        };
        Some(Self {
            ttl: header[8],
            source: address(12),
            destination: address(16),
            payload: bytes.get(length..total)?,
        })
    }

    fn v6(bytes: &'a [u8]) -> Option<Self> {
        let header: &[u8; 40] = bytes.first_chunk()?;
        let length = usize::from(u16::from_be_bytes([header[4], header[5]]));
        let address = |at: usize| {
            let mut octets = [0; 16];
            octets.copy_from_slice(&header[at..at + 16]);
            IpAddr::V6(Ipv6Addr::from(octets))
        };
        let end = (header.len() + length).min(bytes.len());
        Some(Self {
            ttl: header[7],
            source: address(8),
            destination: address(24),
            payload: &bytes[header.len()..end],
        })
    }
}

/// The header of an advertisement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IpRepr {
    /// The source address.
    pub source: IpAddr,
    /// The destination; it decides the family.
    pub destination: IpAddr,
    /// The TOS byte, or the IPv6 traffic class.
    pub traffic_class: u8,
    /// The identification of an IPv4 packet.
    pub id: u16,
}

impl IpRepr {
    /// Appends the header for so many bytes of payload.
    pub fn emit(&self, payload: usize, into: &mut Vec<u8>) {
        match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                self.emit_v4(source, destination, payload, into);
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                self.emit_v6(source, destination, payload, into);
            }
            // A source of the other family does not exist: the host picks it by the family of the destination.
            _ => {}
        }
    }

    fn emit_v4(&self, source: Ipv4Addr, destination: Ipv4Addr, payload: usize, into: &mut Vec<u8>) {
        let start = into.len();
        // A vhid has at most a few thousand addresses; the kernel's field has 16 bits as well.
        let total = (20 + payload) as u16;
        into.extend([0x45, self.traffic_class]);
        into.extend(total.to_be_bytes());
        into.extend(self.id.to_be_bytes());
        into.extend([0x40, 0, TTL, PROTOCOL, 0, 0]);
        into.extend(source.octets());
        into.extend(destination.octets());
        let sum = checksum(&[&into[start..]]).to_be_bytes();
        into[start + 10..start + 12].copy_from_slice(&sum);
    }

    fn emit_v6(&self, source: Ipv6Addr, destination: Ipv6Addr, payload: usize, into: &mut Vec<u8>) {
        into.extend([
            0x60 | self.traffic_class >> 4,
            self.traffic_class << 4,
            0,
            0,
        ]);
        into.extend((payload as u16).to_be_bytes());
        into.extend([PROTOCOL, TTL]);
        into.extend(without_scope(source.octets()));
        into.extend(without_scope(destination.octets()));
    }
}
