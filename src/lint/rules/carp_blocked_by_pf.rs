//! `carp-blocked-by-pf`

use std::collections::BTreeMap;

use crate::dialect::parse::{PfAction, PfDirection};
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, Packet};
use crate::lint::numbers::{list_in_words, seconds};
use crate::lint::registry::rule;
use crate::model::{Place, Severity};

rule! {
    /// Finds rules of pf that block the advertisements of CARP.
    ///
    /// ## Why it matters
    ///
    /// Advertisements are packets of protocol 112 to 224.0.0.18, and pf filters them like others (`carp(4)`, `pf.conf(5)`). A host whose
    /// advertisements do not leave, or that does not hear those of the others, has no other master: all are master at once.
    ///
    /// ## Example
    ///
    /// ```sh
    /// block all
    /// pass out on em0 proto tcp
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// block all
    /// pass quick on em0 proto carp
    /// pass out on em0 proto tcp
    /// ```
    CARP_BLOCKED_BY_PF = "CG920", "carp-blocked-by-pf", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let Some(pf) = host.pf() else { continue };
        let packets = hosts.advertisements(position);
        let mut blocked: BTreeMap<Place, Vec<&Packet<'_>>> = BTreeMap::new();
        for packet in &packets {
            let deciding = packet.deciding(&pf);
            if let Some(rule) = deciding.certainly(|rule| rule.action == PfAction::Block) {
                blocked.entry(rule.place).or_default().push(packet);
            }
        }
        for (place, packets) in blocked {
            let mut names: Vec<&str> = packets.iter().map(|p| p.interface.name.as_str()).collect();
            names.dedup();
            let ways = |way| packets.iter().any(|packet| packet.direction == way);
            let lost = match (ways(PfDirection::Out), ways(PfDirection::In)) {
                (true, true) => "advertisements are neither sent nor heard",
                (true, false) => "advertisements are not sent",
                _ => "advertisements of the others are not heard",
            };
            let wait = hosts.own_wait_us(position).map(seconds).unwrap_or_default();
            let message = format!(
                "pf blocks CARP on {}: {lost}, and both hosts are master {wait} after start",
                list_in_words(&names),
            );
            let help = format!("write `pass quick on {} proto carp` before it", names[0]);
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
