//! Hosts on the command line: `H=PATH`.

pub(super) mod ownership;
pub(super) mod remote;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::error::CommandError;
use super::host_files::{self, FoundHost};
use super::ssh_arguments::SshArgs;
use super::ui::Ui;
use crate::dialect::parse::{
    End, FileKind, HostReading, Keyword, LossReason, ReleaseSource, is_carp_interface,
};
use crate::dialect::{join_segments, stand_in_interfaces};
use crate::lint::hosts::LintHost;
use crate::model::{HostConfig, HostName, VhidConfig};
use crate::remote::Target;

/// How hosts are given, for messages.
const FORM: &str = "hosts are given as NAME=PATH, such as fw1=hosts/fw1, with a folder of the host's files or one file, or as NAME=ssh:DESTINATION";

/// Hosts that were named on the command line, in that order.
pub(super) struct GivenHosts<'a> {
    /// What their files say.
    pub(super) hosts: Vec<LintHost<'a>>,
    /// What they are configured with at boot, with segments that are common to all.
    pub(super) configs: Vec<HostConfig>,
}

/// The two sides of the first `=`, where the left one cannot be part of a path.
fn sides(word: &OsStr) -> Option<(&OsStr, &OsStr)> {
    let bytes = word.as_bytes();
    let at = bytes.iter().position(|byte| *byte == b'=')?;
    let (left, right) = (&bytes[..at], &bytes[at + 1..]);
    (!left.contains(&b'/')).then_some((OsStr::from_bytes(left), OsStr::from_bytes(right)))
}

/// Whether a word names a host. A file whose name has a `=` is named by a path with a slash.
pub(super) fn names_a_host(word: &OsStr) -> bool {
    sides(word).is_some()
}

/// The destination of a word that names a host to be read over SSH, `H=ssh:DEST`.
pub(super) fn over_ssh(word: &OsStr) -> Option<(String, String)> {
    let (name, path) = sides(word)?;
    let path = path.to_string_lossy();
    let destination = path.strip_prefix("ssh:")?;
    Some((name.to_string_lossy().into_owned(), destination.to_owned()))
}

/// Reads the hosts that these words name, in their order.
pub(super) fn read(
    ui: &mut Ui,
    words: &[OsString],
    connection: &SshArgs,
) -> Result<Vec<FoundHost>, CommandError> {
    let mut seen: Vec<HostName> = Vec::new();
    let mut found: Vec<Option<FoundHost>> = Vec::new();
    let mut targets: Vec<Target> = Vec::new();
    for word in words {
        let Some((name, path)) = sides(word) else {
            let text = word.to_string_lossy();
            return Err(
                CommandError::usage(format!("{text} does not say which host it is of")).hint(FORM),
            );
        };
        let name = name.to_string_lossy();
        let host = HostName::new(&name).map_err(|error| {
            CommandError::usage(format!("{name:?} is no name of a host: {error}")).hint(FORM)
        })?;
        if path.is_empty() {
            return Err(CommandError::usage(format!("{name}= names no path")).hint(FORM));
        }
        if seen.contains(&host) {
            return Err(CommandError::usage(format!("host {name} is given twice"))
                .hint("put all its files into one folder"));
        }
        seen.push(host.clone());
        match over_ssh(word) {
            Some((_, destination)) => {
                targets.push(remote::target(host, &destination)?);
                found.push(None);
            }
            None => found.push(Some(host_files::of_host(host, Path::new(path))?)),
        }
    }
    let mut live = remote::read(ui, &targets, connection)?.into_iter();
    Ok(found
        .into_iter()
        .filter_map(|host| host.or_else(|| live.next()))
        .collect())
}

impl<'a> GivenHosts<'a> {
    /// Takes the files of hosts and finds out which of their interfaces are on one segment.
    pub(super) fn new(found: &'a [FoundHost]) -> Self {
        let hosts: Vec<LintHost<'a>> = found.iter().map(|host| host.to_lint(None)).collect();
        let mut configs: Vec<HostConfig> = hosts
            .iter()
            .map(|host| host.reading.config.clone())
            .collect();
        configs.iter_mut().for_each(stand_in_interfaces);
        join_segments(&mut configs);
        Self { hosts, configs }
    }

