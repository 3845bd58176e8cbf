//! The fault matrix finds a change that is not safe, and accepts one that is.

#![allow(clippy::unwrap_used, reason = "a test may fail")]
#![allow(clippy::print_stdout, reason = "figures that a test measures")]

mod lab_support;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use lab_support::matrix::{Change, Fault, Matrix, fault_points, run};
use lab_support::records::Counted;
use lab_support::standing::{Snapshot, Standing, normalised, standing};
use lab_support::{Lab, Options, System};

/// A host with the module and one vhid of skew 0.
fn old_state(lab: &Lab) {
    lab.append_file("a", "/etc/rc.conf", &line(0));
}

fn line(skew: u8) -> String {
    format!(
        "ifconfig_em0_alias0=\"inet 192.0.2.101/32 vhid 1 advskew {skew} pass fourteensigns1\"\n"
    )
}

/// A shell script that raises the skew of vhid 1 from 0 to 50, without a thought of what may go wrong.
fn careless(lab: &Lab) -> Command {
    let script = "sed -i.bak 's/advskew 0/advskew 50/' /etc/rc.conf\nrm /etc/rc.conf.bak\nifconfig em0 vhid 1 advskew 50\n";
    over_ssh(lab, script)
}

/// The same change in one step: it is done or not.
fn atomic(lab: &Lab) -> Command {
    over_ssh(lab, "sysctl net.inet.carp.log=2 >/dev/null\n")
}

fn over_ssh(lab: &Lab, script: &str) -> Command {
    let mut command = Command::new("ssh");
    command.arg("-F").arg(lab.ssh_config()).args([
        "-o",
        "ServerAliveInterval=1",
        "-o",
        "ServerAliveCountMax=3",
    ]);
    command.args([
        "a",
        "/bin/sh",
        "-ec",
        &format!("'{}'", script.replace('\'', "'\\''")),
    ]);
    command
}

fn tried(program: &(dyn Fn(&Lab) -> Command + Sync), faults: &[Fault]) -> Option<Matrix> {
    let mut options = Options::new(System::FreeBsd14, &["a"]);
    options.carp = true;
    run(&Change {
        options,
        prepare: &old_state,
        ready: &|_| {},
        program,
        limit: Duration::from_secs(3),
        settle_at_least: Duration::from_millis(100),
        settle_at_most: Duration::from_millis(400),
        faults,
        wanted: &|_| true,
        laboratories: 3,
    })
}

fn keep(name: &str, matrix: &Matrix) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::write(folder.join(format!("{name}.md")), matrix.markdown()).unwrap();
    fs::write(
        folder.join(format!("{name}.json")),
        matrix.json().to_string(),
    )
    .unwrap();
}

#[test]
fn a_careless_script_is_found_out() {
    let Some(matrix) = tried(&careless, &Fault::ALL) else {
        return;
    };
    keep("careless", &matrix);
    let text = matrix.markdown();
    println!("{text}");
    // sed, rm and ifconfig with every fault.
    assert_eq!(matrix.verdicts.len(), 3 * Fault::ALL.len());
    assert!(
        matrix.verdicts.iter().all(|verdict| verdict.struck),
        "{text}"
    );
    let at = |number: u32, fault: Fault| {
        let found = matrix
            .verdicts
            .iter()
            .find(|verdict| verdict.point.command.number == number && verdict.point.fault == fault);
        found.unwrap_or_else(|| panic!("{number} {fault:?}\n{text}"))
    };
    // Nothing has happened yet.
    assert_eq!(at(1, Fault::FailsBefore).running["a"], Standing::Old);
    assert!(at(1, Fault::FailsBefore).holds() && at(1, Fault::Crash).holds());
    // All has happened already.
    assert_eq!(at(3, Fault::FailsAfter).running["a"], Standing::New);
    assert!(at(3, Fault::FailsAfter).holds() && at(3, Fault::ReadOnly).holds());
    // The file is new, the kernel is not.
    let Standing::Between(reasons) = &at(3, Fault::FailsBefore).running["a"] else {
        panic!("{text}");
    };
    assert_eq!(
        reasons,
        &["/etc/rc.conf is new", "the running configuration is old"]
    );
    // A backup stays behind, in the file system and after a reboot.
    let left = &at(2, Fault::FailsBefore).rebooted["a"];
    assert!(
        left.reasons()
            .contains(&"/etc/rc.conf.bak is neither old nor new".to_owned()),
        "{text}"
    );
    // Whole after a crash in the middle, but not what it was while it ran.
    assert!(!at(2, Fault::Crash).holds() && !at(2, Fault::ConnectionDropped).timed_out);
    assert!(at(3, Fault::Hangs).timed_out && !at(3, Fault::Hangs).holds());
    assert!(text.contains("**NO**") && text.contains("| yes |"));
    let json = matrix.json();
    assert_eq!(
        json["verdicts"].as_array().unwrap().len(),
        matrix.verdicts.len()
    );
    assert_eq!(json["verdicts"][0]["fault"], "fails before");
}

