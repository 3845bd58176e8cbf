//! All files of a host, read as its release reads them, and the configuration that they make.

mod config;
mod files;
mod kernel;

use std::collections::BTreeMap;

use super::boot::{Boot, Loss, LossReason, Surroundings, boot, variable_part};
use super::layers::rc_conf_order;
use super::loader::{LoaderLine, loader_conf};
use super::output::{ShownInterface, ShownSysctl, ifconfig_output, sysctl_output};
use super::script::{Script, script};
use super::shell::Variables;
use super::statement::Statement;
use super::sysctl::{SysctlLine, sysctl_conf};
use super::text::Text;
use crate::model::{FileId, HostConfig, HostName, Release};
use config::Reading;

pub(super) use files::carp_unit;
pub use files::{FileKind, file_kind, is_carp_interface};
pub use kernel::{Rejected, RejectedReason};

/// A file of a host: its path in the host's folder, flat or as on the host, and its text.
#[derive(Clone, Copy, Debug)]
pub struct HostText<'a> {
    /// The path.
    pub path: &'a str,
    /// The text.
    pub text: &'a str,
}

/// How the release is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseSource {
    /// The caller says so.
    Told,
    /// The file `release` says so.
    File,
    /// From what is configured: a vhid on an ordinary interface, or a carp interface.
    Guessed,
}

/// A command of `ifconfig(8)` that configures something at boot or live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostStatement {
    /// The command.
    pub statement: Statement,
    /// The variable of rc.conf that it comes from; empty for a command of a script.
    pub variable: String,
}

/// A script of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostScript {
    /// The file.
    pub file: FileId,
    /// It runs at boot (rc.local, `start_if.IF`).
    pub at_boot: bool,
    /// Its commands.
    pub script: Script,
    /// Those of `ifconfig(8)` that change something.
    pub statements: Vec<Statement>,
}

/// All that the files of a host say.
#[derive(Debug)]
pub struct HostReading<'a> {
    /// The release that the files were read for.
    pub release: Release,
    /// How it is known.
    pub release_source: ReleaseSource,
    /// The paths of the files, by [`FileId`].
    pub paths: Vec<&'a str>,
    /// rc.conf and its companions.
    pub variables: Variables<'a>,
    /// What the boot scripts make of it.
    pub boot: Boot,
    /// The commands of the boot, as statements.
    pub statements: Vec<HostStatement>,
    /// sysctl.conf and its companions, in the order in which they are applied.
    pub sysctls: Vec<SysctlLine>,
    /// loader.conf and its companions, in order.
    pub loader: Vec<LoaderLine>,
    /// Scripts.
    pub scripts: Vec<HostScript>,
    /// Saved output of `ifconfig(8)`.
    pub shown_interfaces: Vec<ShownInterface>,
    /// Saved output of `sysctl(8)`.
    pub shown_sysctls: Vec<ShownSysctl>,
    /// What the boot really configures.
    pub config: HostConfig,
    /// What has no effect, though it is run.
    pub rejected: Vec<Rejected>,
}

/// The files of a host by what they are read as.
struct Files<'f, 'a>(&'f [HostText<'a>]);

impl<'a> Files<'_, 'a> {
    fn of_kind(&self, kind: FileKind) -> impl Iterator<Item = usize> {
        (0..self.0.len()).filter(move |index| file_kind(self.0[*index].path) == Some(kind))
    }

    fn texts(&self, kind: FileKind) -> impl Iterator<Item = Text<'a>> {
        self.of_kind(kind).map(|index| self.text(index))
    }

    fn text(&self, index: usize) -> Text<'a> {
        Text::new(
            FileId(u16::try_from(index).unwrap_or(u16::MAX)),
            self.0[index].text,
        )
    }

    /// The texts of a kind that a release reads, in its order.
    fn in_order(&self, kind: FileKind, release: Release) -> impl Iterator<Item = Text<'a>> {
        let place = |index: usize| files::order(self.0[index].path, release);
        let mut found: Vec<_> = self
            .of_kind(kind)
            .filter_map(|index| Some((place(index)?, index)))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, index)| self.text(index))
    }

    fn variables(&self, release: Release) -> Variables<'a> {
        let place = |index: usize| rc_conf_order(self.0[index].path, release);
        let mut layers: Vec<_> = self
            .of_kind(FileKind::RcConf)
            .filter_map(|index| Some((place(index)?, index)))
            .collect();
        layers.sort();
        Variables::read(layers.into_iter().map(|(_, index)| self.text(index)))
    }

    fn stated_release(&self) -> Option<Release> {
        self.of_kind(FileKind::Release)
            .find_map(|index| Release::new(self.0[index].text.trim()).ok())
    }

    fn scripts(&self) -> Vec<HostScript> {
        let live = self
            .texts(FileKind::Script)
            .map(|text| read_script(&text, false));
        live.chain(
            self.texts(FileKind::BootScript)
                .map(|text| read_script(&text, true)),
        )
        .collect()
    }

    fn start_scripts(&self) -> Vec<(&'a str, Text<'a>)> {
        let interface = |index: usize| files::flat(self.0[index].path).strip_prefix("start_if.");
        self.of_kind(FileKind::BootScript)
            .filter_map(|index| Some((interface(index)?, self.text(index))))
            .collect()
    }
}

