//! The packets as bytes: CARP version 2, VRRP version 3, the IP headers around them, and Ethernet addresses.
//!
//! A raw view checks lengths once and never panics behind that; a `Repr` holds what the fields mean.

mod carp;
mod ip;
mod vrrp;

pub use carp::{CarpPacket, CarpRepr};
pub use ip::{IpPacket, IpRepr};
pub use vrrp::{VrrpPacket, VrrpRepr};

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The IP protocol number that CARP and VRRP share (`IPPROTO_CARP` in FreeBSD `sys/netinet/in.h`).
pub const PROTOCOL: u8 = 112;
/// The TTL or hop limit of every advertisement, and the only one accepted from the segment (`CARP_DFLTTL`).
pub const TTL: u8 = 255;
/// `INADDR_CARP_GROUP`
pub const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);
/// The multicast group of IPv6 advertisements, `ff02::12`.
pub const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12);
/// The length of a SHA-1 digest.
pub const DIGEST_BYTES: usize = 20;

/// The virtual MAC address of a vhid; CARP uses it for IPv6 too (`carp_alloc` and `SIOCSVH` in FreeBSD
/// `sys/netinet/ip_carp.c`).
#[must_use]
pub const fn virtual_mac(vhid: u8) -> [u8; 6] {
    [0x00, 0x00, 0x5e, 0x00, 0x01, vhid]
}

/// The Ethernet address of a multicast group.
#[must_use]
pub fn multicast_mac(group: IpAddr) -> [u8; 6] {
    match group {
        IpAddr::V4(v4) => {
            let [_, b, c, d] = v4.octets();
            [0x01, 0x00, 0x5e, b & 0x7f, c, d]
        }
        IpAddr::V6(v6) => {
            let octets = v6.octets();
            [0x33, 0x33, octets[12], octets[13], octets[14], octets[15]]
        }
    }
}

/// Where an Ethernet frame comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkSource {
    /// The virtual MAC address of the vhid.
    Virtual([u8; 6]),
    /// The interface's own address.
    Interface,
}

/// Where an Ethernet frame goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkDestination {
    /// A multicast address.
    Multicast([u8; 6]),
    /// What ARP or ND finds for the unicast peer.
    Peer,
}

/// The Internet checksum over bytes that follow each other; 0 where they hold their own checksum. Only the last piece
/// may have an odd length.
#[must_use]
pub fn checksum(pieces: &[&[u8]]) -> u16 {
    let mut sum: u64 = 0;
    for piece in pieces {
        let mut pairs = piece.chunks_exact(2);
        for pair in &mut pairs {
            sum += u64::from(u16::from_be_bytes([pair[0], pair[1]]));
        }
        if let [last] = pairs.remainder() {
            sum += u64::from(*last) << 8;
        }
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    // At most 16 bits are left.
    !(sum as u16)
}

#[cfg(test)]
mod tests;