#[test]
fn a_change_in_one_step_that_boots_away_does_not_hold() {
    // Wholly new while the host runs, wholly old after a reboot: no file says it.
    let Some(matrix) = tried(&atomic, &[Fault::FailsBefore, Fault::FailsAfter]) else {
        return;
    };
    let text = matrix.markdown();
    let [before, after] = matrix.verdicts.as_slice() else {
        panic!("{text}");
    };
    assert!(before.holds(), "{text}");
    assert_eq!(after.running["a"], Standing::New, "{text}");
    assert_eq!(after.rebooted["a"], Standing::Old, "{text}");
    assert!(!after.holds());
}

#[test]
fn points_are_every_command_with_every_fault() {
    let command = |number, name: &str| Counted {
        number,
        argv: vec![name.to_owned()],
    };
    let commands = [
        (
            "a".to_owned(),
            vec![command(1, "sysrc"), command(2, "ifconfig")],
        ),
        ("b".to_owned(), vec![command(1, "sysrc")]),
    ];
    let points = fault_points(&commands.into(), &[Fault::Hangs, Fault::Crash]);
    let shown: Vec<String> = points
        .iter()
        .map(|point| {
            format!(
                "{}{}{}",
                point.host,
                point.command.number,
                point.fault.name()
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "a1hangs",
            "a1crash and boot",
            "a2hangs",
            "a2crash and boot",
            "b1hangs",
            "b1crash and boot"
        ]
    );
}

#[test]
fn who_is_master_and_the_order_of_addresses_are_no_configuration() {
    let one = "em0: flags=8943<UP,PROMISC> metric 0 mtu 1500\n\tether 08:00:27:00:00:01\n\
        \tinet 192.0.2.2 netmask 0xffffff00\n\tinet 192.0.2.9 netmask 0xffffffff vhid 1\n\
        \tcarp: MASTER vhid 1 advbase 1 advskew 0\n\t      peer 224.0.0.18 peer6 ff02::12\nnet.inet.carp.demotion: 0\n";
    let other = "em0: flags=8943<UP,PROMISC> metric 0 mtu 1500\n\tether 08:00:27:00:00:02\n\
        \tinet 192.0.2.9 netmask 0xffffffff vhid 1\n\tinet 192.0.2.2 netmask 0xffffff00\n\
        \tcarp: BACKUP vhid 1 advbase 1 advskew 0\n\t      peer 224.0.0.18 peer6 ff02::12\nnet.inet.carp.demotion: 0\n";
    assert_eq!(normalised(one), normalised(other));
    for (from, to) in [
        ("advskew 0", "advskew 1"),
        (": 0", ": 240"),
        ("peer 224.0.0.18", "peer 192.0.2.3"),
        ("UP,", ""),
    ] {
        assert_ne!(
            normalised(one),
            normalised(&one.replace(from, to)),
            "{from}"
        );
    }
}

#[test]
fn a_host_stands_where_its_files_and_its_kernel_are() {
    let Some(lab) = Lab::up(&Options::new(System::FreeBsd9, &["a"])) else {
        return;
    };
    let take = || Snapshot::take(&lab, "a").unwrap();
    let old = take();
    lab.append_file("a", "/etc/rc.conf", "x=1\n");
    lab.write_file("a", "/usr/local/etc/rc.conf.d/network", "y=1\n");
    let half = take();
    lab.console("a", &["sysctl", "net.inet.ip.forwarding=1"]);
    lab.console("a", &["kldload", "if_carp"]);
    let new = take();
    assert_eq!(standing(&old, &old, &new), Standing::Old);
    assert_eq!(standing(&new, &old, &new), Standing::New);
    let reasons = [
        "/etc/rc.conf is new",
        "/usr/local/etc/rc.conf.d/network is new",
        "the running configuration is old",
    ];
    assert_eq!(standing(&half, &old, &new).reasons(), reasons);
    lab.crash("a");
    assert_eq!(Snapshot::take(&lab, "a"), None);
    lab.boot("a");
    assert!(lab.reachable("a"));
}
