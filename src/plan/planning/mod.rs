//! From a description and what was found on its hosts to a plan.

mod alternatives;
mod checks;
mod unseen;

use std::collections::BTreeSet;

use crate::dialect::parse::ShownState;
use crate::model::{
    Cluster, HostConfig, HostName, InterfaceConfig, Key, KnownSysctl, Mode, Node, Sysctl,
    VhidConfig, Vip,
};
use crate::plan::boot::{BootEdits, BootInput, BootOptions, FileEdit, boot_edits};
use crate::plan::change::{Extra, Running, changes};
use crate::plan::drift::{Difference, missing_addresses};
use crate::plan::observed::{CarpSupport, Observed};
use crate::plan::order::{Candidate, HostPart, best, naive};
use crate::plan::prediction::Present;
use crate::plan::roles::{masters, vhids_in};

use alternatives::alternatives;
use checks::{check, check_choice};

pub use alternatives::OwnVhid;
pub use checks::PlanError;
use unseen::{Seen, unseen};

/// What may be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanOptions {
    /// Lines about the described vhids are moved into a block of ours.
    pub adopt: bool,
    /// What nobody declared is taken away.
    pub prune: bool,
    /// A host that comes new serves at once.
    pub join_now: bool,
    /// Only boot files change.
    pub boot_only: bool,
}

/// A host that was looked at.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// As it is described.
    pub node: &'a Node,
    /// What it is to be configured with. Keys are texts.
    pub wanted: &'a HostConfig,
    /// As it is.
    pub observed: &'a Observed,
}

/// A host of a plan.
#[derive(Clone, Debug)]
pub struct PlannedHost {
    /// Its name.
    pub host: HostName,
    /// The vhids that are described for it.
    pub described: Vec<VhidConfig>,
    /// As it is, and what changes while it runs.
    pub part: HostPart,
    /// What changes in its boot files.
    pub files: Vec<FileEdit>,
    /// What it has though nobody declared it; left alone.
    pub extras: Vec<Extra>,
    /// The own addresses that are described and that it does not have. They are not changed while it runs.
    pub missing: Vec<Difference>,
    /// Its keys could not be compared with those that run.
    pub keys_not_compared: bool,
}

impl PlannedHost {
    /// Nothing changes.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.files.is_empty() && self.part.changes.is_empty()
    }
}

/// A plan.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The hosts that were looked at, those that do not change included.
    pub hosts: Vec<PlannedHost>,
    /// The steps, and what they do.
    pub chosen: Candidate,
    /// What somebody would do who goes from host to host.
    pub naive: Candidate,
    /// What would cost nothing instead.
    pub alternatives: Vec<OwnVhid>,
    /// Hosts that were not looked at and must be serving, with what they serve. They take part in the simulation, behind the
    /// hosts of the plan.
    pub unseen: Vec<Present>,
}

impl Plan {
    /// Nothing changes on any host.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hosts.iter().all(PlannedHost::is_unchanged)
    }
}

/// Makes a plan.
///
/// `chosen` are the hosts that may change; the others are only looked at. `others` is how the hosts are described that were
/// not looked at, those first that are more likely to be there.
///
/// # Errors
///
/// [`PlanError`]: the first thing that must be put right before anything can be planned.
pub fn plan(
    cluster: &Cluster,
    found: &[Found<'_>],
    others: &[HostConfig],
    chosen: &dyn Fn(&HostName) -> bool,
    options: PlanOptions,
) -> Result<Plan, PlanError> {
    for host in found {
        check(host)?;
    }
    let mut present: Vec<Present> = found.iter().map(present).collect();
    let unseen = unseen(&seen(found, &present), others);
    // Who joins need not know whether those who serve were looked at.
    present.extend_from_slice(&unseen);
    let mut hosts = Vec::new();
    for (place, host) in found.iter().enumerate() {
        let edits = edits(host, options)?;
        hosts.push(planned(host, &present, place, edits, options));
    }
    check_choice(cluster, &hosts, chosen)?;
    for host in hosts.iter_mut().filter(|host| !chosen(&host.host)) {
        host.files.clear();
        host.part.changes.clear();
    }
    let still = unseen.iter().map(|present| HostPart {
        present: present.clone(),
        changes: Vec::new(),
        joins_demoted: false,
    });
    let parts: Vec<HostPart> = hosts
        .iter()
        .map(|host| host.part.clone())
        .chain(still)
        .collect();
    let chosen = best(&parts);
    Ok(Plan {
        unseen,
        alternatives: alternatives(cluster, &parts, &chosen),
        naive: naive(&parts),
        chosen,
        hosts,
    })
}

/// The hosts with what they are backups of.
fn seen<'a>(found: &[Found<'_>], present: &'a [Present]) -> Vec<Seen<'a>> {
    let hosts = found.iter().zip(present);
    hosts
        .map(|(found, present)| Seen {
            present,
            backup_of: vhids_in(
                ShownState::Backup,
                found.observed,
                &present.config.interfaces,
            ),
        })
        .collect()
}

