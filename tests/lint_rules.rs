//! Every rule has a code, a page, a bad fixture that fires and a good one that is clean.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use carpgen::config::{Description, examples::EXAMPLES, resolve};
use carpgen::dialect::Renderer;
use carpgen::dialect::parse::HostText;
use carpgen::lint::hosts::{Hosts, LintHost, without_carriage_returns};
use carpgen::lint::{RULES, Rule, check, check_hosts};
use carpgen::model::{HostName, Key, Secret, Severity};

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

/// The files below a folder, by their paths in it.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        let path = folder.join(&below);
        let entries =
            std::fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for entry in entries {
            let entry = entry.expect("readable");
            let path = below.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(entry.path()).expect("readable");
                let text = String::from_utf8(bytes).expect("a text");
                found.push((path.to_str().expect("a name").to_owned(), text));
            }
        }
    }
    found.sort();
    found
}

/// The files of one host among those of all.
fn texts<'t>(all: &'t [(String, String)], prefix: &str) -> Vec<HostText<'t>> {
    let own = all.iter().filter_map(|(path, text)| {
        let path = path.strip_prefix(prefix)?;
        Some(HostText { path, text })
    });
    own.collect()
}

/// The rules that find something in a folder of hosts, with all that they say.
fn host_findings(rule: &Rule, kind: &str) -> Vec<(&'static str, Severity, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/lint")
        .join(rule.name)
        .join(kind);
    findings_in(&folder)
}

/// The same of any folder of hosts.
fn findings_in(folder: &Path) -> Vec<(&'static str, Severity, String)> {
    let all = files(folder);
    let names: BTreeSet<&str> = all
        .iter()
        .map(|(path, _)| path.split('/').next().expect("a path"))
        .collect();
    let mended: Vec<(String, String)> = all
        .iter()
        .map(|(path, text)| {
            let own = path.split_once('/').expect("a host").1;
            let clean = without_carriage_returns(own, text).unwrap_or_else(|| text.clone());
            (path.clone(), clean)
        })
        .collect();
    let hosts = names.iter().map(|name| {
        let prefix = format!("{name}/");
        let own = texts(&all, &prefix);
        let clean = texts(&mended, &prefix);
        let name = HostName::new(name).expect("a name");
        LintHost::read_clean(name, own, &clean, None)
    });
    let hosts = Hosts::new(hosts.collect());
    check_hosts(&hosts)
        .into_iter()
        .map(|f| {
            let words = format!(
                "{} {} {:?}",
                f.finding.message, f.finding.help, f.finding.related
            );
            (f.rule.name, f.finding.severity, words)
        })
        .collect()
}

/// The rules that find something in a fixture, with their severities.
fn fired(rule: &Rule, kind: &str) -> Vec<Vec<(&'static str, Severity)>> {
    let mut fired = Vec::new();
    if rule.on_descriptions {
        let text = text(rule, kind);
        let found = check(&Description::read(&text), true);
        fired.push(
            found
                .iter()
                .map(|f| (f.rule.name, f.finding.severity))
                .collect(),
        );
    }
    if rule.on_hosts {
        let found = host_findings(rule, &format!("{kind}-hosts"));
        fired.push(
            found
                .into_iter()
                .map(|(name, severity, _)| (name, severity))
                .collect(),
        );
    }
    assert!(!fired.is_empty(), "{} looks at nothing", rule.name);
    fired
}

