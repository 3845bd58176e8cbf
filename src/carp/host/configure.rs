//! What administrators and boot scripts do: vhids, addresses, sysctls.

use std::net::IpAddr;

use super::super::family::Family;
use super::super::machine::{Event, Reason, State};
use super::super::time::Instant;
use super::output::{Change, Command, Output, Refusal, Write};
use super::spec::{Protocol, VhidSpec};
use super::vhid::{Speaks, VhidState};
use super::{Host, NO_SLOT, TASK, TimerKind};

/// `VRRP_MAX_INTERVAL` in FreeBSD 15 `sys/netinet/ip_carp.h`
const MAX_INTERVAL_CS: u16 = 4095;
const MAX_ADVSKEW: u8 = 254;

impl Host {
    /// An administrator does something.
    ///
    /// # Errors
    ///
    /// [`Refusal`] where the kernel answers with an error; then nothing has changed.
    pub fn configure(&mut self, now: Instant, command: &Command) -> Result<(), Refusal> {
        match command {
            Command::Sysctl(write) => {
                self.write(now, *write);
                Ok(())
            }
            Command::Set {
                interface,
                vhid,
                change,
            } => {
                let slot = self.slot(*interface, *vhid).ok_or(Refusal::NoVhid)?;
                self.set(now, slot, change)
            }
            Command::Create(spec) => self.create(now, spec),
            Command::AddAddress {
                interface,
                vhid,
                address,
            } => {
                let slot = self.slot(*interface, *vhid).ok_or(Refusal::NoVhid)?;
                self.add_address(now, slot, *address)
            }
            Command::RemoveAddress {
                interface,
                vhid,
                address,
            } => {
                let slot = self.slot(*interface, *vhid).ok_or(Refusal::NoVhid)?;
                self.remove_address(now, slot, *address)
            }
            Command::Carp {
                interface,
                vhid,
                up,
            } => {
                let slot = self.slot(*interface, *vhid).ok_or(Refusal::NoVhid)?;
                self.carp_flags(now, slot, *up);
                Ok(())
            }
        }
    }

    fn write(&mut self, now: Instant, write: Write) {
        match write {
            Write::Allow(on) => {
                let changed = self.sysctls.allow != on;
                self.sysctls.allow = on;
                if changed && self.kernel.allow == super::super::kernel::AllowRule::Init {
                    // carp_allow_sysctl goes through carp_list, newest vhid first.
                    for slot in (0..self.vhids.len() as u16).rev() {
                        if !self.vhids[usize::from(slot)].gone {
                            self.refresh(now, slot);
                        }
                    }
                }
            }
            Write::Preempt(on) => self.sysctls.preempt = on,
            Write::ArpBalance(on) => self.sysctls.arpbalance = on,
            Write::Demotion(by) if self.kernel.carp_interfaces => {
                debug_assert_eq!(by, 0, "9.x has no such sysctl");
            }
            Write::Demotion(by) => self.demote(now, by),
            Write::IfdownFactor(factor) => self.sysctls.ifdown_demotion_factor = factor,
            Write::SenderrFactor(factor) => self.sysctls.senderr_demotion_factor = factor,
            Write::Dscp(dscp) => self.sysctls.dscp = dscp,
        }
    }

    /// Creates a vhid, or sets one that exists (`SIOCSVH` on an unknown vhid; `ifconfig carpN create` and `SIOCSVH`
    /// of 9.x, which joins its interface with its first address).
    fn create(&mut self, now: Instant, spec: &VhidSpec) -> Result<(), Refusal> {
        if let Some(slot) = self.slot(spec.interface, spec.vhid) {
            // A second carp interface with the vhid of the first gets no address (9.x).
            if self.kernel.carp_interfaces {
                return Err(Refusal::Exists);
            }
            return self.set_from(now, slot, spec);
        }
        if usize::from(spec.interface) >= self.interfaces.len() || spec.vhid == 0 {
            return Err(Refusal::Invalid);
        }
        match spec.protocol {
            Protocol::Carp { advskew, .. } if advskew > MAX_ADVSKEW => {
                return Err(Refusal::Invalid);
            }
            Protocol::Carp { .. } => {}
            Protocol::Vrrp {
                interval_cs,
                priority,
            } => {
                if !self.kernel.has_vrrp || interval_cs > MAX_INTERVAL_CS || priority == 0 {
                    return Err(Refusal::Invalid);
                }
            }
        }
        let Ok(slot) = u16::try_from(self.vhids.len()) else {
            return Err(Refusal::Invalid);
        };
        if slot == NO_SLOT {
            return Err(Refusal::Invalid);
        }
        self.vhids.push(VhidState::new(spec, self.kernel));
        self.timers
            .grow(TASK + 1 + self.vhids.len() * TimerKind::ALL.len());
        let interface = &mut self.interfaces[usize::from(spec.interface)];
        interface.by_vhid[usize::from(spec.vhid)] = slot;
        if !self.kernel.carp_interfaces {
            interface.list.push(slot);
        }
        self.outputs.push_back(Output::Identity { slot });
        Ok(())
    }

