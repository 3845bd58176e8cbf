//! `vip-set-elsewhere`

use std::net::IpAddr;

use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost, Source, SourceStatement};
use crate::lint::numbers::seconds;
use crate::lint::registry::rule;
use crate::model::{Place, Severity};

rule! {
    /// Finds boot scripts outside of rc.conf that set vhids or VIPs.
    ///
    /// ## Why it matters
    ///
    /// `start_if.IF` runs before the lines of rc.conf for the interface, rc.local at the end of the boot (`rc.d/netif` and
    /// `network.subr` of FreeBSD; `rc(8)`). What they set is not in rc.conf, where everyone looks for it, and `service netif` knows
    /// nothing of it. Where both set it, the second one takes the address out and puts it back, and the vhid starts anew.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # in rc.local
    /// ifconfig em0 inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0 alias
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # in rc.conf
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    VIP_SET_ELSEWHERE = "CG907", "vip-set-elsewhere", Warning, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let vips: Vec<IpAddr> = hosts.configs[position]
            .vhids
            .iter()
            .flat_map(|vhid| vhid.vips.iter().map(|vip| vip.address()))
            .collect();
        for found in host.statements() {
            let Source::BootScript(_) = found.source else {
                continue;
            };
            let vip = found
                .statement
                .addresses()
                .find_map(|address| address.address.filter(|ip| vips.contains(ip)));
            let what = match (found.vhid(), vip) {
                (_, Some(vip)) => vip.to_string(),
                (Some(vhid), None) => format!("vhid {vhid}"),
                (None, None) => continue,
            };
            let in_rc_conf = rc_conf_place(host, &found, vip);
            let follows = if in_rc_conf.is_some() {
                let wait = hosts.own_wait_us(position).map(seconds);
                let wait = wait.map_or_else(String::new, |wait| {
                    format!(", up to {wait} without this master")
                });
                format!(
                    "rc.conf sets it too, and whichever comes second starts the vhid anew{wait}"
                )
            } else {
                "rc.conf does not have it, so `service netif` and whoever compares the hosts miss it".to_owned()
            };
            let message = format!("a boot script outside of rc.conf sets {what}: {follows}");
            let help = "keep it in one place: an alias in rc.conf";
            let place = found.statement.place;
            let finding = HostFinding::at(Severity::Warning, position, place, message, help);
            findings.add(match in_rc_conf {
                Some(place) => finding.and(position, place, "rc.conf sets it here"),
                None => finding,
            });
        }
    }
}

/// Where rc.conf sets the same address, else the same vhid of that interface.
fn rc_conf_place(
    host: &LintHost<'_>,
    script: &SourceStatement<'_>,
    vip: Option<IpAddr>,
) -> Option<Place> {
    let boot = host.boot();
    if let Some(vip) = vip {
        let mut addresses = boot.iter().flat_map(|found| found.statement.addresses());
        let found = addresses.find(|address| address.address == Some(vip));
        return found.map(|address| address.word.place);
    }
    let interface = script.statement.interface.text();
    let same = |found: &&SourceStatement<'_>| {
        found.statement.interface.text() == interface && found.vhid() == script.vhid()
    };
    boot.iter()
        .find(same)
        .map(|found| found.statement.vhid_place())
}
