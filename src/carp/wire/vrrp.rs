//! VRRP version 3, as FreeBSD 15 speaks it.

use std::net::IpAddr;

use super::{PROTOCOL, checksum};

/// A view of the bytes behind the IP header, at least 8 of them (`struct vrrpv3_header` in FreeBSD 15
/// `sys/netinet/ip_carp.h`; RFC 9568 section 5.2).
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-------+-------+---------------+---------------+---------------+
/// |version| type  | virtual rtr id|   priority    |     count     |
/// +-------+-------+---------------+---------------+---------------+
/// |reserve|  max advertise interval (cs)  |       checksum        |
/// +-------+-------------------------------+-----------------------+
/// |                          addresses ...                        |
/// +---------------------------------------------------------------+
/// ```
#[derive(Clone, Copy, Debug)]
pub struct VrrpPacket<'a> {
    header: &'a [u8; VrrpPacket::LEN],
    whole: &'a [u8],
}

impl<'a> VrrpPacket<'a> {
    /// The length of the header without the addresses.
    pub const LEN: usize = 8;

    /// A view, if there are enough bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.first_chunk().map(|header| Self {
            header,
            whole: bytes,
        })
    }

    /// The version nibble, which CARP and VRRP have at the same place.
    #[must_use]
    pub const fn version(self) -> u8 {
        self.header[0] >> 4
    }

    /// The checksum over pseudo header and packet is right, in both families.
    #[must_use]
    pub fn checksum_is_right(self, source: IpAddr, destination: IpAddr) -> bool {
        vrrp_checksum(source, destination, self.whole) == 0
    }

    /// What the fields say. FreeBSD reads the interval with the four reserved bits and looks at neither type,
    /// count nor addresses (`vrrp_input_c` in FreeBSD 15 `sys/netinet/ip_carp.c`).
    #[must_use]
    pub const fn repr(self) -> VrrpRepr {
        let h = self.header;
        VrrpRepr {
            vhid: h[1],
            priority: h[2],
            count: h[3],
            interval_cs: u16::from_be_bytes([h[4], h[5]]),
        }
    }
}

/// What a VRRP packet says, but for its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VrrpRepr {
    /// The virtual router id.
    pub vhid: u8,
    /// The priority.
    pub priority: u8,
    /// The number of addresses that the sender claims to follow.
    pub count: u8,
    /// The advertisement interval in centiseconds.
    pub interval_cs: u16,
}

impl VrrpRepr {
    /// Appends the packet with its addresses and its checksum (`vrrp_send_ad_locked` in FreeBSD 15
    /// `sys/netinet/ip_carp.c`).
    pub fn emit(
        &self,
        addresses: impl Iterator<Item = IpAddr>,
        source: IpAddr,
        destination: IpAddr,
        into: &mut Vec<u8>,
    ) {
        let start = into.len();
        into.extend([0x31, self.vhid, self.priority, self.count]);
        into.extend(self.interval_cs.to_be_bytes());
        into.extend([0, 0]);
        for address in addresses {
            match address {
                IpAddr::V4(v4) => into.extend(v4.octets()),
                IpAddr::V6(v6) => into.extend(v6.octets()),
            }
        }
        let sum = vrrp_checksum(source, destination, &into[start..]).to_be_bytes();
        into[start + 6..start + 8].copy_from_slice(&sum);
    }
}

/// The checksum with the pseudo header of RFC 9568 section 5.2.8.
fn vrrp_checksum(source: IpAddr, destination: IpAddr, packet: &[u8]) -> u16 {
    // Longer than an IP packet can be is cut by the caller.
    let length = (packet.len() as u32).to_be_bytes();
    let tail = [
        length[0], length[1], length[2], length[3], 0, 0, 0, PROTOCOL,
    ];
    match (source, destination) {
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            checksum(&[&from.octets(), &to.octets(), &tail, packet])
        }
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            checksum(&[&from.octets(), &to.octets(), &tail, packet])
        }
        _ => checksum(&[&tail, packet]),
    }
}
