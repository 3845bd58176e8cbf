//! What a cluster looks like now, against its description or on its own.

use std::collections::BTreeMap;

use super::demotion::{Demotion, demotion_of};
use super::drift::{Difference, ExtraVhid, Side, counterpart, drift, extra_vhids};
use super::observed::{CarpSupport, Discards, Observed};
use crate::carp::AdvSkew;
use crate::dialect::join_segments;
use crate::dialect::parse::{HostReading, LoaderAction, ShownState};
use crate::model::{
    Cluster, HostConfig, HostName, KnownSysctl, Mode, Node, Release, SegmentName, Vhid, VhidConfig,
    Vip,
};

/// A host, or why nothing is known of it.
#[derive(Debug)]
pub struct Looked {
    /// Its name.
    pub host: HostName,
    /// What was found there.
    pub found: Found,
}

/// What was found at a host.
#[derive(Debug)]
pub enum Found {
    /// It answered.
    Observed(Box<Observed>),
    /// It did not: why, and what to type.
    Unreachable {
        /// Why.
        why: String,
        /// What to type.
        hint: String,
    },
    /// It is described to be out of service, and was not asked.
    Away(String),
}

/// The state of a cluster.
#[derive(Debug)]
pub struct ClusterStatus {
    /// The hosts, in the order of the description.
    pub hosts: Vec<HostStatus>,
    /// The vhids: those of the description in its order, then the others.
    pub vhids: Vec<VhidStatus>,
    /// A description was there to compare with.
    pub described: bool,
}

/// The state of a host.
#[derive(Debug)]
pub struct HostStatus {
    /// Its name.
    pub host: HostName,
    /// What is known of it.
    pub state: HostState,
}

/// What is known of a host.
#[derive(Debug)]
pub enum HostState {
    /// It answered.
    Seen(Box<SeenHost>),
    /// It did not: why, and what to type.
    Unreachable {
        /// Why.
        why: String,
        /// What to type.
        hint: String,
    },
    /// It is out of service, for this reason.
    Away(String),
}

/// A host that answered.
#[derive(Debug)]
pub struct SeenHost {
    /// What it runs, such as `14.3-RELEASE-p2`.
    pub release: String,
    /// The family of that.
    pub family: Release,
    /// Its backups take over from slower masters by themselves (`net.inet.carp.preempt`).
    pub preempt: bool,
    /// Where it is not as described; without a description, where it does not run what it boots.
    pub drift: Vec<(Side, Difference)>,
    /// Vhids that nobody described.
    pub extra: Vec<ExtraVhid>,
    /// Its vhids.
    pub vhids: Vec<SeenVhid>,
    /// Its demotion, where it has one.
    pub demotion: Option<Demotion>,
    /// It was taken out of service by carpgen.
    pub drained: bool,
    /// The text of a change that waits for its confirmation.
    pub pending: Option<String>,
    /// The packets discarded for bad authentication, where that could be read.
    pub discards: Option<Discards>,
    /// The live keys could be read.
    pub keys_shown: bool,
    /// What could not be read: path and why.
    pub unreadable: Vec<(String, String)>,
}

/// A vhid of a host as it runs.
#[derive(Clone, Debug)]
pub struct SeenVhid {
    /// The segment.
    pub segment: SegmentName,
    /// What runs.
    pub config: VhidConfig,
    /// Its state.
    pub state: ShownState,
    /// The skew that it advertises with, under the demotion of the host; none in VRRP.
    pub effective_skew: Option<u8>,
}

/// A vhid over all hosts.
#[derive(Debug)]
pub struct VhidStatus {
    /// The segment.
    pub segment: SegmentName,
    /// Its number.
    pub vhid: Vhid,
    /// Its name in the description.
    pub name: Option<String>,
    /// Its addresses.
    pub vips: Vec<Vip>,
    /// The hosts that serve it.
    pub masters: Vec<HostName>,
    /// Who is to serve it: the first in its order that is not away or drained. None without a description.
    pub intended: Option<HostName>,
    /// What is wrong.
    pub problem: Option<VhidProblem>,
}

