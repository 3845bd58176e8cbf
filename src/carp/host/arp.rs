//! Who answers an ARP request for a VIP.

use std::net::{IpAddr, Ipv4Addr};

use super::super::machine::State;
use super::{Host, Interface};

/// How a host decides about an ARP request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ArpChoice {
    /// How often the running vhids of the interface have the address.
    pub count: u32,
    /// The vhid that the client's address falls to, where ARP balancing is on.
    pub selected: Option<u8>,
    /// The vhid that answers with its virtual MAC address.
    pub answer: Option<u8>,
}

impl Host {
    /// What the host does about an ARP request for an address on an interface (`carp_iamatch` in FreeBSD
    /// `sys/netinet/ip_carp.c`, called from `in_arpinput`).
    ///
    /// With ARP balancing (9.x), the client's address modulo the number of matches picks a vhid in the order of the
    /// kernel's list; only its master answers. Without, any master does: the one whose address was added last.
    #[must_use]
    pub fn arp(&self, interface: u16, target: Ipv4Addr, client: Ipv4Addr) -> ArpChoice {
        let place = &self.interfaces[usize::from(interface)];
        let matches = || {
            place
                .list
                .iter()
                .flat_map(|slot| self.matches(*slot, target))
        };
        let count = matches().count() as u32;
        if self.kernel.carp_interfaces && self.sysctls.arpbalance {
            let chosen = client
                .to_bits()
                .checked_rem(count)
                .and_then(|index| matches().nth(index as usize));
            let vhid = chosen.map(|slot| &self.vhids[usize::from(slot)]);
            return ArpChoice {
                count,
                selected: vhid.map(|vhid| vhid.vhid),
                answer: vhid
                    .filter(|vhid| vhid.state == State::Master)
                    .map(|vhid| vhid.vhid),
            };
        }
        ArpChoice {
            count,
            selected: None,
            answer: self.newest_master(place, target),
        }
    }

    /// The vhid once for each time it has the address, if it runs.
    fn matches(&self, slot: u16, target: Ipv4Addr) -> impl Iterator<Item = u16> {
        let vhid = &self.vhids[usize::from(slot)];
        let runs = !self.kernel.carp_interfaces || (vhid.up && vhid.running);
        let is_target = move |address: &&IpAddr| **address == IpAddr::V4(target);
        vhid.setup
            .addresses
            .iter()
            .filter(is_target)
            .filter(move |_| runs)
            .map(move |_| slot)
    }

    /// The hash chain of addresses has the newest first (`INADDR_HASH`).
    fn newest_master(&self, interface: &Interface, target: Ipv4Addr) -> Option<u8> {
        interface
            .attached
            .iter()
            .rev()
            .filter(|(address, _)| *address == IpAddr::V4(target))
            .map(|(_, slot)| &self.vhids[usize::from(*slot)])
            .find(|vhid| {
                let runs = !self.kernel.carp_interfaces || (vhid.up && vhid.running);
                runs && vhid.state == State::Master
            })
            .map(|vhid| vhid.vhid)
    }
}
