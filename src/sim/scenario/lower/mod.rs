//! From the words of an action to what it does, resolved against the setup.

mod commands;
mod network;

use std::net::IpAddr;
use std::ops::{Range, RangeInclusive};

use super::Action;
use super::words::{ActionWord, ScenarioProblem, usage};
use crate::carp::VhidSpec;
use crate::config::nearest;
use crate::sim::setup::{HostId, HostSetup, SegmentId, Setup};

/// Something with its place in the text.
#[derive(Clone, Debug)]
pub(super) struct Spot<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

impl<T> Spot<T> {
    pub(super) const fn new(value: T, span: Range<usize>) -> Self {
        Self { value, span }
    }
}

/// A value of a file; everything in the short form is text.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Whole(i64),
    Real(f64),
    Flag(bool),
    List(Vec<Spot<Value>>),
    Other,
}

/// An argument of an action.
#[derive(Clone, Debug)]
pub(super) struct Arg {
    pub(super) name: Spot<String>,
    pub(super) value: Spot<Value>,
}

/// An action as written.
#[derive(Clone, Debug)]
pub(super) struct Raw {
    pub(super) action: &'static ActionWord,
    pub(super) args: Vec<Arg>,
    pub(super) whole: Range<usize>,
}

pub(super) fn unknown_key(key: &str, span: Range<usize>, known: &[&str]) -> ScenarioProblem {
    let help = match nearest(key, known.iter().copied()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("keys are {}", known.join(", ")),
    };
    ScenarioProblem::new(span, format!("there is no key {key:?} here"), help)
}

pub(super) fn unknown_name<'a>(
    what: &str,
    name: &str,
    span: Range<usize>,
    known: impl Iterator<Item = &'a str> + Clone,
) -> ScenarioProblem {
    let help = match nearest(name, known.clone()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("there is {}", known.collect::<Vec<_>>().join(", ")),
    };
    ScenarioProblem::new(span, format!("there is no {what} {name:?}"), help)
}

/// What an action does. All that is wrong is noted; then there is none.
pub(super) fn lower(
    raw: &Raw,
    setup: &Setup,
    problems: &mut Vec<ScenarioProblem>,
) -> Option<Action> {
    let before = problems.len();
    let mut lowering = Lowering {
        raw,
        setup,
        problems,
    };
    lowering.check_names();
    let action = lowering.action();
    let clean = lowering.problems.len() == before;
    action.filter(|_| clean)
}

struct Lowering<'a> {
    raw: &'a Raw,
    setup: &'a Setup,
    problems: &'a mut Vec<ScenarioProblem>,
}

impl<'a> Lowering<'a> {
    fn problem(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.problems
            .push(ScenarioProblem::new(span, message, help));
    }

    /// Every argument is known, and every required one is there.
    fn check_names(&mut self) {
        let raw = self.raw;
        let known = raw.action.arguments();
        for arg in &raw.args {
            let name = arg.name.value.as_str();
            if !known.contains(&name) && name != "place" {
                self.problems
                    .push(unknown_key(name, arg.name.span.clone(), &known));
            }
        }
        for name in raw.action.required {
            if self.arg(name).is_none() {
                self.problem(
                    raw.whole.clone(),
                    format!("{:?} needs {name}", raw.action.word),
                    usage(raw.action),
                );
            }
        }
    }

