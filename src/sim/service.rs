//! What clients notice: for how long a vhid had no master or several, and how often it moved.

use std::collections::BTreeMap;

use crate::carp::{Instant, State};

use super::setup::{HostId, SegmentId, Setup};
use super::trace::{Observer, Power, PowerRecord, TransitionRecord};

/// The service of every vhid, kept while a simulation runs.
#[derive(Clone, Debug)]
pub struct Service {
    /// The segment of each interface of each host.
    segments: Vec<Vec<SegmentId>>,
    vhids: BTreeMap<(SegmentId, u8), Watch>,
    paused: Vec<bool>,
}

#[derive(Clone, Debug, Default)]
struct Watch {
    /// Hosts that are master, whether or not they are paused.
    masters: Vec<HostId>,
    serving: Vec<HostId>,
    since: Instant,
    no_master_us: u64,
    dual_master_us: u64,
    first_master: Option<Instant>,
    last_single: Option<HostId>,
    failovers: u64,
    spans: Vec<Span>,
}

/// Who served a vhid from a time on, until the next span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// From when.
    pub from: Instant,
    /// The masters that could serve; none for an outage, several for a split brain.
    pub masters: Vec<HostId>,
}

/// What clients of a vhid noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VhidService {
    /// The segment.
    pub segment: SegmentId,
    /// The vhid.
    pub vhid: u8,
    /// For how long it had no master, from the start on.
    pub no_master_us: u64,
    /// For how long it had two masters or more.
    pub dual_master_us: u64,
    /// How often the role passed from one host to another.
    pub failovers: u64,
    /// When it had its first master. The time before is part of [`VhidService::no_master_us`].
    pub first_master: Option<Instant>,
    /// Who was master when.
    pub spans: Vec<Span>,
}

impl Service {
    /// Watches all vhids of a setup.
    #[must_use]
    pub fn new(setup: &Setup) -> Self {
        let mut vhids = BTreeMap::new();
        for host in &setup.hosts {
            for vhid in &host.spec.vhids {
                let segment = host.interfaces[usize::from(vhid.interface)].segment;
                vhids.insert((segment, vhid.vhid), Watch::start());
            }
        }
        let segments = setup.hosts.iter().map(|host| {
            let interfaces = host.interfaces.iter();
            interfaces.map(|interface| interface.segment).collect()
        });
        Self {
            segments: segments.collect(),
            vhids,
            paused: vec![false; setup.hosts.len()],
        }
    }

    /// What was noticed until the end.
    #[must_use]
    pub fn until(mut self, end: Instant) -> Vec<VhidService> {
        self.vhids
            .iter_mut()
            .map(|((segment, vhid), watch)| {
                watch.advance(end);
                VhidService {
                    segment: *segment,
                    vhid: *vhid,
                    no_master_us: watch.no_master_us,
                    dual_master_us: watch.dual_master_us,
                    failovers: watch.failovers,
                    first_master: watch.first_master,
                    spans: std::mem::take(&mut watch.spans),
                }
            })
            .collect()
    }
}

impl Watch {
    /// Nobody is master yet.
    fn start() -> Self {
        Self {
            spans: vec![Span {
                from: Instant::ZERO,
                masters: Vec::new(),
            }],
            ..Self::default()
        }
    }

    /// Counts the time since the last change.
    fn advance(&mut self, now: Instant) {
        let passed = now.since_us(self.since);
        match self.serving.len() {
            0 => self.no_master_us += passed,
            1 => {}
            _ => self.dual_master_us += passed,
        }
        self.since = now;
    }

    fn update(&mut self, now: Instant, paused: &[bool]) {
        self.advance(now);
        self.serving.clear();
        let awake = self.masters.iter().filter(|host| !paused[host.index()]);
        self.serving.extend(awake);
        self.serving.sort_unstable();
        if !self.serving.is_empty() {
            self.first_master.get_or_insert(now);
        }
        if let [single] = self.serving[..] {
            if self.last_single.is_some_and(|last| last != single) {
                self.failovers += 1;
            }
            self.last_single = Some(single);
        }
        match self.spans.last_mut() {
            Some(last) if last.from == now => last.masters.clone_from(&self.serving),
            Some(last) if last.masters == self.serving => {}
            _ => self.spans.push(Span {
                from: now,
                masters: self.serving.clone(),
            }),
        }
    }
}

impl Observer for Service {
    fn transition(&mut self, record: &TransitionRecord) {
        let segment = self.segments[record.host.index()][usize::from(record.interface)];
        let watch = self
            .vhids
            .entry((segment, record.vhid))
            .or_insert_with(Watch::start);
        if record.to == State::Master {
            watch.masters.push(record.host);
        } else if record.from == State::Master {
            watch.masters.retain(|host| *host != record.host);
        } else {
            return;
        }
        watch.update(record.at, &self.paused);
    }

    fn power(&mut self, record: &PowerRecord) {
        self.paused[record.host.index()] = record.power == Power::Suspended;
        for watch in self.vhids.values_mut() {
            if watch.masters.contains(&record.host) {
                // A host that is off, or starts afresh, is master of nothing.
                if record.power == Power::Off {
                    watch.masters.retain(|host| *host != record.host);
                }
                watch.update(record.at, &self.paused);
            }
        }
    }
}
