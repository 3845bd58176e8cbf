//! The loop: what is next, and what it does.

mod frames;
mod occasions;

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::carp::{AuthKey, Input, Instant, Output, State, Transition, Turn};

use super::machine::Machine;
use super::network::{Network, Receivers};
use super::queue::{Flight, Queue, To};
use super::scenario::Scenario;
use super::setup::{HostId, Setup};
use super::trace::{
    AnnouncementRecord, Cause, DemotionRecord, DropRecord, FinalRecord, FinalState, Observer,
    Power, TransitionRecord,
};

/// More things at one time than any cluster has to do.
const CROWD: u32 = 1_000_000;

/// How receivers decide whether an advertisement is authentic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Authentication {
    /// Vhids whose digests cover the same bytes have the same number, and numbers are compared. A digest is never
    /// computed.
    #[default]
    ByIdentity,
    /// Every advertisement is made as bytes, with its digest, and checked by every receiver as the kernel does.
    ByDigest,
}

/// How much happened in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Timers that expired.
    pub timers: u64,
    /// Advertisements handed to a receiver.
    pub deliveries: u64,
}

/// A cluster in simulated time.
///
/// What is next is the smallest turn of three: the events of the scenario, the frames on their way, and the timers of the
/// hosts. Events come first at their time, as they were there before anything else. Frames and timers take their numbers
/// from one count that goes around among the hosts.
#[derive(Clone, Debug)]
pub struct World<'a> {
    setup: &'a Setup,
    scenario: &'a Scenario,
    authentication: Authentication,
    now: Instant,
    order: u64,
    machines: Vec<Machine>,
    /// For each host, a turn that is not behind its next one.
    turns: Vec<Turn>,
    /// Boots and events in the order of their turns.
    timeline: Vec<(Instant, Occasion)>,
    next_occasion: usize,
    network: Network,
    queue: Queue,
    count: Count,
    /// How much has happened at this very time.
    crowd: u32,
    /// The world ran into a time that does not end.
    stuck: bool,
    /// The numbers of digest inputs.
    identities: BTreeMap<(AuthKey, Box<[u8]>), u32>,
    /// What the kernels draw their counters from.
    counters: ChaCha8Rng,
    /// Bytes of frames, and the places that are free.
    packets: Vec<Vec<u8>>,
    free_packets: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Occasion {
    Boot(HostId),
    Event(usize),
}

impl<'a> World<'a> {
    /// A world at its beginning: all hosts off.
    #[must_use]
    pub fn new(setup: &'a Setup, scenario: &'a Scenario) -> Self {
        let boots = (0u16..)
            .zip(&scenario.boot)
            .filter_map(|(host, at)| at.map(|at| (at, Occasion::Boot(HostId(host)))));
        let events = scenario.events.iter().enumerate();
        let events = events.map(|(number, event)| (event.at, Occasion::Event(number)));
        let mut timeline: Vec<_> = boots.chain(events).collect();
        timeline.sort_by_key(|(at, _)| *at);
        let mut counters = ChaCha8Rng::seed_from_u64(scenario.seed);
        counters.set_stream(1);
        Self {
            authentication: Authentication::default(),
            now: Instant::ZERO,
            order: timeline.len() as u64,
            machines: setup.hosts.iter().map(|h| Machine::new(&h.spec)).collect(),
            turns: vec![Turn::NEVER; setup.hosts.len()],
            timeline,
            next_occasion: 0,
            network: Network::new(setup, scenario),
            queue: Queue::default(),
            count: Count::default(),
            crowd: 0,
            stuck: false,
            identities: BTreeMap::new(),
            counters,
            packets: Vec::new(),
            free_packets: Vec::new(),
            setup,
            scenario,
        }
    }

    /// The same, authenticating in another way. The runs are the same.
    #[must_use]
    pub fn authenticating(mut self, authentication: Authentication) -> Self {
        self.authentication = authentication;
        self
    }

    /// The same, with a frame for every receiver.
    #[cfg(test)]
    pub(super) fn one_by_one(mut self) -> Self {
        self.network.send_one_by_one();
        self
    }

    /// Runs to the end of the scenario.
    pub fn run(&mut self, observer: &mut impl Observer) {
        self.run_until(self.scenario.until, observer);
    }

