//! A child process with an input, two bounded outputs, a deadline and an ear for Ctrl-C.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use zeroize::Zeroizing;

use super::{MOST_STDERR, MOST_STDOUT};
use crate::remote::transport::{Extension, Gate, TransportError};

/// How often Ctrl-C is looked for.
const TICK: Duration = Duration::from_millis(50);
/// How long outputs may stay open behind the end of the process: a connection that is shared from now on may hold them.
const GRACE: Duration = Duration::from_millis(200);

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With a status; without one it was killed by a signal.
    Exit(Option<i32>),
    /// It was killed at the deadline.
    TimeOut,
    /// It was killed because somebody wanted to end.
    Interrupted,
    /// It was killed because it printed too much.
    TooMuch,
    /// Its script was not sent, because others were not ready.
    HeldBack,
}

/// What a process is fed with.
pub(super) struct Input {
    /// What makes it print the marker.
    pub(super) first: String,
    /// The line that tells that it is there.
    pub(super) marker: String,
    /// The rest.
    pub(super) script: Zeroizing<Vec<u8>>,
    /// Where the rest waits, once the marker has been printed.
    pub(super) gate: Option<Arc<Gate>>,
}

impl Input {
    /// Writes everything. Whoever closes early says why by other ways.
    fn feed(&self, mut stdin: ChildStdin, printed: &Bytes, news: &mpsc::Sender<News>) {
        if stdin.write_all(self.first.as_bytes()).is_err() {
            return;
        }
        if let Some(gate) = &self.gate {
            while !self.is_there(printed) {
                // Where nobody reads the news any more, the process has ended.
                if news.send(News::Waiting).is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(2));
            }
            if !gate.pass() {
                let _ = news.send(News::HeldBack);
                return;
            }
        }
        let _ = stdin.write_all(&self.script);
    }

    fn is_there(&self, printed: &Bytes) -> bool {
        let printed = printed.lock().unwrap_or_else(|broken| broken.into_inner());
        let marker = self.marker.as_bytes();
        printed.windows(marker.len()).any(|window| window == marker)
    }
}

/// How long a process may take.
pub(super) struct Time {
    pub(super) deadline: Duration,
    /// What gives it more than that.
    pub(super) extension: Option<Extension>,
}

impl Time {
    /// The time that it gets at the deadline, once, where it has asked for it.
    fn extended(&mut self, printed: Option<&Bytes>) -> Option<Duration> {
        let extension = self.extension.take()?;
        let printed = printed?.lock().unwrap_or_else(|broken| broken.into_inner());
        extension.is_asked_for(&printed).then_some(extension.by)
    }
}

/// A process that has run.
pub(super) struct Ran {
    pub(super) ending: Ending,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// What a thread that reads has to say.
enum News {
    /// An output is closed.
    Closed,
    /// The output is longer than allowed.
    TooMuch,
    /// The script is held back, as others are not ready yet.
    Waiting,
    /// The script will not be sent.
    HeldBack,
}

type Bytes = Arc<Mutex<Vec<u8>>>;

/// Runs a program in a process group of its own, feeds it, and kills the whole group where it must end early.
pub(super) fn run(
    program: &str,
    arguments: &[OsString],
    input: Input,
    mut time: Time,
    interrupted: &AtomicBool,
) -> Result<Ran, TransportError> {
    let ends = Instant::now() + time.deadline;
    let failed = |error: std::io::Error| TransportError::NoClient(error.to_string());
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(failed)?;
    let (sender, news) = mpsc::channel();
    let stdout = child.stdout.take().map(|from| {
        let sender = sender.clone();
        collect(from, MOST_STDOUT, Some(sender.clone()), sender)
    });
    if let (Some(stdin), Some(printed)) = (child.stdin.take(), &stdout) {
        let (printed, sender) = (Arc::clone(printed), sender.clone());
        thread::spawn(move || input.feed(stdin, &printed, &sender));
    }
    let stderr = child
        .stderr
        .take()
        .map(|from| collect(from, MOST_STDERR, None, sender));
    let more = || time.extended(stdout.as_ref());
    let ending = wait(&mut child, &news, ends, more, interrupted).map_err(failed)?;
    let take = |bytes: Option<Bytes>| {
        bytes.map_or_else(Vec::new, |bytes| {
            let mut bytes = bytes.lock().unwrap_or_else(|broken| broken.into_inner());
            std::mem::take(&mut *bytes)
        })
    };
    Ok(Ran {
        ending,
        stdout: take(stdout),
        stderr: take(stderr),
    })
}

/// Reads to the end. What is over the limit is dropped, and told where somebody wants to know.
fn collect(
    mut from: impl Read + Send + 'static,
    most: usize,
    too_much: Option<mpsc::Sender<News>>,
    closed: mpsc::Sender<News>,
) -> Bytes {
    let bytes = Bytes::default();
    let into = Arc::clone(&bytes);
    thread::spawn(move || {
        let mut buffer = [0_u8; 8192];
        loop {
            let count = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            let mut into = into.lock().unwrap_or_else(|broken| broken.into_inner());
            let free = most.saturating_sub(into.len());
            into.extend_from_slice(&buffer[..count.min(free)]);
            if let Some(sender) = too_much.as_ref().filter(|_| count > free) {
                // The receiver may have left.
                let _ = sender.send(News::TooMuch);
            }
        }
        let _ = closed.send(News::Closed);
    });
    bytes
}

fn wait(
    child: &mut Child,
    news: &mpsc::Receiver<News>,
    mut ends: Instant,
    mut more: impl FnMut() -> Option<Duration>,
    interrupted: &AtomicBool,
) -> std::io::Result<Ending> {
    let mut open = 2;
    let mut exited: Option<(ExitStatus, Instant)> = None;
    loop {
        if exited.is_none() {
            exited = child.try_wait()?.map(|status| (status, Instant::now()));
        }
        let now = Instant::now();
        match exited {
            Some((status, at)) if open == 0 || now >= at + GRACE => {
                return Ok(Ending::Exit(status.code()));
            }
            Some(_) => {}
            None if interrupted.load(Ordering::Relaxed) => {
                kill(child)?;
                return Ok(Ending::Interrupted);
            }
            None if now >= ends => match more() {
                Some(time) => ends += time,
                None => {
                    kill(child)?;
                    return Ok(Ending::TimeOut);
                }
            },
            None => {}
        }
        // With both outputs closed the end is near.
        let pause = if open == 0 || exited.is_some() {
            Duration::from_millis(1)
        } else {
            TICK.min(ends.saturating_duration_since(now))
        };
        match news.recv_timeout(pause) {
            Ok(News::Closed) => open -= 1,
            Ok(News::Waiting) => {}
            Ok(News::HeldBack) => {
                kill(child)?;
                return Ok(Ending::HeldBack);
            }
            Ok(News::TooMuch) => {
                kill(child)?;
                return Ok(Ending::TooMuch);
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                open = 0;
                thread::sleep(pause);
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Ends the process group: first so that the client can clean up after itself.
fn kill(child: &mut Child) -> std::io::Result<()> {
    let group = i32::try_from(child.id()).map(Pid::from_raw);
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        if let Ok(group) = group {
            // It may have ended just now; then there is nothing to kill.
            let _ = killpg(group, signal);
        }
        let until = Instant::now() + GRACE;
        while Instant::now() < until {
            if child.try_wait()?.is_some() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
    child.wait().map(|_| ())
}
