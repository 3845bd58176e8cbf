//! What an interrupted or held transaction left pending, and how it is ended from elsewhere.

use std::time::Duration;

use super::super::parallel::{DEFAULT_WIDTH, in_parallel};
use super::super::transport::{Request, Target, Transport};
use super::{SCRIPT_TIME, script};
use crate::plan::Pending;

/// What a host answered.
pub type Answer<T> = Result<T, String>;

/// How a host ended its pending transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Nothing was pending.
    Nothing,
    /// It is as it was.
    Undone,
}

/// What is pending on hosts.
#[must_use]
pub fn pending(
    transport: &dyn Transport,
    targets: &[Target],
    login: Duration,
) -> Vec<Answer<Option<Pending>>> {
    let request = Request::new(script::state(), login);
    in_parallel(targets, DEFAULT_WIDTH, |target| {
        let reply = transport
            .exchange(target, &request)
            .map_err(|error| error.to_string())?;
        Ok(Pending::read(&String::from_utf8_lossy(&reply.stdout)))
    })
}

/// Takes back what is pending on hosts.
#[must_use]
pub fn take_back(
    transport: &dyn Transport,
    targets: &[Target],
    login: Duration,
) -> Vec<Answer<Ended>> {
    let request = Request::new(
        script::undo("by carpgen rollback", None),
        login + SCRIPT_TIME,
    );
    in_parallel(targets, DEFAULT_WIDTH, |target| {
        let reply = transport
            .exchange(target, &request)
            .map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&reply.stdout);
        match reply.status {
            0 if said.contains("carpgen: undone") => Ok(Ended::Undone),
            0 => Ok(Ended::Nothing),
            _ => Err(last_line(&reply.stderr)),
        }
    })
}

fn last_line(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text
        .lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty())
        .unwrap_or("it did not say why");
    line.strip_prefix("carpgen: ").unwrap_or(line).to_owned()
}

/// Makes a script for what is pending, with its token.
type ScriptOf = fn(&Pending, &str) -> String;

/// Confirms what is held: the boot files go in place on all hosts, all are told to stay so, then all are through.
///
/// # Errors
///
/// For each host that did not come to its end, why. Where the boot files did not go in place everywhere, the hosts
/// return by themselves unless `carpgen rollback` does it sooner.
pub fn confirm(
    transport: &dyn Transport,
    held: &[(Target, Pending)],
    login: Duration,
) -> Result<(), Vec<(String, String)>> {
    let scripts: [ScriptOf; 3] = [
        |_, token| script::commit(token),
        |pending, token| script::keep(&pending.id, token),
        |pending, token| script::finish(&pending.id, token),
    ];
    for script in scripts {
        let answers = in_parallel(held, DEFAULT_WIDTH, |(target, pending)| {
            let token = pending.token().ok_or("its state file is damaged")?;
            let request =
                Request::new(script(pending, token), login + SCRIPT_TIME).over_new_login();
            let reply = transport
                .exchange(target, &request)
                .map_err(|error| error.to_string())?;
            match reply.status {
                0 => Ok(()),
                76 | 77 => Err("it has returned to what it was".to_owned()),
                _ => Err(last_line(&reply.stderr)),
            }
        });
        let failed: Vec<(String, String)> = held
            .iter()
            .zip(answers)
            .filter_map(|((target, _), answer)| Some((target.host.to_string(), answer.err()?)))
            .collect();
        if !failed.is_empty() {
            return Err(failed);
        }
    }
    Ok(())
}
