//! Taking emulated hosts out of service and bringing them back, undisturbed and disturbed.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod emulated;

use std::fs;
use std::process::{Command, Output};
use std::thread::{sleep, spawn};
use std::time::Duration;

use emulated::Lab;

fn description(release: &str, mask: u8) -> String {
    format!(
        r#"
[cluster]
name = "web"
release = "{release}"
pass = "poison"
[[node]]
name = "a"
[node.interfaces]
lan = {{ name = "em0", addresses = ["192.0.2.2/24"] }}
[[node]]
name = "b"
[node.interfaces]
lan = {{ name = "em0", addresses = ["192.0.2.3/24"] }}
[[vhid]]
id = 1
segment = "lan"
vips = ["192.0.2.1/{mask}"]
priority = ["a", "b"]
[[vhid]]
id = 2
segment = "lan"
vips = ["192.0.2.100/{mask}"]
priority = ["b", "a"]
"#
    )
}

/// What both hosts serve where all is well, and what a drained `a` leaves to `b`.
const HOME: &str = r#"{"1": ["a"], "2": ["b"]}"#;
const ALL_ON_B: &str = r#"{"1": ["b"], "2": ["b"]}"#;

fn run(lab: &Lab, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carpgen"));
    command.current_dir(lab.folder()).args(arguments);
    if arguments[0] != "render" {
        command.args(["--ssh-config", "ssh_config"]);
        // Emulated hosts are slow on a busy machine.
        if !arguments.contains(&"--timeout") {
            command.args(["--timeout", "30s"]);
        }
    }
    command.output().unwrap()
}

/// Runs carpgen and returns both outputs.
fn carpgen(lab: &Lab, arguments: &[&str], code: i32) -> String {
    let ran = run(lab, arguments);
    let text =
        String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(code), "{arguments:?}: {text}");
    assert!(!text.contains("poison"), "{text}");
    text
}

/// A pair whose files and live configuration are as described. Each host has lines of its own besides.
fn pair(family: &str, release: &str) -> Option<Lab> {
    let lab = Lab::up(family, "a,b")?;
    let mask = if release == "9" { 24 } else { 32 };
    fs::write(
        lab.folder().join("cluster.toml"),
        description(release, mask),
    )
    .unwrap();
    for host in ["a", "b"] {
        for (part, file) in [
            ("rc.conf", "etc/rc.conf"),
            ("sysctl.conf", "etc/sysctl.conf"),
            ("live", "root/live.sh"),
        ] {
            let rendered = run(&lab, &["render", "--host", host, "--only", part]);
            lab.append(host, file, &String::from_utf8(rendered.stdout).unwrap());
        }
        lab.console(host, "sh /root/live.sh");
    }
    lab.wait_for_masters(HOME);
    Some(lab)
}

/// Does something while the masters are watched, and returns for how long any vhid had none.
fn longest_gap(lab: &Lab, seconds: u32, act: impl FnOnce()) -> f64 {
    let out = lab.folder().join("monitor.json");
    let (tool, folder, file) = (lab.tool().to_owned(), lab.folder().to_owned(), out.clone());
    let watch = spawn(move || {
        let mut command = Command::new(tool);
        command.arg("--dir").arg(folder).args([
            "monitor",
            &seconds.to_string(),
            "--hz",
            "100",
            "--out",
        ]);
        assert!(command.arg(file).output().unwrap().status.success());
    });
    sleep(Duration::from_millis(500));
    act();
    watch.join().unwrap();
    let summary = lab.lab(&["summary", out.to_str().unwrap()]);
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let vhids = summary.as_object().unwrap();
    assert_eq!(vhids.len(), 2, "{summary}");
    let gaps = vhids
        .values()
        .map(|vhid| vhid["longest_no_master"].as_f64().unwrap());
    gaps.fold(0.0, f64::max)
}

