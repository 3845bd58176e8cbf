//! Scenario files.

use std::num::NonZeroU32;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::lower::{Arg, Raw, Spot, Value, lower, unknown_key};
use super::words::{ScenarioProblem, duration_us, find, no_time, time_at};
use super::{Event, Scenario};
use crate::carp::{Instant, Timing};
use crate::sim::setup::Setup;

const KEYS: [&str; 8] = [
    "until", "latency", "jitter", "loss", "seed", "hz", "boot", "event",
];

/// Reads a scenario file to its end, whatever is wrong with it.
pub(super) fn parse(text: &str, setup: &Setup) -> Result<Scenario, Vec<ScenarioProblem>> {
    let (tree, errors) = DeTable::parse_recoverable(text);
    let mut problems: Vec<ScenarioProblem> = errors
        .iter()
        .map(|error| {
            let span = error.span().unwrap_or(0..0);
            ScenarioProblem::new(span, error.message().trim(), "a scenario is a TOML file")
        })
        .collect();
    let mut reader = Reader {
        setup,
        problems: &mut problems,
    };
    let scenario = reader.scenario(tree.get_ref());
    if problems.is_empty() {
        Ok(scenario)
    } else {
        problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
        Err(problems)
    }
}

struct Reader<'s, 'p> {
    setup: &'s Setup,
    problems: &'p mut Vec<ScenarioProblem>,
}

type Entry<'a> = (&'a Spanned<DeValue<'a>>, Range<usize>);

impl Reader<'_, '_> {
    fn scenario(&mut self, table: &DeTable<'_>) -> Scenario {
        for (key, _) in table {
            if !KEYS.contains(&&**key.get_ref()) {
                self.problems
                    .push(unknown_key(key.get_ref(), key.span(), &KEYS));
            }
        }
        let mut scenario = Scenario::quiet(self.setup);
        if let Some(us) = self.duration(table, "until") {
            scenario.until = Instant::from_us(us);
        }
        scenario.latency_us = self
            .duration(table, "latency")
            .unwrap_or(scenario.latency_us);
        scenario.jitter_us = self.duration(table, "jitter").unwrap_or(scenario.jitter_us);
        if let Some(loss) = self.probability(table, "loss") {
            scenario.loss = loss;
        }
        if let Some(seed) = self.whole(table, "seed", 0..=i64::MAX) {
            scenario.seed = seed.unsigned_abs();
        }
        let hz = self.whole(table, "hz", 1..=1_000_000);
        if let Some(hz) = hz
            .and_then(|hz| u32::try_from(hz).ok())
            .and_then(NonZeroU32::new)
        {
            scenario.timing = Timing::Hz(hz);
        }
        self.boots(table, &mut scenario);
        self.events(table, &mut scenario);
        scenario
    }

    fn entry<'a>(&self, table: &'a DeTable<'a>, key: &str) -> Option<Entry<'a>> {
        let (name, value) = table.get_key_value(key)?;
        let span = if value.span().is_empty() {
            name.span()
        } else {
            value.span()
        };
        Some((value, span))
    }

    fn wrong(&mut self, span: Range<usize>, key: &str, wants: &str) {
        self.problems.push(ScenarioProblem::new(
            span,
            format!("{key} takes {wants}"),
            format!("write {wants}"),
        ));
    }

    fn duration(&mut self, table: &DeTable<'_>, key: &str) -> Option<u64> {
        let (value, span) = self.entry(table, key)?;
        let Some(text) = value.get_ref().as_str() else {
            self.wrong(span, key, "a time in quotes, such as \"20s\"");
            return None;
        };
        let us = duration_us(text);
        if us.is_none() {
            self.problems.push(no_time(text, span));
        }
        us
    }

    fn probability(&mut self, table: &DeTable<'_>, key: &str) -> Option<f64> {
        let (value, span) = self.entry(table, key)?;
        let number = match self::value(value.get_ref()) {
            Value::Real(number) => number,
            Value::Whole(number) => number as f64,
            _ => f64::NAN,
        };
        if (0.0..=1.0).contains(&number) {
            return Some(number);
        }
        self.wrong(span, key, "a probability from 0.0 to 1.0");
        None
    }

