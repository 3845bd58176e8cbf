//! Commands of `ifconfig(8)` by where they come from.

use super::LintHost;
use crate::dialect::parse::{Keyword, Statement, is_carp_interface};
use crate::model::{FileId, Place};

/// Where a command comes from. Hosts are compared source by source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// rc.conf and its companions.
    Boot,
    /// A script that the boot runs: rc.local, `start_if.IF`.
    BootScript(FileId),
    /// A script of live commands.
    Live(FileId),
}

/// A command and where it comes from.
#[derive(Clone, Copy, Debug)]
pub struct SourceStatement<'h> {
    /// Where it comes from.
    pub source: Source,
    /// The command.
    pub statement: &'h Statement,
    /// The variable of rc.conf that it comes from; empty for a command of a script.
    pub variable: &'h str,
}

impl SourceStatement<'_> {
    /// The number behind `vhid`, whatever its range; `None` where there is no such word or no number behind it.
    #[must_use]
    pub fn vhid(&self) -> Option<i64> {
        self.statement.parameter(Keyword::Vhid)?.number()
    }

    /// It is about CARP: it has `vhid`, or is on a carp interface.
    #[must_use]
    pub fn is_carp(&self) -> bool {
        self.statement.parameter(Keyword::Vhid).is_some()
            || is_carp_interface(self.statement.interface.text())
    }

    /// It is one piece of an alias variable, which goes through the expansion of the boot scripts.
    #[must_use]
    pub fn is_alias_piece(&self) -> bool {
        self.source == Source::Boot && self.variable.contains("_alias")
    }
}

impl Statement {
    /// The number behind `vhid`, else the word, else the command.
    #[must_use]
    pub fn vhid_place(&self) -> Place {
        self.parameter(Keyword::Vhid)
            .map_or(self.place, crate::dialect::parse::Parameter::value_place)
    }
}

impl LintHost<'_> {
    /// The commands of the boot, in the order in which they run.
    #[must_use]
    pub fn boot(&self) -> Vec<SourceStatement<'_>> {
        let statements = self.reading.statements.iter();
        statements
            .map(|found| SourceStatement {
                source: Source::Boot,
                statement: &found.statement,
                variable: &found.variable,
            })
            .collect()
    }

    /// The commands of all sources: the boot, then the scripts in the order of the files.
    #[must_use]
    pub fn statements(&self) -> Vec<SourceStatement<'_>> {
        let mut all = self.boot();
        for script in &self.reading.scripts {
            let source = if script.at_boot {
                Source::BootScript(script.file)
            } else {
                Source::Live(script.file)
            };
            all.extend(script.statements.iter().map(|statement| SourceStatement {
                source,
                statement,
                variable: "",
            }));
        }
        all
    }
}