/// A host as the simulation takes it: the described interfaces, on their segments, with what runs on them.
#[must_use]
pub fn present(found: &Found<'_>) -> Present {
    let live = found.observed.live();
    let mut config = found.wanted.clone();
    let addresses = |name: &crate::model::IfName| {
        let interface = live
            .interfaces
            .iter()
            .find(|interface| interface.name == *name);
        interface
            .map(|interface| interface.addresses.clone())
            .unwrap_or_default()
    };
    let interfaces = found
        .node
        .interfaces
        .iter()
        .map(|interface| InterfaceConfig {
            name: interface.name.clone(),
            segment: interface.segment.clone(),
            addresses: addresses(&interface.name),
            manage: false,
            first_alias: 0,
        });
    config.interfaces = interfaces.collect();
    config.sysctls = live.sysctls.clone();
    if let Some(demotion) = found.observed.sysctl(KnownSysctl::DEMOTION) {
        config
            .sysctls
            .push(Sysctl::new(KnownSysctl::DEMOTION, demotion));
    }
    let boot = found.observed.reading().config;
    config.vhids = live
        .vhids
        .iter()
        .map(|vhid| with_known_key(vhid, &boot))
        .collect();
    for vhid in &mut config.vhids {
        let interface = config
            .interfaces
            .iter()
            .find(|interface| interface.name == vhid.interface);
        if let Some(interface) = interface {
            vhid.segment = interface.segment.clone();
        }
    }
    let masters = masters(found.observed, &config.interfaces);
    Present { config, masters }
}

/// A vhid whose key cannot be read has the one that the host booted with, as far as that is known.
fn with_known_key(vhid: &VhidConfig, boot: &HostConfig) -> VhidConfig {
    let mut vhid = vhid.clone();
    let same = |other: &&VhidConfig| other.interface == vhid.interface && other.vhid == vhid.vhid;
    let booted = boot.vhids.iter().find(same).map(|other| other.mode.clone());
    if let Mode::Carp { key, .. } = &mut vhid.mode
        && key.as_ref().is_some_and(|key| key.text().is_none())
    {
        *key = match booted {
            Some(Mode::Carp {
                key: Some(Key::Text(text)),
                ..
            }) => Some(Key::Text(text)),
            _ => None,
        };
    }
    vhid
}

fn edits(found: &Found<'_>, options: PlanOptions) -> Result<BootEdits, PlanError> {
    let observed = found.observed;
    let all = observed.files.iter().chain(&observed.outputs);
    let texts: Vec<_> = all
        .map(|file| crate::dialect::parse::HostText {
            path: &file.path,
            text: &file.text,
        })
        .collect();
    let input = BootInput {
        host: &found.node.name,
        release: observed.release,
        files: &texts,
        carp_in_kernel: observed.carp == CarpSupport::Kernel,
        rc_target: found.node.rc_target,
    };
    let options = BootOptions {
        adopt: options.adopt,
        prune: options.prune,
    };
    let host = || found.node.name.clone();
    let edits = boot_edits(&input, found.wanted, options).map_err(|problem| PlanError::Boot {
        host: host(),
        problem,
    })?;
    // What is not UTF-8 would be written back as something else.
    let inexact = edits
        .files
        .iter()
        .find(|edit| observed.inexact.contains(&edit.path));
    match inexact {
        Some(edit) => Err(PlanError::Unreadable {
            host: host(),
            path: edit.path.clone(),
            why: "it has bytes that are no UTF-8, and would be changed".to_owned(),
        }),
        None => Ok(edits),
    }
}

fn planned(
    found: &Found<'_>,
    present: &[Present],
    place: usize,
    edits: BootEdits,
    options: PlanOptions,
) -> PlannedHost {
    let own = &present[place];
    let before = found.observed.reading().config;
    let running = Running {
        config: &own.config,
        has_carp: found.observed.carp != CarpSupport::Absent,
        keys_shown: found.observed.keys_shown(),
    };
    let found_changes = changes(running, found.wanted, |vhid, vip| {
        options.prune || is_gone(&before, &edits.config, vhid, vip)
    });
    // What is booted without a key is taken to run without one.
    let booted = |vhid: &VhidConfig| {
        let mut boot = before.vhids.iter();
        boot.any(|other| other.interface == vhid.interface && other.vhid == vhid.vhid)
    };
    let keys_not_compared = !found.observed.keys_shown()
        && own
            .config
            .vhids
            .iter()
            .any(|vhid| matches!(vhid.mode, Mode::Carp { key: None, .. }) && !booted(vhid));
    let joins = !options.join_now && joins(found.wanted, present, place);
    PlannedHost {
        host: found.node.name.clone(),
        described: found.wanted.vhids.clone(),
        part: HostPart {
            present: own.clone(),
            changes: if options.boot_only {
                Vec::new()
            } else {
                found_changes.changes
            },
            joins_demoted: joins,
        },
        files: edits.files,
        extras: found_changes.extras,
        missing: missing_addresses(&own.config, found.wanted),
        keys_not_compared,
    }
}

/// The boot configured it, and does no more: its line was ours.
fn is_gone(before: &HostConfig, after: &HostConfig, vhid: &VhidConfig, vip: Option<Vip>) -> bool {
    let has = |config: &HostConfig| {
        config.vhids.iter().any(|other| {
            other.interface == vhid.interface
                && other.vhid == vhid.vhid
                && vip.is_none_or(|vip| other.vips.iter().any(|own| own.net() == vip.net()))
        })
    };
    has(before) && !has(after)
}

/// The host has none of its vhids, and others serve some of them.
fn joins(wanted: &HostConfig, present: &[Present], place: usize) -> bool {
    let own = &present[place].config;
    let key = |vhid: &VhidConfig| (vhid.segment.clone(), vhid.vhid);
    let wanted: BTreeSet<_> = wanted.vhids.iter().map(key).collect();
    if own.vhids.iter().any(|vhid| wanted.contains(&key(vhid))) {
        return false;
    }
    let others = present
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != place);
    let mut served = others.flat_map(|(_, host)| &host.masters);
    served.any(|served| wanted.contains(served))
}