/// What can be wrong with a vhid as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VhidProblem {
    /// Another host serves it than the intended one.
    NotAtHome,
    /// No host that answered serves it, and one that did not answer may.
    Unknown,
    /// Nobody serves it.
    NoMaster,
    /// Several hosts serve it.
    TwoMasters,
}

impl VhidProblem {
    /// In one word for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotAtHome => "not-at-home",
            Self::Unknown => "unknown",
            Self::NoMaster => "no-master",
            Self::TwoMasters => "two-masters",
        }
    }
}

impl ClusterStatus {
    /// Puts together what was found. `wanted` is what the hosts of a description are to be configured with, with the
    /// keys that are known.
    #[must_use]
    pub fn of(cluster: Option<(&Cluster, &[HostConfig])>, looked: Vec<Looked>) -> Self {
        let mut live: Vec<HostConfig> = looked
            .iter()
            .filter_map(|looked| match &looked.found {
                Found::Observed(observed) => Some(observed.live()),
                _ => None,
            })
            .collect();
        join_segments(&mut live);
        let hosts: Vec<HostStatus> = looked
            .into_iter()
            .map(|looked| {
                let state = match looked.found {
                    Found::Observed(observed) => {
                        let live = live.iter().find(|config| config.host == looked.host);
                        let wanted = cluster.and_then(|(cluster, configs)| {
                            let config = configs.iter().find(|c| c.host == looked.host)?;
                            Some((cluster.node(&looked.host)?, config))
                        });
                        let live = live.cloned().unwrap_or_else(|| observed.live());
                        HostState::Seen(Box::new(seen(&observed, live, wanted)))
                    }
                    Found::Unreachable { why, hint } => HostState::Unreachable { why, hint },
                    Found::Away(why) => HostState::Away(why),
                };
                HostStatus {
                    host: looked.host,
                    state,
                }
            })
            .collect();
        let vhids = vhids(cluster.map(|(cluster, _)| cluster), &hosts);
        Self {
            hosts,
            vhids,
            described: cluster.is_some(),
        }
    }

    /// The hosts that answered.
    pub fn seen(&self) -> impl Iterator<Item = (&HostName, &SeenHost)> {
        self.hosts.iter().filter_map(|host| match &host.state {
            HostState::Seen(seen) => Some((&host.host, &**seen)),
            _ => None,
        })
    }

    /// Whether a host that should have answered did not.
    #[must_use]
    pub fn has_unreachable(&self) -> bool {
        let mut hosts = self.hosts.iter();
        hosts.any(|host| matches!(host.state, HostState::Unreachable { .. }))
    }

    /// Whether anything drifts, is extra, waits for confirmation, is discarded right now, or is not where it belongs.
    #[must_use]
    pub fn has_findings(&self) -> bool {
        let host = |seen: &SeenHost| {
            !seen.drift.is_empty()
                || !seen.extra.is_empty()
                || seen.pending.is_some()
                || seen.discards_now()
        };
        self.seen().any(|(_, seen)| host(seen))
            || self.vhids.iter().any(|vhid| vhid.problem.is_some())
    }
}

impl SeenHost {
    /// Whether packets are being discarded for bad authentication: a peer, or a stranger, speaks with another key.
    #[must_use]
    pub fn discards_now(&self) -> bool {
        let growth = self.discards.and_then(|discards| discards.growth);
        growth.is_some_and(|growth| growth.packets > 0)
    }
}

impl HostStatus {
    /// The host answered and serves that vhid in this state.
    fn state_of(&self, segment: &SegmentName, vhid: Vhid) -> Option<ShownState> {
        let HostState::Seen(seen) = &self.state else {
            return None;
        };
        let mut own = seen.vhids.iter();
        own.find(|own| own.segment == *segment && own.config.vhid == vhid)
            .map(|own| own.state)
    }
}

