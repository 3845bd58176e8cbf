//! What is wrong with the words of a command of `ifconfig(8)`, before anything can be said about what they mean.

use std::collections::{BTreeMap, BTreeSet};

use super::aliases::is_interface_variable;
use super::{LintHost, Source, SourceStatement};
use crate::dialect::key::{KeyHazard, key_hazards};
use crate::dialect::parse::{
    Assignment, FileKind, Item, Keyword, LossReason, NotUnderstoodKind, Parameter, ParameterValue,
    Statement, Word, file_kind,
};
use crate::model::{Place, Release};

/// Words that people write for a keyword.
const MEANT: [(&str, Keyword); 5] = [
    ("passwd", Keyword::Pass),
    ("password", Keyword::Pass),
    ("key", Keyword::Pass),
    ("skew", Keyword::Advskew),
    ("base", Keyword::Advbase),
];

/// Names of defaults/rc.conf that values refer to, and what the shell itself knows.
const DEFAULTS: [&str; 12] = [
    "hostname",
    "network_interfaces",
    "cloned_interfaces",
    "gif_interfaces",
    "defaultrouter",
    "ipv6_defaultrouter",
    "netif_ipexpand_max",
    "local_startup",
    "rc_conf_files",
    "kern_securelevel",
    "firewall_type",
    "nisdomainname",
];

/// A number that is none.
#[derive(Clone, Copy, Debug)]
pub struct Garbled<'h> {
    /// The keyword.
    pub parameter: &'h Parameter,
    /// Nothing stands behind it.
    pub is_missing: bool,
}

/// What is wrong with a word of a command about CARP.
#[derive(Clone, Copy, Debug)]
pub enum Fault<'h> {
    /// A key without `pass`.
    MissingPass(&'h Word),
    /// A word that nobody knows, and the keyword that it may be meant to be.
    Unknown(&'h Word, Option<Keyword>),
    /// A keyword without a value that is one.
    Garbled(Garbled<'h>),
}

/// Words of a value that the boot loses.
#[derive(Clone, Debug)]
pub struct LostWords<'h> {
    /// The variable.
    pub variable: &'h str,
    /// The words of its value.
    pub words: Vec<Word>,
    /// Which of them are at fault, or begin what is lost.
    pub at: Vec<usize>,
}

/// A variable that a value names and nothing sets.
#[derive(Clone, Debug)]
pub struct Unset<'h> {
    /// The variable whose value it is.
    pub variable: &'h str,
    /// The variable that is not set.
    pub name: &'h str,
    /// Where it is named.
    pub place: Place,
    /// Where it is set too late, if it is.
    pub later: Option<Place>,
    /// The value holds a key.
    pub has_key: bool,
}

impl SourceStatement<'_> {
    /// The value is the `alias` that the boot scripts put at the end.
    fn swallowed_alias(&self, parameter: &Parameter) -> bool {
        let start = self.statement.family.as_ref().map(|word| word.place);
        let is_alias = match &parameter.value {
            ParameterValue::Word(word) => word.text() == "alias",
            ParameterValue::Key(key, _) => key.expose() == "alias",
            ParameterValue::Missing => false,
        };
        is_alias && self.is_alias_piece() && start == Some(parameter.value_place())
    }

    fn garbled<'s>(&self, parameter: &'s Parameter, release: Release) -> Option<Garbled<'s>> {
        let is_number = matches!(
            parameter.keyword,
            Keyword::Vhid
                | Keyword::Advbase
                | Keyword::Advskew
                | Keyword::Vrrpprio
                | Keyword::Vrrpinterval
        );
        if !(is_number || parameter.keyword == Keyword::Pass)
            || !parameter.keyword.exists_in(release)
        {
            return None;
        }
        let is_missing =
            parameter.value == ParameterValue::Missing || self.swallowed_alias(parameter);
        let known = !matches!(&parameter.value, ParameterValue::Word(word) if !word.known);
        let wrong = is_missing || (is_number && known && parameter.number().is_none());
        wrong.then_some(Garbled {
            parameter,
            is_missing,
        })
    }
}

