//! The CARP protocol itself. Owns the numbers that the protocol speaks in.
//!
//! This room imports nothing of the crate; the model re-exports its newtypes.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod values;

pub use values::{
    AdvBase, AdvSkew, OutOfRange, Vhid, VrrpInterval, VrrpPriority, interval_us, takeover_us,
};