/// A host that answered, against what is wanted of it.
fn seen(observed: &Observed, live: HostConfig, wanted: Option<(&Node, &HostConfig)>) -> SeenHost {
    let reading = observed.reading();
    let boot = &reading.config;
    let mut drifts: Vec<(Side, Difference)> = Vec::new();
    let mut extra;
    if let Some((node, config)) = wanted {
        if node.release != observed.release {
            let what = Difference::Release(observed.release, node.release);
            drifts.push((Side::Live, what));
        }
        let needs_carp = !config.vhids.is_empty();
        if needs_carp && observed.carp == CarpSupport::Absent {
            drifts.push((Side::Live, Difference::NoModule));
        }
        if needs_carp && observed.carp != CarpSupport::Kernel && !boots_module(&reading) {
            drifts.push((Side::Boot, Difference::NoModule));
        }
        for (side, found) in [(Side::Live, &live), (Side::Boot, boot)] {
            let told = drift(side, found, config);
            drifts.extend(told.into_iter().map(|what| (side, what)));
        }
        extra = extra_vhids(&live, config);
        let only_boot = extra_vhids(boot, config);
        let new = |other: &ExtraVhid| {
            !extra
                .iter()
                .any(|known| known.vhid == other.vhid && known.interface == other.interface)
        };
        let only_boot: Vec<ExtraVhid> = only_boot.into_iter().filter(new).collect();
        extra.extend(only_boot);
    } else {
        let told = drift(Side::Live, &live, &without_defaults(boot));
        drifts.extend(told.into_iter().map(|what| (Side::Live, what)));
        extra = extra_vhids(&live, boot);
    }
    SeenHost {
        release: observed.release_text.clone(),
        family: observed.release,
        preempt: observed.sysctl(KnownSysctl::PREEMPT) == Some(1),
        drift: drifts,
        extra,
        vhids: seen_vhids(observed, &live, wanted.map(|(_, config)| config)),
        demotion: demotion_of(observed),
        drained: observed.carpgen.drain.is_some(),
        pending: observed
            .carpgen
            .transaction()
            .map(|pending| pending.to_string()),
        discards: observed.discards,
        keys_shown: observed.keys_shown(),
        unreadable: observed
            .unreadable
            .iter()
            .map(|unreadable| (unreadable.path.clone(), unreadable.why.clone()))
            .collect(),
    }
}

/// The boot files as a description of the host: what sysctl.conf says of the demotion adds, and is not kept.
fn without_defaults(boot: &HostConfig) -> HostConfig {
    let mut config = boot.clone();
    config
        .sysctls
        .retain(|sysctl| sysctl.name != KnownSysctl::DEMOTION);
    config
}

/// Some file loads the module before the network is configured.
fn boots_module(reading: &HostReading<'_>) -> bool {
    let module = if reading.release.has_carp_interfaces() {
        "if_carp"
    } else {
        "carp"
    };
    reading.loader.iter().any(|line| {
        matches!(&line.action, LoaderAction::Module(name, value) if name == module && value == "YES")
    })
}

/// The vhids of a host, by the segments of the description where it knows their interfaces.
fn seen_vhids(
    observed: &Observed,
    live: &HostConfig,
    wanted: Option<&HostConfig>,
) -> Vec<SeenVhid> {
    let states = states(observed);
    let segment = |vhid: &VhidConfig| {
        let same = wanted.and_then(|config| counterpart(config, vhid));
        let by_interface = || {
            let mut interfaces = wanted?.interfaces.iter();
            interfaces.find(|interface| interface.name == vhid.interface)
        };
        same.map(|same| same.segment.clone())
            .or_else(|| by_interface().map(|interface| interface.segment.clone()))
            .unwrap_or_else(|| vhid.segment.clone())
    };
    let vhids = live.vhids.iter().map(|vhid| {
        let shown_on = vhid
            .carp_unit
            .map_or_else(|| vhid.interface.to_string(), |unit| format!("carp{unit}"));
        let key = (shown_on, i64::from(vhid.vhid.number()));
        SeenVhid {
            segment: segment(vhid),
            config: vhid.clone(),
            state: states.get(&key).copied().unwrap_or(ShownState::Unknown),
            effective_skew: effective_skew(observed, vhid),
        }
    });
    vhids.collect()
}

fn states(observed: &Observed) -> BTreeMap<(String, i64), ShownState> {
    let interfaces = observed.interfaces.iter();
    interfaces
        .flat_map(|shown| {
            let vhids = shown.vhids.iter();
            vhids.map(|vhid| ((shown.name.clone(), vhid.vhid), vhid.state))
        })
        .collect()
}

