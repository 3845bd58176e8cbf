//! From what the kernel is left with to the configuration of the host.

use std::collections::{BTreeMap, BTreeSet};

use super::super::boot::Boot;
use super::super::shell::Variables;
use super::super::sysctl::SysctlLine;
use super::kernel::{Group, Kernel};
use super::{HostStatement, Rejected, RejectedReason, files, is_carp_interface};
use crate::model::{
    HostConfig, HostName, IfName, InterfaceConfig, KnownSysctl, OwnAddress, Place, RcTarget,
    Release, SegmentName, Sysctl, Vhid, VhidConfig, Vip,
};

/// What is known when the configuration is put together.
pub(super) struct Reading<'r, 'a> {
    pub(super) host: &'r HostName,
    pub(super) release: Release,
    pub(super) variables: &'r Variables<'a>,
    pub(super) boot: &'r Boot,
    pub(super) paths: &'r [&'a str],
}

impl Reading<'_, '_> {
    pub(super) fn config(
        &self,
        statements: &[HostStatement],
        sysctls: &[SysctlLine],
    ) -> (HostConfig, Vec<Rejected>) {
        let mut kernel = Kernel::new(self.release);
        let known: BTreeSet<&str> = self.boot.interfaces.iter().map(String::as_str).collect();
        for statement in statements {
            kernel.run(&statement.statement, &known);
        }
        let interfaces = self.interfaces(&kernel);
        let vhids = self.vhids(&mut kernel, &interfaces);
        let sysctls = self.sysctls(sysctls, &mut kernel.rejected);
        let config = HostConfig {
            host: self.host.clone(),
            release: self.release,
            rc_target: self.rc_target(&kernel),
            cloned_interfaces: self.other_clones(),
            interfaces,
            vhids,
            sysctls,
        };
        (config, kernel.rejected)
    }

    fn segment(name: &IfName) -> SegmentName {
        SegmentName::new(&name.variable_part())
            .expect("an interface name without punctuation is a segment name")
    }

    /// The interfaces that have addresses or vhids.
    fn interfaces(&self, kernel: &Kernel) -> Vec<InterfaceConfig> {
        let legacy = self.release.has_carp_interfaces();
        let mut own: BTreeMap<&str, Vec<OwnAddress>> = BTreeMap::new();
        for held in kernel.held.iter() {
            let addresses = own.entry(&held.interface).or_default();
            addresses.extend(held.vhid.is_none().then(|| held.vip.net()));
        }
        for group in kernel.groups() {
            own.entry(&group.interface).or_default();
        }
        let names = self
            .boot
            .interfaces
            .iter()
            .filter(|name| !(legacy && is_carp_interface(name)));
        let interfaces = names.filter_map(|name| {
            let addresses = own.remove(name.as_str())?;
            let name = IfName::new(name).ok()?;
            Some(InterfaceConfig {
                segment: Self::segment(&name),
                manage: !addresses.is_empty(),
                first_alias: self.first_alias(&name),
                addresses,
                name,
            })
        });
        interfaces.collect()
    }

    /// The lowest number among the aliases of an interface.
    fn first_alias(&self, name: &IfName) -> u32 {
        let prefix = format!("ifconfig_{}_alias", name.variable_part());
        let numbers = self
            .variables
            .names_from(&prefix)
            .filter_map(|name| name[prefix.len()..].parse().ok());
        numbers.min().unwrap_or(0)
    }

