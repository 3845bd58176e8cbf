//! A host as a machine that can be off, on or paused.

use crate::carp::{Host, HostSpec, Input, Instant, Timing};

use super::trace::Power;

/// A machine: what stays when the host is off, and the host when it is not.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    /// The host, in every state but off.
    pub(super) host: Option<Host>,
    pub(super) power: Power,
    /// Cables: the link of each interface, also while the host is off.
    pub(super) links: Vec<bool>,
    send_errors: Vec<bool>,
    /// The demotion that was told last.
    pub(super) demotion: i32,
    /// The identification of the next IPv4 packet (9.x).
    ip_id: u16,
}

impl Machine {
    pub(super) fn new(spec: &HostSpec) -> Self {
        let links: Vec<bool> = spec.interfaces.iter().map(|i| i.link).collect();
        Self {
            host: None,
            power: Power::Off,
            send_errors: vec![false; links.len()],
            links,
            demotion: 0,
            ip_id: 0,
        }
    }

    /// Frames reach the host through an interface.
    pub(super) fn hears(&self, interface: u16) -> bool {
        self.power == Power::On && self.links[usize::from(interface)]
    }

    /// Powers the machine on: everything is fresh but the cables.
    pub(super) fn boot(&mut self, now: Instant, spec: &HostSpec, timing: Timing, order: u64) {
        let mut spec = spec.clone();
        for (interface, link) in spec.interfaces.iter_mut().zip(&self.links) {
            interface.link = *link;
        }
        let mut host = Host::boot(now, &spec, timing, order);
        for (interface, on) in (0..).zip(&self.send_errors) {
            host.handle(now, Input::SendErrors { interface, on: *on });
        }
        self.host = Some(host);
        self.power = Power::On;
        self.demotion = 0;
        self.ip_id = 0;
    }

    pub(super) fn crash(&mut self) {
        self.host = None;
        self.power = Power::Off;
    }

    pub(super) fn set_link(&mut self, interface: u16, up: bool) {
        self.links[usize::from(interface)] = up;
    }

    pub(super) fn set_send_errors(&mut self, interface: u16, on: bool) {
        self.send_errors[usize::from(interface)] = on;
    }

    pub(super) fn next_ip_id(&mut self) -> u16 {
        self.ip_id = self.ip_id.wrapping_add(1);
        self.ip_id
    }
}
