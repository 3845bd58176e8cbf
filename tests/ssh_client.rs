//! What is handed to `ssh(1)` and how its answers are taken, with a program of that name that plays a host.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Writes down its arguments, then answers the observation like a host that serves vhid 1. What a login shell prints
/// comes first.
const HOST: &str = r#"#!/bin/sh
printf '%s\n' "$@" >>"$0.arguments"
script=$(cat)
marker=$(printf '%s\n' "$script" | sed -n '1s/.* //p')
nonce=$(printf '%s\n' "$script" | sed -n 's/^nonce=//p')
section() {
    printf '%s begin %s\n%s\n%s end 0\n' "$nonce" "$1" "$2" "$nonce"
}
echo "Welcome to the machine"
echo "$marker"
section 'output system' FreeBSD
section 'output kernel' 14.3-RELEASE
section 'output user' 0
section 'file 0644 /etc/rc.conf' 'ifconfig_em0="inet 192.0.2.2/24"
ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 0 pass poison"'
section 'output ifconfig' 'em0: flags=8943<UP> metric 0 mtu 1500
	inet 192.0.2.2 netmask 0xffffff00
	inet 192.0.2.1 netmask 0xffffffff vhid 1
	carp: MASTER vhid 1 advbase 1 advskew 0 key "poison"'
section 'output done' ''
"#;

struct Machine {
    folder: TempDir,
}

impl Machine {
    /// A machine whose `ssh` is this program.
    fn new(ssh: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let program = folder.path().join("ssh");
        fs::write(&program, ssh).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_carpgen"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", self.folder.path().display()),
            )
            .output()
            .unwrap()
    }

    /// Runs it and returns both outputs. No key is in them.
    fn talk(&self, arguments: &[&str], code: i32) -> String {
        let ran = self.run(arguments);
        let text = String::from_utf8(ran.stdout).unwrap() + &String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(!text.contains("poison"), "{text}");
        text
    }
}

#[test]
fn a_host_is_asked_without_a_key_or_a_script_in_the_arguments() {
    let machine = Machine::new(HOST);
    let text = machine.talk(&["status", "--ssh", "root@fw1.example.net"], 0);
    assert!(text.contains("MASTER skew 0"), "{text}");
    assert!(text.contains("fw1.example.net"), "{text}");
    let arguments = fs::read_to_string(machine.folder.path().join("ssh.arguments")).unwrap();
    let arguments: Vec<&str> = arguments.lines().collect();
    assert!(arguments.contains(&"BatchMode=yes"));
    assert!(arguments.contains(&"ConnectTimeout=5"));
    let end = &arguments[arguments.len() - 3..];
    assert_eq!(end, ["--", "root@fw1.example.net", "exec /bin/sh"]);
    let json = machine.talk(&["status", "--ssh", "fw1", "--format", "json"], 0);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["hosts"][0]["vhids"][0]["state"], "MASTER");
}

#[test]
fn the_files_of_a_live_host_stand_where_files_stand() {
    let machine = Machine::new(HOST);
    let ran = machine.run(&["import", "fw1=ssh:root@fw1", "--secrets", "env"]);
    let text = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(ran.status.code(), Some(0), "{text}");
    assert!(text.contains("vips = [\"192.0.2.1/32\"]"), "{text}");
    let found = machine.talk(&["lint", "fw1=ssh:root@fw1", "--fail-on", "never"], 0);
    assert!(found.contains("fw1/etc/rc.conf:"), "{found}");
    let json = machine.talk(
        &[
            "lint",
            "fw1=ssh:root@fw1",
            "--fail-on",
            "never",
            "--format",
            "json",
        ],
        0,
    );
    assert!(json.contains("\"file\": \"fw1/etc/rc.conf\""), "{json}");
}

#[test]
fn a_host_that_does_not_answer_is_given_up_in_time_with_its_children() {
    let machine = Machine::new("#!/bin/sh\nsleep 60 &\nsleep 60\n");
    let begun = Instant::now();
    let text = machine.talk(&["status", "--ssh", "fw1,fw2", "--timeout", "500ms"], 3);
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert!(text.contains("fw2 did not answer within 0.5 s"), "{text}");
    let machine =
        Machine::new("#!/bin/sh\necho 'fw1: Permission denied (publickey).' >&2\nexit 255\n");
    let text = machine.talk(&["status", "--ssh", "fw1"], 3);
    assert!(
        text.contains("fw1 refuses the login: fw1: Permission denied"),
        "{text}"
    );
    assert!(text.contains("ssh-add"), "{text}");
}

#[test]
#[cfg(not(target_os = "freebsd"))]
fn a_machine_that_runs_something_else_is_no_host() {
    // The real script, in the shell of this machine.
    let machine = Machine::new("#!/bin/sh\nexec /bin/sh\n");
    let text = machine.talk(&["status", "--ssh", "here"], 3);
    assert!(text.contains("not FreeBSD"), "{text}");
    let nagios = machine.talk(&["status", "--ssh", "here", "--format", "nagios"], 3);
    assert!(
        nagios.starts_with("CARP UNKNOWN - no answer from here"),
        "{nagios}"
    );
}
