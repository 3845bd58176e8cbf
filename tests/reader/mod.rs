//! The reader against recorded runs of the real boot scripts: the same commands in the same order, and what gets
//! lost, for every version of the scripts that a release has.

mod lines;

use std::collections::BTreeMap;
use std::path::PathBuf;

use carpgen::dialect::parse::{Boot, End, Surroundings, Text, Variables, boot, rc_conf_order};
use carpgen::model::{FileId, Release};
use serde::Deserialize;

/// How many cases our own copy has, by file.
const CASES: [(&str, usize); 2] = [("freebsd-14.json", 88), ("freebsd-9.json", 34)];

#[derive(Deserialize)]
struct Case {
    name: String,
    family: String,
    files: BTreeMap<String, String>,
    interfaces: Vec<String>,
    commands: Vec<Vec<String>>,
    #[serde(default)]
    executed: Vec<Vec<String>>,
    #[serde(default)]
    created_files: Vec<String>,
    #[serde(default)]
    exit: i32,
    #[serde(default)]
    differs_in: BTreeMap<String, Other>,
}

#[derive(Deserialize)]
struct Other {
    commands: Vec<Vec<String>>,
}

pub(crate) fn folder() -> PathBuf {
    let own = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors");
    std::env::var_os("CARPGEN_VECTORS")
        .map_or_else(own, PathBuf::from)
        .join("rc")
}

pub(crate) fn is_our_own() -> bool {
    std::env::var_os("CARPGEN_VECTORS").is_none()
}

/// A file of the folder as JSON, if it is there. A folder without any file is no folder of vectors.
pub(crate) fn file(name: &str) -> Option<serde_json::Value> {
    let path = folder().join(name);
    let any = std::fs::read_dir(folder()).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| entry.path().extension().is_some_and(|e| e == "json"))
    });
    assert!(any, "no vectors in {}", folder().display());
    let text = std::fs::read_to_string(&path).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// The cases of a file: the array itself, or `cases` beside `count`.
pub(crate) fn cases_of(value: serde_json::Value) -> Vec<serde_json::Value> {
    match value {
        serde_json::Value::Array(cases) => cases,
        serde_json::Value::Object(mut object) => {
            let count = object.get("count").and_then(serde_json::Value::as_u64);
            let cases = object.remove("cases").map(cases_of).unwrap_or_default();
            if let Some(count) = count {
                assert_eq!(
                    u64::try_from(cases.len()).ok(),
                    Some(count),
                    "the cases are as many as the file says"
                );
            }
            cases
        }
        _ => Vec::new(),
    }
}

/// The scripts of a version as a release; versions that no release of ours has are left out.
pub(crate) fn release(version: &str) -> Option<Release> {
    match version {
        "freebsd-9" => Some(Release::R9),
        "freebsd-10.2" => Some(Release::R10),
        "freebsd-12.1" => Some(Release::R12),
        "freebsd-13" => Some(Release::R13),
        "freebsd-14" => Some(Release::R14),
        "freebsd-15" => Some(Release::R15),
        _ => None,
    }
}

/// Boots a host with these files below /etc.
pub(crate) fn booted(
    files: &BTreeMap<String, String>,
    interfaces: &[String],
    release: Release,
) -> Boot {
    let mut layers: Vec<_> = files
        .iter()
        .filter_map(|(path, text)| Some((rc_conf_order(path, release)?, text)))
        .collect();
    layers.sort();
    let texts = layers
        .iter()
        .zip(0..)
        .map(|((_, text), id)| Text::new(FileId(id), text));
    let variables = Variables::read(texts);
    let mut surroundings = Surroundings::of(interfaces.to_vec());
    for (path, text) in files {
        if let Some(interface) = path.strip_prefix("start_if.") {
            surroundings
                .start_scripts
                .push((interface, Text::new(FileId(99), text)));
        }
    }
    boot(&variables, release, &surroundings)
}

pub(crate) fn argv(boot: &Boot) -> Vec<Vec<String>> {
    let words = |command: &carpgen::dialect::parse::BootCommand| {
        command
            .words
            .iter()
            .map(|word| word.text().to_owned())
            .collect()
    };
    boot.commands.iter().map(words).collect()
}

/// Where versions differ only in when `inet6 ifdisabled` is run, the vectors do not list them.
fn without_ifdisabled(commands: &[Vec<String>]) -> Vec<Vec<String>> {
    let is_it = |c: &&Vec<String>| !matches!(c.as_slice(), [_, _, inet6, word] if inet6 == "inet6" && word == "ifdisabled");
    commands.iter().filter(is_it).cloned().collect()
}

fn check(case: &Case) {
    let own = release(&case.family).expect("a family of ours");
    let family = if own == Release::R9 {
        &[Release::R9][..]
    } else {
        &[
            Release::R10,
            Release::R12,
            Release::R13,
            Release::R14,
            Release::R15,
        ][..]
    };
    for version in family {
        let label = [
            "freebsd-10.2",
            "freebsd-12.1",
            "freebsd-13",
            "freebsd-14",
            "freebsd-15",
            "freebsd-9",
        ]
        .into_iter()
        .find(|label| release(label) == Some(*version))
        .expect("a version of ours");
        let boot = booted(&case.files, &case.interfaces, *version);
        let got = argv(&boot);
        match case.differs_in.get(label) {
            Some(other) => assert_eq!(got, other.commands, "{} on {label}", case.name),
            None if *version == own => assert_eq!(got, case.commands, "{}", case.name),
            None => assert_eq!(
                without_ifdisabled(&got),
                without_ifdisabled(&case.commands),
                "{} on {label}",
                case.name
            ),
        }
        if *version == own {
            check_side_effects(case, &boot);
        }
    }
}

fn check_side_effects(case: &Case, boot: &Boot) {
    // A stand-in named `injected` marks what a value managed to run.
    let noted = |words: &Vec<String>| {
        matches!(
            words.first().map(String::as_str),
            Some("injected" | "dhclient")
        )
    };
    let executed: Vec<Vec<String>> = boot
        .executed
        .iter()
        .map(|command| {
            command
                .words
                .iter()
                .map(|word| word.text().to_owned())
                .collect::<Vec<_>>()
        })
        .filter(noted)
        .collect();
    let expected: Vec<Vec<String>> = case
        .executed
        .iter()
        .filter(|words| noted(words))
        .cloned()
        .collect();
    assert_eq!(executed, expected, "{}", case.name);
    // The root folder is the current one.
    let created = boot
        .created_files
        .iter()
        .map(|word| word.text().trim_start_matches('/'));
    let expected = case
        .created_files
        .iter()
        .map(|name| name.trim_start_matches('/'));
    assert!(
        created.eq(expected),
        "{}: {:?}",
        case.name,
        case.created_files
    );
    // A syntax error ends sh(1) with status 2.
    let ends = matches!(boot.end, Some(End::File(..) | End::Evaluation(_)));
    if matches!(case.exit, 0 | 2) {
        assert_eq!(ends, case.exit == 2, "{}: {:?}", case.name, boot.end);
    }
}

#[test]
fn every_recorded_boot_is_read_as_it_was_run() {
    let mut total = 0;
    for (name, count) in CASES {
        let Some(value) = file(name) else { continue };
        let cases = cases_of(value);
        let mut run = 0;
        for case in cases.iter().cloned() {
            check(&serde_json::from_value(case).expect("a case"));
            run += 1;
        }
        assert_eq!(run, cases.len());
        if is_our_own() {
            assert_eq!(run, count, "{name}");
        }
        total += run;
    }
    assert!(total > 0 || !is_our_own());
}
