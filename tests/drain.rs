//! Taking emulated hosts out of service and bringing them back, undisturbed and disturbed.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod lab_support;

use std::thread::sleep;
use std::time::{Duration, Instant};

use lab_support::pair::{ALL_ON_B, HOME, carpgen, elected, pair, says};
use lab_support::{Lab, System, named};
use serde_json::{Value, json};

/// Does something while the masters are watched, and returns for how long any vhid had none. Watches for so many seconds,
/// and at least for one more when it has been done.
fn longest_gap(lab: &Lab, seconds: u64, act: impl FnOnce()) -> f64 {
    let monitor = lab.monitor_at(100);
    let begun = Instant::now();
    act();
    let left = Duration::from_secs(seconds).saturating_sub(begun.elapsed());
    sleep(left.max(Duration::from_secs(1)));
    let vhids = monitor.finish();
    assert_eq!(vhids.len(), 2, "{vhids:?}");
    let gaps = vhids.values().map(|vhid| vhid.longest_no_master);
    gaps.fold(0.0, f64::max)
}

fn demotion(lab: &Lab, host: &str) -> String {
    let text = lab.console(host, &["sysctl", "-n", "net.inet.carp.demotion"]);
    text.trim().to_owned()
}

/// Drain, drain again, undrain: no loss, and nothing stays behind.
fn round_trip(lab: &Lab) {
    let before = lab.sh("a", "ifconfig; cat /boot/loader.conf");
    let gap = longest_gap(lab, 8, || {
        let text = says(lab, &["drain", "a"], 0);
        assert!(text.contains("vhid 1 (lan): served by b"), "{text}");
        says(lab, &["drain", "a"], 0);
        assert_eq!(lab.masters(), named(&ALL_ON_B));
    });
    assert!(gap <= 0.05, "{gap} s without a master");
    let refused = says(lab, &["drain", "b"], 1);
    assert!(refused.contains("a is drained; nobody"), "{refused}");
    assert_eq!(
        lab.sh("a", "stat -f %Lp /var/db/carpgen /var/db/carpgen/drain"),
        "700\n600\n"
    );
    says(lab, &["status"], 0);
    let gap = longest_gap(lab, 8, || {
        let text = says(lab, &["undrain", "a"], 0);
        assert!(text.contains("vhid 1 (lan): served by a"), "{text}");
    });
    assert!(gap <= 0.05, "{gap} s without a master");
    assert_eq!(lab.masters(), named(&HOME));
    assert!(says(lab, &["undrain", "a"], 0).contains("was not drained"));
    let after = lab.sh("a", "ifconfig; cat /boot/loader.conf");
    assert_eq!(
        before.replace("MASTER", "").len(),
        after.replace("MASTER", "").len()
    );
    assert!(!lab.file("a", "/var/db/carpgen/drain").exists());
    assert!(!lab.file("a", "/var/run/carpgen.drain").exists());
}

#[test]
fn release_14_goes_and_comes_back_without_a_loss() {
    let Some(lab) = pair(System::FreeBsd14) else {
        return;
    };
    round_trip(&lab);
    assert_eq!(demotion(&lab, "a"), "0");
    // Without preempt on the successor it is told.
    lab.sh("b", "sysctl net.inet.carp.preempt=0");
    let gap = longest_gap(&lab, 6, || {
        says(&lab, &["drain", "a"], 0);
    });
    assert!(gap <= 0.05, "{gap} s without a master");
    assert_eq!(lab.masters(), named(&ALL_ON_B));
    says(&lab, &["undrain", "a"], 0);
    // A peer that does not answer cannot take over, unless it must.
    lab.crash_silently("b");
    let refused = says(&lab, &["drain", "a", "--timeout", "8s"], 1);
    assert!(
        refused.contains("b does not answer; nothing was changed"),
        "{refused}"
    );
    assert_eq!(demotion(&lab, "a"), "0");
    says(&lab, &["drain", "a", "--force", "--timeout", "8s"], 0);
    assert_eq!(demotion(&lab, "a"), "240");
}

