//! A cluster in simulated time: hosts that speak CARP over segments with latency, and what is done to them.
//!
//! ```text
//! HostConfig ──▶ Setup ─┐
//!                       ├─▶ World ──▶ Observer: Trace, Service, …
//! scenario text ─▶ Scenario ─┘
//! ```
//!
//! Everything happens in one order, by time and then first in, first out, and everything random comes from the seed of the
//! scenario: the same setup and scenario give the same run everywhere. Imports `carp`, `model` and `config`; knows nothing
//! of files.
//!
//! ```
//! use carpgen::config::{Description, examples};
//! use carpgen::sim::{Scenario, Service, Setup, simulate};
//!
//! let example = examples::example("failover").ok_or("no example")?;
//! let description = Description::read(example.text);
//! let setup = Setup::of_cluster(&description.cluster);
//! let mut scenario = Scenario::quiet(&setup);
//! let crash = format!("20s=crash:{}", setup.hosts[0].name);
//! scenario.add(&crash, &setup).map_err(|problems| problems[0].clone())?;
//!
//! let mut service = Service::new(&setup);
//! simulate(&setup, &scenario, &mut service);
//! for vhid in service.until(scenario.until) {
//!     assert_eq!((vhid.failovers, vhid.dual_master_us), (1, 0));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod machine;
mod network;
pub mod phases;
pub mod programme;
mod queue;
pub mod scenario;
pub mod service;
mod setup;
#[cfg(test)]
mod tests;
pub mod trace;
mod world;

pub use phases::{Phase, PhaseService, phases};
pub use programme::{ask, standard_programme};
pub use scenario::{Action, Event, Loss, Scenario, ScenarioProblem, Which};
pub use service::{Service, Span, VhidService};
pub use setup::{
    HostId, HostSetup, InterfaceSetup, SegmentId, Setup, VhidName, auth_key, interface_of, kernel,
    vhid_spec,
};
pub use trace::{Observer, Trace};
pub use world::{Authentication, Count, World};

/// Runs a scenario to its end and lets an observer watch.
pub fn simulate(setup: &Setup, scenario: &Scenario, observer: &mut impl Observer) -> Outcome {
    let mut world = World::new(setup, scenario);
    world.run(observer);
    Outcome {
        count: world.count(),
        finals: world.finals(),
        stuck_at: world.stuck_at(),
    }
}

/// What is left of a run when it has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How much happened.
    pub count: Count,
    /// What each vhid of each host was at the end.
    pub finals: Vec<trace::FinalRecord>,
    /// When the run got stuck: without latency, routers that contradict each other answer each other for ever.
    pub stuck_at: Option<crate::carp::Instant>,
}
