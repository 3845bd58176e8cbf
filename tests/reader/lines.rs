//! Keys and single lines, against what the real scripts, `sysctl(8)` and the loader make of them.

use std::collections::BTreeMap;

use carpgen::dialect::parse::{LoaderAction, Text, Variables, loader_conf, sysctl_conf};
use carpgen::model::{FileId, Release};
use serde_json::{Value, json};

use super::{argv, booted, file, is_our_own, release};

/// rc.conf with a key in one of the places that the vectors name.
fn rc_conf(release: Release, place: &str, quoting: &str, key: &str) -> String {
    let nine = release == Release::R9;
    let interface = if nine { "carp0" } else { "em0" };
    let quoted = |value: &str| match quoting {
        "single" => format!("'{}'", value.replace('\'', "'\\''")),
        _ => format!("\"{value}\""),
    };
    let line =
        |suffix: &str, value: &str| format!("ifconfig_{interface}{suffix}={}\n", quoted(value));
    let base = if nine {
        "cloned_interfaces=\"carp0\"\n"
    } else {
        ""
    };
    let with_key = format!("inet vhid 1 pass {key} 192.0.2.1/32");
    match place {
        "ifconfig_IF" => format!("{base}{}", line("", &with_key)),
        "alias_last" => format!("{base}{}", line("_alias0", &with_key)),
        _ => format!(
            "{base}{}{}",
            line("_alias0", &with_key),
            line("_alias1", "inet 192.0.2.3/32")
        ),
    }
}

/// The key is the one word behind `pass`, and the words behind it are what they should be.
fn arrives(release: Release, place: &str, quoting: &str, key: &str) -> bool {
    let files = BTreeMap::from([("rc.conf".to_owned(), rc_conf(release, place, quoting, key))]);
    let commands = argv(&booted(&files, &["em0".to_owned()], release));
    let expected = ["inet", "vhid", "1", "pass", key, "192.0.2.1/32"];
    commands.iter().any(|command| {
        let words: Vec<&str> = command.iter().skip(2).map(String::as_str).collect();
        words.starts_with(&expected) && words[expected.len()..].iter().all(|word| *word == "alias")
    })
}

#[test]
fn every_recorded_key_arrives_or_is_lost_as_it_was() {
    let Some(Value::Object(versions)) = file("password-characters.json") else {
        return;
    };
    let mut compared = 0;
    for (version, places) in &versions {
        let Some(release) = release(version) else {
            continue;
        };
        for (place, styles) in places.as_object().expect("places") {
            for (quoting, outcome) in styles.as_object().expect("quoting styles") {
                let what = format!("{version}, {place}, {quoting} quotes");
                for c in outcome["unchanged"].as_str().expect("characters").chars() {
                    for key in [
                        format!("{c}xyz"),
                        format!("xy{c}zw"),
                        format!("xyz{c}"),
                        format!("x{c}y{c}z"),
                        c.to_string(),
                    ] {
                        assert!(
                            arrives(release, place, quoting, &key),
                            "{what}: {key:?} is lost"
                        );
                        compared += 1;
                    }
                }
                let changed = outcome["changed_or_lost"]
                    .as_object()
                    .expect("keys by character");
                for key in changed
                    .values()
                    .flat_map(|keys| keys.as_array().expect("keys"))
                {
                    let key = key.as_str().expect("a key");
                    assert!(
                        !arrives(release, place, quoting, key),
                        "{what}: {key:?} arrives"
                    );
                    compared += 1;
                }
            }
        }
    }
    assert!(
        !is_our_own() || compared > 4_000,
        "{compared} keys compared"
    );
}

