//! The pre-commit hooks and the action of GitHub are what those tools read, and call carpgen as it is.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use yaml_rust2::{Yaml, YamlLoader};

const ACTION: &str = "tests/ci/action.yml";
const HOOKS: &str = ".pre-commit-hooks.yaml";

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

fn yaml(text: &str) -> Yaml {
    let mut documents = YamlLoader::load_from_str(text).unwrap();
    assert_eq!(documents.len(), 1);
    documents.remove(0)
}

/// The YAML blocks of the README.
fn readme_blocks() -> Vec<Yaml> {
    let readme = read("README.md");
    let blocks = readme.split("\n```yaml\n").skip(1);
    blocks
        .map(|behind| yaml(behind.split_once("\n```").unwrap().0))
        .collect()
}

fn text<'a>(yaml: &'a Yaml, key: &str) -> &'a str {
    yaml[key].as_str().unwrap_or_else(|| panic!("no {key}"))
}

/// Every command line of carpgen names a command and options that it has, with values that they take.
fn assert_command(line: &str) {
    let mut words = shlex::split(line).unwrap().into_iter().peekable();
    assert_eq!(words.next().as_deref(), Some("carpgen"), "{line}");
    let name = words.next().unwrap();
    let program = carpgen::cli::command();
    let command = program.find_subcommand(&name).unwrap();
    while let Some(word) = words.next() {
        let Some(long) = word.strip_prefix("--").filter(|long| !long.is_empty()) else {
            continue;
        };
        let option = command
            .get_arguments()
            .find(|argument| argument.get_long() == Some(long))
            .unwrap_or_else(|| panic!("{name} has no --{long}"));
        let values: BTreeSet<_> = option
            .get_possible_values()
            .iter()
            .map(|value| value.get_name().to_owned())
            .collect();
        let takes_value = option.get_action().takes_values();
        let value = if takes_value {
            words.next().unwrap()
        } else {
            continue;
        };
        assert!(
            values.is_empty() || value.starts_with('$') || values.contains(&value),
            "--{long} {value}"
        );
    }
}

#[test]
fn the_hooks_are_what_pre_commit_reads() {
    let hooks = yaml(&read(HOOKS));
    let hooks = hooks.as_vec().unwrap();
    assert_eq!(hooks.len(), 2);
    for hook in hooks {
        for key in ["id", "name", "description"] {
            assert!(!text(hook, key).is_empty());
        }
        assert!(["rust", "system"].contains(&text(hook, "language")));
        assert_eq!(text(hook, "files"), r"(^|/)cluster\.toml$");
        assert_command(text(hook, "entry"));
    }
}

#[test]
fn the_action_is_what_github_reads() {
    let action = yaml(&read(ACTION));
    assert!(!text(&action, "name").is_empty() && !text(&action, "description").is_empty());
    assert_eq!(text(&action["runs"], "using"), "composite");
    for step in action["runs"]["steps"].as_vec().unwrap() {
        assert_eq!(text(step, "shell"), "bash");
        assert!(
            !text(step, "run").contains("${{"),
            "inputs come as variables"
        );
        for line in text(step, "run").lines() {
            let line = line.trim();
            if line.starts_with("carpgen ") {
                assert_command(line.split([';', '>', '|']).next().unwrap());
            }
        }
        let variables = step["env"].as_hash().into_iter().flatten();
        for input in variables.map(|(_, value)| value.as_str().unwrap()) {
            let name = input
                .strip_prefix("${{ inputs.")
                .and_then(|behind| behind.strip_suffix(" }}"))
                .unwrap();
            assert!(!action["inputs"][name].is_badvalue(), "{name}");
        }
    }
}

/// Runs a step of the action with these inputs.
fn step(name: &str, folder: &TempDir, variables: &[(&str, &str)]) -> Output {
    let action = yaml(&read(ACTION));
    let steps = action["runs"]["steps"].as_vec().unwrap();
    let step = steps
        .iter()
        .find(|step| text(step, "name") == name)
        .unwrap();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_carpgen"));
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    // As the runner calls it.
    Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c"])
        .arg(text(step, "run"))
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", path)
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

#[test]
fn the_steps_of_the_action_run() {
    let folder = TempDir::new().unwrap();
    let example = carpgen::config::examples::EXAMPLES[0].text;
    fs::create_dir(folder.path().join("my net")).unwrap();
    fs::write(folder.path().join("my net/cluster.toml"), example).unwrap();
    let annotate = |paths: &str, fail_on: &str| {
        let variables = [("PATHS", paths), ("FAIL_ON", fail_on)];
        step("Annotate the lines", &folder, &variables)
            .status
            .code()
    };
    assert_eq!(annotate("my net\n", "warning"), Some(0));
    assert_eq!(annotate("my net\n\nmissing.toml\n", "never"), Some(3));
    let broken = example.replacen("advbase", "advbasis", 1) + "\nsurplus = 1\n";
    fs::write(folder.path().join("broken.toml"), broken).unwrap();
    assert_eq!(annotate("broken.toml", "warning"), Some(3));
    let variables = [
        ("PATHS", "my net\nmissing.toml"),
        ("SARIF_FILE", "out.sarif"),
    ];
    let ran = step("Write the SARIF log", &folder, &variables);
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    let log = fs::read_to_string(folder.path().join("out.sarif")).unwrap();
    let log: serde_json::Value = serde_json::from_str(&log).unwrap();
    assert_eq!(log["version"], "2.1.0");
}

#[test]
fn the_readme_shows_hooks_and_inputs_that_there_are() {
    let blocks = readme_blocks();
    assert_eq!(blocks.len(), 2);
    let ids: Vec<String> = yaml(&read(HOOKS))
        .as_vec()
        .unwrap()
        .iter()
        .map(|hook| text(hook, "id").to_owned())
        .collect();
    for hook in blocks[0]["repos"][0]["hooks"].as_vec().unwrap() {
        assert!(ids.contains(&text(hook, "id").to_owned()));
        let args = hook["args"].as_vec().unwrap().iter();
        let args: Vec<&str> = args.map(|word| word.as_str().unwrap()).collect();
        assert_command(&format!("carpgen lint {}", args.join(" ")));
    }
    let action = yaml(&read(ACTION));
    let steps = blocks[1]["jobs"]["carp"]["steps"].as_vec().unwrap();
    let ours: Vec<_> = steps
        .iter()
        .filter(|step| text(step, "uses").contains("carpgen"))
        .collect();
    assert_eq!(ours.len(), 1);
    assert!(text(ours[0], "uses").starts_with("OWNER/carpgen/tests/ci@"));
    for (input, _) in ours[0]["with"].as_hash().unwrap() {
        assert!(!action["inputs"][input.as_str().unwrap()].is_badvalue());
    }
}