    fn set_from(&mut self, now: Instant, slot: u16, spec: &VhidSpec) -> Result<(), Refusal> {
        let change = match spec.protocol {
            Protocol::Carp {
                advbase,
                advskew,
                key,
                destinations,
            } => Change {
                advbase: Some(advbase),
                advskew: Some(advskew),
                key: Some(key),
                peer: Some(destinations.v4),
                peer6: Some(destinations.v6),
                ..Change::default()
            },
            Protocol::Vrrp {
                priority,
                interval_cs,
            } => Change {
                priority: Some(priority),
                interval_cs: Some(interval_cs),
                ..Change::default()
            },
        };
        self.set(now, slot, &change)
    }

    /// Changes a vhid (`SIOCSVH` in `carp_ioctl`, `carp_ioctl_set`). 9.x changes the state first and everything else
    /// after it; later kernels the state last.
    fn set(&mut self, now: Instant, slot: u16, change: &Change) -> Result<(), Refusal> {
        self.check(slot, change)?;
        if self.kernel.restarts_timers {
            self.request(now, slot, change);
        }
        let kernel = self.kernel;
        let vhid = &mut self.vhids[usize::from(slot)];
        match &mut vhid.speaks {
            Speaks::Carp { advbase, advskew } => {
                let skew = change.advskew.unwrap_or(*advskew);
                let base = change.advbase.unwrap_or(*advbase);
                // An advbase of 0 keeps the old one; 9.x stores it beside a skew, and without one stores neither.
                if kernel.carp_interfaces {
                    if base > 0 || skew > 0 {
                        (*advbase, *advskew) = (base, skew);
                    }
                } else {
                    if base > 0 {
                        *advbase = base;
                    }
                    *advskew = skew;
                }
            }
            Speaks::Vrrp {
                priority,
                interval_cs,
                ..
            } => {
                // 0 keeps.
                *priority = change.priority.filter(|p| *p != 0).unwrap_or(*priority);
                *interval_cs = change
                    .interval_cs
                    .filter(|i| *i != 0)
                    .unwrap_or(*interval_cs);
            }
        }
        if kernel.has_peers {
            vhid.setup.destinations.v4 = change.peer.unwrap_or(vhid.setup.destinations.v4);
            vhid.setup.destinations.v6 = change.peer6.unwrap_or(vhid.setup.destinations.v6);
        }
        if let Some(key) = change.key
            && !(kernel.keeps_key_on_nul && key.starts_with_nul())
        {
            vhid.setup.key = key;
            vhid.prepare(kernel);
            self.outputs.push_back(Output::Identity { slot });
        }
        if self.kernel.restarts_timers {
            self.set_run(now, slot, None);
        } else {
            self.request(now, slot, change);
        }
        Ok(())
    }

    fn check(&self, slot: u16, change: &Change) -> Result<(), Refusal> {
        let vrrp = matches!(self.vhids[usize::from(slot)].speaks, Speaks::Vrrp { .. });
        let of_carp = change.advbase.is_some() || change.advskew.is_some() || change.key.is_some();
        let of_vrrp = change.priority.is_some() || change.interval_cs.is_some();
        let wrong = (vrrp && of_carp)
            || (!vrrp && of_vrrp)
            || change.advskew.is_some_and(|skew| skew > MAX_ADVSKEW)
            || change.interval_cs.is_some_and(|cs| cs > MAX_INTERVAL_CS);
        if wrong { Err(Refusal::Invalid) } else { Ok(()) }
    }

    fn request(&mut self, now: Instant, slot: u16, change: &Change) {
        if let Some(state) = change.state {
            self.event(now, slot, Event::Request(state), None);
        }
    }

