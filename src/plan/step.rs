//! Steps: what is done at one time, on one host or on several at one instant.

use super::action::Action;
use super::change::Change;
use crate::model::VhidConfig;

/// What is done at one time. The next step follows when the cluster has settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is done on the hosts. Several acts begin at one instant, apart from their delays.
    pub acts: Vec<Act>,
}

/// What is done on one host in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// The host, by its place among those of the plan.
    pub host: usize,
    /// How long after the instant of the step.
    pub delay_ms: u32,
    /// What is done, in order.
    pub actions: Vec<Action>,
}

impl Step {
    /// Something that is done on one host.
    #[must_use]
    pub fn on(host: usize, actions: Vec<Action>) -> Self {
        Self {
            acts: vec![Act {
                host,
                delay_ms: 0,
                actions,
            }],
        }
    }

    /// The hosts of the step, each once, in order.
    #[must_use]
    pub fn hosts(&self) -> Vec<usize> {
        let mut hosts: Vec<usize> = self.acts.iter().map(|act| act.host).collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }

    /// What is done on a host, with the delays.
    pub fn acts_of(&self, host: usize) -> impl Iterator<Item = &Act> {
        self.acts.iter().filter(move |act| act.host == host)
    }
}

impl Action {
    /// The vhid that it is about.
    #[must_use]
    pub const fn vhid(&self) -> Option<&VhidConfig> {
        match self {
            Self::Change(change) => change.vhid(),
            Self::Claim(vhid) | Self::Carp { vhid, .. } => Some(vhid),
            Self::Demote(_) => None,
        }
    }
}

impl Change {
    /// The vhid that it is about, as it is afterwards.
    #[must_use]
    pub const fn vhid(&self) -> Option<&VhidConfig> {
        match self {
            Self::LoadModule | Self::Sysctl { .. } => None,
            Self::Parameters { after: vhid, .. }
            | Self::AddVhid(vhid)
            | Self::RemoveVhid(vhid)
            | Self::AddAddress { vhid, .. }
            | Self::RemoveAddress { vhid, .. } => Some(vhid),
        }
    }
}
