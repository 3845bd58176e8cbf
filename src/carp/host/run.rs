//! The state machine of a vhid in motion: steps carried out, timers set, interfaces that come and go.

use super::super::family::Family;
use super::super::kernel::AllowRule;
use super::super::machine::{Event, Reason, State, Step, step};
use super::super::time::{Instant, skew_us};
use super::output::{Output, Transition};
use super::vhid::Speaks;
use super::{Host, TASK, TimerKind, master_down};

/// How many advertisements a backup may miss.
const MISSED: u32 = 3;

impl Host {
    /// A timer has expired (`carp_send_ad`, `carp_master_down`, `carp_send_ad_all`).
    pub(super) fn expired(&mut self, now: Instant, timer: usize) {
        if timer == TASK {
            self.advertise_all(now);
            return;
        }
        let (slot, kind) = ((timer - 1) / 3, (timer - 1) % 3);
        let slot = slot as u16;
        if kind == TimerKind::Advertisement as usize {
            self.advertise(now, slot);
        } else {
            self.event(now, slot, Event::MasterDown, None);
        }
    }

    /// Something happens to a vhid; for an advertisement, in this family.
    pub(super) fn event(&mut self, now: Instant, slot: u16, event: Event, family: Option<Family>) {
        let state = self.vhids[usize::from(slot)].state;
        match step(state, event, self.sysctls.preempt) {
            Step::Stay => {}
            Step::WaitAnew => self.set_run(now, slot, family),
            Step::TakeOver(reason) => self.take_over(now, slot, reason),
            Step::GiveWay(reason) => {
                self.stop(slot, TimerKind::Advertisement);
                self.transition(slot, State::Backup, reason);
                self.set_run(now, slot, None);
            }
            Step::Stop => self.interface_down(now, slot),
            Step::Restart => self.interface_up(now, slot),
        }
    }

    /// Becomes master (`carp_master_down_locked`). Sending sets the timer by the demoted skew, then `carp_setrun`
    /// sets it by the configured one.
    fn take_over(&mut self, now: Instant, slot: u16, reason: Reason) {
        self.transition(slot, State::Master, reason);
        self.advertise(now, slot);
        let vhid = &self.vhids[usize::from(slot)];
        for family in [Family::Inet, Family::Inet6] {
            // carp_send_arp, then carp_send_na.
            for address in &vhid.setup.addresses {
                if Family::of(*address) == family {
                    self.outputs.push_back(Output::Announce {
                        interface: vhid.interface,
                        vhid: vhid.vhid,
                        address: *address,
                    });
                }
            }
        }
        self.set_run(now, slot, None);
    }

    /// The interface cannot carry the vhid (first half of `carp_sc_state`).
    fn interface_down(&mut self, now: Instant, slot: u16) {
        let legacy = self.kernel.carp_interfaces;
        for kind in TimerKind::ALL {
            self.stop(slot, kind);
        }
        let vhid = &mut self.vhids[usize::from(slot)];
        if legacy {
            // 9.x takes the carp interface down, and forgets that it was up if this happens twice.
            vhid.up_before = vhid.up;
            vhid.up = false;
            vhid.running = false;
        }
        let counts = !vhid.suppressed;
        self.transition(slot, State::Init, Reason::InterfaceDown);
        if legacy {
            if counts {
                self.count_problem(now);
            }
        } else {
            self.set_run(now, slot, None);
            if counts {
                self.demote(now, self.sysctls.ifdown_demotion_factor);
            }
        }
        self.vhids[usize::from(slot)].suppressed = true;
    }

    /// The interface can carry the vhid (second half of `carp_sc_state`). Timers of the state before are left alone;
    /// entering BACKUP stops that of advertisements.
    fn interface_up(&mut self, now: Instant, slot: u16) {
        let vhid = &mut self.vhids[usize::from(slot)];
        vhid.up |= vhid.up_before;
        let counted = vhid.suppressed;
        self.transition(slot, State::Init, Reason::InterfaceUp);
        self.set_run(now, slot, None);
        if counted {
            if self.kernel.carp_interfaces {
                self.demotion -= 1;
            } else {
                self.demote(now, self.sysctls.ifdown_demotion_factor.wrapping_neg());
            }
        }
        self.vhids[usize::from(slot)].suppressed = false;
    }

    /// Looks at the interface of a vhid again (`carp_sc_state`).
    pub(super) fn refresh(&mut self, now: Instant, slot: u16) {
        let interface = usize::from(self.vhids[usize::from(slot)].interface);
        let works = self.interfaces[interface].works() && self.allowed();
        let event = if works {
            Event::InterfaceUp
        } else {
            Event::InterfaceDown
        };
        self.event(now, slot, event, None);
    }

