//! `nat-from-any`

use std::net::IpAddr;

use crate::dialect::parse::{PfAction, PfDirection, PfName, PfRule, PfStatement};
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, Packet};
use crate::lint::registry::rule;
use crate::model::Severity;

rule! {
    /// Finds address translations of pf that give the host's own traffic a VIP.
    ///
    /// ## Why it matters
    ///
    /// `nat … from any` translates what the host itself sends as well (`pf.conf(5)`). On a backup such a packet leaves with the VIP as
    /// its source, and the answer goes to the master: no name service, no updates, no time on the hosts that are not master.
    ///
    /// ## Example
    ///
    /// ```sh
    /// nat on em0 from any to any -> 192.0.2.1
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// nat on em0 from 10.0.0.0/24 to any -> 192.0.2.1
    /// ```
    NAT_FROM_ANY = "CG922", "nat-from-any", Warning, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let Some(pf) = host.pf() else { continue };
        let vips: Vec<IpAddr> = hosts.configs[position]
            .vhids
            .iter()
            .flat_map(|vhid| vhid.vips.iter().map(|vip| vip.address()))
            .collect();
        let packets = hosts.advertisements(position);
        // An exception for the host's own traffic comes before.
        let mut exempt = false;
        for statement in &pf.statements {
            let PfStatement::Rule(rule) = statement else {
                continue;
            };
            let translates = matches!(rule.action, PfAction::Nat | PfAction::NoNat);
            let Some(vip) = translated(rule, &vips).filter(|_| !exempt) else {
                exempt |= translates && may_exempt(rule, &packets);
                continue;
            };
            let message = format!(
                "what this host sends itself leaves as {} as well: while it is a backup the answers go to the master, and it reaches nothing through that interface",
                vip.text
            );
            let help = "write `from` and the networks behind the host instead of any";
            let place = rule.any_source.unwrap_or(rule.place);
            let finding = HostFinding::at(Severity::Warning, position, place, message, help);
            let in_vhid = hosts.configs[position].vhids.iter().find_map(|vhid| {
                let mut own = vhid.vips.iter().map(|own| own.address());
                let own = own.find(|own| is(vip, *own))?;
                host.vip_place(vhid, own)
            });
            findings.add(match in_vhid {
                Some(place) => finding.and(position, place, format!("{} is a VIP", vip.text)),
                None => finding,
            });
        }
    }
}

/// The VIP that a translation of any traffic gives.
fn translated<'r>(rule: &'r PfRule, vips: &[IpAddr]) -> Option<&'r PfName> {
    let any = rule.from.is_empty() && rule.to.is_empty() && !rule.unsure;
    let leaves = match rule.action {
        PfAction::Nat => true,
        PfAction::Match | PfAction::Pass => rule.direction == Some(PfDirection::Out),
        PfAction::Block | PfAction::Anchor | PfAction::NoNat => false,
    };
    let mut names = rule.translation.iter();
    let vip = names.find(|name| vips.iter().any(|vip| is(name, *vip)))?;
    (any && leaves).then_some(vip)
}

fn is(name: &PfName, vip: IpAddr) -> bool {
    let text = name.text.strip_suffix("/32").unwrap_or(&name.text);
    text.parse::<IpAddr>() == Ok(vip)
}

/// The rule may be the one that counts for what the host sends itself.
fn may_exempt(rule: &PfRule, packets: &[Packet<'_>]) -> bool {
    let general = PfRule {
        protocols: Vec::new(),
        to: Vec::new(),
        ..rule.clone()
    };
    let mut leaving = packets
        .iter()
        .filter(|packet| packet.direction == PfDirection::Out);
    leaving.any(|packet| packet.may_concern(&general))
}
