//! One `ifconfig(8)` command, word by word (`sbin/ifconfig/ifconfig.c`, `carp.c` and `af_inet.c` of FreeBSD; `ifcarp.c`
//! up to 9).
//!
//! Nothing is refused here: numbers out of range, words that nobody knows and addresses that are none are part of
//! the statement, for others to judge.

mod keyword;
mod words;

use std::net::IpAddr;

use self::words::arguments;
use super::word::Word;
use crate::model::{Family, Place, Secret};

pub use keyword::{Keyword, Parameter, ParameterValue};

/// Where an address gets its prefix length from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mask {
    /// `/N` behind the address.
    Length(Option<u8>),
    /// `netmask` and a mask, as a length; none where it is no mask.
    Netmask(Option<u8>, Place),
    /// `prefixlen N`
    Prefixlen(Option<u8>, Place),
}

impl Mask {
    /// The length, where it is a number that the address has bits for.
    #[must_use]
    pub const fn length(&self) -> Option<u8> {
        match self {
            Self::Length(length) | Self::Netmask(length, _) | Self::Prefixlen(length, _) => *length,
        }
    }
}

/// A word that stands where `ifconfig(8)` looks for an address, and looks like one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The word.
    pub word: Word,
    /// The address; none where it is not a valid one.
    pub address: Option<IpAddr>,
    /// Its prefix length, as far as one is given.
    pub mask: Option<Mask>,
}

impl Address {
    /// The family that it looks like.
    #[must_use]
    pub fn family(&self) -> Family {
        if self.word.text().contains(':') {
            Family::Inet6
        } else {
            Family::Inet
        }
    }
}

/// A word of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A keyword of CARP or VRRP.
    Parameter(Parameter),
    /// An address.
    Address(Address),
    /// `alias` or `add`.
    Alias(Place),
    /// `-alias`, `delete` or `remove`.
    Removal(Place),
    /// `inet`, `inet6`, `link` or `ether` where no family is looked for.
    LateFamily(Word),
    /// Another word that `ifconfig(8)` knows, with its arguments.
    Option(Word, Vec<Word>),
    /// A word that is taken for an address and is none. It may be a key.
    Unknown(Word),
}

impl Item {
    /// Where it stands.
    #[must_use]
    pub const fn place(&self) -> Place {
        match self {
            Self::Parameter(parameter) => parameter.place,
            Self::Address(address) => address.word.place,
            Self::Alias(place) | Self::Removal(place) => *place,
            Self::LateFamily(word) | Self::Option(word, _) | Self::Unknown(word) => word.place,
        }
    }
}

/// A family word directly behind the interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FamilyWord {
    /// The family; none for `link` and `ether`.
    pub family: Option<Family>,
    /// Where it stands.
    pub place: Place,
}

/// A command of `ifconfig(8)` that changes an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Where it begins.
    pub place: Place,
    /// The interface.
    pub interface: Word,
    /// The family, if one is named where it is looked for.
    pub family: Option<FamilyWord>,
    /// All words behind the interface and the family, in order.
    pub items: Vec<Item>,
}

impl Statement {
    /// Reads a command; none where it only asks or is no `ifconfig`.
    #[must_use]
    pub fn read(argv: &[Word]) -> Option<Self> {
        let (program, mut words) = argv.split_first()?;
        if program.text().rsplit('/').next() != Some("ifconfig") {
            return None;
        }
        while let Some(option) = words.first().filter(|word| word.text().starts_with('-')) {
            let takes_value = matches!(option.text(), "-f" | "-j" | "-g" | "-G");
            if matches!(option.text(), "-l" | "-a" | "-C") {
                return None;
            }
            words = words.get(1 + usize::from(takes_value)..).unwrap_or(&[]);
        }
        let (interface, mut words) = words.split_first()?;
        if words.is_empty() {
            return None;
        }
        let mut items = Vec::new();
        if let [create, rest @ ..] = words
            && matches!(create.text(), "create" | "plumb")
        {
            items.push(Item::Option(create.clone(), Vec::new()));
            words = rest;
        }
        let family = words.first().and_then(family_word);
        if family.is_some() {
            words = &words[1..];
            if words.is_empty() && items.is_empty() {
                return None;
            }
        }
        read_items(words, &mut items);
        let place = program.place;
        Some(Self {
            place,
            interface: interface.clone(),
            family,
            items,
        })
    }

    /// The parameters, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.items.iter().filter_map(|item| match item {
            Item::Parameter(parameter) => Some(parameter),
            _ => None,
        })
    }

    /// A parameter: the last of its keyword, which is the one that counts.
    #[must_use]
    pub fn parameter(&self, keyword: Keyword) -> Option<&Parameter> {
        self.parameters()
            .filter(|parameter| parameter.keyword == keyword)
            .last()
    }

    /// The key, with its place.
    #[must_use]
    pub fn key(&self) -> Option<(&Secret, Place)> {
        match &self.parameter(Keyword::Pass)?.value {
            ParameterValue::Key(secret, place) => Some((secret, *place)),
            ParameterValue::Word(_) | ParameterValue::Missing => None,
        }
    }

    /// The addresses, in order. The first is the one that is set; a second one is the destination.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.items.iter().filter_map(|item| match item {
            Item::Address(address) => Some(address),
            _ => None,
        })
    }

    /// Words that are taken for an address and are none.
    pub fn unknown(&self) -> impl Iterator<Item = &Word> {
        self.items.iter().filter_map(|item| match item {
            Item::Unknown(word) | Item::LateFamily(word) => Some(word),
            _ => None,
        })
    }

    /// `alias` or `add` is among the words.
    #[must_use]
    pub fn adds(&self) -> bool {
        self.items.iter().any(|item| matches!(item, Item::Alias(_)))
    }

    /// `-alias`, `delete` or `remove` is among the words.
    #[must_use]
    pub fn removes(&self) -> bool {
        self.items
            .iter()
            .any(|item| matches!(item, Item::Removal(_)))
    }

    /// Another word of `ifconfig(8)` is among the words; with what stands behind it.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&[Word]> {
        self.items.iter().find_map(|item| match item {
            Item::Option(word, values) if word.text() == name => Some(values.as_slice()),
            _ => None,
        })
    }
}

