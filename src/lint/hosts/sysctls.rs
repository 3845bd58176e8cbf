//! Sysctls of hosts that rules ask for.

use super::{Hosts, LintHost};
use crate::dialect::parse::{FileKind, file_kind};
use crate::model::{FileId, KnownSysctl, Place};

impl LintHost<'_> {
    /// A file of sysctls was given.
    pub(in crate::lint) fn has_sysctls(&self) -> bool {
        self.has(FileKind::SysctlConf) || self.has(FileKind::SysctlKld)
    }

    /// The value of a sysctl at boot, with what the kernel starts with where the files given do not set it; `None` where no
    /// file was given, or where it is set to what is no number.
    pub(in crate::lint) fn booted_sysctl(&self, name: &str, default: i64) -> Option<i64> {
        if !self.has_sysctls() {
            return None;
        }
        let is_set = self.reading.sysctls.iter().any(|line| line.name == name);
        self.sysctl(name).or_else(|| (!is_set).then_some(default))
    }

    /// Where a sysctl is set, or the beginning of the file that lacks it.
    pub(in crate::lint) fn sysctl_or_file(&self, name: &str) -> Option<Place> {
        self.sysctl_place(name).or_else(|| {
            let mut files = (0_u16..).zip(&self.files);
            let (file, _) = files.find(|(_, file)| {
                matches!(
                    file_kind(file.path),
                    Some(FileKind::SysctlConf | FileKind::SysctlKld)
                )
            })?;
            Some(Place::start(FileId(file)))
        })
    }
}

impl Hosts<'_> {
    /// `net.inet.carp.preempt` of a host.
    pub(in crate::lint) fn preempt_of(&self, host: usize) -> Option<i64> {
        self.hosts[host].booted_sysctl(KnownSysctl::PREEMPT, 0)
    }

    /// Where a host sets it, or should.
    pub(in crate::lint) fn preempt_place(&self, host: usize) -> Option<Place> {
        self.hosts[host].sysctl_or_file(KnownSysctl::PREEMPT)
    }
}
