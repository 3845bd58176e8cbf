//! CARP version 2.

use super::{DIGEST_BYTES, checksum};

/// A view of the bytes behind the IP header, at least 36 of them (`struct carp_header` in FreeBSD
/// `sys/netinet/ip_carp.h`).
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-------+-------+---------------+---------------+---------------+
/// |version| type  |     vhid      |    advskew    |    authlen    |
/// +-------+-------+---------------+---------------+---------------+
/// |  reserved     |    advbase    |           checksum            |
/// +---------------+---------------+-------------------------------+
/// |                            counter                            |
/// |                           (8 bytes)                           |
/// +---------------------------------------------------------------+
/// |                         HMAC-SHA1 digest                      |
/// |                          (20 bytes)                           |
/// +---------------------------------------------------------------+
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CarpPacket<'a>(&'a [u8; CarpPacket::LEN]);

impl<'a> CarpPacket<'a> {
    /// The length of the header, all of a CARP packet.
    pub const LEN: usize = 36;

    /// A view, if there are enough bytes. Bytes behind the header are left out.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.first_chunk().map(Self)
    }

    /// The version nibble.
    #[must_use]
    pub const fn version(self) -> u8 {
        self.0[0] >> 4
    }

    /// The type nibble; nobody looks at it.
    #[must_use]
    pub const fn kind(self) -> u8 {
        self.0[0] & 0x0f
    }

    /// The checksum over the 36 bytes is right. There is no pseudo header in either family.
    #[must_use]
    pub fn checksum_is_right(self) -> bool {
        checksum(&[self.0]) == 0
    }

    /// What the fields say.
    #[must_use]
    pub fn repr(self) -> CarpRepr {
        let b = self.0;
        let mut counter = [0; 8];
        counter.copy_from_slice(&b[8..16]);
        let mut digest = [0; DIGEST_BYTES];
        digest.copy_from_slice(&b[16..36]);
        CarpRepr {
            vhid: b[1],
            advskew: b[2],
            authlen: b[3],
            reserved: b[4],
            advbase: b[5],
            counter: u64::from_be_bytes(counter),
            digest,
        }
    }
}

/// What a CARP packet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CarpRepr {
    /// The vhid.
    pub vhid: u8,
    /// The skew that the sender competes with, in 1/256 s.
    pub advskew: u8,
    /// 7, the 32-bit words of counter and digest; nobody looks at it.
    pub authlen: u8,
    /// 0 from FreeBSD; OpenBSD puts its demotion here.
    pub reserved: u8,
    /// The base interval in seconds.
    pub advbase: u8,
    /// The counter that is hashed.
    pub counter: u64,
    /// The digest.
    pub digest: [u8; DIGEST_BYTES],
}

impl CarpRepr {
    /// The value of [`CarpRepr::authlen`] that every sender uses.
    pub const AUTHLEN: u8 = 7;

    /// Appends the packet with its checksum (`carp_send_ad_locked` in FreeBSD `sys/netinet/ip_carp.c`).
    pub fn emit(&self, into: &mut Vec<u8>) {
        let start = into.len();
        into.extend([
            0x21,
            self.vhid,
            self.advskew,
            self.authlen,
            self.reserved,
            self.advbase,
            0,
            0,
        ]);
        into.extend(self.counter.to_be_bytes());
        into.extend(self.digest);
        let sum = checksum(&[&into[start..]]).to_be_bytes();
        into[start + 6..start + 8].copy_from_slice(&sum);
    }
}
