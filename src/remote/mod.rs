//! Live hosts: how a script reaches one, and what is asked there.
//!
//! Owns the transport, the scripts that run on hosts, and the reading of their answers. Only POSIX sh and the base tools
//! of FreeBSD are taken for granted on a host. May start processes and look at clocks; decides nothing: `plan` does.

mod drain;
mod fake;
mod observe;
mod parallel;
mod random;
mod ssh;
pub mod transaction;
mod transport;

pub use drain::{DrainError, drain, take_over, undrain};
pub use fake::{Asked, Fake};
pub use observe::{Look, ObserveError, observe, observe_with};
pub use parallel::{DEFAULT_WIDTH, in_parallel};
pub use random::random_word;
pub use ssh::{Ssh, check_destination};
pub use transport::{Extension, Gate, Reply, Request, Target, Transport, TransportError};
