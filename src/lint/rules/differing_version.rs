//! `differing-version`

use crate::dialect::parse::Keyword;
use crate::lint::hosts::conflict::conflict;
use crate::lint::hosts::consequence::simulated;
use crate::lint::hosts::{HostFindings, Hosts, Member};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{Mode, Severity};

rule! {
    /// Finds vhids that speak CARP on one host and VRRPv3 on another.
    ///
    /// ## Why it matters
    ///
    /// The two share a protocol number, but not a packet. FreeBSD 15 drops what has another version than its own vhid ("bad version"
    /// of `netstat -s -p carp`; `carp_input` and `vrrp_input_c` in `sys/netinet/ip_carp.c`), and older releases know no VRRP at
    /// all. So each host is master by itself. The version of a vhid that runs cannot be changed: its last address must go first.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # on one host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 0 pass Ee5Xkq2uPsz0"
    /// # on the other host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 carpver 3 vrrpprio 100"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # on one host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 carpver 3 vrrpprio 200"
    /// # on the other host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 carpver 3 vrrpprio 100"
    /// ```
    DIFFERING_VERSION = "CG606", "differing-version", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for group in hosts.timed_groups() {
        let (vrrp, carp): (Vec<Member<'_>>, Vec<Member<'_>>) = group
            .members
            .iter()
            .partition(|member| matches!(member.config.mode, Mode::Vrrp { .. }));
        let between = vrrp
            .iter()
            .any(|router| carp.iter().any(|other| other.host != router.host));
        if !between {
            continue;
        }
        let names = |members: &[Member<'_>]| {
            list_in_words(members.iter().map(|member| hosts.name_of(member)))
        };
        let message = format!(
            "vhid {} speaks CARP on {} and VRRPv3 on {}: each drops the other's advertisements{}",
            group.vhid,
            names(&carp),
            names(&vrrp),
            simulated(hosts, group.view, &group.members),
        );
        let sides = group.members.iter().map(|member| {
            let speaks = match member.config.mode {
                Mode::Vrrp { .. } => "VRRPv3",
                Mode::Carp { .. } => "CARP",
            };
            let words = format!("{speaks} on {}", hosts.name_of(member));
            hosts.side_at(group.view, member, Keyword::Carpver, words)
        });
        let help = "write one carpver on all hosts; a vhid that runs must be removed first";
        findings.extend(conflict(Severity::Error, sides, message, help));
    }
}
