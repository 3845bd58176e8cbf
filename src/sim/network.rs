//! The segments between the hosts: who receives a frame, and when.

use std::net::IpAddr;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::carp::{Advertisement, Family, Instant};

use super::scenario::{Loss, Scenario, Which};
use super::setup::{HostId, SegmentId, Setup};

/// Who receives a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Receivers {
    /// Every host of the segment but the sender.
    All,
    /// Those that the list of this number names, by their places on the segment.
    List(u32),
}

/// How a frame travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// To all its receivers at once.
    Together(Receivers),
    /// To each at a time of its own: the list of receivers and their delays.
    Apart(u32),
    /// To nobody.
    Nowhere,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Block {
    from: HostId,
    to: HostId,
    family: Option<Family>,
}

#[derive(Clone, Copy, Debug)]
struct CountedLoss {
    loss: Loss,
    /// How many advertisements it has counted.
    seen: u64,
    /// The one that is being sent is the one.
    due: bool,
}

/// The segments with everything that keeps frames from arriving.
#[derive(Clone, Debug)]
pub(super) struct Network {
    latency_us: u64,
    jitter_us: u64,
    loss: f64,
    random: ChaCha8Rng,
    /// The interfaces on each segment, in the order of the hosts.
    segments: Vec<Vec<(HostId, u16)>>,
    /// Their own addresses, for unicast.
    addresses: Vec<Vec<Vec<IpAddr>>>,
    /// The group of each host on each segment, if a partition is in force there. Hosts in no group have 0.
    partitions: Vec<Option<Vec<u32>>>,
    blocks: Vec<Block>,
    losses: Vec<CountedLoss>,
    /// Nothing is in force, so that a multicast frame reaches everybody.
    clear: bool,
    /// Every receiver gets a frame of its own, to compare with frames that all share.
    #[cfg(test)]
    one_by_one: bool,
    /// Lists of receivers in use, and those that are free.
    lists: Vec<Vec<(u16, u64)>>,
    free: Vec<u32>,
}

impl Network {
    pub(super) fn new(setup: &Setup, scenario: &Scenario) -> Self {
        let mut segments = vec![Vec::new(); setup.segments.len()];
        let mut addresses = vec![Vec::new(); setup.segments.len()];
        for (place, host) in setup.hosts.iter().enumerate() {
            for (number, interface) in host.interfaces.iter().enumerate() {
                let own = &host.spec.interfaces[number].addresses;
                segments[interface.segment.index()].push((HostId(place as u16), number as u16));
                addresses[interface.segment.index()]
                    .push(own.iter().map(|(address, _)| *address).collect());
            }
        }
        let mut network = Self {
            latency_us: scenario.latency_us,
            jitter_us: scenario.jitter_us,
            loss: scenario.loss,
            random: ChaCha8Rng::seed_from_u64(scenario.seed),
            partitions: vec![None; segments.len()],
            segments,
            addresses,
            blocks: Vec::new(),
            losses: Vec::new(),
            clear: false,
            #[cfg(test)]
            one_by_one: false,
            lists: Vec::new(),
            free: Vec::new(),
        };
        network.look();
        network
    }

    /// The interfaces on a segment.
    pub(super) fn members(&self, segment: SegmentId) -> &[(HostId, u16)] {
        &self.segments[segment.index()]
    }

    /// When a frame that leaves now arrives, jitter aside.
    pub(super) const fn arrival(&self, now: Instant) -> Instant {
        now.after_us(self.latency_us)
    }

    pub(super) fn partition(&mut self, segment: Option<SegmentId>, groups: &[Vec<HostId>]) {
        let hosts = self
            .segments
            .iter()
            .flatten()
            .map(|(host, _)| host.index() + 1);
        let mut group_of = vec![0; hosts.max().unwrap_or(0)];
        for (number, group) in (1..).zip(groups) {
            for host in group {
                if let Some(place) = group_of.get_mut(host.index()) {
                    *place = number;
                }
            }
        }
        self.each(segment, |partition| *partition = Some(group_of.clone()));
    }

    pub(super) fn heal(&mut self, segment: Option<SegmentId>) {
        self.each(segment, |partition| *partition = None);
    }

    fn each(&mut self, segment: Option<SegmentId>, change: impl Fn(&mut Option<Vec<u32>>)) {
        for (place, partition) in self.partitions.iter_mut().enumerate() {
            if segment.is_none_or(|segment| segment.index() == place) {
                change(partition);
            }
        }
        self.look();
    }

    pub(super) fn block(&mut self, from: HostId, to: HostId, family: Option<Family>) {
        self.blocks.push(Block { from, to, family });
        self.look();
    }

    pub(super) fn unblock(&mut self, from: HostId, to: HostId, family: Option<Family>) {
        self.blocks.retain(|block| {
            (block.from, block.to) != (from, to) || (family.is_some() && block.family != family)
        });
        self.look();
    }

    pub(super) fn lose(&mut self, loss: Loss) {
        self.losses.push(CountedLoss {
            loss,
            seen: 0,
            due: false,
        });
        self.look();
    }

