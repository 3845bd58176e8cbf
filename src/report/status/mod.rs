//! The state of live hosts, for people, programs and monitoring. Keys appear in none of the forms.

mod human;
mod json;
mod nagios;
mod prometheus;

use std::fmt::Display;

pub use human::status_text;
pub use json::{StatusReport, status_report};
pub use nagios::{NagiosState, nagios_line};
pub use prometheus::status_metrics;

use crate::dialect::parse::ShownState;

/// A state in the words of `ifconfig(8)`.
const fn state_word(state: ShownState) -> &'static str {
    match state {
        ShownState::Init => "INIT",
        ShownState::Backup => "BACKUP",
        ShownState::Master => "MASTER",
        ShownState::Unknown => "UNKNOWN",
    }
}

/// A number with its noun.
fn counted<N: Display + PartialEq + From<u8>>(count: N, one: &str) -> String {
    if count == 1.into() {
        format!("1 {one}")
    } else {
        format!("{count} {one}s")
    }
}

#[cfg(test)]
mod tests;
