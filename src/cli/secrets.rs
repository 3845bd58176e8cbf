//! Looks up keys that the description keeps elsewhere. Their text appears in no message.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use zeroize::Zeroizing;

use super::error::CommandError;
use super::input::plain;
use crate::dialect::key::key_hazards;
use crate::model::{HostConfig, Key, Secret, SecretReference};

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The most bytes that a file or command may give.
const MOST_BYTES: u64 = 4096;

/// Hides every key. Nothing is looked up.
pub(super) fn redact(hosts: &mut [HostConfig]) {
    for key in hosts.iter_mut().flat_map(HostConfig::keys_mut) {
        *key = Key::Redacted;
    }
}

/// Looks up every key that is a reference, each reference once, and refuses what the boot scripts would change.
/// Relative paths start at `folder`. Returns the references whose keys are longer than what counts.
pub(super) fn look_up(
    hosts: &mut [HostConfig],
    folder: &Path,
) -> Result<Vec<SecretReference>, CommandError> {
    let mut known: Vec<(SecretReference, Secret)> = Vec::new();
    for host in hosts {
        let release = host.release;
        for key in host.keys_mut() {
            let Key::Reference(reference) = key else {
                continue;
            };
            let secret = match known.iter().find(|(r, _)| r == reference) {
                Some((_, secret)) => secret.clone(),
                None => {
                    let secret = fetch(reference, folder)?;
                    known.push((reference.clone(), secret.clone()));
                    secret
                }
            };
            if let Some(hazard) = key_hazards(secret.expose(), release).first() {
                let message = format!("the key from {reference} has {hazard}");
                let hint = "letters and digits are safe everywhere; `carpgen keygen` makes a key";
                return Err(CommandError::bad_input(message).hint(hint));
            }
            *key = Key::Text(secret);
        }
    }
    known.retain(|(_, secret)| secret.expose().len() > Secret::EFFECTIVE_BYTES);
    Ok(known.into_iter().map(|(reference, _)| reference).collect())
}

fn fetch(reference: &SecretReference, folder: &Path) -> Result<Secret, CommandError> {
    let failed = |why: String| CommandError::bad_input(format!("no key from {reference}: {why}"));
    let secret = match reference {
        SecretReference::Environment(name) => environment(name).map_err(|why| {
            failed(why).hint(format!(
                "set it: export {name}=$(carpgen keygen), the same on every run"
            ))
        })?,
        SecretReference::File(path) => file(&folder.join(path)).map_err(failed)?,
        SecretReference::Command(argv) => command(argv, folder).map_err(failed)?,
    };
    if secret.expose().is_empty() {
        return Err(failed("it is empty".to_owned()));
    }
    Ok(secret)
}

fn environment(name: &str) -> Result<Secret, String> {
    // A name with = or NUL is none, and asking for it is a mistake of the caller.
    if name.contains(['=', '\0']) {
        return Err("that is no name of a variable".to_owned());
    }
    match std::env::var(name) {
        Ok(text) => Ok(Secret::new(text)),
        Err(std::env::VarError::NotPresent) => Err("it is not set".to_owned()),
        Err(std::env::VarError::NotUnicode(_)) => Err("it is not a text".to_owned()),
    }
}

fn file(path: &Path) -> Result<Secret, String> {
    let metadata = path.metadata().map_err(|error| plain(&error))?;
    if !metadata.is_file() {
        return Err("it is no ordinary file".to_owned());
    }
    let mut file = std::fs::File::open(path).map_err(|error| plain(&error))?;
    text(&mut file)
}

/// Reads a key: one final newline is dropped.
fn text(from: &mut impl Read) -> Result<Secret, String> {
    let mut bytes = Zeroizing::new(Vec::new());
    from.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| plain(&error))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MOST_BYTES) {
        return Err(format!("it gives more than {MOST_BYTES} bytes"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| "it is not a text".to_owned())?;
    Ok(Secret::new(text.strip_suffix('\n').unwrap_or(text)))
}

/// Runs a command in the folder of the description, for at most ten seconds, with its whole process group.
fn command(argv: &[String], folder: &Path) -> Result<Secret, String> {
    let (program, arguments) = argv.split_first().ok_or("it has no program")?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .process_group(0);
    if !folder.as_os_str().is_empty() {
        command.current_dir(folder);
    }
    let mut child = command
        .spawn()
        .map_err(|error| format!("it cannot be started: {}", plain(&error)))?;
    let group = Pid::from_raw(i32::try_from(child.id()).map_err(|_| "it has no process number")?);
    let mut stdout = child.stdout.take().ok_or("it has no output")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let read = text(&mut stdout);
        drop(stdout);
        let status = child.wait();
        // The receiver is gone when the time is up.
        let _ = sender.send((read, status));
    });
    let Ok((read, status)) = receiver.recv_timeout(PATIENCE) else {
        // It may have ended just now; then there is nothing to kill.
        let _ = killpg(group, Signal::SIGKILL);
        return Err(format!(
            "it did not end within {} s and was killed",
            PATIENCE.as_secs()
        ));
    };
    // Too much output ends the command by a closed pipe: the output is the cause, not its end.
    let secret = read?;
    match status {
        Ok(status) if status.success() => Ok(secret),
        Ok(status) => Err(format!("it failed: {status}")),
        Err(error) => Err(plain(&error)),
    }
}
