//! Values of the description that are more than a text or a number.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use crate::config::problem::{Problem, ProblemKind};
use crate::config::reader::{FromToml, Item, List, Map, Number, type_name, words, wrong_value};
use crate::model::{
    Key, LintLevel, Peers, PrivilegeCommand, RcTarget, Release, Route, Secret, SecretReference,
};

/// A vhid's number.
pub type VhidNumber = Number<1, 255>;

/// The base of the advertisement interval in seconds.
pub type AdvbaseValue = Number<0, 255>;

/// The advskew of each node.
pub type AdvSkewMap = Map<Number<0, 254>>;

words! {
    /// What gives root's rights after login.
    Become => PrivilegeCommand {
        "none" => PrivilegeCommand::None, "doas" => PrivilegeCommand::Doas, "sudo" => PrivilegeCommand::Sudo,
    }
}

words! {
    /// Where boot lines go.
    RcTargetValue => RcTarget { "rc.conf" => RcTarget::RcConf, "rc.conf.d/network" => RcTarget::Network }
}

words! {
    /// Where advertisements go.
    PeersValue => Peers { "multicast" => Peers::Multicast, "unicast" => Peers::Unicast }
}

words! {
    /// How loud a rule is.
    LintWord => LintLevel { "allow" => LintLevel::Allow, "warn" => LintLevel::Warn, "deny" => LintLevel::Deny }
}

/// Rules and how loud they are.
pub type LintMap = Map<LintWord>;

/// A FreeBSD release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleaseValue(pub Release);

impl FromToml for ReleaseValue {
    fn read(at: &Route, value: &DeValue<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        let read = value.as_str().and_then(|text| Release::new(text).ok());
        if read.is_none() {
            let found = value
                .as_str()
                .map_or_else(|| type_name(value).to_owned(), |text| format!("{text:?}"));
            let expected = "a release from \"9\" to \"15\" in quotes, such as \"14\", \"14.3\" or \"14.3-RELEASE-p2\"";
            wrong_value(at, found, expected, problems);
        }
        read.map(Self)
    }

    fn json_schema() -> Json {
        json!({"type": "string", "pattern": "^(9|1[0-5])(\\.[0-9]{1,2})?(-[A-Za-z0-9._-]+)?$"})
    }
}

/// The protocol version of a vhid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionValue {
    /// 2: CARP.
    Carp,
    /// 3: VRRPv3.
    Vrrp,
}

impl FromToml for VersionValue {
    fn read(at: &Route, value: &DeValue<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        match value.as_integer().map(toml::de::DeInteger::as_str) {
            Some("2") => Some(Self::Carp),
            Some("3") => Some(Self::Vrrp),
            other => {
                wrong_value(
                    at,
                    other.unwrap_or(type_name(value)),
                    "2 (CARP) or 3 (VRRPv3)",
                    problems,
                );
                None
            }
        }
    }

    fn json_schema() -> Json {
        json!({"enum": [2, 3]})
    }
}

/// The order of nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PriorityValue {
    /// carpgen finds it.
    Auto,
    /// The nodes by rank.
    Nodes(List<String>),
}

impl FromToml for PriorityValue {
    fn read(at: &Route, value: &DeValue<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        if value.as_str() == Some("auto") {
            return Some(Self::Auto);
        }
        if value.is_array() {
            return List::read(at, value, problems).map(Self::Nodes);
        }
        let found = value
            .as_str()
            .map_or_else(|| type_name(value).to_owned(), |text| format!("{text:?}"));
        wrong_value(
            at,
            found,
            "a list of nodes such as [\"a\", \"b\"], or \"auto\"",
            problems,
        );
        None
    }

    fn json_schema() -> Json {
        json!({"anyOf": [{"const": "auto"}, {"type": "array", "items": {"type": "string"}}]})
    }
}

/// A key, as text or as reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassValue(pub Key);

const PASS_FORMS: &str = "a text, or one of { env = \"NAME\" }, { file = \"PATH\" } and { command = [\"PROGRAM\", \"ARGUMENT\"] }";

impl FromToml for PassValue {
    fn read(at: &Route, value: &DeValue<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        if let Some(text) = value.as_str() {
            return Some(Self(Key::Text(Secret::new(text))));
        }
        let Some(table) = value.as_table() else {
            wrong_value(at, type_name(value), PASS_FORMS, problems);
            return None;
        };
        let before = problems.len();
        let mut references = Vec::new();
        for (key, value) in table {
            let (name, value) = (key.get_ref().as_ref(), value.get_ref());
            let place = at.key(name);
            references.push(match name {
                "env" => non_empty(&place, value, problems).map(SecretReference::Environment),
                "file" => non_empty(&place, value, problems).map(SecretReference::File),
                "command" => command(&place, value, problems).map(SecretReference::Command),
                _ => {
                    let known = ["env", "file", "command"].map(str::to_owned).to_vec();
                    let kind = ProblemKind::UnknownKey {
                        key: name.to_owned(),
                        known,
                    };
                    problems.push(Problem::new(at.name_of(name), kind));
                    None
                }
            });
        }
        match references.as_mut_slice() {
            [Some(reference)] => Some(Self(Key::Reference(reference.clone()))),
            _ => {
                if problems.len() == before {
                    wrong_value(
                        at,
                        format!("a table with {} keys", table.len()),
                        PASS_FORMS,
                        problems,
                    );
                }
                None
            }
        }
    }

