//! What one login finds out about hosts of both generations.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod lab_support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use carpgen::model::{HostName, Mode, PrivilegeCommand, Release};
use carpgen::plan::{CarpSupport, Observed};
use carpgen::remote::{Request, Ssh, Target, Transport, TransportError, observe};
use lab_support::{Lab, Options, System};
use serde_json::json;

fn target(host: &str) -> Target {
    Target {
        host: HostName::new(host).unwrap(),
        destination: host.to_owned(),
        become_root: PrivilegeCommand::None,
    }
}

fn seen(lab: &Lab, host: &str) -> Observed {
    let ssh = Ssh::new(Some(lab.ssh_config()), Arc::default());
    observe(&ssh, &target(host), Duration::from_secs(20)).unwrap()
}

/// Two hosts with the module loaded.
fn lab(system: System) -> Option<Lab> {
    let mut options = Options::new(system, &["a", "b"]);
    options.carp = true;
    Lab::up(&options)
}

#[test]
fn a_host_of_release_14_is_seen_whole() {
    let Some(lab) = lab(System::FreeBsd14) else {
        return;
    };
    lab.append_file(
        "a",
        "/etc/rc.conf",
        "ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 advskew 0 pass k1\"",
    );
    fs::create_dir_all(lab.file("a", "/etc/rc.conf.d/network")).unwrap();
    fs::write(
        lab.file("a", "/etc/rc.conf.d/network/a b"),
        b"# \xdf\nx=1\n",
    )
    .unwrap();
    fs::set_permissions(
        lab.file("a", "/etc/rc.conf.d/network/a b"),
        fs::Permissions::from_mode(0o600),
    )
    .unwrap();
    lab.append_file("a", "/root/.profile", "echo noise\n");
    lab.sh(
        "a",
        "ifconfig em0 inet 192.0.2.1/32 vhid 1 advskew 0 pass k1 alias",
    );
    lab.sh(
        "a",
        "mkdir -p /var/db/carpgen && printf 'x' >/var/db/carpgen/drain",
    );
    let seen = seen(&lab, "a");
    assert_eq!((seen.release, seen.is_root), (Release::R14, true));
    assert_eq!(seen.release_text, "14.3-RELEASE");
    assert_eq!(seen.carp, CarpSupport::Module);
    assert!(seen.booted_at.is_some_and(|at| at > 1_600_000_000));
    assert_eq!(
        (
            seen.discards.map(|discards| discards.since_boot),
            seen.demotion()
        ),
        (Some(0), Some(0))
    );
    assert_eq!(seen.carpgen.drain.as_deref(), Some("x"));
    assert_eq!(seen.carpgen.pending, None);
    assert_eq!(seen.inexact, ["/etc/rc.conf.d/network/a b"]);
    assert_eq!(seen.file("/etc/rc.conf.d/network/a b").unwrap().mode, 0o600);
    let rc = fs::read_to_string(lab.file("a", "/etc/rc.conf")).unwrap();
    assert_eq!(seen.file("/etc/rc.conf").unwrap().text, rc);
    assert!(seen.unreadable.is_empty(), "{:?}", seen.unreadable);
    let (live, boot) = (seen.live(), seen.reading().config);
    let Mode::Carp { key: Some(key), .. } = &live.vhids[0].mode else {
        panic!("a key is shown")
    };
    assert_eq!(key.text().unwrap().expose(), "k1");
    assert_eq!(live.vhids, boot.vhids);
}

#[test]
fn a_host_of_release_9_is_seen_whole() {
    let Some(lab) = lab(System::FreeBsd9) else {
        return;
    };
    lab.append_file(
        "a",
        "/etc/rc.conf",
        "cloned_interfaces=\"carp0\"\nifconfig_carp0=\"vhid 1 advskew 0 pass k1 192.0.2.1/24\"\n",
    );
    lab.append_file("a", "/root/.cshrc", "echo noise\n");
    lab.sh(
        "a",
        "ifconfig carp0 create && ifconfig carp0 vhid 1 advskew 0 pass k1 192.0.2.1/24",
    );
    let seen = seen(&lab, "a");
    assert_eq!(
        (seen.release, seen.carp),
        (Release::R9, CarpSupport::Module)
    );
    assert!(!seen.keys_shown());
    assert_eq!(seen.demotion(), Some(0));
    let (live, boot) = (seen.live(), seen.reading().config);
    assert_eq!(live.vhids.len(), 1);
    assert_eq!(live.vhids[0].carp_unit, Some(0));
    assert_eq!(live.vhids[0].interface.as_str(), "em0");
    assert_eq!(
        (&live.vhids[0].vips, &live.vhids[0].segment),
        (&boot.vhids[0].vips, &boot.vhids[0].segment)
    );
}

#[test]
fn exchanges_end_in_time_and_say_why() {
    let Some(lab) = lab(System::FreeBsd14) else {
        return;
    };
    let ssh = Ssh::new(Some(lab.ssh_config()), Arc::default());
    let ask = |host: &str, script: &str, ms: u64| {
        let request = Request::new(script, Duration::from_millis(ms)).over_new_login();
        ssh.exchange(&target(host), &request)
    };
    let reply = ask("a", "cat </dev/null; echo err >&2; exit 3\n", 10_000).unwrap();
    assert_eq!((reply.status, reply.stdout.as_slice()), (3, b"".as_slice()));
    assert!(String::from_utf8_lossy(&reply.stderr).contains("err"));
    let late = ask("a", "sleep 60 </dev/null\n", 1500).unwrap_err();
    assert!(
        matches!(late, TransportError::TimedOut { started: true, .. }),
        "{late}"
    );
    let rule = json!({"match": "sysctl", "action": "drop_ssh", "and_fail": true});
    lab.fault("a", &json!({ "rules": [rule] }));
    let dropped = ask("a", "sysctl kern.osrelease </dev/null\n", 10_000).unwrap_err();
    assert!(
        matches!(dropped, TransportError::Dropped { .. }),
        "{dropped}"
    );
    lab.crash_silently("b");
    let gone = ask("b", "true\n", 1500).unwrap_err();
    assert!(!gone.may_have_run(), "{gone}");
    let unknown = ask("nowhere.invalid", "true\n", 5000).unwrap_err();
    assert!(
        matches!(unknown, TransportError::Unreachable { .. }),
        "{unknown}"
    );
}
