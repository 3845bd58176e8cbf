//! The output of `simulate --format json`.

use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::Serialize;

use super::Simulation;
use super::words::event_in_words;
use crate::carp::Says;

/// The output of `simulate --format json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SimulationReport {
    /// The version of this shape, 1.
    pub version: u8,
    /// What everything random was drawn from.
    pub seed: u64,
    /// The end of the run in microseconds.
    pub end_us: u64,
    /// Somebody stopped the run before its end.
    pub interrupted: bool,
    /// Changes of state, in their order.
    pub transitions: Vec<ReportedTransition>,
    /// What clients noticed of each vhid in the whole run.
    pub service: Vec<ReportedService>,
    /// The run cut at its events: what each of them cost.
    pub phases: Vec<ReportedPhase>,
    /// Who answered which client.
    pub arp: Vec<ReportedArp>,
    /// Advertisements as they left; only with --trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advertisements: Option<Vec<ReportedAdvertisement>>,
}

/// A change of state.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedTransition {
    /// Microseconds from the start.
    pub t_us: u64,
    /// The host.
    pub host: String,
    /// Its interface.
    pub interface: String,
    /// The vhid.
    pub vhid: u8,
    /// The state before.
    pub from: &'static str,
    /// The state after.
    pub to: &'static str,
    /// Why, in the words of the kernel's log where it logs it.
    pub cause: &'static str,
}

/// What clients noticed of a vhid.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedService {
    /// The segment.
    pub segment: String,
    /// The vhid.
    pub vhid: u8,
    /// Microseconds without a master, from the start on.
    pub no_master_us: u64,
    /// Microseconds with several.
    pub dual_master_us: u64,
    /// How often the role passed from one host to another.
    pub failovers: u64,
}

/// The time from an event to the next.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedPhase {
    /// Its start in microseconds.
    pub t_us: u64,
    /// Its end.
    pub end_us: u64,
    /// Its events in words; none for the start.
    pub events: Vec<String>,
    /// What each vhid made of it.
    pub vhids: Vec<ReportedPhaseService>,
}

/// A vhid in a phase.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedPhaseService {
    /// The segment.
    pub segment: String,
    /// The vhid.
    pub vhid: u8,
    /// The masters before.
    pub before: Vec<String>,
    /// The masters at the end.
    pub after: Vec<String>,
    /// Microseconds until the last change to one master, if there was one.
    pub takeover_us: Option<u64>,
    /// Microseconds without a master.
    pub no_master_us: u64,
    /// Microseconds with several.
    pub dual_master_us: u64,
}

/// Who answered a client.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedArp {
    /// Microseconds from the start.
    pub t_us: u64,
    /// The segment.
    pub segment: String,
    /// The address asked for.
    pub target: Ipv4Addr,
    /// Who asked.
    pub client: Ipv4Addr,
    /// Who answered.
    pub answers: Vec<ReportedAnswer>,
}

/// An answer to an ARP request.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedAnswer {
    /// The host.
    pub host: String,
    /// The vhid whose virtual MAC address it gave.
    pub vhid: u8,
}

/// An advertisement.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReportedAdvertisement {
    /// Microseconds from the start.
    pub t_us: u64,
    /// The sender.
    pub host: String,
    /// Its interface.
    pub interface: String,
    /// The vhid.
    pub vhid: u8,
    /// 4 or 6.
    pub family: u8,
    /// What it says, by the version of the protocol.
    #[serde(flatten)]
    pub says: ReportedNumbers,
}

/// The numbers of an advertisement.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ReportedNumbers {
    /// CARP.
    Carp {
        /// 2.
        version: u8,
        /// Seconds.
        advbase: u8,
        /// 1/256 s, demotion included.
        advskew: u8,
    },
    /// VRRP.
    Vrrp {
        /// 3.
        version: u8,
        /// Centiseconds.
        interval_cs: u16,
        /// The priority.
        priority: u8,
    },
}

/// A run in the shape of the JSON output.
#[must_use]
pub fn simulation_report(simulation: &Simulation<'_>) -> SimulationReport {
    SimulationReport {
        version: 1,
        seed: simulation.scenario.seed,
        end_us: simulation.end.us(),
        interrupted: simulation.interrupted,
        transitions: transitions(simulation),
        service: services(simulation),
        phases: phases(simulation),
        arp: arp(simulation),
        advertisements: simulation
            .trace
            .keeps_advertisements
            .then(|| advertisements(simulation)),
    }
}

fn transitions(simulation: &Simulation<'_>) -> Vec<ReportedTransition> {
    let records = simulation.trace.transitions.iter();
    records
        .map(|record| ReportedTransition {
            t_us: record.at.us(),
            host: simulation.host(record.host).to_owned(),
            interface: simulation
                .interface(record.host, record.interface)
                .to_owned(),
            vhid: record.vhid,
            from: record.from.word(),
            to: record.to.word(),
            cause: super::words::cause(record),
        })
        .collect()
}

fn services(simulation: &Simulation<'_>) -> Vec<ReportedService> {
    let services = simulation.services.iter();
    services
        .map(|service| ReportedService {
            segment: simulation.segment(service.segment).to_owned(),
            vhid: service.vhid,
            no_master_us: service.no_master_us,
            dual_master_us: service.dual_master_us,
            failovers: service.failovers,
        })
        .collect()
}

fn phases(simulation: &Simulation<'_>) -> Vec<ReportedPhase> {
    let events = &simulation.scenario.events;
    let phases = simulation.phases().into_iter();
    phases
        .map(|phase| ReportedPhase {
            t_us: phase.from.us(),
            end_us: phase.until.us(),
            events: phase
                .events
                .iter()
                .map(|event| event_in_words(&events[*event].action, simulation.setup))
                .collect(),
            vhids: phase
                .vhids
                .iter()
                .map(|vhid| ReportedPhaseService {
                    segment: simulation.segment(vhid.segment).to_owned(),
                    vhid: vhid.vhid,
                    before: simulation.hosts(&vhid.before),
                    after: simulation.hosts(&vhid.after),
                    takeover_us: vhid.takeover_us,
                    no_master_us: vhid.no_master_us,
                    dual_master_us: vhid.dual_master_us,
                })
                .collect(),
        })
        .collect()
}

fn arp(simulation: &Simulation<'_>) -> Vec<ReportedArp> {
    let records = simulation.trace.arp.iter();
    records
        .map(|record| ReportedArp {
            t_us: record.at.us(),
            segment: simulation.segment(record.segment).to_owned(),
            target: record.target,
            client: record.client,
            answers: record
                .answers
                .iter()
                .map(|(host, vhid)| ReportedAnswer {
                    host: simulation.host(*host).to_owned(),
                    vhid: *vhid,
                })
                .collect(),
        })
        .collect()
}

fn advertisements(simulation: &Simulation<'_>) -> Vec<ReportedAdvertisement> {
    let records = simulation.trace.advertisements.iter();
    records
        .map(|record| ReportedAdvertisement {
            t_us: record.at.us(),
            host: simulation.host(record.host).to_owned(),
            interface: simulation
                .interface(record.host, record.interface)
                .to_owned(),
            vhid: record.vhid,
            family: super::words::family_number(record.family),
            says: match record.says {
                Says::Carp { advbase, advskew } => ReportedNumbers::Carp {
                    version: 2,
                    advbase,
                    advskew,
                },
                Says::Vrrp {
                    interval_cs,
                    priority,
                } => ReportedNumbers::Vrrp {
                    version: 3,
                    interval_cs,
                    priority,
                },
            },
        })
        .collect()
}
