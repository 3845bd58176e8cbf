//! Which interfaces of several hosts are on one segment, as far as their configuration tells.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use crate::model::{HostConfig, InterfaceConfig, SegmentName, VhidConfig};

/// Gives the interfaces of all hosts the names of their segments, and the vhids those of their interfaces.
///
/// Two interfaces are on one segment if own addresses on them share a subnet; else, if one of the two has no own
/// address, if a VIP on them is the same or VIP subnets overlap; else, if nothing tells where they are, if their names
/// are equal. A segment is called after the first interface on it, with a number where that is taken.
pub fn join_segments(hosts: &mut [HostConfig]) {
    let known: Vec<Known> = hosts
        .iter()
        .enumerate()
        .flat_map(|(host, config)| {
            let interfaces = config.interfaces.iter().enumerate();
            interfaces
                .map(move |(position, interface)| Known::of(host, position, config, interface))
        })
        .collect();
    let mut joined = Joined::new(known.len());
    join_subnets(&known, &mut joined);
    join_by_vips(&known, &mut joined);
    let mut names: Vec<SegmentName> = Vec::new();
    let mut taken: BTreeSet<SegmentName> = BTreeSet::new();
    let mut name_of: BTreeMap<usize, usize> = BTreeMap::new();
    for (index, own) in known.iter().enumerate() {
        let name = *name_of.entry(joined.root(index)).or_insert_with(|| {
            let interface = &hosts[own.host].interfaces[own.position];
            let name = free_name(&interface.name.variable_part(), &taken);
            taken.insert(name.clone());
            names.push(name);
            names.len() - 1
        });
        let config = &mut hosts[own.host];
        let interface = &mut config.interfaces[own.position];
        interface.segment = names[name].clone();
        for vhid in &mut config.vhids {
            if vhid.interface == interface.name {
                vhid.segment = interface.segment.clone();
            }
        }
    }
}

/// Gives vhids whose interface no file tells one to stand in for it (release 9, where only addresses lead from carpN to
/// it): vhids with addresses of one subnet share one, called after the first of their carp interfaces.
///
/// A host whose files tell the addresses of any interface is left as it is: there is none for such a vhid.
pub fn stand_in_interfaces(config: &mut HostConfig) {
    let told = config
        .interfaces
        .iter()
        .any(|interface| !interface.addresses.is_empty());
    if told {
        return;
    }
    let mut made: Vec<(InterfaceConfig, Vec<IpNet>)> = Vec::new();
    for vhid in &mut config.vhids {
        if config.interfaces.iter().any(|i| i.name == vhid.interface) {
            continue;
        }
        let nets: Vec<IpNet> = vhid.vips.iter().map(|vip| vip.net()).collect();
        let known = made
            .iter_mut()
            .find(|(_, others)| pairs(&nets, others).any(|(a, b)| overlap(a, b)));
        match known {
            Some((interface, others)) => {
                vhid.interface = interface.name.clone();
                vhid.segment = interface.segment.clone();
                others.extend(nets);
            }
            None => made.push((
                InterfaceConfig {
                    name: vhid.interface.clone(),
                    segment: vhid.segment.clone(),
                    addresses: Vec::new(),
                    manage: false,
                    first_alias: 0,
                },
                nets,
            )),
        }
    }
    config.interfaces.extend(made.into_iter().map(|(i, _)| i));
}

/// Own addresses whose subnets overlap: sorted by where they begin, each overlaps the furthest one before it or none.
fn join_subnets(known: &[Known], joined: &mut Joined) {
    let mut subnets: Vec<(bool, u128, u128, usize)> = known
        .iter()
        .enumerate()
        .flat_map(|(index, interface)| {
            interface.own.iter().map(move |net| {
                let (first, last) = (number(net.network()), number(net.broadcast()));
                (net.addr().is_ipv6(), first, last, index)
            })
        })
        .collect();
    subnets.sort_unstable();
    let mut furthest: Option<(bool, u128, usize)> = None;
    for (v6, first, last, index) in subnets {
        match &mut furthest {
            Some((family, end, other)) if *family == v6 && first <= *end => {
                joined.join(index, *other);
                *end = last.max(*end);
            }
            _ => furthest = Some((v6, last, index)),
        }
    }
}

