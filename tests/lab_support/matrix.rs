//! A change to live hosts, disturbed at every command in every way: does it leave each host wholly old or wholly new?
//!
//! The change is any program. It runs once undisturbed in each laboratory, which records what is old and new there and
//! which commands the hosts run; then once for every command and fault, each time from the same state.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::process::Command;
use std::sync::Mutex;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::process::{Ran, Running};
use super::records::Counted;
use super::standing::{Snapshot, Standing, standing};
use super::{Lab, Options, now};

/// What goes wrong at a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// The command does nothing and fails.
    FailsBefore,
    /// The command does its work and fails.
    FailsAfter,
    /// The command never ends.
    Hangs,
    /// From the command on nothing can be written.
    DiskFull,
    /// From the command on /etc is read-only.
    ReadOnly,
    /// The connection breaks; the command and what follows it on the host go on.
    ConnectionDropped,
    /// The host loses power and boots at once.
    Crash,
    /// The program that makes the change is killed; the host goes on.
    ProgramKilled,
}

impl Fault {
    pub(crate) const ALL: [Self; 8] = [
        Self::FailsBefore,
        Self::FailsAfter,
        Self::Hangs,
        Self::DiskFull,
        Self::ReadOnly,
        Self::ConnectionDropped,
        Self::Crash,
        Self::ProgramKilled,
    ];

    /// A short name for tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FailsBefore => "fails before",
            Self::FailsAfter => "fails after",
            Self::Hangs => "hangs",
            Self::DiskFull => "disk full",
            Self::ReadOnly => "read-only /etc",
            Self::ConnectionDropped => "connection dropped",
            Self::Crash => "crash and boot",
            Self::ProgramKilled => "program killed",
        }
    }

    /// The faults.json that lets it strike at the command of that number.
    fn rules(self, number: u32) -> Value {
        let mut rule = match self {
            Self::FailsBefore => json!({"action": "fail", "rc": 1}),
            Self::FailsAfter => json!({"action": "fail", "rc": 1, "when": "after"}),
            Self::Hangs => json!({"action": "hang", "seconds": 3600}),
            Self::DiskFull => json!({"action": "disk_full"}),
            Self::ReadOnly => json!({"action": "readonly", "path": "/etc"}),
            Self::ConnectionDropped => json!({"action": "drop_ssh"}),
            Self::Crash => json!({"action": "reboot"}),
            Self::ProgramKilled => json!({"action": "wait", "seconds": 30}),
        };
        rule["command"] = number.into();
        json!({ "rules": [rule] })
    }
}

/// A fault at a command of a host.
#[derive(Debug, Clone)]
pub(crate) struct FaultPoint {
    pub(crate) host: String,
    pub(crate) command: Counted,
    pub(crate) fault: Fault,
}

/// Every command of every host with every fault.
pub(crate) fn fault_points(
    commands: &BTreeMap<String, Vec<Counted>>,
    faults: &[Fault],
) -> Vec<FaultPoint> {
    let mut points = Vec::new();
    for (host, commands) in commands {
        for command in commands {
            points.extend(faults.iter().map(|&fault| FaultPoint {
                host: host.clone(),
                command: command.clone(),
                fault,
            }));
        }
    }
    points
}

/// The change that is disturbed, and where.
pub(crate) struct Change<'c> {
    pub(crate) options: Options,
    /// Writes the files of the old state to the disks of new hosts; all hosts boot with them afterwards.
    pub(crate) prepare: &'c (dyn Fn(&Lab) + Sync),
    /// Waits until the booted hosts are as the change is to find them; the masters elected, say.
    pub(crate) ready: &'c (dyn Fn(&Lab) + Sync),
    /// The program that makes the change.
    pub(crate) program: &'c (dyn Fn(&Lab) -> Command + Sync),
    /// How long the program may take.
    pub(crate) limit: Duration,
    /// When the hosts are looked at after its end: at least so long after it, for a timer that may still undo things …
    pub(crate) settle_at_least: Duration,
    /// … and again until all are wholly old or new, at most so long after it.
    pub(crate) settle_at_most: Duration,
    pub(crate) faults: &'c [Fault],
    /// Which of the points are tried.
    pub(crate) wanted: &'c (dyn Fn(&FaultPoint) -> bool + Sync),
    /// How many laboratories work side by side.
    pub(crate) laboratories: usize,
}

/// Where each host stands, by name.
type Standings = BTreeMap<String, Standing>;

/// The exit status of a change that says what is left for a person.
const NEEDS_A_PERSON: i32 = 5;

/// What a fault at a point led to.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) point: FaultPoint,
    /// Whether the command came at all.
    pub(crate) struck: bool,
    /// How the program ended; none after a signal.
    pub(crate) code: Option<i32>,
    /// It did not end by itself in time.
    pub(crate) timed_out: bool,
    pub(crate) took: Duration,
    /// The hosts when the change had ended and settled.
    pub(crate) running: Standings,
    /// The hosts after a reboot without faults.
    pub(crate) rebooted: Standings,
}

