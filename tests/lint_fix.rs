//! The fixes of `carpgen lint --fix`: what each changes, that it changes nothing else, and that no file makes it do harm.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "fix/cases.rs"]
mod cases;
#[path = "fix/command.rs"]
mod command;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use carpgen::config::Description;
use carpgen::dialect::parse::HostText;
use carpgen::lint::hosts::{HostLintFinding, Hosts, LintHost, without_carriage_returns};
use carpgen::lint::{
    Fixed, Looked, RULES, Rule, Texts, check, check_hosts, fix_all, rule_named, tuned, tuned_hosts,
};
use carpgen::model::{FileId, HostConfig, HostName, Severity, TextId};
use proptest::prelude::*;

/// The files of hosts by their paths, `HOST/FILE`, and their texts.
type Files = BTreeMap<String, String>;

/// Files of hosts, as the rules take them.
struct Folder {
    paths: Vec<(String, Vec<String>)>,
    texts: Texts,
}

impl Folder {
    fn new(files: &Files) -> Self {
        let mut by_host: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for (path, text) in files {
            let (host, file) = path.split_once('/').expect("a host and a file");
            let of_host = by_host.entry(host.to_owned()).or_default();
            of_host.push((file.to_owned(), text.clone()));
        }
        let mut folder = Self {
            paths: Vec::new(),
            texts: Texts::new(),
        };
        for (host, (name, files)) in by_host.into_iter().enumerate() {
            let mut paths = Vec::new();
            for (file, (path, text)) in (0_u16..).zip(files) {
                let file = FileId(file);
                folder.texts.insert(TextId { host, file }, text);
                paths.push(path);
            }
            folder.paths.push((name, paths));
        }
        folder
    }

    /// The files with these texts.
    fn files(&self, texts: &Texts) -> Files {
        let named = texts.iter().map(|(id, text)| {
            let (host, paths) = &self.paths[id.host];
            let path = &paths[usize::from(id.file.0)];
            (format!("{host}/{path}"), text.clone())
        });
        named.collect()
    }

    /// Does something with the hosts that have these texts.
    fn with<T>(&self, texts: &Texts, then: impl FnOnce(&Hosts<'_>) -> T) -> T {
        let clean: Vec<Vec<Option<String>>> = (0..self.paths.len())
            .map(|host| {
                let paths = (0_u16..).zip(&self.paths[host].1);
                paths
                    .map(|(file, path)| {
                        let file = FileId(file);
                        without_carriage_returns(path, &texts[&TextId { host, file }])
                    })
                    .collect()
            })
            .collect();
        let hosts = (0..self.paths.len()).map(|host| {
            let (name, paths) = &self.paths[host];
            let of_host = |mended: bool| -> Vec<HostText<'_>> {
                let files = (0_u16..).zip(paths).map(|(number, path)| {
                    let file = FileId(number);
                    let own = &texts[&TextId { host, file }];
                    let clean = clean[host][usize::from(number)].as_ref();
                    let text = if mended { clean.unwrap_or(own) } else { own };
                    HostText { path, text }
                });
                files.collect()
            };
            let name = HostName::new(name).unwrap();
            LintHost::read_clean(name, of_host(false), &of_host(true), None)
        });
        then(&Hosts::new(hosts.collect()))
    }

    fn findings(&self, texts: &Texts) -> Vec<HostLintFinding> {
        self.with(texts, |hosts| tuned_hosts(hosts, check_hosts(hosts), &[]))
    }

    fn fixed(&self, texts: &Texts) -> Fixed {
        fix_all(texts.clone(), |texts| {
            self.with(texts, |hosts| {
                let all = check_hosts(hosts);
                Looked::at_hosts(&all, &tuned_hosts(hosts, all.clone(), &[]))
            })
        })
    }

    fn configs(&self, texts: &Texts) -> Vec<HostConfig> {
        self.with(texts, |hosts| {
            let read = hosts.hosts.iter();
            let mut configs: Vec<HostConfig> =
                read.map(|host| host.reading.config.clone()).collect();
            // An alias that is gone leaves its number free.
            for interface in configs.iter_mut().flat_map(|config| &mut config.interfaces) {
                interface.first_alias = 0;
            }
            configs
        })
    }
}

/// The errors in files, by rule and host.
fn errors(found: &[HostLintFinding]) -> BTreeMap<(&'static str, Option<usize>), usize> {
    let mut errors = BTreeMap::new();
    for found in found {
        if found.finding.severity == Severity::Error {
            *errors
                .entry((found.rule.name, found.finding.host))
                .or_default() += 1;
        }
    }
    errors
}

/// Fixes files; what does not hold for every file fails.
fn fix_of(files: &Files) -> (Files, usize) {
    let folder = Folder::new(files);
    let before = errors(&folder.with(&folder.texts, check_hosts));
    let fixed = folder.fixed(&folder.texts);
    let after = errors(&folder.with(&fixed.texts, check_hosts));
    for (which, count) in &after {
        let known = before.get(which).copied().unwrap_or_default();
        assert!(*count <= known, "{which:?}: {known} errors become {count}");
    }
    let again = folder.fixed(&fixed.texts);
    assert!(
        again.texts == fixed.texts,
        "a second time changes something"
    );
    (folder.files(&fixed.texts), fixed.done.len())
}

