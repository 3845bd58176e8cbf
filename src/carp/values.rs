//! Numbers of the protocol as types that cannot be out of range.

use std::fmt;

/// A number that the kernel does not accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} {value} is not between {min} and {max}")]
pub struct OutOfRange {
    /// What the number is, in the words of `ifconfig(8)`.
    pub name: &'static str,
    /// The number that was given.
    pub value: i64,
    /// The smallest number accepted.
    pub min: i64,
    /// The largest number accepted.
    pub max: i64,
}

macro_rules! ranged {
    ($(#[$doc:meta])* $name:ident($inner:ty), $label:literal, $min:literal..=$max:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($inner);

        impl $name {
            /// The smallest value accepted.
            pub const MIN: i64 = $min;
            /// The largest value accepted.
            pub const MAX: i64 = $max;

            /// Takes a number.
            ///
            /// # Errors
            ///
            /// [`OutOfRange`] below `MIN` or above `MAX`.
            pub fn new(value: i64) -> Result<Self, OutOfRange> {
                if (Self::MIN..=Self::MAX).contains(&value) {
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
                    Ok(Self(value as $inner))
                } else {
                    Err(OutOfRange { name: $label, value, min: Self::MIN, max: Self::MAX })
                }
            }

            /// The number itself.
            pub const fn number(self) -> $inner {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

ranged! {
    /// The number of a CARP or VRRP group on a segment, 1 to 255 (`carp_ioctl_set` in FreeBSD
    /// `sys/netinet/ip_carp.c`). It is also the last byte of the virtual MAC address.
    Vhid(u8), "vhid", 1..=255
}

ranged! {
    /// The base of the advertisement interval in seconds.
    ///
    /// FreeBSD 10 and later take 1 to 255; 0 means "keep". FreeBSD 9 stores 0 beside a skew above 0
    /// (`carp_ioctl`, `SIOCSVH`, in `sys/netinet/ip_carp.c` of 9.3).
    AdvBase(u8), "advbase", 0..=255
}

ranged! {
    /// The skew of the advertisement interval in 1/256 s, 0 to 254: the lower, the sooner a node is master.
    /// The kernel answers EINVAL from 255 on (`carp_ioctl_set` in `sys/netinet/ip_carp.c`).
    AdvSkew(u8), "advskew", 0..=254
}

ranged! {
    /// The priority of a VRRPv3 router, 1 to 255: the higher, the more preferred (RFC 9568 section 5.2.4).
    VrrpPriority(u8), "VRRP priority", 1..=255
}

ranged! {
    /// The advertisement interval of VRRPv3 in centiseconds, 1 to 4095 (RFC 9568 section 5.2.7).
    VrrpInterval(u16), "VRRP interval", 1..=4095
}

impl AdvBase {
    /// One second, what the kernel starts with (`carp_alloc` in `sys/netinet/ip_carp.c`).
    pub const DEFAULT: Self = Self(1);
}

impl AdvSkew {
    /// No skew: the preferred master, and what the kernel starts with.
    pub const DEFAULT: Self = Self(0);
    /// The largest skew that counts in elections on FreeBSD 10 and later: `CARP_MAXSKEW` in
    /// `sys/netinet/ip_carp.c`. A demoted master advertises it too.
    pub const LARGEST_EFFECTIVE: Self = Self(240);

    /// The skew that is advertised and compared where nothing demotes the host (FreeBSD 10 and later).
    #[must_use]
    pub fn effective(self) -> Self {
        self.min(Self::LARGEST_EFFECTIVE)
    }
}

impl VrrpPriority {
    /// The one that waits longest.
    pub const LOWEST: Self = Self(1);
}

impl VrrpInterval {
    /// One second, what the kernel starts with (`VRRP_DEFAULT_INTERVAL` in FreeBSD 15 `sys/netinet/ip_carp.h`).
    pub const DEFAULT: Self = Self(100);
}

/// Microseconds of one takeover wait, the time a backup waits for the next advertisement:
/// `3 * advbase` seconds and `advskew / 256` seconds (`carp_setrun` in `sys/netinet/ip_carp.c`).
///
/// FreeBSD 9 with advbase 0 waits only for the skew, by the same formula.
#[must_use]
pub fn takeover_us(advbase: AdvBase, advskew: AdvSkew) -> u64 {
    3_000_000 * u64::from(advbase.number()) + skew_us(advskew)
}

/// Microseconds that a backup of VRRPv3 waits for the next advertisement: `3 * interval` and
/// `(256 - priority) * interval / 256` in whole centiseconds (RFC 9568 section 6.1, and `carp_setrun` in FreeBSD 15
/// `sys/netinet/ip_carp.c`).
#[must_use]
pub fn vrrp_takeover_us(interval: VrrpInterval, priority: VrrpPriority) -> u64 {
    let interval_cs = u64::from(interval.number());
    let skew = 256 - u64::from(priority.number());
    (3 * interval_cs + skew * interval_cs / 256) * 10_000
}

/// Microseconds between two advertisements of a master (`carp_send_ad_locked` in `sys/netinet/ip_carp.c`).
#[must_use]
pub fn interval_us(advbase: AdvBase, advskew: AdvSkew) -> u64 {
    1_000_000 * u64::from(advbase.number()) + skew_us(advskew)
}

/// The kernel's integer division of a skew into microseconds.
fn skew_us(advskew: AdvSkew) -> u64 {
    u64::from(advskew.number()) * 1_000_000 / 256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_each_range_are_kept_and_the_next_number_is_refused() {
        assert_eq!(Vhid::new(255).map(Vhid::number), Ok(255));
        assert!(Vhid::new(0).is_err() && Vhid::new(256).is_err() && Vhid::new(-1).is_err());
        assert_eq!(AdvSkew::new(254).map(AdvSkew::number), Ok(254));
        assert!(AdvSkew::new(255).is_err());
        assert_eq!(VrrpInterval::new(4095).map(VrrpInterval::number), Ok(4095));
        assert!(VrrpInterval::new(4096).is_err() && VrrpPriority::new(0).is_err());
    }

    #[test]
    fn times_are_those_of_the_kernel() {
        let (base, skew) = (AdvBase::new(1).unwrap(), AdvSkew::new(100).unwrap());
        assert_eq!(takeover_us(base, skew), 3_390_625);
        assert_eq!(interval_us(base, skew), 1_390_625);
        assert_eq!(
            takeover_us(AdvBase::new(0).unwrap(), AdvSkew::new(1).unwrap()),
            3906
        );
        let (interval, priority) = (VrrpInterval::DEFAULT, VrrpPriority::new(200).unwrap());
        assert_eq!(vrrp_takeover_us(interval, priority), 3_210_000);
    }
}
