//! A change of several hosts that either takes place on all of them or on none.
//!
//! ```text
//! stage      everything goes to the hosts, the timers are armed, nothing changes yet
//! step 1 …   the live commands; each step is read back over a new login and must settle as predicted
//! hold       (--hold) the administrator looks, then confirms
//! commit     the boot files go in place; a host still returns by itself
//! keep       every host is told that it stays so, by the name of one file
//! finish     the timers are disarmed, what was kept for the way back goes
//! ```
//!
//! Until `keep` every host returns by itself: by its timer, at a restart, or by `sh /var/db/carpgen/undo`. Where one has
//! returned before it was told, the others can still be told to return as well: until `finish`.

mod check;
mod ending;
pub mod pending;
mod rollback;
pub mod script;
pub mod work;

use std::fmt;
use std::time::{Duration, Instant};

use super::parallel::{DEFAULT_WIDTH, in_parallel};
use super::transport::{Gate, Reply, Request, Target, Transport, TransportError};
use crate::dialect::RenderError;
use crate::plan::order::HostPart;
use crate::plan::prediction::{Prediction, Present};
use crate::plan::step::Step;
use script::{Identity, Scripts};
use work::HostWork;

/// How much longer than a login the scripts of a step may take.
const SCRIPT_TIME: Duration = Duration::from_secs(10);
/// How often a cluster that settles is looked at.
const PAUSE: Duration = Duration::from_millis(150);
/// What a cluster may take longer than predicted: packets and processes are late on busy machines.
const PATIENCE: Duration = Duration::from_secs(5);

/// A host of a transaction.
#[derive(Debug)]
pub struct Part<'a> {
    /// How it is reached.
    pub target: Target,
    /// What it is, and what changes.
    pub host: &'a HostPart,
    /// What it does.
    pub work: HostWork<'a>,
}

impl Part<'_> {
    /// Something of it changes.
    #[must_use]
    pub fn takes_part(&self) -> bool {
        !self.work.files.is_empty()
            || self
                .work
                .steps
                .iter()
                .any(|step| step.acts_of(self.work.place).next().is_some())
    }
}

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// A login.
    pub login: Duration,
    /// From the last change to its confirmation, before a host returns by itself.
    pub confirm_within: Duration,
    /// How long the administrator may look before everything is taken back.
    pub hold: Option<Duration>,
}

/// Tells what is going on.
pub trait Progress: Sync {
    /// Something has been done, or begins; about a host, or about the cluster.
    fn say(&self, host: Option<&str>, what: &str);

    /// What is being done now, and may take a while.
    fn now(&self, what: &str);
}

/// How a transaction ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every host is as it should be.
    Committed,
    /// Every host is as it was.
    RolledBack {
        /// Why.
        cause: String,
    },
    /// A host is neither known to be as it was nor as it should be.
    NeedsPerson {
        /// Why.
        cause: String,
        /// What to type, line by line.
        todo: Vec<String>,
    },
}

/// A transaction.
pub struct Transaction<'a> {
    /// How hosts are reached.
    pub transport: &'a dyn Transport,
    /// The same, without an ear for Ctrl-C: what was begun must be taken back.
    pub rescue: &'a dyn Transport,
    /// All hosts of the cluster, those that only watch included.
    pub parts: Vec<Part<'a>>,
    /// The steps.
    pub steps: &'a [Step],
    /// What they do.
    pub prediction: &'a Prediction,
    /// Hosts that are not looked at and serve.
    pub unseen: &'a [Present],
    /// What it is called.
    pub identity: Identity,
    /// The one-time token.
    pub token: String,
    /// How long things may take.
    pub times: Times,
    /// Tells what is going on.
    pub progress: &'a dyn Progress,
}

impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

/// What stops a transaction.
struct Stop {
    cause: String,
    /// Another look does not help.
    is_final: bool,
}

impl Stop {
    fn because(cause: impl Into<String>) -> Self {
        Self {
            cause: cause.into(),
            is_final: false,
        }
    }
}

