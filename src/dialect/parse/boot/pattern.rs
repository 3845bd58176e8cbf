//! File name patterns of `sh(1)`.

/// The text has a character that can make it a pattern.
pub(super) fn is_pattern(text: &str) -> bool {
    text.bytes().any(|b| matches!(b, b'*' | b'?' | b'['))
}

/// The names that a pattern matches, in ascending order. A leading dot must be written out.
pub(super) fn matching<'n>(pattern: &str, names: &[&'n str]) -> Vec<&'n str> {
    let pattern: Vec<char> = pattern.chars().collect();
    let mut found: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| name.starts_with('.') <= (pattern.first() == Some(&'.')))
        .filter(|name| matches(&pattern, name))
        .collect();
    found.sort_unstable();
    found
}

fn matches(pattern: &[char], name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    // Where to go on if what follows the last `*` does not match.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if pattern.get(p) == Some(&'*') {
            retry = Some((p + 1, n));
            p += 1;
            continue;
        }
        let step = name.get(n).and_then(|c| one(pattern, p, *c));
        if p == pattern.len() && n == name.len() {
            return true;
        }
        if let Some(next) = step {
            (p, n) = (next, n + 1);
        } else if let Some((after, from)) = retry.filter(|(_, from)| *from < name.len()) {
            retry = Some((after, from + 1));
            (p, n) = (after, from + 1);
        } else {
            return false;
        }
    }
}

/// Matches one character; where the pattern goes on if it does.
fn one(pattern: &[char], p: usize, c: char) -> Option<usize> {
    match *pattern.get(p)? {
        '?' => Some(p + 1),
        '\\' if p + 1 < pattern.len() => (pattern[p + 1] == c).then_some(p + 2),
        '[' => match class(pattern, p + 1, c) {
            Some((hit, next)) => hit.then_some(next),
            None => (c == '[').then_some(p + 1),
        },
        other => (other == c).then_some(p + 1),
    }
}

/// A class in brackets: whether it holds the character, and what is behind it; none if it is not closed.
fn class(pattern: &[char], mut p: usize, c: char) -> Option<(bool, usize)> {
    let negated = matches!(pattern.get(p), Some('!' | '^'));
    p += usize::from(negated);
    let (start, mut hit) = (p, false);
    loop {
        let low = *pattern.get(p)?;
        if low == ']' && p > start {
            return Some((hit != negated, p + 1));
        }
        match (pattern.get(p + 1), pattern.get(p + 2)) {
            (Some('-'), Some(high)) if *high != ']' => {
                hit |= (low..=*high).contains(&c);
                p += 3;
            }
            _ => {
                hit |= low == c;
                p += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_the_shell() {
        let names = [".profile", "bin", "boot", "dev", "tmp"];
        assert_eq!(matching("b*n", &names), ["bin"]);
        assert_eq!(matching("???", &names), ["bin", "dev", "tmp"]);
        assert_eq!(matching("[!b]*", &names), ["dev", "tmp"]);
        assert_eq!(matching("[a-c]??t", &names), ["boot"]);
        assert_eq!(matching(".*", &names), [".profile"]);
        assert_eq!(matching("b[in", &names), [""; 0]);
        assert_eq!(matching("*", &names), ["bin", "boot", "dev", "tmp"]);
        assert_eq!(matching("\\bin", &names), ["bin"]);
    }
}
