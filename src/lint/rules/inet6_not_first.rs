//! `inet6-not-first`

use crate::dialect::parse::{Item, Keyword, LossReason, Word};
use crate::lint::hosts::{Fixing, HostFinding, HostFindings, Hosts, LintHost, SourceStatement};
use crate::lint::registry::rule;
use crate::model::{Family, Fix, Place, Severity};

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
    INET6_NOT_FIRST = "CG113", "inet6-not-first", Error, for hosts, fix "moves `inet6` to the front, or writes it there"
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter().filter(|(_, host)| !host.is_legacy()) {
        let statements = host.statements();
        let mut places: Vec<(Place, Option<Fix>)> = statements
            .iter()
            .filter(|found| !host.is_distorted(found))
            .filter_map(|found| Some((fault(found)?, moved(host, position, found))))
            .collect();
        places.extend(cut_off(host, position));
        places.sort_by_key(|(place, _)| *place);
        places.dedup_by_key(|(place, _)| *place);
        for (place, fix) in places {
            let message = format!(
                "an IPv6 address in a command that does not begin with `inet6`: ifconfig(8) takes it for IPv4 and refuses it, and {} never serves this VIP",
                host.name
            );
            let help = "write `inet6` first, directly behind the interface or at the beginning of the value";
            let finding = HostFinding::at(Severity::Error, position, place, message, help);
            findings.add(finding.with_fix(fix));
        }
    }
}

/// A fix that makes `inet6` the first word. None beside an IPv4 address, which belongs into a command of its own.
fn moved(host: &LintHost<'_>, position: usize, found: &SourceStatement<'_>) -> Option<Fix> {
    let statement = found.statement;
    let mixed = statement
        .addresses()
        .any(|address| address.family() == Family::Inet);
    let late = statement.items.iter().filter_map(|item| match item {
        Item::LateFamily(word) => Some(word),
        _ => None,
    });
    let late: Vec<&Word> = late.collect();
    if mixed || late.iter().any(|word| word.text() != "inet6") {
        return None;
    }
    let fixing = Fixing::of(position);
    let family = statement.family.as_ref().map(|family| family.place);
    let fixing = match family.and_then(|place| host.bytes_of(place, "inet")) {
        Some(wrong) => fixing.replace(Some(wrong), "inet6"),
        None => {
            let first = statement.items.first()?;
            let at = match first {
                Item::Parameter(parameter) => {
                    host.bytes_of(parameter.place, parameter.keyword.word())
                }
                Item::Address(address) => host.bytes_of_word(&address.word),
                Item::LateFamily(_) | Item::Alias(_) | Item::Removal(_) => None,
                Item::Option(word, _) | Item::Unknown(word) => host.bytes_of_word(word),
            };
            fixing.insert(host.room_before(at), "inet6 ")
        }
    };
    let fixing = late.into_iter().fold(fixing, |fixing, word| {
        fixing.delete(host.with_blanks(host.bytes_of_word(word)))
    });
    fixing.done()
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
fn cut_off(host: &LintHost<'_>, position: usize) -> Vec<(Place, Option<Fix>)> {
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
            let fix = |word: &Word| {
                let later =
                    |word: &Word| matches!(word.text(), "inet" | "inet6" | "link" | "ether");
                let first = host.bytes_of_word(before.first()?);
                let fixing = match before.first()?.text() {
                    "inet" => Fixing::of(position).replace(first, "inet6"),
                    _ => Fixing::of(position).insert(host.room_before(first), "inet6 "),
                };
                let alone = !before
                    .iter()
                    .skip(1)
                    .chain(behind.iter().skip(1))
                    .any(later);
                let fixing = fixing.delete(host.with_blanks(host.bytes_of_word(word)));
                alone.then(|| fixing.done()).flatten()
            };
            places.extend(inet6.map(|word| (word.place, fix(word))));
        }
    }
    places
}