    /// Adds an address: the digest covers it, and the vhid starts again from INIT (`carp_attach`, `carp_set_addr` of
    /// 9.x). 9.x takes only addresses within a subnet of the parent; where no address of the parent is known, any.
    fn add_address(&mut self, now: Instant, slot: u16, address: IpAddr) -> Result<(), Refusal> {
        let vhid = &mut self.vhids[usize::from(slot)];
        if vhid.setup.addresses.contains(&address) {
            return Err(Refusal::Exists);
        }
        if *vhid.count(Family::of(address)) == u16::MAX {
            return Err(Refusal::Invalid);
        }
        let own = &self.interfaces[usize::from(vhid.interface)].addresses;
        if self.kernel.carp_interfaces && !has_subnet(own, address) {
            return Err(Refusal::NoAddress);
        }
        vhid.setup.addresses.push(address);
        *vhid.count(Family::of(address)) += 1;
        let interface = &mut self.interfaces[usize::from(vhid.interface)];
        interface.attached.push((address, slot));
        let owned = interface.addresses.iter().any(|(own, _)| *own == address);
        vhid.prepare(self.kernel);
        if self.kernel.carp_interfaces {
            vhid.up = true;
            // 9.3 makes the owner of an address the preferred master, whatever was configured.
            if let (true, Speaks::Carp { advskew, .. }) = (owned, &mut vhid.speaks) {
                *advskew = 0;
            }
            self.insert(slot);
        }
        self.outputs.push_back(Output::Identity { slot });
        self.refresh(now, slot);
        if self.kernel.carp_interfaces {
            self.set_run(now, slot, None);
        }
        Ok(())
    }

    /// Puts a vhid into the list of its interface: behind the last one with a smaller number, and where there is none,
    /// at the *tail* (`carp_set_addr` in 9.3).
    fn insert(&mut self, slot: u16) {
        let vhid = &self.vhids[usize::from(slot)];
        let list = &mut self.interfaces[usize::from(vhid.interface)].list;
        if list.contains(&slot) {
            return;
        }
        let smaller = |other: &u16| self.vhids[usize::from(*other)].vhid < vhid.vhid;
        let place = list
            .iter()
            .rposition(smaller)
            .map_or(list.len(), |at| at + 1);
        list.insert(place, slot);
    }

    /// Removes an address: as in adding, and with the last one the vhid goes (`carp_detach`, `carp_destroy`). 9.x only
    /// counts, until the last address of a family takes the carp interface out of service (`carp_del_addr`).
    fn remove_address(&mut self, now: Instant, slot: u16, address: IpAddr) -> Result<(), Refusal> {
        let vhid = &mut self.vhids[usize::from(slot)];
        let Some(place) = vhid.setup.addresses.iter().position(|a| *a == address) else {
            return Err(Refusal::NoAddress);
        };
        vhid.setup.addresses.remove(place);
        *vhid.count(Family::of(address)) -= 1;
        let left = vhid.has(Family::of(address));
        let empty = vhid.setup.addresses.is_empty();
        self.interfaces[usize::from(vhid.interface)]
            .attached
            .retain(|(a, s)| (*a, *s) != (address, slot));
        vhid.prepare(self.kernel);
        self.outputs.push_back(Output::Identity { slot });
        if self.kernel.carp_interfaces {
            if !left {
                self.transition(slot, State::Init, Reason::Requested);
                self.destroy(now, slot);
            }
            return Ok(());
        }
        self.refresh(now, slot);
        if empty {
            self.destroy(now, slot);
        }
        Ok(())
    }

    /// A vhid ends. Its place stays, so that numbers of other vhids do not change.
    fn destroy(&mut self, now: Instant, slot: u16) {
        for kind in TimerKind::ALL {
            self.stop(slot, kind);
        }
        let vhid = &mut self.vhids[usize::from(slot)];
        vhid.gone = true;
        vhid.up = false;
        vhid.running = false;
        let suppressed = std::mem::take(&mut vhid.suppressed);
        let interface = &mut self.interfaces[usize::from(vhid.interface)];
        interface.by_vhid[usize::from(vhid.vhid)] = NO_SLOT;
        interface.list.retain(|other| *other != slot);
        interface.attached.retain(|(_, other)| *other != slot);
        if suppressed && !self.kernel.carp_interfaces {
            self.demote(now, self.sysctls.ifdown_demotion_factor.wrapping_neg());
        }
    }

    /// `ifconfig carpN up` or `down` (`SIOCSIFFLAGS` in `carp_ioctl` of 9.3): a master leaves with an advertisement so
    /// slow that every backup takes over.
    fn carp_flags(&mut self, now: Instant, slot: u16, up: bool) {
        let vhid = &mut self.vhids[usize::from(slot)];
        let state = vhid.state;
        vhid.up = up;
        if up && state == State::Init {
            self.set_run(now, slot, None);
        } else if !up && state != State::Init {
            for kind in TimerKind::ALL {
                self.stop(slot, kind);
            }
            if state == State::Master {
                self.advertise(now, slot);
            }
            self.transition(slot, State::Init, Reason::Requested);
            self.set_run(now, slot, None);
        }
    }
}

/// The address lies in the subnet of an own address, or there is none of its family.
fn has_subnet(own: &[(IpAddr, u8)], address: IpAddr) -> bool {
    let mut same = own
        .iter()
        .filter(|(own, _)| Family::of(*own) == Family::of(address))
        .peekable();
    same.peek().is_none() || same.any(|own| super::send::holds(*own, address))
}
