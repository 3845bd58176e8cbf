//! From what is observed on live hosts to what is to be done there.
//!
//! Owns observations as data and the decisions that follow from them. Imports the rooms above it; reaches no host,
//! file or clock: `remote` does.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod demotion;
mod drift;
mod observed;
mod status;

pub use demotion::{Cause, DRAIN_DEMOTION, Demotion, demotion_of};
pub use drift::{Difference, ExtraVhid, Side, VhidDifference, counterpart, drift, extra_vhids};
pub use observed::{CarpSupport, CarpgenState, Observed, ObservedFile, Unreadable};
pub use status::{
    ClusterStatus, Found, HostState, HostStatus, Looked, SeenHost, SeenVhid, VhidProblem,
    VhidStatus, effective_skew,
};
