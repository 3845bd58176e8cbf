//! The output of `status --format json`.

use schemars::JsonSchema;
use serde::Serialize;

use super::state_word;
use crate::model::{HostName, Mode};
use crate::plan::{ClusterStatus, HostState, HostStatus, SeenHost, SeenVhid};

/// The output of `status --format json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StatusReport {
    /// The version of this shape, 1.
    pub version: u8,
    /// The hosts, in the order of the description or of the command line.
    pub hosts: Vec<ReportedHost>,
    /// The vhids: those of the description in its order, then the others.
    pub vhids: Vec<ReportedVhid>,
}

/// A host.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct ReportedHost {
    /// Its name.
    pub host: String,
    /// It answered.
    pub reachable: bool,
    /// Why it did not answer, or did not make sense.
    pub error: Option<String>,
    /// It is described to be out of service, for this reason, and was not asked.
    pub away: Option<String>,
    /// The release of its kernel, such as "14.3-RELEASE-p2".
    pub release: Option<String>,
    /// Where it is not as described; without a description, where it does not run what it boots.
    pub drift: Vec<ReportedDrift>,
    /// Vhids that nobody described.
    pub extra: Vec<ReportedExtra>,
    /// Its vhids.
    pub vhids: Vec<ReportedHostVhid>,
    /// Its demotion, where it is not 0.
    pub demotion: Option<ReportedDemotion>,
    /// carpgen took it out of service.
    pub drained: bool,
    /// A change waits there for its confirmation: what the host keeps about it.
    pub pending: Option<String>,
    /// Packets discarded for bad authentication since it booted.
    pub bad_authentication: Option<u64>,
    /// How many more while it was looked at; null where there had been none before, or that was not watched.
    pub bad_authentication_now: Option<ReportedGrowth>,
    /// Its live keys could be read and compared.
    pub keys_shown: bool,
    /// Files that could not be read.
    pub unreadable: Vec<ReportedUnreadable>,
}

/// How a counter grew.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedGrowth {
    /// So many packets.
    pub packets: u64,
    /// Within so many seconds.
    pub seconds: u64,
}

/// Something that is not as described.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedDrift {
    /// "live" for what runs, "boot" for what the next boot configures.
    pub side: &'static str,
    /// What kind of difference it is, in one word.
    pub kind: &'static str,
    /// The interface, where it is about a vhid.
    pub interface: Option<String>,
    /// The vhid, where it is about one.
    pub vhid: Option<u8>,
    /// In words.
    pub message: String,
}

/// A vhid that nobody described.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedExtra {
    /// The interface that carries it.
    pub interface: String,
    /// Its number.
    pub vhid: u8,
    /// Its addresses.
    pub vips: Vec<String>,
}

/// A vhid on a host.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedHostVhid {
    /// The segment.
    pub segment: String,
    /// The interface that carries it.
    pub interface: String,
    /// Its number.
    pub vhid: u8,
    /// INIT, BACKUP, MASTER or UNKNOWN.
    pub state: &'static str,
    /// The base interval in seconds (CARP).
    pub advbase: Option<u8>,
    /// The skew as configured (CARP).
    pub advskew: Option<u8>,
    /// The skew under the demotion of the host (CARP).
    pub effective_advskew: Option<u8>,
    /// The priority (VRRP).
    pub priority: Option<u8>,
    /// The interval in centiseconds (VRRP).
    pub interval_cs: Option<u16>,
}

/// A demotion.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedDemotion {
    /// All of it; up to 9 the number of problems.
    pub total: i64,
    /// What it is probably made of.
    pub causes: Vec<ReportedCause>,
    /// The command that takes back the part that does not go by itself.
    pub reset: Option<String>,
}

/// A part of a demotion.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedCause {
    /// How much it adds.
    pub amount: i64,
    /// In words.
    pub message: String,
}

/// A file that could not be read.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedUnreadable {
    /// Its path.
    pub path: String,
    /// Why not.
    pub message: String,
}

