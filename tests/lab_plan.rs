//! Plans that are kept, and the options of `carpgen plan` and `apply`, on a pair that runs as described.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod lab_support;

use std::fs;

use lab_support::pair::{HOME, elected, pair, says};
use lab_support::standing::Snapshot;
use lab_support::{Lab, System};

/// Changes the description.
fn edit(lab: &Lab, before: &str, after: &str) {
    let file = lab.folder().join("cluster.toml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(before), "{text}");
    fs::write(file, text.replace(before, after)).unwrap();
}

const FIRST: &str = "vips = [\"192.0.2.1/32\"]\npriority = [\"a\", \"b\"]";

#[test]
fn a_plan_that_was_kept_is_applied_as_it_is_or_not_at_all() {
    let Some(lab) = pair(System::FreeBsd14) else {
        return;
    };
    edit(
        &lab,
        FIRST,
        "vips = [\"192.0.2.1/32\"]\nadvskew = { a = 10, b = 150 }",
    );
    fs::write(lab.folder().join("plan.json"), "mine").unwrap();
    let refused = says(&lab, &["plan", "--out", "plan.json"], 3);
    assert!(refused.contains("--force"), "{refused}");
    says(&lab, &["plan", "--out", "plan.json", "--force"], 1);
    let text = fs::read_to_string(lab.folder().join("plan.json")).unwrap();
    assert!(!text.contains("poison"), "{text}");
    let apply = ["apply", "plan.json", "--yes"];
    says(&lab, &apply, 0);
    assert!(
        lab.kernel("b", &["ifconfig", "em0"])
            .contains("advskew 150")
    );
    let moved = says(&lab, &apply, 3);
    assert!(moved.contains("the hosts have moved"), "{moved}");
    edit(&lab, "b = 150", "b = 160");
    let changed = says(&lab, &apply, 3);
    assert!(
        changed.contains("cluster.toml has changed since the plan was made"),
        "{changed}"
    );
    assert!(
        lab.kernel("b", &["ifconfig", "em0"])
            .contains("advskew 150")
    );
    // A skew can change on one host alone; the other is not even looked at, and serves.
    let logins = lab.sessions("a").len();
    let alone = says(&lab, &["apply", "--yes", "--without", "a"], 0);
    assert!(
        alone.contains("1 host to change")
            && alone.contains("a was not looked at; it must be serving vhid 1 on lan"),
        "{alone}"
    );
    assert_eq!(lab.sessions("a").len(), logins);
    assert!(says(&lab, &["plan"], 0).starts_with("No changes: 2 hosts, 2 vhids, 2 VIPs"));
}

#[test]
fn boot_files_change_alone_and_lines_are_adopted_without_a_word_to_the_kernel() {
    let Some(lab) = pair(System::FreeBsd14) else {
        return;
    };
    let live = |host: &str| Snapshot::take(&lab, host).unwrap().live().to_vec();
    let before = (live("a"), live("b"));
    let rc = lab.read_file("a", "/etc/rc.conf");
    assert!(says(&lab, &["plan"], 0).starts_with("No changes"));
    let adopted = says(&lab, &["apply", "--yes", "--adopt"], 0);
    assert!(adopted.contains("+# carpgen: begin"), "{adopted}");
    assert_eq!((live("a"), live("b")), before);
    let now = lab.read_file("a", "/etc/rc.conf");
    assert_eq!(
        now.matches("vhid 1 ").count(),
        rc.matches("vhid 1 ").count()
    );
    assert!(now.contains("# carpgen: end"), "{now}");
    assert!(says(&lab, &["plan", "--adopt"], 0).starts_with("No changes"));
    edit(
        &lab,
        FIRST,
        "vips = [\"192.0.2.1/32\"]\nadvskew = { a = 10, b = 150 }",
    );
    says(&lab, &["apply", "--yes", "--boot-only"], 0);
    assert_eq!((live("a"), live("b")), before);
    assert!(says(&lab, &["plan", "--boot-only"], 0).starts_with("No changes"));
    let status = says(&lab, &["status"], 1);
    assert!(
        status.contains("live: vhid 1 on em0 has advskew 100, not 150")
            && !status.contains("boot: "),
        "{status}"
    );
    lab.reboot(lab.hosts());
    elected(&lab, &HOME);
    assert!(says(&lab, &["plan"], 0).starts_with("No changes"));
}

#[test]
fn release_9_a_vhid_that_loses_its_key_is_made_anew() {
    a_vhid_that_loses_its_key_is_made_anew(System::FreeBsd9);
}

#[test]
fn release_14_a_vhid_that_loses_its_key_is_made_anew() {
    a_vhid_that_loses_its_key_is_made_anew(System::FreeBsd14);
}

fn a_vhid_that_loses_its_key_is_made_anew(system: System) {
    let Some(lab) = pair(system) else { return };
    edit(&lab, "pass = \"poison\"\n", "");
    let applied = says(&lab, &["apply", "--yes"], 0);
    assert!(applied.contains("committed: every host"), "{applied}");
    elected(&lab, &HOME);
    assert!(says(&lab, &["plan"], 0).starts_with("No changes"));
    lab.reboot(lab.hosts());
    elected(&lab, &HOME);
    assert!(says(&lab, &["status"], 0).contains("as described"));
}
