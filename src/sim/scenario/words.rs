//! Actions in words.
use super::{Action, Event};
use crate::carp::Instant;
use crate::sim::setup::Setup;
use std::ops::Range;
/// What is wrong with a scenario, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioProblem {
    /// The offending bytes.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: String,
}
/// The actions.
pub const ACTIONS: [&str; 0] = [];
pub(super) fn event(_t: &str, _s: &Setup, _u: Instant) -> Result<Event, Vec<ScenarioProblem>> {
    Err(vec![])
}
pub(super) fn action(_t: &str, _s: &Setup) -> Result<Action, Vec<ScenarioProblem>> {
    Err(vec![])
}
