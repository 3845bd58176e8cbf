//! One round trip that reads everything about a host.

mod sections;

use crate::dialect::parse::{Text, ifconfig_output, sysctl_output};
use crate::model::{FileId, Release};
use crate::plan::{CarpSupport, Discards, Growth, Observed, ObservedFile, Unreadable};
use crate::remote::random::unlikely_word;
use crate::remote::transport::{Extension, Request, Target, Transport, TransportError};
use sections::{Section, sections};
use std::time::Duration;

/// The script, without the lines that tell it its nonce and how long to wait.
const SCRIPT: &str = include_str!("observe.sh");

/// Why a host could not be observed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ObserveError {
    /// There was no answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// It runs something else.
    #[error("{destination} runs {system}, not FreeBSD")]
    System {
        /// Where.
        destination: String,
        /// What `uname -s` prints.
        system: String,
    },
    /// It runs a release that carpgen does not know.
    #[error("{destination} runs FreeBSD {release}, and carpgen knows 9 to 15")]
    Release {
        /// Where.
        destination: String,
        /// What `uname -r` prints.
        release: String,
    },
    /// The answer ends early, or is no answer of ours.
    #[error("{destination} did not answer to the end{}", said(why))]
    Incomplete {
        /// Where.
        destination: String,
        /// What the host said besides.
        why: String,
    },
}

fn said(why: &str) -> String {
    if why.is_empty() {
        String::new()
    } else {
        format!(": {why}")
    }
}

impl ObserveError {
    /// What to type, or to look at.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Transport(error) => error.hint(),
            Self::System { .. } => "is it the right machine?".to_owned(),
            Self::Release { .. } => "other releases speak CARP in another way".to_owned(),
            Self::Incomplete { destination, .. } => {
                format!("`ssh {destination} 'exec /bin/sh' </dev/null` must end silently")
            }
        }
    }

    /// The host did not answer at all.
    #[must_use]
    pub const fn is_unreachable(&self) -> bool {
        matches!(self, Self::Transport(_))
    }
}

/// Reads everything about a host in one exchange. A missing tool or file, or one that must not be read, is no error.
///
/// # Errors
///
/// [`ObserveError`] where the host does not answer, or is none that carpgen knows.
pub fn observe(
    transport: &dyn Transport,
    target: &Target,
    deadline: Duration,
) -> Result<Observed, ObserveError> {
    observe_with(transport, target, deadline, Look::default())
}

/// How long to wait whether packets are still discarded: longer than a peer with `advbase` 1 and any `advskew` waits from one
/// advertisement to the next.
const DISCARD_WATCH: Duration = Duration::from_secs(3);

/// How a host is looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Over a login of its own.
    pub new_login: bool,
    /// Where packets have been discarded for bad authentication, wait three seconds whether more are. A host that does
    /// so may take that much longer.
    pub watch_discards: bool,
}

/// The same, in another way.
///
/// # Errors
///
/// As [`observe`].
pub fn observe_with(
    transport: &dyn Transport,
    target: &Target,
    deadline: Duration,
    look: Look,
) -> Result<Observed, ObserveError> {
    let nonce = unlikely_word("carpgen-section");
    let watch = if look.watch_discards {
        DISCARD_WATCH
    } else {
        Duration::ZERO
    };
    let script = format!("nonce={nonce}\nwatch={}\n{SCRIPT}", watch.as_secs());
    let mut request = Request::new(script, deadline);
    if look.watch_discards {
        request.extension = Some(Extension {
            word: format!("{nonce} begin output later"),
            by: watch,
        });
    }
    request.new_login = look.new_login;
    let reply = transport.exchange(target, &request)?;
    let sections = sections(&reply.stdout, &nonce);
    observed(target, &sections, &reply.stderr)
}