fn demotion(lab: &Lab, host: &str) -> String {
    let text = lab.console(host, "sysctl -n net.inet.carp.demotion");
    text.trim().to_owned()
}

/// Drain, drain again, undrain: no loss, and nothing stays behind.
fn round_trip(lab: &Lab) {
    let before = lab.console("a", "ifconfig; cat /boot/loader.conf");
    let gap = longest_gap(lab, 8, || {
        let text = carpgen(lab, &["drain", "a"], 0);
        assert!(text.contains("vhid 1 (lan): served by b"), "{text}");
        carpgen(lab, &["drain", "a"], 0);
        assert_eq!(lab.masters(), ALL_ON_B);
    });
    assert!(gap <= 0.05, "{gap} s without a master");
    let refused = carpgen(lab, &["drain", "b"], 1);
    assert!(refused.contains("a is drained; nobody"), "{refused}");
    assert_eq!(
        lab.console("a", "stat -f %Lp /var/db/carpgen /var/db/carpgen/drain"),
        "700\n600\n"
    );
    carpgen(lab, &["status"], 0);
    let gap = longest_gap(lab, 8, || {
        let text = carpgen(lab, &["undrain", "a"], 0);
        assert!(text.contains("vhid 1 (lan): served by a"), "{text}");
    });
    assert!(gap <= 0.05, "{gap} s without a master");
    assert_eq!(lab.masters(), HOME);
    assert!(carpgen(lab, &["undrain", "a"], 0).contains("was not drained"));
    let after = lab.console("a", "ifconfig; cat /boot/loader.conf");
    assert_eq!(
        before.replace("MASTER", "").len(),
        after.replace("MASTER", "").len()
    );
    assert!(!lab.file("a", "var/db/carpgen/drain").exists());
    assert!(!lab.file("a", "var/run/carpgen.drain").exists());
}

#[test]
fn release_14_goes_and_comes_back_without_a_loss() {
    let Some(lab) = pair("freebsd-14", "14") else {
        return;
    };
    round_trip(&lab);
    assert_eq!(demotion(&lab, "a"), "0");
    // Without preempt on the successor it is told.
    lab.console("b", "sysctl net.inet.carp.preempt=0");
    let gap = longest_gap(&lab, 6, || {
        carpgen(&lab, &["drain", "a"], 0);
    });
    assert!(gap <= 0.05, "{gap} s without a master");
    assert_eq!(lab.masters(), ALL_ON_B);
    carpgen(&lab, &["undrain", "a"], 0);
    // A peer that does not answer cannot take over, unless it must.
    lab.lab(&["crash", "b", "--silent"]);
    let refused = carpgen(&lab, &["drain", "a", "--timeout", "8s"], 1);
    assert!(
        refused.contains("b does not answer; nothing was changed"),
        "{refused}"
    );
    assert_eq!(demotion(&lab, "a"), "0");
    carpgen(&lab, &["drain", "a", "--force", "--timeout", "8s"], 0);
    assert_eq!(demotion(&lab, "a"), "240");
}

#[test]
fn release_9_goes_and_comes_back_without_a_loss() {
    let Some(lab) = pair("freebsd-9", "9") else {
        return;
    };
    // What somebody else took down stays down.
    lab.console("a", "ifconfig carp1 down");
    carpgen(&lab, &["drain", "a"], 0);
    carpgen(&lab, &["undrain", "a"], 0);
    assert!(!lab.console("a", "ifconfig carp1").contains("<UP"));
    lab.console("a", "ifconfig carp1 up");
    sleep(Duration::from_secs(1));
    round_trip(&lab);
    let refused = carpgen(&lab, &["drain", "a", "--across-reboots"], 3);
    assert!(refused.contains("only from 12 on"), "{refused}");
}