fn description_fixed(text: &str) -> (String, usize) {
    let look = |texts: &Texts| {
        let description = Description::read(&texts[&TextId::default()]);
        let all = check(&description, false);
        Looked::at_description(&all, &tuned(&description, all.clone(), &[]))
    };
    let fixed = fix_all(Texts::from([(TextId::default(), text.to_owned())]), look);
    let again = fix_all(fixed.texts.clone(), look);
    assert!(
        again.texts == fixed.texts,
        "a second time changes something"
    );
    (fixed.texts[&TextId::default()].clone(), fixed.done.len())
}

fn read_into(folder: &Path, prefix: &str, files: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            read_into(&path, &format!("{name}/"), files);
        } else {
            files.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

fn fixture(rule: &Rule, kind: &str) -> Option<Files> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lint");
    let folder = root.join(rule.name).join(kind);
    let mut files = Files::new();
    folder
        .is_dir()
        .then(|| read_into(&folder, "", &mut files))?;
    Some(files)
}

/// The lines that are not the same, with `-` and `+`, and the file before them.
fn changes(before: &Files, after: &Files) -> Vec<String> {
    let mut all = Vec::new();
    for (path, old) in before {
        let (old, new): (Vec<&str>, Vec<&str>) = (
            old.split_inclusive('\n').collect(),
            after[path].split_inclusive('\n').collect(),
        );
        for op in similar::capture_diff_slices(similar::Algorithm::Myers, &old, &new) {
            if !matches!(op, similar::DiffOp::Equal { .. }) {
                let show = |mark: char, lines: &[&str]| -> Vec<String> {
                    let lines = lines.iter();
                    lines.map(|line| format!("{path} {mark}{line}")).collect()
                };
                all.extend(show('-', &old[op.old_range()]));
                all.extend(show('+', &new[op.new_range()]));
            }
        }
    }
    all
}

#[test]
fn every_fix_of_a_fixture_changes_what_it_says_and_nothing_else() {
    let known: BTreeMap<&str, &[&str]> = cases::FIXTURES.iter().copied().collect();
    let with_fix: BTreeSet<&str> = RULES
        .iter()
        .filter(|rule| rule.fix.is_some())
        .map(|rule| rule.name)
        .collect();
    assert_eq!(with_fix, known.keys().copied().collect());
    for (name, expected) in known {
        let rule = rule_named(name).unwrap();
        let Some(before) = fixture(rule, "bad-hosts") else {
            continue;
        };
        let (after, _) = fix_of(&before);
        let found = changes(&before, &after);
        let shown: Vec<&str> = found
            .iter()
            .map(|line| line.trim_end_matches('\n'))
            .collect();
        assert_eq!(shown, expected, "{name}");
        let folder = Folder::new(&after);
        let left = folder.findings(&folder.texts);
        let remains = left.iter().any(|found| found.rule.name == name);
        assert_eq!(remains, expected.is_empty(), "{name}");
    }
}

#[test]
fn the_boot_of_fixed_fixtures_is_what_was_meant() {
    for name in cases::BOOTS_AS_GOOD {
        let rule = rule_named(name).unwrap();
        let (bad, good) = (
            fixture(rule, "bad-hosts").unwrap(),
            fixture(rule, "good-hosts").unwrap(),
        );
        let (fixed, good) = (Folder::new(&fix_of(&bad).0), Folder::new(&good));
        let configs = fixed.configs(&fixed.texts);
        let good = good.configs(&good.texts);
        for config in &configs {
            let meant = good.iter().find(|good| good.host == config.host).unwrap();
            assert!(config == meant, "{name}: {}", config.host);
        }
        assert!(
            configs.iter().all(|config| !config.vhids.is_empty()),
            "{name}"
        );
    }
}

#[test]
fn descriptions_get_the_near_key() {
    let rule = rule_named("unknown-key").unwrap();
    let before = &fixture(rule, "bad").unwrap()["cluster.toml"];
    let (after, count) = description_fixed(before);
    assert_eq!((after, count), (before.replace("prempt", "preempt"), 1));
    let twice = before.replace("prempt = true", "prempt = true\npreempt = true");
    assert_eq!(
        description_fixed(&twice),
        (twice.clone(), 0),
        "not a key twice"
    );
    let far = before.replace("prempt", "something_else");
    assert_eq!(description_fixed(&far), (far.clone(), 0));
    let lint = format!(
        "{after}[lint]\nmising-pass = \"allow\"\n",
        after = before.replace("prempt", "preempt")
    );
    assert_eq!(
        description_fixed(&lint).0,
        lint.replace("mising", "missing")
    );
    for name in [
        "vip-repeated",
        "demotion-in-sysctl-conf",
        "arpbalance-removed",
    ] {
        let text = &fixture(rule_named(name).unwrap(), "bad").unwrap()["cluster.toml"];
        assert_eq!(description_fixed(text), (text.clone(), 0), "{name}");
    }
}