/// A vhid over all hosts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedVhid {
    /// The segment.
    pub segment: String,
    /// Its number.
    pub vhid: u8,
    /// Its name in the description.
    pub name: Option<String>,
    /// Its addresses.
    pub vips: Vec<String>,
    /// The hosts that serve it.
    pub masters: Vec<String>,
    /// Who is to serve it; null without a description, or where every host is out of service.
    pub intended: Option<String>,
    /// "not-at-home", "unknown", "no-master", "two-masters", or null where all is well.
    pub problem: Option<&'static str>,
}

/// The state of a cluster in the shape for programs.
#[must_use]
pub fn status_report(status: &ClusterStatus) -> StatusReport {
    let text = |name: &HostName| name.to_string();
    StatusReport {
        version: 1,
        hosts: status.hosts.iter().map(host).collect(),
        vhids: status
            .vhids
            .iter()
            .map(|vhid| ReportedVhid {
                segment: vhid.segment.to_string(),
                vhid: vhid.vhid.number(),
                name: vhid.name.clone(),
                vips: vhid.vips.iter().map(ToString::to_string).collect(),
                masters: vhid.masters.iter().map(text).collect(),
                intended: vhid.intended.as_ref().map(text),
                problem: vhid.problem.map(crate::plan::VhidProblem::word),
            })
            .collect(),
    }
}

fn host(host: &HostStatus) -> ReportedHost {
    let name = host.host.to_string();
    match &host.state {
        HostState::Unreachable { why, .. } => ReportedHost {
            host: name,
            error: Some(why.clone()),
            ..ReportedHost::default()
        },
        HostState::Away(why) => ReportedHost {
            host: name,
            away: Some(why.clone()),
            ..ReportedHost::default()
        },
        HostState::Seen(seen) => answered(name, seen),
    }
}

fn answered(host: String, seen: &SeenHost) -> ReportedHost {
    ReportedHost {
        host,
        reachable: true,
        error: None,
        away: None,
        release: Some(seen.release.clone()),
        drift: seen
            .drift
            .iter()
            .map(|(side, what)| ReportedDrift {
                side: side.word(),
                kind: what.word(),
                interface: what.vhid().map(|(interface, _)| interface.to_string()),
                vhid: what.vhid().map(|(_, vhid)| vhid.number()),
                message: what.to_string(),
            })
            .collect(),
        extra: seen
            .extra
            .iter()
            .map(|extra| ReportedExtra {
                interface: extra.interface.to_string(),
                vhid: extra.vhid.number(),
                vips: extra.vips.iter().map(ToString::to_string).collect(),
            })
            .collect(),
        vhids: seen.vhids.iter().map(vhid).collect(),
        demotion: seen.demotion.as_ref().map(|demotion| ReportedDemotion {
            total: demotion.total,
            causes: demotion
                .causes
                .iter()
                .map(|cause| ReportedCause {
                    amount: cause.amount,
                    message: cause.words.clone(),
                })
                .collect(),
            reset: demotion.reset.clone(),
        }),
        drained: seen.drained,
        pending: seen.pending.clone(),
        bad_authentication: seen.discards.map(|discards| discards.since_boot),
        bad_authentication_now: seen
            .discards
            .and_then(|discards| discards.growth)
            .map(|growth| ReportedGrowth {
                packets: growth.packets,
                seconds: growth.within.as_secs(),
            }),
        keys_shown: seen.keys_shown,
        unreadable: seen
            .unreadable
            .iter()
            .map(|(path, why)| ReportedUnreadable {
                path: path.clone(),
                message: why.clone(),
            })
            .collect(),
    }
}

fn vhid(own: &SeenVhid) -> ReportedHostVhid {
    let (advbase, advskew) = match &own.config.mode {
        Mode::Carp {
            advbase, advskew, ..
        } => (Some(advbase.number()), Some(advskew.number())),
        Mode::Vrrp { .. } => (None, None),
    };
    let (priority, interval_cs) = match &own.config.mode {
        Mode::Vrrp { priority, interval } => (Some(priority.number()), Some(interval.number())),
        Mode::Carp { .. } => (None, None),
    };
    ReportedHostVhid {
        segment: own.segment.to_string(),
        interface: own.config.interface.to_string(),
        vhid: own.config.vhid.number(),
        state: state_word(own.state),
        advbase,
        advskew,
        effective_advskew: own.effective_skew,
        priority,
        interval_cs,
    }
}
