//! What one host does, as lines of the shell: the steps, and what takes them back.

use crate::dialect::{RenderError, shell_line};
use crate::model::{Mode, VhidConfig, Vip};
use crate::plan::action::{Action, Speller};
use crate::plan::boot::FileEdit;
use crate::plan::change::Change;
use crate::plan::step::{Act, Step};

/// What one host does in a transaction.
#[derive(Debug)]
pub struct HostWork<'a> {
    /// The words of its release.
    pub speller: Speller<'a>,
    /// Its boot files.
    pub files: &'a [FileEdit],
    /// All steps of the plan.
    pub steps: &'a [Step],
    /// Its place among the hosts of the plan.
    pub place: usize,
    /// It stays demoted when all is done.
    pub joins: bool,
    /// Its vhids as they are described.
    pub described: &'a [VhidConfig],
}

impl HostWork<'_> {
    pub(super) fn actions(&self) -> impl Iterator<Item = &Action> {
        let acts = self.steps.iter().flat_map(|step| step.acts_of(self.place));
        acts.flat_map(|act| &act.actions)
    }

    /// What the record of a host that joins demoted says, for `carpgen undrain`: the demotion, or on release 9 the skew of
    /// each carp interface.
    pub(super) fn join_record(&self) -> Vec<String> {
        if !self.joins {
            return Vec::new();
        }
        let line = |action: &Action| match action {
            Action::Demote(by) if *by > 0 => Some(format!("demotion={by}")),
            Action::Change(Change::AddVhid(vhid)) => {
                let unit = vhid.carp_unit?;
                let wanted = self
                    .described
                    .iter()
                    .find(|other| other.vhid == vhid.vhid && other.segment == vhid.segment);
                match wanted.map(|wanted| &wanted.mode) {
                    Some(Mode::Carp { advskew, .. }) => Some(format!("skew=carp{unit}:{advskew}")),
                    _ => None,
                }
            }
            _ => None,
        };
        self.actions().filter_map(line).collect()
    }

    /// The lines of a step on this host: a number for each command, so that the one that fails is known without its words.
    pub(super) fn lines(&self, step: &Step) -> Result<Vec<String>, RenderError> {
        let mut lines = Vec::new();
        let mut acts: Vec<&Act> = step.acts_of(self.place).collect();
        acts.sort_by_key(|act| act.delay_ms);
        let mut waited = 0;
        let mut number = 0;
        for act in acts {
            if act.delay_ms > waited {
                let wait = act.delay_ms - waited;
                lines.push(format!("sleep {}.{:03}", wait / 1000, wait % 1000));
                waited = act.delay_ms;
            }
            for action in &act.actions {
                if let Action::Demote(by @ 1..) = action {
                    lines.push(format!("echo {by} >$state/demoted || exit 1"));
                }
                for argv in self.speller.commands(action)? {
                    number += 1;
                    lines.push(format!("run {number} {}", shell_line(&argv)));
                }
                if matches!(action, Action::Demote(by) if *by < 0) {
                    lines.push("rm -f $state/demoted".to_owned());
                }
            }
        }
        Ok(lines)
    }

    /// A command of a step by its number, as it may be shown: without keys.
    #[must_use]
    pub fn shown_command(&self, step: &Step, number: usize) -> Option<String> {
        let mut acts: Vec<&Act> = step.acts_of(self.place).collect();
        acts.sort_by_key(|act| act.delay_ms);
        let actions = acts.into_iter().flat_map(|act| &act.actions);
        let commands = actions.filter_map(|action| self.speller.commands(action).ok());
        let argv = commands.flatten().nth(number.checked_sub(1)?)?;
        Some(shell_line(&crate::plan::action::without_keys(&argv)))
    }

    /// The lines that take back what runs, last first. Each looks first whether there is something to take back.
    pub(super) fn undo(&self) -> Result<Vec<String>, RenderError> {
        let mut lines = Vec::new();
        let actions: Vec<&Action> = self.actions().collect();
        for action in actions.into_iter().rev() {
            match action {
                Action::Change(change) => self.undo_change(change, &mut lines)?,
                Action::Carp { vhid, up: false } => {
                    let interface = self.speller.interface(vhid);
                    lines.push(format!(
                        "has_interface {interface} && try ifconfig {interface} up"
                    ));
                }
                Action::Carp { .. } | Action::Claim(_) | Action::Demote(_) => {}
            }
        }
        Ok(lines)
    }

    fn undo_change(&self, change: &Change, lines: &mut Vec<String>) -> Result<(), RenderError> {
        let Some(reversed) = change.reversed() else {
            return Ok(());
        };
        let commands = self.speller.commands(&Action::Change(reversed.clone()))?;
        let legacy = self.speller.host.release.has_carp_interfaces();
        let guarded = |guard: String, argv: &[String]| format!("{guard} try {}", shell_line(argv));
        match &reversed {
            Change::LoadModule => {}
            Change::Sysctl { .. } => {
                lines.extend(
                    commands
                        .iter()
                        .map(|argv| format!("try {}", shell_line(argv))),
                );
            }
            Change::Parameters { after, .. } => {
                let interface = self.speller.interface(after);
                let guard = if legacy {
                    format!("has_interface {interface} &&")
                } else {
                    format!("has_vhid {interface} {} &&", after.vhid)
                };
                lines.extend(commands.iter().map(|argv| guarded(guard.clone(), argv)));
            }
            // A carp interface is made or destroyed as a whole.
            Change::AddVhid(vhid) if legacy => {
                lines.push(format!(
                    "if ! has_interface {}; then",
                    self.speller.interface(vhid)
                ));
                lines.extend(
                    commands
                        .iter()
                        .map(|argv| format!("\ttry {}", shell_line(argv))),
                );
                lines.push("fi".to_owned());
            }
            Change::RemoveVhid(vhid) if legacy => {
                let guard = format!("has_interface {} &&", self.speller.interface(vhid));
                lines.extend(commands.iter().map(|argv| guarded(guard.clone(), argv)));
            }
            Change::AddVhid(vhid) => {
                for (vip, argv) in self.in_order(vhid).into_iter().zip(&commands) {
                    lines.push(guarded(self.has(vhid, vip, "||"), argv));
                }
            }
            Change::RemoveVhid(vhid) => {
                for (vip, argv) in vhid.vips.iter().zip(&commands) {
                    lines.push(guarded(self.has(vhid, *vip, "&&"), argv));
                }
            }
            Change::AddAddress { vhid, vip } => {
                lines.extend(
                    commands
                        .iter()
                        .map(|argv| guarded(self.has(vhid, *vip, "||"), argv)),
                );
            }
            Change::RemoveAddress { vhid, vip } => {
                lines.extend(
                    commands
                        .iter()
                        .map(|argv| guarded(self.has(vhid, *vip, "&&"), argv)),
                );
            }
        }
        Ok(())
    }

    /// The addresses of a vhid in the order in which its commands add them.
    fn in_order(&self, vhid: &VhidConfig) -> Vec<Vip> {
        use crate::model::{Family, Release};
        let mut vips = vhid.vips.clone();
        let inet6_first = self.speller.host.release >= Release::R15;
        vips.sort_by_key(|vip| (vip.family() == Family::Inet6) != inet6_first);
        vips
    }

    fn has(&self, vhid: &VhidConfig, vip: Vip, then: &str) -> String {
        let address = vip.address().to_string().replace('.', "\\\\.");
        format!(
            "has_address {} {address} {then}",
            self.speller.interface(vhid)
        )
    }
}
