//! The end of a transaction: on trial, kept, over.

use std::time::{Duration, Instant};

use super::super::parallel::{DEFAULT_WIDTH, in_parallel};
use super::super::transport::{Reply, Request, TransportError};
use super::{Ending, PAUSE, Part, Stop, Transaction, rollback, script};

/// The hosts that did not agree.
struct Told<'a> {
    /// They had returned to what they were.
    returned: Vec<&'a Part<'a>>,
    /// They did not answer, or not to the question.
    silent: Vec<&'a Part<'a>>,
}

impl Transaction<'_> {
    /// Waits for `carpgen confirm`, or for the time to be up. Whoever confirms carries it to its end.
    pub(super) fn hold(&self) -> Result<Option<Ending>, Stop> {
        let Some(hold) = self.times.hold else {
            return Ok(None);
        };
        let active = self.active();
        let request = self.request(script::hold(&self.token, hold.as_secs().max(1)));
        let replies = in_parallel(&active, DEFAULT_WIDTH, |part| {
            self.transport.exchange(&part.target, &request)
        });
        for (part, reply) in active.iter().zip(replies) {
            let reply = reply.map_err(|error| Stop::because(error.to_string()))?;
            if reply.status != 0 {
                return Err(Stop::because(format!(
                    "{}: {}",
                    part.target.host,
                    self.words(part, &reply)
                )));
            }
        }
        let seconds = hold.as_secs();
        self.progress
            .now("waiting for `carpgen confirm` or `carpgen rollback`");
        self.progress.say(None, &format!("held: `carpgen confirm` keeps the change, otherwise every host returns in {seconds} s"));
        let ends = Instant::now() + hold;
        let request = self.request(script::state());
        let Some(first) = active.first() else {
            return Ok(None);
        };
        let committed = format!("{} committed", self.identity.id);
        let undone = format!("{} undone", self.identity.id);
        while Instant::now() < ends {
            std::thread::sleep(Duration::from_millis(500).min(hold));
            match self.transport.exchange(&first.target, &request) {
                Ok(reply) if reply.stdout.starts_with(committed.as_bytes()) => {
                    return Ok(Some(Ending::Committed));
                }
                Ok(reply) if reply.stdout.starts_with(undone.as_bytes()) => {
                    return Err(Stop::because("it was taken back on a host"));
                }
                Err(TransportError::Interrupted { .. }) => {
                    return Err(Stop::because("interrupted"));
                }
                Ok(_) | Err(_) => {}
            }
        }
        Err(Stop::because(format!(
            "nobody confirmed it within {seconds} s"
        )))
    }

    /// The boot files go in place on all hosts. Where one host alone takes part, it is through then.
    pub(super) fn commit(&self) -> Result<bool, Stop> {
        let active = self.active();
        self.progress.now("the boot files go in place");
        let is_single = active.len() == 1;
        let script = if is_single {
            script::commit_and_finish(&self.identity.id, &self.token)
        } else {
            script::commit(&self.token)
        };
        let request = self.request(script).over_new_login();
        let replies = in_parallel(&active, DEFAULT_WIDTH, |part| {
            self.transport.exchange(&part.target, &request)
        });
        let mut is_through = is_single;
        for (part, reply) in active.iter().zip(replies) {
            let host = part.target.host.as_str();
            let stop = match reply {
                Ok(reply) if reply.status == 0 => continue,
                Ok(reply) if matches!(reply.status, 76 | 77) => {
                    Stop::because(format!("{host}: it returned before it was confirmed"))
                }
                Ok(reply) => Stop::because(format!("{host}: {}", self.words(part, &reply))),
                Err(error) => Stop::because(error.to_string()),
            };
            // The answer may be lost, and the work done.
            if !(is_single && self.is_committed(part)) {
                return Err(stop);
            }
            is_through = false;
        }
        if is_through {
            self.progress.say(
                active.first().map(|part| part.target.host.as_str()),
                "committed",
            );
        }
        Ok(is_through)
    }

    /// Whether a host says that it is through. One that restarts is waited for.
    fn is_committed(&self, part: &Part<'_>) -> bool {
        let ends = Instant::now() + rollback::START;
        let request = Request::new(script::state(), self.times.login).over_new_login();
        let committed = format!("{} committed", self.identity.id);
        while Instant::now() < ends {
            if let Ok(reply) = self.rescue.exchange(&part.target, &request) {
                return reply.stdout.starts_with(committed.as_bytes());
            }
            std::thread::sleep(PAUSE);
        }
        false
    }

    /// Whether a host says that it has returned to what it was.
    fn is_undone(&self, part: &Part<'_>) -> bool {
        let request = Request::new(script::state(), self.times.login).over_new_login();
        let undone = format!("{} undone", self.identity.id);
        let reply = self.rescue.exchange(&part.target, &request);
        reply.is_ok_and(|reply| reply.stdout.starts_with(undone.as_bytes()))
    }

    /// Every host is told that it stays so. One that does not answer is asked again; where one has returned by itself in the
    /// meantime, all have to.
    pub(super) fn keep(&self, ends: Instant) -> Result<(), Stop> {
        let request = self.request(script::keep(&self.identity.id, &self.token));
        let kept = |reply: &Reply| {
            reply.status == 0
                && [&b"kept"[..], b"committed"]
                    .iter()
                    .any(|word| reply.stdout.starts_with(word))
        };
        self.progress.now("every host is told that it stays so");
        let told = self.ask_until(ends, &request.over_new_login(), kept);
        match told.returned.first() {
            // Those that do not answer may have been told: there is no way back then.
            Some(part) if told.silent.is_empty() => Err(Stop::because(format!(
                "{} returned before it was told to stay",
                part.target.host
            ))),
            _ => Ok(()),
        }
    }

    /// The timers are disarmed. A host that does not answer is asked again, until it has returned by itself.
    pub(super) fn finish(&self, ends: Instant) -> Ending {
        let request = self.request(script::finish(&self.identity.id, &self.token));
        let told = self.ask_until(ends, &request.over_new_login(), |reply| {
            reply.stdout.starts_with(b"committed")
        });
        self.judge_finish(&told.silent, &told.returned)
    }

    /// How long hosts are asked whether they stay: until those that do not answer have returned by themselves.
    pub(super) fn decided_by(&self) -> Instant {
        Instant::now() + self.times.confirm_within + rollback::START
    }

    /// Asks all hosts that take part until each has agreed, has returned by itself, or the time is up; once in any case.
    fn ask_until(&self, ends: Instant, request: &Request, agrees: fn(&Reply) -> bool) -> Told<'_> {
        let mut told = Told {
            returned: Vec::new(),
            silent: self.active(),
        };
        loop {
            let replies = in_parallel(&told.silent, DEFAULT_WIDTH, |part| {
                self.rescue.exchange(&part.target, request)
            });
            let asked = std::mem::take(&mut told.silent);
            for (part, reply) in asked.into_iter().zip(replies) {
                match reply {
                    Ok(reply) if agrees(&reply) => {
                        if reply.stdout.starts_with(b"committed") {
                            self.progress
                                .say(Some(part.target.host.as_str()), "committed");
                        }
                    }
                    Ok(reply) if matches!(reply.status, 76 | 77) && self.is_undone(part) => {
                        told.returned.push(part);
                    }
                    Ok(_) | Err(_) => told.silent.push(part),
                }
            }
            if told.silent.is_empty() || Instant::now() >= ends {
                return told;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// What is said when the boot files are in place everywhere and some hosts did not say that they are through.
    fn judge_finish(&self, silent: &[&Part<'_>], returned: &[&Part<'_>]) -> Ending {
        if silent.is_empty() && returned.is_empty() {
            return Ending::Committed;
        }
        let mut todo = Vec::new();
        for part in returned {
            todo.push(format!(
                "# {} has returned to what it was, the others have not",
                part.target.host
            ));
            todo.push(format!("carpgen apply --host {}", part.target.host));
        }
        for part in silent {
            todo.push(format!(
                "# {} does not answer; it may return to what it was",
                part.target.host
            ));
            todo.push("carpgen status".to_owned());
        }
        Ending::NeedsPerson {
            cause: "not every host confirmed the end".to_owned(),
            todo,
        }
    }
}
