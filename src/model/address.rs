//! Addresses: those that move (VIPs) and those that stay.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net};

pub use crate::carp::Family;

/// The own address of a host on an interface, with its prefix length.
pub type OwnAddress = IpNet;

/// Why a text is not an address that can be configured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Neither IPv4 nor IPv6.
    #[error("{0:?} is not an IP address")]
    Syntax(String),
    /// A prefix longer than the address, or no number.
    #[error("the prefix length {0:?} is not a number from 0 to {1}")]
    Prefix(String, u8),
    /// An address that no host can have, such as a multicast group.
    #[error("{0} is {1}")]
    NoHost(IpAddr, &'static str),
    /// An own address must come with its prefix length.
    #[error("{0} has no prefix length")]
    NoPrefix(IpAddr),
}

/// A virtual address: one that CARP moves between hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vip {
    address: IpAddr,
    prefix: Option<u8>,
}

impl Vip {
    /// A VIP with a prefix length, which is not longer than the address.
    ///
    /// # Errors
    ///
    /// [`AddressError`] for an address that no host can have, or a prefix longer than the address.
    pub fn new(address: IpAddr, prefix: Option<u8>) -> Result<Self, AddressError> {
        let bits = Family::of(address).bits();
        if let Some(wrong) = prefix.filter(|p| *p > bits) {
            return Err(AddressError::Prefix(wrong.to_string(), bits));
        }
        if let Some(what) = not_a_host(address) {
            return Err(AddressError::NoHost(address, what));
        }
        Ok(Self { address, prefix })
    }

    /// The address without its prefix length.
    #[must_use]
    pub const fn address(self) -> IpAddr {
        self.address
    }

    /// The prefix length as written, if one was.
    #[must_use]
    pub const fn written_prefix(self) -> Option<u8> {
        self.prefix
    }

    /// The prefix length that `ifconfig(8)` sets: the one written, else the class of an IPv4 address
    /// (`in_control` in FreeBSD `sys/netinet/in.c`), else 64.
    #[must_use]
    pub fn prefix(self) -> u8 {
        self.prefix.unwrap_or(match self.address {
            IpAddr::V4(v4) => match v4.octets()[0] {
                0..=127 => 8,
                128..=191 => 16,
                _ => 24,
            },
            IpAddr::V6(_) => 64,
        })
    }

    /// Address and prefix length as a network.
    #[must_use]
    pub fn net(self) -> IpNet {
        IpNet::new(self.address, self.prefix()).unwrap_or_else(|_| IpNet::from(self.address))
    }

    /// The address family.
    #[must_use]
    pub const fn family(self) -> Family {
        Family::of(self.address)
    }

    /// The prefix is that of the address alone, /32 or /128.
    #[must_use]
    pub fn has_host_mask(self) -> bool {
        self.prefix() == self.family().bits()
    }
}

impl FromStr for Vip {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (address, prefix) = split(text)?;
        Self::new(address, prefix)
    }
}

impl fmt::Display for Vip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix())
    }
}

fn split(text: &str) -> Result<(IpAddr, Option<u8>), AddressError> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = address
        .parse()
        .map_err(|_| AddressError::Syntax(text.to_owned()))?;
    let bits = Family::of(address).bits();
    let prefix = prefix
        .map(|p| match p.parse::<u8>() {
            Ok(length) if length <= bits && p.bytes().all(|b| b.is_ascii_digit()) => Ok(length),
            _ => Err(AddressError::Prefix(p.to_owned(), bits)),
        })
        .transpose()?;
    Ok((address, prefix))
}

/// Reads an own address, `ADDRESS/LENGTH`.
///
/// # Errors
///
/// [`AddressError`] says what is wrong, a missing prefix length included.
pub fn own_address(text: &str) -> Result<OwnAddress, AddressError> {
    let (address, prefix) = split(text)?;
    let prefix = prefix.ok_or(AddressError::NoPrefix(address))?;
    if let Some(what) = not_a_host(address) {
        return Err(AddressError::NoHost(address, what));
    }
    IpNet::new(address, prefix)
        .map_err(|_| AddressError::Prefix(prefix.to_string(), Family::of(address).bits()))
}

/// Why an address can be no host's, if it cannot. The all-zero and all-one addresses never enter the
/// digest (`carp_hmac_prepare` in FreeBSD `sys/netinet/ip_carp.c`).
fn not_a_host(address: IpAddr) -> Option<&'static str> {
    match address {
        _ if address.is_unspecified() => Some("the unspecified address"),
        _ if address.is_loopback() => Some("a loopback address"),
        _ if address.is_multicast() => Some("a multicast address"),
        IpAddr::V4(Ipv4Addr::BROADCAST) => Some("the broadcast address"),
        IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => Some("an IPv4 address written as IPv6"),
        _ => None,
    }
}

/// The address is neither the first nor the last of the subnet; subnets of /31 and longer have only hosts.
#[must_use]
pub fn is_host_address(address: Ipv4Addr, subnet: Ipv4Net) -> bool {
    subnet.prefix_len() >= 31 || (address != subnet.network() && address != subnet.broadcast())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vip_keeps_what_was_written_and_knows_what_ifconfig_makes_of_it() {
        let vip: Vip = "10.1.2.3".parse().unwrap();
        assert_eq!((vip.written_prefix(), vip.prefix()), (None, 8));
        assert_eq!("172.16.0.1".parse::<Vip>().unwrap().prefix(), 16);
        assert_eq!("192.0.2.1".parse::<Vip>().unwrap().prefix(), 24);
        assert_eq!("2001:db8::1".parse::<Vip>().unwrap().prefix(), 64);
        assert_eq!(
            "192.0.2.1/32".parse::<Vip>().unwrap().to_string(),
            "192.0.2.1/32"
        );
    }

    #[test]
    fn what_no_host_can_have_is_refused() {
        for text in [
            "",
            "192.0.2",
            "192.0.2.1.1",
            "192.0.2.256",
            "192.0.2.1/33",
            "192.0.2.1/",
            "192.0.2.1/+8",
            "2001:db8::1/129",
            "0.0.0.0/8",
            "127.0.0.1/8",
            "::1",
            "::",
            "224.0.0.18",
            "ff02::12",
            "255.255.255.255",
            "1.2.3.4/24/24",
            "::ffff:192.0.2.1/128",
            "fe80::1%em0/64",
            "192.0.2.01",
        ] {
            assert!(text.parse::<Vip>().is_err(), "{text:?}");
        }
        assert_eq!(
            own_address("192.0.2.2"),
            Err(AddressError::NoPrefix("192.0.2.2".parse().unwrap()))
        );
    }
}
