//! Words of pf.conf (`yylex` in FreeBSD `sbin/pfctl/parse.y`), with macros replaced.

use std::collections::BTreeMap;

use super::super::text::Text;
use crate::model::Place;

/// So many words may come out of one file: macros can double themselves.
const MOST: usize = 50_000;

/// A word, a string or a single character of syntax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// Its text.
    pub(super) text: String,
    /// It was in quotes.
    pub(super) quoted: bool,
    /// Where it stands; for what comes from a macro, where the macro is named.
    pub(super) place: Place,
}

impl Token {
    pub(super) fn is(&self, text: &str) -> bool {
        !self.quoted && self.text == text
    }
}

/// Macros may name macros so deep.
const DEEPEST: usize = 16;

const SYNTAX: &[char] = &['{', '}', '(', ')', ',', '=', '!', '<', '>'];

/// The statements of a file, with macros replaced; `None` for one that names a macro which is not there, or that is
/// never closed.
pub(super) fn statements(text: &Text<'_>) -> Vec<(Place, Option<Vec<Token>>)> {
    let mut macros: BTreeMap<String, Vec<Token>> = BTreeMap::new();
    let mut found = Vec::new();
    let mut left = MOST;
    let (lines, open) = lines(text);
    let last = lines.len() - 1;
    for (index, raw) in lines.into_iter().enumerate() {
        let Some(first) = raw.first() else { continue };
        let place = first.place;
        if open && index == last {
            // It has swallowed whatever stands behind.
            found.push((place, None));
            continue;
        }
        if let [name, equals, value @ ..] = raw.as_slice()
            && equals.is("=")
            && !name.quoted
        {
            let value = value.iter().flat_map(|token| {
                if token.quoted {
                    inside(token)
                } else {
                    vec![token.clone()]
                }
            });
            macros.insert(name.text.clone(), value.collect());
            continue;
        }
        let mut tokens = Vec::new();
        let whole = raw
            .iter()
            .all(|token| replace(token, (token.place, 0), &macros, &mut left, &mut tokens));
        found.push((place, whole.then_some(tokens)));
    }
    found
}

/// The tokens of a file, by statement: a line, or more where braces are open. True where the last one is never closed.
fn lines(text: &Text<'_>) -> (Vec<Vec<Token>>, bool) {
    let mut lines = vec![Vec::new()];
    let mut depth = 0_usize;
    let source = text.text();
    let mut open_quote = false;
    for token in tokens(source, |at| text.place(at)) {
        // Its quote, the text, and the quote that closes it.
        open_quote =
            token.quoted && token.place.offset as usize + token.text.len() + 2 > source.len();
        match token.text.as_str() {
            "\n" if !token.quoted => {
                if depth == 0 {
                    lines.push(Vec::new());
                }
                continue;
            }
            "{" | "(" if !token.quoted => depth += 1,
            "}" | ")" if !token.quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if let Some(line) = lines.last_mut() {
            line.push(token);
        }
    }
    (lines, depth > 0 || open_quote)
}

/// The tokens of a quoted value, which is read again where it is used.
fn inside(token: &Token) -> Vec<Token> {
    let mut found = tokens(&token.text, |_| token.place);
    found.retain(|token| token.text != "\n");
    found
}

fn tokens(text: &str, place: impl Fn(usize) -> Place) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let mut push = |text: &str, quoted| {
            found.push(Token {
                text: text.to_owned(),
                quoted,
                place: place(at),
            });
        };
        if rest.starts_with("\\\n") {
            at += 2;
        } else if rest.starts_with("\\\r\n") {
            at += 3;
        } else if c == '#' {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if c == '"' || c == '\'' {
            let length = rest[1..].find(c).unwrap_or(rest.len() - 1);
            push(&rest[1..=length], true);
            at += length + 1 + usize::from(rest.len() > length + 1);
        } else if c == '\n' || SYNTAX.contains(&c) {
            push(&rest[..1], false);
            at += 1;
        } else if c.is_whitespace() {
            at += c.len_utf8();
        } else {
            let ends =
                |c: char| c.is_whitespace() || SYNTAX.contains(&c) || matches!(c, '"' | '\'' | '#');
            let end = rest.find(ends).unwrap_or(rest.len());
            push(&rest[..end], false);
            at += end;
        }
    }
    found
}

/// Puts a token, or what its macro stands for, behind the others. False where there is no such macro, or too much.
fn replace(
    token: &Token,
    (place, depth): (Place, usize),
    macros: &BTreeMap<String, Vec<Token>>,
    left: &mut usize,
    into: &mut Vec<Token>,
) -> bool {
    if *left == 0 || depth > DEEPEST {
        return false;
    }
    *left -= 1;
    let name = token.text.strip_prefix('$').filter(|_| !token.quoted);
    let Some(name) = name else {
        into.push(Token {
            place,
            ..token.clone()
        });
        return true;
    };
    let end = name
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(name.len());
    let Some(value) = macros.get(&name[..end]) else {
        return false;
    };
    let whole = value
        .iter()
        .all(|token| replace(token, (place, depth + 1), macros, left, into));
    // `$if:network` and `$net/24`
    if let Some(last) = into.last_mut().filter(|_| end < name.len()) {
        last.text.push_str(&name[end..]);
    }
    whole
}
