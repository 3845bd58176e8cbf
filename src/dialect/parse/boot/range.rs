//! Address ranges: `ifalias_expand_addr_inet` and `ifalias_expand_addr_inet6` of `network.subr`.

use super::LossReason;

/// How many addresses one range may become before it is no longer followed. The scripts know only a limit for
/// each number of an address.
const MOST: usize = 1 << 16;

/// The longest word that is expanded: no address is nearly as long.
const LONGEST: usize = 256;

/// What a range becomes.
pub(super) type Expanded = Result<Vec<String>, LossReason>;

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

/// The addresses of an IPv4 range, or none where it is taken as it is; `rest` are the words behind it.
pub(super) fn inet(address: &str, rest: &str, most: i64) -> Expanded {
    if address.contains("--") || rest.contains("--") {
        return Err(LossReason::DoubleHyphen);
    }
    if !hyphen_between(address, u8::is_ascii_digit) {
        return Err(LossReason::Endless);
    }
    if address.len() > LONGEST {
        return Err(LossReason::TooMany);
    }
    let mut waiting = vec![address.to_owned()];
    let mut done = Vec::new();
    while let Some(next) = waiting.pop() {
        if !hyphen_between(&next, u8::is_ascii_digit) {
            let keeps = !rest.contains("netmask");
            done.push(if keeps {
                next
            } else {
                without_prefix_length(&next).to_owned()
            });
        } else {
            let mut some = inet_numbers(&next, most)?;
            some.reverse();
            waiting.append(&mut some);
        }
        if done.len() + waiting.len() > MOST {
            return Err(LossReason::TooMany);
        }
    }
    if done.is_empty() {
        Err(LossReason::NotARange)
    } else {
        Ok(done)
    }
}

/// Counts the first range among the numbers of an address.
fn inet_numbers(address: &str, most: i64) -> Expanded {
    let host = address.split('/').next().unwrap_or("");
    let mut length = match address.rsplit_once('/') {
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
    let mut result = Vec::new();
    let (mut number, mut text) = (first, low.to_owned());
    while number <= last {
        let mut parts = parts.clone();
        parts[index] = &text;
        let mut address = parts.join(".");
        if !length.is_empty() {
            address.push('/');
            address.push_str(length);
        }
        result.push(address);
        if number > base.saturating_add(most) || result.len() > MOST {
            break;
        }
        let Some(next) = arithmetic(&text) else {
            return Err(LossReason::NotARange);
        };
        number = next.saturating_add(1);
        text = number.to_string();
        length = "32";
    }
    Ok(result)
}

/// The addresses of an IPv6 range.
pub(super) fn inet6(address: &str, rest: &str, most: i64) -> Expanded {
    let lost_in_rest = rest.find("--").is_some_and(|at| rest[at..].contains(':'));
    if address.contains("--") || lost_in_rest {
        return Err(LossReason::DoubleHyphen);
    }
    if !hyphen_between(address, u8::is_ascii_alphanumeric) {
        return Err(LossReason::Endless);
    }
    if address.len() > LONGEST {
        return Err(LossReason::TooMany);
    }
    let mut waiting = vec![address.to_owned()];
    let mut done = Vec::new();
    while let Some(next) = waiting.pop() {
        if !hyphen_between(&next, u8::is_ascii_alphanumeric) {
            let keeps = !rest.contains("prefixlen");
            done.push(if keeps {
                next
            } else {
                without_prefix_length(&next).to_owned()
            });
        } else {
            let mut some = inet6_numbers(&next, most)?;
            if some.first() == Some(&next) {
                return Err(LossReason::Endless);
            }
            some.reverse();
            waiting.append(&mut some);
        }
        if done.len() + waiting.len() > MOST {
            return Err(LossReason::TooMany);
        }
    }
    if done.is_empty() {
        Err(LossReason::NotARange)
    } else {
        Ok(done)
    }
}

fn inet6_numbers(address: &str, most: i64) -> Expanded {
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
        return Ok(vec![format!("{host}{slash}{length}")]);
    }
    let hexadecimal = |text: &str| {
        let digits = text.bytes().all(|b| b.is_ascii_hexdigit());
        digits.then(|| i64::from_str_radix(text, 16).unwrap_or(i64::MAX))
    };
    let (Some(first), Some(last)) = (hexadecimal(low), hexadecimal(high)) else {
        return Err(LossReason::NotARange);
    };
    let mut result = Vec::new();
    let mut number = first;
    while number <= last {
        result.push(format!("{left}:{number:04x}{tail}{slash}{length}"));
        if number > first.saturating_add(most) || result.len() > MOST {
            break;
        }
        number = number.saturating_add(1);
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_counted_as_the_scripts_count() {
        let ok = |list: &[&str]| Ok(list.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            inet("192.0.2.10-12/24", "", 2048),
            ok(&["192.0.2.10/24", "192.0.2.11/32", "192.0.2.12/32"])
        );
        assert_eq!(
            inet("192.0.2.1-2", "netmask 1", 2048),
            ok(&["192.0.2.1", "192.0.2.2"])
        );
        assert_eq!(inet("10.0-1.2.1-2", "", 2048).map(|list| list.len()), Ok(4));
        assert_eq!(inet("10.0.0.0-255", "", 31).map(|list| list.len()), Ok(33));
        assert_eq!(inet("10.0.0.5-4", "", 31), Err(LossReason::NotARange));
        assert_eq!(
            inet("0-9999.0-9999.0-9999.0-9999", "", 2048),
            Err(LossReason::TooMany)
        );
        assert_eq!(inet("vhid", "1 pass a-b", 31), Err(LossReason::Endless));
        assert_eq!(
            inet("10.0.0.1", "pass a--b", 31),
            Err(LossReason::DoubleHyphen)
        );
        assert_eq!(
            inet6("2001:db8:1-2::1", "", 9),
            ok(&["2001:db8:0001::1/64", "2001:db8:0002::1/64"])
        );
        assert_eq!(
            inet6("fe80::9-b/128", "prefixlen 64", 9),
            ok(&["fe80::0009", "fe80::000a", "fe80::000b"])
        );
    }
}
