//! Scenarios in words: the actions and what they take, times, and the short form.

use std::ops::Range;

use super::lower::{Arg, Raw, Spot, Value, lower};
use super::{Action, Event};
use crate::carp::Instant;
use crate::sim::setup::Setup;

/// What is wrong with a scenario, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ScenarioProblem {
    /// The offending bytes.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

impl ScenarioProblem {
    pub(super) fn new(
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            span,
            message: message.into(),
            help: help.into(),
        }
    }
}

/// An action: its word, and its arguments in the order of the short form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionWord {
    /// The word behind `do`.
    pub word: &'static str,
    /// The arguments that it must have.
    pub required: &'static [&'static str],
    /// The arguments that it may have.
    pub optional: &'static [&'static str],
}

const fn word(
    word: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
) -> ActionWord {
    ActionWord {
        word,
        required,
        optional,
    }
}

/// All actions. `place` is written as `segment` or as `interface`.
pub const ACTIONS: [ActionWord; 22] = [
    word("crash", &["host"], &[]),
    word("boot", &["host"], &[]),
    word("suspend", &["host"], &[]),
    word("resume", &["host"], &[]),
    word("link-down", &["host"], &["place"]),
    word("link-up", &["host"], &["place"]),
    word("if-down", &["host"], &["place"]),
    word("if-up", &["host"], &["place"]),
    word("demote", &["host", "by"], &[]),
    word("sysctl", &["host", "name", "value"], &[]),
    word(
        "set",
        &["host", "vhid"],
        &[
            "advbase",
            "advskew",
            "pass",
            "state",
            "peer",
            "vrrp-priority",
            "vrrp-interval",
        ],
    ),
    word("address-add", &["host", "vhid", "address"], &[]),
    word("address-del", &["host", "vhid", "address"], &[]),
    word("carp-down", &["host", "vhid"], &[]),
    word("carp-up", &["host", "vhid"], &[]),
    word("partition", &["groups"], &["segment"]),
    word("heal", &[], &["segment"]),
    word("block", &["from", "to"], &["family"]),
    word("unblock", &["from", "to"], &["family"]),
    word("lose", &["host", "vhid"], &["nth", "to", "probability"]),
    word("send-errors", &["host"], &["place", "on"]),
    word("arp", &["segment", "target", "clients"], &[]),
];

impl ActionWord {
    /// The action of a word.
    #[must_use]
    pub fn named(word: &str) -> Option<&'static Self> {
        const { &ACTIONS }.iter().find(|action| action.word == word)
    }

    /// The names of its arguments as they are written in a file.
    pub(super) fn arguments(&self) -> Vec<&'static str> {
        let all = self.required.iter().chain(self.optional);
        all.flat_map(|name| match *name {
            "place" => vec!["segment", "interface"],
            other => vec![other],
        })
        .collect()
    }
}

/// Reads `T=DO:HOST[:ARG…]`.
pub(super) fn event(
    text: &str,
    setup: &Setup,
    until: Instant,
) -> Result<Event, Vec<ScenarioProblem>> {
    let Some((time, rest)) = text.split_once('=') else {
        return Err(vec![ScenarioProblem::new(
            0..text.len(),
            format!("{text:?} has no time"),
            "write TIME=ACTION:HOST, such as 20s=link-down:a:lan",
        )]);
    };
    let mut problems = Vec::new();
    let at = time_at(time, 0..time.len(), until, &mut problems);
    let action =
        raw(rest, time.len() + 1, &mut problems).and_then(|raw| lower(&raw, setup, &mut problems));
    match (at, action) {
        (Some(at), Some(action)) if problems.is_empty() => Ok(Event { at, action }),
        _ => Err(problems),
    }
}

/// Reads `DO:HOST[:ARG…]`.
pub(super) fn action(text: &str, setup: &Setup) -> Result<Action, Vec<ScenarioProblem>> {
    let mut problems = Vec::new();
    let action = raw(text, 0, &mut problems).and_then(|raw| lower(&raw, setup, &mut problems));
    action.filter(|_| problems.is_empty()).ok_or(problems)
}

/// Reads the time of an event, which must not be behind the end.
pub(super) fn time_at(
    text: &str,
    span: Range<usize>,
    until: Instant,
    problems: &mut Vec<ScenarioProblem>,
) -> Option<Instant> {
    match duration_us(text) {
        None => {
            problems.push(no_time(text, span));
            None
        }
        Some(us) if us > until.us() => {
            problems.push(ScenarioProblem::new(
                span,
                format!("{text} is after the end, {}", seconds(until.us())),
                format!("let the scenario end later: until = \"{text}\""),
            ));
            None
        }
        Some(us) => Some(Instant::from_us(us)),
    }
}

