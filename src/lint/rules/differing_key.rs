//! `differing-key`

use crate::dialect::parse::Keyword;
use crate::lint::hosts::conflict::conflict;
use crate::lint::hosts::consequence::simulated;
use crate::lint::hosts::{HostFindings, Hosts, Member, VhidGroup};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{Mode, Severity};

rule! {
    /// Finds vhids whose key is not the same on all hosts.
    ///
    /// ## Why it matters
    ///
    /// Every advertisement carries an HMAC-SHA1 that is made with the key, and a host drops those that were made with another
    /// one, with `incorrect hash` (`carp_hmac_verify` in FreeBSD `sys/netinet/ip_carp.c`; "bad authentication" of
    /// `netstat -s -p carp`). So no host hears the others: each is master after its own wait, and stays so. The first 19 bytes
    /// of a key count; a missing key is twenty zero bytes.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # on one host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 0 pass Ee5Xkq2uPsz0"
    /// # on the other host
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass ee5xkq2upsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # on both hosts
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    DIFFERING_KEY = "CG601", "differing-key", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    let groups = hosts.shared_groups().into_iter();
    for group in groups.filter(|group| may_differ(group)) {
        let keyed: Vec<(&Member<'_>, Vec<u8>)> = group
            .members
            .iter()
            .filter_map(|member| Some((member, hosts.effective_key(group.view, member)?)))
            .collect();
        let differs = keyed.iter().any(|(member, key)| {
            keyed
                .iter()
                .any(|(other, its)| other.host != member.host && its != key)
        });
        if differs {
            report(hosts, &group, &keyed, findings);
        }
    }
}

/// Nearly all groups agree, and need no closer look.
fn may_differ(group: &VhidGroup<'_>) -> bool {
    let mut keys = group
        .members
        .iter()
        .map(|member| match &member.config.mode {
            Mode::Carp { key, .. } => key.as_ref(),
            Mode::Vrrp { .. } => None,
        });
    let first = keys.next();
    keys.any(|key| Some(key) != first)
}

fn report(
    hosts: &Hosts<'_>,
    group: &VhidGroup<'_>,
    keyed: &[(&Member<'_>, Vec<u8>)],
    findings: &mut HostFindings<'_>,
) {
    // Hosts by their keys, the first host's first.
    let mut camps: Vec<(&Vec<u8>, Vec<&str>)> = Vec::new();
    for (member, key) in keyed {
        let name = hosts.name_of(member);
        match camps.iter_mut().find(|(of, _)| *of == key) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => camps.push((key, vec![name])),
        }
    }
    let of_camp = camps.iter().enumerate().map(|(number, (key, names))| {
        let verb = if names.len() == 1 { "has" } else { "have" };
        let which = match (key.is_empty(), number) {
            (true, _) => "none",
            (false, 0) => "one",
            (false, _) => "another",
        };
        format!("{} {verb} {which}", names.join(", "))
    });
    let sides = keyed.iter().map(|(member, key)| {
        let camp = camps.iter().position(|(of, _)| *of == key).unwrap_or(0);
        let words = match (key.is_empty(), camp) {
            (true, _) => format!("no key on {}", hosts.name_of(member)),
            (false, 0) => format!("the same key on {}", hosts.name_of(member)),
            (false, _) => format!("another key on {}", hosts.name_of(member)),
        };
        hosts.side_at(group.view, member, Keyword::Pass, words)
    });
    let message = format!(
        "the keys of vhid {} differ: {}; each host drops the advertisements of the others{}",
        group.vhid,
        list_in_words(of_camp),
        simulated(hosts, group.view, &group.members),
    );
    let help = "write one `pass` on all hosts; the first 19 bytes count";
    findings.extend(conflict(Severity::Error, sides, message, help));
}
