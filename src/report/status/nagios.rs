//! One line for Nagios and its relatives, with the numbers that they draw.

use super::counted;
use crate::plan::{ClusterStatus, Discards, HostState, VhidProblem};

/// What a check ends with (the guidelines for plugins of the Monitoring Plugins project).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NagiosState {
    /// 0
    Ok,
    /// 1: something is not as described, or not served where it belongs.
    Warning,
    /// 2: nobody serves a vhid, or several hosts do.
    Critical,
    /// 3: a host did not answer.
    Unknown,
}

impl NagiosState {
    /// The exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// The line of a check, and what it ends with. A vhid without a single master counts more than a host without an answer,
/// and that more than drift.
#[must_use]
pub fn nagios_line(status: &ClusterStatus) -> (NagiosState, String) {
    let of = |problem: VhidProblem| -> Vec<String> {
        let vhids = status.vhids.iter().filter(|v| v.problem == Some(problem));
        vhids.map(|v| format!("{}:{}", v.segment, v.vhid)).collect()
    };
    let mut told = Vec::new();
    let mut tell = |words: &str, names: &[String]| {
        if !names.is_empty() {
            told.push(format!("{words} {}", names.join(" ")));
        }
    };
    let (two, none) = (of(VhidProblem::TwoMasters), of(VhidProblem::NoMaster));
    let away = of(VhidProblem::NotAtHome);
    let silent: Vec<String> = status
        .hosts
        .iter()
        .filter(|host| matches!(host.state, HostState::Unreachable { .. }))
        .map(|host| host.host.to_string())
        .collect();
    tell("two masters", &two);
    tell("no master", &none);
    tell("no answer from", &silent);
    tell("not at home", &away);
    let drifting: Vec<String> = status
        .seen()
        .filter(|(_, seen)| !seen.drift.is_empty() || !seen.extra.is_empty())
        .map(|(host, _)| host.to_string())
        .collect();
    tell("drift on", &drifting);
    let pending: Vec<String> = status
        .seen()
        .filter(|(_, seen)| seen.pending.is_some())
        .map(|(host, _)| host.to_string())
        .collect();
    tell("unconfirmed change on", &pending);
    let discarding: Vec<String> = status
        .seen()
        .filter(|(_, seen)| seen.discards_now())
        .map(|(host, _)| host.to_string())
        .collect();
    tell("bad authentication on", &discarding);
    let state = if !two.is_empty() || !none.is_empty() {
        NagiosState::Critical
    } else if !silent.is_empty() {
        NagiosState::Unknown
    } else if status.has_findings() {
        NagiosState::Warning
    } else {
        NagiosState::Ok
    };
    if told.is_empty() {
        told.push(format!(
            "{}, {}",
            counted(status.hosts.len(), "host"),
            counted(status.vhids.len(), "vhid")
        ));
    }
    let line = format!(
        "CARP {} - {} | {}",
        state.word(),
        told.join(", ").replace('|', " "),
        numbers(status)
    );
    (state, line)
}

/// The numbers: `'label'=value[unit]`, `c` for counters.
fn numbers(status: &ClusterStatus) -> String {
    let without = |problem| {
        let vhids = status.vhids.iter();
        vhids.filter(|v| v.problem == Some(problem)).count()
    };
    let drift: usize = status.seen().map(|(_, seen)| seen.drift.len()).sum();
    let mut numbers = vec![
        format!("no_master={}", without(VhidProblem::NoMaster)),
        format!("two_masters={}", without(VhidProblem::TwoMasters)),
        format!("not_at_home={}", without(VhidProblem::NotAtHome)),
        format!("drift={drift}"),
    ];
    for (host, seen) in status.seen() {
        let demotion = seen.demotion.as_ref().map_or(0, |demotion| demotion.total);
        numbers.push(format!("'{host}_demotion'={demotion}"));
        if let Some(Discards {
            since_boot: count, ..
        }) = seen.discards
        {
            numbers.push(format!("'{host}_bad_authentication'={count}c"));
        }
    }
    numbers.join(" ")
}
