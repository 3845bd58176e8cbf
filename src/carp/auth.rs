//! Authentication: HMAC-SHA1 over the vhid, its addresses and a counter.

use std::fmt;
use std::net::IpAddr;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::wire::DIGEST_BYTES;

/// `CARP_KEY_LEN` in FreeBSD `sys/netinet/ip_carp.h`.
pub const KEY_BYTES: usize = 20;

/// The key of a vhid, padded with zeros. Its debug form does not show it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthKey([u8; KEY_BYTES]);

impl AuthKey {
    /// No key: twenty zero bytes, with which advertisements are hashed all the same.
    pub const EMPTY: Self = Self([0; KEY_BYTES]);

    /// The first 20 bytes, padded with zeros.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut key = [0; KEY_BYTES];
        for (to, from) in key.iter_mut().zip(bytes) {
            *to = *from;
        }
        Self(key)
    }

    /// What `ifconfig(8)` makes of a passphrase: its first 19 bytes, as `strlcpy(3)` leaves room for a NUL
    /// (`setcarp_passwd` in FreeBSD `sbin/ifconfig/carp.c`).
    #[must_use]
    pub fn from_passphrase(passphrase: &str) -> Self {
        let bytes = passphrase.as_bytes();
        Self::from_bytes(&bytes[..bytes.len().min(KEY_BYTES - 1)])
    }

    /// A key that stands for one that is known only by name: other names, other keys.
    #[must_use]
    pub fn standing_for(name: &str) -> Self {
        use sha1::Digest;
        let mut key: [u8; KEY_BYTES] = Sha1::digest(name.as_bytes()).into();
        // No key of a passphrase has 20 bytes, nor does any kernel take this one for "no new key".
        key[0] |= 1;
        key[KEY_BYTES - 1] |= 1;
        Self(key)
    }

    /// The first byte is 0, so the kernel of FreeBSD 10 and later takes it for "no new key" (`SIOCSVH` in
    /// `carp_ioctl`, `sys/netinet/ip_carp.c`).
    #[must_use]
    pub const fn starts_with_nul(&self) -> bool {
        self.0[0] == 0
    }
}

impl fmt::Debug for AuthKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<key>")
    }
}

/// The order in which the addresses of a vhid are hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressOrder {
    /// Ascending, each address once: 9.3 and later.
    Sorted,
    /// As configured: about FreeBSD 6 and 7.
    AsConfigured,
}

/// Makes and checks the digests of one vhid (`carp_hmac_prepare`, `carp_hmac_generate` and `carp_hmac_verify` in
/// FreeBSD `sys/netinet/ip_carp.c`). The hash of everything but the counter is kept, as the kernel keeps it.
#[derive(Clone)]
pub struct Authenticator {
    key: AuthKey,
    message: Box<[u8]>,
    keyed: Hmac<Sha1>,
}

impl Authenticator {
    /// Prepares the hash of a key, a vhid and its addresses.
    #[must_use]
    pub fn new(key: AuthKey, vhid: u8, addresses: &[IpAddr], order: AddressOrder) -> Self {
        let message = message(vhid, addresses, order);
        let mut keyed = match Hmac::<Sha1>::new_from_slice(&key.0) {
            Ok(keyed) => keyed,
            Err(_) => unreachable!("HMAC takes keys of any length"),
        };
        keyed.update(&message);
        Self {
            key,
            message: message.into_boxed_slice(),
            keyed,
        }
    }

    /// The digest for a counter.
    #[must_use]
    pub fn digest(&self, counter: u64) -> [u8; DIGEST_BYTES] {
        let mut keyed = self.keyed.clone();
        keyed.update(&counter.to_be_bytes());
        keyed.finalize().into_bytes().into()
    }

    /// The digest is that of this counter. Every bit of it is compared, whatever the first ones say.
    #[must_use]
    pub fn verify(&self, counter: u64, digest: &[u8; DIGEST_BYTES]) -> bool {
        let mut keyed = self.keyed.clone();
        keyed.update(&counter.to_be_bytes());
        keyed.verify_slice(digest).is_ok()
    }