#[test]
fn bad_fixtures_fire_their_rule_and_no_other_error_or_warning() {
    let mut wrong = Vec::new();
    for rule in RULES {
        for found in fired(rule, "bad") {
            if !found.iter().any(|(name, _)| *name == rule.name) {
                wrong.push(format!("{}: a bad fixture is silent", rule.name));
            }
            let others: Vec<_> = found
                .iter()
                .filter(|(name, severity)| *name != rule.name && *severity >= Severity::Warning)
                .collect();
            if !others.is_empty() {
                wrong.push(format!(
                    "{}: a bad fixture also fires {others:?}",
                    rule.name
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn good_fixtures_are_clean() {
    let mut wrong = Vec::new();
    for rule in RULES {
        for found in fired(rule, "good") {
            let loud: Vec<_> = found
                .iter()
                .filter(|(name, severity)| *name == rule.name || *severity >= Severity::Warning)
                .collect();
            if !loud.is_empty() {
                wrong.push(format!("{}: a good fixture fires {loud:?}", rule.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
    let kind = if rule.on_descriptions { "toml" } else { "sh" };
    let block = behind
        .split_once(&format!("```{kind}\n"))
        .unwrap_or_else(|| panic!("{}: no {kind} under {heading}", rule.name))
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
            let fixture = if rule.on_descriptions {
                text(rule, kind)
            } else {
                let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lint");
                let all = files(&folder.join(rule.name).join(format!("{kind}-hosts")));
                all.into_iter().map(|(_, text)| text).collect()
            };
            // Comments tell the reader which host or file a line is of.
            for line in block(rule, heading)
                .into_iter()
                .filter(|line| rule.on_descriptions || !line.starts_with('#'))
            {
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
    for rule in RULES.iter().filter(|rule| rule.on_hosts) {
        for kind in ["bad-hosts", "good-hosts"] {
            for (name, _, words) in host_findings(rule, kind) {
                assert!(!words.contains("Ee5Xkq2uPsz0"), "{name}: {words}");
            }
        }
    }
    for rule in RULES.iter().filter(|rule| rule.on_descriptions) {
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

/// What carpgen renders gives its linter nothing to say: lines of carpgen alone are an excerpt of what a host has.
#[test]
fn the_rendered_examples_are_clean() {
    for example in EXAMPLES {
        let description = Description::read(example.text);
        let rendered: Vec<(HostName, Vec<(&str, String)>)> = description
            .cluster
            .nodes
            .iter()
            .map(|node| {
                let mut config = resolve(&description.cluster, node);
                for key in config.keys_mut() {
                    *key = Key::Text(Secret::new("Ee5Xkq2uPsz0"));
                }
                let renderer = Renderer::new().expect("the templates are right");
                let files = renderer.render(&config).expect("it can be rendered");
                let release = format!("{}\n", node.release);
                let texts = vec![
                    ("etc/rc.conf", files.rc.content),
                    ("etc/sysctl.conf", files.sysctl.content),
                    ("boot/loader.conf", files.loader.content),
                    ("live.sh", files.live_script.content),
                    ("release", release),
                ];
                (node.name.clone(), texts)
            })
            .collect();
        let hosts = rendered.iter().map(|(name, texts)| {
            let files = texts.iter().map(|(path, text)| HostText { path, text });
            LintHost::read(name.clone(), files.collect(), None)
        });
        let found = check_hosts(&Hosts::new(hosts.collect()));
        let loud: Vec<_> = found
            .iter()
            .filter(|f| f.finding.severity > Severity::Info)
            .map(|f| (f.rule.name, &f.finding.message))
            .collect();
        assert!(loud.is_empty(), "{}: {loud:#?}", example.name);
    }
}

/// What administrators write who follow the manual pages and the Handbook, on the releases that these are for.
#[test]
fn what_the_manual_shows_is_clean() {
    // True of each: the manual pages write keys into rc.conf, and leave the demotion of send errors as it is.
    const TRUE: [&str; 2] = ["pass-in-clear", "senderr-trap"];
    let clean = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/clean");
    let mut hosts = 0;
    for folder in std::fs::read_dir(clean).expect("a folder") {
        let folder = folder.expect("readable").path();
        for (name, severity, words) in findings_in(&folder) {
            assert!(
                severity == Severity::Info && TRUE.contains(&name),
                "{}: {name}: {words}",
                folder.display()
            );
        }
        for (path, text) in files(&folder) {
            if path.ends_with("rc.conf") {
                assert!(
                    text.starts_with("# "),
                    "{path} does not say what it follows"
                );
                assert!(text.contains("vhid"), "{path} has no vhid");
                hosts += 1;
            }
        }
    }
    assert!(hosts >= 50, "{hosts} hosts");
}
