//! What the hosts say together, by majority.

use std::collections::BTreeSet;

use super::numbers::Rules;
use super::vhids::{self, DraftVhid};
use super::{KeyUse, free_segment, most, same_key};
use crate::model::{
    AdvBase, ClusterName, HostConfig, HostName, IfName, InterfaceConfig, Key, KnownSysctl,
    RcTarget, Release, SegmentName, Sysctl,
};

/// A description in the making. Its keys are texts.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) name: ClusterName,
    pub(super) release: Release,
    pub(super) preempt: bool,
    pub(super) arpbalance: bool,
    pub(super) sysctls: Vec<Sysctl>,
    pub(super) advbase: AdvBase,
    pub(super) pass: Option<Key>,
    pub(super) rules: Rules,
    pub(super) rc_target: RcTarget,
    pub(super) segments: Vec<(SegmentName, Vec<String>)>,
    pub(super) nodes: Vec<DraftNode>,
    pub(super) vhids: Vec<DraftVhid>,
}

/// A node.
#[derive(Debug)]
pub(super) struct DraftNode {
    pub(super) name: HostName,
    pub(super) release: Release,
    pub(super) rc_target: RcTarget,
    pub(super) cloned_interfaces: Vec<IfName>,
    pub(super) interfaces: Vec<InterfaceConfig>,
}

impl Draft {
    pub(super) fn of(name: &ClusterName, hosts: &[HostConfig]) -> Self {
        let mut vhids = vhids::vhids(hosts);
        let rules = Rules::of(&vhids);
        vhids::number_units(hosts, &mut vhids);
        let legacy = |host: &&HostConfig| host.release.has_carp_interfaces();
        Self {
            name: name.clone(),
            release: most(hosts.iter().map(|host| host.release)).unwrap_or(Release::R15),
            preempt: flag(hosts.iter(), KnownSysctl::PREEMPT),
            arpbalance: flag(hosts.iter().filter(legacy), KnownSysctl::ARPBALANCE),
            sysctls: sysctls(hosts),
            advbase: most(vhids.iter().filter_map(DraftVhid::advbase)).unwrap_or(AdvBase::DEFAULT),
            pass: common_pass(&vhids),
            rules,
            rc_target: most(hosts.iter().map(|host| host.rc_target)).unwrap_or_default(),
            segments: segments(hosts),
            nodes: hosts.iter().map(node).collect(),
            vhids,
        }
    }

    /// The distinct keys in the order in which they appear in the text.
    pub(super) fn keys(&self) -> Vec<KeyUse<'_>> {
        let mut uses: Vec<KeyUse<'_>> = Vec::new();
        let own = self
            .vhids
            .iter()
            .filter_map(|vhid| Some((vhid.key()?, (&vhid.segment, vhid.id))));
        let common = self.pass.iter().filter_map(|pass| {
            let mut with = own.clone();
            with.find(|(key, _)| same_key(Some(*key), Some(pass)))
        });
        for (key, vhid) in common.chain(own.clone()) {
            let Some(secret) = key.text() else { continue };
            if !uses.iter().any(|known| known.secret == secret) {
                uses.push(KeyUse { secret, vhid });
            }
        }
        uses
    }
}

/// The key of most vhids, if there is one.
fn common_pass(vhids: &[DraftVhid]) -> Option<Key> {
    let keys: Vec<&Key> = vhids.iter().filter_map(DraftVhid::key).collect();
    most(keys).cloned()
}

fn flag<'h>(hosts: impl Iterator<Item = &'h HostConfig>, name: &str) -> bool {
    most(hosts.map(|host| host.sysctl(name).unwrap_or(0) != 0)).unwrap_or(false)
}

/// The further sysctls, with the value of most hosts that have them. A host that does not set one has the kernel's
/// default.
fn sysctls(hosts: &[HostConfig]) -> Vec<Sysctl> {
    let mut names: Vec<&str> = Vec::new();
    for sysctl in hosts.iter().flat_map(|host| &host.sysctls) {
        let own = [KnownSysctl::PREEMPT, KnownSysctl::ARPBALANCE];
        if !own.contains(&sysctl.name.as_str()) && !names.contains(&sysctl.name.as_str()) {
            names.push(&sysctl.name);
        }
    }
    let voted = names.into_iter().filter_map(|name| {
        let known = KnownSysctl::named(name)?;
        let having = hosts.iter().filter(|host| known.exists_in(host.release));
        let value = most(having.map(|host| host.sysctl(name)))??;
        (known.min..=known.max)
            .contains(&value)
            .then(|| Sysctl::new(name, value))
    });
    voted.collect()
}

/// The segments with the subnets of the own addresses there.
fn segments(hosts: &[HostConfig]) -> Vec<(SegmentName, Vec<String>)> {
    let mut segments: Vec<(SegmentName, BTreeSet<ipnet::IpNet>)> = Vec::new();
    for interface in hosts.iter().flat_map(|host| &host.interfaces) {
        let place = segments
            .iter()
            .position(|(name, _)| *name == interface.segment)
            .unwrap_or_else(|| {
                segments.push((interface.segment.clone(), BTreeSet::new()));
                segments.len() - 1
            });
        let link_local = |net: &ipnet::IpNet| matches!(net, ipnet::IpNet::V6(v6) if v6.addr().is_unicast_link_local());
        let subnets = interface.addresses.iter().filter(|net| !link_local(net));
        segments[place].1.extend(subnets.map(ipnet::IpNet::trunc));
    }
    segments
        .into_iter()
        .map(|(name, nets)| (name, nets.iter().map(ToString::to_string).collect()))
        .collect()
}

fn node(host: &HostConfig) -> DraftNode {
    DraftNode {
        name: host.host.clone(),
        release: host.release,
        rc_target: host.rc_target,
        cloned_interfaces: host.cloned_interfaces.clone(),
        interfaces: host.interfaces.clone(),
    }
}

/// A description has at most one interface of a node in a segment: a second one gets a segment of its own.
pub(super) fn one_interface_in_a_segment(hosts: &[HostConfig]) -> Vec<HostConfig> {
    let mut hosts = hosts.to_vec();
    let mut taken: BTreeSet<SegmentName> = hosts
        .iter()
        .flat_map(|host| host.interfaces.iter().map(|i| i.segment.clone()))
        .collect();
    for host in &mut hosts {
        let mut seen: BTreeSet<SegmentName> = BTreeSet::new();
        for interface in &mut host.interfaces {
            if seen.insert(interface.segment.clone()) {
                continue;
            }
            let own = free_segment(&interface.name, |name| taken.contains(name));
            taken.insert(own.clone());
            seen.insert(own.clone());
            interface.segment = own.clone();
            let on_it = host
                .vhids
                .iter_mut()
                .filter(|vhid| vhid.interface == interface.name);
            on_it.for_each(|vhid| vhid.segment = own.clone());
        }
    }
    hosts
}
