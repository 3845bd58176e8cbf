//! Packets there and back, and bytes that are no packets.

use proptest::prelude::*;

use super::super::Family;
use super::*;

#[test]
fn the_advert_of_the_man_page_key_is_byte_exact() {
    let repr = CarpRepr {
        vhid: 1,
        advskew: 100,
        authlen: CarpRepr::AUTHLEN,
        reserved: 0,
        advbase: 1,
        counter: 0x0123_4567_89ab_cdef,
        digest: [
            0x6d, 0xde, 0x1a, 0xbd, 0x2d, 0x60, 0x4d, 0xbb, 0x93, 0xa5, 0x38, 0x97, 0xd7, 0x27,
            0x5e, 0xe1, 0x9c, 0x3f, 0xe9, 0xa9,
        ],
    };
    let mut bytes = Vec::new();
    repr.emit(&mut bytes);
    assert_eq!(&bytes[..8], &[0x21, 1, 100, 7, 0, 1, 0x50, 0xea]);
    let packet = CarpPacket::new(&bytes).unwrap();
    assert!(packet.checksum_is_right());
    assert_eq!((packet.version(), packet.kind()), (2, 1));
    assert_eq!(packet.repr(), repr);
}

fn address(family: Family) -> BoxedStrategy<IpAddr> {
    match family {
        Family::Inet => any::<u32>()
            .prop_map(|bits| IpAddr::V4(Ipv4Addr::from(bits)))
            .boxed(),
        Family::Inet6 => any::<u128>()
            .prop_map(|bits| IpAddr::V6(Ipv6Addr::from(bits | 1)))
            .prop_filter("scope", |a| match a {
                IpAddr::V6(v6) => !is_link_local_v6(*v6),
                IpAddr::V4(_) => true,
            })
            .boxed(),
    }
}

fn is_link_local_v6(address: Ipv6Addr) -> bool {
    super::super::auth::is_link_local(&address.octets())
}

fn both() -> impl Strategy<Value = Family> {
    prop_oneof![Just(Family::Inet), Just(Family::Inet6)]
}

proptest! {
    #[test]
    fn what_is_sent_is_read_back(
        (family, source, destination) in both().prop_flat_map(|f| (Just(f), address(f), address(f))),
        vhid: u8, priority: u8, interval_cs: u16, advbase: u8, advskew: u8, counter: u64,
        digest: [u8; 20], id: u16, traffic_class: u8, addresses in 0usize..20,
    ) {
        let carp = CarpRepr { vhid, advskew, authlen: 7, reserved: 0, advbase, counter, digest };
        let ip = IpRepr { source, destination, traffic_class, id };
        let mut bytes = Vec::new();
        ip.emit(CarpPacket::LEN, &mut bytes);
        carp.emit(&mut bytes);
        let read = IpPacket::new(family, &bytes).unwrap();
        prop_assert_eq!((read.ttl, read.source, read.destination), (TTL, source, destination));
        let packet = CarpPacket::new(read.payload).unwrap();
        prop_assert!(packet.checksum_is_right());
        prop_assert_eq!(packet.repr(), carp);

        let vrrp = VrrpRepr { vhid, priority, count: 1, interval_cs };
        let mut bytes = Vec::new();
        vrrp.emit(std::iter::repeat_n(source, addresses), source, destination, &mut bytes);
        let packet = VrrpPacket::new(&bytes).unwrap();
        prop_assert!(packet.checksum_is_right(source, destination));
        prop_assert_eq!(packet.repr(), vrrp);
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120), family in both()) {
        if let Some(ip) = IpPacket::new(family, &bytes) {
            if let Some(carp) = CarpPacket::new(ip.payload) {
                let _ = (carp.version(), carp.kind(), carp.checksum_is_right(), carp.repr());
            }
            if let Some(vrrp) = VrrpPacket::new(ip.payload) {
                let _ = (vrrp.version(), vrrp.checksum_is_right(ip.source, ip.destination), vrrp.repr());
            }
        }
    }
}
