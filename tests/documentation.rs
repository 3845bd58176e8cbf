//! What README.md and the manual pages show is what the program does.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use carpgen::config::{Description, examples, json_schema};
use carpgen::lint::check;
use carpgen::model::Severity;
use carpgen::sim::scenario::ACTIONS;
use carpgen::sim::{Scenario, Setup};
use tempfile::TempDir;

/// A command line of an example and all that the document shows of it.
struct Example {
    command: String,
    output: Vec<String>,
    code: i32,
}

fn document(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The fenced blocks of a kind in Markdown.
fn fenced(text: &str, kind: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once(&format!("\n```{kind}\n")) {
        let (block, after) = behind.split_once("\n```").expect("the block ends");
        blocks.push(block.to_owned());
        rest = after;
    }
    blocks
}

/// The displays of a manual page, without the escapes of mdoc(7).
fn displays(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once("\n.Bd -literal -offset indent\n") {
        let (block, after) = behind.split_once("\n.Ed").expect("the display ends");
        blocks.push(block.replace("\\&", "").replace("\\e", "\\"));
        rest = after;
    }
    blocks
}

/// `$ COMMAND`, what it prints on both streams, and `? CODE` where it is not 0.
fn shown(blocks: &[String]) -> Vec<Example> {
    let mut found: Vec<Example> = Vec::new();
    for line in blocks.iter().flat_map(|block| block.lines()) {
        if let Some(command) = line.strip_prefix("$ ") {
            found.push(Example {
                command: command.to_owned(),
                output: Vec::new(),
                code: 0,
            });
            continue;
        }
        let example = found.last_mut().expect("a block starts with a command");
        match line.strip_prefix("? ") {
            Some(code) => example.code = code.parse().unwrap(),
            None => example.output.push(line.trim_end().to_owned()),
        }
    }
    for example in &mut found {
        while example.output.last().is_some_and(String::is_empty) {
            example.output.pop();
        }
    }
    found
}

/// Runs the shown commands of a document one after the other in one new folder.
fn run_all(name: &str, examples: &[Example]) {
    let folder = TempDir::new().unwrap();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_carpgen"));
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    for example in examples {
        let ran = Command::new("/bin/sh")
            .args(["-c", &format!("{{ {}\n}} 2>&1", example.command)])
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", &path)
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap();
        let text = String::from_utf8(ran.stdout).unwrap();
        let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
        assert_eq!(lines, example.output, "{name}: $ {}", example.command);
        assert_eq!(
            ran.status.code(),
            Some(example.code),
            "{name}: $ {}",
            example.command
        );
    }
}

#[test]
fn the_examples_of_the_readme_are_real() {
    let found = shown(&fenced(&document("README.md"), "console"));
    assert!(found.len() >= 8);
    run_all("README.md", &found);
}

#[test]
fn the_examples_of_the_manual_are_real() {
    let blocks = displays(&document("man/carpgen.1"));
    let found = shown(&blocks);
    assert!(found.len() >= 4);
    run_all("carpgen.1", &found);
}

#[test]
fn the_descriptions_shown_are_clean() {
    let mut shown = fenced(&document("README.md"), "toml");
    shown.extend(displays(&document("man/carpgen.toml.5")));
    assert!(shown.len() >= 3);
    for text in shown {
        let description = Description::read(&text);
        let findings: Vec<_> = check(&description, true)
            .into_iter()
            .filter(|f| f.finding.severity >= Severity::Warning)
            .map(|f| (f.rule.name, f.finding.message))
            .collect();
        assert!(findings.is_empty(), "{text}\n{findings:?}");
    }
}

#[test]
fn the_manual_has_every_group_of_rules() {
    let manual = document("man/carpgen.1");
    let names: Vec<&str> = carpgen::lint::GROUPS.iter().map(|g| g.name).collect();
    assert!(section(&manual, "lint").contains(&format!("\n{}.\n", names.join(", "))));
}

#[test]
fn the_manual_of_the_rules_is_current() {
    assert!(
        document("man/carpgen-lint.7") == carpgen::report::lint_manual(),
        "make it anew: cargo run -- generate lint-manual > man/carpgen-lint.7"
    );
}

#[test]
fn the_scenario_of_the_manual_runs_and_every_action_is_explained() {
    let manual = document("man/carpgen.scenario.5");
    let cluster = Description::read(examples::example("failover").unwrap().text).cluster;
    let setup = Setup::of_cluster(&cluster);
    for text in displays(&manual) {
        let scenario = Scenario::parse(&text, &setup).unwrap();
        assert!(scenario.events.len() >= 3);
    }
    let actions: Vec<&str> = manual
        .lines()
        .filter_map(|line| line.strip_prefix(".It Cm "))
        .collect();
    for action in ACTIONS {
        let explained = actions.iter().any(|line| {
            let (names, arguments) = line.split_once(" Pq ").unwrap_or((line, ""));
            names.split(" , ").any(|name| name == action.word)
                && action.required.iter().all(|name| arguments.contains(name))
        });
        assert!(explained, "carpgen.scenario.5 lacks {}", action.word);
    }
}

/// The part of a manual page under `.Ss carpgen COMMAND`.
fn section<'a>(manual: &'a str, command: &str) -> &'a str {
    let behind = manual
        .split_once(&format!("\n.Ss carpgen {command}\n"))
        .unwrap_or_else(|| panic!("carpgen.1 has no section for {command}"))
        .1;
    let end = ["\n.Ss ", "\n.Sh "]
        .iter()
        .filter_map(|next| behind.find(next))
        .min();
    &behind[..end.unwrap_or(behind.len())]
}

