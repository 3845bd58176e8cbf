//! In which order the hosts change: every candidate is simulated, and the one that clients notice least is taken.

use std::collections::{BTreeMap, BTreeSet};

use super::action::Action;
use super::change::Change;
use super::prediction::{Prediction, Present, predict};
use super::step::{Act, Step};
use crate::model::{Mode, SegmentName, Vhid, VhidConfig};

/// How long after the other hosts of a vhid its master changes, in a step that they take together. It must be longer than
/// the other hosts need for their commands, and shorter than any wait for a silent master.
const MASTER_DELAY_MS: u32 = 250;

/// What a withdrawn host adds to its demotion: more than any skew.
pub const WITHDRAWAL: i32 = 240;

/// A host of the plan.
#[derive(Clone, Debug)]
pub struct HostPart {
    /// As it is.
    pub present: Present,
    /// What changes.
    pub changes: Vec<Change>,
    /// It comes new among hosts that serve: it is demoted before it gets its vhids.
    pub joins_demoted: bool,
}

/// How hosts that can change one by one are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequence {
    /// Those that serve least first.
    BackupsFirst,
    /// Those that serve most first.
    MastersFirst,
    /// Each is withdrawn, changed and returned; those that serve least first.
    Withdraw,
    /// All at one instant.
    AtOnce,
}

/// How hosts that must change together do so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Together {
    /// All at one instant.
    AtOnce,
    /// The masters a moment later, which claim the role at once.
    MastersClaim,
}

/// A way to order the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strategy {
    /// Hosts that change one by one.
    pub sequence: Sequence,
    /// Hosts that change together.
    pub together: Together,
    /// What is done together comes first.
    pub together_first: bool,
}

/// Steps, and what they do.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// How they came about.
    pub strategy: Strategy,
    /// The steps.
    pub steps: Vec<Step>,
    /// What they do.
    pub prediction: Prediction,
}

/// Less than this is no difference: it is about what commands and packets take, and varies as much.
const NOTICEABLE_US: u64 = 10_000;

/// The candidate that costs least: first the vhids that are served, then the new ones, then the order in which candidates
/// are tried, the plainest and most careful first.
#[must_use]
pub fn best(hosts: &[HostPart]) -> Candidate {
    let present: Vec<Present> = hosts.iter().map(|host| host.present.clone()).collect();
    let mut best: Option<(Candidate, (u64, u64))> = None;
    let mut tried: Vec<Vec<Step>> = Vec::new();
    for strategy in strategies() {
        let steps = steps(hosts, strategy);
        if tried.contains(&steps) {
            continue;
        }
        tried.push(steps.clone());
        let prediction = predict(&present, &steps);
        let (served, new) = prediction.cost_us();
        let cost = (served / NOTICEABLE_US, new / NOTICEABLE_US);
        if best.as_ref().is_none_or(|(_, least)| cost < *least) {
            best = Some((
                Candidate {
                    strategy,
                    steps,
                    prediction,
                },
                cost,
            ));
        }
    }
    best.map_or_else(|| naive(hosts), |(candidate, _)| candidate)
}

/// What somebody does who goes from host to host in the order of the description.
#[must_use]
pub fn naive(hosts: &[HostPart]) -> Candidate {
    let present: Vec<Present> = hosts.iter().map(|host| host.present.clone()).collect();
    let steps: Vec<Step> = hosts
        .iter()
        .enumerate()
        .filter(|(_, host)| !host.changes.is_empty())
        .map(|(place, host)| {
            Step::on(
                place,
                host.changes.iter().cloned().map(Action::Change).collect(),
            )
        })
        .collect();
    let prediction = predict(&present, &steps);
    let strategy = Strategy {
        sequence: Sequence::BackupsFirst,
        together: Together::AtOnce,
        together_first: false,
    };
    Candidate {
        strategy,
        steps,
        prediction,
    }
}

fn strategies() -> impl Iterator<Item = Strategy> {
    use Sequence::{AtOnce, BackupsFirst, MastersFirst, Withdraw};
    let sequences = [BackupsFirst, MastersFirst, Withdraw, AtOnce];
    sequences.into_iter().flat_map(|sequence| {
        [false, true].into_iter().flat_map(move |together_first| {
            [Together::AtOnce, Together::MastersClaim].map(|together| Strategy {
                sequence,
                together,
                together_first,
            })
        })
    })
}

