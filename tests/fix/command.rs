//! `--fix` and `--diff` as a user calls them.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use assert_cmd::Command;
use carpgen::report::schema;
use serde_json::Value;
use tempfile::TempDir;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn lint(folder: &TempDir, arguments: &[&str], stdin: &str) -> Ran {
    let output = Command::cargo_bin("carpgen")
        .unwrap()
        .current_dir(folder.path())
        .env_clear()
        .arg("lint")
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

const RC: &str = "ifconfig_em0=\"inet 192.0.2.2/24\"\n\
    ifconfig_em0_alias0=\"inet 192.0.2.1/24 vhid 1 passwd S3cret12345\"\nkld_list=\"carp\"\n";

/// A folder `a` with the files of a host.
fn host() -> TempDir {
    let folder = TempDir::new().unwrap();
    let a = folder.path().join("a");
    fs::create_dir(&a).unwrap();
    let files = [
        ("release", "14\n"),
        ("rc.conf", RC),
        ("loader.conf", "zfs_load=\"YES\"\n"),
        (
            "sysctl.conf",
            "net.inet.carp.preempt=1\nnet.inet.carp.senderr_demotion_factor=0\n",
        ),
    ];
    for (name, text) in files {
        fs::write(a.join(name), text).unwrap();
    }
    folder
}

fn text(folder: &TempDir, path: &str) -> String {
    fs::read_to_string(folder.path().join(path)).unwrap()
}

/// The names in a folder: nothing may be left behind.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string();
    let mut names: Vec<String> = entries.map(|entry| name(entry).unwrap()).collect();
    names.sort();
    names
}

#[test]
fn files_are_fixed_in_place_and_the_rest_is_reported() {
    let folder = host();
    let rc = folder.path().join("a/rc.conf");
    fs::set_permissions(&rc, fs::Permissions::from_mode(0o640)).unwrap();
    let before = lint(&folder, &["a"], "");
    assert_eq!(before.code, 1);
    assert!(
        before
            .out
            .ends_with("; 2 findings can be fixed with `--fix`\n"),
        "{}",
        before.out
    );
    let ran = lint(&folder, &["--fix", "a"], "");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.ends_with("; 2 findings fixed\n"), "{}", ran.out);
    assert_eq!(
        text(&folder, "a/rc.conf"),
        RC.replace("passwd", "pass")
            .replace("kld_list=\"carp\"\n", "")
    );
    assert_eq!(
        text(&folder, "a/loader.conf"),
        "zfs_load=\"YES\"\ncarp_load=\"YES\"\n"
    );
    assert_eq!(fs::metadata(&rc).unwrap().mode() & 0o7777, 0o640);
    assert_eq!(
        names(&folder.path().join("a")),
        ["loader.conf", "rc.conf", "release", "sysctl.conf"]
    );
    let github = lint(&host(), &["--fix", "--format", "github", "a"], "");
    assert_eq!(github.err, "carpgen: 2 findings fixed\n");
    let inode = fs::metadata(&rc).unwrap().ino();
    let again = lint(&folder, &["--fix", "a"], "");
    assert!(again.out.ends_with("; 0 findings fixed\n"), "{}", again.out);
    assert_eq!(
        fs::metadata(&rc).unwrap().ino(),
        inode,
        "it is not written again"
    );
}

#[test]
fn what_is_off_is_not_fixed() {
    let folder = host();
    lint(&folder, &["--fix", "--allow", "unknown-keyword", "a"], "");
    assert_eq!(
        text(&folder, "a/rc.conf"),
        RC.replace("kld_list=\"carp\"\n", "")
    );
}

#[test]
fn a_diff_writes_nothing_and_shows_no_key() {
    let folder = host();
    let ran = lint(&folder, &["--diff", "a"], "");
    assert_eq!(ran.code, 1);
    assert_eq!(text(&folder, "a/rc.conf"), RC);
    assert_eq!(
        ran.out,
        "--- a/loader.conf\n+++ a/loader.conf\n@@ -1 +1,2 @@\n zfs_load=\"YES\"\n+carp_load=\"YES\"\n\
         --- a/rc.conf\n+++ a/rc.conf\n@@ -1,3 +1,2 @@\n ifconfig_em0=\"inet 192.0.2.2/24\"\n\
         -ifconfig_em0_alias0=\"inet 192.0.2.1/24 vhid 1 passwd ***********\"\n-kld_list=\"carp\"\n\
         +ifconfig_em0_alias0=\"inet 192.0.2.1/24 vhid 1 pass ***********\"\n"
    );
    assert_eq!(ran.err, "carpgen: 2 findings would be fixed\n");
    for format in ["human", "json", "sarif", "github", "junit"] {
        let ran = lint(&folder, &["--format", format, "a"], "");
        assert!(!ran.out.contains("S3cret12345"), "{format}");
    }
    lint(&folder, &["--fix", "a"], "");
    let after = lint(&folder, &["--diff", "a"], "");
    assert_eq!(
        (after.code, after.out.as_str(), after.err.as_str()),
        (0, "", "")
    );
}

