//! The laboratory itself: its own checks, and what tests rely on to use it.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod lab_support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use lab_support::process::run;
use lab_support::{Lab, Options, System, now, possible};
use serde_json::json;

#[test]
fn the_laboratory_is_what_it_says() {
    if !possible() {
        return;
    }
    let mut command = Command::new("/usr/bin/python3");
    command.args([
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/lab"),
        "selftest",
    ]);
    let ran = run(command, Duration::from_secs(300));
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn nothing_is_left_after_a_panic() {
    let mut folder = PathBuf::new();
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let Some(lab) = Lab::up(&Options::new(System::FreeBsd14, &["a"])) else {
            return;
        };
        folder = lab.ssh_config().parent().unwrap().to_owned();
        assert!(lab.reachable("a"));
        panic!("as tests do");
    }));
    if !possible() {
        return;
    }
    assert!(ended.is_err());
    assert!(!folder.exists());
    let folder = folder.to_str().unwrap();
    let mut processes = Command::new("ps");
    processes.args(["-axo", "args"]);
    assert!(
        !run(processes, Duration::from_secs(10))
            .stdout
            .contains(folder)
    );
    assert!(
        !std::fs::read_to_string("/proc/self/mounts")
            .unwrap()
            .contains(folder)
    );
}

#[test]
fn a_program_that_does_not_end_is_ended_with_all_that_it_started() {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "echo started; sleep 4711 & sleep 4711"]);
    let ran = run(command, Duration::from_millis(300));
    assert!(ran.timed_out && ran.code.is_none(), "{ran:?}");
    assert_eq!(ran.stdout, "started\n");
}

#[test]
fn faults_monitor_and_reset_of_a_laboratory() {
    let mut options = Options::new(System::FreeBsd14, &["a", "b"]);
    options.carp = true;
    options.ipv6 = true;
    let Some(lab) = Lab::up(&options) else {
        return;
    };
    let add = |host: &str, skew: &str| {
        let line = [
            "ifconfig",
            "em0",
            "inet",
            "192.0.2.1/32",
            "vhid",
            "1",
            "advskew",
            skew,
            "pass",
            "x",
            "alias",
        ];
        lab.console(host, &line);
    };
    add("a", "0");
    add("b", "100");
    lab.wait();
    assert_eq!(lab.masters()["1"], ["a"]);
    let monitor = lab.monitor();
    lab.partition("b", "lan", true);
    lab.wait_masters(&[("1", &["a", "b"])], Duration::from_secs(8));
    let both_from = now();
    std::thread::sleep(Duration::from_millis(500));
    lab.partition("b", "lan", false);
    lab.wait_masters(&[("1", &["a"])], Duration::from_secs(8));
    let outage = &monitor.finish()["lan:1"];
    assert!(
        outage.several_masters >= 0.4 && outage.several_masters <= now() - both_from + 1.0,
        "{outage:?}"
    );
    assert!(outage.longest_no_master < 0.1, "{outage:?}");

    lab.fault(
        "a",
        &json!({"rules": [{"command": 2, "action": "fail", "rc": 7}]}),
    );
    assert_eq!(lab.ssh("a", "hostname; hostname", "").code, Some(7));
    let counted: Vec<u32> = lab
        .counted("a")
        .iter()
        .map(|command| command.number)
        .collect();
    assert_eq!(counted, [1, 2]);
    lab.write_file("a", "/etc/motd", "changed\n");
    lab.link("a", "em0", false);
    lab.reset();
    assert_eq!(lab.read_file("a", "/etc/motd"), "");
    assert!(lab.counted("a").is_empty() && lab.sessions("a").is_empty());
    assert!(lab.masters().is_empty());
    assert!(
        lab.console("a", &["ifconfig", "em0"])
            .contains("status: active")
    );
    let connect =
        "import socket; print(socket.create_connection(('192.0.2.2', 22), 5).recv(4).decode())";
    let greeted = lab.client(&["/usr/bin/python3", "-c", connect]);
    assert_eq!(greeted.stdout, "SSH-\n", "{greeted:?}");
}
