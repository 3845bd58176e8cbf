//! devd.conf, as far as it tells which events of the network run something (`devd.conf(5)`, `sbin/devd` of FreeBSD).

use std::collections::BTreeMap;

use super::text::Text;
use crate::model::Place;

/// `match "NAME" "PATTERN"`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevdMatch {
    /// The variable of the event.
    pub name: String,
    /// The regular expression, with the variables of `options` replaced; none where one of them is not known.
    pub pattern: Option<String>,
    /// Where the pattern stands.
    pub place: Place,
}

/// A `notify` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevdNotify {
    /// Where it begins.
    pub place: Place,
    /// What an event must match.
    pub matches: Vec<DevdMatch>,
}

impl DevdNotify {
    /// What a variable of the event must match.
    #[must_use]
    pub fn pattern(&self, name: &str) -> Option<&DevdMatch> {
        self.matches.iter().find(|found| found.name == name)
    }
}

struct Token<'t> {
    text: &'t str,
    quoted: bool,
    at: usize,
}

/// Reads devd.conf or one of its companions.
#[must_use]
pub fn devd_conf(text: &Text<'_>) -> Vec<DevdNotify> {
    let tokens = tokens(text.text());
    let mut found = Vec::new();
    let mut variables: BTreeMap<&str, &str> = BTreeMap::new();
    let mut block = "";
    let mut rest = tokens.as_slice();
    while let Some((token, behind)) = rest.split_first() {
        rest = behind;
        match (token.text, rest) {
            _ if token.quoted => {}
            ("}", _) => block = "",
            ("notify", _) if block.is_empty() => {
                block = "notify";
                found.push(DevdNotify {
                    place: text.place(token.at),
                    matches: Vec::new(),
                });
            }
            ("options" | "attach" | "detach" | "nomatch", _) if block.is_empty() => {
                block = token.text;
            }
            ("set", [name, value, ..]) if block == "options" && value.quoted => {
                variables.insert(name.text, value.text);
                rest = &rest[2..];
            }
            ("match", [name, value, ..]) if block == "notify" && value.quoted => {
                if let Some(notify) = found.last_mut() {
                    notify.matches.push(DevdMatch {
                        name: name.text.to_owned(),
                        pattern: replaced(value.text, &variables),
                        place: text.place(value.at),
                    });
                }
                rest = &rest[2..];
            }
            _ => {}
        }
    }
    found
}

/// Words, strings and single characters; comments are `#`, `//` and `/* … */`.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = if c == '#' || rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if c == '"' {
            let inner = rest[1..].find('"').unwrap_or(rest.len() - 1);
            found.push(Token {
                text: &rest[1..=inner],
                quoted: true,
                at,
            });
            (inner + 2).min(rest.len())
        } else if c.is_whitespace() {
            c.len_utf8()
        } else {
            let ends = |c: char| c.is_whitespace() || matches!(c, '{' | '}' | ';' | '"' | '#');
            let length = rest
                .find(ends)
                .map_or(rest.len(), |end| end.max(c.len_utf8()));
            found.push(Token {
                text: &rest[..length],
                quoted: false,
                at,
            });
            length
        };
        at += length;
    }
    found
}

/// A pattern with `$name` replaced. A `$` at the end, or before what is no name, is one of the expression.
fn replaced(pattern: &str, variables: &BTreeMap<&str, &str>) -> Option<String> {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find('$') {
        text.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let end = behind
            .find(|c: char| !c.is_ascii_alphanumeric() && !"_-".contains(c))
            .unwrap_or(behind.len());
        match &behind[..end] {
            "" => text.push('$'),
            name => text.push_str(variables.get(name)?),
        }
        rest = &behind[end..];
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FileId;

    #[test]
    fn notify_blocks_are_read_and_others_passed_over() {
        let text = "# match \"system\" \"X\"\noptions { directory \"/etc/devd\"; set carp \"[0-9]+@em0\"; };\n\
                    attach 10 { match \"vendor\" \"0x1\"; };\n\
                    notify 30 {\n  match \"system\" \"CARP\"; // all\n  match \"subsystem\" \"$carp\";\n  action \"/bin/x $subsystem $type\";\n};\n";
        let found = devd_conf(&Text::new(FileId(0), text));
        assert_eq!(found.len(), 1);
        let pattern = |name| found[0].pattern(name).and_then(|m| m.pattern.clone());
        assert_eq!(pattern("system").as_deref(), Some("CARP"));
        assert_eq!(pattern("subsystem").as_deref(), Some("[0-9]+@em0"));
        assert_eq!(found[0].pattern("subsystem").map(|m| m.place.line), Some(6));
        assert_eq!(found[0].matches.len(), 2);
    }
}