/// Interfaces of which one has no own address: by what their VIPs tell, else by their names.
fn join_by_vips(known: &[Known], joined: &mut Joined) {
    for (index, own) in known.iter().enumerate() {
        for (other, theirs) in known.iter().enumerate() {
            let bare = own.own.is_empty() && (!theirs.own.is_empty() || other < index);
            if bare && own.host != theirs.host && own.shares_segment(theirs) {
                joined.join(index, other);
            }
        }
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

fn free_name(wanted: &str, taken: &BTreeSet<SegmentName>) -> SegmentName {
    let name = |text: &str| {
        SegmentName::new(text)
            .ok()
            .filter(|name| !taken.contains(name))
    };
    name(wanted)
        .or_else(|| (2..).find_map(|number: u32| name(&format!("{wanted}_{number}"))))
        .expect("one of endless numbers is free, and a name with a number is a name")
}

/// Sets of interfaces that are on one segment.
struct Joined(Vec<usize>);

impl Joined {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    /// The first interface of the set.
    fn root(&mut self, index: usize) -> usize {
        let mut root = index;
        while self.0[root] != root {
            root = self.0[root];
        }
        self.0[index] = root;
        root
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        let first = one.min(other);
        self.0[one] = first;
        self.0[other] = first;
    }
}

/// What is known of an interface.
struct Known {
    host: usize,
    position: usize,
    name: String,
    /// Its own addresses, with their subnets.
    own: Vec<IpNet>,
    /// The VIPs on it, with their subnets.
    vips: Vec<IpNet>,
    /// All that tells a subnet: own addresses, and VIPs whose prefix is shorter than their address.
    subnets: Vec<IpNet>,
}

impl Known {
    fn of(host: usize, position: usize, config: &HostConfig, interface: &InterfaceConfig) -> Self {
        let on_it = |vhid: &&VhidConfig| vhid.interface == interface.name;
        let vhids = config.vhids.iter().filter(on_it);
        // A link-local address is on every segment.
        let telling = |net: &IpNet| !is_link_local(net.addr());
        let own: Vec<IpNet> = interface
            .addresses
            .iter()
            .copied()
            .filter(telling)
            .collect();
        let vips = vhids.flat_map(|vhid| vhid.vips.iter().map(|vip| vip.net()));
        let vips: Vec<IpNet> = vips.filter(telling).collect();
        let wide = vips
            .iter()
            .filter(|net| net.prefix_len() < net.max_prefix_len());
        Self {
            host,
            position,
            name: interface.name.to_string(),
            subnets: own.iter().chain(wide).copied().collect(),
            own,
            vips,
        }
    }

    fn shares_segment(&self, other: &Self) -> bool {
        let same_vip = pairs(&self.vips, &other.vips).any(|(a, b)| a.addr() == b.addr());
        if same_vip
            || pairs(&self.subnets, &other.subnets).any(|(a, b)| overlap(a, b))
            || pairs(&self.subnets, &other.vips).any(|(net, vip)| net.contains(&vip.addr()))
            || pairs(&other.subnets, &self.vips).any(|(net, vip)| net.contains(&vip.addr()))
        {
            return true;
        }
        // Addresses alone, without a subnet on either side, tell nothing.
        self.subnets.is_empty() && other.subnets.is_empty() && self.name == other.name
    }
}

fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local())
}

fn pairs<'n>(
    ours: &'n [IpNet],
    theirs: &'n [IpNet],
) -> impl Iterator<Item = (&'n IpNet, &'n IpNet)> {
    ours.iter()
        .flat_map(move |a| theirs.iter().map(move |b| (a, b)))
}

fn overlap(a: &IpNet, b: &IpNet) -> bool {
    a.contains(&b.network()) || b.contains(&a.network())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::parse::{HostText, read_host};
    use crate::model::HostName;

    fn segments(hosts: &[&str]) -> Vec<Vec<String>> {
        let mut configs: Vec<HostConfig> = hosts
            .iter()
            .zip('a'..)
            .map(|(text, name)| {
                let files = [HostText {
                    path: "rc.conf",
                    text,
                }];
                read_host(&HostName::new(&name.to_string()).unwrap(), &files, None).config
            })
            .collect();
        join_segments(&mut configs);
        let names = |config: &HostConfig| {
            config
                .interfaces
                .iter()
                .map(|i| i.segment.to_string())
                .collect()
        };
        configs.iter().map(names).collect()
    }

    #[test]
    fn own_addresses_decide_where_both_have_them() {
        let found = segments(&[
            "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em1=\"inet 10.0.0.2/8\"\nifconfig_em1_alias0=\"inet 10.0.0.1/32 vhid 1 pass k\"\n",
            "ifconfig_em1=\"inet 192.0.2.3/24\"\nifconfig_em0=\"inet 10.0.0.3/8\"\n",
        ]);
        // Interfaces come in the order of the file.
        assert_eq!(found, [["em0", "em1"], ["em0", "em1"]]);
    }

    #[test]
    fn excerpts_are_joined_by_their_vips_and_then_by_name() {
        let vip = |ip: &str| format!("ifconfig_em0_alias0=\"inet {ip} vhid 1 pass k\"\n");
        let of = |a: &str, b: &str| segments(&[&vip(a), &vip(b)]);
        assert_eq!(of("192.0.2.1/24", "192.0.2.1/24"), [["em0"], ["em0"]]);
        assert_eq!(of("192.0.2.1/24", "198.51.100.1/24"), [["em0"], ["em0_2"]]);
        assert_eq!(
            of("192.0.2.1/32", "198.51.100.1/32"),
            [["em0"], ["em0"]],
            "only the names tell"
        );
    }
}