    fn look(&mut self) {
        self.clear = self.blocks.is_empty()
            && self.losses.is_empty()
            && self.loss == 0.0
            && self.jitter_us == 0
            && self.partitions.iter().all(Option::is_none);
        #[cfg(test)]
        {
            self.clear &= !self.one_by_one;
        }
    }

    /// Who receives an advertisement that a host sends now. Partitions, blocks and losses count at this moment.
    pub(super) fn route(
        &mut self,
        segment: SegmentId,
        host: HostId,
        sent: &Advertisement,
        peer: Option<IpAddr>,
    ) -> Route {
        if self.clear && peer.is_none() {
            return Route::Together(Receivers::All);
        }
        self.route_carefully(segment, host, sent, peer)
    }

    #[cold]
    #[inline(never)]
    fn route_carefully(
        &mut self,
        segment: SegmentId,
        host: HostId,
        sent: &Advertisement,
        peer: Option<IpAddr>,
    ) -> Route {
        self.count(host, sent);
        let mut list = Vec::new();
        let number = self.free.pop();
        if let Some(number) = number {
            list = std::mem::take(&mut self.lists[number as usize]);
        }
        for place in 0..self.segments[segment.index()].len() {
            let (to, _) = self.segments[segment.index()][place];
            let addressed = peer.is_none_or(|peer| self.has(segment, place, peer));
            if to == host || !addressed || !self.reaches(segment, host, to, sent.family) {
                continue;
            }
            if self.is_lost(host, to, sent) {
                continue;
            }
            let delay = self.jitter();
            list.push((place as u16, delay));
        }
        let number = number.unwrap_or(self.lists.len() as u32);
        if number as usize == self.lists.len() {
            self.lists.push(list);
        } else {
            self.lists[number as usize] = list;
        }
        if self.lists[number as usize].is_empty() {
            self.free.push(number);
            Route::Nowhere
        } else if self.goes_apart() {
            Route::Apart(number)
        } else {
            Route::Together(Receivers::List(number))
        }
    }

    /// The member of a segment at a place has an address of its own.
    pub(super) fn has(&self, segment: SegmentId, place: usize, address: IpAddr) -> bool {
        self.addresses[segment.index()][place].contains(&address)
    }

    #[cfg(not(test))]
    const fn goes_apart(&self) -> bool {
        self.jitter_us > 0
    }

    #[cfg(test)]
    const fn goes_apart(&self) -> bool {
        self.jitter_us > 0 || self.one_by_one
    }

    #[cfg(test)]
    pub(super) fn send_one_by_one(&mut self) {
        self.one_by_one = true;
        self.clear = false;
    }

    /// A list of receivers: their places on the segment, and how much longer it takes to each.
    pub(super) fn list(&self, number: u32) -> &[(u16, u64)] {
        &self.lists[number as usize]
    }

    /// Puts a list back.
    pub(super) fn release(&mut self, number: u32) {
        self.lists[number as usize].clear();
        self.free.push(number);
    }

    fn reaches(&self, segment: SegmentId, from: HostId, to: HostId, family: Family) -> bool {
        let together = self.partitions[segment.index()]
            .as_ref()
            .is_none_or(|group_of| group_of[from.index()] == group_of[to.index()]);
        together
            && !self.blocks.iter().any(|block| {
                (block.from, block.to) == (from, to) && block.family.is_none_or(|f| f == family)
            })
    }

    /// Counts an advertisement against the losses that name its number.
    fn count(&mut self, host: HostId, sent: &Advertisement) {
        for counted in &mut self.losses {
            if concerns(&counted.loss, host, sent) {
                counted.due = matches!(counted.loss.which, Which::Nth(nth) if nth == counted.seen);
                counted.seen += 1;
            } else {
                counted.due = false;
            }
        }
    }

    fn is_lost(&mut self, host: HostId, to: HostId, sent: &Advertisement) -> bool {
        let mut lost = self.chance(self.loss);
        for place in 0..self.losses.len() {
            let CountedLoss { loss, due, .. } = self.losses[place];
            if concerns(&loss, host, sent) && loss.to.is_none_or(|other| other == to) {
                lost |= match loss.which {
                    Which::Nth(_) => due,
                    Which::Probability(probability) => self.chance(probability),
                };
            }
        }
        lost
    }

    /// True with a probability. The draw has 53 bits and is compared exactly, so that it is the same everywhere.
    fn chance(&mut self, probability: f64) -> bool {
        if probability <= 0.0 {
            return false;
        }
        let draw = (self.random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        draw < probability
    }

    fn jitter(&mut self) -> u64 {
        if self.jitter_us == 0 {
            return 0;
        }
        // The bias of the remainder is below 1 in 2^40 for any jitter that makes sense.
        self.random.next_u64() % (self.jitter_us + 1)
    }
}

fn concerns(loss: &Loss, host: HostId, sent: &Advertisement) -> bool {
    loss.host == host
        && loss.vhid == sent.vhid
        && loss
            .interface
            .is_none_or(|interface| interface == sent.interface)
}
