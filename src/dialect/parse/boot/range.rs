//! Address ranges: `ifalias_expand_addr_inet` and `ifalias_expand_addr_inet6` of `network.subr`.

use std::iter;
use std::ops::Range;

use super::LossReason;

/// How many addresses one range may become before it is no longer followed. The scripts know only a limit for
/// each number of an address.
const MOST: usize = 1 << 16;

/// The longest word that is expanded: no address is nearly as long.
const LONGEST: usize = 256;

/// How the addresses of a family are counted.
struct Family {
    /// The characters of a number.
    is_digit: fn(&u8) -> bool,
    /// The word that stands for a prefix length, and makes the scripts drop that of the address.
    length_word: &'static str,
    /// Counts the first range of an address; the number is `netif_ipexpand_max`.
    count: fn(&str, i64) -> Result<Counted, LossReason>,
}

const INET: Family = Family {
    is_digit: u8::is_ascii_digit,
    length_word: "netmask",
    count: count_inet,
};

const INET6: Family = Family {
    is_digit: u8::is_ascii_alphanumeric,
    length_word: "prefixlen",
    count: count_inet6,
};

/// One range of an address, counted: at least one number.
struct Counted {
    /// The address with the first number.
    first: String,
    /// The numbers that follow the first.
    more: Range<i64>,
    spell: fn(i64) -> String,
    before: String,
    behind: String,
}

impl Counted {
    fn len(&self) -> usize {
        let more = self.more.end.saturating_sub(self.more.start).max(0);
        usize::try_from(more)
            .unwrap_or(usize::MAX)
            .saturating_add(1)
    }

    fn addresses(self) -> impl Iterator<Item = String> {
        let (spell, before, behind) = (self.spell, self.before, self.behind);
        let more = self
            .more
            .map(move |number| format!("{before}{}{behind}", spell(number)));
        iter::once(self.first).chain(more)
    }
}

/// The addresses that a range stands for. They are not made before somebody wants them.
pub(super) struct Addresses<'t> {
    family: &'static Family,
    range: &'t str,
    most: i64,
    keeps_length: bool,
    /// How many they are.
    pub(super) count: usize,
}

impl<'t> Addresses<'t> {
    fn of(
        family: &'static Family,
        range: &'t str,
        rest: &str,
        most: i64,
    ) -> Result<Self, LossReason> {
        let mut addresses = Self {
            family,
            range,
            most,
            keeps_length: !rest.contains(family.length_word),
            count: 1,
        };
        if !addresses.has_range(range) {
            return Err(LossReason::Endless);
        }
        if range.len() > LONGEST {
            return Err(LossReason::TooMany);
        }
        // Addresses of one range differ in its number alone: what is left to count in the first is left in all.
        let mut first = range.to_owned();
        while addresses.has_range(&first) {
            let counted = (family.count)(&first, most)?;
            addresses.count = addresses.count.saturating_mul(counted.len());
            if addresses.count > MOST {
                return Err(LossReason::TooMany);
            }
            // Two ranges in one address of IPv6 only make it longer.
            if counted.first == first || counted.first.len() > LONGEST {
                return Err(LossReason::Endless);
            }
            first = counted.first;
        }
        Ok(addresses)
    }

    fn has_range(&self, address: &str) -> bool {
        hyphen_between(address, self.family.is_digit)
    }

    /// Makes them, in the order of the scripts.
    pub(super) fn make(&self) -> Result<Vec<String>, LossReason> {
        let mut made = vec![self.range.to_owned()];
        while made.first().is_some_and(|first| self.has_range(first)) {
            let mut next = Vec::new();
            for address in &made {
                next.extend((self.family.count)(address, self.most)?.addresses());
            }
            made = next;
        }
        if !self.keeps_length {
            for address in &mut made {
                let bare = without_prefix_length(address).len();
                address.truncate(bare);
            }
        }
        Ok(made)
    }
}

/// A hyphen between two characters of a kind.
fn hyphen_between(text: &str, kind: fn(&u8) -> bool) -> bool {
    text.as_bytes()
        .windows(3)
        .any(|w| w[1] == b'-' && kind(&w[0]) && kind(&w[2]))
}

/// What `[` takes for a decimal number.
fn decimal(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().unwrap_or(i64::MAX))
}

