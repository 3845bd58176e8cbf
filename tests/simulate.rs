//! `carpgen simulate` as a user calls it.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

fn carpgen(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carpgen"));
    command
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
        .env("LC_ALL", "C.UTF-8");
    command
}

fn run(folder: &TempDir, arguments: &[&str]) -> Output {
    carpgen(folder)
        .arg("simulate")
        .args(arguments)
        .output()
        .unwrap()
}

/// The result of a run that must succeed.
fn out(folder: &TempDir, arguments: &[&str]) -> String {
    let ran = run(folder, arguments);
    assert!(
        ran.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&ran.stderr)
    );
    assert_eq!(String::from_utf8_lossy(&ran.stderr), "", "{arguments:?}");
    String::from_utf8(ran.stdout).unwrap()
}

fn json(folder: &TempDir, arguments: &[&str]) -> serde_json::Value {
    let mut all = vec!["--format", "json"];
    all.extend(arguments);
    serde_json::from_str(&out(folder, &all)).unwrap()
}

/// What a run that must fail says.
fn refused(folder: &TempDir, arguments: &[&str], code: i32) -> String {
    let ran = run(folder, arguments);
    assert_eq!(ran.status.code(), Some(code), "{arguments:?}");
    assert_eq!(ran.stdout, b"", "{arguments:?}");
    String::from_utf8(ran.stderr).unwrap()
}

#[test]
fn a_crash_costs_the_wait_of_the_backup() {
    let folder = TempDir::new().unwrap();
    // The last advertisement of a leaves at 20 s, just before it crashes; b waits 15.390625 s from its arrival on.
    let run = json(&folder, &["--example", "article", "--at", "20s=crash:a"]);
    let crash = &run["phases"][1];
    assert_eq!(crash["events"][0], "a crashes");
    let vhid = &crash["vhids"][0];
    assert_eq!(
        (&vhid["before"][0], &vhid["after"][0]),
        (&"a".into(), &"b".into())
    );
    let took = vhid["takeover_us"].as_u64().unwrap();
    assert!([15_390_825, 10_390_825].contains(&took), "{took}");
    assert_eq!(vhid["no_master_us"], vhid["takeover_us"]);
}

