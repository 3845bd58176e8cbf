//! From what hosts run to what is wanted: the changes of each host, the edits of its boot files, and the order over all
//! hosts, found by simulating it.
//!
//! Owns changes, steps and predictions as data. Touches no host: `remote` carries out what is planned here.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod action;
pub mod boot;
pub mod change;
mod demotion;
mod digest;
mod drain;
mod drift;
mod observed;
pub mod order;
mod pending;
pub mod planning;
pub mod prediction;
mod roles;
mod status;
pub mod step;

pub use demotion::{Cause, DRAIN_DEMOTION, Demotion, demotion_of};
pub use digest::digest;
pub use drain::{
    DrainSteps, Obstacle, Successor, can_stay_out, drain_steps, settle_us, successors,
};
pub use drift::{Difference, ExtraVhid, Side, VhidDifference, counterpart, drift, extra_vhids};
pub use observed::{
    CarpSupport, CarpgenState, Discards, Growth, Observed, ObservedFile, Unreadable,
};
pub use pending::Pending;
pub use roles::masters;
pub use status::{
    ClusterStatus, Found, HostState, HostStatus, Looked, SeenHost, SeenVhid, VhidProblem,
    VhidStatus, effective_skew,
};

#[cfg(test)]
mod tests;