/// A host with an interface of its own address and what is put to the test.
fn host(case: &cases::Case<'_>, with: &[(&str, &str)]) -> Files {
    let mut files: Files = [
        ("a/release", case.release),
        ("a/rc.conf", "ifconfig_em0=\"inet 192.0.2.2/24\"\n"),
        ("a/sysctl.conf", "net.inet.carp.preempt=1\n"),
    ]
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .into();
    for (path, text) in with {
        files.insert((*path).to_owned(), (*text).to_owned());
    }
    files
}

#[test]
fn fixes_keep_to_what_was_meant() {
    for case in cases::CASES {
        let (before, after) = (host(case, case.before), host(case, case.after));
        let (fixed, _) = fix_of(&before);
        for (path, text) in &fixed {
            assert_eq!(text, &after[path], "{}: {path}", case.what);
        }
    }
}

#[test]
fn silenced_findings_are_not_fixed() {
    let line = "ifconfig_em0_alias0=\"192.0.2.1/32 vhid 1 pass abcdefgh1\"";
    let comment = " # carpgen: allow alias-without-family the script of ours wants it so\n";
    let case = cases::Case {
        what: "",
        release: "14",
        before: &[],
        after: &[],
    };
    let text = format!("{line}{comment}");
    let before = host(&case, &[("a/rc.conf", &text)]);
    assert_eq!(fix_of(&before), (before.clone(), 0));
}

const LINES: &[&str] = &[
    "ifconfig_em0=\"inet 192.0.2.2/24\"",
    "ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0\"",
    "ifconfig_em0_alias2=\"192.0.2.4/32 advskew 0 vhid 1 passwd S3cretS3cret\"",
    "ifconfig_em0_alias1=\"\"",
    "ifconfig_em0_alias3='inet vhid 2 advskew 5 key-1 192.0.2.5-9/32'",
    "ifconfig_em0_aliases=\"inet 192.0.2.7/32 vhid 1 pass x inet 192.0.2.7/32 vhid 1 pass x\"",
    "ifconfig_em0_alias4=\"vhid 3 pass abcdefgh inet6 2001:db8::1/64\"",
    "ifconfig_em0_ipv6=\"inet6 2001:db8::2/64\"",
    "ifconfig_em0.100 = \"inet 192.0.2.9/24\"",
    "ifconfig_em0_alias5=\"inet 192.0.2.1/32 \\ ",
    "  vhid 1 pass Ee5Xkq2uPsz0\"",
    "ifconfig em0 inet 192.0.2.1/32 vhid 1 pass \"$KEY\" # why",
    "ifconfig em0 inet 192.0.2.1/32 vhid 1 advskew 1 -alias >/dev/null",
    "ifconfig em0 vhid 1 pass abcdefgh inet6 2001:db8::1/64 alias",
    "if true; then kldload if_carp; fi",
    "carp_load='YES'",
    "set if_carp_load=\"YES\" # x",
    "net.inet.carp.preempt = \"1\"",
    "net.inet.carp.demotion=100",
    "net.inet.carp.arpbalance=1",
    "kld_list=\"carp if_carp.ko\"",
    "cloned_interfaces=\"carp0\"",
    "ifconfig_carp0=\"vhid 1 advskew 100 S3cretS3cret 192.0.2.1/24\"",
    "# carpgen: allow alias-gap for a reason",
    "notify 1 { match \"system\" \"CARP\"; match \"subsystem\" \"[0-9]+@[0-9a-z]+\"; };",
];

const PLACES: &[&str] = &[
    "a/rc.conf",
    "b/rc.conf",
    "a/live.sh",
    "a/loader.conf",
    "b/loader.conf",
    "a/sysctl.conf",
    "b/sysctl.conf",
    "a/devd.conf",
    "a/rc.conf.local",
];

const ENDS: &[&str] = &["\n", "\r\n", "", " \n", "\\\n", "\n\n"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_files_make_it_panic_or_do_harm(
        release in prop::sample::select(vec!["9", "10", "11", "14", "15"]),
        lines in prop::collection::vec(
            (0..PLACES.len(), 0..LINES.len(), 0..ENDS.len() * 3, any::<prop::sample::Index>(), 0..12_u8),
            1..24,
        ),
    ) {
        let mut files = Files::new();
        for (place, line, end, at, cut) in lines {
            let mut line = LINES[line].to_owned();
            if cut == 0 {
                line.truncate(at.index(line.len()));
            } else if cut == 1 {
                line.insert(at.index(line.len()), 'é');
            }
            let end = ENDS.get(end).copied().unwrap_or("\n");
            *files.entry(PLACES[place].to_owned()).or_default() += &(line + end);
        }
        for host in ["a", "b"] {
            files.insert(format!("{host}/release"), release.to_owned());
        }
        fix_of(&files);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}") {
        let paths = PLACES.iter().map(|path| ((*path).to_owned(), text.clone()));
        fix_of(&paths.collect());
        description_fixed(&text);
    }
}