#[test]
fn json_matches_its_schema_for_every_example() {
    let folder = TempDir::new().unwrap();
    let schema = carpgen(&folder)
        .args(["schema", "simulate"])
        .output()
        .unwrap();
    let schema: serde_json::Value = serde_json::from_slice(&schema.stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for example in [
        "article",
        "failover",
        "active-active",
        "three-node",
        "dual-stack",
        "vrrp",
    ] {
        let run = json(
            &folder,
            &[
                "--example",
                example,
                "--trace",
                "--clients",
                "192.168.1.0/28",
            ],
        );
        let errors: Vec<String> = validator
            .iter_errors(&run)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{example}: {errors:?}");
        assert!(
            !run["advertisements"].as_array().unwrap().is_empty(),
            "{example}"
        );
        let never = run["service"]
            .as_array()
            .unwrap()
            .iter()
            .any(|s| s["no_master_us"] == run["end_us"]);
        assert!(!never, "{example}: every vhid is served");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let folder = TempDir::new().unwrap();
    fs::write(
        folder.path().join("s.toml"),
        "until = \"200s\"\njitter = \"300us\"\nloss = 0.3\n",
    )
    .unwrap();
    let of = |seed| {
        out(
            &folder,
            &[
                "--example",
                "failover",
                "--scenario",
                "s.toml",
                "--seed",
                seed,
                "--trace",
            ],
        )
    };
    assert_eq!(of("7"), of("7"));
    assert_ne!(of("7"), of("8"));
}

#[test]
fn kernel_clocks_are_late_by_their_ticks() {
    let folder = TempDir::new().unwrap();
    let first_master = |more: &[&str]| {
        let mut all = vec!["--example", "failover", "--until", "9s"];
        all.extend(more);
        let run = json(&folder, &all);
        let transitions = run["transitions"].as_array().unwrap().clone();
        let master = transitions.iter().find(|t| t["to"] == "MASTER").unwrap();
        master["t_us"].as_u64().unwrap()
    };
    assert_eq!(first_master(&[]), 3_000_000);
    assert_eq!(first_master(&["--hz", "1000"]), 3_001_000);
    assert_eq!(first_master(&["--hz", "100"]), 3_010_000);
}

#[test]
fn a_scenario_file_is_followed_and_its_mistakes_are_shown() {
    let folder = TempDir::new().unwrap();
    let scenario = folder.path().join("s.toml");
    fs::write(
        &scenario,
        "until = \"60s\"\n\
         boot = { fw2 = \"5s\" }\n\
         [[event]]\nat = \"20s\"\ndo = \"partition\"\nsegment = \"lan\"\ngroups = [[\"fw1\"], [\"fw2\"]]\n\
         [[event]]\nat = \"40s\"\ndo = \"heal\"\n",
    )
    .unwrap();
    let run = json(&folder, &["--example", "failover", "--scenario", "s.toml"]);
    let split = &run["phases"][1];
    assert_eq!(split["events"][0], "segment lan splits into fw1 and fw2");
    let lan = split["vhids"]
        .as_array()
        .unwrap()
        .iter()
        .find(|v| v["segment"] == "lan")
        .unwrap();
    assert_eq!(
        lan["after"].as_array().unwrap().len(),
        2,
        "two masters until it heals"
    );
    fs::write(&scenario, "until = \"60s\"\n[[event]]\nat = \"70s\"\ndo = \"crash\"\nhost = \"fw9\"\n[[event]]\nat = \"1s\"\ndo = \"carp-down\"\nhost = \"fw1\"\nvhid = 1\n").unwrap();
    let said = refused(
        &folder,
        &["--example", "failover", "--scenario", "s.toml"],
        3,
    );
    for words in [
        "s.toml:3:",
        "after the end",
        "no host \"fw9\"",
        "did you mean",
        "has no interface carpN",
        "3 errors",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn bad_events_and_files_are_clear_errors() {
    let folder = TempDir::new().unwrap();
    let said = refused(
        &folder,
        &[
            "--example",
            "failover",
            "--at",
            "20s=crash:fw7",
            "--at",
            "x=crash:fw1",
        ],
        3,
    );
    assert!(
        said.contains("no host \"fw7\"") && said.contains("\"x\" is no time"),
        "{said}"
    );
    refused(&folder, &["--example", "failover", "--until", "soon"], 2);
    refused(&folder, &["--example", "failover", "--hz", "0"], 2);
    refused(
        &folder,
        &["--example", "failover", "--clients", "10.0.0.0/8"],
        2,
    );
    refused(
        &folder,
        &["--example", "failover", "--scenario", "missing.toml"],
        3,
    );
    refused(
        &folder,
        &[
            "--example",
            "failover",
            "--svg",
            "no/such\0".trim_end_matches('\0').trim_end_matches("such"),
        ],
        3,
    );
    refused(
        &folder,
        &["--example", "failover", "--pcap", "no/such/a.pcap"],
        3,
    );
    fs::write(
        folder.path().join("cluster.toml"),
        "[cluster]\nname = \"x\"\n",
    )
    .unwrap();
    let said = refused(&folder, &[], 3);
    assert!(said.contains("nothing to simulate"), "{said}");
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing was written"
    );
}

#[test]
fn pictures_and_pages_are_written() {
    let folder = TempDir::new().unwrap();
    out(
        &folder,
        &[
            "--example",
            "three-node",
            "--svg",
            "run.svg",
            "--html",
            "run.html",
        ],
    );
    let svg = fs::read_to_string(folder.path().join("run.svg")).unwrap();
    assert!(
        svg.contains("www1 crashes") && svg.contains("MASTER from"),
        "{svg}"
    );
    let page = fs::read_to_string(folder.path().join("run.html")).unwrap();
    assert!(
        page.contains("203.0.113.11 (dmz, vhid 1)") && page.contains("preempting a slower master")
    );
}

/// tcpdump, where it is installed. The continuous integration must have it.
fn tcpdump() -> Option<PathBuf> {
    let found = ["/usr/bin/tcpdump", "/usr/sbin/tcpdump"]
        .map(PathBuf::from)
        .into_iter()
        .find(|path| path.exists());
    assert!(
        found.is_some() || std::env::var_os("CI").is_none(),
        "tcpdump is not installed"
    );
    if found.is_none() {
        let _ = writeln!(std::io::stderr(), "passed over: tcpdump is not installed");
    }
    found
}

#[test]
fn tcpdump_reads_the_captures() {
    let Some(tcpdump) = tcpdump() else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let read = |file: &str, kind: &[&str]| {
        let ran = Command::new(&tcpdump)
            .args(["-nn", "-vv", "-e", "-r", file])
            .args(kind)
            .current_dir(folder.path())
            .env("TZ", "UTC")
            .output()
            .unwrap();
        assert!(
            ran.status.success(),
            "{}",
            String::from_utf8_lossy(&ran.stderr)
        );
        String::from_utf8_lossy(&ran.stdout).into_owned()
    };
    out(
        &folder,
        &[
            "--example",
            "dual-stack",
            "--until",
            "9s",
            "--pcap",
            "carp.pcap",
        ],
    );
    let carp = read("carp.pcap", &["-T", "carp"]);
    for words in [
        "00:00:5e:00:01:04 > 01:00:5e:00:00:12",
        "192.0.2.2 > 224.0.0.18: CARPv2-advertise 36: vhid=4 advbase=1 advskew=0",
        "00:00:5e:00:01:06 > 33:33:00:00:00:12",
        "2001:db8:1::2 > ff02::12: CARPv2-advertise 36: vhid=6",
    ] {
        assert!(carp.contains(words), "{words}: {carp}");
    }
    assert!(!carp.contains("bad"), "checksums hold: {carp}");
    out(
        &folder,
        &["--example", "vrrp", "--until", "9s", "--pcap", "vrrp.pcap"],
    );
    let vrrp = read("vrrp.pcap", &[]);
    assert!(
        vrrp.contains(
            "VRRPv3, Advertisement, vrid 1, prio 200, intvl 100cs, length 12, addrs: 192.0.2.1"
        ),
        "{vrrp}"
    );
    assert!(!vrrp.contains("bad"), "checksums hold: {vrrp}");
}

#[test]
fn ctrl_c_ends_with_what_is_known() {
    let folder = TempDir::new().unwrap();
    let mut child = carpgen(&folder)
        .args([
            "simulate",
            "--example",
            "failover",
            "--until",
            "100000000000s",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(700));
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let mut text = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert!(child.wait().unwrap().success());
    assert!(
        text.contains("Stopped at ") && text.contains("nobody → fw1"),
        "{text}"
    );
}

#[test]
fn a_host_that_is_away_stays_off() {
    let folder = TempDir::new().unwrap();
    let example = carpgen(&folder)
        .args(["init", "--example", "failover"])
        .status()
        .unwrap();
    assert!(example.success());
    let path = folder.path().join("cluster.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        text.replacen("name = \"fw1\"", "name = \"fw1\"\naway = \"in repair\"", 1),
    )
    .unwrap();
    fs::write(folder.path().join("s.toml"), "until = \"20s\"\n").unwrap();
    for arguments in [
        &[][..],
        &["--at", "5s=crash:fw2"],
        &["--scenario", "s.toml"],
    ] {
        let run = json(&folder, arguments);
        assert!(
            run["transitions"]
                .as_array()
                .unwrap()
                .iter()
                .all(|t| t["host"] == "fw2"),
            "{arguments:?}"
        );
    }
}

/// Writes the files of a host.
fn host(folder: &TempDir, name: &str, own: u8, skew: u8, key: &str) {
    let path = folder.path().join(name).join("etc");
    fs::create_dir_all(&path).unwrap();
    let rc = format!(
        "ifconfig_em0=\"inet 192.0.2.{own}/24\"\n\
         ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 advskew {skew} pass {key}\"\n"
    );
    fs::write(path.join("rc.conf"), rc).unwrap();
    fs::write(path.join("sysctl.conf"), "net.inet.carp.preempt=1\n").unwrap();
    fs::write(folder.path().join(name).join("release"), "14\n").unwrap();
}

#[test]
fn the_files_of_a_good_pair_are_simulated_as_they_boot() {
    let folder = TempDir::new().unwrap();
    host(&folder, "fw1", 2, 0, "same");
    host(&folder, "fw2", 3, 100, "same");
    let arguments = ["fw1=fw1", "fw2=fw2", "--at", "20s=link-down:fw1:em0"];
    let run = json(&folder, &arguments);
    let vhid = &run["phases"][1]["vhids"][0];
    assert_eq!(vhid["segment"], "em0");
    assert_eq!(
        (&vhid["before"], &vhid["after"]),
        (&serde_json::json!(["fw1"]), &serde_json::json!(["fw2"]))
    );
}

#[test]
fn hosts_with_different_keys_are_both_master_for_ever() {
    let folder = TempDir::new().unwrap();
    host(&folder, "fw1", 2, 0, "poison-a");
    host(&folder, "fw2", 3, 100, "poison-b");
    let arguments = ["fw1=fw1", "fw2=fw2/etc/rc.conf", "--until", "600s"];
    let ran = run(&folder, &[&["--format", "json"], &arguments[..]].concat());
    assert_eq!(ran.status.code(), Some(0));
    let talk = String::from_utf8(ran.stderr).unwrap();
    assert!(talk.contains("fw2: no file tells the release"), "{talk}");
    let text = String::from_utf8(ran.stdout).unwrap();
    assert!(!text.contains("poison"));
    let result: serde_json::Value = serde_json::from_str(&text).unwrap();
    let phases = result["phases"].as_array().unwrap();
    assert_eq!(
        phases[0]["vhids"][0]["after"],
        serde_json::json!(["fw1", "fw2"])
    );
}

#[test]
fn what_a_boot_loses_is_said() {
    let folder = TempDir::new().unwrap();
    host(&folder, "fw1", 2, 0, "k");
    let rc = folder.path().join("fw1/etc/rc.conf");
    let text = fs::read_to_string(&rc).unwrap();
    let behind = "ifconfig_em0_alias1=\"\"\nifconfig_em0_alias2=\"inet 192.0.2.9/32 vhid 2\"\n";
    fs::write(&rc, text + behind).unwrap();
    let ran = run(&folder, &["fw1=fw1", "--until", "5s"]);
    assert_eq!(ran.status.code(), Some(0));
    let talk = String::from_utf8(ran.stderr).unwrap();
    assert!(
        talk.contains("the boot loses one thing") && talk.contains("`carpgen lint fw1`"),
        "{talk}"
    );
}

#[test]
fn hosts_that_cannot_be_read_are_clear_errors() {
    let folder = TempDir::new().unwrap();
    host(&folder, "fw1", 2, 0, "k");
    fs::create_dir(folder.path().join("empty")).unwrap();
    for (arguments, code, words) in [
        (&["fw1=fw1", "cluster.toml"][..], 2, "is a description"),
        (&["fw1=ssh:root@fw1 x"], 2, "no destination of ssh(1)"),
        (&["fw1=fw1", "fw1=fw1"], 2, "given twice"),
        (&["-x y=fw1"], 2, "unexpected argument"),
        (&["f w=fw1"], 2, "no name of a host"),
        (&["a.toml", "b.toml"], 2, "only one description"),
        (&["fw1=missing"], 3, "cannot read missing"),
        (&["fw1=empty"], 3, "no file of host fw1"),
    ] {
        let said = refused(&folder, arguments, code);
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}
