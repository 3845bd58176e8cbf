//! `conflicting-parameters`

use crate::dialect::parse::{Keyword, Parameter, ParameterValue};
use crate::lint::hosts::{
    HostFinding, HostFindings, Hosts, LintHost, Member, Source, SourceStatement, View,
};
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

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for group in hosts.all_groups() {
        for member in &group.members {
            if group.view == View::Shown {
                continue;
            }
            let statements = hosts.statements_of(group.view, member);
            let mut sources: Vec<Source> = statements.iter().map(|found| found.source).collect();
            sources.dedup();
            for source in sources {
                let mut own = statements.clone();
                own.retain(|found| found.source == source);
                for keyword in KEYWORDS {
                    findings.extend(compared(hosts, member, &own, keyword));
                }
            }
        }
    }
}

fn compared(
    hosts: &Hosts<'_>,
    member: &Member<'_>,
    statements: &[SourceStatement<'_>],
    keyword: Keyword,
) -> Option<HostFinding> {
    let host = &hosts.hosts[member.host];
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
    let (vhid, word) = (member.config.vhid, keyword.word());
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
    let finding = HostFinding::at(Severity::Warning, member.host, place, message, help);
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
                finding.and(member.host, at, words)
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
