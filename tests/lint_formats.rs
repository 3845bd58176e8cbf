//! The formats of `carpgen lint`: what code scanning, GitHub and test reports read.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use carpgen::config::Description;
use carpgen::lint::{LintFinding, RULES, check, rule_named};
use carpgen::model::Severity;
use carpgen::report::{
    File, FixChange, Place, Report, Resolved, Span, Style, Unread, github, human_findings, junit,
    lint_report, sarif,
};
use serde_json::{Value, json};

const POISON: &str = "poison-Poison42";

/// A pair with an error, a warning, a note, a related place and a key that must not be seen.
fn description() -> String {
    format!(
        "[cluster]\nname = \"t\"\nrelease = \"14\"\npriority = [\"a\", \"b\"]\npass = \"{POISON}\"\n\
         [[node]]\nname = \"a\"\n[node.interfaces]\nlan = {{ name = \"em0\", addresses = [\"192.0.2.2/24\"] }}\n\
         [[node]]\nname = \"b\"\n[node.interfaces]\nlan = {{ name = \"em0\", addresses = [\"192.0.2.3/24\"] }}\n\
         [[vhid]]\nid = 1\nsegment = \"lan\"\nvips = [\"192.0.2.1/24\"]\n\
         [[vhid]]\nid = 1\nsegment = \"lan\"\nvips = [\"192.0.2.11\"]\nadvbase = 5\n"
    )
}

fn found(text: &str) -> Vec<LintFinding> {
    check(&Description::read(text), true)
}

/// Runs something on the report of one description in a folder with an odd name.
fn with_report<T>(text: &str, run: impl FnOnce(&Report<'_>) -> T) -> T {
    let description = Description::read(text);
    let mut report = Report::default();
    let findings = check(&description, true);
    report.add_description(
        "cluster.toml",
        "./my net/cluster.toml",
        &description.source,
        &findings,
    );
    run(&report)
}

fn sarif_of(report: &Report<'_>) -> Value {
    serde_json::to_value(sarif(report)).unwrap()
}

fn sarif_validator() -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sarif/sarif-schema-2.1.0.json");
    // As published, the pattern of languages has a bracket too many, which only some readers of patterns take.
    let text = fs::read_to_string(path).unwrap();
    assert_eq!(text.matches("{2}]?$").count(), 2);
    let schema: Value = serde_json::from_str(
        &text
            .replace("{2}]?$", "{2})?$")
            .replace("{2}|^[a-zA-Z]{2}-", "{2}(-"),
    )
    .unwrap();
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap()
}