    /// The same for all vhids of an interface, in the order of the list (`carp_linkstate`).
    pub(super) fn refresh_interface(&mut self, now: Instant, interface: u16) {
        for place in 0..self.interfaces[usize::from(interface)].list.len() {
            let slot = self.interfaces[usize::from(interface)].list[place];
            self.refresh(now, slot);
        }
    }

    /// `net.inet.carp.allow` lets vhids take part.
    pub(super) fn allowed(&self) -> bool {
        self.sysctls.allow || self.kernel.allow == AllowRule::Deaf
    }

    /// Sets the timers that the state needs, and leaves INIT where nothing is in the way (`carp_setrun`).
    pub(super) fn set_run(&mut self, now: Instant, slot: u16, family: Option<Family>) {
        if !self.may_run(slot) {
            return;
        }
        let vhid = &self.vhids[usize::from(slot)];
        match vhid.state {
            State::Init => {
                self.transition(slot, State::Backup, Reason::Initialized);
                self.set_run(now, slot, None);
            }
            State::Backup => {
                let (v4, v6) = match family {
                    Some(family) => (family == Family::Inet, family == Family::Inet6),
                    None => (vhid.v4 > 0, vhid.v6 > 0),
                };
                let until = self.wait_until(now, slot);
                self.stop(slot, TimerKind::Advertisement);
                for (family, wanted) in [(Family::Inet, v4), (Family::Inet6, v6)] {
                    if wanted {
                        self.timers.set(master_down(family).number(slot), until);
                    }
                }
            }
            State::Master => {
                let at = match vhid.speaks {
                    Speaks::Carp { advbase, advskew } => {
                        self.interval(now, advbase, i32::from(advskew))
                    }
                    Speaks::Vrrp { interval_cs, .. } => {
                        self.timing.vrrp_expiry(now, u32::from(interval_cs))
                    }
                };
                self.timers.set(TimerKind::Advertisement.number(slot), at);
            }
        }
    }

    /// Nothing keeps the vhid from taking part. In 9.x this is the running flag of the carp interface, and the parent's
    /// link alone counts.
    fn may_run(&mut self, slot: u16) -> bool {
        let allowed = self.allowed();
        let vhid = &mut self.vhids[usize::from(slot)];
        let interface = &self.interfaces[usize::from(vhid.interface)];
        let has_addresses = vhid.v4 > 0 || vhid.v6 > 0;
        if self.kernel.carp_interfaces {
            vhid.running = vhid.up && has_addresses && interface.link && !vhid.gone;
            vhid.running
        } else {
            interface.works() && has_addresses && allowed
        }
    }

    /// When a backup that hears nothing takes over: `3 * advbase + advskew / 256` seconds with the configured skew, or
    /// the RFC's master down interval.
    fn wait_until(&self, now: Instant, slot: u16) -> Instant {
        match self.vhids[usize::from(slot)].speaks {
            Speaks::Carp { advbase, advskew } => {
                let us = i64::from(MISSED) * 1_000_000 * i64::from(advbase);
                self.timing.expiry(now, us + skew_us(i32::from(advskew)))
            }
            Speaks::Vrrp {
                priority,
                master_interval_cs,
                ..
            } => {
                let interval = u32::from(master_interval_cs);
                let skew = (256 - u32::from(priority)) * interval / 256;
                self.timing.vrrp_expiry(now, MISSED * interval + skew)
            }
        }
    }

    /// `advbase + skew / 256` seconds from now.
    pub(super) fn interval(&self, now: Instant, advbase: u8, skew: i32) -> Instant {
        self.timing
            .expiry(now, i64::from(advbase) * 1_000_000 + skew_us(skew))
    }

    pub(super) fn stop(&mut self, slot: u16, kind: TimerKind) {
        self.timers.stop(kind.number(slot));
    }

    /// Changes the state and tells it, if it is another (`carp_set_state`).
    pub(super) fn transition(&mut self, slot: u16, to: State, reason: Reason) {
        let vhid = &mut self.vhids[usize::from(slot)];
        let from = std::mem::replace(&mut vhid.state, to);
        if from != to {
            self.outputs.push_back(Output::Transition(Transition {
                interface: vhid.interface,
                vhid: vhid.vhid,
                from,
                to,
                reason,
            }));
        }
    }
}