/// The steps of a strategy.
#[must_use]
pub fn steps(hosts: &[HostPart], strategy: Strategy) -> Vec<Step> {
    let shared = shared_vhids(hosts);
    let together = together(hosts, &shared, strategy.together);
    let alone = alone(hosts, &shared, strategy.sequence);
    let mut steps = alone;
    if let Some(step) = together {
        let place = if strategy.together_first {
            0
        } else {
            steps.len()
        };
        steps.insert(place, step);
    }
    steps
}

type Key = (SegmentName, Vhid);

fn key(vhid: &VhidConfig) -> Key {
    (vhid.segment.clone(), vhid.vhid)
}

/// The vhids whose advertisements several hosts would refuse from each other between their changes.
fn shared_vhids(hosts: &[HostPart]) -> BTreeSet<Key> {
    acceptance_vhids(hosts, 2)
}

/// The vhids of which so many hosts or more change what they accept from their peers.
#[must_use]
pub fn acceptance_vhids(hosts: &[HostPart], least: usize) -> BTreeSet<(SegmentName, Vhid)> {
    let mut count: BTreeMap<Key, usize> = BTreeMap::new();
    for host in hosts {
        let mut own: BTreeSet<Key> = BTreeSet::new();
        for change in &host.changes {
            own.extend(
                change
                    .vhid()
                    .filter(|_| changes_acceptance(change, &host.changes))
                    .map(key),
            );
        }
        for key in own {
            *count.entry(key).or_default() += 1;
        }
    }
    count
        .into_iter()
        .filter(|(_, hosts)| *hosts >= least)
        .map(|(key, _)| key)
        .collect()
}

/// After the change, peers that have not changed refuse the host's advertisements, or it theirs: the digest covers key and
/// addresses (`carp_hmac_prepare` in FreeBSD `sys/netinet/ip_carp.c`).
#[must_use]
pub fn changes_acceptance(change: &Change, all: &[Change]) -> bool {
    match change {
        Change::LoadModule | Change::Sysctl { .. } => false,
        Change::AddAddress { .. } | Change::RemoveAddress { .. } => true,
        // A vhid that is made anew speaks another version, or loses its key.
        Change::AddVhid(vhid) | Change::RemoveVhid(vhid) => {
            let same = |other: &Change| match other {
                Change::AddVhid(other) | Change::RemoveVhid(other) => key(other) == key(vhid),
                _ => false,
            };
            all.iter().filter(|other| same(other)).count() > 1
        }
        Change::Parameters { before, after } => match (&before.mode, &after.mode) {
            (
                Mode::Carp {
                    key: a,
                    peer: b,
                    peer6: c,
                    ..
                },
                Mode::Carp {
                    key: x,
                    peer: y,
                    peer6: z,
                    ..
                },
            ) => (a, b, c) != (x, y, z),
            _ => false,
        },
    }
}

/// The one step in which everything is done that hosts must do together.
fn together(hosts: &[HostPart], shared: &BTreeSet<Key>, how: Together) -> Option<Step> {
    let mut acts = Vec::new();
    for (place, host) in hosts.iter().enumerate() {
        let own = host
            .changes
            .iter()
            .filter(|change| is_shared(change, shared));
        let serves = |change: &Change| {
            change
                .vhid()
                .is_some_and(|vhid| host.present.masters.contains(&key(vhid)))
        };
        let (mastered, others): (Vec<&Change>, Vec<&Change>) =
            own.partition(|change| how == Together::MastersClaim && serves(change));
        let mut claims: Vec<&VhidConfig> = Vec::new();
        for vhid in mastered
            .iter()
            .filter(|change| bounces(change))
            .filter_map(|change| change.vhid())
        {
            if !claims.iter().any(|other| key(other) == key(vhid)) {
                claims.push(vhid);
            }
        }
        let claims = claims.into_iter().cloned().map(Action::Claim);
        let late = mastered
            .into_iter()
            .cloned()
            .map(Action::Change)
            .chain(claims);
        let early = others.into_iter().cloned().map(Action::Change);
        let of = |delay_ms, actions: Vec<Action>| Act {
            host: place,
            delay_ms,
            actions,
        };
        acts.extend(
            [of(0, early.collect()), of(MASTER_DELAY_MS, late.collect())]
                .into_iter()
                .filter(|act| !act.actions.is_empty()),
        );
    }
    (!acts.is_empty()).then_some(Step { acts })
}

