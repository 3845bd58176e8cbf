//! Packets. The first byte of an input tells the family.

use carpgen::carp::Family;
use carpgen::carp::wire::{CarpPacket, IpPacket, IpRepr, VrrpPacket, checksum};

pub(crate) fn packet(input: &[u8]) {
    let Some((first, bytes)) = input.split_first() else {
        return;
    };
    let family = if first & 1 == 0 {
        Family::Inet
    } else {
        Family::Inet6
    };
    let Some(ip) = IpPacket::new(family, bytes) else {
        let header = if family == Family::Inet { 20 } else { 40 };
        let length = bytes.first().map_or(0, |byte| usize::from(byte & 0x0f) * 4);
        let whole = bytes.len() >= header;
        assert!(!whole || (family == Family::Inet && (length < 20 || lies(bytes, length))));
        return;
    };
    assert_eq!(Family::of(ip.source), family);
    let whole = bytes.as_ptr_range();
    let payload = ip.payload.as_ptr_range();
    assert!(whole.start <= payload.start && payload.end <= whole.end);
    header(&ip);
    carp(ip.payload);
    vrrp(&ip);
}

/// The header of IPv4 says a length that cannot be.
fn lies(bytes: &[u8], length: usize) -> bool {
    usize::from(u16::from_be_bytes([bytes[2], bytes[3]])).min(bytes.len()) < length
}

/// A header that is written again is read as the same.
fn header(ip: &IpPacket<'_>) {
    let repr = IpRepr {
        source: ip.source,
        destination: ip.destination,
        traffic_class: 0xc0,
        id: 7,
    };
    let mut bytes = Vec::new();
    repr.emit(ip.payload.len(), &mut bytes);
    if bytes[0] >> 4 == 4 {
        assert_eq!(checksum(&[&bytes]), 0);
    }
    bytes.extend(ip.payload);
    let again = IpPacket::new(Family::of(ip.destination), &bytes).unwrap();
    assert_eq!(again.payload, ip.payload);
    // Scopes, which link-local addresses have in the kernel, are not sent.
    let scope = |address: std::net::IpAddr| match address {
        std::net::IpAddr::V6(v6) => {
            [0xfe80, 0xff01, 0xff02].contains(&(v6.segments()[0] & 0xffcf))
                || v6.is_multicast()
                || v6.is_unicast_link_local()
        }
        std::net::IpAddr::V4(_) => false,
    };
    if !scope(ip.source) && !scope(ip.destination) {
        assert_eq!(
            (again.source, again.destination),
            (ip.source, ip.destination)
        );
    }
}

fn carp(payload: &[u8]) {
    let Some(packet) = CarpPacket::new(payload) else {
        assert!(payload.len() < CarpPacket::LEN);
        return;
    };
    let repr = packet.repr();
    let mut bytes = Vec::new();
    repr.emit(&mut bytes);
    let again = CarpPacket::new(&bytes).unwrap();
    assert!(again.checksum_is_right() && again.version() == 2 && again.kind() == 1);
    assert_eq!(again.repr(), repr);
    if packet.checksum_is_right() && payload[0] == 0x21 {
        // 0 and 0xffff are the same sum.
        assert_eq!(bytes[..6], payload[..6]);
        assert_eq!(bytes[8..], payload[8..CarpPacket::LEN]);
    }
}

fn vrrp(ip: &IpPacket<'_>) {
    let Some(packet) = VrrpPacket::new(ip.payload) else {
        assert!(ip.payload.len() < VrrpPacket::LEN);
        return;
    };
    let repr = packet.repr();
    let mut bytes = Vec::new();
    repr.emit(
        [ip.source].into_iter(),
        ip.source,
        ip.destination,
        &mut bytes,
    );
    let again = VrrpPacket::new(&bytes).unwrap();
    assert!(again.checksum_is_right(ip.source, ip.destination) && again.version() == 3);
    assert_eq!(again.repr(), repr);
    let mut forged = bytes;
    forged[1] ^= 1;
    let forged = VrrpPacket::new(&forged).unwrap();
    assert!(!forged.checksum_is_right(ip.source, ip.destination));
}
