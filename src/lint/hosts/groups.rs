//! Vhids over all hosts.

use std::collections::BTreeMap;

use super::Hosts;
use crate::model::{SegmentName, Vhid, VhidConfig};

/// A vhid on a segment, and the hosts that are configured with it at boot.
#[derive(Debug)]
pub struct VhidGroup<'h> {
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
    /// The vhids of all hosts, by segment and number.
    #[must_use]
    pub fn groups(&self) -> Vec<VhidGroup<'_>> {
        let mut groups: BTreeMap<(&SegmentName, Vhid), Vec<Member<'_>>> = BTreeMap::new();
        for (host, config) in self.configs.iter().enumerate() {
            for vhid in &config.vhids {
                let members = groups.entry((&vhid.segment, vhid.vhid)).or_default();
                members.push(Member { host, config: vhid });
            }
        }
        groups
            .into_iter()
            .map(|((segment, vhid), members)| VhidGroup {
                segment,
                vhid,
                members,
            })
            .collect()
    }
}
