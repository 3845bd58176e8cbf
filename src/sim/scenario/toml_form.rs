//! Scenario files.
use super::{Scenario, ScenarioProblem};
use crate::sim::setup::Setup;
pub(super) fn parse(_t: &str, _s: &Setup) -> Result<Scenario, Vec<ScenarioProblem>> {
    Err(vec![])
}
