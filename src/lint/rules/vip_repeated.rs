//! `vip-repeated`

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::config::Description;
use crate::dialect::parse::{Item, ParameterValue, Statement};
use crate::lint::addresses::vips;
use crate::lint::engine::Findings;
use crate::lint::hosts::{
    AliasPiece, Bytes, Fixing, HostFinding, HostFindings, Hosts, LintHost, PlacedAddress, Source,
};
use crate::lint::numbers::{nodes_in_words, seconds, takeover_of};
use crate::lint::registry::rule;
use crate::model::{Finding, Fix, HostName, Release, Route, Severity, VhidSpec};

rule! {
    /// Finds addresses that stand twice in one vhid, from FreeBSD 10 on.
    ///
    /// ## Why it matters
    ///
    /// An advertisement covers each address once (`carp_hmac_prepare` in FreeBSD `sys/netinet/ip_carp.c`), so the second one adds nothing.
    /// But a second command for it removes the address and adds it again (`in_aifaddr_ioctl` in FreeBSD 12 `sys/netinet/in.c`): the
    /// vhid starts anew and waits for its takeover time. On FreeBSD 11 address and vhid vanish. Very likely another address was meant.
    ///
    /// ## Example
    ///
    /// ```toml
    /// vips = ["192.0.2.10/24", "192.0.2.10/24"]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// vips = ["192.0.2.10/24", "192.0.2.11/24"]
    /// ```
    VIP_REPEATED = "CG408", "vip-repeated", Error, for both, fix "deletes the later statement of a host, if it says the same as the first; in a description nothing is changed"
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for vhid in &description.cluster.vhids {
        let mut places: BTreeMap<IpAddr, Vec<Route>> = BTreeMap::new();
        for placed in vips(description, vhid) {
            places
                .entry(placed.vip.address())
                .or_default()
                .push(placed.at);
        }
        let modern = description.cluster.members(vhid).map(|(node, _)| node);
        let modern = modern.filter(|node| !node.release.has_carp_interfaces());
        let on: Vec<(&HostName, Release)> = modern.map(|node| (&node.name, node.release)).collect();
        let Some((first, _)) = on.first() else {
            continue;
        };
        for (address, places) in places.iter().filter(|(_, places)| places.len() > 1) {
            findings.add(finding(vhid, *address, places, first, &on));
        }
    }
}

fn finding(
    vhid: &VhidSpec,
    address: IpAddr,
    places: &[Route],
    first: &HostName,
    on: &[(&HostName, Release)],
) -> Finding {
    let eleven: Vec<&HostName> = on
        .iter()
        .filter(|(_, release)| *release == Release::R11)
        .map(|(name, _)| *name)
        .collect();
    let times = match places.len() {
        2 => "twice".to_owned(),
        many => format!("{many} times"),
    };
    let what = format!("VIP {address} stands {times} in {}", vhid.label());
    let (severity, consequence) = if eleven.is_empty() {
        let wait = takeover_of(vhid, first).map_or_else(String::new, |wait| {
            format!(", {} without master {first}", seconds(wait))
        });
        let consequence = format!(
            "advertisements cover it once, and a second command for it restarts the vhid{wait}"
        );
        (Severity::Warning, consequence)
    } else {
        let consequence = format!(
            "a second command for it removes VIP and vhid from {} (FreeBSD 11)",
            nodes_in_words(eleven)
        );
        (Severity::Error, consequence)
    };
    let help = "remove it here, or write the address that was meant";
    let message = format!("{what}: {consequence}");
    let finding = Finding::new(severity, places[1].clone(), message, help);
    let others = places.iter().enumerate().filter(|(nth, _)| *nth != 1);
    others.fold(finding, |finding, (_, at)| {
        finding.and(at.clone(), "the same address")
    })
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        if host.is_legacy() {
            continue;
        }
        let removed = removed(host);
        let mut uses: BTreeMap<(Source, &str, i64, IpAddr), Vec<PlacedAddress<'_>>> =
            BTreeMap::new();
        let vips = host.vips();
        for vip in vips {
            let source = vip.found.source;
            let Some(vhid) = vip.found.vhid().filter(|_| !host.branches(source)) else {
                continue;
            };
            let key = (source, vip.interface(), vhid, vip.address());
            if !removed.contains(&(source, vip.address())) {
                uses.entry(key).or_default().push(vip);
            }
        }
        uses.retain(|_, uses| uses.len() > 1);
        if uses.is_empty() {
            continue;
        }
        let pieces = host.alias_pieces();
        for ((_, interface, vhid, _), uses) in &uses {
            let fix = without_later(host, position, &pieces, uses);
            let finding = host_finding(host, position, (interface, *vhid), uses);
            findings.add(finding.with_fix(fix));
        }
    }
}

