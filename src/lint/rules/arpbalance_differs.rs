//! `arpbalance-differs`

use crate::lint::hosts::{HostFinding, HostFindings, Hosts, SharedVip};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{KnownSysctl, Severity};

rule! {
    /// Finds hosts of FreeBSD 9 that share VIPs and do not all balance ARP.
    ///
    /// ## Why it matters
    ///
    /// With `net.inet.carp.arpbalance=1` a host answers an ARP request only for the share of the clients that falls to a vhid it is
    /// master of; without, it answers every request (`carp_iamatch` in FreeBSD 9.3 `sys/netinet/ip_carp.c`). If the hosts differ, the
    /// clients of the other host's share get two answers with two MAC addresses, and keep the one that comes last.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # on one host
    /// net.inet.carp.arpbalance=1
    /// # on the other
    /// net.inet.carp.arpbalance=0
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # on all hosts
    /// net.inet.carp.arpbalance=1
    /// ```
    ARPBALANCE_DIFFERS = "CG704", "arpbalance-differs", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    let mut judged: Vec<Vec<usize>> = Vec::new();
    let shared = hosts.shared_vips();
    for vip in shared.iter().filter(|vip| vip.differs(hosts)) {
        let known: Vec<usize> = vip
            .holders
            .iter()
            .map(|(host, _)| *host)
            .filter(|host| hosts.balances(*host).is_some())
            .collect();
        if judged.contains(&known) {
            continue;
        }
        judged.push(known.clone());
        if let Some(finding) = finding(hosts, vip, &known) {
            findings.add(finding);
        }
    }
}

fn finding(hosts: &Hosts<'_>, vip: &SharedVip<'_>, known: &[usize]) -> Option<HostFinding> {
    // Without balancing a shared VIP has no use, so that side is wrong.
    let (on, off): (Vec<usize>, Vec<usize>) = known
        .iter()
        .partition(|host| hosts.balances(**host) == Some(true));
    let (first, rest) = off.split_first()?;
    let names = |list: &[usize]| list_in_words(list.iter().map(|host| &hosts.hosts[*host].name));
    let count = vip.holders.first().map_or(2, |(_, vhids)| vhids.len());
    let message = format!(
        "{} is a VIP of {count} vhids, and ARP balancing is off on {}, but not on {}: {} answers every request, and the clients whose vhid is served by {} get two answers",
        vip.address,
        names(&off),
        names(&on),
        names(&off[..1]),
        names(&on),
    );
    let help = "write net.inet.carp.arpbalance=1 in sysctl.conf of every host";
    let place = |host: usize| hosts.hosts[host].sysctl_or_file(KnownSysctl::ARPBALANCE);
    let finding = HostFinding::at(Severity::Error, *first, place(*first)?, message, help);
    let others = rest.iter().map(|host| (*host, "does not balance ARP"));
    let others = others.chain(on.iter().map(|host| (*host, "balances ARP")));
    Some(
        others.fold(finding, |finding, (host, state)| match place(host) {
            Some(at) => finding.and(host, at, format!("{} {state}", hosts.hosts[host].name)),
            None => finding,
        }),
    )
}
