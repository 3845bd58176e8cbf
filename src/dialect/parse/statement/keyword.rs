//! The keywords of CARP and VRRP, and what stands behind them.

use super::super::word::Word;
use crate::model::{Place, Release, Secret};

/// A keyword of CARP or VRRP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keyword {
    /// `vhid N`
    Vhid,
    /// `advbase N`
    Advbase,
    /// `advskew N`
    Advskew,
    /// `pass KEY`
    Pass,
    /// `state backup`
    State,
    /// `peer ADDRESS`
    Peer,
    /// `peer6 ADDRESS`
    Peer6,
    /// `mcast`
    Mcast,
    /// `mcast6`
    Mcast6,
    /// `carpver N`
    Carpver,
    /// `vrrpprio N`
    Vrrpprio,
    /// `vrrpinterval N`
    Vrrpinterval,
}

impl Keyword {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Vhid,
        Self::Advbase,
        Self::Advskew,
        Self::Pass,
        Self::State,
        Self::Peer,
        Self::Peer6,
        Self::Mcast,
        Self::Mcast6,
        Self::Carpver,
        Self::Vrrpprio,
        Self::Vrrpinterval,
    ];

    /// The word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Vhid => "vhid",
            Self::Advbase => "advbase",
            Self::Advskew => "advskew",
            Self::Pass => "pass",
            Self::State => "state",
            Self::Peer => "peer",
            Self::Peer6 => "peer6",
            Self::Mcast => "mcast",
            Self::Mcast6 => "mcast6",
            Self::Carpver => "carpver",
            Self::Vrrpprio => "vrrpprio",
            Self::Vrrpinterval => "vrrpinterval",
        }
    }

    /// A word follows.
    #[must_use]
    pub const fn takes_value(self) -> bool {
        !matches!(self, Self::Mcast | Self::Mcast6)
    }

    /// `ifconfig(8)` of a release knows it.
    #[must_use]
    pub fn exists_in(self, release: Release) -> bool {
        match self {
            Self::Vhid | Self::Advbase | Self::Advskew | Self::Pass | Self::State => true,
            Self::Peer | Self::Peer6 | Self::Mcast | Self::Mcast6 => release.has_unicast(),
            Self::Carpver | Self::Vrrpprio | Self::Vrrpinterval => release.has_vrrp(),
        }
    }

    /// From 10 on it is an error before `vhid`, or without it.
    #[must_use]
    pub const fn needs_vhid(self) -> bool {
        matches!(
            self,
            Self::Advbase | Self::Advskew | Self::Pass | Self::State | Self::Peer | Self::Peer6
        )
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|keyword| keyword.word() == word)
    }
}

/// What stands behind a keyword.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterValue {
    /// A word.
    Word(Word),
    /// A key, with its place.
    Key(Secret, Place),
    /// Nothing: the command ends.
    Missing,
}

/// A keyword with what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The keyword.
    pub keyword: Keyword,
    /// Where it stands.
    pub place: Place,
    /// The word behind it.
    pub value: ParameterValue,
}

impl Parameter {
    /// Where the value stands; the keyword if there is none.
    #[must_use]
    pub const fn value_place(&self) -> Place {
        match &self.value {
            ParameterValue::Word(word) => word.place,
            ParameterValue::Key(_, place) => *place,
            ParameterValue::Missing => self.place,
        }
    }

    /// The text of the value, unless it is a key.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            ParameterValue::Word(word) => Some(word.text()),
            ParameterValue::Key(..) | ParameterValue::Missing => None,
        }
    }

    /// The number, if the value is all digits.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        let text = self.text()?;
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().unwrap_or(i64::MAX))
    }

    /// The number that `atoi(3)` makes of the value, as `ifconfig(8)` does: what stands before the first other
    /// character, or 0.
    #[must_use]
    pub fn atoi(&self) -> i64 {
        let text = self.text().unwrap_or("").trim_start();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let end = digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(digits.len());
        let number = if end == 0 {
            0
        } else {
            digits[..end].parse().unwrap_or(i64::MAX)
        };
        if negative { -number } else { number }
    }
}
