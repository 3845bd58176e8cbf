//! No input makes it panic: bytes, and examples with something broken in them.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use carpgen::config::{Description, examples::EXAMPLES, resolve};
use carpgen::dialect::Renderer;
use carpgen::lint::{Refusal, check};
use carpgen::model::{Key, Secret};
use carpgen::report::{Report, Style, github, human_findings, junit, lint_report, sarif};
use proptest::prelude::*;

/// Everything that the program does with a text, short of reading keys. Returns whether it can be rendered.
fn exercise(text: &str) -> bool {
    let description = Description::read(text);
    let findings = check(&description, false);
    let refused = findings.iter().any(|found| Refusal::AnyError.stops(found));
    let unusable = findings.iter().any(|found| Refusal::Unusable.stops(found));
    assert!(
        unusable
            || (description.problems.is_empty() && description.source.syntax_errors().is_empty()),
        "what has no meaning is refused by a rule: {:?}",
        description.problems
    );
    for node in &description.cluster.nodes {
        let mut host = resolve(&description.cluster, node);
        for key in host.keys_mut() {
            if key.text().is_none() {
                *key = Key::Text(Secret::new("k"));
            }
        }
        let rendered = Renderer::new().unwrap().render(&host);
        assert!(
            refused || rendered.is_ok() || host.release.as_str() == "9",
            "{rendered:?}"
        );
    }
    let style = Style {
        colour: false,
        unicode: true,
        width: 80,
    };
    let mut report = Report::default();
    let source = &description.source;
    report.add_description("cluster.toml", "cluster.toml", source, &findings);
    assert!(!human_findings(&report, style).is_empty());
    let mut report = Report::default();
    let tuned = check(&description, true);
    report.add_description("cluster.toml", "cluster.toml", source, &tuned);
    for finding in lint_report(&report).findings {
        assert!(finding.line >= 1 && finding.column >= 1);
        assert!(
            !finding.message.is_empty() && !finding.help.is_empty(),
            "{}",
            finding.rule
        );
    }
    assert!(junit(&report, |_| true).ends_with("</testsuites>\n"));
    assert_eq!(github(&report).lines().count(), report.findings.len());
    assert!(serde_json::to_string(&sarif(&report)).is_ok());
    !refused
}

/// Words and values that mean something somewhere.
const WORDS: &[&str] = &[
    "\"auto\"",
    "0",
    "-1",
    "255",
    "256",
    "99999999999999999999",
    "true",
    "\"9\"",
    "\"14\"",
    "\"15\"",
    "[]",
    "{}",
    "\"\"",
    "[\"a\"]",
    "[\"a\", \"a\"]",
    "\"192.0.2.1\"",
    "\"0.0.0.0/0\"",
    "\"2001:db8::1/128\"",
    "\"fe80::1\"",
    "\"em0.100\"",
    "1.5",
    "1979-05-27",
    "{ env = \"X\" }",
    "{ first = 250, step = 9 }",
    "3",
    "\"unicast\"",
    "\"ä\\u0000\"",
    "[[]]",
    "nan",
];

fn mutated(text: &str, edits: &[(prop::sample::Index, u8, prop::sample::Index)]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (at, kind, pick) in edits {
        if lines.is_empty() {
            break;
        }
        let at = at.index(lines.len());
        match kind % 6 {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[at].clone()),
            2 => {
                let to = pick.index(lines.len());
                lines.swap(at, to);
            }
            3 => {
                if let Some((key, _)) = lines[at].split_once('=') {
                    lines[at] = format!("{key}= {}", WORDS[pick.index(WORDS.len())]);
                }
            }
            4 => {
                let cut = pick.index(lines[at].len().max(1));
                lines[at] = lines[at].chars().take(cut).collect();
            }
            _ => lines[at] = lines[at].replace(char::is_numeric, &pick.index(300).to_string()),
        }
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        exercise(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_toml_like_text(text in "(\\[{1,2}(cluster|node|vhid|group|segment)\\]{1,2}\n|[a-z_]{1,9} = [-\"0-9a-z\\[\\]{},.:/ ]{0,20}\n){0,30}") {
        exercise(&text);
    }

    #[test]
    fn broken_examples(
        example in 0..EXAMPLES.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<prop::sample::Index>()), 1..6),
    ) {
        exercise(&mutated(EXAMPLES[example].text, &edits));
    }
}

#[test]
fn examples_can_be_rendered() {
    for example in EXAMPLES {
        assert!(exercise(example.text), "{}", example.name);
    }
}

#[test]
fn deep_and_wide_texts_end() {
    let deep = format!("x = {}1{}", "[".repeat(20_000), "]".repeat(20_000));
    assert!(!exercise(&deep));
    let wide = format!("[cluster]\nname = \"t\"\n{}", "y = 1\n".repeat(20_000));
    assert!(!exercise(&wide));
    let keys = format!("[{}]\n", vec!["a"; 5_000].join("."));
    assert!(!exercise(&keys));
}