/// What the sections tell.
fn observed(
    target: &Target,
    sections: &[Section<'_>],
    stderr: &[u8],
) -> Result<Observed, ObserveError> {
    let destination = || target.destination.clone();
    let output = |name: &str| output_of(sections, name);
    if output("done").is_none() {
        return Err(ObserveError::Incomplete {
            destination: destination(),
            why: first_line(&String::from_utf8_lossy(stderr)),
        });
    }
    let word = |name: &str| first_line(&output(name).unwrap_or_default());
    if word("system") != "FreeBSD" {
        return Err(ObserveError::System {
            destination: destination(),
            system: word("system"),
        });
    }
    let release_text = word("kernel");
    let release = Release::new(&release_text).map_err(|_| ObserveError::Release {
        destination: destination(),
        release: release_text.clone(),
    })?;
    let mut observed = Observed::new(target.host.clone(), release);
    observed.release_text = release_text;
    observed.userland_text = Some(word("userland")).filter(|text| !text.is_empty());
    observed.is_root = word("user") == "0";
    observed.carp = support(sections);
    observed.booted_at = output("boottime").and_then(|text| boot_time(&text));
    observed.discards = output("netstat")
        .and_then(|text| bad_authentication(&text))
        .map(|since_boot| {
            let later = output("later").and_then(|text| bad_authentication(&text));
            Discards {
                since_boot,
                growth: later.map(|later| Growth {
                    packets: later.saturating_sub(since_boot),
                    within: DISCARD_WATCH,
                }),
            }
        });
    for section in sections {
        keep(&mut observed, section);
    }
    outputs(&mut observed, sections);
    Ok(observed)
}

/// What commands of a name printed, one after the other; none where no section has it.
fn output_of(sections: &[Section<'_>], name: &str) -> Option<String> {
    let mut found = sections
        .iter()
        .filter(|section| section.kind == "output" && section.words == name)
        .peekable();
    found.peek()?;
    Some(
        found
            .map(|section| String::from_utf8_lossy(section.content).into_owned())
            .collect(),
    )
}

/// The first line, without control characters.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or("").trim();
    line.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// Keeps a file, or why it could not be read.
fn keep(observed: &mut Observed, section: &Section<'_>) {
    if section.kind == "output" {
        return;
    }
    let (mode, path) = section.words.split_once(' ').unwrap_or(("", section.words));
    if section.status != 0 {
        observed.unreadable.push(Unreadable {
            path: path.to_owned(),
            why: first_line(section.why.rsplit(": ").next().unwrap_or("")),
        });
        return;
    }
    let text = String::from_utf8_lossy(section.content).into_owned();
    match section.kind {
        "pending" | "committing" | "kept" | "undoing" => {
            observed.carpgen.pending = Some(format!("{}\n{text}", section.kind));
        }
        "drain" => observed.carpgen.drain = Some(text),
        "file" => {
            if std::str::from_utf8(section.content).is_err() {
                observed.inexact.push(path.to_owned());
            }
            observed.files.push(ObservedFile {
                path: path.to_owned(),
                mode: u32::from_str_radix(mode, 8).unwrap_or(0),
                text,
            });
        }
        _ => {}
    }
}

/// Keeps the interfaces and the sysctls, and the outputs that they come from.
fn outputs(observed: &mut Observed, sections: &[Section<'_>]) {
    let file = |at: usize| FileId(u16::try_from(at).unwrap_or(u16::MAX));
    let first = observed.files.len();
    for (at, (name, command)) in [("ifconfig.txt", "ifconfig"), ("sysctl.txt", "sysctl")]
        .into_iter()
        .enumerate()
    {
        let text = output_of(sections, command).unwrap_or_default();
        let read = Text::new(file(first + at), &text);
        if command == "ifconfig" {
            observed.interfaces = ifconfig_output(&read);
        } else {
            observed.sysctls = sysctl_output(&read);
        }
        observed.outputs.push(ObservedFile {
            path: name.to_owned(),
            mode: 0o600,
            text,
        });
    }
}

/// A module file in the list of `kldstat(8)`, else a module of that name, which then is part of the kernel.
fn support(sections: &[Section<'_>]) -> CarpSupport {
    let list = output_of(sections, "modules").unwrap_or_default();
    let is_file = |name: &str| name == "carp.ko" || name == "if_carp.ko";
    if list.split_ascii_whitespace().any(is_file) {
        return CarpSupport::Module;
    }
    let in_kernel = sections
        .iter()
        .any(|section| section.words == "module" && section.status == 0);
    let has_sysctls = output_of(sections, "sysctl").is_some_and(|text| {
        text.lines()
            .any(|line| line.starts_with("net.inet.carp.allow"))
    });
    if in_kernel || has_sysctls {
        CarpSupport::Kernel
    } else {
        CarpSupport::Absent
    }
}

/// `{ sec = 1700000000, usec = 123 } Tue Nov 14 22:13:20 2023`
fn boot_time(text: &str) -> Option<i64> {
    let (_, behind) = text.split_once("sec = ")?;
    behind.split([',', ' ']).next()?.parse().ok()
}

/// `3 discarded packets for bad authentication`
fn bad_authentication(text: &str) -> Option<u64> {
    let line = text
        .lines()
        .find(|line| line.trim_end().ends_with("for bad authentication"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests;