    /// Runs up to a time; what happens at that time still happens.
    pub fn run_until(&mut self, until: Instant, observer: &mut impl Observer) {
        loop {
            let occasion = self.timeline.get(self.next_occasion);
            let occasion = occasion.map_or(Instant::NEVER, |(at, _)| *at);
            let frame = self.queue.next();
            let (host, timer) = self.next_host();
            let next = timer.min(frame);
            if self.is_crowded(next.at.min(occasion)) {
                self.stuck = true;
                break;
            }
            if occasion <= next.at {
                if occasion > until || occasion == Instant::NEVER {
                    break;
                }
                self.now = self.now.max(occasion);
                self.occasion(observer);
            } else if next.at > until {
                break;
            } else if frame < timer {
                self.now = frame.at;
                self.arrive(observer);
            } else {
                self.expire(host, timer, observer);
            }
        }
        if !self.stuck {
            self.now = self.now.max(until);
        }
    }

    /// Without latency, routers that contradict each other answer each other for ever at one time.
    fn is_crowded(&mut self, next: Instant) -> bool {
        if next > self.now {
            self.crowd = 0;
        }
        self.crowd += 1;
        self.crowd > CROWD
    }

    /// Why the run ended before its time, if it did: the time at which advertisements answer each other for ever.
    #[must_use]
    pub fn stuck_at(&self) -> Option<Instant> {
        self.stuck.then_some(self.now)
    }

    /// The host whose turn it may be. The turn may be too early, never too late.
    fn next_host(&self) -> (usize, Turn) {
        let mut best = (0, Turn::NEVER);
        for (host, turn) in self.turns.iter().enumerate() {
            if *turn < best.1 {
                best = (host, *turn);
            }
        }
        best
    }

    /// When something happens next: an event, an arrival or a timer.
    pub fn next_at(&mut self) -> Option<Instant> {
        let occasion = self.timeline.get(self.next_occasion);
        let mut next = occasion.map_or(Instant::NEVER, |(at, _)| *at);
        next = next.min(self.queue.next().at);
        for machine in &mut self.machines {
            if let (Power::On, Some(running)) = (machine.power, &mut machine.host) {
                next = next.min(running.poll_timeout().unwrap_or(Instant::NEVER));
            }
        }
        Some(next).filter(|at| *at != Instant::NEVER)
    }

    /// The time reached.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// How much happened.
    #[must_use]
    pub const fn count(&self) -> Count {
        self.count
    }

    /// The state of a vhid; `None` where the host is off or does not have it.
    #[must_use]
    pub fn state(&self, host: HostId, interface: u16, vhid: u8) -> Option<State> {
        let host = self.machines[host.index()].host.as_ref()?;
        host.vhid(interface, vhid).map(|view| view.state)
    }

    /// What each vhid is now, those of the setup first.
    #[must_use]
    pub fn finals(&self) -> Vec<FinalRecord> {
        let mut finals = Vec::new();
        for ((number, machine), setup) in (0u16..).zip(&self.machines).zip(&self.setup.hosts) {
            let host = HostId(number);
            for spec in &setup.spec.vhids {
                let state = match &machine.host {
                    None => FinalState::Off,
                    Some(running) => running
                        .vhid(spec.interface, spec.vhid)
                        .map_or(FinalState::None, |view| FinalState::Is(view.state)),
                };
                finals.push(FinalRecord {
                    host,
                    interface: spec.interface,
                    vhid: spec.vhid,
                    state,
                });
            }
            for view in machine.host.iter().flat_map(|running| running.vhids()) {
                let same = |f: &FinalRecord| {
                    (f.host, f.interface, f.vhid) == (host, view.interface, view.vhid)
                };
                if !finals.iter().any(same) {
                    finals.push(FinalRecord {
                        host,
                        interface: view.interface,
                        vhid: view.vhid,
                        state: FinalState::Is(view.state),
                    });
                }
            }
        }
        finals
    }

    /// A timer of a host expires, if its turn has come: the turn may have been too early.
    fn expire(&mut self, host: usize, turn: Turn, observer: &mut impl Observer) {
        let Some(running) = &mut self.machines[host].host else {
            self.turns[host] = Turn::NEVER;
            return;
        };
        let exact = running.next_turn().unwrap_or(Turn::NEVER);
        if exact != turn {
            self.turns[host] = exact;
            return;
        }
        let cause = if running.next_is_task() {
            Cause::Task
        } else {
            Cause::Timer
        };
        // Timers that came due while the host was paused expire late.
        self.now = self.now.max(turn.at);
        running.set_order(self.order);
        running.handle(self.now, Input::Timeout);
        self.count.timers += 1;
        self.settle(host, cause, observer);
    }