impl Verdict {
    /// Every host is wholly old or wholly new, and the same after a reboot; the program ended by itself; and where hosts
    /// differ, it said so or was not there any more to say it.
    pub(crate) fn holds(&self) -> bool {
        let told = self.code.is_none_or(|code| code == NEEDS_A_PERSON);
        !self.timed_out
            && self.running.values().all(Standing::is_whole)
            && self.running == self.rebooted
            && (self.together() || told)
    }

    /// Whether the change is on all hosts or on none.
    pub(crate) fn together(&self) -> bool {
        let is = |wanted: &Standing| self.rebooted.values().any(|standing| standing == wanted);
        !(is(&Standing::Old) && is(&Standing::New))
    }

    fn json(&self) -> Value {
        let standings = |standings: &Standings| {
            let hosts = standings.iter().map(|(host, standing)| {
                let state = json!({"standing": standing.word().to_lowercase(), "reasons": standing.reasons()});
                (host.clone(), state)
            });
            Value::Object(hosts.collect())
        };
        json!({
            "host": self.point.host,
            "number": self.point.command.number,
            "command": self.point.command.argv,
            "fault": self.point.fault.name(),
            "struck": self.struck,
            "exit": self.code,
            "timed_out": self.timed_out,
            "seconds": (self.took.as_secs_f64() * 1000.0).round() / 1000.0,
            "holds": self.holds(),
            "together": self.together(),
            "running": standings(&self.running),
            "rebooted": standings(&self.rebooted),
        })
    }

    fn row(&self) -> String {
        let words = |standings: &Standings| {
            let words: Vec<String> = standings
                .iter()
                .map(|(host, standing)| format!("{host} {}", standing.word()))
                .collect();
            words.join(", ")
        };
        let exit = match (self.timed_out, self.code) {
            (true, _) => "endless".to_owned(),
            (_, Some(code)) => code.to_string(),
            (_, None) => "signal".to_owned(),
        };
        format!(
            "| {} | {} | `{}` | {}{} | {exit} | {:.1} | {} | {} | {} |",
            self.point.host,
            self.point.command.number,
            self.point
                .command
                .argv
                .join(" ")
                .replace(['|', '`', '\n'], " "),
            self.point.fault.name(),
            if self.struck { "" } else { " (not struck)" },
            self.took.as_secs_f64(),
            words(&self.running),
            words(&self.rebooted),
            match (self.holds(), self.together()) {
                (true, true) => "yes",
                (true, false) => "apart",
                (false, _) => "**NO**",
            },
        )
    }
}

/// All verdicts about a change.
pub(crate) struct Matrix {
    /// In the order of hosts, commands and faults.
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) took: Duration,
}

impl Matrix {
    /// A table, one fault a line, and the reasons of those that do not hold below it.
    pub(crate) fn markdown(&self) -> String {
        let mut text = String::from(
            "| host | n | command | fault | exit | s | running | rebooted | holds |\n|---|--:|---|---|--:|--:|---|---|---|\n",
        );
        for verdict in &self.verdicts {
            writeln!(text, "{}", verdict.row()).unwrap();
        }
        let broken = self.verdicts.iter().filter(|verdict| !verdict.holds());
        writeln!(
            text,
            "\n{} of {} faults hold, {} with the change on all hosts or on none; {:.0} s.\n",
            self.verdicts.len() - broken.clone().count(),
            self.verdicts.len(),
            self.verdicts
                .iter()
                .filter(|verdict| verdict.together())
                .count(),
            self.took.as_secs_f64()
        )
        .unwrap();
        for verdict in broken {
            let point = &verdict.point;
            for (when, standings) in [
                ("running", &verdict.running),
                ("rebooted", &verdict.rebooted),
            ] {
                for (host, standing) in standings
                    .iter()
                    .filter(|(_, standing)| !standing.is_whole())
                {
                    writeln!(
                        text,
                        "- {} {}, {}: {when} {host}: {}",
                        point.host,
                        point.command.number,
                        point.fault.name(),
                        match standing.reasons() {
                            [] => standing.word().to_owned(),
                            reasons => reasons.join(", "),
                        }
                    )
                    .unwrap();
                }
            }
        }
        text
    }

    pub(crate) fn json(&self) -> Value {
        let verdicts: Vec<Value> = self.verdicts.iter().map(Verdict::json).collect();
        json!({"version": 1, "seconds": self.took.as_secs_f64(), "verdicts": verdicts})
    }
}

/// The states of each host between which a change moves: running, and after a reboot.
struct References {
    old: BTreeMap<String, Snapshot>,
    new: BTreeMap<String, Snapshot>,
    new_rebooted: BTreeMap<String, Snapshot>,
}

fn snapshots(lab: &Lab) -> BTreeMap<String, Snapshot> {
    let taken = lab.hosts().iter().map(|host| {
        let snapshot = Snapshot::take(lab, host).unwrap_or_else(|| panic!("{host} is off"));
        (host.clone(), snapshot)
    });
    taken.collect()
}

