//! From the cluster to the configuration of one host.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::model::{
    AdvBase, AdvSkew, Cluster, Family, HostConfig, InterfaceConfig, KnownSysctl, Mode, Node,
    NodeInterface, OwnAddress, Peers, Protocol, Release, Sysctl, VhidConfig, VhidSpec, Vip,
};

/// What one node of the cluster is configured with.
///
/// Interfaces that carry no vhid and are not managed are left out. Vhids come in ascending order, so that the
/// kernel's list of release 9, which ARP balancing counts through, is the same on every host
/// (`carp_set_addr` in FreeBSD 9.3 `sys/netinet/ip_carp.c` inserts behind the last smaller vhid).
#[must_use]
pub fn resolve(cluster: &Cluster, node: &Node) -> HostConfig {
    let mut specs: Vec<&VhidSpec> = cluster
        .vhids
        .iter()
        .filter(|vhid| vhid.order.contains(&node.name))
        .collect();
    specs.sort_by_key(|vhid| vhid.id);
    let vhids: Vec<VhidConfig> = specs
        .iter()
        .filter_map(|vhid| vhid_config(cluster, node, vhid))
        .collect();
    let interfaces = node
        .interfaces
        .iter()
        .filter(|interface| {
            interface.manage || vhids.iter().any(|vhid| vhid.segment == interface.segment)
        })
        .map(|interface| InterfaceConfig {
            name: interface.name.clone(),
            segment: interface.segment.clone(),
            addresses: interface.addresses.clone(),
            manage: interface.manage,
            first_alias: interface.first_alias.unwrap_or_else(|| {
                if interface.manage {
                    0
                } else {
                    alias_base(&interface.addresses)
                }
            }),
        })
        .collect();
    HostConfig {
        host: node.name.clone(),
        release: node.release,
        rc_target: node.rc_target,
        cloned_interfaces: if node.release.has_carp_interfaces() {
            node.cloned_interfaces.clone()
        } else {
            Vec::new()
        },
        interfaces,
        vhids,
        sysctls: sysctls(cluster, node.release),
    }
}

/// How many of an interface's own addresses need an alias line: all but the first of each family, which stand in
/// `ifconfig_IF` and `ifconfig_IF_ipv6`.
#[must_use]
pub fn alias_base(addresses: &[OwnAddress]) -> u32 {
    let of = |family| {
        addresses
            .iter()
            .filter(|a| Family::of(a.addr()) == family)
            .count()
            .saturating_sub(1)
    };
    u32::try_from(of(Family::Inet) + of(Family::Inet6)).unwrap_or(u32::MAX)
}

fn vhid_config(cluster: &Cluster, node: &Node, vhid: &VhidSpec) -> Option<VhidConfig> {
    let interface = node.interface(&vhid.segment)?;
    let mode = match &vhid.protocol {
        Protocol::Carp { timers, key, peers } => {
            let other = (*peers == Peers::Unicast)
                .then(|| peer(cluster, node, vhid))
                .flatten();
            let (peer, peer6) =
                other.map_or((None, None), |other| peers_of(&other.addresses, &vhid.vips));
            let advskew = *timers.advskew.get(&node.name)?;
            Mode::Carp {
                advbase: stored_advbase(timers.advbase, advskew, node.release),
                advskew,
                key: key.clone(),
                peer,
                peer6,
            }
        }
        Protocol::Vrrp { interval, priority } => Mode::Vrrp {
            priority: *priority.get(&node.name)?,
            interval: *interval,
        },
    };
    let mut vips: Vec<Vip> = Vec::new();
    for vip in &vhid.vips {
        if !vips.iter().any(|known| known.address() == vip.address()) {
            vips.push(*vip);
        }
    }
    // IPv4 first: the boot scripts run inet aliases before inet6 aliases (up to 14).
    vips.sort_by_key(|vip| vip.family());
    Some(VhidConfig {
        vhid: vhid.id,
        segment: vhid.segment.clone(),
        interface: interface.name.clone(),
        carp_unit: if node.release.has_carp_interfaces() {
            vhid.carp_unit
        } else {
            None
        },
        vips,
        mode,
    })
}

/// What the kernel stores: 0 means "keep" from 10 on, and on 9 without a skew too (`SIOCSVH` in `carp_ioctl`,
/// FreeBSD 9.3 `sys/netinet/ip_carp.c`).
pub(super) fn stored_advbase(advbase: AdvBase, advskew: AdvSkew, release: Release) -> AdvBase {
    let zero_counts = release.has_carp_interfaces() && advskew.number() > 0;
    if advbase.number() == 0 && !zero_counts {
        AdvBase::DEFAULT
    } else {
        advbase
    }
}

/// The one other node of a unicast vhid.
fn peer<'a>(cluster: &'a Cluster, node: &Node, vhid: &'a VhidSpec) -> Option<&'a NodeInterface> {
    cluster
        .members(vhid)
        .find(|(other, _)| other.name != node.name)
        .map(|(_, interface)| interface)
}

/// Where a vhid with these addresses advertises to in unicast: the other node's first address of each family.
pub(super) fn peers_of(other: &[OwnAddress], vips: &[Vip]) -> (Option<Ipv4Addr>, Option<Ipv6Addr>) {
    let has = |family| vips.iter().any(|vip| vip.family() == family);
    let v4 = other.iter().find_map(|address| match address.addr() {
        IpAddr::V4(v4) => Some(v4),
        IpAddr::V6(_) => None,
    });
    let v6 = other.iter().find_map(|address| match address.addr() {
        IpAddr::V6(v6) => Some(v6),
        IpAddr::V4(_) => None,
    });
    (
        v4.filter(|_| has(Family::Inet)),
        v6.filter(|_| has(Family::Inet6)),
    )
}

/// The sysctls of a release. Those that it lacks are left out, which lint says.
fn sysctls(cluster: &Cluster, release: Release) -> Vec<Sysctl> {
    let mut sysctls = vec![Sysctl::new(
        KnownSysctl::PREEMPT,
        i64::from(cluster.preempt),
    )];
    if cluster.arpbalance {
        sysctls.push(Sysctl::new(KnownSysctl::ARPBALANCE, 1));
    }
    sysctls.extend(cluster.sysctls.iter().cloned());
    sysctls.retain(|sysctl| {
        KnownSysctl::named(&sysctl.name).is_some_and(|k| k.writable && k.exists_in(release))
    });
    sysctls
}
