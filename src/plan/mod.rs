//! From what is observed on live hosts to what is to be done there.
//!
//! Owns observations as data and the decisions that follow from them. Imports the rooms above it; reaches no host,
//! file or clock: `remote` does.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod observed;

pub use observed::{CarpSupport, CarpgenState, Observed, ObservedFile, Unreadable};