fn standings(
    lab: &Lab,
    old: &BTreeMap<String, Snapshot>,
    new: &BTreeMap<String, Snapshot>,
) -> Standings {
    let look = |host: &String| match Snapshot::take(lab, host) {
        Some(now) if lab.reachable(host) => standing(&now, &old[host], &new[host]),
        _ => Standing::Unreachable,
    };
    lab.hosts()
        .iter()
        .map(|host| (host.clone(), look(host)))
        .collect()
}

/// Builds a laboratory in the old state and runs the change undisturbed: the references, and the commands of each host.
fn record(change: &Change<'_>) -> (Lab, References, BTreeMap<String, Vec<Counted>>) {
    let lab = Lab::up(&change.options).expect("possible, as asked before");
    (change.prepare)(&lab);
    lab.save();
    lab.reset();
    (change.ready)(&lab);
    let old = snapshots(&lab);
    for host in lab.hosts() {
        lab.fault(host, &json!({"record": true}));
    }
    let ran = Running::start((change.program)(&lab), "").finish(change.limit);
    assert_eq!(ran.code, Some(0), "the undisturbed change: {ran:?}");
    sleep(change.settle_at_least);
    let commands = lab
        .hosts()
        .iter()
        .map(|host| (host.clone(), lab.counted(host)))
        .collect();
    let new = snapshots(&lab);
    lab.clear_faults();
    lab.reboot(lab.hosts());
    let new_rebooted = snapshots(&lab);
    assert!(old != new, "the change changes nothing");
    let references = References {
        old,
        new,
        new_rebooted,
    };
    (lab, references, commands)
}

/// Runs the program while the fault waits for its command; the program is killed where that is the fault.
fn disturbed(lab: &Lab, change: &Change<'_>, point: &FaultPoint) -> (Ran, bool) {
    let since = now();
    let struck = || {
        lab.events_of(&point.host, since)
            .iter()
            .any(|event| event.fault.is_some())
    };
    let mut running = Running::start((change.program)(lab), "");
    if point.fault == Fault::ProgramKilled {
        while !running.ended() && running.age() < change.limit && !struck() {
            sleep(Duration::from_millis(10));
        }
        running.signal(Signal::SIGKILL);
        lab.go_on(&point.host);
    }
    let ran = running.finish(change.limit);
    (ran, struck())
}

/// Puts a laboratory into the old state, runs the change with a fault, and looks at what has become of the hosts.
fn judge(lab: &Lab, references: &References, change: &Change<'_>, point: FaultPoint) -> Verdict {
    lab.reset();
    (change.ready)(lab);
    lab.fault(&point.host, &point.fault.rules(point.command.number));
    let (ran, struck) = disturbed(lab, change, &point);
    let ended = Instant::now();
    if matches!(point.fault, Fault::DiskFull | Fault::ReadOnly) {
        // Nobody can put files right on a disk that takes none: whoever mends it, the hosts return by themselves.
        lab.clear_faults();
    }
    sleep(change.settle_at_least);
    let running = loop {
        lab.wait_booted();
        let standings = standings(lab, &references.old, &references.new);
        if standings.values().all(Standing::is_whole) || ended.elapsed() > change.settle_at_most {
            break standings;
        }
        sleep(Duration::from_millis(200));
    };
    lab.clear_faults();
    lab.reboot(lab.hosts());
    let rebooted = standings(lab, &references.old, &references.new_rebooted);
    Verdict {
        struck,
        code: ran.code,
        timed_out: ran.timed_out,
        took: ran.took,
        running,
        rebooted,
        point,
    }
}

/// Tries a change with all its faults. None where there can be no laboratory.
pub(crate) fn run(change: &Change<'_>) -> Option<Matrix> {
    if !super::possible() {
        return None;
    }
    let started = Instant::now();
    let recorded: Vec<_> = scope(|threads| {
        let builders: Vec<_> = (0..change.laboratories.max(1))
            .map(|_| threads.spawn(|| record(change)))
            .collect();
        builders
            .into_iter()
            .map(|builder| builder.join().unwrap())
            .collect()
    });
    let mut points = fault_points(&recorded[0].2, change.faults);
    points.retain(|point| (change.wanted)(point));
    let queue: Mutex<VecDeque<(usize, FaultPoint)>> =
        Mutex::new(points.into_iter().enumerate().collect());
    let next = || queue.lock().unwrap().pop_front();
    let verdicts = Mutex::new(BTreeMap::new());
    scope(|threads| {
        for (lab, references, _) in &recorded {
            threads.spawn(|| {
                while let Some((place, point)) = next() {
                    let verdict = judge(lab, references, change, point);
                    println!("{}", verdict.row());
                    verdicts.lock().unwrap().insert(place, verdict);
                }
            });
        }
    });
    Some(Matrix {
        verdicts: verdicts.into_inner().unwrap().into_values().collect(),
        took: started.elapsed(),
    })
}
