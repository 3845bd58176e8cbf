//! `live-changes-running-vhid`

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::dialect::parse::{ShownMode, ShownState, ShownVhid};
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost, Source, SourceStatement};
use crate::lint::numbers::seconds;
use crate::lint::registry::rule;
use crate::model::{Place, Severity};

rule! {
    /// Finds live commands that change the addresses of a running vhid.
    ///
    /// ## Why it matters
    ///
    /// The addresses of a vhid enter the digest of its advertisements (`carp_hmac_prepare` in FreeBSD `sys/netinet/ip_carp.c`). When one
    /// host has another set, it and the others reject each other: all addresses of the vhid have no master or two until the
    /// other hosts are changed as well. And the changed host itself starts anew as BACKUP. An address in a new vhid disturbs nobody.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig em0 inet 192.0.2.11/32 vhid 1 alias
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig em0 inet 192.0.2.11/32 vhid 2 advskew 0 pass Ee5Xkq2uPsz0 alias
    /// ```
    LIVE_CHANGES_RUNNING_VHID = "CG809", "live-changes-running-vhid", Warning, for hosts
}

/// A vhid that saved output shows running, and what a script does to its addresses.
struct Running<'h> {
    shown: &'h ShownVhid,
    addresses: Vec<IpAddr>,
    changes: Vec<(Place, String)>,
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    let newer = hosts.iter().filter(|(_, host)| !host.is_legacy());
    for (position, host) in newer {
        let statements = host.statements();
        let mut scripts: Vec<Source> = statements.iter().map(|found| found.source).collect();
        scripts.dedup();
        for script in scripts
            .into_iter()
            .filter(|source| matches!(source, Source::Live(_)))
        {
            let mut running = running(host);
            for found in statements.iter().filter(|found| found.source == script) {
                follow(&mut running, found);
            }
            for ((interface, vhid), state) in running {
                // One that loses all its addresses is taken away as a whole.
                let Some(((first, change), rest)) = state
                    .changes
                    .split_first()
                    .filter(|_| !state.addresses.is_empty())
                else {
                    continue;
                };
                let message = format!(
                    "{change} vhid {vhid}, which runs on {interface} with other addresses: until all hosts have the same set they reject each other, {}",
                    duration(state.shown),
                );
                let help = "put the address into a new vhid, or change all hosts within that time";
                let finding = HostFinding::at(Severity::Warning, position, *first, message, help);
                let finding = rest.iter().fold(finding, |finding, (place, change)| {
                    finding.and(position, *place, format!("{change} the vhid"))
                });
                let words = format!("vhid {vhid} in the saved output");
                findings.add(finding.and(position, state.shown.place, words));
            }
        }
    }
}

fn running<'h>(host: &'h LintHost<'_>) -> BTreeMap<(&'h str, i64), Running<'h>> {
    let mut found = BTreeMap::new();
    for interface in &host.reading.shown_interfaces {
        for shown in &interface.vhids {
            let runs = matches!(shown.state, ShownState::Master | ShownState::Backup);
            let addresses = interface.addresses.iter();
            let addresses: Vec<IpAddr> = addresses
                .filter(|address| address.vhid == Some(shown.vhid))
                .map(|address| address.address)
                .collect();
            if runs && !addresses.is_empty() && matches!(shown.mode, ShownMode::Carp { .. }) {
                let state = Running {
                    shown,
                    addresses,
                    changes: Vec::new(),
                };
                found.insert((interface.name.as_str(), shown.vhid), state);
            }
        }
    }
    found
}

fn follow<'h>(running: &mut BTreeMap<(&'h str, i64), Running<'h>>, found: &SourceStatement<'h>) {
    let name = found.statement.interface.text();
    let Some(address) = found.statement.addresses().next() else {
        return;
    };
    let (Some(ip), place) = (address.address, address.word.place) else {
        return;
    };
    if found.statement.removes() {
        let mut states = running.iter_mut();
        let holder = states.find(|((of, _), state)| *of == name && state.addresses.contains(&ip));
        if let Some((_, state)) = holder {
            state.addresses.retain(|held| *held != ip);
            state.changes.push((place, format!("this takes {ip} from")));
        }
        return;
    }
    let Some(vhid) = found.vhid() else { return };
    // One that has lost all its addresses before is a new vhid.
    if let Some(state) = running
        .get_mut(&(name, vhid))
        .filter(|state| !state.addresses.is_empty() && !state.addresses.contains(&ip))
    {
        state.addresses.push(ip);
        state.changes.push((place, format!("this adds {ip} to")));
    }
}

fn duration(shown: &ShownVhid) -> String {
    let ShownMode::Carp { advbase, .. } = shown.mode else {
        return "with no master or two".to_owned();
    };
    let base = u64::try_from(advbase).unwrap_or(1);
    format!(
        "and all its addresses have no master or two after about {}",
        seconds(3_000_000 * base)
    )
}
