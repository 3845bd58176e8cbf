//! The domain: the words that administrators of CARP clusters use, as types.
//!
//! Owns names, addresses, releases, secrets, the cluster, the configuration of one host, places and
//! findings as data. Imports only `carp`, whose newtypes it re-exports.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod address;
mod cluster;
mod finding;
mod fix;
mod host;
mod name;
mod place;
mod release;
mod route;
mod secret;
mod sysctl;

pub use crate::carp::{
    AdvBase, AdvSkew, OutOfRange, Vhid, VrrpInterval, VrrpPriority, interval_us, takeover_us,
    vrrp_takeover_us,
};
pub use address::{AddressError, Family, OwnAddress, Vip, is_host_address, own_address};
pub use cluster::{
    CarpTimers, Cluster, Group, LintLevel, Node, NodeInterface, Peers, PrivilegeCommand, Property,
    Protocol, RcTarget, Segment, VhidSpec,
};
pub use finding::{Finding, Note, Severity};
pub use fix::{Edit, Fix, TextId};
pub use host::{HostConfig, InterfaceConfig, Mode, VhidConfig};
pub use name::{ClusterName, GroupName, HostName, IfName, NameError, SegmentName, VhidName};
pub use place::{FileId, Place};
pub use release::{Release, ReleaseError};
pub use route::{Route, Step};
pub use secret::{Key, Secret, SecretReference};
pub use sysctl::{KnownSysctl, Sysctl};
