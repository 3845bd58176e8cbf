//! `conflicting-parameters`

use std::collections::BTreeMap;

use crate::dialect::parse::{Keyword, Parameter, ParameterValue, is_carp_interface};
use crate::lint::hosts::views::attaches;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost, Source, SourceStatement};
use crate::lint::registry::rule;
use crate::model::{Place, Severity};

rule! {
    /// Finds vhids whose lines on one host do not agree about skew, base, key, peer or version.
    ///
    /// ## Why it matters
    ///
    /// A vhid has one of each, and every line that names it sets them anew: what the boot scripts run last counts. That is the order of the
    /// alias numbers, inet before inet6 (`ifalias_af_common` in `network.subr`), and not always that of the file.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0_alias1="inet 192.0.2.12/32 vhid 1 advskew 50 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0_alias1="inet 192.0.2.12/32 vhid 1 advskew 0 pass Ee5Xkq2uPsz0"
    /// ```
    CONFLICTING_PARAMETERS = "CG504", "conflicting-parameters", Warning, for hosts
}

/// What is compared.
const KEYWORDS: [Keyword; 6] = [
    Keyword::Advskew,
    Keyword::Advbase,
    Keyword::Pass,
    Keyword::Peer,
    Keyword::Peer6,
    Keyword::Carpver,
];

/// A parameter with the number of the statement that it stands in.
type Found<'s> = (usize, &'s Parameter);

/// What is one vhid: a source, an interface, and from 10 on the number.
type Name<'h> = (Source, &'h str, Option<i64>);

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let statements = host.statements();
        let mut vhids: BTreeMap<Name<'_>, Vec<SourceStatement<'_>>> = BTreeMap::new();
        for found in &statements {
            let interface = found.statement.interface.text();
            let on_carp = is_carp_interface(interface);
            // A live command without an address is the change of a moment.
            let counts = match found.source {
                Source::Live(_) => attaches(found),
                Source::Boot | Source::BootScript(_) => !found.statement.removes(),
            };
            if counts && (on_carp || found.vhid().is_some()) {
                let number = found.vhid().filter(|_| !on_carp);
                let name = (found.source, interface, number);
                vhids.entry(name).or_default().push(*found);
            }
        }
        for own in vhids.values() {
            for keyword in KEYWORDS {
                findings.extend(compared(host, position, own, keyword));
            }
        }
    }
}

fn compared(
    host: &LintHost<'_>,
    position: usize,
    statements: &[SourceStatement<'_>],
    keyword: Keyword,
) -> Option<HostFinding> {
    let numbered = statements.iter().enumerate();
    let mut given: Vec<Found<'_>> = numbered
        .filter(|(_, found)| !is_judged_elsewhere(host, found))
        .flat_map(|(number, found)| {
            let parameters = found.statement.parameters();
            parameters.map(move |parameter| (number, parameter))
        })
        .filter(|(_, parameter)| parameter.keyword == keyword && is_known(parameter))
        .collect();
    // What a range makes of one text is one text.
    given.dedup_by_key(|(_, parameter)| parameter.value_place());
    let (_, last) = given.last()?;
    let differs = |(_, parameter): &&Found<'_>| !is_same(parameter, last);
    let other = given.iter().rev().find(differs)?;
    let vhid = statements.iter().find_map(SourceStatement::vhid)?;
    let word = keyword.word();
    let counts = match last.text() {
        Some(text) => format!("{word} {text}, set last, counts"),
        None => "the one set last counts".to_owned(),
    };
    let values = match other.1.text() {
        Some(text) => format!(", {text} among them"),
        None => String::new(),
    };
    let message =
        format!("vhid {vhid} gets different values of {word} on this host{values}: {counts}");
    let help = format!("write one {word} for the vhid, in one line or alike in all");
    let place = last.value_place();
    let finding = HostFinding::at(Severity::Warning, position, place, message, help);
    let mut seen: Vec<Place> = vec![place];
    Some(
        given
            .iter()
            .filter(differs)
            .fold(finding, |finding, (_, parameter)| {
                let at = parameter.value_place();
                if seen.contains(&at) {
                    return finding;
                }
                seen.push(at);
                let words = parameter
                    .text()
                    .map_or_else(|| "another one".to_owned(), |text| format!("{word} {text}"));
                finding.and(position, at, words)
            }),
    )
}

/// Another rule says what is wrong with the words of the statement.
fn is_judged_elsewhere(host: &LintHost<'_>, found: &SourceStatement<'_>) -> bool {
    found.statement.unknown().next().is_some() || host.is_made_of_unknowns(found.variable)
}

fn is_known(parameter: &Parameter) -> bool {
    match &parameter.value {
        ParameterValue::Word(word) => word.known,
        ParameterValue::Key(key, _) => !key.expose().is_empty(),
        ParameterValue::Missing => false,
    }
}

fn is_same(parameter: &Parameter, other: &Parameter) -> bool {
    use crate::lint::hosts::doubt::counting_bytes;
    match (&parameter.value, &other.value) {
        (ParameterValue::Key(own, _), ParameterValue::Key(its, _)) => {
            counting_bytes(own) == counting_bytes(its)
        }
        _ => match (parameter.number(), other.number()) {
            (Some(own), Some(its)) => own == its,
            _ => parameter.text() == other.text(),
        },
    }
}