    /// Which interfaces with vhids no file gives an address of their own, in sentences.
    pub(super) fn without_own_address(&self) -> Vec<String> {
        let mut told = Vec::new();
        for config in &self.configs {
            let silent = config.interfaces.iter().filter(|interface| {
                let serves = |vhid: &VhidConfig| vhid.interface == interface.name;
                interface.addresses.is_empty() && config.vhids.iter().any(serves)
            });
            for interface in silent {
                let (host, name) = (&config.host, &interface.name);
                told.push(if is_carp_interface(name.as_str()) {
                    format!("{host}: no file tells which interface carries {name}: none has an address in its subnet")
                } else {
                    format!("{host}: no file gives {name} an address of its own, which advertisements are sent from")
                });
            }
        }
        told
    }

    /// The hosts of which no sysctl file was given, in sentences.
    pub(super) fn without_sysctls(&self) -> Vec<String> {
        let silent = self
            .hosts
            .iter()
            .filter(|host| !host.has(FileKind::SysctlConf));
        let sentence = |host: &LintHost<'_>| {
            let name = &host.name;
            format!(
                "{name}: no sysctl.conf was given: its sysctls are taken to be those of the kernel, without preempt"
            )
        };
        silent.map(sentence).collect()
    }

    /// Says what the boot of the hosts does not make of their files, and what their files leave open.
    pub(super) fn tell_losses(&self, ui: &mut Ui, words: &[OsString]) {
        for (host, word) in self.hosts.iter().zip(words) {
            let path = match (over_ssh(word), sides(word)) {
                (None, Some((_, path))) => path.to_string_lossy(),
                _ => word.to_string_lossy(),
            };
            for sentence in losses(&host.reading) {
                ui.talk(&format!("carpgen: {}: {sentence}", host.name));
            }
            if !losses(&host.reading).is_empty() {
                ui.talk(&format!("  hint: `carpgen lint {path}` tells where"));
            }
            if configures_late(&host.reading) {
                ui.talk(&format!(
                    "carpgen: {}: rc.local configures vhids too, which is not looked at",
                    host.name
                ));
            }
            if host.reading.release_source == ReleaseSource::Guessed {
                ui.talk(&format!(
                    "carpgen: {}: no file tells the release, FreeBSD {} is assumed; a file `release` with one word, 9 to 15, does",
                    host.name, host.reading.release
                ));
            }
        }
    }
}

/// A script that runs after the network is up configures a vhid.
fn configures_late(reading: &HostReading<'_>) -> bool {
    let late = reading.scripts.iter().filter(|script| {
        let path = reading.paths.get(usize::from(script.file.0));
        path.is_some_and(|path| path.ends_with("rc.local"))
    });
    let mut statements = late.flat_map(|script| &script.statements);
    statements.any(|statement| statement.parameter(Keyword::Vhid).is_some())
}

/// What a boot loses and hangs on, in words.
fn losses(reading: &HostReading<'_>) -> Vec<String> {
    let mut told = Vec::new();
    let is_endless = |reason| reason == LossReason::Endless;
    let losses = &reading.boot.losses;
    let endless = losses.iter().filter(|loss| is_endless(loss.reason)).count();
    let lost = losses.len() - endless + reading.rejected.len();
    match reading.boot.end {
        Some(End::File(..)) => {
            told.push("a file is no shell text: the boot configures no network".to_owned());
        }
        Some(End::Evaluation(_)) => {
            told.push("the boot scripts end early: a value is no shell text".to_owned());
        }
        Some(End::TooMuch) => {
            told.push("the boot runs more commands than are followed here".to_owned());
        }
        None => {}
    }
    if endless > 0 {
        let times = if endless == 1 {
            "once".to_owned()
        } else {
            format!("{endless} times")
        };
        told.push(format!("the boot hangs {times} on a value with a hyphen"));
    }
    match lost {
        0 => {}
        1 => told.push("the boot loses one thing that its files set".to_owned()),
        _ => told.push(format!("the boot loses {lost} things that its files set")),
    }
    told
}
