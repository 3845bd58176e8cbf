//! Words of `ifconfig(8)` that the release of a host does not have.

use super::{HostFinding, HostFindings, Hosts};
use crate::dialect::parse::{Keyword, Parameter};
use crate::model::{Place, Release, Severity};

/// Words that came with a release.
pub struct NewerWords {
    /// The words.
    pub keywords: &'static [Keyword],
    /// What they are for.
    pub feature: &'static str,
    /// The first release that has them.
    pub since: Release,
    /// What to write instead.
    pub help: &'static str,
}

impl Hosts<'_> {
    /// Reports every command with such a word on a release that does not have it.
    pub(in crate::lint) fn report_newer_words(
        &self,
        newer: &NewerWords,
        findings: &mut HostFindings<'_>,
    ) {
        for (position, host) in self.iter().filter(|(_, host)| host.release() < newer.since) {
            let mut seen: Vec<Place> = Vec::new();
            for found in host.statements() {
                let parameters = found.statement.parameters();
                let words: Vec<&Parameter> = parameters
                    .filter(|parameter| newer.keywords.contains(&parameter.keyword))
                    .collect();
                let Some((first, rest)) = words.split_first() else {
                    continue;
                };
                if seen.contains(&first.place) {
                    continue;
                }
                seen.push(first.place);
                let vhid = found
                    .vhid()
                    .map_or_else(|| "the vhid".to_owned(), |number| format!("vhid {number}"));
                let mut addresses = found.statement.addresses();
                let lost = addresses
                    .find_map(|address| address.address)
                    .map_or_else(|| vhid.clone(), |address| format!("{vhid} with {address}"));
                let message = format!(
                    "{} came with FreeBSD {}, and ifconfig of {} takes {} for an address: the command fails, and this host does not serve {lost}",
                    newer.feature,
                    newer.since,
                    host.release(),
                    first.keyword.word(),
                );
                let finding =
                    HostFinding::at(Severity::Error, position, first.place, message, newer.help);
                findings.add(rest.iter().fold(finding, |finding, word| {
                    let words = format!("{} in the same command", word.keyword.word());
                    finding.and(position, word.place, words)
                }));
            }
        }
    }
}
