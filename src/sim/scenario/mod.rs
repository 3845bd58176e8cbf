//! What is done to a simulated cluster, and when.

mod lower;
#[cfg(test)]
mod tests;
mod toml_form;
mod words;

pub use words::{ACTIONS, ActionWord, ScenarioProblem};

use std::net::Ipv4Addr;

use crate::carp::{Command, Family, Instant, Timing};

use super::setup::{HostId, SegmentId, Setup};

/// A whole scenario, its names resolved against a [`Setup`].
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// When it ends; what happens then still happens.
    pub until: Instant,
    /// How long a frame takes.
    pub latency_us: u64,
    /// How much longer it may take, at random.
    pub jitter_us: u64,
    /// The probability that a receiver does not get a frame.
    pub loss: f64,
    /// What jitter, loss and counters are drawn from.
    pub seed: u64,
    /// Exact timers, or those of a kernel clock.
    pub timing: Timing,
    /// When each host is powered on, in the order of [`Setup::hosts`]; `None` is never.
    pub boot: Vec<Option<Instant>>,
    /// What happens, in the order of the file. At the same time, the order of the file holds.
    pub events: Vec<Event>,
}

impl Scenario {
    /// The latency where a scenario does not say.
    pub const LATENCY_US: u64 = 200;
    /// The end where a scenario does not say.
    pub const UNTIL: Instant = Instant::from_us(60_000_000);

    /// Nothing happens but that all hosts boot at once, those that are away excepted.
    #[must_use]
    pub fn quiet(setup: &Setup) -> Self {
        Self {
            until: Self::UNTIL,
            latency_us: Self::LATENCY_US,
            jitter_us: 0,
            loss: 0.0,
            seed: 1,
            timing: Timing::Exact,
            boot: setup
                .hosts
                .iter()
                .map(|host| (!host.away).then_some(Instant::ZERO))
                .collect(),
            events: Vec::new(),
        }
    }

    /// Reads a scenario file.
    ///
    /// # Errors
    ///
    /// All that is wrong with it.
    pub fn parse(text: &str, setup: &Setup) -> Result<Self, Vec<ScenarioProblem>> {
        toml_form::parse(text, setup)
    }

    /// Adds an event in the short form, `T=DO:HOST[:ARG…]`, as in `20s=link-down:a:lan`.
    ///
    /// # Errors
    ///
    /// What is wrong with it; spans are those of the text.
    pub fn add(&mut self, text: &str, setup: &Setup) -> Result<(), Vec<ScenarioProblem>> {
        let event = words::event(text, setup, self.until)?;
        self.events.push(event);
        Ok(())
    }
}

/// Reads an action in the short form without a time, `DO:HOST[:ARG…]`, as in `link-down:a:lan`.
///
/// # Errors
///
/// What is wrong with it; spans are those of the text.
pub fn action(text: &str, setup: &Setup) -> Result<Action, Vec<ScenarioProblem>> {
    words::action(text, setup)
}

/// Microseconds of a time such as `20s`, `2.5s`, `300ms` or `1m30s`; `None` if it is none.
#[must_use]
pub fn time_us(text: &str) -> Option<u64> {
    words::duration_us(text)
}

/// Something that happens at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When.
    pub at: Instant,
    /// What.
    pub action: Action,
}

/// What can happen. Hosts, segments and interfaces are those of the [`Setup`].
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Power loss: nothing is sent.
    Crash(HostId),
    /// Power-on with the configuration of the setup, all state fresh.
    Boot(HostId),
    /// A virtual machine is paused. Its clock goes on; frames to it are lost.
    Suspend(HostId),
    /// It goes on. Timers that came due meanwhile expire now.
    Resume(HostId),
    /// An interface loses or gets its link, also while the host is off.
    Link {
        /// The host.
        host: HostId,
        /// The interface.
        interface: u16,
        /// It gets it.
        up: bool,
    },
    /// `ifconfig INTERFACE up` or `down`.
    Interface {
        /// The host.
        host: HostId,
        /// The interface.
        interface: u16,
        /// Up.
        up: bool,
    },
    /// An administrator does something. What the kernel refuses changes nothing.
    Configure {
        /// The host.
        host: HostId,
        /// What.
        command: Command,
    },
    /// Only hosts of one group reach each other. Replaces the partition in force on the segment.
    Partition {
        /// The segment; `None` for all.
        segment: Option<SegmentId>,
        /// The groups. Hosts in none are one more group.
        groups: Vec<Vec<HostId>>,
    },
    /// The partition ends.
    Heal {
        /// The segment; `None` for all.
        segment: Option<SegmentId>,
    },
    /// Frames from one host to another are lost.
    Block {
        /// The sender.
        from: HostId,
        /// The receiver.
        to: HostId,
        /// Only those of one family.
        family: Option<Family>,
    },
    /// Undoes a block.
    Unblock {
        /// The sender.
        from: HostId,
        /// The receiver.
        to: HostId,
        /// The family of the block; `None` undoes all.
        family: Option<Family>,
    },
    /// Advertisements are lost from now on.
    Lose(Loss),
    /// Sending fails on an interface, or works again.
    SendErrors {
        /// The host.
        host: HostId,
        /// The interface.
        interface: u16,
        /// It fails.
        on: bool,
    },
    /// Clients ask by ARP who has an address.
    Arp {
        /// The segment.
        segment: SegmentId,
        /// The address.
        target: Ipv4Addr,
        /// The clients.
        clients: Vec<Ipv4Addr>,
    },
}

impl Action {
    /// The host that it is done to, if it is one.
    #[must_use]
    pub const fn host(&self) -> Option<HostId> {
        match self {
            Self::Crash(host)
            | Self::Boot(host)
            | Self::Suspend(host)
            | Self::Resume(host)
            | Self::Link { host, .. }
            | Self::Interface { host, .. }
            | Self::Configure { host, .. }
            | Self::SendErrors { host, .. } => Some(*host),
            Self::Lose(loss) => Some(loss.host),
            Self::Partition { .. }
            | Self::Heal { .. }
            | Self::Block { .. }
            | Self::Unblock { .. }
            | Self::Arp { .. } => None,
        }
    }
}

/// Advertisements of a vhid that are lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// The sender.
    pub host: HostId,
    /// The interface that it sends on; `None` for any.
    pub interface: Option<u16>,
    /// The vhid.
    pub vhid: u8,
    /// Which.
    pub which: Which,
    /// The receiver that does not get them; `None` for all.
    pub to: Option<HostId>,
}

/// Which advertisements are lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Which {
    /// The one with this number, from 0, counted from the event on, both families together.
    Nth(u64),
    /// Each with this probability.
    Probability(f64),
}
