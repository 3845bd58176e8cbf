//! `carpgen import` as a user calls it.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn carpgen(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_carpgen"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("CARP_PASS", "poison-a")
        .output()
        .unwrap()
}

/// What an import says on both streams.
fn import(folder: &TempDir, arguments: &[&str], code: i32) -> (String, String) {
    let ran = carpgen(folder.path(), &[&["import"], arguments].concat());
    let talk = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(code), "{arguments:?}: {talk}");
    (String::from_utf8(ran.stdout).unwrap(), talk)
}

/// Writes the files of a host.
fn host(folder: &TempDir, name: &str, own: u8, vhid: &str, more: &str) {
    let path = folder.path().join(name);
    fs::create_dir_all(&path).unwrap();
    let rc = format!(
        "ifconfig_em0=\"inet 192.0.2.{own}/24\"\nifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 {vhid}\"\n{more}"
    );
    fs::write(path.join("rc.conf"), rc).unwrap();
    fs::write(path.join("sysctl.conf"), "net.inet.carp.preempt=1\n").unwrap();
    fs::write(path.join("release"), "14\n").unwrap();
}

fn pair() -> TempDir {
    let folder = TempDir::new().unwrap();
    host(&folder, "fw1", 2, "advskew 0 pass poison-a", "");
    host(&folder, "fw2", 3, "advskew 100 pass poison-a", "");
    folder
}

const PAIR: &[&str] = &["fw1=fw1", "fw2=fw2"];

#[test]
fn a_pair_becomes_a_description_that_renders_the_same() {
    let folder = pair();
    let (text, talk) = import(&folder, PAIR, 0);
    assert_eq!(talk, "carpgen: wrote secrets/carp.key\n");
    assert!(text.contains("priority = [\"fw1\", \"fw2\"]") && !text.contains("advskew"));
    assert!(!text.contains("poison"), "{text}");
    let key = folder.path().join("secrets/carp.key");
    assert_eq!(fs::read_to_string(&key).unwrap(), "poison-a\n");
    assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    fs::write(folder.path().join("cluster.toml"), text).unwrap();
    let linted = carpgen(folder.path(), &["lint"]);
    assert!(linted.status.success());
    let rendered = carpgen(folder.path(), &["render", "--out", "again"]);
    assert!(rendered.status.success());
    // The files made anew are imported to the same description.
    let again = ["fw1=again/fw1", "fw2=again/fw2"];
    let (again, talk) = import(&folder, &again, 0);
    assert_eq!(talk, "", "the key is there already");
    let path = folder.path().join("cluster.toml");
    assert_eq!(again, fs::read_to_string(path).unwrap());
}

#[test]
fn where_hosts_disagree_both_places_are_named() {
    let folder = pair();
    host(
        &folder,
        "fw3",
        4,
        "advbase 3 advskew 200 pass poison-b",
        "ifconfig_em1=\"inet 10.0.0.1/8 mtu 9000\"\n",
    );
    let hosts = ["fw1=fw1", "fw2=fw2", "fw3=fw3/rc.conf", "--secrets", "env"];
    let (text, talk) = import(&folder, &hosts, 1);
    for words in [
        "fw3: no file tells the release, FreeBSD 15 is assumed",
        "fw3: no sysctl.conf was given",
        "em1 of fw3 is also configured with mtu: its own lines stay",
        "set CARP_PASS to the key of vhid 1 on segment em0",
        "net.inet.carp.preempt: value: 1 is written, as fw1 and fw2 say; fw3 says 0\n  fw1: fw1/sysctl.conf:1",
        "vhid 1 on segment em0: advbase: 1 is written, as fw1 and fw2 say; fw3 says 3\n  fw1: fw1/rc.conf:2\n  fw3: fw3/rc.conf:2",
        "key: one key is written, as fw1 and fw2 say; fw3 says another",
    ] {
        assert!(talk.contains(words), "{words}: {talk}");
    }
    for words in [
        "pass = { env = \"CARP_PASS\" }",
        "# advbase: 1 is written, as fw1 and fw2 say; fw3 says 3",
        "# em1 of fw3 is also configured with mtu",
        "em1 = { name = \"em1\", addresses = [\"10.0.0.1/8\"] }",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("poison") && !talk.contains("poison"));
    assert!(!folder.path().join("secrets").exists());
}

