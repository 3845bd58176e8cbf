//! The state machine of a vhid: which step an event leads to.

/// The state of a vhid on a host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Not taking part: no link, no address, not allowed, or not configured.
    #[default]
    Init,
    /// Waiting for the master to fall silent.
    Backup,
    /// Serving the addresses.
    Master,
}

impl State {
    /// The word that the kernel logs and `ifconfig(8)` shows.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Init => "INIT",
            Self::Backup => "BACKUP",
            Self::Master => "MASTER",
        }
    }
}

/// Why a vhid changed its state. [`super::Kernel::log_text`] has the words of each kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Nothing keeps the vhid from taking part.
    Initialized,
    /// The interface went down, lost its link, or CARP is not allowed.
    InterfaceDown,
    /// The interface came up, or the addresses of the vhid changed.
    InterfaceUp,
    /// A master was heard that is as fast or faster.
    FasterMaster,
    /// A slower master was heard, and preemption is on.
    SlowerMaster,
    /// A master was heard that advertises too seldom to keep the role.
    MasterWillTimeOut,
    /// No master was heard for the whole wait.
    MasterTimedOut,
    /// `ifconfig(8)` asked for it.
    Requested,
}

/// How an authentic advertisement compares to what this host would send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Heard {
    /// A master gives way to it.
    pub beats_us: bool,
    /// A backup with preemption takes over from it.
    pub is_slower: bool,
    /// It will not come again before a backup times out.
    pub will_time_out: bool,
}

/// What happens to a vhid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// An advertisement was accepted.
    Advertisement(Heard),
    /// The wait for the master of one address family is over.
    MasterDown,
    /// The interface cannot carry the vhid, or CARP is not allowed.
    InterfaceDown,
    /// The interface can carry the vhid: after link loss, or as the set of addresses changed.
    InterfaceUp,
    /// `ifconfig(8)` asks for a state.
    Request(State),
}

/// The step that an event leads to. The host carries it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Nothing happens.
    Stay,
    /// The backup waits anew, in the address family of the advertisement.
    WaitAnew,
    /// To MASTER: advertise, announce the addresses, advertise again after `advbase + advskew / 256` seconds.
    TakeOver(Reason),
    /// To BACKUP: stop advertising, wait in every family.
    GiveWay(Reason),
    /// To INIT, all timers stopped.
    Stop,
    /// To INIT with timers left alone, and on to BACKUP where nothing keeps the vhid from taking part.
    Restart,
}

/// The step that follows from a state and an event.
///
/// ```text
///                         InterfaceUp, and the vhid may run
///               ┌──────┐ ──────────────────────────────────▶ ┌────────┐ ─┐ Advertisement
///               │ INIT │                                     │ BACKUP │  │ of a better master:
///               └──────┘ ◀────────────────────────────────── └────────┘ ◀┘ wait anew
///                 ▲                 InterfaceDown              │    ▲
///                 │                                MasterDown, │    │ Advertisement that beats us,
///                 │                        slower master with  │    │ Request(Backup)
///                 │                        preempt, one that   │    │
///                 │                        will time out,      ▼    │
///                 │                        Request(Master)  ┌────────┐
///                 └──────────────────────────────────────── │ MASTER │ ◀─ advertisement timer: send, set again
///                    InterfaceDown; InterfaceUp goes on     └────────┘
///                    to BACKUP at once
/// ```
///
/// `carp_input_c`, `vrrp_input_c`, `carp_master_down_locked`, `carp_sc_state` and `carp_ioctl_set` in FreeBSD 15
/// `sys/netinet/ip_carp.c`; the same in `carp_input_c` and `carp_ioctl` of 9.3.
#[must_use]
pub const fn step(state: State, event: Event, preempt: bool) -> Step {
    match (state, event) {
        (_, Event::InterfaceDown) => Step::Stop,
        (_, Event::InterfaceUp) => Step::Restart,
        (State::Init, Event::Advertisement(_) | Event::MasterDown | Event::Request(_))
        | (State::Master, Event::MasterDown | Event::Request(State::Init | State::Master))
        | (State::Backup, Event::Request(State::Init | State::Backup)) => Step::Stay,
        (State::Master, Event::Advertisement(heard)) => {
            if heard.beats_us {
                Step::GiveWay(Reason::FasterMaster)
            } else {
                Step::Stay
            }
        }
        (State::Backup, Event::Advertisement(heard)) => {
            if preempt && heard.is_slower {
                Step::TakeOver(Reason::SlowerMaster)
            } else if heard.will_time_out {
                Step::TakeOver(Reason::MasterWillTimeOut)
            } else {
                Step::WaitAnew
            }
        }
        (State::Backup, Event::MasterDown) => Step::TakeOver(Reason::MasterTimedOut),
        (State::Backup, Event::Request(State::Master)) => Step::TakeOver(Reason::Requested),
        (State::Master, Event::Request(State::Backup)) => Step::GiveWay(Reason::Requested),
    }
}

impl Heard {
    /// Compares intervals as the kernel compares a `struct timeval`, seconds first: advbase dominates, and a negative
    /// skew stays within its second (`carp_input_c` in FreeBSD `sys/netinet/ip_carp.c`).
    #[must_use]
    pub fn carp(own_advbase: u8, own_skew: i32, peer_advbase: u8, peer_advskew: u8) -> Self {
        let own_us = super::time::skew_us(own_skew);
        let peer = (
            u16::from(peer_advbase),
            super::time::skew_us(i32::from(peer_advskew)),
        );
        let own = (u16::from(own_advbase), own_us);
        Self {
            beats_us: own >= peer,
            is_slower: own < peer,
            will_time_out: (u16::from(own_advbase) * 3, own_us) < peer,
        }
    }

    /// Compares intervals and priorities (`vrrp_input_c` in FreeBSD 15 `sys/netinet/ip_carp.c`). Equals change
    /// nothing, and there is no tie-break.
    #[must_use]
    pub const fn vrrp(
        own_interval_cs: u16,
        own_priority: u8,
        peer_interval_cs: u16,
        peer_priority: u8,
    ) -> Self {
        Self {
            beats_us: peer_interval_cs < own_interval_cs || peer_priority > own_priority,
            is_slower: peer_interval_cs > own_interval_cs || peer_priority < own_priority,
            will_time_out: false,
        }
    }
}
