//! A host as it was found: its files, its interfaces, its kernel.

use std::fmt;
use std::time::Duration;

use super::pending::Pending;
use crate::dialect::parse::{
    HostReading, HostText, ShownInterface, ShownKeys, ShownSysctl, live_config, read_host,
};
use crate::model::{HostConfig, HostName, KnownSysctl, Release};

/// Packets that a host discarded for bad authentication (`netstat -s -p carp`): the digest in them was not that of its own
/// key and addresses for the vhid (`carp_hmac_verify` in FreeBSD `sys/netinet/ip_carp.c`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Discards {
    /// Since the boot.
    pub since_boot: u64,
    /// How many more while it was looked at; none where that was not watched.
    pub growth: Option<Growth>,
}

/// How a counter grew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// So many packets.
    pub packets: u64,
    /// In so much time.
    pub within: Duration,
}

/// A file of a host.
#[derive(Clone, PartialEq, Eq)]
pub struct ObservedFile {
    /// Its absolute path on the host; of saved output the name that [`read_host`] knows it by.
    pub path: String,
    /// Its permission bits, as `chmod(1)` takes them; those of what a symbolic link leads to.
    pub mode: u32,
    /// Its text. Keys stand in it.
    pub text: String,
}

impl fmt::Debug for ObservedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.text.len();
        write!(f, "{} ({:o}, {bytes} bytes)", self.path, self.mode)
    }
}

/// Whether the kernel of a host speaks CARP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CarpSupport {
    /// It does not, until the module is loaded.
    Absent,
    /// The module is loaded: `carp.ko`, up to 9 `if_carp.ko`.
    Module,
    /// It is compiled into the kernel.
    Kernel,
}

/// What carpgen itself keeps on a host, below `/var/db/carpgen`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CarpgenState {
    /// A change that waits for its confirmation: `pending`, `committing`, `kept` or `undoing`, and on the next lines the text of the
    /// file of that name.
    pub pending: Option<String>,
    /// The text of `drain`: the host was taken out of service.
    pub drain: Option<String>,
}

impl CarpgenState {
    /// The change that waits for its confirmation.
    #[must_use]
    pub fn transaction(&self) -> Option<Pending> {
        Pending::read(self.pending.as_deref()?)
    }
}

/// A file or folder that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Its absolute path.
    pub path: String,
    /// Why not, in the words of the host.
    pub why: String,
}

/// A host as one login found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The host.
    pub host: HostName,
    /// The family of the running kernel.
    pub release: Release,
    /// The release of the running kernel, such as `14.3-RELEASE-p2` (`uname -r`): the kernel decides how CARP behaves.
    pub release_text: String,
    /// The release of the installed userland, where `freebsd-version(1)` exists (10 and later). It differs from that of the
    /// kernel in the middle of an upgrade, and between patch levels that leave the kernel alone.
    pub userland_text: Option<String>,
    /// The commands ran with the rights of root.
    pub is_root: bool,
    /// Whether the kernel speaks CARP.
    pub carp: CarpSupport,
    /// The files that a boot is configured by. Those that do not exist are left out.
    pub files: Vec<ObservedFile>,
    /// What `ifconfig(8)` and `sysctl(8)` printed, as [`read_host`] takes saved output: `ifconfig.txt` and `sysctl.txt`.
    pub outputs: Vec<ObservedFile>,
    /// The files whose bytes are not all UTF-8. What is not is a replacement character (U+FFFD) in the text, so that such a
    /// text must not be written back.
    pub inexact: Vec<String>,
    /// The interfaces.
    pub interfaces: Vec<ShownInterface>,
    /// The sysctls of CARP, and that of pfsync where it is loaded.
    pub sysctls: Vec<ShownSysctl>,
    /// The packets discarded for bad authentication, where that could be read.
    pub discards: Option<Discards>,
    /// When the host booted, in seconds since 1970 by its clock (`kern.boottime`).
    pub booted_at: Option<i64>,
    /// What carpgen keeps there.
    pub carpgen: CarpgenState,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
}

impl Observed {
    /// A host of which nothing but the release is known.
    #[must_use]
    pub fn new(host: HostName, release: Release) -> Self {
        Self {
            host,
            release,
            release_text: release.to_string(),
            userland_text: None,
            is_root: false,
            carp: CarpSupport::Absent,
            files: Vec::new(),
            outputs: Vec::new(),
            inexact: Vec::new(),
            interfaces: Vec::new(),
            sysctls: Vec::new(),
            discards: None,
            booted_at: None,
            carpgen: CarpgenState::default(),
            unreadable: Vec::new(),
        }
    }

    /// What a boot would configure now. The interfaces of `ifconfig(8)` tell which ones exist.
    #[must_use]
    pub fn reading(&self) -> HostReading<'_> {
        let all = self.files.iter().chain(&self.outputs);
        let texts: Vec<HostText<'_>> = all
            .map(|file| HostText {
                path: &file.path,
                text: &file.text,
            })
            .collect();
        read_host(&self.host, &texts, Some(self.release))
    }

    /// What runs now. A key that cannot be read is [`crate::model::Key::Redacted`], as [`Self::keys_shown`] says of all.
    #[must_use]
    pub fn live(&self) -> HostConfig {
        let keys = if self.keys_shown() {
            ShownKeys::Shown
        } else {
            ShownKeys::Hidden
        };
        let (interfaces, sysctls) = (&self.interfaces, &self.sysctls);
        live_config(&self.host, self.release, interfaces, sysctls, keys)
    }

    /// Whether the live keys can be read: by root, on 10 and later (`carp_ioctl_get` in FreeBSD
    /// `sys/netinet/ip_carp.c` hands them to the privileged only; that of 9 has no keyword of `ifconfig(8)` that prints
    /// them).
    #[must_use]
    pub fn keys_shown(&self) -> bool {
        self.is_root && !self.release.has_carp_interfaces()
    }

    /// The text of a file, by its absolute path.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&ObservedFile> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The value of a sysctl.
    #[must_use]
    pub fn sysctl(&self, name: &str) -> Option<i64> {
        let shown = self.sysctls.iter().find(|shown| shown.name == name)?;
        shown.value.parse().ok()
    }

    /// How much the host is demoted: from 10 on the sum that is added to every skew; up to 9 the number of problems, of
    /// which any sets the skew to 240 (`suppress_preempt`).
    #[must_use]
    pub fn demotion(&self) -> Option<i64> {
        if self.release.has_carp_interfaces() {
            self.sysctl("net.inet.carp.suppress_preempt")
        } else {
            self.sysctl(KnownSysctl::DEMOTION)
        }
    }
}
