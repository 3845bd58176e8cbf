//! Files and live commands on emulated hosts: they boot, elect and fail over as carpgen says.

#![allow(clippy::unwrap_used, reason = "a test may fail")]
#![allow(clippy::print_stdout, reason = "figures that a test measures")]

mod lab_support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use carpgen::dialect::parse::{
    HostText, ShownInterface, ShownMode, Text, ifconfig_output, read_host, sysctl_output,
};
use carpgen::model::{FileId, HostConfig, HostName, Mode, Release};
use serde_json::Value;
use tempfile::TempDir;

use lab_support::process::run;
use lab_support::standing::Snapshot;
use lab_support::{Lab, Options, System, now};

/// The files of a host that say how it boots.
const FILES: [&str; 3] = ["etc/rc.conf", "etc/sysctl.conf", "boot/loader.conf"];

const KEY: &str = "fourteensigns1";

/// What somebody appends by hand to the rc.conf of a host: three vhids with their skews, two of them his.
fn rc_lines(system: System, skews: [u8; 3]) -> String {
    let groups = skews
        .iter()
        .zip(["192.0.2.101", "192.0.2.102", "192.0.2.103"]);
    let mut text = match system {
        System::FreeBsd9 => "cloned_interfaces=\"carp0 carp1 carp2\"\n".to_owned(),
        System::FreeBsd14 => String::new(),
    };
    for (n, (skew, vip)) in groups.enumerate() {
        let vhid = n + 1;
        text += &match system {
            System::FreeBsd9 => {
                format!("ifconfig_carp{n}=\"vhid {vhid} advskew {skew} pass {KEY}{n} {vip}/24\"\n")
            }
            System::FreeBsd14 => {
                format!(
                    "ifconfig_em0_alias{n}=\"inet {vip}/32 vhid {vhid} advskew {skew} pass {KEY}{n}\"\n"
                )
            }
        };
    }
    text
}

/// A pair whose files were written by hand: a is to be master of 1 and 3, b of 2.
fn hand_written(system: System) -> Option<Lab> {
    let lab = Lab::up(&Options::new(system, &["a", "b"]))?;
    for (host, skews) in [("a", [0, 100, 50]), ("b", [100, 0, 150])] {
        lab.append_file(host, "/etc/rc.conf", &rc_lines(system, skews));
        lab.append_file(host, "/etc/sysctl.conf", "net.inet.carp.preempt=1\n");
        if system == System::FreeBsd14 {
            lab.append_file(
                host,
                "/etc/sysctl.conf",
                "net.inet.carp.senderr_demotion_factor=0\n",
            );
        }
        lab.write_file(host, "/boot/loader.conf", system.module_line());
    }
    lab.save();
    lab.reset();
    lab.wait();
    Some(lab)
}

/// The files of all hosts, as an administrator gathers them.
fn gathered(lab: &Lab) -> TempDir {
    let folder = TempDir::new().unwrap();
    for host in lab.hosts() {
        for file in FILES {
            let copy = folder.path().join(host).join(file);
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::write(copy, lab.read_file(host, file)).unwrap();
        }
        let release = folder.path().join(host).join("release");
        fs::write(release, lab.options().system.release()).unwrap();
    }
    folder
}

fn carpgen(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carpgen"));
    command
        .current_dir(folder)
        .args(arguments)
        .env("LC_ALL", "C.UTF-8");
    let ran = run(command, Duration::from_secs(30));
    assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
    ran.stdout
}

/// What the same files do in a simulation where a crashes that many microseconds after the start.
fn simulated(files: &TempDir, crash_us: u64) -> Value {
    let event = format!("{crash_us}us=crash:a");
    let arguments = [
        "simulate", "a=a", "b=b", "--format", "json", "--trace", "--at", &event,
    ];
    serde_json::from_str(&carpgen(files.path(), &arguments)).unwrap()
}

fn masters_in(phase: &Value) -> BTreeMap<String, Vec<String>> {
    let vhids = phase["vhids"].as_array().unwrap().iter();
    vhids
        .map(|vhid| {
            let hosts = vhid["after"].as_array().unwrap().iter();
            let hosts = hosts
                .map(|host| host.as_str().unwrap().to_owned())
                .collect();
            (vhid["vhid"].to_string(), hosts)
        })
        .collect()
}

/// Seconds without a master of vhid 1 after a crash of a so long after its last advertisement.
fn predicted(files: &TempDir, since_advertisement: f64) -> f64 {
    const CRASH_US: u64 = 20_000_000;
    let undisturbed = simulated(files, CRASH_US);
    let advertisements = undisturbed["advertisements"].as_array().unwrap().iter();
    let last_us = advertisements
        .filter(|sent| sent["host"] == "a" && sent["vhid"] == 1)
        .map(|sent| sent["t_us"].as_u64().unwrap())
        .filter(|sent_us| *sent_us < CRASH_US)
        .max()
        .unwrap();
    let since = Duration::from_secs_f64(since_advertisement.max(0.0));
    let run = simulated(files, last_us + u64::try_from(since.as_micros()).unwrap());
    let vhids = run["phases"][1]["vhids"].as_array().unwrap();
    let first = vhids.iter().find(|vhid| vhid["vhid"] == 1).unwrap();
    Duration::from_micros(first["no_master_us"].as_u64().unwrap()).as_secs_f64()
}