    fn arg(&self, name: &str) -> Option<&'a Spot<Value>> {
        let mut args = self.raw.args.iter();
        args.find(|arg| arg.name.value == name)
            .map(|arg| &arg.value)
    }

    fn action(&mut self) -> Option<Action> {
        match self.raw.action.word {
            "crash" => self.host("host").map(Action::Crash),
            "boot" => self.host("host").map(Action::Boot),
            "suspend" => self.host("host").map(Action::Suspend),
            "resume" => self.host("host").map(Action::Resume),
            word @ ("link-down" | "link-up") => {
                let (host, interface) = self.interface()?;
                let up = word == "link-up";
                Some(Action::Link {
                    host,
                    interface,
                    up,
                })
            }
            word @ ("if-down" | "if-up") => {
                let (host, interface) = self.interface()?;
                let up = word == "if-up";
                Some(Action::Interface {
                    host,
                    interface,
                    up,
                })
            }
            "send-errors" => {
                let (host, interface) = self.interface()?;
                let on = self.flag("on")?.unwrap_or(true);
                Some(Action::SendErrors {
                    host,
                    interface,
                    on,
                })
            }
            "demote" | "sysctl" | "set" | "address-add" | "address-del" | "carp-down"
            | "carp-up" => {
                let host = self.host("host")?;
                let command = self.command(host)?;
                Some(Action::Configure { host, command })
            }
            "partition" => self.partition(),
            "heal" => Some(Action::Heal {
                segment: self.optional_segment()?,
            }),
            "block" | "unblock" => self.block(),
            "lose" => self.lose(),
            _ => self.arp(),
        }
    }

    fn text(&mut self, name: &str) -> Option<Spot<String>> {
        let spot = self.arg(name)?;
        match &spot.value {
            Value::Text(text) => Some(Spot::new(text.clone(), spot.span.clone())),
            // An id may be written as a number.
            Value::Whole(number) => Some(Spot::new(number.to_string(), spot.span.clone())),
            _ => {
                self.problem(
                    spot.span.clone(),
                    format!("{name} takes a text"),
                    "write it in quotes",
                );
                None
            }
        }
    }

    fn whole(&mut self, name: &str, range: RangeInclusive<i64>) -> Option<Option<i64>> {
        let Some(spot) = self.arg(name) else {
            return Some(None);
        };
        let number = match &spot.value {
            Value::Whole(number) => Some(*number),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        };
        if let Some(number) = number.filter(|number| range.contains(number)) {
            return Some(Some(number));
        }
        let wants = format!("a whole number from {} to {}", range.start(), range.end());
        self.problem(
            spot.span.clone(),
            format!("{name} takes {wants}"),
            format!("write {wants}"),
        );
        None
    }

    fn flag(&mut self, name: &str) -> Option<Option<bool>> {
        let Some(spot) = self.arg(name) else {
            return Some(None);
        };
        match &spot.value {
            Value::Flag(flag) => Some(Some(*flag)),
            Value::Text(text) if text == "on" || text == "true" => Some(Some(true)),
            Value::Text(text) if text == "off" || text == "false" => Some(Some(false)),
            _ => {
                self.problem(
                    spot.span.clone(),
                    format!("{name} is on or off"),
                    "write true or false",
                );
                None
            }
        }
    }

    fn host(&mut self, name: &str) -> Option<HostId> {
        let text = self.text(name)?;
        let host = self.setup.host(&text.value);
        if host.is_none() {
            let names = self.setup.hosts.iter().map(|host| host.name.as_str());
            self.problems
                .push(unknown_name("host", &text.value, text.span, names));
        }
        host
    }

    fn of(&self, host: HostId) -> &'a HostSetup {
        &self.setup.hosts[usize::from(host.0)]
    }

    fn segment_of(&mut self, text: &Spot<String>) -> Option<SegmentId> {
        let segment = self.setup.segment(&text.value);
        if segment.is_none() {
            let names = self.setup.segments.iter().map(String::as_str);
            self.problems.push(unknown_name(
                "segment",
                &text.value,
                text.span.clone(),
                names,
            ));
        }
        segment
    }

    fn optional_segment(&mut self) -> Option<Option<SegmentId>> {
        match self.arg("segment") {
            Some(Spot {
                value: Value::Text(all),
                ..
            }) if all == "all" => Some(None),
            Some(_) => {
                let text = self.text("segment")?;
                self.segment_of(&text).map(Some)
            }
            None => Some(None),
        }
    }

    /// The interface of a host that an action is about: by its name, by its segment, or the only one.
    fn interface(&mut self) -> Option<(HostId, u16)> {
        let host = self.host("host")?;
        let setup = self.of(host);
        let named = ["place", "segment", "interface"]
            .into_iter()
            .find(|name| self.arg(name).is_some());
        let Some(named) = named else {
            if setup.interfaces.len() == 1 {
                return Some((host, 0));
            }
            let span = self.raw.whole.clone();
            let names: Vec<&str> = setup.interfaces.iter().map(|i| i.name.as_str()).collect();
            self.problem(
                span,
                format!("host {:?} has several interfaces", setup.name),
                format!("say which: {}", names.join(", ")),
            );
            return None;
        };
        let text = self.text(named)?;
        let matches = |interface: &crate::sim::InterfaceSetup| {
            let segment = &self.setup.segments[usize::from(interface.segment.0)];
            (named != "segment" && interface.name == text.value)
                || (named != "interface" && *segment == text.value)
        };
        let place = setup.interfaces.iter().position(matches);
        if place.is_none() {
            let names = setup.interfaces.iter().flat_map(|interface| {
                let segment = self.setup.segments[usize::from(interface.segment.0)].as_str();
                [interface.name.as_str(), segment]
            });
            let what = format!("interface or segment of host {:?} called", setup.name);
            let problem = unknown_name(&what, &text.value, text.span, names);
            self.problems.push(problem);
        }
        Some((host, u16::try_from(place?).ok()?))
    }

    /// A vhid of a host: by number, by name, or by segment and number.
    fn vhid(&mut self, host: HostId) -> Option<&'a VhidSpec> {
        let text = self.text("vhid")?;
        let setup = self.of(host);
        let segment_of = |spec: &VhidSpec| setup.interfaces[usize::from(spec.interface)].segment;
        let (segment, number) = match text.value.split_once([':', '/']) {
            Some((segment, number)) => {
                let named = Spot::new(segment.to_owned(), text.span.clone());
                (Some(self.segment_of(&named)?), number.parse::<u8>().ok())
            }
            None => {
                let mut names = self.setup.vhid_names.iter();
                match names.find(|known| known.name == text.value) {
                    Some(known) => (Some(known.segment), Some(known.vhid)),
                    None => (None, text.value.parse::<u8>().ok()),
                }
            }
        };
        let fits = |spec: &&VhidSpec| {
            Some(spec.vhid) == number && segment.is_none_or(|segment| segment == segment_of(spec))
        };
        let mut found = setup.spec.vhids.iter().filter(fits);
        match (found.next(), found.next()) {
            (Some(only), None) => Some(only),
            (Some(first), Some(_)) => {
                let segment = &self.setup.segments[usize::from(segment_of(first).0)];
                self.problem(
                    text.span,
                    format!("vhid {} stands on several segments of the host", text.value),
                    format!("say which, such as {segment}:{}", text.value),
                );
                None
            }
            (None, _) => {
                let known: Vec<String> = setup
                    .spec
                    .vhids
                    .iter()
                    .map(|spec| spec.vhid.to_string())
                    .collect();
                self.problem(
                    text.span,
                    format!("host {:?} has no vhid {:?}", setup.name, text.value),
                    format!("it has {}", known.join(", ")),
                );
                None
            }
        }
    }

    fn address(&mut self, name: &str) -> Option<Spot<IpAddr>> {
        let text = self.text(name)?;
        // A prefix length is allowed and plays no part.
        let plain = text.value.split('/').next().unwrap_or_default();
        match plain.parse() {
            Ok(address) => Some(Spot::new(address, text.span)),
            Err(_) => {
                self.problem(
                    text.span,
                    format!("{:?} is no IP address", text.value),
                    "write an address such as 192.0.2.1 or 2001:db8::1",
                );
                None
            }
        }
    }
}
