//! What the files of a draft say, kept apart from the texts so that these can be edited.

use super::draft::{Draft, position};
use crate::dialect::key::effective;
use crate::dialect::parse::{
    End, HostReading, Keyword, LoaderLine, Statement, SysctlLine, Word, interface_variable,
};
use crate::dialect::stand_in_interfaces;
use crate::model::{HostConfig, Key, Mode, Place, Release, Vhid, VhidConfig};

/// A command of the boot that configures an interface.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) statement: Statement,
    /// The interface as it stands in the names of variables.
    pub(super) part: String,
    /// The variable that it comes from.
    pub(super) variable: String,
    pub(super) words: Vec<Word>,
}

impl Seen {
    /// The vhid that it names.
    pub(super) fn vhid(&self) -> Option<Vhid> {
        let parameter = self.statement.parameter(Keyword::Vhid)?;
        Vhid::new(parameter.atoi()).ok()
    }

    /// It sets a parameter or an address.
    fn configures(&self) -> bool {
        self.statement.parameters().next().is_some() || self.statement.addresses().next().is_some()
    }
}

/// An assignment of rc.conf.
#[derive(Clone)]
pub(super) struct Assigned {
    pub(super) name: String,
    pub(super) file: usize,
    /// The byte where its name begins.
    pub(super) at: usize,
    /// It is the last of its name.
    pub(super) counts: bool,
    pub(super) is_empty: bool,
}

impl Assigned {
    /// The byte where its value begins.
    pub(super) const fn value_at(&self) -> usize {
        self.at + self.name.len() + 1
    }
}

/// All that matters of a reading.
#[derive(Clone)]
pub(super) struct View {
    pub(super) config: HostConfig,
    pub(super) seen: Vec<Seen>,
    pub(super) assigned: Vec<Assigned>,
    pub(super) interfaces: Vec<String>,
    pub(super) sysctls: Vec<SysctlLine>,
    pub(super) loader: Vec<LoaderLine>,
    /// Every command of the boot, word by word, with the position of its statement among `seen`.
    pub(super) commands: Vec<(Vec<String>, Option<usize>)>,
    pub(super) end: Option<End>,
}

impl View {
    pub(super) fn of(draft: &Draft<'_>) -> Self {
        draft.read(Self::of_reading)
    }

    fn of_reading(reading: &HostReading<'_>) -> Self {
        let mut config = reading.config.clone();
        if config.release.has_carp_interfaces() {
            stand_in_interfaces(&mut config);
        }
        let mut seen = Vec::new();
        let mut commands = Vec::new();
        for command in &reading.boot.commands {
            let statement = Statement::read(&command.words);
            let words = command.words.iter().map(|word| word.text().to_owned());
            commands.push((words.collect(), statement.as_ref().map(|_| seen.len())));
            seen.extend(statement.map(|statement| Seen {
                part: interface_variable(statement.interface.text()),
                statement,
                variable: command.variable.clone(),
                words: command.words.clone(),
            }));
        }
        for command in &reading.boot.executed {
            let words = command.words.iter().map(|word| word.text().to_owned());
            commands.push((words.collect(), None));
        }
        let variables = &reading.variables;
        let assigned = variables.assignments().iter().map(|assignment| {
            let (file, at) = position(variables.place(assignment));
            let counting = variables.get(assignment.name);
            Assigned {
                name: assignment.name.to_owned(),
                file,
                at,
                counts: counting.is_some_and(|last| std::ptr::eq(last, assignment)),
                is_empty: assignment.value.text().is_empty(),
            }
        });
        Self {
            config,
            assigned: assigned.collect(),
            seen,
            interfaces: reading.boot.interfaces.clone(),
            sysctls: reading.sysctls.clone(),
            loader: reading.loader.clone(),
            commands,
            end: reading.boot.end,
        }
    }

    /// The assignment of a variable that counts.
    pub(super) fn counting(&self, name: &str) -> Option<&Assigned> {
        self.assigned
            .iter()
            .find(|assigned| assigned.counts && assigned.name == name)
    }

    /// The commands about a vhid, in the order of the boot.
    pub(super) fn statements(&self, subject: &Subject) -> Vec<&Seen> {
        self.seen
            .iter()
            .filter(|seen| subject.covers(seen))
            .collect()
    }

    /// The vhid of the host that a subject means.
    pub(super) fn vhid(&self, subject: &Subject) -> Option<&VhidConfig> {
        self.config
            .vhids
            .iter()
            .find(|vhid| Subject::of(vhid) == *subject)
    }

