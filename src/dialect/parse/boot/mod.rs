//! What `rc.d/netif` runs at boot, from the variables of rc.conf.
//!
//! This follows `network.subr` function by function (`etc/network.subr` of FreeBSD 9.3 and 10.2, `libexec/rc/network.subr`
//! from 12 on), traps included: values that are evaluated twice, addresses that vanish without a message, and
//! expansions that do not end. What a script loses is kept as data, with its place and reason.

mod alias;
mod eval;
mod inet6;
mod interface;
mod netif;
mod pattern;
mod range;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::shell::{BrokenKind, Variables};
use super::text::Text;
use super::word::Word;
use crate::model::{FileId, Place, Release};

/// The names in the root folder of a fresh installation, against which the scripts match patterns.
pub const ROOT_FOLDER: &[&str] = &[
    ".cshrc",
    ".profile",
    "COPYRIGHT",
    "bin",
    "boot",
    "dev",
    "entropy",
    "etc",
    "home",
    "lib",
    "libexec",
    "media",
    "mnt",
    "net",
    "proc",
    "rescue",
    "root",
    "sbin",
    "sys",
    "tmp",
    "usr",
    "var",
];

/// More commands than this are not followed.
const MOST_COMMANDS: usize = 1 << 17;

/// What the scripts find besides rc.conf.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The interfaces that exist already, in the order of `ifconfig -l`.
    pub interfaces: Vec<String>,
    /// The names in the root folder.
    pub root: &'a [&'a str],
    /// The scripts `start_if.IF`, by interface.
    pub start_scripts: Vec<(&'a str, Text<'a>)>,
}

impl Surroundings<'_> {
    /// These interfaces, and nothing else that is unusual.
    #[must_use]
    pub fn of(interfaces: Vec<String>) -> Self {
        Self {
            interfaces,
            root: ROOT_FOLDER,
            start_scripts: Vec::new(),
        }
    }
}

/// A command that the boot runs.
#[derive(Clone, PartialEq, Eq)]
pub struct BootCommand {
    /// The program and its arguments.
    pub words: Vec<Word>,
    /// The variable that it comes from; empty where it comes from a script.
    pub variable: String,
    /// Where the value of that variable, or the command, begins.
    pub place: Place,
}

impl fmt::Debug for BootCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} words from {:?} at {:?}",
            self.words.len(),
            self.variable,
            self.place
        )
    }
}

/// Why something that rc.conf sets is not configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LossReason {
    /// A `-` sends the alias to the range expansion, which calls itself until the shell has used up its stack
    /// (`ifalias_af_common_handler`). The boot stalls, and the address is gone.
    Endless,
    /// `--` in an alias that is expanded: dropped.
    DoubleHyphen,
    /// What looks like a range has no numbers to count.
    NotARange,
    /// More addresses than are followed here.
    TooMany,
    /// The numbered aliases end at this empty one: higher numbers are not looked at.
    BehindEmptyAlias,
    /// Text before the first family word of `ifconfig_IF_aliases`.
    NoFamily,
    /// A piece of another family than the one that its value begins with.
    FamilyElsewhere,
    /// A family word with nothing behind it.
    NothingBehindFamily,
    /// inet6 aliases of an interface that has no `ifconfig_IF_ipv6`.
    NoIpv6Line,
    /// The interface has the word `NOAUTO`.
    NoAuto,
    /// The interface is not in `network_interfaces`.
    NotListed,
    /// No interface of that name exists at boot.
    NoInterface,
    /// A redirection from a file that does not exist: the command is not run.
    Unreadable,
    /// The script has ended before.
    ScriptEnded,
}

/// Something that rc.conf sets and the boot does not configure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Where the lost words begin.
    pub place: Place,
    /// The variable.
    pub variable: String,
    /// Why.
    pub reason: LossReason,
}

