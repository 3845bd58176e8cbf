//! The system's `ssh(1)`: the administrator's keys, agent, jump hosts, known hosts and shared connections stay in force.

mod process;
mod verdict;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::random::unlikely_word;
use super::transport::{Reply, Request, Target, Transport, TransportError};
use crate::model::PrivilegeCommand;
use process::{Ending, Input, Ran, Time};

/// The most bytes of an answer.
const MOST_STDOUT: usize = 16 << 20;
/// The most bytes of messages; more are dropped.
const MOST_STDERR: usize = 64 << 10;

/// The client of the system.
#[derive(Clone, Debug)]
pub struct Ssh {
    /// The file to hand to `-F`.
    config: Option<PathBuf>,
    /// Somebody wants the program to end.
    interrupted: Arc<AtomicBool>,
}

impl Ssh {
    /// The `ssh` of `PATH`, with another configuration where one is given. Exchanges end soon after the flag is raised.
    #[must_use]
    pub const fn new(config: Option<PathBuf>, interrupted: Arc<AtomicBool>) -> Self {
        Self {
            config,
            interrupted,
        }
    }

    /// The arguments of an exchange. No key is among them.
    fn arguments(&self, target: &Target, request: &Request) -> Vec<OsString> {
        let whole = request.deadline.as_millis().div_ceil(1000).max(1);
        let mut arguments: Vec<OsString> = Vec::new();
        if let Some(config) = &self.config {
            arguments.push("-F".into());
            arguments.push(config.into());
        }
        let options = [
            "BatchMode=yes",
            &format!("ConnectTimeout={whole}"),
            // A host of the administrator's configuration may have forwardings or a command for sessions by hand.
            "ClearAllForwardings=yes",
            "ForwardX11=no",
            "RemoteCommand=none",
            "PermitLocalCommand=no",
        ];
        let new_login = ["ControlMaster=no", "ControlPath=none"];
        let new_login = new_login.iter().filter(|_| request.new_login);
        for option in options.iter().chain(new_login) {
            arguments.push("-o".into());
            arguments.push((*option).into());
        }
        arguments.push("-T".into());
        arguments.push("--".into());
        arguments.push((&target.destination).into());
        // The same in sh and csh: root's shell is csh up to 13.
        arguments.push(
            match target.become_root {
                PrivilegeCommand::None => "exec /bin/sh",
                PrivilegeCommand::Doas => "exec doas -n /bin/sh",
                PrivilegeCommand::Sudo => "exec sudo -n /bin/sh",
            }
            .into(),
        );
        arguments
    }
}

/// Refuses what `ssh(1)` would take for an option, and what is no destination.
///
/// # Errors
///
/// [`TransportError::Destination`]
pub fn check_destination(destination: &str) -> Result<(), TransportError> {
    let why = if destination.is_empty() {
        "it is empty"
    } else if destination.starts_with('-') {
        "it begins with -, as options do"
    } else if destination
        .chars()
        .any(|c| c.is_whitespace() || c.is_control())
    {
        "it has a blank"
    } else {
        return Ok(());
    };
    Err(TransportError::Destination {
        destination: destination.to_owned(),
        why,
    })
}

impl Transport for Ssh {
    fn exchange(&self, target: &Target, request: &Request) -> Result<Reply, TransportError> {
        check_destination(&target.destination)?;
        // A line that the host prints before the script runs, so that what a login shell prints is told from the answer.
        let marker = unlikely_word("carpgen");
        let input = Input {
            first: format!("printf '%s\\n' {marker}\n"),
            marker: marker.clone(),
            script: request.script.clone(),
            gate: request.gate.clone(),
        };
        let time = Time {
            deadline: request.deadline,
            extension: request.extension.clone(),
        };
        let arguments = self.arguments(target, request);
        let ran = process::run("ssh", &arguments, input, time, &self.interrupted);
        let replied = ran.and_then(|ran| conclude(target, request, ran, &marker));
        if let (Err(_), Some(gate)) = (&replied, &request.gate) {
            gate.close();
        }
        replied
    }
}

/// What the end of the client means.
fn conclude(
    target: &Target,
    request: &Request,
    ran: Ran,
    marker: &str,
) -> Result<Reply, TransportError> {
    let destination = || target.destination.clone();
    let answer = answer_behind(&ran.stdout, marker);
    let started = answer.is_some();
    let status = match ran.ending {
        Ending::TimeOut => {
            return Err(TransportError::TimedOut {
                destination: destination(),
                after: request.deadline,
                started,
            });
        }
        Ending::Interrupted => {
            return Err(TransportError::Interrupted {
                destination: destination(),
                started,
            });
        }
        Ending::HeldBack => {
            return Err(TransportError::HeldBack {
                destination: destination(),
            });
        }
        Ending::TooMuch => {
            return Err(TransportError::TooMuch {
                destination: destination(),
                most: MOST_STDOUT,
            });
        }
        Ending::Exit(status) => status,
    };
    match (answer, status) {
        (Some(answer), Some(status)) if status != 255 => Ok(Reply {
            status,
            stdout: answer.to_vec(),
            stderr: ran.stderr,
        }),
        (Some(_), _) => Err(TransportError::Dropped {
            destination: destination(),
            why: verdict::last_words(&ran.stderr),
        }),
        (None, status) => Err(verdict::not_started(target, status, &ran.stderr)),
    }
}

/// What stands behind the line of the marker.
fn answer_behind<'b>(stdout: &'b [u8], marker: &str) -> Option<&'b [u8]> {
    let line = format!("{marker}\n");
    let at = stdout
        .windows(line.len())
        .position(|window| window == line.as_bytes())?;
    Some(&stdout[at + line.len()..])
}

#[cfg(test)]
mod tests;