pub(super) fn no_time(text: &str, span: Range<usize>) -> ScenarioProblem {
    ScenarioProblem::new(
        span,
        format!("{text:?} is no time"),
        "write a number and a unit, such as 20s, 2.5s, 300ms, 200us or 1m30s",
    )
}

/// A time in seconds, as short as it can be.
fn seconds(us: u64) -> String {
    let (whole, rest) = (us / 1_000_000, us % 1_000_000);
    if rest == 0 {
        format!("{whole}s")
    } else {
        let digits = format!("{rest:06}");
        format!("{whole}.{}s", digits.trim_end_matches('0'))
    }
}

/// Microseconds of a time such as `20s`, `2.5s` or `1m30s`; exact, so more digits than microseconds are none.
pub(super) fn duration_us(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    let mut total: u64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, behind) = rest.split_at(digits);
        let letters = behind
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(letters);
        let unit_us: u64 = match unit {
            "us" => 1,
            "ms" => 1_000,
            "s" => 1_000_000,
            "m" | "min" => 60_000_000,
            "h" => 3_600_000_000,
            _ => return None,
        };
        total = total.checked_add(scaled(number, unit_us)?)?;
        rest = behind;
    }
    Some(total)
}

/// A decimal number times a unit, if that is a whole number.
fn scaled(number: &str, unit_us: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = whole.parse().ok()?;
    let mut us = whole.checked_mul(unit_us)?;
    let mut part = unit_us;
    for digit in fraction.chars() {
        if !part.is_multiple_of(10) && digit != '0' {
            // A unit that ten does not divide, such as minutes in seconds, goes on below microseconds.
            return None;
        }
        part /= 10;
        us = us.checked_add(part * u64::from(digit.to_digit(10)?))?;
    }
    Some(us)
}

/// Takes the short form apart. Behind the required arguments, `set` has `KEY=VALUE`s; a last address may hold colons.
fn raw(text: &str, offset: usize, problems: &mut Vec<ScenarioProblem>) -> Option<Raw> {
    let whole = offset..offset + text.len();
    let (word, mut rest) = text.split_once(':').unwrap_or((text, ""));
    let mut at = offset + word.len() + 1;
    let spot = Spot::new(word.to_owned(), offset..offset + word.len());
    let action = find(&spot, problems)?;
    let mut args = Vec::new();
    let optional_first = action.word == "partition" && rest.matches(':').count() == 1;
    let mut names: Vec<&str> = action
        .required
        .iter()
        .chain(action.optional)
        .copied()
        .collect();
    if optional_first {
        names.rotate_right(1);
    }
    let mut names = names.into_iter();
    while !rest.is_empty() {
        let key_value = action.word == "set" && args.len() >= action.required.len();
        let name = if key_value { None } else { names.next() };
        let takes_rest = matches!(name, Some("address"))
            || (key_value && (rest.starts_with("peer=") || rest.starts_with("pass=")));
        let (piece, behind) = match rest.split_once(':') {
            Some(parts) if !takes_rest => parts,
            _ => (rest, ""),
        };
        let span = at..at + piece.len();
        at += piece.len() + 1;
        rest = behind;
        let (name, value) = match (name, piece.split_once('=')) {
            // In place of the number of one, the probability of each.
            (Some("nth"), _) if piece.contains('.') => ("probability", piece),
            (Some(name), _) => (name, piece),
            (None, Some((key, value))) => (key, value),
            (None, None) => {
                problems.push(ScenarioProblem::new(
                    span,
                    format!("{:?} has one argument too many: {piece:?}", action.word),
                    usage(action),
                ));
                return None;
            }
        };
        args.push(Arg {
            name: Spot::new(name.to_owned(), span.clone()),
            value: Spot::new(Value::Text(value.to_owned()), span),
        });
    }
    Some(Raw {
        action,
        args,
        whole,
    })
}

/// The action of a word.
pub(super) fn find(
    word: &Spot<String>,
    problems: &mut Vec<ScenarioProblem>,
) -> Option<&'static ActionWord> {
    let found = ActionWord::named(&word.value);
    if found.is_none() {
        let words = const { &ACTIONS }.iter().map(|action| action.word);
        let help = match crate::config::nearest(&word.value, words.clone()) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("actions are {}", words.collect::<Vec<_>>().join(", ")),
        };
        problems.push(ScenarioProblem::new(
            word.span.clone(),
            format!("there is no action {:?}", word.value),
            help,
        ));
    }
    found
}

/// How the short form of an action is written.
pub(super) fn usage(action: &ActionWord) -> String {
    let mut text = format!("write {}", action.word);
    for name in action.required {
        text.push_str(&format!(":{}", name.to_uppercase()));
    }
    for name in action.optional {
        let form = if action.word == "set" {
            format!("[:{name}=…]")
        } else {
            format!("[:{}]", name.replace("place", "segment").to_uppercase())
        };
        text.push_str(&form);
    }
    text
}