/// Crashes a: how long after its last advertisement, and how long vhid 1 had no master; seconds.
fn crash(lab: &Lab) -> (f64, f64) {
    let capture = lab.capture("lan");
    std::thread::sleep(Duration::from_millis(1500));
    let since = now();
    lab.crash("a");
    lab.wait_masters(
        &[("1", &["b"]), ("2", &["b"]), ("3", &["b"])],
        Duration::from_secs(8),
    );
    let events = lab.events(since);
    let off = events
        .iter()
        .find(|event| event.host == "a" && event.power.as_deref() == Some("off"))
        .unwrap();
    let taken = events
        .iter()
        .find(|event| {
            event.host == "b" && event.vhid == Some(1) && event.new.as_deref() == Some("MASTER")
        })
        .unwrap();
    let last = capture
        .finish()
        .into_iter()
        .filter(|sent| sent.source == "192.0.2.2" && sent.vhid == 1 && sent.time <= off.wall)
        .map(|sent| sent.time)
        .fold(f64::MIN, f64::max);
    (off.wall - last, taken.t - off.t)
}

fn pair(system: System) {
    let Some(lab) = hand_written(system) else {
        return;
    };
    let files = gathered(&lab);
    carpgen(files.path(), &["lint", "."]);
    let intended = masters_in(&simulated(&files, 20_000_000)["phases"][0]);
    assert_eq!(intended["1"], ["a"]);
    assert_eq!(intended.len(), 3);
    assert_eq!(lab.masters(), intended);

    // The times of a busy machine are noise to one side: the best of up to three tries counts.
    let mut tries = Vec::new();
    let agrees = (0..3).any(|_| {
        let (since_advertisement, measured) = crash(&lab);
        let predicted = predicted(&files, since_advertisement);
        tries.push((since_advertisement, predicted, measured));
        lab.boot("a");
        lab.wait_masters(
            &[("1", &["a"]), ("2", &["b"]), ("3", &["a"])],
            Duration::from_secs(12),
        );
        (measured - predicted).abs() <= (predicted / 10.0).max(0.1)
    });
    println!(
        "{system:?}: seconds since the last advertisement, predicted and measured without master: {tries:?}"
    );
    assert!(agrees, "{tries:?}");
}

#[test]
fn a_hand_written_pair_of_9_does_what_is_simulated() {
    pair(System::FreeBsd9);
}

#[test]
fn a_hand_written_pair_of_14_does_what_is_simulated() {
    pair(System::FreeBsd14);
}

/// What a vhid is configured with: interface, vhid, advbase, advskew, key and addresses.
type Group = (String, u8, i64, i64, Option<String>, Vec<String>);

fn groups_of_files(host: &HostConfig) -> Vec<Group> {
    let mut groups: Vec<Group> = host
        .vhids
        .iter()
        .map(|vhid| {
            let Mode::Carp {
                advbase,
                advskew,
                key,
                ..
            } = &vhid.mode
            else {
                panic!("no CARP");
            };
            let interface = match vhid.carp_unit {
                Some(unit) => format!("carp{unit}"),
                None => vhid.interface.to_string(),
            };
            let key = key
                .as_ref()
                .map(|key| key.text().unwrap().expose().to_owned());
            let vips = vhid
                .vips
                .iter()
                .map(|vip| vip.address().to_string())
                .collect();
            let advbase = i64::from(advbase.number());
            (
                interface,
                vhid.vhid.number(),
                advbase,
                i64::from(advskew.number()),
                key,
                vips,
            )
        })
        .collect();
    groups.sort();
    groups
}

fn groups_of_output(interfaces: &[ShownInterface]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for interface in interfaces {
        for shown in &interface.vhids {
            let ShownMode::Carp {
                advbase,
                advskew,
                key,
                ..
            } = &shown.mode
            else {
                panic!("no CARP");
            };
            let legacy = interface.name.starts_with("carp");
            let vips = interface
                .addresses
                .iter()
                .filter(|address| legacy || address.vhid == Some(shown.vhid))
                .map(|address| address.address.to_string())
                .collect();
            let key = key.as_ref().map(|key| key.expose().to_owned());
            let vhid = u8::try_from(shown.vhid).unwrap();
            groups.push((interface.name.clone(), vhid, *advbase, *advskew, key, vips));
        }
    }
    groups.sort();
    groups
}

