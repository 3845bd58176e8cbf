//! Events of a scenario in words.

use crate::carp::{Change, Command, Family, Reason, Write};
use crate::sim::trace::TransitionRecord;
use crate::sim::{Action, HostId, SegmentId, Setup, Which};

/// What an event does, as a sentence without a full stop: `fw1 loses its link on em0`.
#[must_use]
pub fn event_in_words(action: &Action, setup: &Setup) -> String {
    let names = Names(setup);
    match action {
        Action::Crash(host) => format!("{} crashes", names.host(*host)),
        Action::Boot(host) => format!("{} boots", names.host(*host)),
        Action::Suspend(host) => format!("{} is suspended", names.host(*host)),
        Action::Resume(host) => format!("{} resumes", names.host(*host)),
        Action::Link {
            host,
            interface,
            up,
        } => {
            let verb = if *up {
                "gets its link back on"
            } else {
                "loses its link on"
            };
            names.does(*host, verb, *interface)
        }
        Action::Interface {
            host,
            interface,
            up,
        } => {
            let verb = if *up { "switches on" } else { "switches off" };
            names.does(*host, verb, *interface)
        }
        Action::SendErrors {
            host,
            interface,
            on,
        } => {
            let verb = if *on {
                "cannot send on"
            } else {
                "can send again on"
            };
            names.does(*host, verb, *interface)
        }
        Action::Configure { host, command } => {
            format!("{}: {}", names.host(*host), names.command(*host, command))
        }
        other => names.network(other),
    }
}

fn of_family(family: Option<Family>) -> &'static str {
    match family {
        None => "",
        Some(Family::Inet) => " of IPv4",
        Some(Family::Inet6) => " of IPv6",
    }
}

struct Names<'a>(&'a Setup);

impl Names<'_> {
    fn host(&self, host: HostId) -> &str {
        &self.0.hosts[usize::from(host.0)].name
    }

    fn interface(&self, host: HostId, interface: u16) -> &str {
        &self.0.hosts[usize::from(host.0)].interfaces[usize::from(interface)].name
    }

    fn does(&self, host: HostId, verb: &str, interface: u16) -> String {
        format!(
            "{} {verb} {}",
            self.host(host),
            self.interface(host, interface)
        )
    }

    /// What happens to the segments rather than to a host.
    fn network(&self, action: &Action) -> String {
        let host = |host: &HostId| self.host(*host);
        match action {
            Action::Partition { segment, groups } => format!(
                "{} splits into {}",
                self.segment(*segment),
                self.groups(groups)
            ),
            Action::Heal { segment } => format!("{} is whole again", self.segment(*segment)),
            Action::Block { from, to, family } => format!(
                "frames{} from {} to {} are lost",
                of_family(*family),
                host(from),
                host(to)
            ),
            Action::Unblock { from, to, family } => format!(
                "frames{} from {} to {} arrive again",
                of_family(*family),
                host(from),
                host(to)
            ),
            Action::Lose(loss) => {
                let which = match loss.which {
                    Which::Nth(number) => format!("advertisement {number}"),
                    Which::Probability(share) => {
                        format!("{:.0} % of the advertisements", share * 100.0)
                    }
                };
                let to = loss
                    .to
                    .map_or_else(String::new, |to| format!(" to {}", self.host(to)));
                format!(
                    "{which} of vhid {} of {}{to} is lost",
                    loss.vhid,
                    host(&loss.host)
                )
            }
            Action::Arp {
                target, clients, ..
            } => format!("{} clients ask who has {target}", clients.len()),
            // The actions of one host are told by the caller.
            _ => String::new(),
        }
    }

    fn segment(&self, segment: Option<SegmentId>) -> String {
        segment.map_or_else(
            || "every segment".to_owned(),
            |segment| format!("segment {}", self.0.segments[usize::from(segment.0)]),
        )
    }

    fn groups(&self, groups: &[Vec<HostId>]) -> String {
        let group = |hosts: &Vec<HostId>| {
            let names: Vec<&str> = hosts.iter().map(|host| self.host(*host)).collect();
            names.join("+")
        };
        groups.iter().map(group).collect::<Vec<_>>().join(" and ")
    }

    /// An administrator's command, much as it would be typed. Keys are not shown.
    fn command(&self, host: HostId, command: &Command) -> String {
        match command {
            Command::Sysctl(write) => format!("sysctl {}", sysctl(*write)),
            Command::Set {
                interface,
                vhid,
                change,
            } => format!(
                "ifconfig {} vhid {vhid}{}",
                self.interface(host, *interface),
                changes(change)
            ),
            Command::Create(spec) => {
                format!(
                    "ifconfig {} vhid {}",
                    self.interface(host, spec.interface),
                    spec.vhid
                )
            }
            Command::AddAddress {
                interface,
                vhid,
                address,
            } => format!(
                "ifconfig {} vhid {vhid} {address} alias",
                self.interface(host, *interface)
            ),
            Command::RemoveAddress {
                interface, address, ..
            } => format!(
                "ifconfig {} {address} -alias",
                self.interface(host, *interface)
            ),
            Command::Carp { vhid, up, .. } => {
                let word = if *up { "up" } else { "down" };
                format!("ifconfig of the carp interface of vhid {vhid} {word}")
            }
        }
    }
}

fn sysctl(write: Write) -> String {
    let flag = |name, on| format!("net.inet.carp.{name}={}", u8::from(on));
    let number = |name, value: i32| format!("net.inet.carp.{name}={value}");
    match write {
        Write::Allow(on) => flag("allow", on),
        Write::Preempt(on) => flag("preempt", on),
        Write::ArpBalance(on) => flag("arpbalance", on),
        Write::Demotion(value) => number("demotion", value),
        Write::IfdownFactor(value) => number("ifdown_demotion_factor", value),
        Write::SenderrFactor(value) => number("senderr_demotion_factor", value),
        Write::Dscp(value) => number("dscp", i32::from(value)),
    }
}

fn changes(change: &Change) -> String {
    let Change {
        advbase,
        advskew,
        key,
        state,
        peer,
        peer6,
        priority,
        interval_cs,
    } = change;
    let word = |name: &str, value: Option<String>| value.map(|value| format!(" {name} {value}"));
    [
        word("advbase", advbase.map(|v| v.to_string())),
        word("advskew", advskew.map(|v| v.to_string())),
        word("pass", key.as_ref().map(|_| "<secret>".to_owned())),
        word("state", state.map(|v| v.word().to_lowercase())),
        word("peer", peer.map(|v| v.to_string())),
        word("peer6", peer6.map(|v| v.to_string())),
        word("vrrpprio", priority.map(|v| v.to_string())),
        word("vrrpinterval", interval_cs.map(|v| v.to_string())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Why a vhid changed its state: the words of the kernel's log, or ours where the kernel logs nothing.
pub(super) fn cause(record: &TransitionRecord) -> &'static str {
    record.text.unwrap_or(match record.reason {
        Reason::Initialized => "initialization complete",
        Reason::InterfaceDown => "interface down",
        Reason::InterfaceUp => "interface up",
        Reason::FasterMaster => "more frequent advertisement received",
        Reason::SlowerMaster => "preempting a slower master",
        Reason::MasterWillTimeOut => "master will time out",
        Reason::MasterTimedOut => "master timed out",
        Reason::Requested => "requested by ifconfig",
    })
}

/// 4 or 6.
pub(super) const fn family_number(family: Family) -> u8 {
    match family {
        Family::Inet => 4,
        Family::Inet6 => 6,
    }
}
