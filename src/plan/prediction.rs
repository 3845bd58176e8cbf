//! What a sequence of steps does to the service, found by simulating it.

use std::collections::{BTreeMap, BTreeSet};

use super::action::Action;
use super::step::Step;
use crate::carp::{Change as Setting, Command, Instant, State};
use crate::model::{HostConfig, SegmentName, Vhid, VhidConfig};
use crate::sim::{self, HostId, Scenario, SegmentId, Service, Setup, Span, World};

/// How long one command takes on a host, with the start of its process.
const COMMAND_US: u64 = 10_000;

/// A host as it is when the plan begins.
#[derive(Clone, Debug)]
pub struct Present {
    /// What it runs. Its interfaces are those of the description, on the segments of the description.
    pub config: HostConfig,
    /// The vhids that it is master of.
    pub masters: Vec<(SegmentName, Vhid)>,
}

/// For how long a vhid is served wrongly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interruption {
    /// The segment.
    pub segment: String,
    /// The vhid.
    pub vhid: u8,
    /// For how long nobody serves it, once somebody did.
    pub no_master_us: u64,
    /// For how long several hosts do.
    pub dual_master_us: u64,
    /// Somebody served it when the plan began.
    pub served_before: bool,
}

/// What a sequence of steps does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// The vhids in the order of their segments and numbers.
    pub vhids: Vec<Interruption>,
    /// Who is master of each vhid when a step has settled; as many as there are steps.
    pub masters: Vec<BTreeMap<(String, u8), Vec<usize>>>,
    /// How long after its beginning a step has settled: when the last role has changed.
    pub settled_us: Vec<u64>,
}

impl Prediction {
    /// All time without or with several masters, of the vhids that were served before and of the others.
    #[must_use]
    pub fn cost_us(&self) -> (u64, u64) {
        let sum = |before: bool| {
            let of_kind = self
                .vhids
                .iter()
                .filter(|vhid| vhid.served_before == before);
            of_kind
                .map(|vhid| vhid.no_master_us + vhid.dual_master_us)
                .sum()
        };
        (sum(true), sum(false))
    }
}

/// How long the cluster may need to settle: every backup may wait once for a silent master and once for one that left.
#[must_use]
pub fn settle_us<'a>(configs: impl IntoIterator<Item = &'a VhidConfig>) -> u64 {
    let waits = configs
        .into_iter()
        .map(|vhid| vhid.mode.longest_takeover_us());
    2 * waits.max().unwrap_or(0) + 1_000_000
}

/// Simulates steps, each once the one before has settled.
#[must_use]
pub fn predict(present: &[Present], steps: &[Step]) -> Prediction {
    let setup = Setup::of(present.iter().map(|host| &host.config));
    let scenario = Scenario {
        until: Instant::NEVER,
        ..Scenario::quiet(&setup)
    };
    let settle = settle_us(vhids(present, steps));
    let mut run = Run {
        world: World::new(&setup, &scenario),
        service: Service::new(&setup),
        now: 0,
    };
    run.advance(settle);
    run.put_masters_in_place(present, &setup);
    run.advance(settle);
    let begin = Instant::from_us(run.now);
    // What happens at the very instant of the beginning would count as there before it.
    run.advance(COMMAND_US);
    let mut masters = Vec::new();
    let mut starts = Vec::new();
    for step in steps {
        starts.push(run.now);
        run.step(present, step);
        run.advance(settle);
        masters.push(run.masters(&setup));
    }
    let end = Instant::from_us(run.now);
    let left = run.carried(&setup);
    let services = run.service.until(end);
    let settled_us = settled(&services, &starts, run.now);
    let interruption = |service: &sim::VhidService| {
        let (served_before, no_master_us, dual_master_us) = measure(&service.spans, begin, end);
        Interruption {
            segment: setup.segments[usize::from(service.segment.0)].clone(),
            vhid: service.vhid,
            no_master_us,
            dual_master_us,
            served_before,
        }
    };
    let stays = |service: &&sim::VhidService| left.contains(&(service.segment, service.vhid));
    let mut vhids: Vec<Interruption> = services.iter().filter(stays).map(interruption).collect();
    vhids.sort_by(|a, b| (&a.segment, a.vhid).cmp(&(&b.segment, b.vhid)));
    Prediction {
        vhids,
        masters,
        settled_us,
    }
}

/// For each step, the time from its start to the last change of a role before the next.
fn settled(services: &[sim::VhidService], starts: &[u64], end: u64) -> Vec<u64> {
    let changes = services.iter().flat_map(|service| &service.spans);
    let changes: Vec<u64> = changes
        .map(|span| span.from.since_us(Instant::ZERO))
        .collect();
    let until = |place: usize| starts.get(place + 1).copied().unwrap_or(end);
    let of_step = |(place, start): (usize, &u64)| {
        let own = changes
            .iter()
            .filter(|at| (*start..until(place)).contains(at));
        own.max().map_or(0, |last| last - start)
    };
    starts.iter().enumerate().map(of_step).collect()
}

