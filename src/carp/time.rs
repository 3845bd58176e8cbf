//! Time as the engine counts it, and how a kernel rounds what it programs.

use std::num::NonZeroU32;

const US_PER_S: u64 = 1_000_000;

/// A point in time: microseconds since an origin that the driver chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The origin.
    pub const ZERO: Self = Self(0);
    /// Later than everything that happens.
    pub const NEVER: Self = Self(u64::MAX);

    /// The point so many microseconds behind the origin.
    #[must_use]
    pub const fn from_us(us: u64) -> Self {
        Self(us)
    }

    /// Microseconds since the origin.
    #[must_use]
    pub const fn us(self) -> u64 {
        self.0
    }

    /// The point so many microseconds later, never beyond [`Instant::NEVER`].
    #[must_use]
    pub const fn after_us(self, us: u64) -> Self {
        Self(self.0.saturating_add(us))
    }

    /// Microseconds from an earlier point to this one; 0 if that point is later.
    #[must_use]
    pub const fn since_us(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// When a timer that was programmed for some time really expires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Timing {
    /// After exactly that time.
    #[default]
    Exact,
    /// At a tick of the kernel clock, as with this `kern.hz`.
    Hz(NonZeroU32),
}

impl Timing {
    /// The expiry of a timer programmed with a `struct timeval`.
    ///
    /// `tvtohz` in FreeBSD `sys/kern/kern_clock.c` rounds up to whole ticks and adds one for the tick that is
    /// already running; `callout_reset` counts from the last tick. A time that is not positive takes one tick, a
    /// millisecond where timers are exact: a demotion far below zero makes such times up to 13.0.
    #[must_use]
    pub fn expiry(self, now: Instant, us: i64) -> Instant {
        let positive = u64::try_from(us).unwrap_or(0);
        match self {
            Self::Exact if positive == 0 => now.after_us(1_000),
            Self::Exact => now.after_us(positive),
            Self::Hz(hz) => {
                let tick_us = (US_PER_S / u64::from(hz.get())).max(1);
                tick_at(now, hz, positive.div_ceil(tick_us) + 1)
            }
        }
    }

    /// The expiry of a VRRP timer of so many centiseconds.
    ///
    /// `carp_setrun` in FreeBSD 15 `sys/netinet/ip_carp.c` multiplies by `hz / 100` and neither rounds up nor
    /// adds a tick, so the timer may be up to one tick early.
    #[must_use]
    pub fn vrrp_expiry(self, now: Instant, cs: u32) -> Instant {
        match self {
            Self::Exact => now.after_us(u64::from(cs) * 10_000),
            Self::Hz(hz) => tick_at(now, hz, u64::from(cs) * u64::from(hz.get()) / 100).max(now),
        }
    }
}

/// The time of the tick so many ticks behind the last one.
fn tick_at(now: Instant, hz: NonZeroU32, ticks: u64) -> Instant {
    let hz = u64::from(hz.get());
    // Seconds and the rest apart, so that nothing overflows.
    let (seconds, rest) = (now.0 / US_PER_S, now.0 % US_PER_S);
    let tick = rest * hz / US_PER_S + ticks;
    Instant(
        seconds
            .saturating_mul(US_PER_S)
            .saturating_add(tick / hz * US_PER_S)
            .saturating_add((tick % hz * US_PER_S).div_ceil(hz)),
    )
}

/// A skew as the microseconds of a `struct timeval`: integer division that rounds to zero, also for the
/// negative skews of FreeBSD up to 13.0 (`carp_setrun` in `sys/netinet/ip_carp.c`).
#[must_use]
pub const fn skew_us(skew: i32) -> i64 {
    skew as i64 * 1_000_000 / 256
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hz(hz: u32) -> Timing {
        Timing::Hz(NonZeroU32::new(hz).unwrap())
    }

    #[test]
    fn ticks_round_up_and_the_running_tick_counts() {
        let now = Instant::from_us(1_000_700);
        assert_eq!(Timing::Exact.expiry(now, 390_625).us(), 1_391_325);
        assert_eq!(hz(1000).expiry(now, 390_625).us(), 1_392_000);
        assert_eq!(hz(100).expiry(now, 1).us(), 1_020_000);
        assert_eq!(hz(1000).expiry(now, -5).us(), 1_001_000);
        assert_eq!(hz(3).expiry(Instant::ZERO, 1).us(), 666_667);
    }

    #[test]
    fn vrrp_timers_may_be_early() {
        let now = Instant::from_us(1_000_700);
        assert_eq!(Timing::Exact.vrrp_expiry(now, 100).us(), 2_000_700);
        assert_eq!(hz(1000).vrrp_expiry(now, 100).us(), 2_000_000);
        assert_eq!(hz(1000).vrrp_expiry(now, 0), now);
    }
}
