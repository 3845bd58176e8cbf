//! `arpbalance-order`

use crate::carp::{Host, HostSpec, Instant, Timing};
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, SharedVip};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{Severity, VhidConfig};

rule! {
    /// Finds hosts of FreeBSD 9 that hold the vhids of a shared VIP in different orders.
    ///
    /// ## Why it matters
    ///
    /// With ARP balancing the client's address modulo the number of vhids is a place in the kernel's list of vhids (`carp_iamatch` in
    /// FreeBSD 9.3 `sys/netinet/ip_carp.c`). A new vhid comes behind the last one with a smaller number, but behind all where there
    /// is none (`carp_set_addr`), so the list depends on the order in which the carp interfaces are configured. Where two hosts
    /// have different lists, one place means another vhid on each: some clients get two answers, and some none.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_carp0="vhid 2 advskew 0 pass Ee5Xkq2uPsz0 192.0.2.1/24"
    /// ifconfig_carp1="vhid 1 advskew 100 pass Ee5Xkq2uPsz0 192.0.2.1/24"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_carp0="vhid 1 advskew 100 pass Ee5Xkq2uPsz0 192.0.2.1/24"
    /// ifconfig_carp1="vhid 2 advskew 0 pass Ee5Xkq2uPsz0 192.0.2.1/24"
    /// ```
    ARPBALANCE_ORDER = "CG705", "arpbalance-order", Error, for hosts
}

/// The vhids of a shared VIP on a host, as the kernel lists them.
struct Listed<'h> {
    host: usize,
    vhids: &'h [&'h VhidConfig],
    list: Vec<u8>,
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    let mut judged = Vec::new();
    for vip in hosts.shared_vips() {
        let listed = listed(hosts, &vip);
        // The one that is in order is right.
        let ascending = |entry: &&Listed<'_>| entry.list.is_sorted();
        let Some(right) = listed.iter().find(ascending).or_else(|| listed.first()) else {
            continue;
        };
        for wrong in &listed {
            let key = (wrong.host, wrong.list.clone());
            if !differs(right, wrong) || judged.contains(&key) {
                continue;
            }
            judged.push(key);
            if let Some(finding) = finding(hosts, &vip, right, wrong) {
                findings.add(finding);
            }
        }
    }
}

fn listed<'h>(hosts: &Hosts<'_>, vip: &'h SharedVip<'_>) -> Vec<Listed<'h>> {
    let balancing = vip
        .holders
        .iter()
        .filter(|(host, _)| hosts.balances(*host) == Some(true));
    balancing
        .filter_map(|(host, vhids)| {
            let config = &hosts.configs[*host];
            let carrier = &vhids.first()?.interface;
            let mut interfaces = config.interfaces.iter();
            let interface = interfaces.position(|interface| interface.name == *carrier)?;
            let spec = HostSpec::from(config);
            let kernel = Host::boot(Instant::ZERO, &spec, Timing::default(), 0);
            let has = |number: &u8| vhids.iter().any(|vhid| vhid.vhid.number() == *number);
            let list = kernel.list(u16::try_from(interface).ok()?);
            Some(Listed {
                host: *host,
                vhids,
                list: list.filter(has).collect(),
            })
        })
        .collect()
}

/// The same vhids, in another order.
fn differs(one: &Listed<'_>, other: &Listed<'_>) -> bool {
    let sorted = |entry: &Listed<'_>| {
        let mut list = entry.list.clone();
        list.sort_unstable();
        list
    };
    one.list != other.list && sorted(one) == sorted(other)
}

fn finding(
    hosts: &Hosts<'_>,
    vip: &SharedVip<'_>,
    right: &Listed<'_>,
    wrong: &Listed<'_>,
) -> Option<HostFinding> {
    let name = |entry: &Listed<'_>| &hosts.hosts[entry.host].name;
    let pairs = right.list.iter().zip(&wrong.list);
    let moved = pairs.filter(|(one, other)| one != other).count();
    let message = format!(
        "the kernel of {} lists the vhids of {} as {}, that of {} as {}: for {moved} of {} clients each means another vhid, and they get two answers or none",
        name(wrong),
        vip.address,
        list_in_words(&wrong.list),
        name(right),
        list_in_words(&right.list),
        wrong.list.len(),
    );
    let help = "configure the carp interfaces in ascending order of their vhids on every host";
    let place = |entry: &Listed<'_>, vhid: &VhidConfig| {
        hosts.hosts[entry.host].vhid_place(vhid.interface.as_str(), vhid.vhid)
    };
    let (first, rest) = wrong.vhids.split_first()?;
    let at = place(wrong, first)?;
    let finding = HostFinding::at(Severity::Error, wrong.host, at, message, help);
    let others = rest.iter().map(|vhid| (wrong, vhid));
    let others = others.chain(right.vhids.iter().map(|vhid| (right, vhid)));
    Some(others.fold(finding, |finding, (entry, vhid)| {
        let words = format!("vhid {} on {}", vhid.vhid, name(entry));
        match place(entry, vhid) {
            Some(at) => finding.and(entry.host, at, words),
            None => finding,
        }
    }))
}
