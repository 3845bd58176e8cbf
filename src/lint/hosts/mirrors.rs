//! Vhids of hosts that share a job: who is preferred, and which share a VIP (release 9).

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use super::{Hosts, VhidGroup};
use crate::dialect::parse::FileKind;
use crate::model::{KnownSysctl, Mode, SegmentName, VhidConfig};

/// An IPv4 address that several vhids of a host have, on hosts of release 9.
#[derive(Debug)]
pub struct SharedVip<'h> {
    /// The segment.
    pub segment: &'h SegmentName,
    /// The address.
    pub address: Ipv4Addr,
    /// The hosts by name, each with its vhids that have the address in the order in which they are configured.
    pub holders: Vec<(usize, Vec<&'h VhidConfig>)>,
}

impl Hosts<'_> {
    /// The addresses that two or more carp interfaces of one host have.
    #[must_use]
    pub fn shared_vips(&self) -> Vec<SharedVip<'_>> {
        let mut found: BTreeMap<(&SegmentName, Ipv4Addr), BTreeMap<usize, Vec<&VhidConfig>>> =
            BTreeMap::new();
        for (host, config) in self.configs.iter().enumerate() {
            for vhid in config.vhids.iter().filter(|vhid| vhid.carp_unit.is_some()) {
                for vip in &vhid.vips {
                    if let IpAddr::V4(address) = vip.address() {
                        let holders = found.entry((&vhid.segment, address)).or_default();
                        holders.entry(host).or_default().push(vhid);
                    }
                }
            }
        }
        let shared = found
            .into_iter()
            .map(|((segment, address), holders)| SharedVip {
                segment,
                address,
                holders: holders
                    .into_iter()
                    .filter(|(_, vhids)| vhids.len() > 1)
                    .collect(),
            });
        shared.filter(|vip| !vip.holders.is_empty()).collect()
    }

    /// Whether a host balances ARP; `None` where no sysctl file was given.
    #[must_use]
    pub fn balances(&self, host: usize) -> Option<bool> {
        let host = &self.hosts[host];
        let given = host.has(FileKind::SysctlConf);
        given.then(|| host.sysctl(KnownSysctl::ARPBALANCE).unwrap_or(0) != 0)
    }

    /// Whether a host preempts; `None` where no sysctl file was given.
    #[must_use]
    pub fn preempts(&self, host: usize) -> Option<bool> {
        let host = &self.hosts[host];
        let given = host.has(FileKind::SysctlConf);
        given.then(|| host.sysctl(KnownSysctl::PREEMPT).unwrap_or(0) != 0)
    }

    /// The hosts of a vhid, the preferred master first. `None` where two of them are equal, where one stands there
    /// twice, or where not all speak CARP.
    #[must_use]
    pub fn order(&self, group: &VhidGroup<'_>) -> Option<Vec<usize>> {
        let mut ranked = Vec::new();
        for member in &group.members {
            let Mode::Carp {
                advbase, advskew, ..
            } = member.config.mode
            else {
                return None;
            };
            let legacy = self.hosts[member.host].is_legacy();
            let skew = if legacy { advskew } else { advskew.effective() };
            ranked.push((advbase, skew, member.host));
        }
        ranked.sort_unstable();
        let equal = ranked
            .windows(2)
            .any(|pair| (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1));
        let mut hosts: Vec<usize> = ranked.into_iter().map(|(_, _, host)| host).collect();
        let order = hosts.clone();
        hosts.sort_unstable();
        hosts.dedup();
        (!equal && hosts.len() == order.len()).then_some(order)
    }
}

impl SharedVip<'_> {
    /// Some of its hosts balance ARP, and some do not.
    #[must_use]
    pub fn differs(&self, hosts: &Hosts<'_>) -> bool {
        let known = || {
            self.holders
                .iter()
                .filter_map(|(host, _)| hosts.balances(*host))
        };
        known().any(|on| on) && known().any(|on| !on)
    }
}