    /// A frame arrives at its receivers.
    fn arrive(&mut self, observer: &mut impl Observer) {
        let Some(flight) = self.queue.pop() else {
            return;
        };
        match flight.to {
            To::One(place) => self.deliver(&flight, usize::from(place), observer),
            To::All(Receivers::All) => {
                for place in 0..self.network.members(flight.segment).len() {
                    self.deliver(&flight, place, observer);
                }
            }
            To::All(Receivers::List(number)) => {
                for entry in 0..self.network.list(number).len() {
                    let (place, _) = self.network.list(number)[entry];
                    self.deliver(&flight, usize::from(place), observer);
                }
                self.network.release(number);
            }
        }
        if let Some(number) = flight.bytes {
            self.free_packets.push(number);
        }
    }

    #[inline]
    fn deliver(&mut self, flight: &Flight, place: usize, observer: &mut impl Observer) {
        let (to, interface) = self.network.members(flight.segment)[place];
        let machine = &mut self.machines[to.index()];
        if to == flight.from || !machine.hears(interface) {
            return;
        }
        let Some(running) = &mut machine.host else {
            return;
        };
        running.set_order(self.order);
        match flight.bytes {
            None => running.handle(
                self.now,
                Input::Advertisement {
                    interface,
                    advertisement: &flight.advertisement,
                },
            ),
            Some(number) => running.handle(
                self.now,
                Input::Packet {
                    interface,
                    family: flight.advertisement.family,
                    bytes: &self.packets[number as usize],
                },
            ),
        }
        self.count.deliveries += 1;
        self.settle(to.index(), Cause::Packet, observer);
    }

    /// A host has done something: its outputs are carried out, and its next turn noted.
    #[inline]
    fn settle(&mut self, host: usize, cause: Cause, observer: &mut impl Observer) {
        let machine = &mut self.machines[host];
        let Some(running) = &mut machine.host else {
            return;
        };
        self.order = running.order();
        if running.has_output() {
            self.carry_out(host, cause, observer);
        }
        let machine = &mut self.machines[host];
        let Some(running) = &machine.host else {
            return;
        };
        self.turns[host] = match machine.power {
            Power::On => running.not_before(),
            Power::Off | Power::Suspended => Turn::NEVER,
        };
        let value = running.demotion();
        if value != machine.demotion {
            machine.demotion = value;
            observer.demotion(&DemotionRecord {
                at: self.now,
                host: HostId(host as u16),
                value,
            });
        }
    }

    fn carry_out(&mut self, place: usize, cause: Cause, observer: &mut impl Observer) {
        let host = HostId(place as u16);
        while let Some(output) = self.machines[place]
            .host
            .as_mut()
            .and_then(|h| h.poll_output())
        {
            self.carry_out_one(host, output, cause, observer);
        }
    }

    fn carry_out_one(
        &mut self,
        host: HostId,
        output: Output,
        cause: Cause,
        observer: &mut impl Observer,
    ) {
        match output {
            Output::Transition(transition) => {
                self.tell_transition(host, transition, cause, observer);
            }
            Output::Advertise(advertisement) => self.send(host, advertisement, observer),
            Output::Announce {
                interface,
                vhid,
                address,
            } => observer.announcement(&AnnouncementRecord {
                at: self.now,
                host,
                interface,
                vhid,
                address,
            }),
            Output::Drop {
                interface,
                family,
                reason,
            } => observer.dropped(&DropRecord {
                at: self.now,
                host,
                interface,
                family,
                reason,
            }),
            Output::Identity { slot } => self.identify(host.index(), slot),
        }
    }

    fn tell_transition(
        &self,
        host: HostId,
        transition: Transition,
        cause: Cause,
        observer: &mut impl Observer,
    ) {
        let kernel = self.setup.hosts[host.index()].spec.kernel;
        observer.transition(&TransitionRecord {
            at: self.now,
            host,
            interface: transition.interface,
            vhid: transition.vhid,
            from: transition.from,
            to: transition.to,
            reason: transition.reason,
            text: kernel.log_text(transition.reason),
            cause,
        });
    }

    /// Numbers the digest input of a vhid.
    fn identify(&mut self, host: usize, slot: u16) {
        let Some(running) = &mut self.machines[host].host else {
            return;
        };
        let Some(authenticator) = running.authenticator(slot) else {
            return;
        };
        let (key, message) = authenticator.input();
        let next = self.identities.len() as u32;
        let identity = *self.identities.entry((key, message.into())).or_insert(next);
        running.set_identity(slot, identity);
    }
}
