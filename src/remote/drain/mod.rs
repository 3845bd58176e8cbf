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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HostName, PrivilegeCommand};
    use crate::remote::Fake;

    fn ended(status: i32, stdout: &str, stderr: &str) -> (Result<(), DrainError>, String) {
        let target = Target {
            host: HostName::new("fw1").unwrap(),
            destination: "fw1".to_owned(),
            become_root: PrivilegeCommand::None,
        };
        let fake = Fake::new();
        let reply = Reply {
            status,
            stdout: stdout.into(),
            stderr: stderr.into(),
        };
        fake.answer(&target.host, Ok(reply));
        let steps = DrainSteps {
            demote: true,
            interfaces: vec!["carp1".to_owned(), "carp0".to_owned()],
            priorities: Vec::new(),
        };
        let result = drain(&fake, &target, &steps, false, Duration::from_secs(5));
        let script = String::from_utf8(fake.asked()[0].script.clone()).unwrap();
        (result, script)
    }

    #[test]
    fn the_last_line_tells_how_far_it_got() {
        let (done, script) = ended(0, "done\n", "");
        assert_eq!(done, Ok(()));
        assert!(script.starts_with(
            "what=drain\ndemote=240\nacross_reboots=\ninterfaces='carp1 carp0'\npriorities=''\n"
        ));
        let (unchanged, _) = ended(1, "unchanged x cannot be written\n", "mv: No space\n");
        assert_eq!(
            unchanged.unwrap_err().to_string(),
            "fw1: x cannot be written (mv: No space); nothing was changed"
        );
        let (halfway, _) = ended(1, "halfway carp0 cannot be taken down\n", "");
        assert!(matches!(halfway, Err(DrainError::Halfway { .. })));
        // A script that says nothing may have done anything.
        let (silent, _) = ended(2, "", "sh: killed\n");
        assert!(matches!(silent, Err(DrainError::Halfway { .. })));
    }
}
