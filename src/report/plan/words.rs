//! Actions in words.

use crate::model::{Mode, VhidConfig};
use crate::plan::action::Action;
use crate::plan::change::{Change, Extra};

/// What is done, without its host: `vhid 1 on em0: advskew 0 -> 100`.
#[must_use]
pub(super) fn action(action: &Action) -> String {
    match action {
        Action::Change(change) => self::change(change),
        Action::Claim(vhid) => format!("{} becomes master at once", name(vhid)),
        Action::Demote(by) if *by > 0 => format!("the host is demoted by {by}: it serves nothing"),
        Action::Demote(by) => format!("the demotion goes down by {}", -by),
        Action::Carp { vhid, up: false } => format!("{} goes down", name(vhid)),
        Action::Carp { vhid, up: true } => format!("{} comes up", name(vhid)),
    }
}

/// What changes.
#[must_use]
pub(super) fn change(change: &Change) -> String {
    match change {
        Change::LoadModule => "the kernel module is loaded".to_owned(),
        Change::Sysctl {
            name,
            before: Some(before),
            after,
        } => format!("{name}: {before} -> {after}"),
        Change::Sysctl {
            name,
            before: None,
            after,
        } => format!("{name}: {after}"),
        Change::Parameters { before, after } => {
            format!("{}: {}", name(after), parameters(&before.mode, &after.mode))
        }
        Change::AddVhid(vhid) => format!("{} is new, with {}", name(vhid), vips(vhid)),
        Change::RemoveVhid(vhid) => format!("{} goes, with {}", name(vhid), vips(vhid)),
        Change::AddAddress { vhid, vip } => format!("{vip} joins {}", name(vhid)),
        Change::RemoveAddress { vhid, vip } => format!("{vip} leaves {}", name(vhid)),
    }
}

/// What nobody declared.
pub(super) fn extra(extra: &Extra) -> String {
    match extra {
        Extra::Vhid(vhid) => format!("{} with {}", name(vhid), vips(vhid)),
        Extra::Address(vhid, vip) => format!("{vip} in {}", name(vhid)),
    }
}

fn name(vhid: &VhidConfig) -> String {
    match vhid.carp_unit {
        Some(unit) => format!("vhid {} (carp{unit})", vhid.vhid),
        None => format!("vhid {} on {}", vhid.vhid, vhid.interface),
    }
}

fn vips(vhid: &VhidConfig) -> String {
    if vhid.vips.is_empty() {
        return "no address".to_owned();
    }
    let vips: Vec<String> = vhid.vips.iter().map(ToString::to_string).collect();
    vips.join(", ")
}

fn parameters(before: &Mode, after: &Mode) -> String {
    let mut words = Vec::new();
    let mut pair = |name: &str, before: String, after: String| {
        if before != after {
            words.push(format!("{name} {before} -> {after}"));
        }
    };
    match (before, after) {
        (
            Mode::Carp {
                advbase,
                advskew,
                key,
                peer,
                peer6,
            },
            Mode::Carp {
                advbase: base,
                advskew: skew,
                key: new,
                peer: to,
                peer6: to6,
            },
        ) => {
            let shown = |address: Option<String>| address.unwrap_or_else(|| "multicast".to_owned());
            pair("advbase", advbase.to_string(), base.to_string());
            pair("advskew", advskew.to_string(), skew.to_string());
            pair(
                "peer",
                shown(peer.map(|a| a.to_string())),
                shown(to.map(|a| a.to_string())),
            );
            pair(
                "peer6",
                shown(peer6.map(|a| a.to_string())),
                shown(to6.map(|a| a.to_string())),
            );
            if key != new {
                words.push("another key".to_owned());
            }
        }
        (
            Mode::Vrrp { priority, interval },
            Mode::Vrrp {
                priority: new,
                interval: to,
            },
        ) => {
            pair("vrrpprio", priority.to_string(), new.to_string());
            pair("vrrpinterval", interval.to_string(), to.to_string());
        }
        _ => {}
    }
    words.join(", ")
}
