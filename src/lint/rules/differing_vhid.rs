//! `differing-vhid`

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::lint::hosts::conflict::conflict;
use crate::lint::hosts::consequence::simulated;
use crate::lint::hosts::{HostFindings, Hosts, Member, View};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{SegmentName, Severity, Vhid};

rule! {
    /// Finds addresses that are in another vhid on another host.
    ///
    /// ## Why it matters
    ///
    /// A host looks only at advertisements that carry a number of its own (`carp_input_c` in FreeBSD `sys/netinet/ip_carp.c`); those
    /// of another vhid are strangers. So each host is master of the address by itself, and it has two owners with two virtual MAC
    /// addresses, 00:00:5e:00:01 and the vhid.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # on one host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 0 pass Ee5Xkq2uPsz0"
    /// # on the other host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 2 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # on one host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 0 pass Ee5Xkq2uPsz0"
    /// # on the other host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    DIFFERING_VHID = "CG603", "differing-vhid", Error, for hosts
}

/// Hosts and numbers, the addresses that are there, and their vhids.
type Conflict<'h> = (Vec<(usize, Vhid)>, Vec<IpAddr>, Vec<Member<'h>>);

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for view in [View::Boot, View::Live, View::Shown] {
        let mut owners: BTreeMap<(&SegmentName, IpAddr), Vec<Member<'_>>> = BTreeMap::new();
        for (host, config) in hosts.configs_of(view).iter().enumerate() {
            for vhid in &config.vhids {
                for vip in &vhid.vips {
                    let member = Member { host, config: vhid };
                    let key = (&vhid.segment, vip.address());
                    owners.entry(key).or_default().push(member);
                }
            }
        }
        // One wrong number is one finding, however many addresses it has.
        let mut conflicts: Vec<Conflict<'_>> = Vec::new();
        for ((_, address), members) in owners {
            if !differs(&members) {
                continue;
            }
            let same: Vec<(usize, Vhid)> = members
                .iter()
                .map(|member| (member.host, member.config.vhid))
                .collect();
            match conflicts.iter_mut().find(|(of, ..)| *of == same) {
                Some((_, addresses, _)) => addresses.push(address),
                None => conflicts.push((same, vec![address], members)),
            }
        }
        for (_, addresses, members) in conflicts {
            report(hosts, view, &addresses, &members, findings);
        }
    }
}

/// Two of the hosts have the address in different sets of vhids.
fn differs(members: &[Member<'_>]) -> bool {
    let mut sets: BTreeMap<usize, BTreeSet<Vhid>> = BTreeMap::new();
    for member in members {
        sets.entry(member.host)
            .or_default()
            .insert(member.config.vhid);
    }
    let mut sets = sets.values();
    let first = sets.next();
    sets.any(|set| Some(set) != first)
}

fn report(
    hosts: &Hosts<'_>,
    view: View,
    addresses: &[IpAddr],
    members: &[Member<'_>],
    findings: &mut HostFindings<'_>,
) {
    let where_it_is = members
        .iter()
        .map(|member| format!("vhid {} on {}", member.config.vhid, hosts.name_of(member)));
    let verb = if addresses.len() == 1 { "is" } else { "are" };
    let message = format!(
        "{} {verb} in {}: neither hears the other, and there are two owners with two virtual MAC addresses{}",
        list_in_words(addresses),
        list_in_words(where_it_is),
        simulated(hosts, view, members),
    );
    let sides = members.iter().map(|member| {
        let words = format!("vhid {} on {}", member.config.vhid, hosts.name_of(member));
        hosts.side(view, member, words)
    });
    let help = "write one number for the address on all hosts";
    findings.extend(conflict(Severity::Error, sides, message, help));
}
