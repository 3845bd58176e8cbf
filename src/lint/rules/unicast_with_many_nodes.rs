//! `unicast-with-many-nodes`

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::hosts::conflict::conflict;
use crate::lint::hosts::{HostFindings, Hosts, View};
use crate::lint::numbers::{list_in_words, seconds};
use crate::lint::registry::rule;
use crate::lint::serving::{wait_us, working_unicast};
use crate::lint::settings::order_place;
use crate::model::{Finding, Severity, takeover_us};

rule! {
    /// Finds unicast vhids that more than two nodes serve.
    ///
    /// ## Why it matters
    ///
    /// A vhid has one peer address for each family (`sc_carpaddr` and `sc_carpaddr6` in FreeBSD 14 `sys/netinet/ip_carp.c`; `peer` in
    /// `ifconfig(8)`). The third node gets nobody's advertisements, and becomes master beside the other one.
    ///
    /// ## Example
    ///
    /// ```toml
    /// peers = "unicast"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// peers = "multicast"
    /// ```
    UNICAST_WITH_MANY_NODES = "CG609", "unicast-with-many-nodes", Error, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for vhid in working_unicast(&description.cluster) {
        // The first two nodes are each other's peers, and every further node speaks to the first.
        let [_, _, deaf @ ..] = vhid.order.as_slice() else {
            continue;
        };
        let Some(third) = deaf.first() else { continue };
        let wait = wait_us(vhid, third).map_or_else(String::new, |wait| {
            format!(
                ", and {third} is a second master {} after start",
                seconds(wait)
            )
        });
        let message = format!(
            "{} has one peer, but {} nodes: {} hears nobody{wait}",
            vhid.label(),
            vhid.order.len(),
            list_in_words(deaf),
        );
        let help = "write peers = \"multicast\", or name two nodes in the order";
        let finding = Finding::new(Severity::Error, vhid.route.key("peers"), message, help);
        findings.add(finding.and(order_place(description, vhid), "the nodes"));
    }
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for group in hosts.all_groups() {
        let mut names: Vec<&str> = group.members.iter().map(|m| hosts.name_of(m)).collect();
        names.dedup();
        let unicast = group.members.iter().filter_map(|member| {
            let keyword = hosts.unicast_word(member)?;
            Some((member, keyword))
        });
        let unicast: Vec<_> = unicast.collect();
        // What the boot files say is said there.
        let is_repeated = group.view != View::Boot
            && group
                .members
                .iter()
                .any(|member| hosts.is_known_at_boot(member));
        if names.len() < 3 || unicast.is_empty() || is_repeated {
            continue;
        }
        // The slowest becomes master last, and so shows that it hears nobody.
        let waits = group.members.iter().filter_map(|member| {
            let (base, skew) = hosts.timers(member)?;
            Some(takeover_us(base, skew))
        });
        let wait = waits.max().map_or_else(String::new, |wait| {
            format!(", {} after start at the latest", seconds(wait))
        });
        let message = format!(
            "vhid {} has one peer, but {} hosts, {}: who is nobody's peer hears nothing, and is a second master{}",
            group.vhid,
            names.len(),
            list_in_words(&names),
            wait,
        );
        let help = "remove the peers, so that all speak multicast, or leave two hosts";
        let sides = unicast.iter().map(|(member, keyword)| {
            let words = format!("the peer of {}", hosts.name_of(member));
            hosts.side_at(group.view, member, *keyword, words)
        });
        findings.extend(conflict(Severity::Error, sides, message, help));
    }
}
