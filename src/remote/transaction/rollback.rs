//! Taking everything back, and being sure of it.

use std::time::{Duration, Instant};

use super::super::observe::{Look, observe_with};
use super::super::parallel::{DEFAULT_WIDTH, in_parallel};
use super::{Ending, PAUSE, Part, SCRIPT_TIME, Transaction, script};
use crate::plan::action::Action;
use crate::plan::change::Change;
use crate::plan::prediction::{Present, predict};
use crate::plan::step::{Act, Step};

/// How long a host may take to start, and to return by itself then.
pub(super) const START: Duration = Duration::from_secs(30);

impl Transaction<'_> {
    /// Takes everything back on every host, in the order that the simulation finds best, and looks whether it is so.
    pub(super) fn take_back(&self, cause: &str, steps: usize, began: Instant) -> Ending {
        self.progress
            .say(None, &format!("{cause}: every host returns to what it was"));
        self.progress.now("every host returns to what it was");
        let ends = began.max(Instant::now()) + self.timer() + START;
        let mut todo = Vec::new();
        let mut places: Vec<usize> = (0..self.parts.len())
            .filter(|place| self.parts[*place].takes_part())
            .collect();
        let order = self.undo_order(steps);
        places.sort_by_key(|place| order.iter().position(|other| other.contains(place)));
        let groups: Vec<Vec<usize>> = if order.len() > 1 {
            let rest: Vec<usize> = places
                .iter()
                .copied()
                .filter(|place| !order.iter().flatten().any(|other| other == place))
                .collect();
            order
                .into_iter()
                .chain([rest])
                .filter(|group| !group.is_empty())
                .collect()
        } else {
            vec![places]
        };
        for group in groups {
            let parts: Vec<(usize, &Part<'_>)> = group
                .iter()
                .map(|place| (*place, &self.parts[*place]))
                .collect();
            let results = in_parallel(&parts, DEFAULT_WIDTH, |(place, part)| {
                self.return_host(*place, part, cause, ends)
            });
            for ((_, part), result) in parts.iter().zip(results) {
                let host = part.target.host.as_str();
                match result {
                    Ok(()) => self.progress.say(Some(host), "is as it was"),
                    Err(why) => {
                        self.progress.say(Some(host), &why);
                        todo.push(format!("# {host}: {why}"));
                        todo.push(format!(
                            "ssh {} 'sh {}/undo'",
                            part.target.destination,
                            script::STATE_FOLDER
                        ));
                    }
                }
            }
        }
        let cause = cause.to_owned();
        if todo.is_empty() {
            Ending::RolledBack { cause }
        } else {
            Ending::NeedsPerson { cause, todo }
        }
    }

    /// Runs the undo of a host and looks whether it helped, until it has or the time is up.
    fn return_host(
        &self,
        place: usize,
        part: &Part<'_>,
        cause: &str,
        ends: Instant,
    ) -> Result<(), String> {
        let request = super::Request::new(
            script::undo(cause, Some(&self.identity.id)),
            self.times.login + SCRIPT_TIME,
        )
        .over_new_login();
        let mut why;
        loop {
            why = match self.rescue.exchange(&part.target, &request) {
                // Somebody else's change is pending there: ours never was.
                Ok(reply) if reply.stdout.starts_with(b"foreign") => return Ok(()),
                Ok(reply) if reply.status == 0 => match self.look(place, part) {
                    Ok(()) => return Ok(()),
                    Err(why) => why,
                },
                Ok(reply) => self.words(part, &reply),
                Err(error) => error.to_string(),
            };
            if Instant::now() >= ends {
                return Err(why);
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn look(&self, place: usize, part: &Part<'_>) -> Result<(), String> {
        let look = Look {
            new_login: true,
            ..Look::default()
        };
        let observed = observe_with(self.rescue, &part.target, self.times.login, look);
        let observed = observed.map_err(|error| error.to_string())?;
        self.is_as_before(place, part, &observed)
    }

    /// In which order the hosts return: those of a group at once. One by one from the last that changed, or all at once,
    /// whatever costs less.
    fn undo_order(&self, steps: usize) -> Vec<Vec<usize>> {
        let changes =
            |place: usize| -> Vec<Change> { self.changes(place, steps).cloned().collect() };
        let mut present = Vec::new();
        for (place, part) in self.parts.iter().enumerate() {
            let mut config = part.host.present.config.clone();
            for change in changes(place) {
                change.apply(&mut config);
            }
            let masters = part.host.present.masters.clone();
            present.push(Present { config, masters });
        }
        present.extend_from_slice(self.unseen);
        let mut hosts: Vec<usize> = self
            .steps
            .iter()
            .take(steps)
            .rev()
            .flat_map(Step::hosts)
            .collect();
        let mut seen = std::collections::BTreeSet::new();
        hosts.retain(|place| seen.insert(*place));
        let undo = |place: usize| -> Vec<Action> {
            let reversed = changes(place)
                .into_iter()
                .rev()
                .filter_map(|change| change.reversed());
            reversed.map(Action::Change).collect()
        };
        let one_by_one: Vec<Step> = hosts
            .iter()
            .map(|place| Step::on(*place, undo(*place)))
            .collect();
        let acts = hosts.iter().map(|place| Act {
            host: *place,
            delay_ms: 0,
            actions: undo(*place),
        });
        let at_once = vec![Step {
            acts: acts.collect(),
        }];
        let single: Vec<Vec<usize>> = hosts.iter().map(|place| vec![*place]).collect();
        if predict(&present, &one_by_one).cost_us() < predict(&present, &at_once).cost_us() {
            single
        } else {
            vec![hosts]
        }
    }
}