/// Why the script ends before all is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A file cannot be read as shell text: no network at all.
    File(BrokenKind, Place),
    /// A value is no shell text where it is evaluated.
    Evaluation(Place),
    /// More commands than are followed here.
    TooMuch,
}

/// What the boot does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Boot {
    /// Every `ifconfig(8)` command that changes something, in order.
    pub commands: Vec<BootCommand>,
    /// What it loses.
    pub losses: Vec<Loss>,
    /// Other programs that it runs, those included that a value manages to run.
    pub executed: Vec<BootCommand>,
    /// Files that a value manages to write.
    pub created_files: Vec<Word>,
    /// Kernel modules that it asks for.
    pub modules: Vec<&'static str>,
    /// The interfaces at the end, as `ifconfig -l` lists them.
    pub interfaces: Vec<String>,
    /// Aliases of IPv4 that lack the word `inet`, by variable: the script adds it, with a warning.
    pub inet_added: Vec<(String, Place)>,
    /// Where the script ends early, if it does.
    pub end: Option<End>,
}

/// A version of the scripts, by the oldest release that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scripts {
    /// 9.3
    Nine,
    /// 10
    Ten,
    /// 11 and 12
    Twelve,
    /// 13
    Thirteen,
    /// 14
    Fourteen,
    /// 15
    Fifteen,
}

impl Scripts {
    const fn of(release: Release) -> Self {
        match release {
            Release::R9 => Self::Nine,
            Release::R10 => Self::Ten,
            Release::R11 | Release::R12 => Self::Twelve,
            Release::R13 => Self::Thirteen,
            Release::R14 => Self::Fourteen,
            Release::R15 => Self::Fifteen,
        }
    }
}

/// A run of the scripts.
struct Run<'v, 'a> {
    variables: &'v Variables<'a>,
    surroundings: &'v Surroundings<'v>,
    scripts: Scripts,
    boot: Boot,
    /// The names in `boot.interfaces`.
    known: BTreeSet<String>,
    /// The first unit of a driver that may be free.
    units: BTreeMap<String, u32>,
    /// How many bytes may still be looked at.
    budget: Cell<usize>,
}

/// The script has ended.
struct Ended;

/// Goes on, or has ended.
type Flow<T = ()> = Result<T, Ended>;

/// Works out what the boot scripts of a release run.
#[must_use]
pub fn boot<'v>(
    variables: &'v Variables<'_>,
    release: Release,
    surroundings: &'v Surroundings<'v>,
) -> Boot {
    let mut run = Run {
        variables,
        surroundings,
        scripts: Scripts::of(release),
        boot: Boot {
            interfaces: surroundings.interfaces.clone(),
            ..Boot::default()
        },
        known: surroundings.interfaces.iter().cloned().collect(),
        units: BTreeMap::new(),
        budget: Cell::new(budget(variables)),
    };
    if let Some(stop) = variables.stop() {
        run.boot.end = Some(End::File(stop.kind, stop.place));
        return run.boot;
    }
    // Where it ended is kept in `end`.
    let _ended = run.netif().is_err() || run.go_on().is_err();
    run.boot
        .losses
        .sort_by_key(|loss| (loss.place, loss.reason));
    run.boot.losses.dedup();
    run.boot
}

impl<'v, 'a> Run<'v, 'a> {
    /// The words of a variable of an interface, split and with patterns replaced.
    fn interface_words(
        &self,
        prefix: &str,
        interface: &str,
        suffix: &str,
    ) -> Option<(String, Vec<Word>)> {
        let name = format!("{prefix}{}{suffix}", variable_part(interface));
        let words = self.variable_words(&name)?;
        Some((name, words))
    }

    fn variable_words(&self, name: &str) -> Option<Vec<Word>> {
        let assignment = self.variables.get(name)?;
        self.charge(assignment.value.text().len());
        if self.is_exhausted() {
            return None;
        }
        Some(eval::unquoted(
            self.variables.words(assignment),
            self.surroundings.root,
        ))
    }

