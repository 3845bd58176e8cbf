//! The rules: what can be wrong with a cluster, and what follows from it.
//!
//! Owns the registry, one file for each rule, and the words of every finding. Imports the rooms above it and
//! touches no file: it gets a description, or the texts of hosts, and gives findings.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod addresses;
mod allows;
mod engine;
mod fixing;
mod groups;
mod host_engine;
pub mod hosts;
mod keys;
mod levels;
mod messages;
mod mirrors;
mod modules;
mod numbers;
mod pages;
mod pattern;
mod registry;
mod rules;
mod serving;
mod settings;

pub use allows::{Allows, Idle, IdleReason, Line, Scope, toml_lines};
pub use engine::{LintFinding, Refusal, check, tuned};
pub use fixing::{Fixed, Looked, Texts, applied, fix_all};
pub use groups::{GROUPS, Group};
pub use host_engine::{check_hosts, tuned_hosts};
pub use levels::{LevelChange, Selection};
pub use messages::{MESSAGES, Message};
pub use pages::{PAGES, Page};
pub use registry::{RULES, Refuses, Rule, rule_named};
