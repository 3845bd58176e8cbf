//! What the scenario does to the world.

use std::net::Ipv4Addr;

use super::{Occasion, World};
use crate::carp::{Input, Output, State, Transition, Turn};
use crate::sim::scenario::Action;
use crate::sim::setup::{HostId, SegmentId};
use crate::sim::trace::{ArpRecord, Cause, Observer, Power, PowerRecord, RefusalRecord};

impl World<'_> {
    /// The next boot or event happens.
    pub(super) fn occasion(&mut self, observer: &mut impl Observer) {
        let (_, occasion) = self.timeline[self.next_occasion];
        self.next_occasion += 1;
        match occasion {
            Occasion::Boot(host) => self.boot(host, observer),
            Occasion::Event(number) => {
                // The scenario outlives the world, so its event need not be copied.
                let scenario = self.scenario;
                self.act(&scenario.events[number].action, observer);
            }
        }
    }

    /// Something happens now, besides what the scenario holds.
    pub fn act(&mut self, action: &Action, observer: &mut impl Observer) {
        match action {
            Action::Crash(host) => self.crash(*host, observer),
            Action::Boot(host) => self.boot(*host, observer),
            Action::Suspend(host) => self.pause(*host, Power::On, Power::Suspended, observer),
            Action::Resume(host) => self.pause(*host, Power::Suspended, Power::On, observer),
            Action::Link {
                host,
                interface,
                up,
            } => {
                self.machines[host.index()].set_link(*interface, *up);
                self.input(
                    *host,
                    Input::Link {
                        interface: *interface,
                        up: *up,
                    },
                    observer,
                );
            }
            Action::Interface {
                host,
                interface,
                up,
            } => {
                let input = Input::Interface {
                    interface: *interface,
                    up: *up,
                };
                self.input(*host, input, observer);
            }
            Action::SendErrors {
                host,
                interface,
                on,
            } => {
                self.machines[host.index()].set_send_errors(*interface, *on);
                let input = Input::SendErrors {
                    interface: *interface,
                    on: *on,
                };
                self.input(*host, input, observer);
            }
            Action::Configure { host, command } => {
                if let Some(running) = &mut self.machines[host.index()].host {
                    running.set_order(self.order);
                    if let Err(refusal) = running.configure(self.now, command) {
                        observer.refused(&RefusalRecord {
                            at: self.now,
                            host: *host,
                            refusal,
                        });
                    }
                    self.settle(host.index(), Cause::Event, observer);
                }
            }
            network => self.act_on_network(network, observer),
        }
    }

    fn act_on_network(&mut self, action: &Action, observer: &mut impl Observer) {
        match action {
            Action::Partition { segment, groups } => self.network.partition(*segment, groups),
            Action::Heal { segment } => self.network.heal(*segment),
            Action::Block { from, to, family } => self.network.block(*from, *to, *family),
            Action::Unblock { from, to, family } => self.network.unblock(*from, *to, *family),
            Action::Lose(loss) => self.network.lose(*loss),
            Action::Arp {
                segment,
                target,
                clients,
            } => {
                for client in clients {
                    self.arp(*segment, *target, *client, observer);
                }
            }
            // The others are about a host.
            _ => {}
        }
    }

    /// Something happens to a host, if it is not off.
    fn input(&mut self, host: HostId, input: Input<'_>, observer: &mut impl Observer) {
        if let Some(running) = &mut self.machines[host.index()].host {
            running.set_order(self.order);
            running.handle(self.now, input);
            self.settle(host.index(), Cause::Event, observer);
        }
    }

    /// Powers a host on; one that runs loses its power first. What happens inside the boot is one change of each vhid.
    fn boot(&mut self, host: HostId, observer: &mut impl Observer) {
        self.crash(host, observer);
        let spec = &self.setup.hosts[host.index()].spec;
        let machine = &mut self.machines[host.index()];
        machine.boot(self.now, spec, self.scenario.timing, self.order);
        self.tell_power(host, Power::On, observer);
        let Some(running) = &mut self.machines[host.index()].host else {
            return;
        };
        self.order = running.order();
        let mut changes: Vec<Transition> = Vec::new();
        let mut others = Vec::new();
        while let Some(output) = running.poll_output() {
            let Output::Transition(transition) = output else {
                others.push(output);
                continue;
            };
            let same = |c: &&mut Transition| {
                (c.interface, c.vhid) == (transition.interface, transition.vhid)
            };
            match changes.iter_mut().find(same) {
                Some(change) => {
                    change.to = transition.to;
                    change.reason = transition.reason;
                }
                None => changes.push(transition),
            }
        }
        for change in changes {
            if change.to != State::Init {
                self.tell_transition(host, change, Cause::Boot, observer);
            }
        }
        for output in others {
            self.carry_out_one(host, output, Cause::Boot, observer);
        }
        self.settle(host.index(), Cause::Boot, observer);
    }

    fn crash(&mut self, host: HostId, observer: &mut impl Observer) {
        let machine = &mut self.machines[host.index()];
        if machine.power == Power::Off {
            return;
        }
        machine.crash();
        self.turns[host.index()] = Turn::NEVER;
        self.tell_power(host, Power::Off, observer);
    }

    /// Pauses a host, or lets it go on.
    fn pause(&mut self, host: HostId, from: Power, to: Power, observer: &mut impl Observer) {
        let machine = &mut self.machines[host.index()];
        if machine.power == from {
            machine.power = to;
            // Its own count is as old as what it did last.
            if let Some(running) = &mut machine.host {
                running.set_order(self.order);
            }
            self.tell_power(host, to, observer);
            self.settle(host.index(), Cause::Event, observer);
        }
    }

    fn tell_power(&self, host: HostId, power: Power, observer: &mut impl Observer) {
        observer.power(&PowerRecord {
            at: self.now,
            host,
            power,
        });
    }

    /// A client asks every host that it reaches; partitions do not hold for clients.
    fn arp(
        &self,
        segment: SegmentId,
        target: Ipv4Addr,
        client: Ipv4Addr,
        observer: &mut impl Observer,
    ) {
        let mut answers = Vec::new();
        for (host, interface) in self.network.members(segment) {
            let machine = &self.machines[host.index()];
            if !machine.hears(*interface) {
                continue;
            }
            let choice = machine
                .host
                .as_ref()
                .map(|h| h.arp(*interface, target, client));
            if let Some(vhid) = choice.and_then(|choice| choice.answer) {
                answers.push((*host, vhid));
            }
        }
        observer.arp(&ArpRecord {
            at: self.now,
            segment,
            target,
            client,
            answers,
        });
    }
}
