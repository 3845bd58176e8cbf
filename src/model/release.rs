//! FreeBSD releases, as far as CARP differs between them.

use std::fmt;

/// The FreeBSD family that fixes spelling and kernel behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// 9.x: CARP is a cloned interface, `carpN`.
    R9,
    /// 10.x: the first release with the vhid on the address.
    R10,
    /// 11.x
    R11,
    /// 12.x: `net.inet.carp.allow=0` forces INIT.
    R12,
    /// 13.x
    R13,
    /// 14.x: unicast peers.
    R14,
    /// 15.x: VRRPv3.
    R15,
}

/// A text that names no release that carpgen knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a FreeBSD release from 9 to 15, such as \"14\", \"14.3\" or \"14.3-RELEASE-p2\""
)]
pub struct ReleaseError(pub String);

impl Release {
    /// All releases, oldest first.
    pub const ALL: [Self; 7] = [
        Self::R9,
        Self::R10,
        Self::R11,
        Self::R12,
        Self::R13,
        Self::R14,
        Self::R15,
    ];

    /// Reads `14`, `14.3`, `14.3-RELEASE` or `14.3-RELEASE-p2`, as `freebsd-version(1)` prints it.
    ///
    /// # Errors
    ///
    /// [`ReleaseError`] where the text is no version, or one before 9 or after 15.
    pub fn new(text: &str) -> Result<Self, ReleaseError> {
        let wrong = || ReleaseError(text.to_owned());
        let (version, branch) = text
            .split_once('-')
            .map_or((text, None), |(v, b)| (v, Some(b)));
        let (major, minor) = version
            .split_once('.')
            .map_or((version, None), |(a, b)| (a, Some(b)));
        let digits = |part: &str| {
            !part.is_empty() && part.len() < 3 && part.bytes().all(|b| b.is_ascii_digit())
        };
        let plain = |b: &str| {
            !b.is_empty()
                && b.bytes()
                    .all(|c| c.is_ascii_alphanumeric() || b"-._".contains(&c))
        };
        if !digits(major) || !minor.is_none_or(digits) || !branch.is_none_or(plain) {
            return Err(wrong());
        }
        Self::ALL
            .into_iter()
            .find(|release| release.as_str() == major)
            .ok_or_else(wrong)
    }

    /// The family as one word, `9` to `15`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::R9 => "9",
            Self::R10 => "10",
            Self::R11 => "11",
            Self::R12 => "12",
            Self::R13 => "13",
            Self::R14 => "14",
            Self::R15 => "15",
        }
    }

    /// CARP is an interface `carpN` of its own (up to 9; `UPDATING` entry 20111215 of FreeBSD 10).
    #[must_use]
    pub const fn has_carp_interfaces(self) -> bool {
        matches!(self, Self::R9)
    }

    /// `ifconfig(8)` knows `peer`, `peer6`, `mcast` and `mcast6` (from 14 on).
    #[must_use]
    pub fn has_unicast(self) -> bool {
        self >= Self::R14
    }

    /// `ifconfig(8)` knows `carpver`, `vrrpprio` and `vrrpinterval` (from 15 on).
    #[must_use]
    pub fn has_vrrp(self) -> bool {
        self >= Self::R15
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_freebsd_prints_is_read() {
        for text in [
            "14",
            "14.3",
            "14.3-RELEASE",
            "14.3-RELEASE-p2",
            "14.2-STABLE",
            "14.0-RC1",
        ] {
            assert_eq!(Release::new(text), Ok(Release::R14), "{text}");
        }
        assert_eq!(Release::new("9"), Ok(Release::R9));
    }

    #[test]
    fn what_is_no_release_is_refused() {
        for text in [
            "", "8", "8.4", "16", "14.", ".3", "14.x", "fourteen", "14-", "14.3-a b", "014", "1 4",
        ] {
            assert!(Release::new(text).is_err(), "{text:?}");
        }
    }
}
