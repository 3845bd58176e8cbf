//! `carpgen lint` as a user calls it: levels, comments, several paths, the standard input, exit codes.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;

use assert_cmd::Command;
use carpgen::lint::{MESSAGES, PAGES};
use serde_json::Value;
use tempfile::TempDir;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    /// `SEVERITY RULE` of each finding in JSON.
    fn findings(&self) -> Vec<String> {
        let value: Value = serde_json::from_str(&self.out).unwrap();
        let findings = value["findings"].as_array().unwrap();
        let word = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
        findings
            .iter()
            .map(|finding| word(finding, "severity") + " " + &word(finding, "rule"))
            .collect()
    }
}

fn carpgen(folder: &TempDir, arguments: &[&str], stdin: &str) -> Ran {
    let output = Command::cargo_bin("carpgen")
        .unwrap()
        .current_dir(folder.path())
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .args(arguments)
        .write_stdin(stdin)
        .output()
        .unwrap();
    Ran {
        code: output.status.code().expect("no signal"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn lint(folder: &TempDir, more: &[&str]) -> Ran {
    carpgen(folder, &[&["lint"], more].concat(), "")
}

/// A pair without a key, which is one warning, and with a slow takeover, which is a note.
const PAIR: &str = "[cluster]\nname = \"t\"\nrelease = \"14\"\npriority = [\"a\", \"b\"]\nadvbase = 5\n\
    [cluster.sysctl]\nnet.inet.carp.senderr_demotion_factor = 0\n\
    [[node]]\nname = \"a\"\n[node.interfaces]\nlan = { name = \"em0\", addresses = [\"192.0.2.2/24\"] }\n\
    [[node]]\nname = \"b\"\n[node.interfaces]\nlan = { name = \"em0\", addresses = [\"192.0.2.3/24\"] }\n\
    [[vhid]]\nid = 1\nsegment = \"lan\"\nvips = [\"192.0.2.1/24\"]\n";

/// A folder with this cluster.toml.
fn with(text: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("cluster.toml"), text).unwrap();
    folder
}

fn json(folder: &TempDir, more: &[&str]) -> Ran {
    lint(folder, &[&["--format", "json"], more].concat())
}

#[test]
fn options_set_levels_over_the_table() {
    let folder = with(&format!("{PAIR}[lint]\nslow-takeover = \"deny\"\n"));
    let levels = |more: &[&str]| json(&folder, more).findings();
    let (slow, pass) = ("slow-takeover", "missing-pass");
    assert_eq!(levels(&[]), ["error slow-takeover", "warning missing-pass"]);
    assert_eq!(levels(&["--allow", slow]), ["warning missing-pass"]);
    assert_eq!(
        levels(&["--warn", "cg509", "--deny", "CG301"]),
        ["warning slow-takeover", "error missing-pass"]
    );
    assert_eq!(
        levels(&["--allow", "keys", "--allow", "elections"]),
        [""; 0]
    );
    assert_eq!(
        levels(&["--deny", pass, "--allow", "keys"]),
        ["error slow-takeover", "error missing-pass"],
        "a rule goes before its group"
    );
    assert_eq!(
        levels(&[
            "--deny", pass, "--allow", slow, "--allow", pass, "--warn", slow
        ]),
        ["warning slow-takeover"],
        "the last one counts"
    );
}

#[test]
fn levels_change_the_exit_code_of_lint_and_nothing_that_render_refuses() {
    let folder = with(PAIR);
    assert_eq!(lint(&folder, &[]).code, 1);
    assert_eq!(lint(&folder, &["--allow", "missing-pass"]).code, 0);
    assert_eq!(
        lint(&folder, &["--fail-on", "error", "--deny", "keys"]).code,
        1
    );
    assert_eq!(carpgen(&folder, &["render", "--redact"], "").code, 0);

    let broken = with(&PAIR.replace("192.0.2.1/24", "192.0.2.2/24"));
    assert_eq!(lint(&broken, &["--fail-on", "error"]).code, 1);
    assert_eq!(
        lint(&broken, &["--fail-on", "error", "--allow", "addresses"]).code,
        0
    );
    let allowed = with(&PAIR.replace(
        "\"192.0.2.1/24\"]",
        "\"192.0.2.2/24\"] # carpgen: allow vip-is-node-address the tests want it",
    ));
    assert_eq!(lint(&allowed, &["--fail-on", "error"]).code, 0);
    for folder in [broken, allowed] {
        assert_eq!(carpgen(&folder, &["render", "--redact"], "").code, 3);
    }
}

#[test]
fn unknown_rules_are_usage_errors_with_the_nearest_name() {
    let folder = with(PAIR);
    for (word, near) in [
        ("mising-pass", "did you mean missing-pass?"),
        ("key", "did you mean keys?"),
        ("everything-there-is", "explain --list"),
    ] {
        for option in ["--deny", "--warn", "--allow"] {
            let ran = lint(&folder, &[option, word]);
            assert_eq!((ran.code, ran.out.as_str()), (2, ""));
            assert!(ran.err.contains(near), "{}", ran.err);
        }
    }
}

#[test]
fn comments_silence_at_the_primary_and_at_any_related_place() {
    let twice = format!("{PAIR}[[vhid]]\nid = 1\nsegment = \"lan\"\nvips = [\"192.0.2.9/24\"]\n");
    let rules =
        |text: &str| json(&with(text), &["--allow", "keys", "--allow", "elections"]).findings();
    assert_eq!(rules(&twice), ["error duplicate-vhid"]);
    let comment = "id = 1 # carpgen: allow CG411 told apart by the VLAN";
    assert_eq!(rules(&twice.replacen("id = 1", comment, 1)), [""; 0]);
    let (first, second) = twice.rsplit_once("id = 1").unwrap();
    assert_eq!(rules(&format!("{first}{comment}{second}")), [""; 0]);
    let before = "# carpgen: allow duplicate-vhid told apart by the VLAN\n";
    assert_eq!(rules(&format!("{first}{before}id = 1{second}")), [""; 0]);
    assert_eq!(rules(&format!("{before}{twice}")), [""; 0]);
    let elsewhere = twice.replacen("[[node]]", &format!("{before}[[node]]"), 1);
    assert_eq!(
        rules(&elsewhere),
        ["info unused-allow", "error duplicate-vhid"]
    );
    let text = twice.replacen(
        "\"t\"",
        "\"t # carpgen: allow duplicate-vhid in a text\"",
        1,
    );
    assert!(rules(&text).contains(&"error duplicate-vhid".to_owned()));
}

#[test]
fn comments_that_silence_nothing_are_notes_at_their_place() {
    let text = PAIR.replace(
        "advbase = 5\n",
        "advbase = 5 # carpgen: allow mising-pass, CG509 slow line\n",
    );
    let folder = with(&text);
    let ran = json(&folder, &["--allow", "keys"]);
    assert_eq!(ran.findings(), ["info unused-allow"]);
    let value: Value = serde_json::from_str(&ran.out).unwrap();
    let finding = &value["findings"][0];
    assert_eq!(
        (finding["line"].as_u64(), finding["column"].as_u64()),
        (Some(5), Some(30))
    );
    assert!(finding["help"].as_str().unwrap().contains("`missing-pass`"));
    let used = PAIR.replace(
        "advbase = 5\n",
        "advbase = 5 # carpgen: allow slow-takeover slow line\n",
    );
    assert_eq!(
        json(&with(&used), &["--allow", "slow-takeover"]).findings(),
        ["warning missing-pass"],
        "it is of use, whatever the level"
    );
    let all = format!("# carpgen: allow unused-allow copied from elsewhere\n{text}");
    assert_eq!(json(&with(&all), &["--allow", "keys"]).findings(), [""; 0]);
    let none = format!("# carpgen: allow unused-allow copied from elsewhere\n{PAIR}");
    assert_eq!(
        json(&with(&none), &["--allow", "keys", "--allow", "elections"]).findings(),
        ["info unused-allow"]
    );
}

#[test]
fn quiet_leaves_only_the_exit_code_and_errors() {
    let folder = with(PAIR);
    for format in ["human", "json", "sarif", "github", "junit"] {
        let ran = lint(&folder, &["-q", "--format", format]);
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (1, "", ""));
    }
    let ran = lint(&folder, &["--quiet", "no-such.toml"]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.err.contains("cannot read no-such.toml"), "{}", ran.err);
}

#[test]
fn the_standard_input_has_a_name() {
    let folder = TempDir::new().unwrap();
    let json = ["lint", "-", "--format", "json"];
    let file = |ran: &Ran| {
        let value: Value = serde_json::from_str(&ran.out).unwrap();
        value["findings"][0]["file"].as_str().unwrap().to_owned()
    };
    assert_eq!(file(&carpgen(&folder, &json, PAIR)), "standard input");
    let named = [&json[..], &["--stdin-name", "net/cluster.toml"]].concat();
    assert_eq!(file(&carpgen(&folder, &named, PAIR)), "net/cluster.toml");
    let ran = lint(&with(PAIR), &["--stdin-name", "x"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
}

#[test]
fn what_cannot_be_read_ends_with_3_and_the_rest_is_printed() {
    let folder = with(PAIR);
    fs::write(folder.path().join("binary.toml"), b"\x7fELF\xff").unwrap();
    let paths = ["cluster.toml", "binary.toml", "no-such.toml"];
    let ran = json(&folder, &paths);
    assert_eq!(ran.code, 3);
    assert_eq!(
        ran.findings(),
        ["info slow-takeover", "warning missing-pass"]
    );
    let value: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(value["unread"][0]["file"], "binary.toml");
    assert_eq!(
        value["unread"][1]["message"],
        "cannot read no-such.toml: no such file or directory"
    );
    assert!(ran.err.contains("not a text") && ran.err.contains("no-such.toml"));

    let with = |format: &str| lint(&folder, &[&["--format", format], &paths[..]].concat());
    for (format, words) in [
        ("human", "1 warning, 1 note"),
        ("sarif", "\"executionSuccessful\": false"),
        ("github", "::error file=no-such.toml::cannot read"),
        ("junit", "<error message=\"cannot read no-such.toml"),
    ] {
        let ran = with(format);
        assert_eq!(ran.code, 3, "{format}");
        assert!(
            ran.out.contains(words) && ran.out.contains("missing-pass"),
            "{}",
            ran.out
        );
    }
    let nothing = json(&folder, &["no-such.toml"]);
    assert_eq!((nothing.code, nothing.findings().len()), (3, 0));
}

#[test]
fn what_cannot_be_understood_ends_with_3_whatever_is_allowed() {
    let typo = with(&PAIR.replace("advbase", "advbasis"));
    assert_eq!(lint(&typo, &["--fail-on", "never"]).code, 3);
    let ran = lint(&typo, &["--allow", "unknown-key"]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("CG002 unknown-key"), "{}", ran.err);
    assert!(!lint(&typo, &[]).err.contains("unknown-key"));
    let broken = with(&format!(
        "# carpgen: allow missing-pass a lab\n{PAIR}x = = \"\n"
    ));
    let ran = json(&broken, &[]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.findings()
            .iter()
            .all(|f| f == "error unreadable-description")
    );
    // An error of another kind is no bad input.
    let out_of_range = with(&PAIR.replace("id = 1", "id = 1000"));
    assert_eq!(lint(&out_of_range, &[]).code, 1);
}

#[test]
fn a_folder_is_named_from_within_for_people_and_from_here_for_services() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("net")).unwrap();
    fs::write(folder.path().join("net/cluster.toml"), PAIR).unwrap();
    let value: Value = serde_json::from_str(&json(&folder, &["net"]).out).unwrap();
    assert_eq!(value["findings"][0]["file"], "cluster.toml");
    let ran = lint(&folder, &["--format", "github", "net"]);
    assert!(ran.out.contains(" file=net/cluster.toml,"), "{}", ran.out);
}

#[test]
fn explain_knows_rules_pages_and_messages() {
    let folder = TempDir::new().unwrap();
    let explain = |text: &str| carpgen(&folder, &["explain", text], "");
    let list = explain("--list").out;
    let (rules, pages) = list
        .split_once("\nPages on what no file shows, and on messages:\n")
        .unwrap();
    for page in PAGES {
        assert!(pages.contains(&format!("\n{} ", page.name)) && !rules.contains(page.name));
        let ran = explain(page.name);
        assert!(
            ran.code == 0 && ran.out.contains("\n## What to do\n"),
            "{}",
            ran.out
        );
        assert!(ran.out.starts_with(&format!("{}\n\n", page.name)));
    }
    assert!(
        explain("ssh-to-vip")
            .out
            .contains("* `management-over-vip`: ")
    );
    for message in MESSAGES {
        let ran = explain(message.example);
        assert_eq!(ran.code, 0, "{}", message.example);
        assert!(ran.out.contains(message.meaning), "{}", ran.out);
        assert!(
            ran.out.contains(&format!("\n{}", message.page)),
            "{}",
            ran.out
        );
    }
    let ran = explain("Nov  3 04:05:06 fw1 kernel: carp: demoted by 240 to 480 (interface down)");
    assert!(ran.out.contains("\nleftover-demotion\n"), "{}", ran.out);
}

#[test]
fn explain_has_a_hint_for_what_it_does_not_know() {
    let folder = TempDir::new().unwrap();
    for (text, hint) in [
        ("leftover-demotions", "did you mean leftover-demotion?"),
        ("mising-pass", "did you mean missing-pass?"),
        ("qwertyuiop", "carpgen explain --list"),
        ("hypervisor", "did you mean hypervisor-port-security?"),
        (
            "skew",
            "there are skew-against-priority, advskew-out-of-range",
        ),
        ("the cat sat on the mat", "one line of a log"),
    ] {
        let ran = carpgen(&folder, &["explain", text], "");
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{text}");
        assert!(ran.err.contains(hint), "{}", ran.err);
    }
}

#[test]
fn completions_know_the_rules_and_hide_what_the_help_hides() {
    let folder = TempDir::new().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = carpgen(&folder, &["completions", shell], "");
        assert_eq!(ran.code, 0);
        assert!(!ran.out.contains("lint-manual"), "{shell}");
        assert!(ran.out.contains("stdin-name"), "{shell}");
    }
    // The one for fish has the values of options only.
    for (shell, names) in [
        (
            "bash",
            &["missing-pass", "elections", "leftover-demotion"][..],
        ),
        ("zsh", &["missing-pass", "elections", "leftover-demotion"]),
        ("fish", &["missing-pass", "elections"]),
    ] {
        let script = carpgen(&folder, &["completions", shell], "").out;
        for name in names {
            assert!(script.contains(name), "{shell} lacks {name}");
        }
    }
    assert_eq!(carpgen(&folder, &["generate", "lint-manual"], "").code, 0);
}

