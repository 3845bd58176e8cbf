//! Extended regular expressions, as far as devd.conf needs them (`regex(7)`, `re_format(7)`).

/// An expression.
#[derive(Debug)]
pub(super) struct Pattern {
    branches: Vec<Branch>,
}

type Branch = Vec<(Atom, usize, usize)>;

#[derive(Debug)]
enum Atom {
    Character(char),
    Any,
    Start,
    End,
    Set(bool, Vec<(char, char)>),
    Group(Vec<Branch>),
}

/// So many steps are taken at most: expressions can take endless time.
const MOST_STEPS: usize = 100_000;

struct Reader<'p> {
    rest: std::iter::Peekable<std::str::Chars<'p>>,
    depth: usize,
}

impl Pattern {
    /// Reads an expression that `devd(8)` holds against a whole value: `^` before, `$` behind it. `None` for what is not
    /// understood.
    pub(super) fn whole(text: &str) -> Option<Self> {
        let text = format!("^{text}$");
        let mut reader = Reader {
            rest: text.chars().peekable(),
            depth: 0,
        };
        let branches = reader.branches()?;
        reader.rest.next().is_none().then_some(Self { branches })
    }

    /// Whether the expression matches, large and small letters being the same; `None` where that takes too long.
    pub(super) fn matches(&self, text: &str) -> Option<bool> {
        let text: Vec<char> = text.to_lowercase().chars().collect();
        let mut steps = MOST_STEPS;
        let mut found = false;
        for start in 0..=text.len() {
            let mut end = |_: usize, _: &mut usize| true;
            found |= branches(&self.branches, &text, start, &mut steps, &mut end);
        }
        (steps > 0).then_some(found)
    }
}

impl Reader<'_> {
    fn branches(&mut self) -> Option<Vec<Branch>> {
        let mut all = vec![self.branch()?];
        while self.rest.next_if_eq(&'|').is_some() {
            all.push(self.branch()?);
        }
        Some(all)
    }

    fn branch(&mut self) -> Option<Branch> {
        let mut atoms = Vec::new();
        while let Some(c) = self.rest.peek().copied().filter(|c| !"|)".contains(*c)) {
            self.rest.next();
            let atom = match c {
                '.' => Atom::Any,
                '^' => Atom::Start,
                '$' => Atom::End,
                '[' => self.set()?,
                '\\' => {
                    let escaped = self.rest.next()?;
                    // Letters and digits mean something else there, and a backslash may have been meant for another.
                    if escaped.is_alphanumeric() || escaped == '\\' {
                        return None;
                    }
                    Atom::Character(escaped)
                }
                '(' if self.depth < 20 => {
                    self.depth += 1;
                    let inner = self.branches()?;
                    self.depth -= 1;
                    self.rest.next_if_eq(&')')?;
                    Atom::Group(inner)
                }
                '(' | '*' | '+' | '?' | '{' => return None,
                other => Atom::Character(other.to_ascii_lowercase()),
            };
            let (least, most) = self.times()?;
            atoms.push((atom, least, most));
        }
        Some(atoms)
    }

    fn times(&mut self) -> Option<(usize, usize)> {
        let times = match self.rest.peek() {
            Some('*') => (0, usize::MAX),
            Some('+') => (1, usize::MAX),
            Some('?') => (0, 1),
            Some('{') => {
                self.rest.next();
                let mut text = String::new();
                loop {
                    match self.rest.next()? {
                        '}' => break,
                        c => text.push(c),
                    }
                }
                let (least, most) = text.split_once(',').unwrap_or((&text, &text));
                let least = least.parse().ok()?;
                let most = if most.is_empty() {
                    usize::MAX
                } else {
                    most.parse().ok()?
                };
                // `RE_DUP_MAX`
                let bounded = least <= 255 && (most <= 255 || most == usize::MAX);
                return bounded.then_some((least, most));
            }
            _ => return Some((1, 1)),
        };
        self.rest.next();
        Some(times)
    }

    /// What stands behind `[`.
    fn set(&mut self) -> Option<Atom> {
        let negated = self.rest.next_if_eq(&'^').is_some();
        let mut ranges = Vec::new();
        loop {
            let c = self.rest.next()?;
            match c {
                ']' if !ranges.is_empty() => return Some(Atom::Set(negated, ranges)),
                '[' if self.rest.peek() == Some(&':') => {
                    let mut name = String::new();
                    while !name.ends_with(":]") {
                        name.push(self.rest.next()?);
                    }
                    ranges.extend(class(&name)?);
                    continue;
                }
                _ => {}
            }
            let mut end = c;
            if self.rest.peek() == Some(&'-') {
                let mut ahead = self.rest.clone();
                ahead.next();
                if let Some(last) = ahead.next().filter(|last| *last != ']') {
                    end = last;
                    self.rest = ahead;
                }
            }
            ranges.push((c, end));
        }
    }
}

