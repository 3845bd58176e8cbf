//! Vhids over all hosts.

use std::collections::BTreeMap;

use super::{Hosts, View};
use crate::model::{HostConfig, SegmentName, Vhid, VhidConfig};

/// A vhid on a segment, and the hosts that are configured with it.
#[derive(Debug)]
pub struct VhidGroup<'h> {
    /// Where the configurations come from.
    pub view: View,
    /// The segment.
    pub segment: &'h SegmentName,
    /// The number.
    pub vhid: Vhid,
    /// The hosts, by name. A host with two interfaces on the segment may stand here twice.
    pub members: Vec<Member<'h>>,
}

/// A vhid of one host.
#[derive(Clone, Copy, Debug)]
pub struct Member<'h> {
    /// The position of the host in [`Hosts`].
    pub host: usize,
    /// What it is configured with.
    pub config: &'h VhidConfig,
}

impl Hosts<'_> {
    /// The vhids of all hosts at boot, by segment and number.
    #[must_use]
    pub fn groups(&self) -> Vec<VhidGroup<'_>> {
        grouped(View::Boot, &self.configs)
    }

    /// The vhids of all hosts, source by source.
    #[must_use]
    pub fn all_groups(&self) -> Vec<VhidGroup<'_>> {
        let mut groups = self.groups();
        for (view, configs) in &self.others {
            groups.extend(grouped(*view, configs));
        }
        groups
    }

    /// The vhids that several hosts have, source by source.
    #[must_use]
    pub fn shared_groups(&self) -> Vec<VhidGroup<'_>> {
        let mut groups = self.all_groups();
        groups.retain(VhidGroup::is_shared);
        groups
    }

    /// A vhid of a live script that the boot of its host knows as well.
    #[must_use]
    pub fn is_known_at_boot(&self, member: &Member<'_>) -> bool {
        let boot = &self.configs[member.host].vhids;
        boot.iter().any(|known| {
            known.vhid == member.config.vhid && known.interface == member.config.interface
        })
    }

    /// The groups whose timers can be held against each other: in a live script only those of vhids that are new.
    #[must_use]
    pub fn timed_groups(&self) -> Vec<VhidGroup<'_>> {
        let mut groups = self.shared_groups();
        groups.retain(|group| {
            group.view != View::Live
                || !group
                    .members
                    .iter()
                    .any(|member| self.is_known_at_boot(member))
        });
        groups
    }
}

impl VhidGroup<'_> {
    /// Two hosts or more have the vhid.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        let first = self.members.first().map(|member| member.host);
        self.members.iter().any(|member| Some(member.host) != first)
    }
}

fn grouped(view: View, configs: &[HostConfig]) -> Vec<VhidGroup<'_>> {
    let mut groups: BTreeMap<(&SegmentName, Vhid), Vec<Member<'_>>> = BTreeMap::new();
    for (host, config) in configs.iter().enumerate() {
        for vhid in &config.vhids {
            let members = groups.entry((&vhid.segment, vhid.vhid)).or_default();
            members.push(Member { host, config: vhid });
        }
    }
    let groups = groups.into_iter();
    groups
        .map(|((segment, vhid), members)| VhidGroup {
            view,
            segment,
            vhid,
            members,
        })
        .collect()
}
