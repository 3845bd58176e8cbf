//! The library behind the `carpgen` command: one description of a CARP cluster, and what follows from it.
//!
//! The rooms, in the order in which they may import each other (a room imports only rooms above it):
//!
//! | room | what it owns |
//! |---|---|
//! | [`carp`] | the protocol: its numbers, its packets, a host that speaks it |
//! | [`model`] | the domain: names, addresses, the cluster, the configuration of one host, findings |
//! | [`mirror`] | mirror-image assignment: solve and check |
//! | [`config`] | cluster.toml: text, tables, meaning |
//! | [`dialect`] | how a release spells the configuration of a host |
//! | [`sim`] | a cluster in simulated time: scenarios, network, world, trace, service |
//! | [`lint`] | the rules |
//! | [`plan`] | live hosts as data: what is observed, and what follows |
//! | [`remote`] | live hosts: the transport, and the scripts that run there |
//! | [`wire`] | captures |
//! | [`report`] | findings for people and programs |
//! | [`cli`] | the commands; besides `remote` the only room that touches files, processes and the environment |

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may fail"))]

pub mod carp;
pub mod cli;
pub mod config;
pub mod dialect;
pub mod lint;
pub mod mirror;
pub mod model;
pub mod plan;
pub mod remote;
pub mod report;
pub mod sim;
pub mod wire;
