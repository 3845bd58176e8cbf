//! The scripts that take a host out of service and bring it back.

use std::fmt::Write as _;
use std::time::Duration;

use crate::model::{IfName, Vhid};
use crate::plan::{DRAIN_DEMOTION, DrainSteps};
use crate::remote::transport::{Reply, Request, Target, Transport, TransportError};

const SCRIPT: &str = include_str!("drain.sh");

/// Why a host was not taken out of service, or not brought back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DrainError {
    /// There was no answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// Nothing was changed.
    #[error("{host}: {why}; nothing was changed")]
    Unchanged {
        /// The host.
        host: String,
        /// In the words of the script.
        why: String,
    },
    /// Something was changed, and not all of it: the same command again goes on.
    #[error("{host}: {why}; it is in the middle of it")]
    Halfway {
        /// The host.
        host: String,
        /// In the words of the script.
        why: String,
    },
}

/// Takes a host out of service; what an earlier drain did is not repeated.
///
/// # Errors
///
/// [`DrainError`] says how much was done.
pub fn drain(
    transport: &dyn Transport,
    target: &Target,
    steps: &DrainSteps,
    across_reboots: bool,
    deadline: Duration,
) -> Result<(), DrainError> {
    let priorities: Vec<String> = steps
        .priorities
        .iter()
        .map(|(interface, vhid, priority)| format!("{interface}:{vhid}:{priority}"))
        .collect();
    let mut head = String::from("what=drain\n");
    let demote = if steps.demote {
        DRAIN_DEMOTION.to_string()
    } else {
        String::new()
    };
    let across = if across_reboots { "yes" } else { "" };
    let _ = writeln!(head, "demote={demote}\nacross_reboots={across}");
    let _ = writeln!(head, "interfaces='{}'", steps.interfaces.join(" "));
    let _ = writeln!(head, "priorities='{}'", priorities.join(" "));
    run(transport, target, &head, deadline)
}

/// Brings a host back. `listen` is how long a host that was kept out over a reboot listens for the master, demoted, before
/// it counts as before.
///
/// # Errors
///
/// [`DrainError`] says how much was done.
pub fn undrain(
    transport: &dyn Transport,
    target: &Target,
    listen: Duration,
    deadline: Duration,
) -> Result<(), DrainError> {
    let seconds = listen.as_millis().div_ceil(1000);
    let head = format!("what=undrain\nlisten_seconds={seconds}\n");
    run(transport, target, &head, deadline + listen)
}

/// Makes a host the master of a vhid at once (`state master` of `ifconfig(8)`, 10 and later).
///
/// # Errors
///
/// [`DrainError`]
pub fn take_over(
    transport: &dyn Transport,
    target: &Target,
    interface: &IfName,
    vhid: Vhid,
    deadline: Duration,
) -> Result<(), DrainError> {
    let script = format!(
        "PATH=/sbin:/bin:/usr/sbin:/usr/bin\nifconfig {interface} vhid {vhid} state master </dev/null && echo done\n"
    );
    let reply = transport.exchange(target, &Request::new(script, deadline))?;
    conclude(target, &reply)
}

fn run(
    transport: &dyn Transport,
    target: &Target,
    head: &str,
    deadline: Duration,
) -> Result<(), DrainError> {
    let request = Request::new(format!("{head}{SCRIPT}"), deadline);
    let reply = transport.exchange(target, &request)?;
    conclude(target, &reply)
}

/// What the last line of a script says.
fn conclude(target: &Target, reply: &Reply) -> Result<(), DrainError> {
    let text = String::from_utf8_lossy(&reply.stdout);
    let last = text.lines().last().unwrap_or("").trim();
    if reply.status == 0 && last == "done" {
        return Ok(());
    }
    let host = target.host.to_string();
    let messages = String::from_utf8_lossy(&reply.stderr);
    let message: String = messages
        .lines()
        .last()
        .unwrap_or("")
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect();
    let with_message = |why: &str| {
        if message.is_empty() {
            why.to_owned()
        } else {
            format!("{why} ({message})")
        }
    };
    Err(match last.split_once(' ') {
        Some(("unchanged", why)) => DrainError::Unchanged {
            host,
            why: with_message(why),
        },
        Some(("halfway", why)) => DrainError::Halfway {
            host,
            why: with_message(why),
        },
        _ => DrainError::Halfway {
            host,
            why: with_message("the script ended early"),
        },
    })
}