/// A line of loader.conf in the words of the vectors.
fn loader_words(text: &str, release: Release) -> Value {
    let mut environment = BTreeMap::from([("c".to_owned(), "C!".to_owned())]);
    let lines = loader_conf(&Text::new(FileId(0), text), release, &mut environment);
    let mut words: Vec<Value> = lines
        .into_iter()
        .map(|line| match line.action {
            LoaderAction::Module(name, value) => json!(format!("module {name} load={value}")),
            LoaderAction::Set(name, value) => json!(format!("set {name}={value}")),
            LoaderAction::Exec(command) => json!(format!("exec {command}")),
            LoaderAction::Malformed(_) => json!("malformed"),
        })
        .collect();
    match words.len() {
        0 => json!("comment"),
        1 => words.remove(0),
        _ => Value::Array(words),
    }
}

/// Several lines may be summed up as one word.
fn is_as_recorded(got: &Value, recorded: &Value) -> bool {
    got == recorded
        || got
            .as_array()
            .is_some_and(|all| !recorded.is_array() && all.iter().all(|one| one == recorded))
}

#[test]
fn single_lines_of_loader_conf_and_sysctl_conf_are_understood_as_recorded() {
    let Some(recorded) = file("loader-and-sysctl-lines.json") else {
        return;
    };
    let mut compared = 0;
    for case in recorded["loader.conf"].as_array().into_iter().flatten() {
        let text = case["text"].as_str().expect("a text");
        for (column, release) in [("loader_2019", Release::R12), ("loader_2025", Release::R15)] {
            let got = loader_words(text, release);
            assert!(
                is_as_recorded(&got, &case[column]),
                "{text:?}, {column}: {got}, not {}",
                case[column]
            );
        }
        compared += 1;
    }
    for case in recorded["sysctl.conf"].as_array().into_iter().flatten() {
        let text = case["text"].as_str().expect("a text");
        let text = Text::new(FileId(0), text);
        let got = sysctl_conf(&text, Release::R14).first().map_or(
            json!("nothing"),
            |line| json!({ "name": line.name, "value": line.value }),
        );
        assert_eq!(got, case["sysctl_f"], "{:?}", text.text());
        let got = sysctl_conf(&text, Release::R9)
            .first()
            .map_or(json!("nothing"), |line| json!(["sysctl", line.word]));
        assert_eq!(got, case["freebsd_9_runs"], "{:?}", text.text());
        compared += 1;
    }
    assert!(!is_our_own() || compared == 58, "{compared} lines compared");
}

/// The value that `sh(1)` gives to a variable of a text.
fn value_of(text: &str, name: &str) -> String {
    let variables = Variables::read([Text::new(FileId(0), text)]);
    variables
        .get(name)
        .map(|a| a.value.text().to_owned())
        .unwrap_or_default()
}

#[test]
fn what_sysrc_reads_and_writes_is_read_alike() {
    let Some(recorded) = file("sysrc.json") else {
        return;
    };
    let mut compared = 0;
    for case in super::cases_of(recorded) {
        let text = |key: &str| case[key].as_str().unwrap_or_default();
        let name = case["name"].as_str().unwrap_or_default();
        let [argument] = case["args"].as_array().map_or(&[][..], Vec::as_slice) else {
            continue;
        };
        let Some((variable, new)) = argument.as_str().and_then(|a| a.split_once('=')) else {
            continue;
        };
        let printed = text("stdout")
            .strip_suffix('\n')
            .and_then(|line| line.strip_prefix(&format!("{variable}: ")));
        let Some((old, _)) = printed.and_then(|printed| printed.split_once(" -> ")) else {
            continue;
        };
        // What it reads, it reads with sh(1). It escapes nothing of what it writes.
        let plain = !new.contains(['$', '`', '\\', '"', '\'']) && !variable.ends_with(['+', '-']);
        // A name that is none makes the line a command.
        let is_name = variable
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if plain && is_name && !text("before").contains(['\\', '`']) {
            assert_eq!(value_of(text("before"), variable), old, "{name}");
            // It replaces one line: of a value over several the rest stays behind.
            let whole_line = !old.contains('\n') && !text("before").contains(['\n', ';']);
            if whole_line && text("stderr").is_empty() {
                assert_eq!(value_of(text("after"), variable), new, "{name}");
            }
            compared += 1;
        }
    }
    assert!(!is_our_own() || compared > 20, "{compared} cases compared");
}