/// What `$((…))` takes for a number: octal behind a leading 0.
fn arithmetic(text: &str) -> Option<i64> {
    if text.len() > 1 && text.starts_with('0') {
        return i64::from_str_radix(&text[1..], 8).ok();
    }
    decimal(text)
}

/// `${text%/[0-9]*}`
fn without_prefix_length(text: &str) -> &str {
    text.rmatch_indices('/')
        .find(|(at, _)| text.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit))
        .map_or(text, |(at, _)| &text[..at])
}

/// The addresses of an IPv4 range; `rest` are the words behind it.
pub(super) fn inet<'t>(
    address: &'t str,
    rest: &str,
    most: i64,
) -> Result<Addresses<'t>, LossReason> {
    if address.contains("--") || rest.contains("--") {
        return Err(LossReason::DoubleHyphen);
    }
    Addresses::of(&INET, address, rest, most)
}

/// Counts the first range among the numbers of an address. The first number stays as it is written, and with the
/// prefix length that is written; with a leading 0 the shell goes on from what it says in octal.
fn count_inet(address: &str, most: i64) -> Result<Counted, LossReason> {
    let host = address.split('/').next().unwrap_or("");
    let length = match address.rsplit_once('/') {
        Some((_, length)) => length,
        None => "32",
    };
    let is_range = |part: &&str| {
        part.starts_with(|c: char| c.is_ascii_digit())
            && part
                .as_bytes()
                .windows(2)
                .any(|w| w[0] == b'-' && w[1].is_ascii_digit())
    };
    let parts: Vec<&str> = host.split('.').collect();
    let Some(index) = parts.iter().position(is_range) else {
        return Err(LossReason::NotARange);
    };
    let range = parts[index];
    let low = range.rsplit_once('-').map_or("", |(low, _)| low);
    let high = range.split_once('-').map_or("", |(_, high)| high);
    let (Some(first), Some(last), Some(base)) = (decimal(low), decimal(high), arithmetic(low))
    else {
        return Err(LossReason::NotARange);
    };
    if first > last {
        return Err(LossReason::NotARange);
    }
    let before: String = parts[..index].iter().flat_map(|part| [part, "."]).collect();
    let behind: String = parts[index + 1..]
        .iter()
        .flat_map(|part| [".", part])
        .collect();
    let slash = if length.is_empty() { "" } else { "/" };
    Ok(Counted {
        first: format!("{before}{low}{behind}{slash}{length}"),
        more: following(first, base, last, most),
        spell: |number| number.to_string(),
        before,
        behind: behind + "/32",
    })
}

/// The numbers behind the first, which goes for `base`, up to the last. The scripts look at `netif_ipexpand_max` when
/// they have passed it.
fn following(first: i64, base: i64, last: i64, most: i64) -> Range<i64> {
    let start = base.saturating_add(1);
    let end = if first > base.saturating_add(most) {
        start
    } else {
        last.min(base.saturating_add(most).saturating_add(1))
            .saturating_add(1)
    };
    start..end
}

/// The addresses of an IPv6 range.
pub(super) fn inet6<'t>(
    address: &'t str,
    rest: &str,
    most: i64,
) -> Result<Addresses<'t>, LossReason> {
    let lost_in_rest = rest.find("--").is_some_and(|at| rest[at..].contains(':'));
    if address.contains("--") || lost_in_rest {
        return Err(LossReason::DoubleHyphen);
    }
    Addresses::of(&INET6, address, rest, most)
}