/// All vhids that hosts have or get.
fn vhids<'a>(present: &'a [Present], steps: &'a [Step]) -> impl Iterator<Item = &'a VhidConfig> {
    let have = present.iter().flat_map(|host| &host.config.vhids);
    let actions = steps
        .iter()
        .flat_map(|step| &step.acts)
        .flat_map(|act| &act.actions);
    have.chain(actions.filter_map(Action::vhid))
}

/// From spans: whether somebody served at the beginning, and for how long none or several did from then on, or from the
/// first master on.
fn measure(spans: &[Span], begin: Instant, end: Instant) -> (bool, u64, u64) {
    let (mut none, mut several) = (0, 0);
    let mut served = false;
    let mut served_before = false;
    for (place, span) in spans.iter().enumerate() {
        let until = spans.get(place + 1).map_or(end, |next| next.from);
        if until <= begin {
            continue;
        }
        let length = until.since_us(span.from.max(begin));
        if span.from <= begin {
            served_before = !span.masters.is_empty();
        }
        served |= !span.masters.is_empty();
        match span.masters.len() {
            0 if served => none += length,
            0 | 1 => {}
            _ => several += length,
        }
    }
    (served_before, none, several)
}

/// A simulation under way.
struct Run<'a> {
    world: World<'a>,
    service: Service,
    now: u64,
}

impl Run<'_> {
    fn advance(&mut self, by_us: u64) {
        self.now += by_us;
        self.world
            .run_until(Instant::from_us(self.now), &mut self.service);
    }

    fn act(&mut self, host: usize, command: Command) {
        let Ok(host) = u16::try_from(host) else {
            return;
        };
        let action = sim::Action::Configure {
            host: HostId(host),
            command,
        };
        self.world.act(&action, &mut self.service);
    }

    /// Without preemption the masters are those that history made, which a boot of all hosts need not repeat.
    fn put_masters_in_place(&mut self, present: &[Present], setup: &Setup) {
        for (place, host) in present.iter().enumerate() {
            for (segment, vhid) in &host.masters {
                let mut interfaces = setup.hosts[place].interfaces.iter();
                let on_segment = |interface: &sim::InterfaceSetup| {
                    setup.segments[usize::from(interface.segment.0)] == segment.to_string()
                };
                let Some(interface) = interfaces
                    .position(on_segment)
                    .and_then(|i| u16::try_from(i).ok())
                else {
                    continue;
                };
                let state = u16::try_from(place)
                    .ok()
                    .and_then(|host| self.world.state(HostId(host), interface, vhid.number()));
                if state == Some(State::Backup) {
                    let change = Setting {
                        state: Some(State::Master),
                        ..Setting::default()
                    };
                    self.act(
                        place,
                        Command::Set {
                            interface,
                            vhid: vhid.number(),
                            change,
                        },
                    );
                }
            }
        }
    }

    fn step(&mut self, present: &[Present], step: &Step) {
        let start = self.now;
        let mut events: Vec<(u64, usize, Command)> = Vec::new();
        for act in &step.acts {
            let mut at = start + u64::from(act.delay_ms) * 1000;
            for action in &act.actions {
                for command in action.events(&present[act.host].config) {
                    events.push((at, act.host, command));
                }
                at += COMMAND_US;
            }
        }
        events.sort_by_key(|(at, ..)| *at);
        for (at, host, command) in events {
            self.now = self.now.max(at);
            self.world
                .run_until(Instant::from_us(self.now), &mut self.service);
            self.act(host, command);
        }
    }

    /// The vhids that some host has: what is taken away everywhere is not missed.
    fn carried(&self, setup: &Setup) -> BTreeSet<(SegmentId, u8)> {
        let finals = self.world.finals().into_iter();
        let there = finals.filter(|record| matches!(record.state, sim::trace::FinalState::Is(_)));
        there
            .map(|record| (setup.segment_of(record.host, record.interface), record.vhid))
            .collect()
    }

    fn masters(&self, setup: &Setup) -> BTreeMap<(String, u8), Vec<usize>> {
        let mut masters: BTreeMap<(String, u8), Vec<usize>> = BTreeMap::new();
        for record in self.world.finals() {
            let segment = setup.segment_of(record.host, record.interface);
            let name = setup.segments[usize::from(segment.0)].clone();
            let entry = masters.entry((name, record.vhid)).or_default();
            if record.state == sim::trace::FinalState::Is(State::Master) {
                entry.push(usize::from(record.host.0));
            }
        }
        masters
    }
}
