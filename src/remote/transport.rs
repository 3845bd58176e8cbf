//! How a script gets to a host and its answer back, whatever carries them.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::model::{HostName, PrivilegeCommand};

/// A host and the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What it is called.
    pub host: HostName,
    /// Where `ssh(1)` reaches it.
    pub destination: String,
    /// What gives the rights of root there.
    pub become_root: PrivilegeCommand,
}

/// A script to be run on a host.
///
/// It is read by `/bin/sh` from its standard input, so its commands must not read from there: wrap it in a function that
/// is called with `</dev/null`, or end every command that way. It must not end with status 255, which is how `ssh(1)`
/// says that the connection broke.
#[derive(Clone)]
pub struct Request {
    /// The script. Keys may stand in it: it travels by standard input alone.
    pub script: Zeroizing<Vec<u8>>,
    /// How long the whole exchange may take, the login included.
    pub deadline: Duration,
    /// What gives a host more time than that.
    pub extension: Option<Extension>,
    /// A shared connection that is there already must not be used: the host is to be logged in to anew.
    pub new_login: bool,
    /// The script is held back until other hosts are ready too.
    pub gate: Option<Arc<Gate>>,
}

/// More time for a host that says that it needs it.
#[derive(Clone, Debug)]
pub struct Extension {
    /// What it prints then.
    pub word: String,
    /// How much longer the exchange may take.
    pub by: Duration,
}

impl Extension {
    /// Whether it has been printed.
    pub(super) fn is_asked_for(&self, printed: &[u8]) -> bool {
        let word = self.word.as_bytes();
        printed.windows(word.len()).any(|window| window == word)
    }
}

impl Request {
    /// A script and the time that it may take.
    #[must_use]
    pub fn new(script: impl Into<Vec<u8>>, deadline: Duration) -> Self {
        Self {
            script: Zeroizing::new(script.into()),
            deadline,
            extension: None,
            new_login: false,
            gate: None,
        }
    }

    /// The same, held back until all who wait at the gate are there.
    #[must_use]
    pub fn behind(mut self, gate: &Arc<Gate>) -> Self {
        self.gate = Some(Arc::clone(gate));
        self
    }

    /// The same over a login of its own.
    #[must_use]
    pub fn over_new_login(mut self) -> Self {
        self.new_login = true;
        self
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("script", &format_args!("<{} bytes>", self.script.len()))
            .field("deadline", &self.deadline)
            .field("new_login", &self.new_login)
            .finish()
    }
}

