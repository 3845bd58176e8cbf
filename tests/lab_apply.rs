//! `carpgen plan` and `apply` on emulated hosts: hosts end as described, a restart changes nothing, and clients notice what
//! was predicted.

#![allow(clippy::unwrap_used, reason = "a test may fail")]
#![allow(clippy::print_stdout, reason = "figures that a test measures")]

mod lab_support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use lab_support::process::Running;
use lab_support::work::{ALLOWANCE, Group, KEY, LIMIT, Work, description};
use lab_support::{Lab, Options, System};

fn prefix(system: System) -> &'static str {
    match system {
        System::FreeBsd9 => "/24",
        System::FreeBsd14 => "/32",
    }
}

#[test]
fn release_9_a_bare_pair_gets_everything_and_keeps_it() {
    a_bare_pair_gets_everything_and_keeps_it(System::FreeBsd9);
}

#[test]
fn release_14_a_bare_pair_gets_everything_and_keeps_it() {
    a_bare_pair_gets_everything_and_keeps_it(System::FreeBsd14);
}

fn a_bare_pair_gets_everything_and_keeps_it(system: System) {
    let Some(lab) = Lab::up(&Options::new(system, &["a", "b"])) else {
        return;
    };
    let vips = ["192.0.2.101", "192.0.2.102"].map(|vip| format!("{vip}{}", prefix(system)));
    let groups: [Group<'_>; 2] = [(1, &[&vips[0]], &["a", "b"]), (2, &[&vips[1]], &["b", "a"])];
    let work = Work::new(&lab, &description(&lab, KEY, &groups));
    lab.console("a", &["rm", "-f", "/etc/sysctl.conf", "/boot/loader.conf"]);
    work.apply();
    lab.wait_masters(&[("1", &["a"]), ("2", &["b"])], Duration::from_secs(10));
    // What is new is as open as FreeBSD makes it; rc.conf keeps the mode that it had.
    for file in ["etc/sysctl.conf", "boot/loader.conf"] {
        let mode = fs::metadata(lab.root("a").join(file))
            .unwrap()
            .permissions();
        assert_eq!(mode.mode() & 0o777, 0o644, "{file}");
    }
    work.survives_a_restart();
    assert!(
        work.carpgen(&["plan"])
            .stdout
            .starts_with("No changes: 2 hosts, 2 vhids, 2 VIPs as described")
    );
    lab.wait_masters(&[("1", &["a"]), ("2", &["b"])], Duration::from_secs(10));
}

#[test]
fn release_9_a_live_pair_changes_as_predicted() {
    a_live_pair_changes_as_predicted(System::FreeBsd9);
}

#[test]
fn release_14_a_live_pair_changes_as_predicted() {
    a_live_pair_changes_as_predicted(System::FreeBsd14);
}

fn a_live_pair_changes_as_predicted(system: System) {
    let Some(lab) = Lab::up(&Options::new(system, &["a", "b"])) else {
        return;
    };
    let vip = |number: u8| format!("192.0.2.{number}{}", prefix(system));
    let (one, two, three) = (vip(101), vip(102), vip(103));
    let first = description(&lab, KEY, &[(1, &[&one], &["a", "b"])]);
    let swapped = description(&lab, KEY, &[(1, &[&one], &["b", "a"])]);
    let other_key = description(&lab, "anotherkey12", &[(1, &[&one], &["b", "a"])]);
    let joined = description(&lab, "anotherkey12", &[(1, &[&one, &two], &["b", "a"])]);
    let of_its_own: [Group<'_>; 2] = [(1, &[&one, &two], &["b", "a"]), (3, &[&three], &["a", "b"])];
    let of_its_own = description(&lab, "anotherkey12", &of_its_own);
    let work = Work::new(&lab, &first);
    work.apply();
    lab.wait();
    for (what, before, after) in [
        ("the roles are swapped", &first, &swapped),
        ("the key changes", &swapped, &other_key),
        ("an address joins the live vhid", &other_key, &joined),
        ("a vhid of its own joins", &joined, &of_its_own),
        ("an address leaves, and a vhid", &of_its_own, &other_key),
    ] {
        println!("{system:?}: {what}");
        work.change(before, after);
    }
    let plan = work.ends(0, &["plan"]);
    assert!(plan.stdout.contains("No changes"), "{}", plan.stdout);
    lab.wait_masters(&[("1", &["b"])], Duration::from_secs(10));
    work.survives_a_restart();
}

/// A pair whose files somebody wrote by hand, with more in them than carpgen would write.
fn hand_written(system: System) -> Option<Lab> {
    let mut options = Options::new(system, &["a", "b"]);
    options.carp = true;
    let lab = Lab::up(&options)?;
    for (host, own, first, second) in [("a", 77, 0, 100), ("b", 78, 100, 0)] {
        let lines = match system {
            System::FreeBsd9 => format!(
                "cloned_interfaces=\"carp3 carp7\"   # by hand\nifconfig_carp3=\"vhid 11 advskew {first} pass {KEY} 192.0.2.101/24\"\nifconfig_carp7=\"vhid 12 advskew {second} pass {KEY} 192.0.2.102/24\"\nifconfig_carp7_alias0=\"inet 192.0.2.103/24\"\n"
            ),
            System::FreeBsd14 => format!(
                "KEY='{KEY}'\nifconfig_em0_alias0=\"inet 192.0.2.{own}/32\"\nifconfig_em0_alias1=\"vhid 11 advskew {first} pass ${{KEY}} alias 192.0.2.101/32\"\nifconfig_em0_aliases=\"inet 192.0.2.102/32 vhid 12 advskew {second} pass ${{KEY}} inet 192.0.2.103/32 vhid 12\"\n"
            ),
        };
        lab.append_file(host, "/etc/rc.conf", &lines);
        lab.append_file(host, "/etc/sysctl.conf", "net.inet.carp.preempt=1\n");
    }
    lab.save();
    lab.reset();
    lab.wait();
    Some(lab)
}

#[test]
fn release_9_a_pair_that_was_written_by_hand_is_adopted_as_it_is() {
    a_pair_that_was_written_by_hand_is_adopted_as_it_is(System::FreeBsd9);
}

#[test]
fn release_14_a_pair_that_was_written_by_hand_is_adopted_as_it_is() {
    a_pair_that_was_written_by_hand_is_adopted_as_it_is(System::FreeBsd14);
}

fn a_pair_that_was_written_by_hand_is_adopted_as_it_is(system: System) {
    let Some(lab) = hand_written(system) else {
        return;
    };
    let work = Work::new(&lab, "");
    fs::remove_file(work.folder.path().join("cluster.toml")).unwrap();
    let import = work.carpgen(&["import", "a=ssh:a", "b=ssh:b", "--out", "cluster.toml"]);
    assert_eq!(import.code, Some(0), "{}", import.stderr);
    let plan = work.ends(0, &["plan"]);
    assert!(
        plan.stdout
            .starts_with("No changes: 2 hosts, 2 vhids, 3 VIPs as described"),
        "{}",
        plan.stdout
    );
    // One number changes: one word in one file of each host, and one live command.
    let path = work.folder.path().join("cluster.toml");
    let text = fs::read_to_string(&path).unwrap();
    let changed = text.replacen(
        "[cluster]\n",
        "[cluster]\nskew = { first = 10, step = 100 }\n",
        1,
    );
    let changed: String = changed
        .lines()
        .filter(|line| !line.starts_with("advskew"))
        .map(|line| format!("{line}\n"))
        .collect();
    let before: Vec<String> = lab
        .hosts()
        .iter()
        .map(|host| lab.read_file(host, "/etc/rc.conf"))
        .collect();
    if changed.contains("priority") {
        fs::write(&path, &changed).unwrap();
        work.apply();
        for (host, before) in lab.hosts().iter().zip(&before) {
            let after = lab.read_file(host, "/etc/rc.conf");
            assert_eq!(before.lines().count(), after.lines().count(), "{after}");
            assert!(!after.contains("carpgen"), "{after}");
        }
        work.survives_a_restart();
    } else {
        panic!("the import has no order to change: {text}");
    }
}

#[test]
fn a_change_on_trial_is_kept_or_taken_back() {
    let Some(lab) = Lab::up(&Options::new(System::FreeBsd14, &["a", "b"])) else {
        return;
    };
    let groups =
        |order: [&'static str; 2]| description(&lab, KEY, &[(1, &["192.0.2.101/32"], &order)]);
    let work = Work::new(&lab, &groups(["a", "b"]));
    work.apply();
    let files = || lab.read_file("a", "/etc/rc.conf");
    let before = files();
    let hold = |text: &str| {
        work.describe(text);
        let mut command = lab.carpgen(work.folder.path(), &["apply", "--yes", "--hold", "60s"]);
        command.env("LC_ALL", "C.UTF-8");
        let mut running = Running::start(command, "");
        // Nothing to confirm until all is changed.
        let refused = loop {
            let ran = work.carpgen(&["confirm"]);
            if ran.code == Some(0) || running.ended() || running.age() > LIMIT {
                break ran;
            }
            std::thread::sleep(Duration::from_millis(200));
        };
        (running, refused)
    };
    let (running, confirmed) = hold(&groups(["b", "a"]));
    assert_eq!(confirmed.code, Some(0), "{}", confirmed.stderr);
    let ran = running.finish(LIMIT);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_ne!(before, files());
    lab.wait_masters(&[("1", &["b"])], Duration::from_secs(10));
    // The same again, taken back while it is held.
    let changed = files();
    work.describe(&groups(["a", "b"]));
    let command = lab.carpgen(work.folder.path(), &["apply", "--yes", "--hold", "60s"]);
    let mut running = Running::start(command, "");
    let pending = lab.root("a").join("var/db/carpgen/pending");
    let is_held =
        || fs::read_to_string(&pending).is_ok_and(|text| text.lines().any(|line| line == "held"));
    while !is_held() {
        assert!(!running.ended() && running.age() < LIMIT);
        std::thread::sleep(Duration::from_millis(100));
    }
    // A second change is refused meanwhile.
    let second = work.carpgen(&["apply", "--yes"]);
    assert_eq!(second.code, Some(3), "{}", second.stderr);
    assert!(second.stderr.contains("is pending"), "{}", second.stderr);
    work.ends(0, &["rollback"]);
    let ran = running.finish(LIMIT);
    assert_eq!(ran.code, Some(4), "{}", ran.stderr);
    assert_eq!(changed, files());
    lab.wait_masters(&[("1", &["b"])], Duration::from_secs(10));
}

#[test]
fn release_9_a_third_host_joins_demoted_and_leaves() {
    a_third_host_joins_demoted_and_leaves(System::FreeBsd9);
}

#[test]
fn release_14_a_third_host_joins_demoted_and_leaves() {
    a_third_host_joins_demoted_and_leaves(System::FreeBsd14);
}

fn a_third_host_joins_demoted_and_leaves(system: System) {
    let Some(lab) = Lab::up(&Options::new(system, &["a", "b", "c"])) else {
        return;
    };
    let vip = format!("192.0.2.101{}", prefix(system));
    let of = |order: &[&str], away: bool| {
        let text = description(&lab, KEY, &[(1, &[&vip], order)]);
        if away {
            text.replace("name = \"c\"\n", "name = \"c\"\naway = \"not yet\"\n")
        } else {
            text
        }
    };
    // The host that joins is the preferred master: it must not grab the address untested.
    let work = Work::new(&lab, &of(&["c", "a", "b"], true));
    work.apply();
    lab.wait_masters(&[("1", &["a"])], Duration::from_secs(15));
    work.describe(&of(&["c", "a", "b"], false));
    let monitor = lab.monitor();
    let ran = work.ends(0, &["apply", "--yes"]);
    assert!(ran.stdout.contains("it joins demoted"), "{}", ran.stdout);
    let outage = &monitor.finish()["lan:1"];
    assert!(
        outage.no_master < ALLOWANCE && outage.several_masters < ALLOWANCE,
        "{outage:?}"
    );
    lab.wait_masters(&[("1", &["a"])], Duration::from_secs(5));
    work.ends(0, &["undrain", "c"]);
    lab.wait_masters(&[("1", &["c"])], Duration::from_secs(15));
    assert_eq!(work.ends(0, &["plan"]).code, Some(0));
    work.describe(&of(&["a", "b"], false));
    work.apply_with(&["--prune"]);
    lab.wait_masters(&[("1", &["a"])], Duration::from_secs(15));
}

/// Ten hosts that run as described, of which one changes its skew.
#[test]
fn one_of_ten_hosts_changes_in_three_logins() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let mut options = Options::new(System::FreeBsd14, &names);
    options.carp = true;
    let Some(lab) = Lab::up(&options) else { return };
    let text = description(&lab, KEY, &[(1, &["192.0.2.101/32"], &names)]);
    let (head, _) = text.split_once("priority").unwrap();
    let skewed = |last: u8| {
        let skews = names.iter().zip((0..).step_by(20));
        let mut skews: Vec<String> = skews
            .map(|(name, skew)| format!("{name} = {skew}"))
            .collect();
        skews[9] = format!("j = {last}");
        format!("{head}advskew = {{ {} }}\n", skews.join(", "))
    };
    let work = Work::new(&lab, &skewed(180));
    work.ends(0, &["render", "--out", "rendered"]);
    for host in lab.hosts() {
        for file in ["/etc/rc.conf", "/etc/sysctl.conf"] {
            let rendered = work.folder.path().join(format!("rendered/{host}{file}"));
            lab.append_file(host, file, &fs::read_to_string(rendered).unwrap());
        }
    }
    lab.reboot(lab.hosts());
    lab.wait_masters(&[("1", &["a"])], Duration::from_secs(30));
    let logins = || -> Vec<usize> {
        let hosts = lab.hosts().iter();
        hosts.map(|host| lab.sessions(host).len()).collect()
    };
    let before = logins();
    work.describe(&skewed(190));
    let ran = work.ends(0, &["apply", "--yes"]);
    println!(
        "one of ten hosts: {:.2} s\n{}",
        ran.took.as_secs_f64(),
        ran.stderr
    );
    let cost: Vec<usize> = logins().iter().zip(&before).map(|(a, b)| a - b).collect();
    // Of j: to look, to change, to keep, and one that reads back; of the others: to look, and to see who is master.
    assert!(cost[9] <= 4, "{cost:?}: {:?}", lab.sessions("j"));
    assert!(cost[..9].iter().all(|logins| *logins <= 2), "{cost:?}");
}

#[test]
fn one_changed_host_costs_three_logins_and_no_key_leaves_it() {
    let Some(lab) = Lab::up(&Options::new(System::FreeBsd14, &["a", "b"])) else {
        return;
    };
    let text = description(&lab, KEY, &[(1, &["192.0.2.101/32"], &["a", "b"])]);
    let work = Work::new(&lab, &text);
    work.apply();
    let logins = |host: &str| lab.sessions(host).len();
    let before = (logins("a"), logins("b"));
    work.describe(&text.replace("priority = [\"a\", \"b\"]", "advskew = { a = 0, b = 150 }"));
    work.ends(0, &["apply", "--yes"]);
    // On b: to look, to change, to read back, to keep. On a: to look, and to see who is master.
    assert!(logins("b") - before.1 <= 4, "{:?}", lab.sessions("b"));
    assert!(logins("a") - before.0 <= 2, "{:?}", lab.sessions("a"));
    for host in lab.hosts() {
        for session in lab.sessions(host) {
            assert!(!session.command.contains(KEY));
        }
        let folder = lab.root(host).join("var/db/carpgen");
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            assert!(!text.contains(KEY), "{}", path.display());
        }
        for logged in lab.commands_log(host) {
            let holds = logged.argv.iter().any(|word| word.contains(KEY));
            assert!(
                !holds || logged.argv[0] == "ifconfig",
                "{:?}",
                logged.argv[0]
            );
        }
    }
}