#[test]
fn nothing_is_replaced_unasked() {
    let folder = pair();
    let out = |more: &[&'static str]| [PAIR, &["--out", "conf/cluster.toml"], more].concat();
    let (stdout, talk) = import(&folder, &out(&[]), 0);
    assert_eq!(stdout, "");
    assert!(talk.contains("wrote conf/cluster.toml"), "{talk}");
    let path = folder.path().join("conf/cluster.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("file = \"secrets/carp.key\""), "{text}");
    assert!(folder.path().join("conf/secrets/carp.key").exists());
    // The same again is no change.
    assert_eq!(import(&folder, &out(&[]), 0).1, "");
    let (_, talk) = import(&folder, &out(&["--name", "pair"]), 3);
    assert!(talk.contains("would be overwritten: nothing was written"));
    import(&folder, &out(&["--name", "pair", "--force"]), 0);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("name = \"pair\""));
    // Another key is never replaced.
    fs::write(folder.path().join("conf/secrets/carp.key"), "other\n").unwrap();
    let (_, talk) = import(&folder, &out(&["--force"]), 3);
    assert!(talk.contains("carp.key holds another key"), "{talk}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn keys_stand_in_the_description_where_that_is_wanted() {
    let folder = pair();
    let arguments = [PAIR, &["--inline-secrets", "--out", "c.toml"]].concat();
    import(&folder, &arguments, 0);
    let path = folder.path().join("c.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("pass = \"poison-a\""), "{text}");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!folder.path().join("secrets").exists());
}

#[test]
fn no_key_is_ever_said() {
    let folder = pair();
    let lines = "ifconfig_em2=\"inet 10.2.0.2/24 mtu 1400\"\n\
                 ifconfig_em2_alias0=\"inet 10.2.0.1/32 vhid 2 pass POISON\"\n\
                 ifconfig_em3=\"inet 10.3.0.1/24 vhid 3 pass POISON POISON\"\n\
                 ifconfig_em4=\"inet 10.4.0.1/24 pass POISON\"\n";
    host(&folder, "fw2", 3, "advskew 100 pass POISON", lines);
    fs::write(
        folder.path().join("fw2/rc.local"),
        "ifconfig em0 vhid 9 pass POISON\n",
    )
    .unwrap();
    let (text, talk) = import(&folder, PAIR, 1);
    assert!(talk.contains("rc.local configures vhids too"), "{talk}");
    assert!(
        talk.contains("em2 of fw2 is also configured with mtu"),
        "{talk}"
    );
    assert!(
        !text.contains("POISON") && !talk.contains("POISON"),
        "{talk}"
    );
    let ran = carpgen(folder.path(), &["simulate", "fw1=fw1", "fw2=fw2"]);
    let said = [ran.stdout, ran.stderr].concat();
    assert!(!String::from_utf8(said).unwrap().contains("POISON"));
}

#[test]
fn what_cannot_be_imported_is_a_clear_error() {
    let folder = pair();
    fs::write(folder.path().join("rc.conf"), "hostname=\"x\"\n").unwrap();
    for (arguments, code, words) in [
        (&["fw1"][..], 2, "does not say which host"),
        (&["fw1=ssh:-oProxyCommand=x"], 2, "no destination of ssh(1)"),
        (&[], 2, "H=PATH"),
        (&["fw1=fw1", "--force"], 2, "--out"),
        (
            &["fw1=fw1", "--secrets", "env", "--inline-secrets"],
            2,
            "cannot be used with",
        ),
        (&["fw1=rc.conf"], 3, "no host has a vhid"),
        (&["fw1=missing"], 3, "cannot read missing"),
    ] {
        let (text, talk) = import(&folder, arguments, code);
        assert_eq!(text, "");
        assert!(talk.contains(words), "{arguments:?}: {talk}");
    }
}

#[test]
fn a_vhid_that_no_interface_carries_is_said() {
    let folder = TempDir::new().unwrap();
    let rc = "cloned_interfaces=\"carp0 carp1\"\nifconfig_em0=\"inet 192.0.2.2/24\"\n\
              ifconfig_carp0=\"vhid 1 pass k 192.0.2.1/24\"\nifconfig_carp1=\"vhid 2 pass k 10.0.0.1/24\"\n";
    fs::write(folder.path().join("rc.conf"), rc).unwrap();
    let (text, talk) = import(&folder, &["a=rc.conf", "--secrets", "env"], 1);
    assert!(
        talk.contains("vhid 2 on segment carp1: service: a says CARP, which a description cannot express: nothing is written"),
        "{talk}"
    );
    assert!(
        text.contains("id = 1") && !text.contains("id = 2"),
        "{text}"
    );
}
