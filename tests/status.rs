//! `carpgen status` of hosts that really elect.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod lab_support;

use std::time::Duration;

use lab_support::System;
use lab_support::pair::{ALL_ON_B, elected, pair, says};

fn check(system: System) {
    let Some(lab) = pair(system) else { return };
    let status = says(&lab, &["status"], 0);
    assert!(
        status.contains("2 hosts, 2 vhids, 2 VIPs: as described"),
        "{status}"
    );
    says(&lab, &["status", "--ssh", "a,b"], 0);
    // The same hosts, read over SSH where files are read.
    let (a, b) = ("a=ssh:a", "b=ssh:b");
    let found = says(&lab, &["lint", a, b, "--fail-on", "error"], 0);
    assert!(!found.contains("live-differs-from-boot"), "{found}");
    let written = says(&lab, &["import", a, b, "--secrets", "env"], 0);
    assert!(written.contains("priority = [\"b\", \"a\"]"), "{written}");
    let run = says(&lab, &["simulate", a, b, "--at", "20s=crash:a"], 0);
    assert!(run.contains("a crashes"), "{run}");
    lab.link("a", "em0", false);
    elected(&lab, &ALL_ON_B);
    let nagios = says(&lab, &["status", "--format", "nagios"], 1);
    assert!(
        nagios.starts_with("CARP WARNING - not at home lan:1 |"),
        "{nagios}"
    );
    let human = says(&lab, &["status"], 1);
    assert!(
        human.contains("no link on em0, which carries 2 vhids"),
        "{human}"
    );
    lab.crash_silently("a");
    let human = says(&lab, &["status", "--timeout", "8s"], 3);
    assert!(
        human.contains("unreachable") && human.contains("MASTER skew 100"),
        "{human}"
    );
}

#[test]
fn a_pair_of_release_14_is_seen_as_it_is() {
    check(System::FreeBsd14);
}

#[test]
fn a_pair_of_release_9_is_seen_as_it_is() {
    check(System::FreeBsd9);
}

#[test]
fn packets_with_another_key_are_seen_to_come() {
    let Some(lab) = pair(System::FreeBsd14) else {
        return;
    };
    let other = ["ifconfig", "em0", "vhid", "1", "pass", "another"];
    lab.console("b", &other);
    elected(&lab, &[("1", &["a", "b"]), ("2", &["b"])]);
    let now = says(&lab, &["status"], 1);
    assert!(now.contains("more within 3 s\n"), "{now}");
    let nagios = says(&lab, &["status", "--format", "nagios"], 2);
    assert!(nagios.contains("bad authentication on a b"), "{nagios}");
    lab.console("b", &["ifconfig", "em0", "vhid", "1", "pass", "poison"]);
    elected(&lab, &lab_support::pair::HOME);
    // The last packet with the other key may still be on its way.
    std::thread::sleep(Duration::from_secs(1));
    let past = says(&lab, &["status"], 0);
    assert!(past.contains("none in the last 3 s"), "{past}");
    // Whoever only needs the masters does not wait for packets.
    let waits = || {
        lab.tools_log("a")
            .iter()
            .filter(|line| *line == "sleep 3")
            .count()
    };
    let before = waits();
    assert!(before > 0);
    says(&lab, &["drain", "a"], 0);
    says(&lab, &["plan"], 0);
    assert_eq!(waits(), before);
}
