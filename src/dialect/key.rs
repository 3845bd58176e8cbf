//! Which keys survive the boot scripts.
//!
//! The values of rc.conf are shell text twice: once when the file is read, and once more when
//! `network.subr` evaluates or splits them. No quoting is right for both, so keys that would change are refused.

use std::fmt;

use crate::model::{Release, Secret};

/// What the boot scripts would do to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyHazard {
    /// The scripts take it for an address range and call themselves without end, or lose the address
    /// (`ifalias_expand_addr` in FreeBSD `libexec/rc/network.subr`).
    HangsBoot,
    /// This character is evaluated, matched against file names, splits the key or ends the line.
    Evaluated(char),
    /// The whole key is a word that the scripts take out or cut at.
    ReservedWord,
}

impl fmt::Display for KeyHazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HangsBoot => {
                f.write_str("a `-` that the boot scripts take for an address range without end")
            }
            Self::Evaluated(c) if c.is_control() => write!(f, "the control character {c:?}"),
            Self::Evaluated(' ') => f.write_str("a blank"),
            Self::Evaluated(c) => write!(
                f,
                "the character `{c}`, which the boot scripts evaluate as root"
            ),
            Self::ReservedWord => f.write_str("a word that means something to the boot scripts"),
        }
    }
}

/// Words that cut an alias in two (`ifalias` in `network.subr`).
const FAMILY_WORDS: [&str; 5] = ["inet", "inet6", "ipx", "link", "ether"];

/// Words that are taken out of `ifconfig_IF`, in any case (`_ifconfig_getargs` in `network.subr`).
const PSEUDO_WORDS: [&str; 7] = [
    "dhcp",
    "syncdhcp",
    "nosyncdhcp",
    "wpa",
    "hostap",
    "noauto",
    "vnet",
];

/// Everything that the boot scripts of a release would do to a key, where carpgen puts it: on the line of the
/// carp interface on 9, in an alias from 10 on. A key without hazards reaches `ifconfig(8)` unchanged.
#[must_use]
pub fn key_hazards(key: &str, release: Release) -> Vec<KeyHazard> {
    let mut hazards = Vec::new();
    if !release.has_carp_interfaces() && looks_like_range(key) {
        hazards.push(KeyHazard::HangsBoot);
    }
    let meant_by_shell = |c: char| {
        "\"'`|$&()*;<>?[\\".contains(c) || c.is_ascii_whitespace() || c.is_ascii_control()
    };
    let mut evaluated: Vec<char> = key.chars().filter(|c| meant_by_shell(*c)).collect();
    evaluated.extend(
        key.chars()
            .next()
            .filter(|first| matches!(first, '#' | '~')),
    );
    evaluated.sort_unstable();
    evaluated.dedup();
    hazards.extend(evaluated.into_iter().map(KeyHazard::Evaluated));
    let lower = key.to_ascii_lowercase();
    if FAMILY_WORDS.contains(&key) || PSEUDO_WORDS.contains(&lower.as_str()) {
        hazards.push(KeyHazard::ReservedWord);
    }
    hazards
}

/// A hexadecimal digit followed by `-`: `*[0-9a-fA-F]-*` in `ifalias_af_common_handler` of `network.subr`.
fn looks_like_range(key: &str) -> bool {
    key.as_bytes()
        .windows(2)
        .any(|pair| pair[1] == b'-' && pair[0].is_ascii_hexdigit())
}

/// The bytes of a key that count: the first 19.
#[must_use]
pub fn effective(key: &str) -> &[u8] {
    &key.as_bytes()[..key.len().min(Secret::EFFECTIVE_BYTES)]
}
