//! `two-masters`

use std::collections::BTreeSet;

use crate::dialect::parse::ShownState;
use crate::lint::hosts::conflict::conflict;
use crate::lint::hosts::{HostFindings, Hosts, Member, VhidGroup, View};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{Mode, Severity};

rule! {
    /// Finds vhids that saved output shows as MASTER on two hosts.
    ///
    /// ## Why it matters
    ///
    /// Both hosts answer for the same addresses with the same virtual MAC address: switches move it to and fro, and connections break.
    /// Masters that hear each other do not stay so (`carp_input_c` in FreeBSD `sys/netinet/ip_carp.c`), so either the
    /// advertisements do not arrive, or each host drops those of the other.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # ifconfig.txt of both hosts
    /// 	carp: MASTER vhid 1 advbase 1 advskew 100
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # ifconfig.txt of the other host
    /// 	carp: BACKUP vhid 1 advbase 1 advskew 100
    /// ```
    ///
    /// Look at `netstat -s -p carp` on both: it counts what is dropped, and why.
    TWO_MASTERS = "CG611", "two-masters", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    let shared = hosts.shared_groups().into_iter();
    for group in shared.filter(|group| group.view == View::Shown) {
        let mut masters: Vec<&Member<'_>> = group.members.iter().collect();
        masters.retain(|member| {
            let shown = hosts.shown_vhid(member);
            shown.is_some_and(|(_, vhid)| vhid.state == ShownState::Master)
        });
        let first = masters.first().map(|member| member.host);
        if masters.iter().all(|member| Some(member.host) == first) {
            continue;
        }
        let names = list_in_words(masters.iter().map(|member| hosts.name_of(member)));
        let message = format!(
            "vhid {} is MASTER on {names}: they do not hear each other, {}",
            group.vhid,
            why(hosts, &group, &masters),
        );
        let sides = masters.iter().map(|member| {
            let words = format!("MASTER on {}", hosts.name_of(member));
            hosts.side(View::Shown, member, words)
        });
        let help = "see `netstat -s -p carp` on both hosts for what they drop";
        findings.extend(conflict(Severity::Error, sides, message, help));
    }
}

/// What the files say about it.
fn why(hosts: &Hosts<'_>, group: &VhidGroup<'_>, masters: &[&Member<'_>]) -> String {
    let mut reasons = Vec::new();
    let boot = hosts.groups();
    let same = |member: &Member<'_>, master: &&Member<'_>| {
        member.host == master.host && member.config.interface == master.config.interface
    };
    let at_boot = boot.iter().find(|other| {
        let mut members = other.members.iter();
        other.vhid == group.vhid
            && members.any(|member| masters.iter().any(|master| same(member, master)))
    });
    let keys = |group: &VhidGroup<'_>| {
        let members = group.members.iter();
        let keys = members.filter_map(|member| hosts.effective_key(group.view, member));
        keys.collect::<BTreeSet<_>>().len()
    };
    if keys(group) > 1 || at_boot.is_some_and(|boot| keys(boot) > 1) {
        reasons.push("their keys differ (differing-key)");
    }
    let sets: BTreeSet<BTreeSet<_>> = masters
        .iter()
        .map(|member| member.config.vips.iter().map(|vip| vip.address()).collect())
        .collect();
    if sets.len() > 1 {
        reasons.push("their addresses differ (differing-address-set)");
    }
    let vrrp = |member: &&Member<'_>| matches!(member.config.mode, Mode::Vrrp { .. });
    let routers = masters
        .iter()
        .copied()
        .filter(|member| vrrp(member))
        .count();
    if routers > 0 && routers < masters.len() {
        reasons.push("one speaks CARP and the other VRRPv3 (differing-version)");
    }
    if reasons.is_empty() {
        "and nothing in what they show says why: a firewall, a switch or the link between them"
            .to_owned()
    } else {
        format!("as {}", list_in_words(reasons))
    }
}