/// The skew that a vhid advertises with: from 10 on configured skew plus demotion, at least 0 and at most 240
/// (`DEMOTE_ADVSKEW` in FreeBSD `sys/netinet/ip_carp.c`); up to 9 any problem makes it 240 where it is less
/// (`carp_send_ad_locked` in `ip_carp.c` of 9.3).
#[must_use]
pub fn effective_skew(observed: &Observed, vhid: &VhidConfig) -> Option<u8> {
    let Mode::Carp { advskew, .. } = vhid.mode else {
        return None;
    };
    let most = AdvSkew::LARGEST_EFFECTIVE.number();
    let demotion = observed.demotion().unwrap_or(0);
    if observed.release.has_carp_interfaces() {
        let skew = advskew.number();
        return Some(if demotion > 0 { skew.max(most) } else { skew });
    }
    let sum = i64::from(advskew.number()).saturating_add(demotion);
    u8::try_from(sum.clamp(0, most.into())).ok()
}

/// The vhids over all hosts.
fn vhids(cluster: Option<&Cluster>, hosts: &[HostStatus]) -> Vec<VhidStatus> {
    let mut found: Vec<VhidStatus> = Vec::new();
    for spec in cluster.iter().flat_map(|cluster| &cluster.vhids) {
        let of = |name: &HostName| hosts.iter().find(|host| host.host == *name);
        let serves = |name: &&HostName| match of(name).map(|host| &host.state) {
            Some(HostState::Seen(seen)) => !seen.drained,
            Some(HostState::Unreachable { .. }) => true,
            Some(HostState::Away(_)) | None => false,
        };
        found.push(VhidStatus {
            segment: spec.segment.clone(),
            vhid: spec.id,
            name: spec.name.as_ref().map(ToString::to_string),
            vips: spec.vips.clone(),
            masters: Vec::new(),
            intended: spec.order.iter().find(serves).cloned(),
            problem: None,
        });
    }
    for (_, own) in hosts.iter().flat_map(|host| match &host.state {
        HostState::Seen(seen) => seen.vhids.iter().map(|own| (&host.host, own)).collect(),
        _ => Vec::new(),
    }) {
        let is_it =
            |known: &VhidStatus| known.segment == own.segment && known.vhid == own.config.vhid;
        if !found.iter().any(is_it) {
            found.push(VhidStatus {
                segment: own.segment.clone(),
                vhid: own.config.vhid,
                name: None,
                vips: own.config.vips.clone(),
                masters: Vec::new(),
                intended: None,
                problem: None,
            });
        }
    }
    let any_unreachable = hosts
        .iter()
        .any(|host| matches!(host.state, HostState::Unreachable { .. }));
    for vhid in &mut found {
        let masters = hosts
            .iter()
            .filter(|host| host.state_of(&vhid.segment, vhid.vhid) == Some(ShownState::Master));
        vhid.masters = masters.map(|host| host.host.clone()).collect();
        let members = cluster.and_then(|cluster| {
            let mut specs = cluster.vhids.iter();
            specs.find(|spec| spec.segment == vhid.segment && spec.id == vhid.vhid)
        });
        let unreachable = match members {
            Some(spec) => hosts.iter().any(|host| {
                matches!(host.state, HostState::Unreachable { .. })
                    && spec.order.contains(&host.host)
            }),
            None => any_unreachable,
        };
        // Where every host is out of service on purpose, nobody is to serve.
        let nobody = members.is_some() && vhid.intended.is_none();
        vhid.problem = problem(vhid, unreachable, nobody);
    }
    found
}

fn problem(vhid: &VhidStatus, unreachable: bool, nobody: bool) -> Option<VhidProblem> {
    match vhid.masters.as_slice() {
        [] if nobody => None,
        [] if unreachable => Some(VhidProblem::Unknown),
        [] => Some(VhidProblem::NoMaster),
        [only] => {
            let home = vhid
                .intended
                .as_ref()
                .is_none_or(|intended| intended == only);
            (!home).then_some(VhidProblem::NotAtHome)
        }
        _ => Some(VhidProblem::TwoMasters),
    }
}
