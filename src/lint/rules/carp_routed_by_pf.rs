//! `carp-routed-by-pf`

use std::collections::BTreeSet;

use crate::dialect::parse::{PfAction, PfDirection, PfRoute, PfRule};
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::numbers::seconds;
use crate::lint::registry::rule;
use crate::model::{Place, Severity};

rule! {
    /// Finds rules of pf that route the advertisements of CARP to a gateway.
    ///
    /// ## Why it matters
    ///
    /// `route-to` and `reply-to` send a packet to the MAC address of the gateway instead of the multicast group (`pf_route` in FreeBSD
    /// `sys/netpfil/pf/pf.c`). The other hosts do not hear such an advertisement, and are master as well.
    ///
    /// ## Example
    ///
    /// ```sh
    /// pass out on em0 route-to (em0 192.0.2.254) from any to any
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// pass out quick on em0 proto carp
    /// pass out on em0 route-to (em0 192.0.2.254) from any to any
    /// ```
    CARP_ROUTED_BY_PF = "CG921", "carp-routed-by-pf", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let Some(pf) = host.pf() else { continue };
        let mut seen: BTreeSet<Place> = BTreeSet::new();
        for packet in hosts.advertisements(position) {
            let deciding = packet.deciding(&pf);
            let routes = |rule: &PfRule| is_routed(rule, packet.direction);
            let Some((_, place)) = deciding.certainly(routes).and_then(|rule| rule.route) else {
                continue;
            };
            if !seen.insert(place) {
                continue;
            }
            let interface = &packet.interface.name;
            let lost = match packet.direction {
                PfDirection::Out => {
                    "advertisements leave with its MAC address, no other host hears them, and both are master"
                }
                PfDirection::In => {
                    "advertisements of the others go there, this host does not hear them, and both are master"
                }
            };
            let waits = [hosts.peers_wait_us(position), hosts.own_wait_us(position)];
            let wait = match packet.direction {
                PfDirection::Out => waits[0].or(waits[1]),
                PfDirection::In => waits[1],
            };
            let message = format!(
                "pf sends CARP on {interface} to a gateway: {lost} {} after start",
                wait.map(seconds).unwrap_or_default(),
            );
            let way = match packet.direction {
                PfDirection::Out => "out",
                PfDirection::In => "in",
            };
            let help = format!("write `pass {way} quick on {interface} proto carp` before it");
            findings.add(HostFinding::at(
                Severity::Error,
                position,
                place,
                message,
                help,
            ));
        }
    }
}

/// A route for replies changes nothing about where a packet goes that comes in.
fn is_routed(rule: &PfRule, direction: PfDirection) -> bool {
    let way = rule.route.map(|(route, _)| route);
    rule.action == PfAction::Pass
        && match direction {
            PfDirection::Out => way.is_some(),
            PfDirection::In => way == Some(PfRoute::RouteTo),
        }
}