/// Where exchanges wait for each other, so that their scripts begin at one instant: each when its host is logged in to and
/// only the script is left to send.
#[derive(Debug)]
pub struct Gate {
    places: usize,
    patience: Duration,
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct GateState {
    arrived: usize,
    is_closed: bool,
}

impl Gate {
    /// A gate for so many exchanges, which opens when all have arrived within a time of the first.
    #[must_use]
    pub fn new(places: usize, patience: Duration) -> Arc<Self> {
        Arc::new(Self {
            places,
            patience,
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// Waits for the others. Returns whether the gate has opened; if not, nobody may begin.
    #[must_use]
    pub fn pass(&self) -> bool {
        let lock = |broken: std::sync::PoisonError<_>| broken.into_inner();
        let mut state = self.state.lock().unwrap_or_else(lock);
        state.arrived += 1;
        self.changed.notify_all();
        let waits = |state: &mut GateState| state.arrived < self.places && !state.is_closed;
        let waited = self.changed.wait_timeout_while(state, self.patience, waits);
        let (mut state, _) = waited.unwrap_or_else(|broken| broken.into_inner());
        if state.arrived < self.places {
            state.is_closed = true;
            self.changed.notify_all();
        }
        !state.is_closed
    }

    /// Somebody will not come: nobody may begin any more. An open gate stays open.
    pub fn close(&self) {
        let mut state = self
            .state
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        if state.arrived < self.places {
            state.is_closed = true;
            self.changed.notify_all();
        }
    }
}

/// What a script answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its exit status.
    pub status: i32,
    /// What it printed, without anything that the login shell printed before it. Keys may stand in it.
    pub stdout: Vec<u8>,
    /// Its messages, together with those of `ssh(1)`.
    pub stderr: Vec<u8>,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("stdout", &format_args!("<{} bytes>", self.stdout.len()))
            .field("stderr", &format_args!("<{} bytes>", self.stderr.len()))
            .finish()
    }
}

/// Why there is no answer. Each says what to do about it in [`TransportError::hint`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The destination is none that may be handed to `ssh(1)`.
    #[error("{destination:?} is no destination of ssh(1): {why}")]
    Destination {
        /// What was given.
        destination: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The client cannot be started.
    #[error("ssh cannot be started: {0}")]
    NoClient(String),
    /// Nobody answers there.
    #[error("{destination} cannot be reached: {why}")]
    Unreachable {
        /// Where.
        destination: String,
        /// In the words of `ssh(1)`.
        why: String,
    },
    /// The host is not the one that it was, or not known yet.
    #[error("{destination}: {why}")]
    HostKey {
        /// Where.
        destination: String,
        /// In the words of `ssh(1)`.
        why: String,
    },
    /// The login is refused.
    #[error("{destination} refuses the login: {why}")]
    Refused {
        /// Where.
        destination: String,
        /// In the words of `ssh(1)`.
        why: String,
    },
    /// The login works, and root's rights are refused.
    #[error("{destination}: {command} gives no rights of root: {why}")]
    Privilege {
        /// Where.
        destination: String,
        /// doas or sudo.
        command: &'static str,
        /// In its words.
        why: String,
    },
    /// No shell ran there.
    #[error("{destination}: the script did not start: {why}")]
    NoShell {
        /// Where.
        destination: String,
        /// What was said instead.
        why: String,
    },
    /// The time is up.
    #[error("{destination} did not answer within {}", seconds(*after))]
    TimedOut {
        /// Where.
        destination: String,
        /// How long was waited.
        after: Duration,
        /// The script had begun: what it did is not known.
        started: bool,
    },
    /// The connection broke while the script ran: what it did is not known.
    #[error("the connection to {destination} broke: {why}")]
    Dropped {
        /// Where.
        destination: String,
        /// In the words of `ssh(1)`.
        why: String,
    },
    /// The answer is too long to be one.
    #[error("{destination} answered with more than {} MiB", most >> 20)]
    TooMuch {
        /// Where.
        destination: String,
        /// How many bytes are taken.
        most: usize,
    },
    /// Another host was not ready in time, so the script was not sent.
    #[error("{destination} was not told to begin: another host was not ready in time")]
    HeldBack {
        /// Where.
        destination: String,
    },
    /// Somebody pressed Ctrl-C.
    #[error("interrupted while {destination} was asked")]
    Interrupted {
        /// Where.
        destination: String,
        /// The script had begun: what it did is not known.
        started: bool,
    },
}

/// A time in words.
fn seconds(time: Duration) -> String {
    if time.subsec_millis() == 0 {
        format!("{} s", time.as_secs())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

impl TransportError {
    /// What to type, or to look at.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Destination { .. } => {
                "write it as ssh(1) takes it, such as root@fw1.example.net or a Host of your ssh_config".to_owned()
            }
            Self::NoClient(_) => "install the client of OpenSSH".to_owned(),
            Self::Unreachable { destination, .. } | Self::TimedOut { destination, .. } => {
                format!("`ssh {destination} true` must work without a question")
            }
            Self::HostKey { destination, .. } => format!(
                "compare the key with that of the host, then `ssh {destination} true` by hand once, or `ssh-keygen -R HOST`"
            ),
            Self::Refused { destination, .. } => format!(
                "`ssh -o BatchMode=yes {destination} true` must work: load the key into the agent (`ssh-add`), or name it in ssh_config"
            ),
            Self::Privilege {
                destination,
                command,
                ..
            } => {
                let rule = if *command == "doas" {
                    "`permit nopass USER as root cmd /bin/sh` in /usr/local/etc/doas.conf"
                } else {
                    "`USER ALL=(root) NOPASSWD: /bin/sh` in sudoers(5)"
                };
                format!("`ssh {destination} {command} -n /bin/sh -c id` must work without a password: {rule}")
            }
            Self::NoShell { destination, .. } => {
                format!("`ssh {destination} 'exec /bin/sh' </dev/null` must end silently")
            }
            Self::Dropped { destination, .. } => {
                format!("`carpgen status` tells what {destination} looks like now")
            }
            Self::HeldBack { .. } => "`carpgen status` tells which host does not answer".to_owned(),
            Self::TooMuch { .. } => "look at its rc.conf, and at what ifconfig prints".to_owned(),
            Self::Interrupted { destination, .. } => {
                format!("`carpgen status` tells what {destination} looks like now")
            }
        }
    }

    /// Whether the script may have begun to run.
    #[must_use]
    pub const fn may_have_run(&self) -> bool {
        matches!(
            self,
            Self::Dropped { .. }
                | Self::TooMuch { .. }
                | Self::TimedOut { started: true, .. }
                | Self::Interrupted { started: true, .. }
        )
    }
}

/// Something that carries scripts to hosts. It may be used by several threads at once.
pub trait Transport: Sync {
    /// Runs a script on a host and waits for its end.
    ///
    /// # Errors
    ///
    /// [`TransportError`] where there is no answer. A script that ends with a status other than 0 has answered.
    fn exchange(&self, target: &Target, request: &Request) -> Result<Reply, TransportError>;
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_gate_opens_for_all_or_for_nobody() {
        let gate = Gate::new(3, Duration::from_secs(10));
        let passed: Vec<bool> = thread::scope(|scope| {
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| gate.pass())).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert_eq!(passed, [true; 3]);
        let late = Gate::new(2, Duration::from_millis(10));
        assert!(!late.pass());
        assert!(!late.pass(), "who comes late must not begin alone");
        let closed = Gate::new(2, Duration::from_secs(10));
        closed.close();
        assert!(!closed.pass());
    }
}
