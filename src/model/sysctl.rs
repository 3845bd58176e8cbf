//! The sysctls of CARP: which release has which, and what they take.

use super::Release;

/// A sysctl and the number it is set to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sysctl {
    /// The whole name, such as `net.inet.carp.preempt`.
    pub name: String,
    /// The value.
    pub value: i64,
}

impl Sysctl {
    /// A sysctl with its value.
    #[must_use]
    pub fn new(name: &str, value: i64) -> Self {
        Self {
            name: name.to_owned(),
            value,
        }
    }
}

/// What is known of a sysctl that CARP has in some release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownSysctl {
    /// The whole name.
    pub name: &'static str,
    /// The oldest release that has it.
    pub since: Release,
    /// The newest release that has it.
    pub until: Release,
    /// What the kernel starts with.
    pub default: i64,
    /// The smallest value that makes sense.
    pub min: i64,
    /// The largest value that the kernel takes.
    pub max: i64,
    /// Whether it can be written.
    pub writable: bool,
}

impl KnownSysctl {
    /// `net.inet.carp.preempt`: backups take over from slower masters.
    pub const PREEMPT: &'static str = "net.inet.carp.preempt";
    /// `net.inet.carp.arpbalance`: ARP requests are shared between vhids of one address (up to 9).
    pub const ARPBALANCE: &'static str = "net.inet.carp.arpbalance";
    /// `net.inet.carp.demotion`: the demotion counter; a write adds.
    pub const DEMOTION: &'static str = "net.inet.carp.demotion";
    /// `net.inet.carp.allow`: 0 ignores advertisements (up to 11) or forces INIT (from 12 on).
    pub const ALLOW: &'static str = "net.inet.carp.allow";
    /// `net.inet.carp.ifdown_demotion_factor`: what a lost link adds to the demotion, for each vhid.
    pub const IFDOWN_FACTOR: &'static str = "net.inet.carp.ifdown_demotion_factor";
    /// `net.inet.carp.senderr_demotion_factor`: what three send errors add to the demotion.
    pub const SENDERR_FACTOR: &'static str = "net.inet.carp.senderr_demotion_factor";
    /// `net.pfsync.carp_demotion_factor`: what a bulk update of pfsync adds to the demotion.
    pub const PFSYNC_FACTOR: &'static str = "net.pfsync.carp_demotion_factor";

    /// All of them (`SYSCTL_` lines of FreeBSD `sys/netinet/ip_carp.c` in 9.3, 10.4 and 15, and of
    /// `sys/netpfil/pf/if_pfsync.c`).
    pub const ALL: [Self; 10] = {
        use Release::{R9, R10, R11, R15};
        const fn known(
            name: &'static str,
            since: Release,
            until: Release,
            default: i64,
            max: i64,
        ) -> KnownSysctl {
            KnownSysctl {
                name,
                since,
                until,
                default,
                min: 0,
                max,
                writable: true,
            }
        }
        const INT: i64 = i32::MAX as i64;
        [
            known(Self::ALLOW, R9, R15, 1, INT),
            known(Self::PREEMPT, R9, R15, 0, INT),
            known("net.inet.carp.log", R9, R15, 1, INT),
            known("net.inet.carp.dscp", R11, R15, 56, 63),
            Self {
                min: -INT,
                ..known(Self::DEMOTION, R10, R15, 0, INT)
            },
            known(Self::IFDOWN_FACTOR, R10, R15, 240, INT),
            known(Self::SENDERR_FACTOR, R10, R15, 240, INT),
            known(Self::PFSYNC_FACTOR, R10, R15, 240, INT),
            known(Self::ARPBALANCE, R9, R9, 0, INT),
            Self {
                writable: false,
                ..known("net.inet.carp.suppress_preempt", R9, R9, 0, INT)
            },
        ]
    };

    /// What is known of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        const { &Self::ALL }.iter().find(|known| known.name == name)
    }

    /// The release has it.
    #[must_use]
    pub fn exists_in(&self, release: Release) -> bool {
        (self.since..=self.until).contains(&release)
    }
}
