//! All files of a host, read as its release reads them, and the configuration that they make.

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
use crate::model::{
    FileId, HostConfig, HostName, IfName, InterfaceConfig, KnownSysctl, Place, RcTarget, Release,
    SegmentName, Sysctl, VhidConfig,
};
use kernel::{Group, Kernel};

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

/// What is known when the configuration is put together.
struct Reading<'r, 'a> {
    host: &'r HostName,
    release: Release,
    variables: &'r Variables<'a>,
    boot: &'r Boot,
    paths: &'r [&'a str],
}

impl Reading<'_, '_> {
    fn config(
        &self,
        statements: &[HostStatement],
        sysctls: &[SysctlLine],
    ) -> (HostConfig, Vec<Rejected>) {
        let mut kernel = Kernel::new(self.release);
        for statement in statements {
            kernel.run(&statement.statement, &self.boot.interfaces);
        }
        let interfaces = self.interfaces(&kernel);
        let vhids = self.vhids(&mut kernel, &interfaces);
        let sysctls = self.sysctls(sysctls, &mut kernel.rejected);
        let config = HostConfig {
            host: self.host.clone(),
            release: self.release,
            rc_target: self.rc_target(&kernel),
            cloned_interfaces: self.other_clones(),
            interfaces,
            vhids,
            sysctls,
        };
        (config, kernel.rejected)
    }

    fn segment(name: &IfName) -> SegmentName {
        SegmentName::new(&name.variable_part())
            .expect("an interface name without punctuation is a segment name")
    }

    /// The interfaces that have addresses or vhids.
    fn interfaces(&self, kernel: &Kernel) -> Vec<InterfaceConfig> {
        let legacy = self.release.has_carp_interfaces();
        let names = self
            .boot
            .interfaces
            .iter()
            .filter(|name| !(legacy && is_carp_interface(name)));
        let used = |name: &&String| {
            kernel.held.iter().any(|held| held.interface == **name)
                || kernel.groups.iter().any(|g| g.interface == **name)
        };
        let interfaces = names.filter(used).filter_map(|name| {
            let name = IfName::new(name).ok()?;
            let own = kernel
                .held
                .iter()
                .filter(|held| held.interface == name.as_str() && held.vhid.is_none());
            let addresses: Vec<_> = own.map(|held| held.vip.net()).collect();
            Some(InterfaceConfig {
                segment: Self::segment(&name),
                manage: !addresses.is_empty(),
                first_alias: self.first_alias(&name),
                addresses,
                name,
            })
        });
        interfaces.collect()
    }

    /// The lowest number among the aliases of an interface.
    fn first_alias(&self, name: &IfName) -> u32 {
        let prefix = format!("ifconfig_{}_alias", name.variable_part());
        let numbers = self
            .variables
            .names_from(&prefix)
            .filter_map(|name| name[prefix.len()..].parse().ok());
        numbers.min().unwrap_or(0)
    }

    /// The vhids. From 10 on their order means nothing to the kernel, and they come in ascending order; up to 9 it
    /// is that in which the carp interfaces are configured.
    fn vhids(&self, kernel: &mut Kernel, interfaces: &[InterfaceConfig]) -> Vec<VhidConfig> {
        let mut vhids = Vec::new();
        let mut rejected = Vec::new();
        for group in &kernel.groups {
            let Some(vhid) = group.vhid else { continue };
            let held = kernel.held.iter().filter(|held| {
                held.interface == group.interface
                    && (group.unit.is_some() || held.vhid == group.vhid)
            });
            let mut vips: Vec<_> = held.map(|held| held.vip).collect();
            vips.sort_by_key(|vip| vip.family());
            let Some(interface) = carrier(group, &vips, interfaces, &mut rejected) else {
                continue;
            };
            let segment = Self::segment(&interface);
            let mode = group.mode();
            vhids.push(VhidConfig {
                vhid,
                segment,
                interface,
                carp_unit: group.unit,
                vips,
                mode,
            });
        }
        if !self.release.has_carp_interfaces() {
            vhids.sort_by_key(|vhid| vhid.vhid);
        }
        kernel.rejected.extend(rejected);
        vhids
    }

    /// The sysctls of CARP; of one that is set twice the last value counts.
    fn sysctls(&self, lines: &[SysctlLine], rejected: &mut Vec<Rejected>) -> Vec<Sysctl> {
        let mut sysctls: Vec<Sysctl> = Vec::new();
        for line in lines {
            let ours =
                line.name.starts_with("net.inet.carp.") || line.name == KnownSysctl::PFSYNC_FACTOR;
            let Some(value) = line.value.as_ref().filter(|_| ours) else {
                continue;
            };
            let known = KnownSysctl::named(&line.name)
                .filter(|known| known.writable && known.exists_in(self.release));
            match (known, value.parse::<i64>()) {
                (Some(_), Ok(value)) => {
                    match sysctls.iter_mut().find(|sysctl| sysctl.name == line.name) {
                        Some(sysctl) => sysctl.value = value,
                        None => sysctls.push(Sysctl::new(&line.name, value)),
                    }
                }
                (None, _) => rejected.push(Rejected {
                    place: line.place,
                    reason: RejectedReason::Sysctl,
                }),
                (_, Err(_)) => rejected.push(Rejected {
                    place: line.value_place,
                    reason: RejectedReason::Sysctl,
                }),
            }
        }
        sysctls
    }

    fn path(&self, place: Place) -> &str {
        self.paths
            .get(usize::from(place.file.0))
            .map_or("", |path| files::flat(path))
    }

    /// Where the first vhid stands.
    fn rc_target(&self, kernel: &Kernel) -> RcTarget {
        let network = |group: &Group| self.path(group.place).starts_with("rc.conf.d/");
        if kernel.groups.first().is_some_and(network) {
            RcTarget::Network
        } else {
            RcTarget::RcConf
        }
    }

    /// Clones besides those of CARP (release 9).
    fn other_clones(&self) -> Vec<IfName> {
        let listed = self
            .variables
            .get("cloned_interfaces")
            .filter(|_| self.release.has_carp_interfaces());
        let words = listed.map_or(Vec::new(), |assignment| self.variables.words(assignment));
        let others = words.iter().filter(|word| !is_carp_interface(word.text()));
        others
            .filter_map(|word| IfName::new(word.text()).ok())
            .collect()
    }
}

/// The interface that carries a vhid: up to 9 the one with a subnet that holds its first address; where no file tells
/// it, the carp interface itself stands in.
fn carrier(
    group: &Group,
    vips: &[crate::model::Vip],
    interfaces: &[InterfaceConfig],
    rejected: &mut Vec<Rejected>,
) -> Option<IfName> {
    if group.unit.is_none() {
        return IfName::new(&group.interface).ok();
    }
    let holds = |interface: &&InterfaceConfig| {
        vips.iter().any(|vip| {
            interface
                .addresses
                .iter()
                .any(|own| own.contains(&vip.address()))
        })
    };
    if let Some(interface) = interfaces.iter().find(holds) {
        return Some(interface.name.clone());
    }
    if interfaces
        .iter()
        .any(|interface| !interface.addresses.is_empty())
        && !vips.is_empty()
    {
        rejected.push(Rejected {
            place: group.place,
            reason: RejectedReason::NoParent,
        });
    }
    IfName::new(&group.interface).ok()
}

/// The part of variable names that an interface has.
#[must_use]
pub fn interface_variable(interface: &str) -> String {
    variable_part(interface)
}