impl<'a> LintHost<'a> {
    /// What is wrong with the words of a command. Nothing where its words are not what was meant for another reason.
    #[must_use]
    pub fn faults<'s>(&self, found: &SourceStatement<'s>) -> Vec<Fault<'s>> {
        if self.has_evaluated_key(found) || self.is_distorted(found) {
            return Vec::new();
        }
        let (statement, release) = (found.statement, self.release());
        let is_carp = found.is_carp();
        let mut faults = Vec::new();
        let mut before: Option<&Item> = None;
        let mut garbled = false;
        for (position, item) in statement.items.iter().enumerate() {
            let was_garbled = std::mem::replace(&mut garbled, false);
            match item {
                Item::Parameter(parameter) if is_carp => {
                    let wrong = found.garbled(parameter, release);
                    garbled = wrong.is_some();
                    faults.extend(wrong.map(Fault::Garbled));
                }
                // A word behind a word that nobody knows is its value.
                Item::Unknown(word)
                    if word.known && !was_garbled && !matches!(before, Some(Item::Unknown(_))) =>
                {
                    faults.extend(stray(statement, position, word, is_carp, release));
                }
                _ => {}
            }
            before = Some(item);
        }
        faults
    }

    /// The words of a command are not those that were written, or nobody knows them: a variable is not set, a line is
    /// not continued, or a value is computed.
    #[must_use]
    pub fn is_distorted(&self, found: &SourceStatement<'_>) -> bool {
        if found.source != Source::Boot {
            return self.words_at(found).iter().any(|word| !word.known);
        }
        self.is_value_distorted(found.variable)
    }

    /// The value of a variable is not what was meant, or nobody knows it.
    #[must_use]
    pub fn is_value_distorted(&self, variable: &str) -> bool {
        self.distorted.contains(variable)
    }

    /// The variables of interfaces whose values are not what was meant.
    pub(super) fn distorted_values(&self) -> BTreeSet<String> {
        let all = self.interface_assignments().filter(|assignment| {
            !assignment.value.is_known()
                || self.unset_in(assignment).next().is_some()
                || !self.broken_continuations(assignment.name).is_empty()
        });
        all.map(|assignment| assignment.name.to_owned()).collect()
    }

    /// The variables with a key that the boot scripts evaluate.
    pub(super) fn evaluated_values(&self) -> BTreeSet<String> {
        let keys = self.key_words().into_iter().filter(|key| {
            key_hazards(key.word.text(), self.release())
                .iter()
                .any(|hazard| matches!(hazard, KeyHazard::Evaluated(_)))
        });
        keys.map(|key| key.variable.to_owned()).collect()
    }

    /// What the boot loses for these reasons, with the words of the values that it stands in.
    #[must_use]
    pub fn lost_words(&self, reasons: &[LossReason]) -> Vec<LostWords<'_>> {
        let variables = &self.reading.variables;
        let mut by_variable: BTreeMap<&str, Vec<Place>> = BTreeMap::new();
        for loss in &self.reading.boot.losses {
            if reasons.contains(&loss.reason) {
                by_variable
                    .entry(&loss.variable)
                    .or_default()
                    .push(loss.place);
            }
        }
        let found = by_variable.into_iter().filter_map(|(variable, places)| {
            let words = variables.words(variables.get(variable)?);
            let mut positions = BTreeMap::new();
            for (position, word) in words.iter().enumerate() {
                positions.entry(word.place).or_insert(position);
            }
            let at = places.iter().filter_map(|place| positions.get(place));
            let at = at.copied().collect();
            Some(LostWords {
                variable,
                words,
                at,
            })
        });
        found.collect()
    }

    /// Another rule has named the command, so that nothing more can be said about its key.
    #[must_use]
    pub fn key_is_unclear(&self, found: &SourceStatement<'_>) -> bool {
        self.has_evaluated_key(found) || self.is_distorted(found) || !self.faults(found).is_empty()
    }

    fn has_evaluated_key(&self, found: &SourceStatement<'_>) -> bool {
        found.source == Source::Boot && self.evaluated.contains(found.variable)
    }

    fn words_at(&self, found: &SourceStatement<'_>) -> &[Word] {
        let (Source::BootScript(file) | Source::Live(file)) = found.source else {
            return &[];
        };
        let script = self
            .reading
            .scripts
            .iter()
            .find(|script| script.file == file);
        let commands = script.map_or(&[][..], |script| &script.script.commands);
        let place = Some(found.statement.place);
        let at = commands
            .partition_point(|command| command.words.first().map(|word| word.place) < place);
        commands.get(at).map_or(&[], |command| &command.words)
    }

    /// The value of a variable names one that is not set.
    #[must_use]
    pub fn is_unset(&self, variable: &str) -> bool {
        let assignment = self.reading.variables.get(variable);
        assignment.is_some_and(|assignment| self.unset_in(assignment).next().is_some())
    }

    /// Variables that the values of interfaces name and nothing sets.
    #[must_use]
    pub fn unset(&self) -> Vec<Unset<'_>> {
        let assignments = self.interface_assignments();
        let mut all: Vec<Unset<'_>> = assignments
            .flat_map(|assignment| self.unset_in(assignment))
            .collect();
        all.sort_by_key(|unset| unset.place);
        all.dedup_by(|a, b| a.variable == b.variable && a.name == b.name);
        all
    }

    fn unset_in<'h>(&'h self, assignment: &'h Assignment<'a>) -> impl Iterator<Item = Unset<'h>> {
        let variables = &self.reading.variables;
        let values = is_interface_variable(assignment.name).then(|| assignment.value.references());
        let unset = values
            .unwrap_or_default()
            .iter()
            .filter(|reference| !reference.is_set && !self.may_be_set(reference.name));
        unset.map(move |reference| Unset {
            variable: assignment.name,
            name: reference.name,
            place: variables.place_of_reference(assignment, reference),
            later: self.variable_place(reference.name),
            has_key: super::aliases::has_word(assignment.value.text(), "pass"),
        })
    }

    /// Something else than an assignment of the given files may set a variable.
    fn may_be_set(&self, name: &str) -> bool {
        let lower = |c: char| c.is_ascii_lowercase();
        let foreign = !name.starts_with(|c: char| c.is_ascii_alphabetic())
            || DEFAULTS.contains(&name)
            || name.ends_with("_enable")
            || name.ends_with("_flags")
            || (matches!(
                name,
                "PATH" | "HOME" | "PWD" | "USER" | "SHELL" | "IFS" | "name"
            ));
        let rc_conf = |path: &str| matches!(path, "rc.conf" | "etc/rc.conf" | "/etc/rc.conf");
        let first_is_there = self.files.iter().any(|file| rc_conf(file.path));
        let skipped = self.reading.variables.not_understood();
        foreign
            || !first_is_there
            || !name.contains(|c: char| lower(c) || c.is_ascii_uppercase())
            || skipped.iter().any(|skipped| {
                skipped.kind == NotUnderstoodKind::Sources
                    || skipped.names.contains(&name)
                    || (skipped.kind != NotUnderstoodKind::Computed && skipped.text.contains(name))
            })
    }

    /// The backslashes of a value that were meant to continue a line and do not.
    #[must_use]
    pub fn broken_continuations(&self, variable: &str) -> Vec<Place> {
        let variables = &self.reading.variables;
        let Some(assignment) = variables.get(variable) else {
            return Vec::new();
        };
        if !assignment.value.text().contains('\\') {
            return Vec::new();
        }
        let words = variables.words(assignment);
        let ends = words.iter().filter(|word| word.text().ends_with('\\'));
        ends.filter_map(|word| {
            let length = u32::try_from(word.text().len()).ok()?;
            let characters = u32::try_from(word.text().chars().count()).ok()?;
            let place = Place {
                offset: word.place.offset + length - 1,
                column: word.place.column + characters - 1,
                ..word.place
            };
            let text = variables
                .texts()
                .iter()
                .find(|text| text.file() == place.file)?;
            let behind = text
                .text()
                .get(place.offset as usize..)?
                .strip_prefix('\\')?;
            let rest = behind.trim_start_matches([' ', '\t']);
            rest.starts_with('\n').then_some(place)
        })
        .collect()
    }

    /// A file of this kind that the release reads, by its path; with its text as it is.
    pub fn files_of(&self, kind: FileKind) -> impl Iterator<Item = (u16, &str)> {
        (0_u16..)
            .zip(&self.files)
            .filter(move |(_, file)| file_kind(file.path) == Some(kind))
            .map(|(number, file)| (number, file.text))
    }
}