/// Reads the files of a host. Files that are none of [`FileKind`] are passed over.
#[must_use]
pub fn read_host<'a>(
    host: &HostName,
    files: &[HostText<'a>],
    told: Option<Release>,
) -> HostReading<'a> {
    let paths: Vec<&str> = files.iter().map(|file| file.path).collect();
    let files = Files(files);
    let shown_interfaces: Vec<ShownInterface> = files
        .texts(FileKind::IfconfigOutput)
        .flat_map(|text| ifconfig_output(&text))
        .collect();
    let scripts = files.scripts();
    let mut variables = files.variables(Release::R15);
    let (release, release_source) = match (told, files.stated_release()) {
        (Some(release), _) => (release, ReleaseSource::Told),
        (None, Some(release)) => (release, ReleaseSource::File),
        (None, None) => (
            guess(&variables, &scripts, &shown_interfaces),
            ReleaseSource::Guessed,
        ),
    };
    if release < Release::R11 {
        variables = files.variables(release);
    }
    let sysctls: Vec<SysctlLine> = [FileKind::SysctlConf, FileKind::SysctlKld]
        .into_iter()
        .flat_map(|kind| files.in_order(kind, release))
        .flat_map(|text| sysctl_conf(&text, release))
        .collect();
    let mut environment = BTreeMap::new();
    let loader = files.in_order(FileKind::LoaderConf, release);
    let loader = loader
        .flat_map(|text| loader_conf(&text, release, &mut environment))
        .collect();
    let mut surroundings = Surroundings::of(files::interfaces(&variables, &shown_interfaces));
    surroundings.start_scripts = files.start_scripts();
    let mut boot = boot(&variables, release, &surroundings);
    note_orphans(&variables, &mut boot);
    let statements = statements(&boot);
    let reading = Reading {
        host,
        release,
        variables: &variables,
        boot: &boot,
        paths: &paths,
    };
    let (config, rejected) = reading.config(&statements, &sysctls);
    HostReading {
        release,
        release_source,
        shown_sysctls: files
            .texts(FileKind::SysctlOutput)
            .flat_map(|text| sysctl_output(&text))
            .collect(),
        paths,
        variables,
        boot,
        statements,
        sysctls,
        loader,
        scripts,
        shown_interfaces,
        config,
        rejected,
    }
}

fn statements(boot: &Boot) -> Vec<HostStatement> {
    let read = boot
        .commands
        .iter()
        .map(|command| (Statement::read(&command.words), &command.variable));
    read.filter_map(|(statement, variable)| {
        Some(HostStatement {
            statement: statement?,
            variable: variable.clone(),
        })
    })
    .collect()
}

fn read_script(text: &Text<'_>, at_boot: bool) -> HostScript {
    let script = script(text);
    let statements = script
        .commands
        .iter()
        .filter_map(|command| Statement::read(&command.words))
        .collect();
    HostScript {
        file: text.file(),
        at_boot,
        script,
        statements,
    }
}

fn guess(variables: &Variables<'_>, scripts: &[HostScript], shown: &[ShownInterface]) -> Release {
    let mut evidence = files::Evidence::of_variables(variables);
    for statement in scripts.iter().flat_map(|script| &script.statements) {
        evidence.see_statement(statement);
    }
    for interface in shown {
        evidence.see_interface(interface);
    }
    evidence.release()
}

/// Carp interfaces that are configured and never made.
fn note_orphans(variables: &Variables<'_>, boot: &mut Boot) {
    if variables.stop().is_some() {
        return;
    }
    let lost: Vec<Loss> = files::orphans(variables, &boot.interfaces)
        .map(|assignment| Loss {
            place: variables.place(assignment),
            variable: assignment.name.to_owned(),
            reason: LossReason::NoInterface,
        })
        .collect();
    boot.losses.extend(lost);
    boot.losses.sort_by_key(|loss| (loss.place, loss.reason));
}

/// The part of variable names that an interface has.
#[must_use]
pub fn interface_variable(interface: &str) -> String {
    variable_part(interface)
}

#[cfg(test)]
mod tests;