/// `:digit:]` and its like.
fn class(name: &str) -> Option<&'static [(char, char)]> {
    Some(match name {
        ":digit:]" => &[('0', '9')],
        ":alpha:]" | ":lower:]" | ":upper:]" => &[('a', 'z')],
        ":alnum:]" => &[('a', 'z'), ('0', '9')],
        _ => return None,
    })
}

type Then<'t> = &'t mut dyn FnMut(usize, &mut usize) -> bool;

fn branches(all: &[Branch], text: &[char], at: usize, steps: &mut usize, then: Then<'_>) -> bool {
    all.iter()
        .any(|atoms| sequence(atoms, text, at, 0, steps, then))
}

/// Matches a sequence whose first atom has matched `count` times already.
fn sequence(
    atoms: &[(Atom, usize, usize)],
    text: &[char],
    at: usize,
    count: usize,
    steps: &mut usize,
    then: Then<'_>,
) -> bool {
    if *steps == 0 {
        return false;
    }
    *steps -= 1;
    let Some(((atom, least, most), rest)) = atoms.split_first() else {
        return then(at, steps);
    };
    if count < *most {
        let mut again = |next: usize, steps: &mut usize| {
            // Nothing, as often as one likes, is nothing.
            (next > at || count < *least) && sequence(atoms, text, next, count + 1, steps, then)
        };
        if once(atom, text, at, steps, &mut again) {
            return true;
        }
    }
    count >= *least && sequence(rest, text, at, 0, steps, then)
}

fn once(atom: &Atom, text: &[char], at: usize, steps: &mut usize, then: Then<'_>) -> bool {
    let one = |fits: bool| fits.then_some(at + 1);
    let next = match atom {
        Atom::Group(inner) => return branches(inner, text, at, steps, then),
        Atom::Start => (at == 0).then_some(at),
        Atom::End => (at == text.len()).then_some(at),
        Atom::Any => one(at < text.len()),
        Atom::Character(c) => one(text.get(at) == Some(c)),
        Atom::Set(negated, ranges) => one(text.get(at).is_some_and(|c| {
            let upper = c.to_ascii_uppercase();
            let has = |c| ranges.iter().any(|(from, to)| (*from..=*to).contains(c));
            (has(c) || has(&upper)) != *negated
        })),
    };
    next.is_some_and(|next| then(next, steps))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> Option<bool> {
        Pattern::whole(pattern)?.matches(text)
    }

    #[test]
    fn whole_values_are_matched() {
        for (pattern, text, fits) in [
            ("[0-9]+@[0-9a-z]+", "1@em0", true),
            ("[0-9]+@[0-9a-z]+", "1@em0.100", false),
            ("[0-9]+@[0-9a-z_.]+", "1@em0.100", true),
            ("(1|2)@(em|igb)[0-9]", "2@igb1", true),
            ("(1|2)@(em|igb)[0-9]", "3@igb1", false),
            ("carp[0-9]{1,2}", "carp10", true),
            ("CARP.*", "carp0", true),
            ("em0\\.100", "em0x100", false),
            ("[^@]*@em0", "1@em0", true),
            ("[[:digit:]]+@em0", "12@em0", true),
            ("a|b", "ac", true),
            ("(a*)*b", "aaaaaaaaaaaa", false),
        ] {
            assert_eq!(matches(pattern, text), Some(fits), "{pattern} {text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said_so() {
        assert_eq!(matches("(a", "a"), None);
        assert_eq!(matches("\\d+", "1"), None);
        assert_eq!(matches("(a|a)*(a|a)*(a|a)*b", &"a".repeat(60)), None);
    }
}