/// What a word is that is no keyword, no address and no option.
fn stray<'s>(
    statement: &'s Statement,
    position: usize,
    word: &'s Word,
    is_carp: bool,
    release: Release,
) -> Option<Fault<'s>> {
    let meant = meant(word.text(), release);
    if !is_carp {
        return (meant == Some(Keyword::Vhid)).then_some(Fault::Unknown(word, meant));
    }
    let items = &statement.items;
    let before = position.checked_sub(1).and_then(|before| items.get(before));
    let next = items.get(position + 1);
    let addresses = statement.addresses().count();
    let has_pass = statement.parameter(Keyword::Pass).is_some();
    let behind_value =
        matches!(before, Some(Item::Parameter(parameter)) if parameter.keyword.takes_value());
    let before_address = matches!(next, Some(Item::Address(_)));
    let at_end = matches!(next, None | Some(Item::Alias(_)));
    let takes_the_address = meant.is_some() && before_address && addresses > 1;
    if !has_pass && behind_value && (before_address || at_end) && !takes_the_address {
        return Some(Fault::MissingPass(word));
    }
    // ifconfig(8) looks names of hosts up.
    let may_be_a_host =
        addresses == 0 && meant.is_none() && (position == 0 || word.text().contains('.'));
    (!may_be_a_host).then_some(Fault::Unknown(word, meant))
}

/// The keyword that a word is near to.
fn meant(word: &str, release: Release) -> Option<Keyword> {
    let lower = word.to_lowercase();
    let known = MEANT.iter().find(|(text, _)| *text == lower);
    known.map(|(_, keyword)| *keyword).or_else(|| {
        Keyword::ALL.into_iter().find(|keyword| {
            keyword.exists_in(release) && strsim::damerau_levenshtein(&lower, keyword.word()) <= 1
        })
    })
}