    /// Everything that is hashed but the counter. Two vhids accept each other's advertisements if and only if
    /// these are equal (short of a collision of SHA-1), so one comparison decides for every counter.
    #[must_use]
    pub fn input(&self) -> (AuthKey, &[u8]) {
        (self.key, &self.message)
    }
}

/// The rest follows from key and message.
impl PartialEq for Authenticator {
    fn eq(&self, other: &Self) -> bool {
        self.input() == other.input()
    }
}

impl Eq for Authenticator {}

impl std::hash::Hash for Authenticator {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.input().hash(state);
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator")
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}

/// Version, type, vhid and the addresses: IPv4 before IPv6. The loop of the kernel looks for the next address above
/// the last one and below all ones, so that duplicates, zeros and all ones never enter.
fn message(vhid: u8, addresses: &[IpAddr], order: AddressOrder) -> Vec<u8> {
    let mut v4: Vec<[u8; 4]> = Vec::new();
    let mut v6: Vec<[u8; 16]> = Vec::new();
    for address in addresses {
        match address {
            IpAddr::V4(v4_address) => v4.push(v4_address.octets()),
            IpAddr::V6(v6_address) => v6.push(without_scope(v6_address.octets())),
        }
    }
    if order == AddressOrder::Sorted {
        sort(&mut v4);
        sort(&mut v6);
    }
    let mut message = vec![2, 1, vhid];
    message.extend(v4.as_flattened());
    message.extend(v6.as_flattened());
    message
}

fn sort<const N: usize>(addresses: &mut Vec<[u8; N]>) {
    addresses.sort_unstable();
    addresses.dedup();
    addresses.retain(|address| *address != [0; N] && *address != [0xff; N]);
}

/// Bytes 2 and 3 of a link-local address hold the interface index inside the kernel.
pub(super) fn without_scope(mut address: [u8; 16]) -> [u8; 16] {
    if is_link_local(&address) {
        address[2..4].fill(0);
    }
    address
}

/// fe80::/10, `IN6_IS_ADDR_LINKLOCAL`.
pub(super) fn is_link_local(address: &[u8; 16]) -> bool {
    address[0] == 0xfe && address[1] & 0xc0 == 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn the_digest_is_that_of_an_independent_computation() {
        let key = AuthKey::from_passphrase("secret");
        let list = addresses(&[
            "10.0.0.2",
            "10.0.0.1",
            "2001:db8::2",
            "2001:db8::1",
            "fe80::1",
        ]);
        let auth = Authenticator::new(key, 7, &list, AddressOrder::Sorted);
        let expected = [
            0xc3, 0xa9, 0x7c, 0x1e, 0x1f, 0x56, 0xb0, 0x7e, 0xba, 0x63, 0xbc, 0xf8, 0x16, 0xf0,
            0xb5, 0xac, 0xc2, 0xe9, 0x17, 0x1e,
        ];
        assert_eq!(auth.digest(1), expected);
        assert!(auth.verify(1, &expected) && !auth.verify(2, &expected));
    }

    #[test]
    fn nineteen_bytes_of_a_passphrase_count() {
        assert_eq!(
            AuthKey::from_passphrase("abcdefghijklmnopqrstuvwxyz"),
            AuthKey::from_passphrase("abcdefghijklmnopqrs")
        );
        assert_ne!(
            AuthKey::from_bytes(b"abcdefghijklmnopqrst"),
            AuthKey::from_bytes(b"abcdefghijklmnopqrs")
        );
    }

    #[test]
    fn zeros_and_all_ones_are_never_hashed() {
        let odd = addresses(&["0.0.0.0", "255.255.255.255", "::", "192.0.2.1", "192.0.2.1"]);
        let plain = addresses(&["192.0.2.1"]);
        let of =
            |list: &[IpAddr]| Authenticator::new(AuthKey::EMPTY, 1, list, AddressOrder::Sorted);
        assert_eq!(of(&odd), of(&plain));
    }

    #[test]
    fn a_key_does_not_show_in_debug_output() {
        let key = AuthKey::from_passphrase("poison");
        let auth = Authenticator::new(key, 1, &[], AddressOrder::Sorted);
        assert!(!format!("{key:?} {auth:?}").contains("poison"));
        assert_eq!(format!("{key:?}"), "<key>");
    }
}
