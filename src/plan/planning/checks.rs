//! What must be right before anything is planned.

use super::{Found, PlannedHost};
use crate::model::{Cluster, HostName, SegmentName, Vhid};
use crate::plan::boot::BootProblem;
use crate::plan::change::Change;
use crate::plan::order::{HostPart, acceptance_vhids, changes_acceptance};

/// Why there is no plan. Nothing has been done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The host runs another release than the description says.
    #[error("{host} runs {runs}, and the description says {described}")]
    Release {
        /// The host.
        host: HostName,
        /// What it runs.
        runs: String,
        /// What is described.
        described: String,
        /// The family that it runs.
        family: &'static str,
    },
    /// None of the host's own addresses is on the machine.
    #[error(
        "{host} has none of the addresses that are described for it ({addresses}): is {destination} the right machine?"
    )]
    WrongMachine {
        /// The host.
        host: HostName,
        /// Its addresses.
        addresses: String,
        /// Where it was looked for.
        destination: String,
    },
    /// An interface does not exist.
    #[error("{host} has no interface {interface}; it has {others}")]
    NoInterface {
        /// The host.
        host: HostName,
        /// The interface.
        interface: String,
        /// Those that it has.
        others: String,
    },
    /// A file could not be read.
    #[error("{host}: {path} cannot be read: {why}")]
    Unreadable {
        /// The host.
        host: HostName,
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
    /// The boot files cannot be edited.
    #[error("{host}: {problem}")]
    Boot {
        /// The host.
        host: HostName,
        /// What is in the way.
        problem: BootProblem,
    },
    /// Hosts that change together are not all among those that are chosen.
    #[error(
        "vhid {vhid} on {segment} must change on {hosts} together: {left_out} would keep what it has, and both would be master"
    )]
    LeftOut {
        /// The segment.
        segment: SegmentName,
        /// The vhid.
        vhid: Vhid,
        /// The hosts that change it.
        hosts: String,
        /// The one that is left out.
        left_out: String,
    },
}

/// What must be right about a host before anything is planned.
pub(super) fn check(found: &Found<'_>) -> Result<(), PlanError> {
    let (node, observed) = (found.node, found.observed);
    let host = || node.name.clone();
    if observed.release != node.release {
        return Err(PlanError::Release {
            host: host(),
            runs: observed.release_text.clone(),
            described: node.release.to_string(),
            family: observed.release.as_str(),
        });
    }
    let own: Vec<_> = node
        .interfaces
        .iter()
        .flat_map(|interface| &interface.addresses)
        .collect();
    let has = |address| {
        observed
            .interfaces
            .iter()
            .flat_map(|shown| &shown.addresses)
            .any(|shown| shown.address == address)
    };
    if !own.is_empty() && !own.iter().any(|address| has(address.addr())) {
        let addresses: Vec<String> = own
            .iter()
            .map(|address| address.addr().to_string())
            .collect();
        return Err(PlanError::WrongMachine {
            host: host(),
            addresses: addresses.join(", "),
            destination: node.ssh.clone(),
        });
    }
    for interface in &found.wanted.interfaces {
        if !observed
            .interfaces
            .iter()
            .any(|shown| shown.name == interface.name.as_str())
        {
            let others: Vec<&str> = observed
                .interfaces
                .iter()
                .map(|shown| shown.name.as_str())
                .collect();
            return Err(PlanError::NoInterface {
                host: host(),
                interface: interface.name.to_string(),
                others: others.join(", "),
            });
        }
    }
    if let Some(file) = observed.unreadable.first() {
        return Err(PlanError::Unreadable {
            host: host(),
            path: file.path.clone(),
            why: file.why.clone(),
        });
    }
    Ok(())
}

/// Hosts that must change together are all chosen, or none.
pub(super) fn check_choice(
    cluster: &Cluster,
    hosts: &[PlannedHost],
    chosen: &dyn Fn(&HostName) -> bool,
) -> Result<(), PlanError> {
    let parts: Vec<HostPart> = hosts.iter().map(|host| host.part.clone()).collect();
    for (segment, vhid) in acceptance_vhids(&parts, 1) {
        let changing: Vec<&HostName> = hosts
            .iter()
            .filter(|host| host.part.changes_acceptance_of(&segment, vhid))
            .map(|host| &host.host)
            .collect();
        if !changing.iter().any(|host| chosen(host)) {
            continue;
        }
        let members = cluster
            .vhids
            .iter()
            .find(|spec| spec.segment == segment && spec.id == vhid);
        let away = |host: &HostName| cluster.node(host).is_none_or(|node| node.away.is_some());
        let unseen = members
            .into_iter()
            .flat_map(|spec| &spec.order)
            .filter(|host| !away(host) && !hosts.iter().any(|other| other.host == **host));
        let left_out = changing
            .iter()
            .copied()
            .filter(|host| !chosen(host))
            .chain(unseen)
            .next();
        if let Some(left_out) = left_out {
            let names: Vec<&str> = changing.iter().map(|host| host.as_str()).collect();
            return Err(PlanError::LeftOut {
                segment,
                vhid,
                hosts: names.join(" and "),
                left_out: left_out.to_string(),
            });
        }
    }
    Ok(())
}

impl HostPart {
    fn changes_acceptance_of(&self, segment: &SegmentName, vhid: Vhid) -> bool {
        let about = |change: &&Change| {
            change
                .vhid()
                .is_some_and(|own| own.segment == *segment && own.vhid == vhid)
        };
        self.changes
            .iter()
            .filter(about)
            .any(|change| changes_acceptance(change, &self.changes))
    }
}
