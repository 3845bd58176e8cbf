//! The state of live hosts for people: who serves what, then what is wrong, host by host.

use std::fmt::Write as _;

use comfy_table::{Table, presets};

use super::{counted, state_word};
use crate::model::{HostName, Mode, SegmentName, Vhid};
use crate::plan::{
    ClusterStatus, Discards, Growth, HostState, HostStatus, SeenHost, SeenVhid, VhidProblem,
    VhidStatus,
};
use crate::report::Style;
use crate::report::simulation::lines_of;

/// The most lines about differences of a host.
const MOST_LINES: usize = 30;

/// The colours of words, as numbers of ECMA-48.
const COLOURS: [(&str, u8); 6] = [
    ("MASTER", 32),
    ("INIT", 31),
    ("unreachable", 31),
    ("no master", 31),
    ("two masters", 31),
    ("drained", 33),
];

/// The whole report.
#[must_use]
pub fn status_text(status: &ClusterStatus, style: Style) -> String {
    let mut text = coloured(&overview(status), style);
    for host in &status.hosts {
        let lines = details(host);
        if lines.is_empty() {
            continue;
        }
        let _ = write!(text, "\n{}\n", host.host);
        for line in lines {
            let _ = writeln!(text, "  {line}");
        }
    }
    let _ = writeln!(text, "\n{}", verdict(status));
    text
}

/// A row for each vhid, a column for each host.
fn overview(status: &ClusterStatus) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let mut header = vec!["vhid".to_owned(), "VIP".to_owned()];
    header.extend(status.hosts.iter().map(|host| host.host.to_string()));
    header.push(String::new());
    table.set_header(header);
    let mut about = vec!["".to_owned(), "".to_owned()];
    about.extend(status.hosts.iter().map(host_words));
    about.push(String::new());
    table.add_row(about);
    for vhid in &status.vhids {
        let vips: Vec<String> = vhid.vips.iter().map(ToString::to_string).collect();
        let mut row = vec![label(status, vhid), vips.join("\n")];
        row.extend(
            status
                .hosts
                .iter()
                .map(|host| cell(host, &vhid.segment, vhid.vhid)),
        );
        row.push(problem_words(vhid));
        table.add_row(row);
    }
    lines_of(&table)
}

/// A vhid with its segment where another has the same number.
fn label(status: &ClusterStatus, vhid: &VhidStatus) -> String {
    let same = |other: &&VhidStatus| other.vhid == vhid.vhid;
    let number = if status.vhids.iter().filter(same).count() > 1 {
        format!("{}:{}", vhid.segment, vhid.vhid)
    } else {
        vhid.vhid.to_string()
    };
    match &vhid.name {
        Some(name) => format!("{number} ({name})"),
        None => number,
    }
}

fn host_words(host: &HostStatus) -> String {
    match &host.state {
        HostState::Unreachable { .. } => "unreachable".to_owned(),
        HostState::Away(_) => "away".to_owned(),
        HostState::Seen(seen) if seen.drained => format!("{} drained", seen.release),
        HostState::Seen(seen) => seen.release.clone(),
    }
}

/// The state of a vhid on a host, with what decides elections.
fn cell(host: &HostStatus, segment: &SegmentName, vhid: Vhid) -> String {
    let HostState::Seen(seen) = &host.state else {
        return "?".to_owned();
    };
    let mut own = seen.vhids.iter();
    let found = own.find(|own| own.segment == *segment && own.config.vhid == vhid);
    found.map_or_else(|| "-".to_owned(), vhid_words)
}

fn vhid_words(own: &SeenVhid) -> String {
    let state = state_word(own.state);
    match (&own.config.mode, own.effective_skew) {
        (Mode::Carp { advskew, .. }, Some(effective)) if advskew.number() != effective => {
            format!("{state} skew {advskew}, now {effective}")
        }
        (Mode::Carp { advskew, .. }, _) => format!("{state} skew {advskew}"),
        (Mode::Vrrp { priority, .. }, _) => format!("{state} priority {priority}"),
    }
}

fn problem_words(vhid: &VhidStatus) -> String {
    match (vhid.problem, &vhid.intended) {
        (Some(VhidProblem::NotAtHome), Some(intended)) => format!("belongs to {intended}"),
        (Some(VhidProblem::NotAtHome), None) => "not at home".to_owned(),
        (Some(VhidProblem::Unknown), _) => "master unknown".to_owned(),
        (Some(VhidProblem::NoMaster), _) => "no master".to_owned(),
        (Some(VhidProblem::TwoMasters), _) if vhid.masters.len() > 2 => {
            format!("{} masters", vhid.masters.len())
        }
        (Some(VhidProblem::TwoMasters), _) => "two masters".to_owned(),
        (None, _) => String::new(),
    }
}

