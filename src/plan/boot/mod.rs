//! The smallest edits of a host's boot files after which its boot configures what is wanted.
//!
//! Lines that already do stay as they are: what is compared is what the boot does, never its text. Every edit is
//! proved by reading the edited files: they configure the wanted vhids, and everything else that was configured before, in its order.
//!
//! | file | what it does |
//! |---|---|
//! | `source` | words where they are written |
//! | `draft` | the texts while they are edited, with the marked blocks |
//! | `view` | what a draft configures |
//! | `edit` | edits of lines where they stand |
//! | `lines` | new lines |
//! | `numbers` | alias numbers without a gap |
//! | `settings` | sysctl.conf and loader.conf |
//! | `units` | the carp interfaces of release 9 |
//! | `work` | the steps |
//! | `proof` | what must hold after each |
//! | `stuck` | what is said where that cannot be |

mod draft;
mod edit;
mod lines;
mod numbers;
mod proof;
mod settings;
mod source;
mod stuck;
mod units;
mod view;
mod work;

use std::fmt;

use crate::dialect::RenderError;
use crate::dialect::parse::HostText;
use crate::model::{HostConfig, HostName, IfName, RcTarget, Release, Vhid, Vip};

/// The files that a host boots with.
#[derive(Clone, Copy, Debug)]
pub struct BootInput<'a> {
    /// The host.
    pub host: &'a HostName,
    /// What it runs.
    pub release: Release,
    /// Its files by their absolute paths, and the pseudo-files of `FileKind`, such as ifconfig.txt, which tells
    /// the interfaces that exist.
    pub files: &'a [HostText<'a>],
    /// The kernel has CARP without a module.
    pub carp_in_kernel: bool,
    /// The file that new lines go to.
    pub rc_target: RcTarget,
}

/// What is done beyond what is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BootOptions {
    /// The lines of the described vhids move into the marked block.
    pub adopt: bool,
    /// What nobody described goes, if it is CARP's.
    pub prune: bool,
}

/// An edit of one file.
#[derive(Clone, PartialEq, Eq)]
pub struct FileEdit {
    /// Its absolute path.
    pub path: String,
    /// Its text before; none where it did not exist.
    pub before: Option<String>,
    /// Its text afterwards; none where it goes.
    pub after: Option<String>,
    /// The mode that it must have, such as 0600 for a file of keys; none leaves it.
    pub mode: Option<u32>,
    /// One of the texts holds a key.
    pub secret: bool,
}

impl fmt::Debug for FileEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The texts may hold keys.
        let length = |text: &Option<String>| text.as_ref().map(String::len);
        write!(
            f,
            "edit of {}, {:?} to {:?} bytes",
            self.path,
            length(&self.before),
            length(&self.after)
        )
    }
}

/// Something of CARP that is configured and that nobody described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtraKind {
    /// A vhid on an interface (up to 9 the carp interface where no file tells the other), with its addresses.
    Vhid(IfName, Vhid, Vec<Vip>),
    /// A sysctl and its value.
    Sysctl(String, i64),
}

/// What nobody described, and where it stands. It is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootExtra {
    /// What it is.
    pub kind: ExtraKind,
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
}

/// The edits of a host's boot files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootEdits {
    /// The files that change.
    pub files: Vec<FileEdit>,
    /// What is configured besides, and stays.
    pub extras: Vec<BootExtra>,
    /// What the edited files configure, extras included.
    pub config: HostConfig,
}

/// A line that only a person can edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StuckLine {
    /// The file.
    pub path: String,
    /// The line, from 1; none where a line is missing.
    pub line: Option<u32>,
    /// What is to be done, or what should stand there. It holds no key.
    pub wanted: String,
}

impl fmt::Display for StuckLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path, self.wanted),
            None => write!(f, "{}: {}", self.path, self.wanted),
        }
    }
}

/// Why the boot files cannot be edited. Nothing is edited then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BootProblem {
    /// Lines that cannot be edited so that the boot does what is wanted and all else as before.
    #[error("the boot files of host {host} cannot be edited safely:{}", listed(.lines))]
    Lines {
        /// The host.
        host: HostName,
        /// The lines.
        lines: Vec<StuckLine>,
    },
    /// No line of the release can say it.
    #[error(transparent)]
    Render(#[from] RenderError),
}

fn listed(lines: &[StuckLine]) -> String {
    lines.iter().map(|line| format!("\n  {line}")).collect()
}

/// Works out the edits after which the boot of a host configures what is wanted.
///
/// The vhids, their addresses and parameters, the own addresses of managed interfaces, the sysctls and the module of
/// `wanted` count. Up to 9 a vhid that the host has keeps its carp interface.
///
/// # Errors
///
/// [`BootProblem`] names the lines that a person has to edit.
pub fn boot_edits(
    input: &BootInput<'_>,
    wanted: &HostConfig,
    options: BootOptions,
) -> Result<BootEdits, BootProblem> {
    work::run(input, wanted, options)
}

#[cfg(test)]
mod tests;