fn family_word(word: &Word) -> Option<FamilyWord> {
    let family = match word.text() {
        "inet" => Some(Family::Inet),
        "inet6" => Some(Family::Inet6),
        "link" | "ether" | "lladdr" => None,
        _ => return None,
    };
    Some(FamilyWord {
        family,
        place: word.place,
    })
}

fn read_items(mut words: &[Word], items: &mut Vec<Item>) {
    // A mask that stands before its address.
    let mut early: Option<Mask> = None;
    let mut last_address = None;
    while let Some((word, rest)) = words.split_first() {
        words = rest;
        let mut take = |count: usize| {
            let (taken, left) = words.split_at(count.min(words.len()));
            words = left;
            taken.to_vec()
        };
        if let Some(keyword) = Keyword::of(word.text()) {
            let value = if keyword.takes_value() {
                take(1).pop()
            } else {
                None
            };
            let value = match value {
                Some(key) if keyword == Keyword::Pass => {
                    ParameterValue::Key(Secret::new(key.text()), key.place)
                }
                Some(value) => ParameterValue::Word(value),
                None => ParameterValue::Missing,
            };
            items.push(Item::Parameter(Parameter {
                keyword,
                place: word.place,
                value,
            }));
            continue;
        }
        match word.text() {
            "alias" | "add" => items.push(Item::Alias(word.place)),
            "-alias" | "delete" | "remove" => items.push(Item::Removal(word.place)),
            "inet" | "inet6" => items.push(Item::LateFamily(word.clone())),
            "netmask" | "prefixlen" => early = mask(items, last_address, word, take(1)),
            text => match arguments(text) {
                Some(count) => {
                    let values = take(count);
                    items.push(Item::Option(word.clone(), values));
                }
                None => match address(word) {
                    Some(mut address) => {
                        address.mask = address.mask.or_else(|| early.take());
                        last_address = Some(items.len());
                        items.push(Item::Address(address));
                    }
                    None => items.push(Item::Unknown(word.clone())),
                },
            },
        }
    }
}

/// `netmask` and `prefixlen` belong to the last address before them, or to the first behind.
fn mask(
    items: &mut Vec<Item>,
    last: Option<usize>,
    word: &Word,
    values: Vec<Word>,
) -> Option<Mask> {
    let text = values.first().map_or("", Word::text);
    let place = values.first().map_or(word.place, |value| value.place);
    let mask = if word.text() == "netmask" {
        Mask::Netmask(netmask_length(text), place)
    } else {
        Mask::Prefixlen(text.parse().ok().filter(|length| *length <= 128), place)
    };
    let last = last
        .and_then(|index| items.get_mut(index))
        .and_then(|item| match item {
            Item::Address(address) => Some(address),
            _ => None,
        });
    let early = match last {
        Some(address) => {
            address.mask = Some(mask);
            None
        }
        None => Some(mask),
    };
    items.push(Item::Option(word.clone(), values));
    early
}

/// The length of a mask in dotted or hexadecimal form.
pub(super) fn netmask_length(text: &str) -> Option<u8> {
    let bits = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => u32::from(text.parse::<std::net::Ipv4Addr>().ok()?),
    };
    let ones = bits.leading_ones();
    (bits.checked_shl(ones).unwrap_or(0) == 0).then(|| u8::try_from(ones).unwrap_or(32))
}

/// A word that is an address, or looks so much like one that it was meant to be one.
fn address(word: &Word) -> Option<Address> {
    let text = word.text();
    let (host, length) = match text.split_once('/') {
        Some((host, length)) => (host, Some(length)),
        None => (text, None),
    };
    let without_scope = host.split('%').next().unwrap_or(host);
    let parsed: Option<IpAddr> = without_scope.parse().ok();
    let dotted = host.contains('.')
        && host
            .bytes()
            .all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
    let colons = host.matches(':').count() > 1
        && host
            .bytes()
            .all(|b| b.is_ascii_hexdigit() || b":.%-".contains(&b));
    if parsed.is_none() && !dotted && !colons {
        return None;
    }
    let bits = if host.contains(':') { 128 } else { 32 };
    let length = length.map(|length| {
        let digits = !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit());
        Mask::Length(
            length
                .parse()
                .ok()
                .filter(|length| digits && *length <= bits),
        )
    });
    Some(Address {
        word: word.clone(),
        address: parsed,
        mask: length,
    })
}

#[cfg(test)]
mod tests;
