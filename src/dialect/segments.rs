//! Which interfaces of several hosts are on one segment, as far as their configuration tells.

use std::net::IpAddr;

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
    let mut names: Vec<SegmentName> = Vec::new();
    let mut segment_of: Vec<usize> = Vec::new();
    for (index, own) in known.iter().enumerate() {
        let earlier = known[..index]
            .iter()
            .position(|other| other.host != own.host && own.shares_segment(other));
        let segment = earlier.map_or_else(
            || {
                let interface = &hosts[own.host].interfaces[own.position];
                names.push(free_name(&interface.name.variable_part(), &names));
                names.len() - 1
            },
            |earlier| segment_of[earlier],
        );
        segment_of.push(segment);
    }
    for (own, segment) in known.iter().zip(&segment_of) {
        let config = &mut hosts[own.host];
        let interface = &mut config.interfaces[own.position];
        interface.segment = names[*segment].clone();
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
    let mut made: Vec<(InterfaceConfig, Vec<ipnet::IpNet>)> = Vec::new();
    for vhid in &mut config.vhids {
        if config.interfaces.iter().any(|i| i.name == vhid.interface) {
            continue;
        }
        let nets: Vec<ipnet::IpNet> = vhid.vips.iter().map(|vip| vip.net()).collect();
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

fn free_name(wanted: &str, taken: &[SegmentName]) -> SegmentName {
    let name = |text: &str| {
        SegmentName::new(text)
            .ok()
            .filter(|name| !taken.contains(name))
    };
    name(wanted)
        .or_else(|| (2..).find_map(|number: u32| name(&format!("{wanted}_{number}"))))
        .expect("one of endless numbers is free, and a name with a number is a name")
}

/// What is known of an interface.
struct Known {
    host: usize,
    position: usize,
    name: String,
    own: Vec<ipnet::IpNet>,
    vips: Vec<ipnet::IpNet>,
}

impl Known {
    fn of(host: usize, position: usize, config: &HostConfig, interface: &InterfaceConfig) -> Self {
        let on_it = |vhid: &&VhidConfig| vhid.interface == interface.name;
        let vhids = config.vhids.iter().filter(on_it);
        Self {
            host,
            position,
            name: interface.name.to_string(),
            // A link-local address is on every segment.
            own: interface
                .addresses
                .iter()
                .copied()
                .filter(|net| !is_link_local(net.addr()))
                .collect(),
            vips: vhids
                .flat_map(|vhid| vhid.vips.iter().map(|vip| vip.net()))
                .filter(|net| !is_link_local(net.addr()))
                .collect(),
        }
    }

    fn shares_segment(&self, other: &Self) -> bool {
        if !self.own.is_empty() && !other.own.is_empty() {
            return pairs(&self.own, &other.own).any(|(a, b)| overlap(a, b));
        }
        let same_vip = pairs(&self.vips, &other.vips).any(|(a, b)| a.addr() == b.addr());
        let subnets = |nets: &[ipnet::IpNet]| -> Vec<ipnet::IpNet> {
            let shorter = nets
                .iter()
                .filter(|net| net.prefix_len() < net.max_prefix_len());
            shorter.copied().collect()
        };
        let (ours, theirs) = (
            [subnets(&self.vips), self.own.clone()].concat(),
            [subnets(&other.vips), other.own.clone()].concat(),
        );
        if same_vip
            || pairs(&ours, &theirs).any(|(a, b)| overlap(a, b))
            || pairs(&ours, &other.vips).any(|(net, vip)| net.contains(&vip.addr()))
            || pairs(&theirs, &self.vips).any(|(net, vip)| net.contains(&vip.addr()))
        {
            return true;
        }
        // Addresses alone, without a subnet on either side, tell nothing.
        ours.is_empty() && theirs.is_empty() && self.name == other.name
    }
}

fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local())
}

fn pairs<'n>(
    ours: &'n [ipnet::IpNet],
    theirs: &'n [ipnet::IpNet],
) -> impl Iterator<Item = (&'n ipnet::IpNet, &'n ipnet::IpNet)> {
    ours.iter()
        .flat_map(move |a| theirs.iter().map(move |b| (a, b)))
}

fn overlap(a: &ipnet::IpNet, b: &ipnet::IpNet) -> bool {
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
