//! The CARP protocol itself: its numbers, its packets, and a host that speaks it as the kernels of FreeBSD do.
//!
//! | file | what it owns |
//! |---|---|
//! | `values`, `family` | the protocol's numbers and the address families |
//! | [`wire`] | packets as bytes |
//! | `auth` | HMAC-SHA1 of advertisements |
//! | `kernel` | how the releases differ, as data |
//! | `machine` | the state machine of a vhid |
//! | `time`, `timers` | time, and what is due when |
//! | `host` | a host: vhids, interfaces, demotion |
//!
//! There is no clock, socket, thread or randomness in here: time, bytes and what the kernel draws are arguments, and
//! what a host does is polled. This room imports nothing of the crate; the model re-exports its newtypes.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod auth;
mod family;
mod host;
mod kernel;
mod machine;
mod time;
mod timers;
mod values;
pub mod wire;

pub use auth::{AddressOrder, AuthKey, Authenticator, KEY_BYTES};
pub use family::Family;
pub use host::{
    Advertisement, ArpChoice, Change, Command, Destinations, DropReason, Envelope, Host, HostSpec,
    Input, InterfaceSpec, Output, Protocol, Refusal, Salt, Says, Sysctls, TimerKind, Transition,
    VhidSpec, VhidView, Write,
};
pub use kernel::{AllowRule, DemotionRule, Kernel, LogStyle, ReceiveRule, SendErrorRule};
pub use machine::{Event, Heard, Reason, State, Step, step};
pub use time::{Instant, Timing, skew_us};
pub use timers::Turn;
pub use values::{
    AdvBase, AdvSkew, OutOfRange, Vhid, VrrpInterval, VrrpPriority, interval_us, takeover_us,
    vrrp_takeover_us,
};
