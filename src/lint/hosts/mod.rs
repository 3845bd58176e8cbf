//! The second subject of rules: the files of hosts, one by one and against each other.

mod addresses;
mod aliases;
mod comments;
pub(in crate::lint) mod conflict;
pub(in crate::lint) mod consequence;
pub(in crate::lint) mod doubt;
mod edits;
mod events;
mod finding;
mod firewall;
mod groups;
mod lines;
mod mirrors;
mod newer_words;
mod statements;
mod syntax;
mod sysctl_writes;
mod sysctls;
pub(in crate::lint) mod views;
mod waits;

use std::collections::BTreeSet;

use crate::dialect::join_segments;
use crate::dialect::parse::{FileKind, HostReading, HostText, file_kind, read_host};
use crate::model::{HostConfig, HostName, Place, Release, Vhid};

pub use addresses::{PlacedAddress, Written, label};
pub(in crate::lint) use aliases::is_interface_variable;
pub use aliases::{AliasPiece, KeyWord};
pub use comments::shell_lines;
pub use edits::{Bytes, Fixing, is_one_word};
pub use finding::{HostFinding, HostFindings, HostLintFinding, HostPlace};
pub use firewall::{Deciding, Packet, is_pf_conf, is_yes};
pub use groups::{Member, VhidGroup};
pub use lines::without_carriage_returns;
pub use mirrors::SharedVip;
pub use newer_words::NewerWords;
pub use statements::{Source, SourceStatement};
pub use syntax::{Fault, Garbled, LostWords, Unset};
pub use sysctl_writes::{SysctlOrigin, SysctlWrite};
pub use views::View;
pub use waits::{wait_of, wait_of_shown};

/// A host that was read from files.
#[derive(Debug)]
pub struct LintHost<'a> {
    /// Its name.
    pub name: HostName,
    /// Its files, by [`crate::model::FileId`].
    pub files: Vec<HostText<'a>>,
    /// All that they say.
    pub reading: HostReading<'a>,
    /// The variables of interfaces whose values are not what was meant.
    distorted: BTreeSet<String>,
    /// The variables with a key that the boot scripts evaluate: its words may be anything.
    evaluated: BTreeSet<String>,
}

impl<'a> LintHost<'a> {
    /// Reads the files of a host. Where no release is told, the files tell it.
    #[must_use]
    pub fn read(name: HostName, files: Vec<HostText<'a>>, release: Option<Release>) -> Self {
        let clean = files.clone();
        Self::read_clean(name, files, &clean, release)
    }

    /// The same, with texts that are judged in place of those of the files: see [`without_carriage_returns`].
    #[must_use]
    pub fn read_clean(
        name: HostName,
        files: Vec<HostText<'a>>,
        clean: &[HostText<'a>],
        release: Option<Release>,
    ) -> Self {
        let reading = read_host(&name, clean, release);
        let mut host = Self {
            name,
            files,
            reading,
            distorted: BTreeSet::new(),
            evaluated: BTreeSet::new(),
        };
        host.distorted = host.distorted_values();
        host.evaluated = host.evaluated_values();
        host
    }

    /// The release it runs.
    #[must_use]
    pub const fn release(&self) -> Release {
        self.reading.release
    }

    /// It has interfaces of CARP, as up to release 9.
    #[must_use]
    pub const fn is_legacy(&self) -> bool {
        self.reading.release.has_carp_interfaces()
    }

    /// A file of this kind was given.
    #[must_use]
    pub fn has(&self, kind: FileKind) -> bool {
        self.files
            .iter()
            .any(|file| file_kind(file.path) == Some(kind))
    }

    /// What is set of a sysctl in its files: `None` where sysctl files were given and do not set it, and where none was
    /// given; ask [`LintHost::has`] for the difference.
    #[must_use]
    pub fn sysctl(&self, name: &str) -> Option<i64> {
        self.reading.config.sysctl(name)
    }

    /// Where the sysctl that counts is set: its line in sysctl.conf or a companion.
    #[must_use]
    pub fn sysctl_place(&self, name: &str) -> Option<Place> {
        let lines = self.reading.sysctls.iter().rev();
        lines
            .clone()
            .find(|line| line.name == name)
            .map(|line| line.place)
    }

    /// The first statement of the boot that names a vhid on an interface, or on the carp interface of release 9.
    #[must_use]
    pub fn vhid_place(&self, interface: &str, vhid: Vhid) -> Option<Place> {
        let boot = self.boot();
        let named = boot
            .iter()
            .filter(|found| found.vhid() == Some(i64::from(vhid.number())));
        let on_it = |found: &&SourceStatement<'_>| {
            self.is_legacy() || found.statement.interface.text() == interface
        };
        named
            .clone()
            .find(|found| on_it(found))
            .map(|found| found.statement.vhid_place())
    }
}

/// The hosts of one cluster, as far as files were given.
#[derive(Debug)]
pub struct Hosts<'a> {
    /// The hosts by name.
    pub hosts: Vec<LintHost<'a>>,
    /// What each is configured with at boot, with segments that are common to all.
    pub configs: Vec<HostConfig>,
    /// The same of scripts and of saved output, as far as there is any.
    others: Vec<(View, Vec<HostConfig>)>,
}

impl<'a> Hosts<'a> {
    /// Takes hosts and finds out which of their interfaces are on one segment.
    #[must_use]
    pub fn new(mut hosts: Vec<LintHost<'a>>) -> Self {
        hosts.sort_by(|a, b| a.name.cmp(&b.name));
        let mut configs: Vec<HostConfig> = hosts
            .iter()
            .map(|host| host.reading.config.clone())
            .collect();
        join_segments(&mut configs);
        let others = views::other_views(&hosts);
        Self {
            hosts,
            configs,
            others,
        }
    }

    /// The hosts with their positions, which findings name them by.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &LintHost<'a>)> {
        self.hosts.iter().enumerate()
    }
}
