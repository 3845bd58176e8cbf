//! How a release spells the configuration of a host.
//!
//! Owns the words of rc.conf, sysctl.conf, loader.conf and `ifconfig(8)`. Imports `model`; knows nothing of
//! cluster.toml and touches no file.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod key;
pub mod parse;
mod render;
mod segments;

pub use render::{Argv, HostFile, HostFiles, RenderError, Renderer, shell_line};
pub use segments::{join_segments, stand_in_interfaces};