/// A fix that leaves only the first of several statements that say the same.
fn without_later(
    host: &LintHost<'_>,
    position: usize,
    pieces: &[AliasPiece<'_>],
    uses: &[PlacedAddress<'_>],
) -> Option<Fix> {
    let (first, later) = uses.split_first()?;
    let first = words_of(first.found.statement);
    let mut fixing = Fixing::of(position);
    for later in later {
        if words_of(later.found.statement) != first {
            return None;
        }
        if later.found.source != Source::Boot {
            let line = host.command_line(later.found.statement.place);
            fixing = host.delete_line(fixing, line);
            continue;
        }
        let variable = later.found.variable;
        let mut of_variable = pieces.iter().filter(|piece| piece.variable == variable);
        let piece = of_variable
            .clone()
            .find(|piece| piece.words.iter().any(|word| word.place == later.place))?;
        fixing = if variable.ends_with("_aliases") {
            let first = host.bytes_of_word(piece.words.first()?)?;
            let last = host.bytes_of_word(piece.words.last()?)?;
            let bytes = Bytes {
                file: first.file,
                range: first.range.start..last.range.end.max(first.range.end),
            };
            fixing.delete(host.with_blanks(Some(bytes).filter(|_| first.file == last.file)))
        } else {
            let place = host.variable_place(variable)?;
            let alone = of_variable.by_ref().nth(1).is_none();
            let line = host.assignment_line(place, variable).filter(|_| alone);
            host.delete_line(fixing, line)
        };
    }
    fixing.done()
}

/// All that a statement says, word by word.
fn words_of(statement: &Statement) -> Vec<String> {
    let mut words = vec![statement.interface.text().to_owned()];
    words.push(format!(
        "{:?}",
        statement.family.as_ref().map(|word| word.family)
    ));
    for item in &statement.items {
        match item {
            Item::Parameter(parameter) => {
                words.push(parameter.keyword.word().to_owned());
                words.push(match &parameter.value {
                    ParameterValue::Word(word) => word.text().to_owned(),
                    ParameterValue::Key(key, _) => key.expose().to_owned(),
                    ParameterValue::Missing => String::new(),
                });
            }
            Item::Address(address) => words.push(address.word.text().to_owned()),
            Item::Alias(_) => words.push("alias".to_owned()),
            Item::Removal(_) => words.push("-alias".to_owned()),
            Item::LateFamily(word) | Item::Unknown(word) => words.push(word.text().to_owned()),
            Item::Option(word, values) => {
                words.push(word.text().to_owned());
                words.extend(values.iter().map(|value| value.text().to_owned()));
            }
        }
    }
    words
}

/// What a script takes away it may add again.
fn removed(host: &LintHost<'_>) -> Vec<(Source, IpAddr)> {
    let statements = host.statements();
    statements
        .iter()
        .filter(|found| found.statement.removes())
        .flat_map(|found| {
            let addresses = found.statement.addresses();
            addresses.filter_map(|address| Some((found.source, address.address?)))
        })
        .collect()
}

fn host_finding(
    host: &LintHost<'_>,
    position: usize,
    (interface, vhid): (&str, i64),
    uses: &[PlacedAddress<'_>],
) -> HostFinding {
    let address = uses[0].address();
    let times = match uses.len() {
        2 => "twice".to_owned(),
        many => format!("{many} times"),
    };
    let what = format!("VIP {address} stands {times} in vhid {vhid} on {interface}");
    let (severity, consequence) = if host.release() == Release::R11 {
        let consequence = "a second command for it removes VIP and vhid (FreeBSD 11)".to_owned();
        (Severity::Error, consequence)
    } else {
        let wait = host
            .takeover_us(interface, vhid)
            .map_or_else(String::new, |wait| {
                format!(", {} without this master", seconds(wait))
            });
        let consequence = format!(
            "advertisements cover it once, and a second command for it restarts the vhid{wait}"
        );
        (Severity::Warning, consequence)
    };
    let help = "remove it here, or write the address that was meant";
    let message = format!("{what}: {consequence}");
    let finding = HostFinding::at(severity, position, uses[1].place, message, help);
    let others = uses.iter().enumerate().filter(|(nth, _)| *nth != 1);
    others.fold(finding, |finding, (_, other)| {
        finding.and(position, other.place, "the same address")
    })
}
