//! What sets sysctls on a host, wherever it stands.

use super::LintHost;
use crate::dialect::parse::{FileKind, LoaderAction, file_kind};
use crate::model::Place;

/// What kind of file sets a sysctl.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SysctlOrigin {
    /// sysctl.conf or a companion.
    File,
    /// loader.conf or a companion.
    Loader,
    /// A script.
    Script,
}

/// A line or command that sets a sysctl.
#[derive(Clone, Copy, Debug)]
pub struct SysctlWrite<'h> {
    /// What kind of file it stands in.
    pub origin: SysctlOrigin,
    /// The name.
    pub name: &'h str,
    /// The value as written.
    pub value: &'h str,
    /// Where the name stands.
    pub place: Place,
    /// Where the value stands; in a command the word.
    pub value_place: Place,
}

impl LintHost<'_> {
    /// Everything that sets a sysctl, as far as names and values are known: sysctl files, loader files, scripts.
    #[must_use]
    pub fn sysctl_writes(&self) -> Vec<SysctlWrite<'_>> {
        let mut writes: Vec<SysctlWrite<'_>> = Vec::new();
        for line in &self.reading.sysctls {
            writes.extend(line.value.as_deref().map(|value| SysctlWrite {
                origin: SysctlOrigin::File,
                name: &line.name,
                value,
                place: line.place,
                value_place: line.value_place,
            }));
        }
        for line in &self.reading.loader {
            if let LoaderAction::Set(name, value) = &line.action {
                writes.push(SysctlWrite {
                    origin: SysctlOrigin::Loader,
                    name,
                    value,
                    place: line.place,
                    value_place: line.value_place,
                });
            }
        }
        for command in self
            .reading
            .scripts
            .iter()
            .flat_map(|script| &script.script.commands)
        {
            let Some((program, arguments)) = command.words.split_first() else {
                continue;
            };
            if program.text().rsplit('/').next() != Some("sysctl") {
                continue;
            }
            for word in arguments.iter().filter(|word| word.known) {
                writes.extend(
                    word.text()
                        .split_once('=')
                        .map(|(name, value)| SysctlWrite {
                            origin: SysctlOrigin::Script,
                            name,
                            value,
                            place: word.place,
                            value_place: word.place,
                        }),
                );
            }
        }
        writes
    }

    /// The kind of the file that a place is in.
    #[must_use]
    pub fn kind_of(&self, place: Place) -> Option<FileKind> {
        let file = self.files.get(usize::from(place.file.0))?;
        file_kind(file.path)
    }
}