impl From<RenderError> for Stop {
    fn from(error: RenderError) -> Self {
        Self::because(error.to_string())
    }
}

impl Transaction<'_> {
    /// Carries it out.
    #[must_use]
    pub fn run(&self) -> Ending {
        let began = Instant::now();
        let all = self.steps.len();
        if let Some(part) = self.only_part() {
            if let Err(stop) = self.stage_and_change(part) {
                return self.take_back(&stop.cause, all, began);
            }
        } else {
            if let Err(stop) = self.stage() {
                return self.take_back(&stop.cause, 0, began);
            }
            for number in 0..all {
                if let Err(stop) = self.step(number) {
                    return self.take_back(&stop.cause, number + 1, began);
                }
            }
        }
        match self.hold() {
            Ok(None) => {}
            Ok(Some(ending)) => return ending,
            Err(stop) => return self.take_back(&stop.cause, all, began),
        }
        match self.commit() {
            Ok(true) => Ending::Committed,
            Ok(false) => {
                let ends = self.decided_by();
                match self.keep(ends) {
                    Ok(()) => self.finish(ends),
                    Err(stop) => self.take_back(&stop.cause, all, began),
                }
            }
            Err(stop) => self.take_back(&stop.cause, all, began),
        }
    }

    /// The parts in which something changes.
    fn active(&self) -> Vec<&Part<'_>> {
        self.parts.iter().filter(|part| part.takes_part()).collect()
    }

    /// The part that changes, where it is one alone and changes in one step: then fewer logins do.
    fn only_part(&self) -> Option<&Part<'_>> {
        match self.active()[..] {
            [part] if self.steps.len() == 1 => Some(part),
            _ => None,
        }
    }

    /// How long a host waits before it returns by itself.
    #[must_use]
    pub fn timer(&self) -> Duration {
        let settling =
            (0..self.steps.len()).map(|number| self.settling(number) + self.times.login * 2);
        self.times.confirm_within + settling.sum::<Duration>()
    }

    /// How long a step is given to settle.
    fn settling(&self, number: usize) -> Duration {
        Duration::from_micros(self.prediction.settled_us[number]) * 2 + PATIENCE
    }

    fn request(&self, script: impl Into<Vec<u8>>) -> Request {
        Request::new(script, self.times.login + SCRIPT_TIME)
    }

    fn stage(&self) -> Result<(), Stop> {
        let scripts = Scripts::new()?;
        let seconds = self.timer().as_secs().max(1);
        let active = self.active();
        self.progress
            .now("everything goes to the hosts; nothing changes yet");
        let mut requests = Vec::new();
        for part in &active {
            let text = scripts.stage(&self.identity, &self.token, &part.work, seconds)?;
            requests.push((*part, self.request(text.as_bytes())));
        }
        let replies = in_parallel(&requests, DEFAULT_WIDTH, |(part, request)| {
            self.transport.exchange(&part.target, request)
        });
        let mut stop = None;
        for ((part, _), reply) in requests.iter().zip(replies) {
            match self.staged(part, reply) {
                Ok(()) => self
                    .progress
                    .say(Some(part.target.host.as_str()), "staged, timer armed"),
                // What was begun elsewhere must be taken back, whatever this host says.
                Err(found) => stop = Some(stop.unwrap_or(found)),
            }
        }
        stop.map_or(Ok(()), Err)
    }

    /// Stages and carries out the only step in one login.
    fn stage_and_change(&self, part: &Part<'_>) -> Result<(), Stop> {
        let seconds = self.timer().as_secs().max(1);
        let stage = Scripts::new()?.stage(&self.identity, &self.token, &part.work, seconds)?;
        let mut script = zeroize::Zeroizing::new(stage.as_bytes().to_vec());
        script.extend_from_slice(script::run_step(1).as_bytes());
        let began = Instant::now();
        self.progress
            .now("everything goes to the host, and changes there");
        let reply = self
            .transport
            .exchange(&part.target, &self.request(script.to_vec()));
        let reply = reply.map_err(|error| Stop::because(error.to_string()))?;
        let host = part.target.host.as_str();
        // Without that word the step has not begun.
        if !reply
            .stdout
            .split(|byte| *byte == b'\n')
            .any(|line| line == b"staged")
        {
            return self.staged(part, Ok(reply));
        }
        self.progress.say(Some(host), "staged, timer armed");
        if reply.status != 0 {
            return Err(Stop::because(format!(
                "{host}: {}",
                self.failed_command(part, 0, &reply)
            )));
        }
        self.progress.say(Some(host), "step 1 of 1 done");
        self.settle(0, began)
    }

    fn staged(&self, part: &Part<'_>, reply: Result<Reply, TransportError>) -> Result<(), Stop> {
        let host = &part.target.host;
        let reply = reply.map_err(|error| Stop::because(error.to_string()))?;
        let said = String::from_utf8_lossy(&reply.stdout).into_owned();
        match reply.status {
            0 if said.lines().any(|line| line == "staged") => Ok(()),
            75 => {
                let by = said.lines().find_map(|line| line.strip_prefix("by "));
                Err(Stop::because(format!(
                    "a change of {host} that {} began is pending: `carpgen confirm` or `carpgen rollback` ends it",
                    by.unwrap_or("somebody")
                )))
            }
            _ => Err(Stop::because(format!(
                "{host}: {}",
                self.words(part, &reply)
            ))),
        }
    }

    /// The first line that a host said about what went wrong. Keys are taken out.
    fn words(&self, part: &Part<'_>, reply: &Reply) -> String {
        let wanted = part
            .work
            .steps
            .iter()
            .flat_map(|step| &step.acts)
            .flat_map(|act| &act.actions);
        let vhids = wanted
            .filter_map(crate::plan::action::Action::vhid)
            .chain(&part.host.present.config.vhids);
        let mut text = String::from_utf8_lossy(&reply.stderr).into_owned();
        for key in script::keys(vhids) {
            text = text.replace(key.as_str(), "<secret>");
        }
        let lines: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        match lines.last() {
            Some(line) => line.strip_prefix("carpgen: ").unwrap_or(line).to_owned(),
            None => format!("a command ended with status {}", reply.status),
        }
    }

    fn step(&self, number: usize) -> Result<(), Stop> {
        let step = &self.steps[number];
        let hosts: Vec<&Part<'_>> = step
            .hosts()
            .into_iter()
            .filter_map(|place| self.parts.get(place))
            .collect();
        self.progress
            .now(&format!("step {} of {}", number + 1, self.steps.len()));
        let gate = (hosts.len() > 1).then(|| Gate::new(hosts.len(), self.times.login));
        let began = Instant::now();
        let replies = in_parallel(&hosts, hosts.len(), |part| {
            let mut request = self.request(script::run_step(number + 1));
            if let Some(gate) = &gate {
                request = request.behind(gate);
            }
            self.transport.exchange(&part.target, &request)
        });
        for (part, reply) in hosts.iter().zip(replies) {
            let host = part.target.host.as_str();
            match reply {
                Ok(reply) if reply.status == 0 => {
                    self.progress.say(
                        Some(host),
                        &format!("step {} of {} done", number + 1, self.steps.len()),
                    );
                }
                Ok(reply) => {
                    return Err(Stop::because(format!(
                        "{host}: {}",
                        self.failed_command(part, number, &reply)
                    )));
                }
                Err(error) => return Err(Stop::because(error.to_string())),
            }
        }
        self.settle(number, began)
    }

    /// The command that failed, and what it said.
    fn failed_command(&self, part: &Part<'_>, number: usize, reply: &Reply) -> String {
        let words = self.words(part, reply);
        let said = String::from_utf8_lossy(&reply.stdout);
        let at = said
            .lines()
            .find_map(|line| line.strip_prefix("failed "))
            .and_then(|n| n.trim().parse::<usize>().ok());
        let command = at.and_then(|at| part.work.shown_command(&self.steps[number], at));
        match command {
            Some(command) => format!("`{command}` failed: {words}"),
            None => words,
        }
    }
}