fn is_shared(change: &Change, shared: &BTreeSet<Key>) -> bool {
    change
        .vhid()
        .is_some_and(|vhid| shared.contains(&key(vhid)))
}

/// The vhid starts again from INIT.
const fn bounces(change: &Change) -> bool {
    matches!(
        change,
        Change::AddVhid(_) | Change::AddAddress { .. } | Change::RemoveAddress { .. }
    )
}

/// The steps of hosts that change one by one.
fn alone(hosts: &[HostPart], shared: &BTreeSet<Key>, sequence: Sequence) -> Vec<Step> {
    let own = |host: &HostPart| -> Vec<Action> {
        let changes = host
            .changes
            .iter()
            .filter(|change| !is_shared(change, shared));
        let mut actions: Vec<Action> = changes.cloned().map(Action::Change).collect();
        if host.joins_demoted && actions.iter().any(is_new_vhid) {
            let at = actions.iter().position(is_new_vhid).unwrap_or(0);
            demote(host, &mut actions, at);
        }
        actions
    };
    let mut order: Vec<usize> = (0..hosts.len())
        .filter(|place| !own(&hosts[*place]).is_empty())
        .collect();
    match sequence {
        Sequence::BackupsFirst | Sequence::Withdraw => {
            order.sort_by_key(|place| hosts[*place].present.masters.len())
        }
        Sequence::MastersFirst => {
            order.sort_by_key(|place| std::cmp::Reverse(hosts[*place].present.masters.len()));
        }
        Sequence::AtOnce => {
            let acts = order.iter().map(|place| Act {
                host: *place,
                delay_ms: 0,
                actions: own(&hosts[*place]),
            });
            let acts: Vec<Act> = acts.collect();
            return if acts.is_empty() {
                Vec::new()
            } else {
                vec![Step { acts }]
            };
        }
    }
    let mut steps = Vec::new();
    for place in order {
        let host = &hosts[place];
        let actions = own(host);
        let leave = if sequence == Sequence::Withdraw {
            withdrawal(host)
        } else {
            Vec::new()
        };
        if leave.is_empty() {
            steps.push(Step::on(place, actions));
            continue;
        }
        let back: Vec<Action> = leave.iter().filter_map(Action::reversed).collect();
        steps.extend([leave, actions, back].map(|actions| Step::on(place, actions)));
    }
    steps
}

const fn is_new_vhid(action: &Action) -> bool {
    matches!(action, Action::Change(Change::AddVhid(_)))
}

/// A host that comes new is demoted before its first vhid; on release 9, which has no such counter, its vhids come with the
/// largest skew.
fn demote(host: &HostPart, actions: &mut Vec<Action>, at: usize) {
    if !host.present.config.release.has_carp_interfaces() {
        actions.insert(at, Action::Demote(WITHDRAWAL));
        return;
    }
    let Ok(last) = crate::model::AdvSkew::new(254) else {
        return;
    };
    for action in actions {
        if let Action::Change(Change::AddVhid(VhidConfig {
            mode: Mode::Carp { advskew, .. },
            ..
        })) = action
        {
            *advskew = last;
        }
    }
}

/// What takes a host out of service, where it serves: nothing for one that does not.
fn withdrawal(host: &HostPart) -> Vec<Action> {
    if host.present.masters.is_empty() {
        return Vec::new();
    }
    if !host.present.config.release.has_carp_interfaces() {
        return vec![Action::Demote(WITHDRAWAL)];
    }
    let vhids = host.present.config.vhids.iter();
    let stays = |vhid: &&VhidConfig| {
        !host.changes.iter().any(|change| match change {
            Change::RemoveVhid(gone) => key(gone) == key(vhid),
            _ => false,
        })
    };
    vhids
        .filter(stays)
        .map(|vhid| Action::Carp {
            vhid: vhid.clone(),
            up: false,
        })
        .collect()
}