/// Counts from the number before the last hyphen to the one behind the first.
fn count_inet6(address: &str, most: i64) -> Result<Counted, LossReason> {
    let host = address.split('/').next().unwrap_or("");
    let length = address.rsplit_once('/').map_or("64", |(_, length)| length);
    let ends_in_ipv4 = host
        .split_once(':')
        .is_some_and(|(_, rest)| rest.matches('.').count() >= 3);
    if ends_in_ipv4 {
        // Expanded as `inet`, which the caller does not take for an inet6 alias.
        return Err(LossReason::FamilyElsewhere);
    }
    let (left, right) = match (host.rsplit_once('-'), host.split_once('-')) {
        (Some((left, _)), Some((_, right))) => (left, right),
        _ => return Err(LossReason::NotARange),
    };
    let low = left.rsplit(':').next().unwrap_or("");
    let high = right.split(':').next().unwrap_or("");
    let left = left.rsplit_once(':').map_or(left, |(left, _)| left);
    let right = right.split_once(':').map_or(right, |(_, right)| right);
    let tail = if high == right {
        String::new()
    } else {
        format!(":{right}")
    };
    let slash = if length.is_empty() { "" } else { "/" };
    if low.is_empty() || high.is_empty() {
        return Ok(Counted {
            first: format!("{host}{slash}{length}"),
            more: 0..0,
            spell: |_| String::new(),
            before: String::new(),
            behind: String::new(),
        });
    }
    let hexadecimal = |text: &str| {
        let digits = text.bytes().all(|b| b.is_ascii_hexdigit());
        digits.then(|| i64::from_str_radix(text, 16).unwrap_or(i64::MAX))
    };
    let (Some(first), Some(last)) = (hexadecimal(low), hexadecimal(high)) else {
        return Err(LossReason::NotARange);
    };
    if first > last {
        return Err(LossReason::NotARange);
    }
    let spell = |number| format!("{number:04x}");
    let (before, behind) = (format!("{left}:"), format!("{tail}{slash}{length}"));
    Ok(Counted {
        first: format!("{before}{}{behind}", spell(first)),
        more: following(first, first, last, most),
        spell,
        before,
        behind,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_counted_as_the_scripts_count() {
        let made = |addresses: Result<Addresses<'_>, LossReason>| -> Result<_, LossReason> {
            let addresses = addresses?;
            let list = addresses.make()?;
            assert_eq!(list.len(), addresses.count);
            Ok(list)
        };
        let ok = |list: &[&str]| Ok(list.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            made(inet("192.0.2.10-12/24", "", 2048)),
            ok(&["192.0.2.10/24", "192.0.2.11/32", "192.0.2.12/32"])
        );
        assert_eq!(
            made(inet("192.0.2.1-2", "netmask 1", 2048)),
            ok(&["192.0.2.1", "192.0.2.2"])
        );
        assert_eq!(
            made(inet("10.0-1.2.1-2", "", 2048)),
            ok(&["10.0.2.1/32", "10.0.2.2/32", "10.1.2.1/32", "10.1.2.2/32"])
        );
        // 010 is 10 to test(1), and 8 where the shell counts.
        assert_eq!(
            made(inet("10.0.0.010-11", "", 2048)),
            ok(&[
                "10.0.0.010/32",
                "10.0.0.9/32",
                "10.0.0.10/32",
                "10.0.0.11/32"
            ])
        );
        assert_eq!(
            made(inet6("2001:db8:1-2::1", "", 9)),
            ok(&["2001:db8:0001::1/64", "2001:db8:0002::1/64"])
        );
        assert_eq!(
            made(inet6("fe80::9-b/128", "prefixlen 64", 9)),
            ok(&["fe80::0009", "fe80::000a", "fe80::000b"])
        );
    }

    #[test]
    fn counting_makes_no_address() {
        let count = |addresses: Result<Addresses<'_>, LossReason>| addresses.map(|a| a.count);
        assert_eq!(count(inet("10.0.0.0-255", "", 31)), Ok(33));
        assert_eq!(count(inet("10.0.0-255.0-255", "", 2048)), Ok(1 << 16));
        assert_eq!(
            count(inet("10.0.0.5-4", "", 31)),
            Err(LossReason::NotARange)
        );
        assert_eq!(
            count(inet("0-9999.0-9999.0-9999.0-9999", "", 2048)),
            Err(LossReason::TooMany)
        );
        assert_eq!(
            count(inet("10.0.0.0-99999999999", "", i64::MAX)),
            Err(LossReason::TooMany)
        );
        assert_eq!(
            count(inet("0-99.0-99.0-99.5-4", "", 2048)),
            Err(LossReason::TooMany)
        );
        assert_eq!(
            count(inet("vhid", "1 pass a-b", 31)),
            Err(LossReason::Endless)
        );
        assert_eq!(
            count(inet("10.0.0.1", "pass a--b", 31)),
            Err(LossReason::DoubleHyphen)
        );
        assert_eq!(
            count(inet6("2001:db8:1-5:5-6::1", "", 2048)),
            Err(LossReason::Endless)
        );
    }
}
