//! What happens to the network: partitions, blocks, losses, and clients that ask.

use std::net::IpAddr;

use super::super::{Action, Loss, Which};
use super::{Lowering, Spot, Value, unknown_name};
use crate::carp::Family;
use crate::sim::setup::HostId;

const GROUPS: &str = "write groups = [[\"a\"], [\"b\", \"c\"]]";

impl Lowering<'_> {
    /// Groups are lists of hosts; in the short form `a,b/c`.
    pub(super) fn partition(&mut self) -> Option<Action> {
        let segment = self.optional_segment()?;
        let spot = self.arg("groups")?;
        let mut groups = Vec::new();
        match &spot.value {
            Value::Text(text) => {
                for group in text.split('/') {
                    let names = group
                        .split(',')
                        .map(|name| Spot::new(name.to_owned(), spot.span.clone()));
                    groups.push(self.group(names.collect())?);
                }
            }
            Value::List(lists) => {
                for list in lists {
                    groups.push(self.group(self.names(list)?)?);
                }
            }
            _ => {
                self.problem(spot.span.clone(), "groups takes lists of hosts", GROUPS);
                return None;
            }
        }
        Some(Action::Partition { segment, groups })
    }

    fn names(&self, list: &Spot<Value>) -> Option<Vec<Spot<String>>> {
        let of = |spot: &Spot<Value>| match &spot.value {
            Value::Text(text) => Some(Spot::new(text.clone(), spot.span.clone())),
            _ => None,
        };
        match &list.value {
            Value::List(names) => names.iter().map(of).collect(),
            _ => of(list).map(|single| vec![single]),
        }
    }

    fn group(&mut self, names: Vec<Spot<String>>) -> Option<Vec<HostId>> {
        let mut group = Vec::new();
        for name in names {
            match self.setup.host(&name.value) {
                Some(host) => group.push(host),
                None => {
                    let known = self.setup.hosts.iter().map(|host| host.name.as_str());
                    self.problems
                        .push(unknown_name("host", &name.value, name.span, known));
                }
            }
        }
        Some(group)
    }

    pub(super) fn block(&mut self) -> Option<Action> {
        let (from, to) = (self.host("from"), self.host("to"));
        let (from, to) = (from?, to?);
        let family = match self.arg("family") {
            None => None,
            Some(_) => {
                let text = self.text("family")?;
                match text.value.as_str() {
                    "inet" | "4" => Some(Family::Inet),
                    "inet6" | "6" => Some(Family::Inet6),
                    _ => {
                        let message = format!("{:?} is no address family", text.value);
                        self.problem(text.span, message, "write \"inet\" or \"inet6\"");
                        return None;
                    }
                }
            }
        };
        Some(if self.raw.action.word == "block" {
            Action::Block { from, to, family }
        } else {
            Action::Unblock { from, to, family }
        })
    }

    pub(super) fn lose(&mut self) -> Option<Action> {
        let host = self.host("host")?;
        let spec = self.vhid(host)?;
        let nth = self.whole("nth", 0..=i64::MAX)?;
        let which = match (nth, self.arg("probability")) {
            (Some(nth), None) => Which::Nth(nth.unsigned_abs()),
            (None, Some(spot)) => {
                let probability = match &spot.value {
                    Value::Real(number) => *number,
                    Value::Whole(number) => *number as f64,
                    Value::Text(text) => text.parse().unwrap_or(f64::NAN),
                    _ => f64::NAN,
                };
                if !(0.0..=1.0).contains(&probability) {
                    let wants = "a probability from 0.0 to 1.0";
                    self.problem(
                        spot.span.clone(),
                        format!("probability takes {wants}"),
                        wants,
                    );
                    return None;
                }
                Which::Probability(probability)
            }
            _ => {
                let span = self.raw.whole.clone();
                let help = "write either nth, from 0, or probability";
                self.problem(span, "\"lose\" does not say which advertisements", help);
                return None;
            }
        };
        let to = match self.arg("to") {
            Some(_) => Some(self.host("to")?),
            None => None,
        };
        Some(Action::Lose(Loss {
            host,
            interface: Some(spec.interface),
            vhid: spec.vhid,
            which,
            to,
        }))
    }

    pub(super) fn arp(&mut self) -> Option<Action> {
        let text = self.text("segment")?;
        let segment = self.segment_of(&text);
        let target = self.address("target")?;
        let spot = self.arg("clients")?;
        let names = match &spot.value {
            Value::Text(text) => {
                let each = text.split(',');
                Some(
                    each.map(|name| Spot::new(name.to_owned(), spot.span.clone()))
                        .collect(),
                )
            }
            _ => self.names(spot),
        };
        let mut clients = Vec::new();
        for name in names.unwrap_or_default() {
            match name.value.parse() {
                Ok(client) => clients.push(client),
                Err(_) => {
                    let message = format!("{:?} is no IPv4 address", name.value);
                    self.problem(name.span, message, "ARP is of IPv4: write 192.0.2.7");
                }
            }
        }
        let IpAddr::V4(target) = target.value else {
            self.problem(
                target.span,
                "ARP asks for IPv4 addresses",
                "write 192.0.2.100",
            );
            return None;
        };
        Some(Action::Arp {
            segment: segment?,
            target,
            clients,
        })
    }
}
