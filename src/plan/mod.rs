//! From what hosts run to what is wanted: the changes of each host, the edits of its boot files, and the order over all
//! hosts, found by simulating it.
//!
//! Owns changes, steps and predictions as data. Touches no host: `remote` carries out what is planned here.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod action;
pub mod change;
pub mod order;
pub mod prediction;
pub mod step;

#[cfg(test)]
mod tests;
