//! `inet6-not-first`

use crate::dialect::parse::{Item, Keyword, LossReason};
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost, SourceStatement};
use crate::lint::registry::rule;
use crate::model::{Family, Place, Severity};

rule! {
    /// Finds commands with an IPv6 address that do not begin with `inet6`.
    ///
    /// ## Why it matters
    ///
    /// ifconfig(8) looks for the family only directly behind the interface. Without `inet6` there it takes everything for IPv4, binds the
    /// vhid to that family and refuses the address: "bad value" (`sbin/ifconfig/ifconfig.c` in FreeBSD). This host never serves the
    /// VIP.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig em0 vhid 1 advskew 100 pass Ee5Xkq2uPsz0 inet6 2001:db8::1/64 alias
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig em0 inet6 2001:db8::1/64 vhid 1 advskew 100 pass Ee5Xkq2uPsz0 alias
    /// ```
    INET6_NOT_FIRST = "CG113", "inet6-not-first", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter().filter(|(_, host)| !host.is_legacy()) {
        let statements = host.statements();
        let mut places: Vec<Place> = statements
            .iter()
            .filter(|found| !host.is_distorted(found))
            .filter_map(fault)
            .collect();
        places.extend(cut_off(host));
        places.sort_unstable();
        places.dedup();
        for place in places {
            let message = format!(
                "an IPv6 address in a command that does not begin with `inet6`: ifconfig(8) takes it for IPv4 and refuses it, and {} never serves this VIP",
                host.name
            );
            let help = "write `inet6` first, directly behind the interface or at the beginning of the value";
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

fn fault(found: &SourceStatement<'_>) -> Option<Place> {
    let statement = found.statement;
    let family = match &statement.family {
        Some(word) => word.family?,
        None => Family::Inet,
    };
    if family == Family::Inet6 {
        return None;
    }
    let late = statement.items.iter().find_map(|item| match item {
        Item::LateFamily(word) if word.text() == "inet6" => Some(word.place),
        _ => None,
    });
    let late = late.filter(|_| statement.parameter(Keyword::Vhid).is_some());
    let address = statement
        .addresses()
        .find(|address| address.word.known && address.family() == Family::Inet6);
    late.or_else(|| address.map(|address| address.word.place))
}

/// `vhid N inet6 ADDRESS` in an alias, which the boot scripts cut in two.
fn cut_off(host: &LintHost<'_>) -> Vec<Place> {
    let mut places = Vec::new();
    for lost in host.lost_words(&[LossReason::FamilyElsewhere]) {
        let Some(at) = lost.at.first().copied() else {
            continue;
        };
        let (before, behind) = lost.words.split_at(at);
        let has_vhid = before.iter().any(|word| word.text() == "vhid");
        let has_address = before
            .iter()
            .any(|word| word.text().contains('.') || word.text().contains("::"));
        let inet6 = behind.first().filter(|word| word.text() == "inet6");
        if has_vhid && !has_address && !host.is_value_distorted(lost.variable) {
            places.extend(inet6.map(|word| word.place));
        }
    }
    places
}
