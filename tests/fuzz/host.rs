//! All files of hosts together, and what lint says of them.
//!
//! An input holds several files: `### HOST/PATH` on a line of its own begins one.

use std::collections::BTreeMap;

use carpgen::dialect::parse::{End, HostReading, HostText, read_host};
use carpgen::lint::check_hosts;
use carpgen::lint::hosts::{HostPlace, Hosts, LintHost};
use carpgen::model::{HostName, Place, Release, Severity};

use crate::places::assert_inside;

/// The files of an input by host.
fn files(text: &str) -> BTreeMap<&str, Vec<HostText<'_>>> {
    let mut hosts: BTreeMap<&str, Vec<HostText<'_>>> = BTreeMap::new();
    let text = text.strip_prefix("### ").unwrap_or(text);
    for file in text.split("\n### ") {
        let (header, text) = file.split_once('\n').unwrap_or((file, ""));
        let (host, path) = header.split_once('/').unwrap_or(("a", header));
        let name = HostName::new(host).map_or("a", |_| host);
        // A folder has each file once.
        let own = hosts.entry(name).or_default();
        if own.iter().all(|file| file.path != path) {
            own.push(HostText { path, text });
        }
    }
    hosts
}

/// All places of a reading.
fn places(read: &HostReading<'_>) -> Vec<Place> {
    let boot = &read.boot;
    let mut places = Vec::new();
    for command in boot.commands.iter().chain(&boot.executed) {
        places.push(command.place);
        places.extend(command.words.iter().map(|word| word.place));
    }
    places.extend(boot.losses.iter().map(|loss| loss.place));
    places.extend(boot.created_files.iter().map(|word| word.place));
    places.extend(boot.inet_added.iter().map(|(_, place)| *place));
    match boot.end {
        Some(End::File(_, place) | End::Evaluation(place)) => places.push(place),
        Some(End::TooMuch) | None => {}
    }
    let scripts = read.scripts.iter().flat_map(|script| &script.statements);
    let statements = read.statements.iter().map(|found| &found.statement);
    for statement in statements.chain(scripts) {
        places.push(statement.place);
        places.extend(
            statement
                .items
                .iter()
                .map(carpgen::dialect::parse::Item::place),
        );
    }
    places.extend(read.sysctls.iter().map(|line| line.value_place));
    places.extend(read.loader.iter().map(|line| line.value_place));
    places.extend(read.rejected.iter().map(|rejected| rejected.place));
    places
}

/// What is configured was written: each vhid and address of the configuration stands in a command of the boot.
fn nothing_is_invented(read: &HostReading<'_>) {
    for vhid in &read.config.vhids {
        let number = i64::from(vhid.vhid.number());
        let named = read.statements.iter().any(|found| {
            let parameters = found.statement.parameters();
            let mut numbers = parameters.map(|parameter| parameter.atoi());
            numbers.any(|atoi| atoi == number)
        });
        assert!(named, "vhid {number} is written nowhere");
    }
}

pub(crate) fn hosts(input: &[u8]) {
    let text = &*String::from_utf8_lossy(input);
    let files = files(text);
    let mut hosts = Vec::new();
    for (name, files) in files.into_iter().take(4) {
        let name = HostName::new(name).unwrap();
        for release in [None, Some(Release::R9), Some(Release::R14)] {
            let read = read_host(&name, &files, release);
            let again = read_host(&name, &files, release);
            assert_eq!(read.boot, again.boot);
            assert_eq!(
                (&read.config, &read.rejected),
                (&again.config, &again.rejected)
            );
            for place in places(&read) {
                assert_inside(files[usize::from(place.file.0)].text, place);
            }
            nothing_is_invented(&read);
        }
        hosts.push(LintHost::read(name, files, None));
    }
    let hosts = Hosts::new(hosts);
    let findings = check_hosts(&hosts);
    let inside = |at: &HostPlace| {
        let files = &hosts.hosts[at.host].files;
        assert_inside(files[usize::from(at.place.file.0)].text, at.place);
    };
    for found in &findings {
        let finding = &found.finding;
        finding.at.iter().for_each(inside);
        finding.related.iter().for_each(|(at, _)| inside(at));
        assert!(
            !finding.message.is_empty() && !finding.help.is_empty(),
            "{}",
            found.rule.name
        );
        assert!(!finding.message.contains("POISON") && !finding.help.contains("POISON"));
    }
    // Where the boot ends early, that is said.
    for (index, host) in hosts.iter() {
        if matches!(
            host.reading.boot.end,
            Some(End::File(..) | End::Evaluation(_))
        ) {
            assert!(
                findings.iter().any(|found| {
                    found.finding.severity >= Severity::Warning && found.finding.host == Some(index)
                }),
                "nobody says that the boot ends: {text:?}"
            );
        }
    }
}