#[test]
fn links_stay_links_and_what_cannot_be_written_is_one_error() {
    let folder = host();
    let a = folder.path().join("a");
    fs::rename(a.join("rc.conf"), folder.path().join("real")).unwrap();
    symlink("../real", a.join("rc.conf")).unwrap();
    // Nobody can make a file beside this one.
    fs::remove_file(a.join("loader.conf")).unwrap();
    symlink("/proc/version", a.join("loader.conf")).unwrap();
    let ran = lint(&folder, &["--fix", "--format", "json", "a"], "");
    assert_eq!(ran.code, 3);
    assert!(a.join("rc.conf").symlink_metadata().unwrap().is_symlink());
    // carp would have gone from rc.conf to loader.conf: it stays where it is.
    assert_eq!(text(&folder, "real"), RC);
    let errors: Vec<&str> = ran.err.lines().collect();
    assert_eq!(errors.len(), 2, "{}", ran.err);
    assert!(
        errors[0].starts_with("carpgen: cannot write a/loader.conf: "),
        "{}",
        ran.err
    );
    assert!(
        errors[1].starts_with("carpgen: a/rc.conf is left as it is: "),
        "{}",
        ran.err
    );
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["fixed"], 0);
    // Without that fix the link's file is written.
    fs::remove_file(a.join("loader.conf")).unwrap();
    assert_eq!(lint(&folder, &["--fix", "a"], "").err, "");
    assert_eq!(text(&folder, "real"), RC.replace("passwd", "pass"));
    assert!(a.join("rc.conf").symlink_metadata().unwrap().is_symlink());
}

#[test]
fn the_standard_input_goes_to_stdout() {
    let folder = TempDir::new().unwrap();
    let text = "[cluster]\nname = \"t\"\nprempt = true\n";
    let ran = lint(&folder, &["--fix", "-"], text);
    assert_eq!(ran.out, text.replace("prempt", "preempt"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("1 finding fixed"), "{}", ran.err);
    let broken = lint(&folder, &["--fix", "-"], "[cluster\n");
    assert_eq!((broken.code, broken.out.as_str()), (3, "[cluster\n"));
    let diff = lint(&folder, &["--diff", "-", "--stdin-name", "c.toml"], text);
    assert_eq!(diff.code, 1);
    assert!(
        diff.out
            .starts_with("--- c.toml\n+++ c.toml\n@@ -1,3 +1,3 @@\n"),
        "{}",
        diff.out
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = host();
    for arguments in [
        &["--fix", "--diff", "a"][..],
        &["--fix", "--example", "article"],
        &["--diff", "--format", "json", "a"],
        &["--fix", "-", "a"],
    ] {
        let ran = lint(&folder, arguments, "");
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
    }
    assert_eq!(text(&folder, "a/rc.conf"), RC);
    assert_eq!(lint(&folder, &["--diff", "nowhere.toml"], "").code, 3);
}

#[test]
fn programs_get_the_fixes_too() {
    let folder = host();
    let ran = lint(&folder, &["--format", "json", "a"], "");
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let validator = jsonschema::validator_for(&schema("lint").unwrap()).unwrap();
    assert!(validator.is_valid(&report));
    let findings = report["findings"].as_array().unwrap();
    let found = findings
        .iter()
        .find(|found| found["rule"] == "unknown-keyword")
        .unwrap();
    assert_eq!(
        found["fix"]["edits"],
        serde_json::json!([{
            "file": "rc.conf", "line": 2, "column": 47, "end_line": 2, "end_column": 53,
            "replacement": "pass",
        }])
    );
    let sarif: Value =
        serde_json::from_str(&lint(&folder, &["--format", "sarif", "a"], "").out).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let moved = results
        .iter()
        .find(|result| result["ruleId"] == "CG902")
        .unwrap();
    let changes = moved["fixes"][0]["artifactChanges"].as_array().unwrap();
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[0]["artifactLocation"]["uri"], "a/loader.conf");
    let inserted = &changes[0]["replacements"][0];
    assert_eq!(inserted["insertedContent"]["text"], "carp_load=\"YES\"\n");
    assert_eq!(inserted["deletedRegion"]["startLine"], 2);
}
