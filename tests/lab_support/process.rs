//! Programs that end: each has a time limit, and its process group ends with it.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit status; none after a signal.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
    /// It did not end by itself in time.
    pub(crate) timed_out: bool,
}

/// A running program with its whole process group; dropping it kills both.
pub(crate) struct Running {
    child: Child,
    /// Files, not pipes: what stays in the background would keep a pipe open.
    stdout: File,
    stderr: File,
    started: Instant,
}

impl Running {
    /// Starts a program in a process group of its own, with this text as standard input.
    pub(crate) fn start(mut command: Command, input: &str) -> Self {
        let mut stdin = tempfile::tempfile().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        stdin.rewind().unwrap();
        let stdout = tempfile::tempfile().unwrap();
        let stderr = tempfile::tempfile().unwrap();
        let child = command
            .process_group(0)
            .stdin(Stdio::from(stdin))
            .stdout(Stdio::from(stdout.try_clone().unwrap()))
            .stderr(Stdio::from(stderr.try_clone().unwrap()))
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self {
            child,
            stdout,
            stderr,
            started: Instant::now(),
        }
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }

    /// Sends a signal to the program alone, not to what it started.
    pub(crate) fn signal(&self, signal: Signal) {
        // It may have ended just now.
        let _ = kill(self.pid(), signal);
    }

    /// Whether it has ended.
    pub(crate) fn ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// How long it has been running.
    pub(crate) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Waits for the end, at most until it is that old, and kills what is left of the process group.
    pub(crate) fn finish(mut self, limit: Duration) -> Ran {
        while !self.ended() && self.age() < limit {
            sleep(Duration::from_millis(4));
        }
        let timed_out = !self.ended();
        let took = self.age();
        let _ = killpg(self.pid(), Signal::SIGKILL);
        let status = self.child.wait().unwrap();
        let text = |file: &mut File| {
            let mut bytes = Vec::new();
            file.rewind().unwrap();
            file.read_to_end(&mut bytes).unwrap();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Ran {
            code: status.code(),
            stdout: text(&mut self.stdout),
            stderr: text(&mut self.stderr),
            took,
            timed_out,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = killpg(self.pid(), Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

/// Runs a program without standard input to its end.
pub(crate) fn run(command: Command, limit: Duration) -> Ran {
    Running::start(command, "").finish(limit)
}