    /// The vhids. From 10 on their order means nothing to the kernel, and they come in ascending order; up to 9 it
    /// is that in which the carp interfaces are configured.
    fn vhids(&self, kernel: &mut Kernel, interfaces: &[InterfaceConfig]) -> Vec<VhidConfig> {
        let mut vhids = Vec::new();
        let mut rejected = Vec::new();
        let mut held: BTreeMap<(&str, Option<Vhid>), Vec<Vip>> = BTreeMap::new();
        for address in kernel.held.iter() {
            held.entry((&address.interface, address.vhid))
                .or_default()
                .push(address.vip);
        }
        for group in kernel.groups() {
            let Some(vhid) = group.vhid else { continue };
            let of_vhid = group.vhid.filter(|_| group.unit.is_none());
            let mut vips = held
                .remove(&(group.interface.as_str(), of_vhid))
                .unwrap_or_default();
            vips.sort_by_key(|vip| vip.family());
            let Some(interface) = carrier(group, &vips, interfaces, &mut rejected) else {
                continue;
            };
            let segment = Self::segment(&interface);
            let mode = group.mode();
            vhids.push(VhidConfig {
                vhid,
                segment,
                interface,
                carp_unit: group.unit,
                vips,
                mode,
            });
        }
        if !self.release.has_carp_interfaces() {
            vhids.sort_by_key(|vhid| vhid.vhid);
        }
        kernel.rejected.extend(rejected);
        vhids
    }

    /// The sysctls of CARP; of one that is set twice the last value counts.
    fn sysctls(&self, lines: &[SysctlLine], rejected: &mut Vec<Rejected>) -> Vec<Sysctl> {
        let mut sysctls: Vec<Sysctl> = Vec::new();
        for line in lines {
            let ours =
                line.name.starts_with("net.inet.carp.") || line.name == KnownSysctl::PFSYNC_FACTOR;
            let Some(value) = line.value.as_ref().filter(|_| ours) else {
                continue;
            };
            let known = KnownSysctl::named(&line.name)
                .filter(|known| known.writable && known.exists_in(self.release));
            match (known, value.parse::<i64>()) {
                (Some(_), Ok(value)) => {
                    match sysctls.iter_mut().find(|sysctl| sysctl.name == line.name) {
                        Some(sysctl) => sysctl.value = value,
                        None => sysctls.push(Sysctl::new(&line.name, value)),
                    }
                }
                (None, _) => rejected.push(Rejected {
                    place: line.place,
                    reason: RejectedReason::Sysctl,
                }),
                (_, Err(_)) => rejected.push(Rejected {
                    place: line.value_place,
                    reason: RejectedReason::Sysctl,
                }),
            }
        }
        sysctls
    }

    fn path(&self, place: Place) -> &str {
        self.paths
            .get(usize::from(place.file.0))
            .map_or("", |path| files::flat(path))
    }

    /// Where the first vhid stands.
    fn rc_target(&self, kernel: &Kernel) -> RcTarget {
        let network = |group: &Group| self.path(group.place).starts_with("rc.conf.d/");
        if kernel.groups().next().is_some_and(network) {
            RcTarget::Network
        } else {
            RcTarget::RcConf
        }
    }

    /// Clones besides those of CARP (release 9).
    fn other_clones(&self) -> Vec<IfName> {
        let listed = self
            .variables
            .get("cloned_interfaces")
            .filter(|_| self.release.has_carp_interfaces());
        let words = listed.map_or(Vec::new(), |assignment| self.variables.words(assignment));
        let others = words.iter().filter(|word| !is_carp_interface(word.text()));
        others
            .filter_map(|word| IfName::new(word.text()).ok())
            .collect()
    }
}

/// The interface that carries a vhid: up to 9 the one with a subnet that holds its first address; where no file tells
/// it, the carp interface itself stands in.
fn carrier(
    group: &Group,
    vips: &[Vip],
    interfaces: &[InterfaceConfig],
    rejected: &mut Vec<Rejected>,
) -> Option<IfName> {
    if group.unit.is_none() {
        return IfName::new(&group.interface).ok();
    }
    let holds = |interface: &&InterfaceConfig| {
        vips.iter().any(|vip| {
            interface
                .addresses
                .iter()
                .any(|own| own.contains(&vip.address()))
        })
    };
    if let Some(interface) = interfaces.iter().find(holds) {
        return Some(interface.name.clone());
    }
    if interfaces
        .iter()
        .any(|interface| !interface.addresses.is_empty())
        && !vips.is_empty()
    {
        rejected.push(Rejected {
            place: group.place,
            reason: RejectedReason::NoParent,
        });
    }
    IfName::new(&group.interface).ok()
}
