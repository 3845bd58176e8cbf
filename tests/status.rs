//! `carpgen status` of hosts that really elect.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod emulated;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use emulated::Lab;

/// Two hosts, two vhids that are mirror images.
fn description(release: &str) -> String {
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
vips = ["192.0.2.1/24"]
priority = ["a", "b"]
[[vhid]]
id = 2
segment = "lan"
vips = ["192.0.2.100/24"]
priority = ["b", "a"]
"#
    )
}

fn carpgen(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carpgen"));
    let command = command.current_dir(folder).args(arguments);
    command.args(["--ssh-config", "ssh_config"]);
    // Emulated hosts are slow on a busy machine.
    if !arguments.contains(&"--timeout") {
        command.args(["--timeout", "30s"]);
    }
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Configures the hosts as described, live and for the boot, and waits for the masters.
fn set_up(lab: &Lab, release: &str) {
    fs::write(lab.folder().join("cluster.toml"), description(release)).unwrap();
    for host in ["a", "b"] {
        for (part, file) in [
            ("rc.conf", "etc/rc.conf"),
            ("sysctl.conf", "etc/sysctl.conf"),
            ("loader.conf", "boot/loader.conf"),
            ("live", "root/live.sh"),
        ] {
            let rendered = Command::new(env!("CARGO_BIN_EXE_carpgen"))
                .args(["render", "--host", host, "--only", part])
                .current_dir(lab.folder())
                .output()
                .unwrap();
            lab.append(host, file, &text(&rendered.stdout));
        }
        lab.console(host, "sh /root/live.sh");
    }
    lab.wait_for_masters(r#"{"1": ["a"], "2": ["b"]}"#);
}

fn check(family: &str, release: &str) {
    let Some(lab) = Lab::up(family, "a,b") else {
        return;
    };
    set_up(&lab, release);
    let status = carpgen(lab.folder(), &["status"]);
    assert_eq!(status.status.code(), Some(0), "{}", text(&status.stdout));
    assert!(text(&status.stdout).contains("2 hosts, 2 vhids, 2 VIPs: as described"));
    let alone = carpgen(lab.folder(), &["status", "--ssh", "a,b"]);
    assert_eq!(alone.status.code(), Some(0), "{}", text(&alone.stdout));
    // The same hosts, read over SSH where files are read.
    let (a, b) = ("a=ssh:a", "b=ssh:b");
    let lint = carpgen(lab.folder(), &["lint", a, b, "--fail-on", "error"]);
    let found = text(&lint.stdout);
    assert_eq!(lint.status.code(), Some(0), "{found}{}", text(&lint.stderr));
    assert!(!found.contains("live-differs-from-boot") && !found.contains("poison"));
    let imported = carpgen(lab.folder(), &["import", a, b, "--secrets", "env"]);
    let written = text(&imported.stdout);
    assert_eq!(
        imported.status.code(),
        Some(0),
        "{}",
        text(&imported.stderr)
    );
    assert!(written.contains("priority = [\"b\", \"a\"]"), "{written}");
    let run = carpgen(lab.folder(), &["simulate", a, b, "--at", "20s=crash:a"]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    assert!(text(&run.stdout).contains("a crashes"));
    lab.lab(&["link", "a", "em0", "down"]);
    lab.wait_for_masters(r#"{"1": ["b"], "2": ["b"]}"#);
    let nagios = carpgen(lab.folder(), &["status", "--format", "nagios"]);
    assert_eq!(nagios.status.code(), Some(1), "{}", text(&nagios.stdout));
    assert!(text(&nagios.stdout).starts_with("CARP WARNING - not at home lan:1 |"));
    let human = text(&carpgen(lab.folder(), &["status"]).stdout);
    assert!(
        human.contains("no link on em0, which carries 2 vhids"),
        "{human}"
    );
    assert!(!human.contains("poison"));
    lab.lab(&["crash", "a", "--silent"]);
    let gone = carpgen(lab.folder(), &["status", "--timeout", "8s"]);
    assert_eq!(gone.status.code(), Some(3), "{}", text(&gone.stdout));
    let human = text(&gone.stdout);
    assert!(
        human.contains("unreachable") && human.contains("MASTER skew 100"),
        "{human}"
    );
}

#[test]
fn a_pair_of_release_14_is_seen_as_it_is() {
    check("freebsd-14", "14");
}

#[test]
fn a_pair_of_release_9_is_seen_as_it_is() {
    check("freebsd-9", "9");
}