    /// The text of a variable, or a default of `defaults/rc.conf`.
    fn text(&self, name: &str, default: &'static str) -> &'v str {
        self.variables
            .get(name)
            .map_or(default, |assignment| assignment.value.text())
    }

    /// `checkyesno` of `rc.subr`.
    fn is_yes(&self, name: &str) -> bool {
        is_yes(self.text(name, "NO"))
    }

    fn lose(&mut self, place: Place, variable: &str, reason: LossReason) {
        self.charge(variable.len());
        self.boot.losses.push(Loss {
            place,
            variable: variable.to_owned(),
            reason,
        });
    }

    /// Where a variable is set, for words that a script adds.
    fn place_of(&self, variable: &str) -> Place {
        self.variables
            .get(variable)
            .map_or(Place::start(FileId(0)), |assignment| {
                self.variables.place(assignment)
            })
    }

    /// Runs `ifconfig`.
    fn ifconfig(
        &mut self,
        interface: &str,
        words: impl IntoIterator<Item = Word>,
        variable: &str,
    ) -> Flow {
        let place = self.place_of(variable);
        let mut argv = vec![
            Word::new("ifconfig", place, true),
            Word::new(interface, place, true),
        ];
        argv.extend(words);
        self.push(BootCommand {
            words: argv,
            variable: variable.to_owned(),
            place,
        })
    }

    /// Runs `ifconfig` with words that the script itself knows.
    fn ifconfig_plain(&mut self, interface: &str, words: &[&str], variable: &str) -> Flow {
        let place = self.place_of(variable);
        self.ifconfig(
            interface,
            words.iter().map(|word| Word::new(word, place, true)),
            variable,
        )
    }

    /// Notes that so many bytes are looked at, or made.
    fn charge(&self, bytes: usize) {
        self.budget.set(self.budget.get().saturating_sub(bytes));
    }

    fn is_exhausted(&self) -> bool {
        self.budget.get() == 0
    }

    /// Ends the run where it would take time out of proportion to what was read.
    fn go_on(&mut self) -> Flow {
        if self.is_exhausted() {
            self.boot.end = Some(End::TooMuch);
            return Err(Ended);
        }
        Ok(())
    }

    fn push(&mut self, command: BootCommand) -> Flow {
        self.charge(size(&command.words, &command.variable));
        self.go_on()?;
        if self.boot.commands.len() >= MOST_COMMANDS {
            self.boot.end = Some(End::TooMuch);
            return Err(Ended);
        }
        self.boot.commands.push(command);
        Ok(())
    }

    fn execute(&mut self, words: &[&str], variable: &str) {
        let place = self.place_of(variable);
        let words = words
            .iter()
            .map(|word| Word::new(word, place, true))
            .collect();
        self.boot.executed.push(BootCommand {
            words,
            variable: variable.to_owned(),
            place,
        });
    }
}

/// About how many bytes a command takes; a name may be longer than all its words.
fn size(words: &[Word], variable: &str) -> usize {
    let words: usize = words.iter().map(|word| word.text().len() + 32).sum();
    words + variable.len()
}

/// How many bytes a run may look at: a value is read several times for each interface that it is for.
fn budget(variables: &Variables<'_>) -> usize {
    let read: usize = variables.texts().iter().map(|text| text.text().len()).sum();
    let set: usize = variables
        .assignments()
        .iter()
        .map(|assignment| assignment.value.text().len())
        .sum();
    read.saturating_add(set)
        .saturating_mul(64)
        .saturating_add(1 << 22)
}

/// The interface's part of variable names (`get_if_var`).
pub(super) fn variable_part(interface: &str) -> String {
    interface.replace(['.', '-', '/', '+'], "_")
}

pub(super) fn is_yes(text: &str) -> bool {
    ["yes", "true", "on", "1"]
        .iter()
        .any(|yes| text.eq_ignore_ascii_case(yes))
}
