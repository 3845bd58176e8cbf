//! The rules: what can be wrong with a cluster, and what follows from it.
//!
//! Owns the registry, one file for each rule, and the words of every finding. Imports the rooms above it and
//! touches no file: it gets a description and gives findings.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod addresses;
mod engine;
mod keys;
mod mirrors;
mod numbers;
mod registry;
mod rules;
mod serving;
mod settings;

pub use engine::{LintFinding, Refusal, check};
pub use registry::{RULES, Refuses, Rule, rule_named};