fn assert_valid(log: &Value) {
    let errors: Vec<_> = sarif_validator()
        .iter_errors(log)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// A finding as one about the files of two hosts will be.
fn host_report(rc: [&'static str; 2]) -> Report<'static> {
    let file = |name: &str, text| File::new(name, format!("./hosts/{name}"), text);
    let at = |file, line, column| Place {
        file: Some(file),
        line,
        column,
        span: None,
    };
    let change = FixChange {
        at: at(1, 1, 1),
        replacement: "carp_load=\"YES\"\n".to_owned(),
    };
    let finding = |at: Place, related| Resolved {
        rule: rule_named("missing-pass").unwrap(),
        severity: Severity::Error,
        message: "50% <b> & \"x\"\nmore".to_owned(),
        help: "write it".to_owned(),
        host: Some("a".to_owned()),
        at,
        anchor: "em0 vhid 1".to_owned(),
        fix: vec![change.clone()],
        related,
    };
    let nowhere = Place {
        file: None,
        line: 1,
        column: 1,
        span: None,
    };
    Report {
        files: vec![file("a/rc.conf", rc[0]), file("b/rc.conf", rc[1])],
        findings: vec![
            finding(
                at(0, 2, 6),
                vec![(at(1, 1, 1), "it differs here".to_owned())],
            ),
            finding(nowhere, Vec::new()),
        ],
        fixed: None,
        unread: vec![Unread {
            path: "c,d:e".to_owned(),
            message: "cannot read it".to_owned(),
        }],
    }
}

const RC: [&str; 2] = ["# a\nabc=\"vhid 1\"\n", "xyz=\"vhid 1\"\n"];

#[test]
fn sarif_is_valid_and_has_all_rules() {
    let log = with_report(&description(), sarif_of);
    assert_valid(&log);
    let mut broken = log.clone();
    broken["runs"][0]["results"][0]["level"] = json!("bad");
    assert!(!sarif_validator().is_valid(&broken), "the schema is read");
    let mut broken = log.clone();
    let place = &mut broken["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    place["artifactLocation"]["uri"] = json!("my net/%");
    assert!(!sarif_validator().is_valid(&broken), "URIs are read");

    let rules = log["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap();
    assert_eq!(rules.len(), RULES.len());
    for (descriptor, rule) in rules.iter().zip(RULES) {
        assert_eq!(descriptor["id"], rule.code);
        assert_eq!(descriptor["name"], rule.name);
        assert_eq!(descriptor["shortDescription"]["text"], rule.summary());
        let reason = descriptor["fullDescription"]["text"].as_str().unwrap();
        assert!(reason.len() > 40 && !reason.contains('#'), "{reason}");
        let markdown = descriptor["help"]["markdown"].as_str().unwrap();
        assert!(markdown.contains("\n## Why it matters\n"), "{markdown}");
    }
    let levels: BTreeSet<_> = rules
        .iter()
        .map(|rule| rule["defaultConfiguration"]["level"].as_str().unwrap())
        .collect();
    assert_eq!(levels, BTreeSet::from(["error", "note", "warning"]));
}

#[test]
fn sarif_results_name_their_places() {
    let log = with_report(&description(), sarif_of);
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), found(&description()).len());
    let twice = results.iter().find(|r| r["ruleId"] == "CG411").unwrap();
    let place = &twice["locations"][0]["physicalLocation"];
    assert_eq!(
        place["artifactLocation"]["uri"], "my%20net/cluster.toml",
        "the path from here, as a URI"
    );
    assert_eq!(
        place["region"],
        json!({"startLine": 19, "startColumn": 6, "endLine": 19, "endColumn": 7})
    );
    assert_eq!(
        twice["relatedLocations"][0]["physicalLocation"]["region"]["startLine"],
        15
    );
    let index = usize::try_from(twice["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(RULES[index].code, "CG411");
    assert!(!log.to_string().contains(POISON));
}

/// The fingerprints of all results, with their rules.
fn fingerprints(text: &str) -> Vec<(String, String)> {
    let log = with_report(text, sarif_of);
    let results = log["runs"][0]["results"].as_array().unwrap().clone();
    let one = |result: &Value| {
        let prints = result["partialFingerprints"].as_object().unwrap();
        let print = prints.values().next().unwrap().as_str().unwrap();
        (
            result["ruleId"].as_str().unwrap().to_owned(),
            print.to_owned(),
        )
    };
    results.iter().map(one).collect()
}

#[test]
fn fingerprints_stay_when_lines_and_tables_come_and_go() {
    let before = fingerprints(&description());
    let distinct: BTreeSet<_> = before.iter().collect();
    assert_eq!(distinct.len(), before.len());
    let more_lines = format!("# a comment\n\n\n{}", description());
    assert_eq!(fingerprints(&more_lines), before);
    let first = "[[vhid]]\nid = 1\n";
    let new = "[[vhid]]\nid = 9\nsegment = \"lan\"\nvips = [\"192.0.2.9/24\"]\n";
    let more_tables = description().replacen(first, &format!("{new}{first}"), 1);
    let after = fingerprints(&more_tables);
    assert!(
        before.iter().all(|print| after.contains(print)),
        "{after:?}"
    );
}

#[test]
fn files_of_hosts_need_no_second_way() {
    let report = host_report(RC);
    let log = sarif_of(&report);
    assert_valid(&log);
    let run = &log["runs"][0];
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    let results = run["results"].as_array().unwrap();
    assert_eq!(
        results[0]["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "hosts/b/rc.conf"
    );
    assert_eq!(
        results[1]["locations"][0],
        json!({"logicalLocations": [{"name": "a"}]})
    );
    let value = serde_json::to_value(lint_report(&report)).unwrap();
    let finding = &value["findings"][0];
    assert_eq!(
        (&finding["file"], &finding["line"]),
        (&json!("a/rc.conf"), &json!(2))
    );
    assert_eq!(finding["related"][0]["file"], "b/rc.conf");
    assert_eq!(value["findings"][1]["file"], Value::Null);
    assert_eq!(value["unread"][0]["file"], "c,d:e");
    let style = Style {
        colour: false,
        unicode: true,
        width: 80,
    };
    let text = human_findings(&report, style);
    for words in [
        "a/rc.conf:2:6",
        "b/rc.conf:1:1",
        "it differs here",
        "2 errors",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn github_annotates_lines() {
    let text = with_report(&description(), github);
    let twice = text.lines().find(|line| line.contains("CG411")).unwrap();
    let start = "::error file=my net/cluster.toml,line=19,col=6,endLine=19,endColumn=7,title=CG411 duplicate-vhid::vhid 1 stands twice";
    assert!(twice.starts_with(start), "{twice}");
    assert!(twice.contains("%0Ahelp: write another id"), "{twice}");
    assert!(
        twice.ends_with("%0Acluster.toml:15:6: the first vhid of that number"),
        "{twice}"
    );
    assert!(text.contains("::notice ") && !text.contains(POISON));

    let lines = github(&host_report(RC));
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!(lines[0], "::error file=c%2Cd%3Ae::cannot read it");
    assert_eq!(
        lines[1],
        "::error file=hosts/a/rc.conf,line=2,col=6,title=CG301 missing-pass::host a: 50%25 <b> & \"x\"%0Amore%0Ahelp: write it%0Ab/rc.conf:1:1: it differs here"
    );
    assert!(lines[2].starts_with("::error title=CG301 missing-pass::host a: "));
    assert_eq!(lines.len(), 3);
}

/// The start tags of an XML text. Fails where it is not well-formed.
fn tags(xml: &str) -> Vec<String> {
    let entity = |text: &str| {
        for behind in text.split('&').skip(1) {
            let name = behind.split_once(';').expect("an entity ends").0;
            let known = ["amp", "lt", "gt", "quot", "#10", "#9", "#13"];
            assert!(known.contains(&name), "&{name};");
        }
    };
    let mut rest = xml
        .strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
        .expect("a declaration");
    let mut open: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    while let Some((text, behind)) = rest.split_once('<') {
        entity(text);
        assert!(!open.is_empty() || text.trim().is_empty());
        let (tag, after) = behind.split_once('>').expect("a tag ends");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
            continue;
        }
        let (body, empty) = match tag.strip_suffix('/') {
            Some(body) => (body, true),
            None => (tag, false),
        };
        let (name, attributes) = body.split_once(' ').unwrap_or((body, ""));
        let parts: Vec<&str> = attributes.split('"').collect();
        assert_eq!(parts.len() % 2, 1, "{tag}");
        for (position, part) in parts.iter().enumerate() {
            entity(part);
            let is_name = position % 2 == 0 && position + 1 < parts.len();
            assert!(!is_name || part.ends_with('='), "{tag}");
        }
        if !empty {
            open.push(name);
        }
        found.push(body.to_owned());
    }
    assert!(open.is_empty() && rest.trim().is_empty());
    found
}

#[test]
fn junit_has_a_case_for_each_file_and_rule() {
    let text = with_report(&description(), |report| {
        junit(report, |severity| severity >= Severity::Warning)
    });
    assert!(!text.contains(POISON), "{text}");
    let tags = tags(&text);
    let of = |start: &str| tags.iter().filter(|tag| tag.starts_with(start)).count();
    let findings = found(&description());
    let rules: BTreeSet<_> = findings.iter().map(|f| f.rule.code).collect();
    let failing: BTreeSet<_> = findings
        .iter()
        .filter(|f| f.finding.severity >= Severity::Warning)
        .map(|f| f.rule.code)
        .collect();
    assert!(failing.len() < rules.len());
    assert_eq!(of("testcase "), rules.len());
    assert_eq!(of("failure "), failing.len());
    assert_eq!(of("system-out"), rules.len() - failing.len());
    let numbers = format!(
        "testsuites name=\"carpgen lint\" tests=\"{}\" failures=\"{}\" errors=\"0\"",
        rules.len(),
        failing.len()
    );
    assert_eq!(tags[0], numbers);
}

#[test]
fn junit_of_a_clean_file_is_one_success() {
    let report = Report {
        files: host_report(RC).files,
        ..Report::default()
    };
    let text = junit(&report, |_| true);
    let cases: Vec<_> = tags(&text)
        .into_iter()
        .filter(|tag| tag.starts_with("testcase"))
        .collect();
    assert_eq!(cases.len(), 2);
    assert!(cases[0].starts_with("testcase name=\"no findings\" classname=\"hosts/a/rc.conf\""));
}

#[test]
fn junit_is_well_formed_whatever_is_said() {
    let text = junit(&host_report(RC), |_| true);
    let tags = tags(&text);
    let failure = tags.iter().find(|tag| tag.starts_with("failure")).unwrap();
    assert_eq!(
        failure,
        "failure message=\"50% &lt;b&gt; &amp; &quot;x&quot;&#10;more\" type=\"error\""
    );
    assert!(tags.contains(&"error message=\"cannot read it\" type=\"error\"".to_owned()));
    assert!(
        tags[0].contains("tests=\"4\" failures=\"2\" errors=\"1\""),
        "{}",
        tags[0]
    );
}

#[test]
fn a_place_without_its_words_and_beyond_the_text_is_shown_all_the_same() {
    let mut report = host_report(["", "é"]);
    report.findings[0].at.line = 99;
    report.findings[0].at.column = 99;
    report.findings[0].related[0].0.span = Some(Span {
        bytes: 0..2,
        end_line: 1,
        end_column: 2,
    });
    let style = Style {
        colour: true,
        unicode: false,
        width: 40,
    };
    assert!(human_findings(&report, style).contains("it differs here"));
}