    fn json_schema() -> Json {
        let one = |key: &str, schema: Json| {
            let mut properties = serde_json::Map::new();
            properties.insert(key.to_owned(), schema);
            json!({"type": "object", "properties": properties, "required": [key], "additionalProperties": false})
        };
        let text = || json!({"type": "string", "minLength": 1});
        json!({"anyOf": [
            {"type": "string"}, one("env", text()), one("file", text()),
            one("command", json!({"type": "array", "items": {"type": "string"}, "minItems": 1})),
        ]})
    }
}

fn non_empty(at: &Route, value: &DeValue<'_>, problems: &mut Vec<Problem>) -> Option<String> {
    let text = String::read(at, value, problems)?;
    if text.is_empty() || text.contains('\0') {
        wrong_value(at, "an empty text or one with a NUL", "a name", problems);
        return None;
    }
    Some(text)
}

fn command(at: &Route, value: &DeValue<'_>, problems: &mut Vec<Problem>) -> Option<Vec<String>> {
    let argv: Vec<String> = List::<String>::read(at, value, problems)?
        .into_iter()
        .map(|item| item.value)
        .collect();
    if argv.first().is_none_or(String::is_empty) || argv.iter().any(|word| word.contains('\0')) {
        wrong_value(
            at,
            "a list without a program",
            "a program and its arguments",
            problems,
        );
        return None;
    }
    Some(argv)
}

/// What a sysctl is set to, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SysctlValue {
    /// A whole number; true and false are 1 and 0.
    Number(i64),
    /// Anything else, in words.
    Other(String),
}

/// Sysctls by their whole names, whether they were written dotted or in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SysctlMap(pub Vec<(String, Item<SysctlValue>)>);

impl FromToml for SysctlMap {
    fn read(at: &Route, value: &DeValue<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        let mut map = Vec::new();
        collect_sysctls(at, "", value, &mut map, problems);
        Some(Self(map))
    }

    fn json_schema() -> Json {
        json!({"type": "object"})
    }
}

fn collect_sysctls(
    at: &Route,
    prefix: &str,
    value: &DeValue<'_>,
    map: &mut Vec<(String, Item<SysctlValue>)>,
    problems: &mut Vec<Problem>,
) {
    let read = match value {
        DeValue::Table(table) => {
            for (key, value) in table {
                let dot = if prefix.is_empty() { "" } else { "." };
                let name = format!("{prefix}{dot}{}", key.get_ref());
                collect_sysctls(
                    &at.key(key.get_ref()),
                    &name,
                    value.get_ref(),
                    map,
                    problems,
                );
            }
            return;
        }
        _ if prefix.is_empty() => {
            wrong_value(at, type_name(value), "a table of sysctls", problems);
            return;
        }
        DeValue::Integer(_) => i64::read(at, value, problems).map(SysctlValue::Number),
        DeValue::Boolean(truth) => Some(SysctlValue::Number(i64::from(*truth))),
        DeValue::String(text) => Some(text.parse().map_or_else(
            |_| SysctlValue::Other(format!("{text:?}")),
            SysctlValue::Number,
        )),
        other => Some(SysctlValue::Other(type_name(other).to_owned())),
    };
    map.extend(read.map(|value| {
        (
            prefix.to_owned(),
            Item {
                at: at.clone(),
                value,
            },
        )
    }));
}

/// A length of time such as "4s", "1.5s", "50ms", "2min", in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DurationValue(pub u64);

impl FromToml for DurationValue {
    fn read(at: &Route, value: &DeValue<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        let read = value.as_str().and_then(duration_us);
        if read.is_none() {
            let found = value
                .as_str()
                .map_or_else(|| type_name(value).to_owned(), |text| format!("{text:?}"));
            wrong_value(
                at,
                found,
                "a time such as \"4s\", \"1.5s\", \"50ms\" or \"200us\"",
                problems,
            );
        }
        read.map(Self)
    }

    fn json_schema() -> Json {
        json!({"type": "string", "pattern": "^[0-9]+(\\.[0-9]{1,6})?(us|ms|s|min|h)$"})
    }
}

/// Reads a length of time exactly; `None` where it is none, or longer than a century.
fn duration_us(text: &str) -> Option<u64> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(split);
    let unit_us: u64 = match unit {
        "us" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        "min" => 60_000_000,
        "h" => 3_600_000_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.len() > 6 || whole.len() > 12 {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let millionths: u64 = format!("{fraction:0<6}").parse().ok()?;
    let us = whole
        .checked_mul(unit_us)?
        .checked_add(millionths.checked_mul(unit_us)? / 1_000_000)?;
    (us <= 3_155_760_000_000_000).then_some(us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_exactly() {
        assert_eq!(duration_us("4s"), Some(4_000_000));
        assert_eq!(duration_us("1.5s"), Some(1_500_000));
        assert_eq!(duration_us("0.000001s"), Some(1));
        assert_eq!(duration_us("50ms"), Some(50_000));
        assert_eq!(duration_us("2min"), Some(120_000_000));
        for text in [
            "",
            "4",
            "s",
            "4 s",
            "-4s",
            "1.s",
            ".5s",
            "1e3s",
            "4x",
            "999999999999h",
            "1.2.3s",
        ] {
            assert_eq!(duration_us(text), None, "{text:?}");
        }
    }
}