    fn whole(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Option<i64> {
        let (value, span) = self.entry(table, key)?;
        match self::value(value.get_ref()) {
            Value::Whole(number) if range.contains(&number) => Some(number),
            _ => {
                let wants = format!("a whole number from {} to {}", range.start(), range.end());
                self.wrong(span, key, &wants);
                None
            }
        }
    }

    /// `boot = { a = "0s", b = "never" }`
    fn boots(&mut self, table: &DeTable<'_>, scenario: &mut Scenario) {
        let Some((value, span)) = self.entry(table, "boot") else {
            return;
        };
        let Some(boots) = value.get_ref().as_table() else {
            self.wrong(
                span,
                "boot",
                "a table of hosts, such as { a = \"0s\", b = \"never\" }",
            );
            return;
        };
        for (name, time) in boots {
            let Some(host) = self.setup.host(name.get_ref()) else {
                let names = self.setup.hosts.iter().map(|host| host.name.as_str());
                self.problems.push(super::lower::unknown_name(
                    "host",
                    name.get_ref(),
                    name.span(),
                    names,
                ));
                continue;
            };
            let place = usize::from(host.0);
            match time.get_ref().as_str() {
                Some("never") => scenario.boot[place] = None,
                Some(text) => {
                    if let Some(at) = time_at(text, time.span(), scenario.until, self.problems) {
                        scenario.boot[place] = Some(at);
                    }
                }
                None => self.wrong(
                    time.span(),
                    name.get_ref(),
                    "a time in quotes, or \"never\"",
                ),
            }
        }
    }

    fn events(&mut self, table: &DeTable<'_>, scenario: &mut Scenario) {
        let Some((value, span)) = self.entry(table, "event") else {
            return;
        };
        let Some(events) = value.get_ref().as_array() else {
            self.wrong(span, "event", "tables with the header [[event]]");
            return;
        };
        for event in events.iter() {
            match event.get_ref().as_table() {
                Some(table) => {
                    let event = self.event(table, event.span(), scenario.until);
                    scenario.events.extend(event);
                }
                None => self.wrong(event.span(), "event", "tables with the header [[event]]"),
            }
        }
    }

    fn event(&mut self, table: &DeTable<'_>, span: Range<usize>, until: Instant) -> Option<Event> {
        let at = match self
            .entry(table, "at")
            .map(|(value, span)| (value.get_ref().as_str(), span))
        {
            Some((Some(text), span)) => time_at(text, span, until, self.problems),
            Some((None, span)) => {
                self.wrong(span, "at", "a time in quotes, such as \"20s\"");
                None
            }
            None => {
                let help = "write at = \"20s\"";
                self.problems.push(ScenarioProblem::new(
                    span.clone(),
                    "the event has no time",
                    help,
                ));
                None
            }
        };
        let Some((word, word_span)) = self.entry(table, "do") else {
            let help = "write do = \"crash\"";
            self.problems.push(ScenarioProblem::new(
                span,
                "the event does not say what to do",
                help,
            ));
            return None;
        };
        let Some(word) = word.get_ref().as_str() else {
            self.wrong(word_span, "do", "an action in quotes, such as \"crash\"");
            return None;
        };
        let action = find(&Spot::new(word.to_owned(), word_span), self.problems)?;
        let args = table
            .iter()
            .filter(|(key, _)| !matches!(&**key.get_ref(), "at" | "do"))
            .map(|(key, value)| Arg {
                name: Spot::new(key.get_ref().to_string(), key.span()),
                value: spot(value),
            });
        let raw = Raw {
            action,
            args: args.collect(),
            whole: span,
        };
        let action = lower(&raw, self.setup, self.problems)?;
        Some(Event { at: at?, action })
    }
}

fn spot(value: &Spanned<DeValue<'_>>) -> Spot<Value> {
    Spot::new(self::value(value.get_ref()), value.span())
}

fn value(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Other, Value::Whole)
        }
        DeValue::Float(number) => number.as_str().parse().map_or(Value::Other, Value::Real),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Array(array) => Value::List(array.iter().map(spot).collect()),
        DeValue::Datetime(_) | DeValue::Table(_) => Value::Other,
    }
}