/// The lines that findings are shown with hold no key, wherever it is written.
#[test]
fn no_format_prints_a_key() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    write(
        "hosts/a/rc.conf",
        "CARPKEY=\"PoisonKey1234\"\nifconfig_em0=\"inet 192.0.2.2/24\"\n\
         ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 advskew 250 pass $CARPKEY\"\n\
         ifconfig_em0_alias1=\"inet 192.0.2.3/32 vhid 2 advskew 250 PoisonKey1234\"\n\
         ifconfig_em0_alias2=\"inet 192.0.2.4/32 vhid 3 advskew 250 passwd PoisonKey1234\"\n",
    );
    write(
        "hosts/b/rc.conf",
        "ifconfig_em0=\"inet 192.0.2.9/24\"\n\
         ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 advskew 300 pass 'PoisonKey1234x-y'\"\n",
    );
    write(
        "cluster.toml",
        "[cluster]\nname = \"x\"\nrelease = \"14\"\npass = \"PoisonKey1234\"\n",
    );
    for format in ["human", "json", "sarif", "github", "junit"] {
        for path in ["hosts", "cluster.toml"] {
            let ran = std::process::Command::new(env!("CARGO_BIN_EXE_carpgen"))
                .args(["lint", path, "--format", format])
                .current_dir(folder.path())
                .output()
                .expect("it runs");
            let said = [ran.stdout, ran.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            assert!(!said.contains("PoisonKey"), "{format} {path}: {said}");
            assert!(said.contains("pass"), "{format} {path}: {said}");
        }
    }
}