#[test]
fn release_9_goes_and_comes_back_without_a_loss() {
    let Some(lab) = pair(System::FreeBsd9) else {
        return;
    };
    // What somebody else took down stays down.
    lab.sh("a", "ifconfig carp1 down");
    says(&lab, &["drain", "a"], 0);
    says(&lab, &["undrain", "a"], 0);
    assert!(!lab.sh("a", "ifconfig carp1").contains("<UP"));
    lab.sh("a", "ifconfig carp1 up");
    sleep(Duration::from_secs(1));
    round_trip(&lab);
    let refused = says(&lab, &["drain", "a", "--across-reboots"], 3);
    assert!(refused.contains("only from 12 on"), "{refused}");
}

#[test]
fn a_host_stays_out_over_reboots_until_it_is_brought_back() {
    let Some(lab) = pair(System::FreeBsd14) else {
        return;
    };
    lab.append_file("a", "/boot/loader.conf", "# mine\nautoboot_delay=\"3\"\n");
    let loader = lab.read_file("a", "/boot/loader.conf");
    let text = says(&lab, &["drain", "a", "--across-reboots"], 0);
    assert!(text.contains("is no backup after one"), "{text}");
    says(&lab, &["drain", "a", "--across-reboots"], 0);
    let kept = lab.read_file("a", "/boot/loader.conf");
    assert_eq!(
        kept.matches("net.inet.carp.allow=\"0\"").count(),
        1,
        "{kept}"
    );
    lab.reboot(&["a"]);
    lab.wait();
    assert!(lab.sh("a", "ifconfig em0").contains("INIT"));
    assert_eq!(lab.masters(), named(&ALL_ON_B));
    let gap = longest_gap(&lab, 12, || {
        says(&lab, &["undrain", "a"], 0);
    });
    assert!(gap <= 0.05, "{gap} s without a master");
    assert_eq!(
        (lab.masters(), demotion(&lab, "a").as_str()),
        (named(&HOME), "0")
    );
    assert_eq!(lab.read_file("a", "/boot/loader.conf"), loader);
    says(&lab, &["status"], 0);
    // Without that, a reboot brings the host back, and the record that stays does no harm.
    says(&lab, &["drain", "a"], 0);
    lab.reboot(&["a"]);
    lab.wait();
    elected(&lab, &HOME);
    says(&lab, &["undrain", "a"], 0);
    assert_eq!(demotion(&lab, "a"), "0");
}

/// Disturbs a drain at every command of its script; then a second one, and an undrain, end as if nothing had been.
#[test]
fn an_interrupted_drain_takes_back_what_it_did_and_no_more() {
    let Some(lab) = pair(System::FreeBsd14) else {
        return;
    };
    let fails = json!({"action": "fail", "rc": 1});
    let at = |place: Value, action: &Value| {
        let mut rule = place;
        let rule_fields = rule.as_object_mut().unwrap();
        rule_fields.extend(action.as_object().unwrap().clone());
        json!({ "rules": [rule] })
    };
    let demoting = json!({"match": "sysctl", "args": "demotion="});
    let faults = [
        at(demoting.clone(), &fails),
        at(
            demoting.clone(),
            &json!({"action": "fail", "rc": 1, "when": "after"}),
        ),
        at(demoting, &json!({"action": "drop_ssh", "and_fail": true})),
        at(json!({"match": "mkdir"}), &fails),
        at(json!({"match": "mv", "nth": 2, "times": 1}), &fails),
        json!({"disk_full": true}),
    ];
    for (number, fault) in faults.iter().enumerate() {
        for command in ["drain", "undrain"] {
            if command == "undrain" {
                says(&lab, &["drain", "a"], 0);
            }
            lab.fault("a", fault);
            let ran = carpgen(&lab, &[command, "a"]);
            lab.clear_faults();
            let text = ran.stderr;
            let code = ran.code.unwrap();
            assert!(
                [0, 4, 5].contains(&code),
                "{number} {command}: {code} {text}"
            );
            if code == 4 && command == "drain" {
                assert!(
                    !lab.file("a", "/var/db/carpgen/drain").exists(),
                    "{number}: {text}"
                );
                assert_eq!(demotion(&lab, "a"), "0", "{number}: {text}");
            }
            if command == "drain" && number % 2 == 0 {
                says(&lab, &["drain", "a"], 0);
                assert_eq!(demotion(&lab, "a"), "240", "{number} {command}: {text}");
            }
            says(&lab, &["undrain", "a"], 0);
            assert_eq!(demotion(&lab, "a"), "0", "{number} {command}: {text}");
        }
    }
}
