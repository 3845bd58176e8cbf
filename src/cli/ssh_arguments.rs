//! The options of commands that log in to hosts.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::error::CommandError;
use super::interrupt;
use crate::model::{HostName, Node, PrivilegeCommand};
use crate::remote::{Ssh, Target, check_destination};
use crate::sim::scenario;

#[derive(Debug, clap::Args)]
pub(super) struct SshArgs {
    /// Log in with another configuration, as with ssh -F
    #[arg(long, value_name = "FILE")]
    ssh_config: Option<PathBuf>,
    /// How long each host may take to answer
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = time)]
    pub(super) timeout: Duration,
}

/// Reads a time such as `5s`, `300ms` or `10m`.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let us = scenario::time_us(text).filter(|us| *us > 0);
    us.map(Duration::from_micros)
        .ok_or_else(|| "write a number above 0 and a unit, such as 5s or 300ms".to_owned())
}

impl SshArgs {
    /// The client of the system, which ends with Ctrl-C.
    pub(super) fn transport(&self) -> Result<Ssh, CommandError> {
        if let Some(path) = &self.ssh_config {
            // ssh would say so for each host.
            path.metadata().map_err(|error| {
                let why = super::input::plain(&error);
                CommandError::bad_input(format!("cannot read {}: {why}", path.display()))
            })?;
        }
        Ok(Ssh::new(self.ssh_config.clone(), interrupt::flag()?))
    }

    /// The same without an ear for Ctrl-C: what was begun must be taken back.
    pub(super) fn rescue(&self) -> Ssh {
        Ssh::new(self.ssh_config.clone(), Arc::default())
    }
}

/// The way to a node of the description.
pub(super) fn target_of(node: &Node) -> Target {
    Target {
        host: node.name.clone(),
        destination: node.ssh.clone(),
        become_root: node.become_root,
    }
}

/// A host that is named by its destination alone: it is called after the host's part of it.
pub(super) fn target_named(destination: &str) -> Result<Target, CommandError> {
    check_destination(destination)
        .map_err(|error| CommandError::usage(error.to_string()).hint(error.hint()))?;
    let name = destination.strip_prefix("ssh://").unwrap_or(destination);
    let name = name.rsplit_once('@').map_or(name, |(_, host)| host);
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || ".-_".contains(c) {
                c
            } else {
                '-'
            }
        })
        .collect();
    let host = HostName::new(name.trim_matches(['-', '.', '_']))
        .map_err(|error| CommandError::usage(format!("{destination} names no host: {error}")))?;
    Ok(Target {
        host,
        destination: destination.to_owned(),
        become_root: PrivilegeCommand::None,
    })
}
