//! Reading back: whether hosts run what a step made of them, and whether the cluster has settled as predicted.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::super::observe::{Look, ObserveError, observe_with};
use super::super::parallel::{DEFAULT_WIDTH, in_parallel};
use super::{PAUSE, Part, Stop, Transaction};
use crate::plan::action::Action;
use crate::plan::change::{Change, agrees};
use crate::plan::{Observed, masters};

impl Transaction<'_> {
    /// Waits until every host runs what it should behind a step, and the roles are those that were predicted.
    pub(super) fn settle(&self, number: usize, began: Instant) -> Result<(), Stop> {
        let settled = Duration::from_micros(self.prediction.settled_us[number]);
        let ends = began + self.settling(number) + self.times.login;
        // Roles that are as predicted before they have changed are those of before.
        let earliest = began + settled;
        self.progress.now(&format!(
            "step {} of {}: the roles become those that were predicted, within {:.1} s",
            number + 1,
            self.steps.len(),
            self.settling(number).as_secs_f64()
        ));
        loop {
            let now = Instant::now();
            if now < earliest {
                std::thread::sleep(earliest - now);
            }
            let observed = self.observe_all();
            let problem = match self.is_settled(number, &observed) {
                Ok(()) => {
                    self.progress.say(
                        None,
                        &format!("step {} of {} settled", number + 1, self.steps.len()),
                    );
                    return Ok(());
                }
                Err(problem) => problem,
            };
            if Instant::now() >= ends || problem.is_final {
                return Err(problem);
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn observe_all(&self) -> Vec<Result<Observed, ObserveError>> {
        in_parallel(&self.parts, DEFAULT_WIDTH, |part| {
            let look = Look {
                new_login: part.takes_part(),
                ..Look::default()
            };
            observe_with(self.transport, &part.target, self.times.login, look)
        })
    }

    fn is_settled(
        &self,
        number: usize,
        observed: &[Result<Observed, ObserveError>],
    ) -> Result<(), Stop> {
        let mut found: BTreeMap<(String, u8), Vec<usize>> = BTreeMap::new();
        for (place, (part, observed)) in self.parts.iter().zip(observed).enumerate() {
            let observed = match observed {
                Ok(observed) => observed,
                Err(ObserveError::Transport(super::TransportError::Interrupted { .. })) => {
                    // No second look helps.
                    return Err(Stop {
                        is_final: true,
                        ..Stop::because("interrupted")
                    });
                }
                Err(error) => return Err(Stop::because(error.to_string())),
            };
            let live = observed.live();
            let mut expected = part.host.present.config.clone();
            self.changes(place, number + 1)
                .for_each(|change| change.apply(&mut expected));
            if !agrees(&expected, &live, self.changes(place, number + 1)) {
                return Err(Stop::because(format!(
                    "{} does not run what step {} should have made of it",
                    part.target.host,
                    number + 1
                )));
            }
            for (segment, vhid) in masters(observed, &part.host.present.config.interfaces) {
                found
                    .entry((segment.to_string(), vhid.number()))
                    .or_default()
                    .push(place);
            }
        }
        for (vhid, wanted) in &self.prediction.masters[number] {
            let is = found.get(vhid).cloned().unwrap_or_default();
            // Of hosts that are not looked at nobody knows.
            let mut wanted = wanted.clone();
            wanted.retain(|place| *place < self.parts.len());
            if is != wanted {
                let (segment, number) = vhid;
                return Err(Stop::because(format!(
                    "vhid {number} on {segment}: {} instead of {}",
                    self.names(&is, "no master"),
                    self.names(&wanted, "no master")
                )));
            }
        }
        Ok(())
    }

    fn names(&self, places: &[usize], none: &str) -> String {
        if places.is_empty() {
            return none.to_owned();
        }
        let names: Vec<&str> = places
            .iter()
            .map(|place| self.parts[*place].target.host.as_str())
            .collect();
        format!("master {}", names.join(" and "))
    }

    /// The changes that a host has behind it after so many steps: the last of those that are about the same thing.
    pub(super) fn changes(&self, place: usize, steps: usize) -> impl Iterator<Item = &Change> {
        let acts = self
            .steps
            .iter()
            .take(steps)
            .flat_map(move |step| step.acts_of(place));
        acts.flat_map(|act| &act.actions)
            .filter_map(|action| match action {
                Action::Change(change) => Some(change),
                Action::Claim(_) | Action::Demote(_) | Action::Carp { .. } => None,
            })
    }

    /// Whether a host runs and boots what it did before.
    pub(super) fn is_as_before(
        &self,
        place: usize,
        part: &Part<'_>,
        observed: &Observed,
    ) -> Result<(), String> {
        if observed
            .carpgen
            .transaction()
            .is_some_and(|pending| pending.id == self.identity.id)
        {
            return Err("its undo is not through".to_owned());
        }
        let all = self.changes(place, self.steps.len());
        if !agrees(&part.host.present.config, &observed.live(), all) {
            return Err("it runs something else than before".to_owned());
        }
        for edit in part.work.files {
            if observed.file(&edit.path).map(|file| file.text.as_str()) != edit.before.as_deref() {
                return Err(format!("{} is not as it was", edit.path));
            }
        }
        Ok(())
    }
}