/// The words that a section sets as options (`Fl Fl`) and as fixed words (`Cm`).
fn words(section: &str, macro_name: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in section.lines().filter(|line| line.starts_with('.')) {
        let mut rest = line;
        while let Some((_, behind)) = rest.split_once(macro_name) {
            found.insert(behind.split_whitespace().next().unwrap_or("").to_owned());
            rest = behind;
        }
    }
    found
}

/// The words that a text sets as fixed ones.
fn fixed_words(text: &str) -> BTreeSet<String> {
    let mut found = words(text, ".Cm ");
    found.extend(words(text, " Cm "));
    found
}

#[test]
fn the_manual_has_every_option_and_no_other() {
    let manual = document("man/carpgen.1");
    let synopsis = manual
        .split_once(".Sh SYNOPSIS")
        .unwrap()
        .1
        .split_once(".Sh DESCRIPTION")
        .unwrap()
        .0;
    let everywhere = fixed_words(&manual);
    for command in carpgen::cli::command()
        .get_subcommands()
        .filter(|c| !c.is_hide_set())
    {
        let name = command.get_name();
        let section = section(&manual, name);
        let options = words(section, "Fl Fl ");
        let real: BTreeSet<String> = command
            .get_arguments()
            .filter_map(|argument| argument.get_long())
            .filter(|long| *long != "help")
            .map(str::to_owned)
            .collect();
        assert_eq!(options, real, "options of {name}");
        let usage = synopsis
            .split(".Nm\n")
            .find(|usage| usage.starts_with(&format!(".Cm {name}")))
            .unwrap_or_else(|| panic!("no synopsis of {name}"));
        assert_eq!(words(usage, "Fl Fl "), real, "synopsis of {name}");
        let said = fixed_words(section);
        for argument in command.get_arguments() {
            // The examples are explained once, where they are written.
            let said = if argument.get_id() == "example" {
                &everywhere
            } else {
                &said
            };
            for value in argument.get_possible_values() {
                let value = value.get_name();
                assert!(
                    ["true", "false"].contains(&value) || said.contains(value),
                    "carpgen.1 does not name the value {value} of {name}"
                );
            }
        }
    }
}

/// The keys of a table of the schema, and those of the tables in it.
fn keys(schema: &serde_json::Value, found: &mut BTreeSet<String>) {
    let nested = |name: &str, found: &mut BTreeSet<String>| {
        if let Some(value) = schema.get(name) {
            keys(value, found);
        }
    };
    for (key, value) in schema["properties"].as_object().into_iter().flatten() {
        found.insert(key.clone());
        // How a key is written is explained once, in a section of its own.
        if key != "pass" {
            keys(value, found);
        }
    }
    nested("items", found);
    nested("additionalProperties", found);
}

#[test]
fn the_manual_has_every_key_of_every_table() {
    let manual = document("man/carpgen.toml.5");
    let schema = json_schema();
    let tables = schema["properties"].as_object().unwrap();
    assert_eq!(tables.len(), 7);
    for (table, value) in tables {
        let mut real = BTreeSet::new();
        keys(value, &mut real);
        let section = manual
            .split("\n.Ss ")
            .find(|section| {
                section.starts_with(&format!("[{table}]"))
                    || section.starts_with(&format!("[[{table}]]"))
            })
            .unwrap_or_else(|| panic!("carpgen.toml.5 has no section for {table}"));
        let section = section.split("\n.Sh ").next().unwrap();
        let mut named = BTreeSet::new();
        for line in section.lines().filter(|line| line.starts_with('.')) {
            if let Some((_, behind)) = line.split_once("Cm ") {
                named.extend(behind.split([' ', ',']).map(str::to_owned));
            }
            if let Some((_, inside)) = line.split_once("Li { ") {
                named.extend(inside.split([' ', ',']).map(str::to_owned));
            }
        }
        let missing: Vec<_> = real.difference(&named).collect();
        assert!(
            missing.is_empty(),
            "carpgen.toml.5 lacks {missing:?} in {table}"
        );
    }
}
