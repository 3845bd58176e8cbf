//! `lone-vhid`

use crate::config::{Description, Problem, ProblemKind};
use crate::lint::engine::Findings;
use crate::lint::hosts::conflict::conflict;
use crate::lint::hosts::{HostFindings, Hosts};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::lint::settings::{order_place, owner};
use crate::model::{Finding, HostName, Route, Severity, VhidSpec};

rule! {
    /// Finds vhids that only one node serves.
    ///
    /// ## Why it matters
    ///
    /// A vhid moves to the next node of its order. With one node there is none: the VIP is as mortal as an ordinary address.
    ///
    /// ## Example
    ///
    /// ```toml
    /// priority = ["a"]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// priority = ["a", "b"]
    /// ```
    LONE_VHID = "CG605", "lone-vhid", Warning, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let mut alone: Vec<(Route, Vec<&VhidSpec>)> = Vec::new();
    for vhid in &description.cluster.vhids {
        if vhid.order.len() != 1 || order_is_broken(description, vhid) {
            continue;
        }
        let at = order_place(description, vhid);
        match alone.iter_mut().find(|(place, _)| *place == at) {
            Some((_, vhids)) => vhids.push(vhid),
            None => alone.push((at, vec![vhid])),
        }
    }
    for (at, vhids) in alone {
        let Some(node) = vhids.first().and_then(|vhid| vhid.order.first()) else {
            continue;
        };
        let ids = list_in_words(vhids.iter().map(|vhid| vhid.id));
        let (what, are) = match vhids.as_slice() {
            [one] => (one.label(), "is"),
            _ => (format!("vhids {ids}"), "are"),
        };
        let vips: usize = vhids.iter().map(|vhid| vhid.vips.len()).sum();
        let lost = match vips {
            1 => "its VIP is".to_owned(),
            _ => format!("{vips} VIPs are"),
        };
        let message = format!(
            "{what} {are} served by {node} alone: when {node} crashes, {lost} gone until it is back"
        );
        let help = "name a second node in the order: priority = [\"…\", \"…\"]";
        findings.add(Finding::new(Severity::Warning, at, message, help).about(node));
    }
}

/// Nodes are missing from the order because something is wrong with it, or with their names, which is reported there.
fn order_is_broken(description: &Description<'_>, vhid: &VhidSpec) -> bool {
    let owner = owner(description, vhid);
    let table = description.document.cluster.as_ref();
    let default = table.map(|table| table.route("priority"));
    let keys = ["priority", "advskew", "nodes", "vrrp"].map(|key| owner.key(key));
    let places: Vec<&Route> = keys.iter().chain(&default).collect();
    let only = vhid.order.first().map(HostName::as_str);
    description.problems.iter().any(|problem: &Problem| {
        let steps = problem.at.steps();
        let has_name_of_another = matches!(
            &problem.kind,
            ProblemKind::DuplicateName { name, .. } if Some(name.as_str()) == only
        );
        has_name_of_another
            || problem.at == *owner
            || places.iter().any(|place| steps.starts_with(place.steps()))
    })
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for group in hosts.groups() {
        let Some(member) = group.members.first().filter(|_| !group.is_shared()) else {
            continue;
        };
        let others = || {
            hosts
                .iter()
                .filter(|(position, _)| *position != member.host)
        };
        let beside = |position: usize| hosts.configs[position].interface(group.segment).is_some();
        let neighbours: Vec<_> = others()
            .filter(|(position, host)| beside(*position) && host.is_read_to_the_end())
            .collect();
        let vips = &member.config.vips;
        let is_mentioned =
            || others().any(|(_, host)| vips.iter().any(|vip| host.mentions(vip.address())));
        if neighbours.is_empty() || vips.is_empty() || is_mentioned() {
            continue;
        }
        let name = &hosts.hosts[member.host].name;
        let lost = match vips.len() {
            1 => "its VIP is".to_owned(),
            count => format!("{count} VIPs are"),
        };
        let message = format!(
            "vhid {} is on {name} alone, though {} stands on the same segment: when {name} crashes, {lost} gone until it is back",
            group.vhid,
            list_in_words(neighbours.iter().map(|(_, host)| &host.name)),
        );
        let help = "set up the vhid on a second host as well, with the same key and addresses";
        let side = hosts.side(group.view, member, String::new());
        findings.extend(conflict(Severity::Warning, [side], message, help));
    }
}
