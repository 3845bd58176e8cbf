//! Every rule has a code, a page, a bad fixture that fires and a good one that is clean.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use carpgen::config::Description;
use carpgen::lint::{RULES, Rule, check};
use carpgen::model::Severity;

fn fixture(rule: &Rule, kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/lint")
        .join(rule.name)
        .join(kind)
        .join("cluster.toml")
}

fn text(rule: &Rule, kind: &str) -> String {
    let path = fixture(rule, kind);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn names(text: &str, least: Severity) -> Vec<&'static str> {
    let description = Description::read(text);
    check(&description, true)
        .iter()
        .filter(|f| f.finding.severity >= least)
        .map(|f| f.rule.name)
        .collect()
}

#[test]
fn bad_fixtures_fire_their_rule_and_no_other_error_or_warning() {
    for rule in RULES {
        let text = text(rule, "bad");
        assert!(
            names(&text, Severity::Info).contains(&rule.name),
            "{}: bad fixture is silent",
            rule.name
        );
        let others: Vec<_> = names(&text, Severity::Warning)
            .into_iter()
            .filter(|name| *name != rule.name)
            .collect();
        assert!(
            others.is_empty(),
            "{}: bad fixture also fires {others:?}",
            rule.name
        );
    }
}

#[test]
fn good_fixtures_are_clean() {
    for rule in RULES {
        let text = text(rule, "good");
        assert!(
            !names(&text, Severity::Info).contains(&rule.name),
            "{}: good fixture fires",
            rule.name
        );
        assert_eq!(
            names(&text, Severity::Warning),
            Vec::<&str>::new(),
            "{}: good fixture",
            rule.name
        );
    }
}

#[test]
fn codes_and_names_are_unique_and_in_order() {
    let codes: Vec<_> = RULES.iter().map(|rule| rule.code).collect();
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(codes, sorted);
    assert_eq!(
        RULES
            .iter()
            .map(|rule| rule.name)
            .collect::<BTreeSet<_>>()
            .len(),
        RULES.len()
    );
    for rule in RULES {
        assert!(
            rule.code.len() == 5 && rule.code.starts_with("CG"),
            "{}",
            rule.code
        );
    }
}

/// The lines of the first fenced block behind a heading of a page.
fn block<'a>(rule: &'a Rule, heading: &str) -> Vec<&'a str> {
    let behind = rule
        .page
        .split_once(&format!("## {heading}"))
        .unwrap_or_else(|| panic!("{}: no {heading}", rule.name))
        .1;
    let block = behind
        .split_once("```toml\n")
        .unwrap_or_else(|| panic!("{}: no toml under {heading}", rule.name))
        .1;
    block
        .split_once("```")
        .expect("the block ends")
        .0
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect()
}

#[test]
fn the_examples_of_the_pages_are_those_of_the_fixtures() {
    for rule in RULES {
        assert!(rule.page.contains("## Why it matters"), "{}", rule.name);
        assert!(
            rule.summary().starts_with("Finds "),
            "{}: {}",
            rule.name,
            rule.summary()
        );
        for (heading, kind) in [("Example", "bad"), ("Use instead", "good")] {
            let fixture = text(rule, kind);
            for line in block(rule, heading) {
                assert!(
                    fixture.lines().any(|l| l.trim() == line),
                    "{}: `{line}` is not in the {kind} fixture",
                    rule.name
                );
            }
        }
    }
}

#[test]
fn every_fixture_belongs_to_a_rule() {
    let names: BTreeSet<_> = RULES.iter().map(|rule| rule.name.to_owned()).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lint");
    for entry in std::fs::read_dir(folder).expect("the fixtures are there") {
        let name = entry
            .expect("readable")
            .file_name()
            .into_string()
            .expect("a name");
        assert!(names.contains(&name), "fixtures/lint/{name} has no rule");
    }
}

#[test]
fn no_finding_prints_a_key() {
    for rule in RULES {
        for kind in ["bad", "good"] {
            let text = text(rule, kind);
            for found in check(&Description::read(&text), true) {
                let words = format!(
                    "{} {} {:?}",
                    found.finding.message, found.finding.help, found.finding.related
                );
                let keys = text
                    .lines()
                    .filter_map(|line| line.trim().strip_prefix("pass = \"")?.strip_suffix('"'));
                for key in keys.filter(|key| key.len() > 3) {
                    assert!(!words.contains(key), "{}: {words}", found.rule.name);
                }
            }
        }
    }
}
