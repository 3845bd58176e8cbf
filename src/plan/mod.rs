//! From what hosts are configured with to what the description wants of them.
//!
//! Owns the edits of boot files. Texts and values in, texts and values out: it reads no file and runs nothing.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod demotion;
mod drain;
mod drift;
mod observed;
mod status;

pub use demotion::{Cause, DRAIN_DEMOTION, Demotion, demotion_of};
pub use drain::{
    DrainSteps, Obstacle, Successor, can_stay_out, drain_steps, settle_us, successors,
};
pub use drift::{Difference, ExtraVhid, Side, VhidDifference, counterpart, drift, extra_vhids};
pub use observed::{CarpSupport, CarpgenState, Observed, ObservedFile, Unreadable};
pub use status::{
    ClusterStatus, Found, HostState, HostStatus, Looked, SeenHost, SeenVhid, VhidProblem,
    VhidStatus, effective_skew,
};
