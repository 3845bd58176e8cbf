//! What administrators do: sysctls, vhids, addresses.

use std::net::IpAddr;

use super::super::words::usage;
use super::{Lowering, Spot, Value, unknown_name};
use crate::carp::wire::{GROUP_V4, GROUP_V6};
use crate::carp::{AuthKey, Change, Command, Kernel, Protocol, State, VhidSpec, Write};
use crate::sim::setup::HostId;

const DEMOTE_9: &str = "on FreeBSD 9 a lost link demotes: use link-down, or set a higher advskew";
const CARP_10: &str =
    "from FreeBSD 10 on a vhid has no interface of its own: use if-down or set its state";
const SYSCTLS: [&str; 7] = [
    "allow",
    "preempt",
    "arpbalance",
    "demotion",
    "ifdown_demotion_factor",
    "senderr_demotion_factor",
    "dscp",
];

impl Lowering<'_> {
    pub(super) fn command(&mut self, host: HostId) -> Option<Command> {
        let kernel = self.of(host).spec.kernel;
        match self.raw.action.word {
            "demote" => {
                let by = self.whole("by", i64::from(i32::MIN)..=i64::from(i32::MAX))??;
                self.needs(
                    !kernel.carp_interfaces,
                    kernel,
                    "net.inet.carp.demotion",
                    DEMOTE_9,
                )?;
                Some(Command::Sysctl(Write::Demotion(by as i32)))
            }
            "sysctl" => self.sysctl(kernel),
            "set" => {
                let spec = self.vhid(host)?;
                let change = self.change(kernel, spec)?;
                Some(Command::Set {
                    interface: spec.interface,
                    vhid: spec.vhid,
                    change,
                })
            }
            word @ ("address-add" | "address-del") => {
                let (interface, vhid) = self.vhid(host).map(|spec| (spec.interface, spec.vhid))?;
                let address = self.address("address")?.value;
                Some(if word == "address-add" {
                    Command::AddAddress {
                        interface,
                        vhid,
                        address,
                    }
                } else {
                    Command::RemoveAddress {
                        interface,
                        vhid,
                        address,
                    }
                })
            }
            word => {
                let (interface, vhid) = self.vhid(host).map(|spec| (spec.interface, spec.vhid))?;
                self.needs(kernel.carp_interfaces, kernel, "interface carpN", CARP_10)?;
                let up = word == "carp-up";
                Some(Command::Carp {
                    interface,
                    vhid,
                    up,
                })
            }
        }
    }

    /// The release has what the action is about.
    fn needs(&mut self, has: bool, kernel: &Kernel, what: &str, help: &str) -> Option<()> {
        if !has {
            let span = self.raw.whole.clone();
            let message = format!("FreeBSD {} has no {what}", kernel.name);
            self.problem(span, message, help);
        }
        has.then_some(())
    }

    fn sysctl(&mut self, kernel: &Kernel) -> Option<Command> {
        let name = self.text("name")?;
        let short = name
            .value
            .strip_prefix("net.inet.carp.")
            .unwrap_or(&name.value);
        let int = i64::from(i32::MIN)..=i64::from(i32::MAX);
        let range = match short {
            "allow" | "preempt" | "arpbalance" => 0..=1,
            "dscp" => 0..=63,
            _ => int,
        };
        let has = match short {
            "demotion" | "ifdown_demotion_factor" | "senderr_demotion_factor" => {
                !kernel.carp_interfaces
            }
            "arpbalance" => kernel.carp_interfaces,
            "dscp" => kernel.has_dscp,
            _ => true,
        };
        self.needs(
            has,
            kernel,
            &format!("net.inet.carp.{short}"),
            "leave the event out",
        )?;
        let value = self.whole("value", range)??;
        Some(Command::Sysctl(match short {
            "allow" => Write::Allow(value != 0),
            "preempt" => Write::Preempt(value != 0),
            "arpbalance" => Write::ArpBalance(value != 0),
            "demotion" => Write::Demotion(value as i32),
            "ifdown_demotion_factor" => Write::IfdownFactor(value as i32),
            "senderr_demotion_factor" => Write::SenderrFactor(value as i32),
            "dscp" => Write::Dscp(value as u8),
            _ => {
                self.problems.push(unknown_name(
                    "sysctl",
                    short,
                    name.span,
                    SYSCTLS.into_iter(),
                ));
                return None;
            }
        }))
    }

    fn change(&mut self, kernel: &Kernel, spec: &VhidSpec) -> Option<Change> {
        let vrrp = matches!(spec.protocol, Protocol::Vrrp { .. });
        for (names, wanted, speaks) in [
            (["vrrp-priority", "vrrp-interval"].as_slice(), true, "CARP"),
            (
                ["advbase", "advskew", "pass", "peer"].as_slice(),
                false,
                "VRRP",
            ),
        ] {
            for name in names {
                if let Some(spot) = self.arg(name)
                    && vrrp != wanted
                {
                    let message = format!("vhid {} speaks {speaks} and has no {name}", spec.vhid);
                    self.problem(spot.span.clone(), message, "leave it out");
                }
            }
        }
        if let Some(spot) = self.arg("peer")
            && !kernel.has_peers
        {
            let message = format!("FreeBSD {} has no unicast peers", kernel.name);
            self.problem(spot.span.clone(), message, "peers exist from FreeBSD 14 on");
        }
        let smallest = i64::from(!kernel.carp_interfaces);
        let mut change = Change {
            advbase: self
                .whole("advbase", smallest..=255)?
                .map(|base| base as u8),
            advskew: self.whole("advskew", 0..=254)?.map(|skew| skew as u8),
            priority: self.whole("vrrp-priority", 1..=255)?.map(|prio| prio as u8),
            interval_cs: self.whole("vrrp-interval", 1..=4095)?.map(|cs| cs as u16),
            ..Change::default()
        };
        if self.arg("pass").is_some() {
            change.key = Some(AuthKey::from_passphrase(&self.text("pass")?.value));
        }
        if self.arg("state").is_some() {
            change.state = Some(self.state()?);
        }
        if self.arg("peer").is_some() {
            self.peer(&mut change)?;
        }
        if change == Change::default() {
            let span = self.raw.whole.clone();
            self.problem(span, "\"set\" changes nothing", usage(self.raw.action));
        }
        Some(change)
    }

    fn state(&mut self) -> Option<State> {
        let text = self.text("state")?;
        match text.value.to_lowercase().as_str() {
            "master" => Some(State::Master),
            "backup" => Some(State::Backup),
            _ => {
                let message = format!("{:?} is no state that ifconfig sets", text.value);
                self.problem(text.span, message, "write \"master\" or \"backup\"");
                None
            }
        }
    }

    /// An address, or `multicast` for both groups.
    fn peer(&mut self, change: &mut Change) -> Option<()> {
        if let Some(Spot {
            value: Value::Text(text),
            ..
        }) = self.arg("peer")
            && text == "multicast"
        {
            (change.peer, change.peer6) = (Some(GROUP_V4), Some(GROUP_V6));
            return Some(());
        }
        match self.address("peer")?.value {
            IpAddr::V4(peer) => change.peer = Some(peer),
            IpAddr::V6(peer) => change.peer6 = Some(peer),
        }
        Some(())
    }
}
