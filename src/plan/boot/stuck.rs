//! What a person is told whose files cannot be edited.

use super::draft::position;
use super::view::{Subject, View, same_vhid};
use super::work::Work;
use super::{BootProblem, StuckLine};
use crate::model::{Key, Mode, Place, VhidConfig};

impl Work<'_> {
    pub(super) fn stuck(&self, mut lines: Vec<StuckLine>) -> BootProblem {
        lines.dedup();
        BootProblem::Lines {
            host: self.wanted.host.clone(),
            lines,
        }
    }

    pub(super) fn line_at(&self, place: Place, wanted: String) -> StuckLine {
        let path = self.input.files.get(position(place).0);
        StuckLine {
            path: path.map_or(self.target.clone(), |file| file.path.to_owned()),
            line: Some(place.line),
            wanted,
        }
    }

    pub(super) fn line_of(&self, variable: &str, wanted: String) -> StuckLine {
        let seen = self
            .before
            .seen
            .iter()
            .find(|seen| seen.variable == variable);
        match seen.and_then(|seen| seen.words.get(2)) {
            Some(word) => self.line_at(word.place, wanted),
            None => StuckLine {
                path: self.target.clone(),
                line: None,
                wanted,
            },
        }
    }

    /// The lines of a vhid that could not be edited, and what should stand there.
    pub(super) fn unsettled(&self, vhid: &VhidConfig) -> BootProblem {
        if let Some(place) = self.before.stop() {
            let what = "the boot reads no further than this: nothing behind it counts".to_owned();
            return self.stuck(vec![self.line_at(place, what)]);
        }
        let mut shown = vhid.clone();
        if let Mode::Carp { key: Some(key), .. } = &mut shown.mode {
            *key = Key::Redacted;
        }
        let should = self.whole(&shown).unwrap_or_default();
        let subject = Subject::of(vhid);
        let seen = self.before.statements(&subject);
        let lines = should.into_iter().enumerate().map(|(index, line)| {
            let at = seen
                .get(index)
                .or(seen.last())
                .and_then(|seen| seen.words.get(2));
            match at {
                Some(word) => self.line_at(word.place, line),
                None => StuckLine {
                    path: self.target.clone(),
                    line: None,
                    wanted: line,
                },
            }
        });
        self.stuck(lines.collect())
    }

    /// What is still not as wanted after all edits.
    pub(super) fn unreached(&self, after: &View) -> BootProblem {
        let settled = |vhid: &&VhidConfig| {
            after
                .vhid(&Subject::of(vhid))
                .is_some_and(|own| same_vhid(own, vhid))
        };
        if let Some(vhid) = self.wanted.vhids.iter().find(|vhid| !settled(vhid)) {
            return self.unsettled(vhid);
        }
        let missing = |path: &str, wanted: String| StuckLine {
            path: path.to_owned(),
            line: None,
            wanted,
        };
        let mut lines = Vec::new();
        if let Some(sysctl) = self.wrong_sysctl(&after.config) {
            let line = after
                .sysctls
                .iter()
                .rev()
                .find(|line| line.name == sysctl.name);
            let wanted = format!("{}={}", sysctl.name, sysctl.value);
            lines.push(match line {
                Some(line) => self.line_at(line.place, wanted),
                None => missing("/etc/sysctl.conf", wanted),
            });
        }
        if !self.module_is_loaded(after) {
            lines.push(missing(
                "/boot/loader.conf",
                format!("{}_load=\"YES\"", self.module()),
            ));
        }
        if lines.is_empty() {
            let rest = self
                .wanted
                .interfaces
                .iter()
                .filter(|interface| interface.manage);
            lines.extend(rest.map(|interface| {
                let addresses: Vec<String> = interface
                    .addresses
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                let wanted = format!(
                    "{} has {}, and all else as before",
                    interface.name,
                    addresses.join(", ")
                );
                missing(&self.target, wanted)
            }));
        }
        if lines.is_empty() {
            lines.push(missing(
                &self.target,
                "another line would be configured otherwise than before".to_owned(),
            ));
        }
        self.stuck(lines)
    }
}