#[test]
fn a_host_stays_out_over_reboots_until_it_is_brought_back() {
    let Some(lab) = pair("freebsd-14", "14") else {
        return;
    };
    lab.append("a", "boot/loader.conf", "# mine\nautoboot_delay=\"3\"\n");
    let loader = fs::read_to_string(lab.file("a", "boot/loader.conf")).unwrap();
    let text = carpgen(&lab, &["drain", "a", "--across-reboots"], 0);
    assert!(text.contains("is no backup after one"), "{text}");
    carpgen(&lab, &["drain", "a", "--across-reboots"], 0);
    let kept = fs::read_to_string(lab.file("a", "boot/loader.conf")).unwrap();
    assert_eq!(
        kept.matches("net.inet.carp.allow=\"0\"").count(),
        1,
        "{kept}"
    );
    lab.lab(&["reboot", "a"]);
    lab.lab(&["wait"]);
    assert!(lab.console("a", "ifconfig em0").contains("INIT"));
    assert_eq!(lab.masters(), ALL_ON_B);
    let gap = longest_gap(&lab, 12, || {
        carpgen(&lab, &["undrain", "a"], 0);
    });
    assert!(gap <= 0.05, "{gap} s without a master");
    assert_eq!(
        (lab.masters().as_str(), demotion(&lab, "a").as_str()),
        (HOME, "0")
    );
    assert_eq!(
        fs::read_to_string(lab.file("a", "boot/loader.conf")).unwrap(),
        loader
    );
    carpgen(&lab, &["status"], 0);
    // Without that, a reboot brings the host back, and the record that stays does no harm.
    carpgen(&lab, &["drain", "a"], 0);
    lab.lab(&["reboot", "a"]);
    lab.lab(&["wait"]);
    lab.wait_for_masters(HOME);
    carpgen(&lab, &["undrain", "a"], 0);
    assert_eq!(demotion(&lab, "a"), "0");
}

/// Disturbs a drain at every command of its script; then a second one, and an undrain, end as if nothing had been.
#[test]
fn an_interrupted_drain_takes_back_what_it_did_and_no_more() {
    let Some(lab) = pair("freebsd-14", "14") else {
        return;
    };
    let demoting = r#""match":"sysctl","args":"demotion=""#;
    let faults = [
        format!(r#"{{"rules":[{{{demoting},"action":"fail","rc":1}}]}}"#),
        format!(r#"{{"rules":[{{{demoting},"action":"fail","rc":1,"when":"after"}}]}}"#),
        format!(r#"{{"rules":[{{{demoting},"action":"drop_ssh","and_fail":true}}]}}"#),
        r#"{"rules":[{"match":"mkdir","action":"fail","rc":1}]}"#.to_owned(),
        r#"{"rules":[{"match":"mv","nth":2,"times":1,"action":"fail","rc":1}]}"#.to_owned(),
        r#"{"disk_full":true}"#.to_owned(),
    ];
    for (number, fault) in faults.iter().enumerate() {
        for command in ["drain", "undrain"] {
            if command == "undrain" {
                carpgen(&lab, &["drain", "a"], 0);
            }
            lab.lab(&["fault", "a", "set", fault]);
            let ran = run(&lab, &[command, "a"]);
            lab.lab(&["fault", "a", "clear"]);
            let text = String::from_utf8_lossy(&ran.stderr).into_owned();
            let code = ran.status.code().unwrap();
            assert!(
                [0, 4, 5].contains(&code),
                "{number} {command}: {code} {text}"
            );
            if code == 4 && command == "drain" {
                assert!(
                    !lab.file("a", "var/db/carpgen/drain").exists(),
                    "{number}: {text}"
                );
                assert_eq!(demotion(&lab, "a"), "0", "{number}: {text}");
            }
            if command == "drain" && number % 2 == 0 {
                carpgen(&lab, &["drain", "a"], 0);
                assert_eq!(demotion(&lab, "a"), "240", "{number} {command}: {text}");
            }
            carpgen(&lab, &["undrain", "a"], 0);
            assert_eq!(demotion(&lab, "a"), "0", "{number} {command}: {text}");
        }
    }
}