fn output_is_read(system: System) {
    let Some(lab) = hand_written(system) else {
        return;
    };
    let release: Release = Release::new(system.release()).unwrap();
    let files = gathered(&lab);
    for host in lab.hosts() {
        let texts: Vec<(&str, String)> = FILES
            .iter()
            .map(|file| (*file, lab.read_file(host, file)))
            .collect();
        let texts: Vec<HostText<'_>> = texts
            .iter()
            .map(|(path, text)| HostText { path, text })
            .collect();
        let name = HostName::new(host).unwrap();
        let reading = read_host(&name, &texts, Some(release));
        let mut expected = groups_of_files(&reading.config);
        // 9 shows no key.
        if system == System::FreeBsd9 {
            expected.iter_mut().for_each(|group| group.4 = None);
        }
        assert_eq!(expected.len(), 3);
        let shown = lab.console(host, &["ifconfig", "-k"]);
        assert_eq!(
            groups_of_output(&ifconfig_output(&Text::new(FileId(0), &shown))),
            expected,
            "{shown}"
        );
        let sysctls = lab.console(host, &["sysctl", "net.inet.carp"]);
        let read = sysctl_output(&Text::new(FileId(0), &sysctls));
        for wanted in &reading.config.sysctls {
            assert!(
                read.iter().any(|shown| shown.name == wanted.name.as_str()),
                "{sysctls}"
            );
        }
        fs::write(files.path().join(host).join("ifconfig.txt"), shown).unwrap();
        fs::write(files.path().join(host).join("sysctl.txt"), sysctls).unwrap();
    }
    // The hosts run what their files say.
    carpgen(files.path(), &["lint", "."]);
}

#[test]
fn the_output_of_hosts_of_9_is_read_as_their_files() {
    output_is_read(System::FreeBsd9);
}

#[test]
fn the_output_of_hosts_of_14_is_read_as_their_files() {
    output_is_read(System::FreeBsd14);
}

const DESCRIPTION: &str = r#"
[cluster]
name = "pair"
advbase = 1
pass = "fourteensigns1"

[[node]]
name = "a"
[node.interfaces]
lan = { name = "em0", addresses = ["192.0.2.2/24"], manage = true }
[[node]]
name = "b"
[node.interfaces]
lan = { name = "em0", addresses = ["192.0.2.3/24"], manage = true }

[[vhid]]
id = 7
segment = "lan"
vips = ["192.0.2.101/24", "192.0.2.102/24"]
priority = ["a", "b"]
[[vhid]]
id = 8
segment = "lan"
vips = ["192.0.2.103/24"]
priority = ["b", "a"]
"#;

fn rendered(system: System) {
    let mut options = Options::new(system, &["a", "b"]);
    options.bare = true;
    let Some(lab) = Lab::up(&options) else {
        return;
    };
    let release = system.release().split('-').next().unwrap();
    let folder = TempDir::new().unwrap();
    let text = DESCRIPTION.replace(
        "name = \"pair\"",
        &format!("name = \"pair\"\nrelease = \"{release}\""),
    );
    fs::write(folder.path().join("cluster.toml"), text).unwrap();
    carpgen(folder.path(), &["render", "--out", "out"]);
    let file = |host: &str, name: &str| {
        fs::read_to_string(folder.path().join("out").join(host).join(name)).unwrap()
    };
    let masters: [(&str, &[&str]); 2] = [("7", &["a"]), ("8", &["b"])];

    // The live commands on running hosts that have nothing but their own addresses.
    let own = [("a", "192.0.2.2/24"), ("b", "192.0.2.3/24")];
    for (host, address) in own {
        lab.console(host, &["ifconfig", "em0", "inet", address]);
        let ran = lab.ssh(host, "/bin/sh -s", &file(host, "live.sh"));
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(
            lab.sessions(host)
                .iter()
                .any(|session| session.command == "/bin/sh -s")
        );
        let log = lab.commands_log(host);
        assert!(
            log.iter()
                .any(|logged| logged.argv.contains(&"vhid".to_owned()))
        );
    }
    lab.wait_masters(&masters, Duration::from_secs(12));
    let live: Vec<Snapshot> = own
        .iter()
        .map(|(host, _)| Snapshot::take(&lab, host).unwrap())
        .collect();

    // The files, and a reboot.
    for (host, _) in own {
        for name in FILES {
            lab.append_file(host, name, &file(host, name));
        }
    }
    let since = now();
    lab.reboot(lab.hosts());
    lab.wait_masters(&masters, Duration::from_secs(12));
    for ((host, _), live) in own.iter().zip(&live) {
        let booted = Snapshot::take(&lab, host).unwrap();
        assert_eq!(
            booted.live(),
            live.live(),
            "{host}\n{}",
            lab.console_log(host)
        );
        let boots = lab.events_of(host, since);
        assert!(
            boots
                .iter()
                .any(|event| event.power.as_deref() == Some("running"))
        );
    }
}

#[test]
fn rendered_files_and_live_commands_of_9_agree() {
    rendered(System::FreeBsd9);
}

#[test]
fn rendered_files_and_live_commands_of_14_agree() {
    rendered(System::FreeBsd14);
}