/// What there is to say about a host.
fn details(host: &HostStatus) -> Vec<String> {
    match &host.state {
        HostState::Unreachable { why, hint } => vec![why.clone(), format!("hint: {hint}")],
        HostState::Away(why) => vec![format!("away: {why}")],
        HostState::Seen(seen) => seen_details(&host.host, seen),
    }
}

fn seen_details(host: &HostName, seen: &SeenHost) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(pending) = &seen.pending {
        lines.push(pending.clone());
        lines.push(
            "hint: `carpgen rollback` takes it back, `carpgen confirm` keeps what is held"
                .to_owned(),
        );
    }
    for (side, what) in seen.drift.iter().take(MOST_LINES) {
        lines.push(format!("{}: {what}", side.word()));
    }
    if seen.drift.len() > MOST_LINES {
        let left = seen.drift.len() - MOST_LINES;
        lines.push(format!("and {left} more; --format json has them all"));
    }
    for extra in &seen.extra {
        let vips: Vec<String> = extra.vips.iter().map(ToString::to_string).collect();
        lines.push(format!(
            "not described: vhid {} on {} with {}",
            extra.vhid,
            extra.interface,
            if vips.is_empty() {
                "no address".to_owned()
            } else {
                vips.join(", ")
            }
        ));
    }
    if let Some(demotion) = &seen.demotion {
        lines.push(format!("demoted by {}", demotion.total));
        for cause in &demotion.causes {
            lines.push(format!("  {}: {}", cause.amount, cause.words));
        }
        if let Some(reset) = &demotion.reset {
            lines.push(format!(
                "  hint: `{reset}` takes the rest back once its cause is gone: it adds"
            ));
        }
    }
    if seen.drained {
        lines.push(format!(
            "out of service; `carpgen undrain {host}` brings it back"
        ));
    }
    if let Some(discards) = seen.discards.filter(|discards| discards.since_boot > 0) {
        lines.extend(discarded(host, discards));
    }
    for (path, why) in &seen.unreadable {
        lines.push(format!("cannot read {path}: {why}"));
    }
    lines
}

/// The packets that were discarded for bad authentication, and whether that goes on.
fn discarded(host: &HostName, discards: Discards) -> Vec<String> {
    let since = format!(
        "{} discarded for bad authentication since the boot",
        counted(discards.since_boot, "packet")
    );
    let Some(Growth { packets, within }) = discards.growth else {
        return vec![format!("{since}; if that grows, keys or addresses differ")];
    };
    let seconds = within.as_secs();
    if packets == 0 {
        return vec![format!("{since}, none in the last {seconds} s")];
    }
    vec![
        format!("{since}, and {packets} more within {seconds} s"),
        "  cause: a peer, or somebody else on the segment, has another key or other addresses for the same vhid".to_owned(),
        format!("  hint: `tcpdump -n proto 112` on {host} shows who sends, and with which vhid"),
    ]
}

/// The whole in one line.
fn verdict(status: &ClusterStatus) -> String {
    let seen: Vec<&SeenHost> = status.seen().map(|(_, seen)| seen).collect();
    let vips: usize = status.vhids.iter().map(|vhid| vhid.vips.len()).sum();
    let whole = format!(
        "{}, {}, {}",
        counted(seen.len(), "host"),
        counted(status.vhids.len(), "vhid"),
        counted(vips, "VIP")
    );
    let mut told = Vec::new();
    let drift: usize = seen.iter().map(|s| s.drift.len() + s.extra.len()).sum();
    let discarding = seen.iter().filter(|s| s.discards_now()).count();
    let pending = seen.iter().filter(|s| s.pending.is_some()).count();
    let problems = status.vhids.iter().filter(|v| v.problem.is_some()).count();
    let silent = |host: &&HostStatus| matches!(host.state, HostState::Unreachable { .. });
    let silent = status.hosts.iter().filter(silent).count();
    for (count, word) in [
        (drift, "difference"),
        (pending, "change to be confirmed"),
        (problems, "vhid not as it should be"),
        (discarding, "host with packets of bad authentication"),
        (silent, "host without an answer"),
    ] {
        match count {
            0 => {}
            1 => told.push(format!("1 {word}")),
            _ => told.push(plural(count, word)),
        }
    }
    if told.is_empty() && status.described {
        format!("{whole}: as described")
    } else if told.is_empty() {
        format!("{whole}: every host runs what it boots")
    } else {
        format!("{whole}: {}", told.join(", "))
    }
}

fn plural(count: usize, word: &str) -> String {
    match word.split_once(' ') {
        Some((noun, rest)) => format!("{count} {noun}s {rest}"),
        None => format!("{count} {word}s"),
    }
}

/// Colours the words that stand for a state.
fn coloured(text: &str, style: Style) -> String {
    if !style.colour {
        return text.to_owned();
    }
    COLOURS
        .iter()
        .fold(text.to_owned(), |text, (word, colour)| {
            text.replace(word, &format!("\x1b[{colour}m{word}\x1b[0m"))
        })
}