    /// The numbers of aliases that are set, in ascending order.
    pub(super) fn alias_numbers(&self, part: &str) -> Vec<u32> {
        let prefix = format!("ifconfig_{part}_alias");
        let mut numbers: Vec<u32> = self
            .assigned
            .iter()
            .filter(|assigned| assigned.counts && !assigned.is_empty)
            .filter_map(|assigned| {
                let digits = assigned.name.strip_prefix(&prefix)?;
                let plain = digits.bytes().all(|b| b.is_ascii_digit());
                plain.then(|| digits.parse().ok())?
            })
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// The place where the boot stops to read its files, if it does.
    pub(super) fn stop(&self) -> Option<Place> {
        match self.end? {
            End::File(_, place) | End::Evaluation(place) => Some(place),
            End::TooMuch => None,
        }
    }
}

/// Which commands belong to a vhid: up to 9 those on its carp interface, from 10 on those that name it on its
/// interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    part: String,
    vhid: Option<Vhid>,
}

impl Subject {
    pub(super) fn of(vhid: &VhidConfig) -> Self {
        match vhid.carp_unit {
            Some(unit) => Self {
                part: format!("carp{unit}"),
                vhid: None,
            },
            None => Self {
                part: vhid.interface.variable_part(),
                vhid: Some(vhid.vhid),
            },
        }
    }

    /// The interface as it stands in the names of variables.
    pub(super) fn part(&self) -> &str {
        &self.part
    }

    pub(super) fn covers(&self, seen: &Seen) -> bool {
        seen.part == self.part
            && seen.configures()
            && (self.vhid.is_none() || seen.vhid() == self.vhid)
    }

    /// The carp interface (release 9).
    pub(super) fn carp_interface(&self) -> Option<&str> {
        self.vhid.is_none().then_some(self.part.as_str())
    }
}

/// The position of the vhid of the host that a wanted one means: up to 9, where no file tells on which interface a
/// carp interface is, that of the same number.
pub(super) fn counterpart(
    host: &HostConfig,
    wanted: &HostConfig,
    vhid: &VhidConfig,
) -> Option<usize> {
    let same = |own: &VhidConfig| {
        own.vhid == vhid.vhid && own.interface.variable_part() == vhid.interface.variable_part()
    };
    if let Some(found) = host.vhids.iter().position(same) {
        return Some(found);
    }
    if host.release != Release::R9 {
        return None;
    }
    let is_told = |own: &VhidConfig| wanted.interfaces.iter().any(|i| i.name == own.interface);
    let mut candidates: Vec<usize> = (0..host.vhids.len())
        .filter(|index| {
            let own = &host.vhids[*index];
            own.vhid == vhid.vhid && !is_told(own)
        })
        .collect();
    if candidates.len() > 1 {
        candidates.retain(|index| {
            let own = &host.vhids[*index];
            own.vips.iter().any(|vip| {
                vhid.vips
                    .iter()
                    .any(|wanted| wanted.address() == vip.address())
            })
        });
    }
    let only_one = wanted
        .vhids
        .iter()
        .filter(|other| other.vhid == vhid.vhid)
        .count()
        == 1;
    candidates
        .first()
        .copied()
        .filter(|_| only_one || candidates.len() == 1)
}

/// Two vhids are configured alike.
pub(super) fn same_vhid(own: &VhidConfig, wanted: &VhidConfig) -> bool {
    let addresses = |vhid: &VhidConfig| {
        let mut all: Vec<_> = vhid
            .vips
            .iter()
            .map(|vip| (vip.address(), vip.prefix()))
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    same_mode(&own.mode, &wanted.mode) && addresses(own) == addresses(wanted)
}

/// Two vhids have the same parameters. Of a key only the first bytes count.
pub(super) fn same_mode(own: &Mode, wanted: &Mode) -> bool {
    match (own, wanted) {
        (
            Mode::Carp {
                advbase,
                advskew,
                key,
                peer,
                peer6,
            },
            Mode::Carp {
                advbase: wanted_base,
                advskew: wanted_skew,
                key: wanted_key,
                peer: wanted_peer,
                peer6: wanted_peer6,
            },
        ) => {
            (advbase, advskew, peer, peer6) == (wanted_base, wanted_skew, wanted_peer, wanted_peer6)
                && same_key(key.as_ref(), wanted_key.as_ref())
        }
        (own, wanted) => own == wanted,
    }
}

pub(super) fn same_key(own: Option<&Key>, wanted: Option<&Key>) -> bool {
    match (own, wanted) {
        (Some(Key::Text(own)), Some(Key::Text(wanted))) => {
            effective(own.expose()) == effective(wanted.expose())
        }
        (own, wanted) => own == wanted,
    }
}
