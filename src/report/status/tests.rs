//! The forms of a status, of hosts as they answer.

use super::*;
use crate::config::{Description, resolve};
use crate::dialect::parse::{Text, ifconfig_output, sysctl_output};
use crate::model::{FileId, HostName, Release};
use crate::plan::{
    CarpSupport, ClusterStatus, Discards, Found, Growth, Looked, Observed, ObservedFile,
};
use crate::report::Style;

const DESCRIPTION: &str = r#"
[cluster]
name = "web"
release = "14"
pass = "poison"
[[node]]
name = "a"
[node.interfaces]
lan = { name = "em0", addresses = ["192.0.2.2/24"] }
[[node]]
name = "b"
[node.interfaces]
lan = { name = "em0", addresses = ["192.0.2.3/24"] }
[[vhid]]
id = 1
segment = "lan"
vips = ["192.0.2.1/32"]
priority = ["a", "b"]
"#;

const PLAIN: Style = Style {
    colour: false,
    unicode: false,
    width: 100,
};

/// A host that runs and boots what is described, but for its state.
fn host(name: &str, own: u8, skew: u8, state: &str, demotion: i64) -> Observed {
    let mut host = Observed::new(HostName::new(name).unwrap(), Release::R14);
    let ifconfig = format!(
        "em0: flags=8943<UP> metric 0 mtu 1500\n\tinet 192.0.2.{own} netmask 0xffffff00\n\
        \tinet 192.0.2.1 netmask 0xffffffff vhid 1\n\
        \tcarp: {state} vhid 1 advbase 1 advskew {skew} key \"poison\"\n\tstatus: active\n"
    );
    let sysctl = format!(
        "net.inet.carp.demotion: {demotion}\nnet.inet.carp.preempt: 1\n\
        net.inet.carp.senderr_demotion_factor: 240\nnet.inet.carp.ifdown_demotion_factor: 240\n"
    );
    let file = |path: &str, text: String| ObservedFile {
        path: path.to_owned(),
        mode: 0o644,
        text,
    };
    host.interfaces = ifconfig_output(&Text::new(FileId(0), &ifconfig));
    host.sysctls = sysctl_output(&Text::new(FileId(1), &sysctl));
    host.outputs = vec![file("ifconfig.txt", ifconfig)];
    host.files = vec![
        file(
            "/etc/rc.conf",
            format!(
                "ifconfig_em0=\"inet 192.0.2.{own}/24\"\n\
                ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 advskew {skew} pass poison\"\n"
            ),
        ),
        file("/etc/sysctl.conf", "net.inet.carp.preempt=1\n".to_owned()),
        file("/boot/loader.conf", "carp_load=\"YES\"\n".to_owned()),
    ];
    host.is_root = true;
    host.carp = CarpSupport::Module;
    host.discards = Some(Discards {
        since_boot: 0,
        growth: None,
    });
    host
}

fn found(observed: Observed) -> Looked {
    Looked {
        host: observed.host.clone(),
        found: Found::Observed(Box::new(observed)),
    }
}

fn silent(name: &str) -> Looked {
    Looked {
        host: HostName::new(name).unwrap(),
        found: Found::Unreachable {
            why: "b cannot be reached: Connection refused".to_owned(),
            hint: "`ssh b true` must work".to_owned(),
        },
    }
}

fn status(looked: Vec<Looked>) -> ClusterStatus {
    let description = Description::read(DESCRIPTION);
    assert!(description.problems.is_empty());
    let cluster = &description.cluster;
    let wanted: Vec<_> = cluster.nodes.iter().map(|n| resolve(cluster, n)).collect();
    ClusterStatus::of(Some((cluster, &wanted)), looked)
}

#[test]
fn a_cluster_as_described_is_silent() {
    let status = status(vec![
        found(host("a", 2, 0, "MASTER", 0)),
        found(host("b", 3, 100, "BACKUP", 0)),
    ]);
    assert!(!status.has_findings() && !status.has_unreachable());
    assert_eq!(
        status_text(&status, PLAIN),
        " vhid  VIP           a              b\n                     14             14\n \
         1     192.0.2.1/32  MASTER skew 0  BACKUP skew 100\n\n\
         2 hosts, 1 vhid, 1 VIP: as described\n"
    );
    let (state, line) = nagios_line(&status);
    assert_eq!(state.code(), 0);
    assert!(line.starts_with("CARP OK - 2 hosts, 1 vhid | no_master=0 "));
}

#[test]
fn every_trouble_has_its_exit_code_and_the_worst_counts() {
    let code = |looked| nagios_line(&status(looked)).0.code();
    let (a, b) = (
        || host("a", 2, 0, "MASTER", 0),
        |state| host("b", 3, 100, state, 0),
    );
    assert_eq!(code(vec![found(a()), found(b("MASTER"))]), 2);
    assert_eq!(code(vec![found(a()), silent("b")]), 3);
    assert_eq!(code(vec![silent("a"), found(b("BACKUP"))]), 3, "may serve");
    let backup = || host("a", 2, 0, "BACKUP", 0);
    assert_eq!(code(vec![found(backup()), found(b("BACKUP"))]), 2);
    assert_eq!(code(vec![found(backup()), found(b("MASTER"))]), 1);
    let other = host("a", 2, 7, "MASTER", 0);
    assert_eq!(code(vec![found(other), found(b("BACKUP"))]), 1);
}

#[test]
fn a_drained_host_is_not_where_its_vhids_belong() {
    let mut a = host("a", 2, 0, "BACKUP", 240);
    a.carpgen.drain = Some("demotion=240\n".to_owned());
    let status = status(vec![found(a), found(host("b", 3, 100, "MASTER", 0))]);
    assert_eq!(status.vhids[0].intended.as_ref().unwrap().as_str(), "b");
    assert_eq!(status.vhids[0].problem, None);
    let text = status_text(&status, PLAIN);
    assert!(text.contains("BACKUP skew 0, now 240"), "{text}");
    assert!(text.contains("240: drained by carpgen"), "{text}");
    assert!(!text.contains("hint: `sysctl"), "{text}");
}

#[test]
fn a_drain_that_a_reboot_took_back_explains_nothing() {
    let mut a = host("a", 2, 0, "INIT", 240);
    a.sysctls.extend(sysctl_output(&Text::new(
        FileId(1),
        "net.inet.carp.allow: 0\n",
    )));
    a.carpgen.drain = Some("demotion=240\nacross-reboots=yes\n".to_owned());
    let status = status(vec![found(a), found(host("b", 3, 100, "MASTER", 0))]);
    let text = status_text(&status, PLAIN);
    assert!(
        text.contains("240: net.inet.carp.allow is 0, which silences 1 vhid"),
        "{text}"
    );
    assert!(!text.contains("hint: `sysctl"), "{text}");
}

#[test]
fn the_reset_of_a_demotion_holds_the_difference() {
    let status = status(vec![
        found(host("a", 2, 0, "BACKUP", 480)),
        found(host("b", 3, 100, "MASTER", 0)),
    ]);
    let text = status_text(&status, PLAIN);
    assert!(
        text.contains("`sysctl net.inet.carp.demotion=-480`"),
        "{text}"
    );
    assert!(text.contains("belongs to a"), "{text}");
}

#[test]
fn no_form_holds_a_key_and_the_program_forms_are_valid() {
    let mut a = host("a", 2, 9, "MASTER", 0);
    a.carpgen.pending = Some("pending\nid 7\ntoken secret\nby \"x\"\nhosts a\n".to_owned());
    a.files[0].text = a.files[0].text.replace("poison", "other-poison");
    let status = status(vec![found(a), silent("b")]);
    let json = serde_json::json!(status_report(&status));
    let schema = crate::report::schema("status").unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&json), "{json:#}");
    let metrics = status_metrics(&status);
    let text = status_text(&status, PLAIN);
    let (_, line) = nagios_line(&status);
    for shown in [&json.to_string(), &metrics, &text, &line] {
        assert!(!shown.contains("poison"), "{shown}");
    }
    assert_eq!(json["hosts"][0]["drift"][0]["kind"], "number");
    assert_eq!(json["hosts"][1]["reachable"], false);
    assert!(
        text.contains("boot: vhid 1 on em0 has another key"),
        "{text}"
    );
    assert!(text.contains("the change 7 that \"x\" began"), "{text}");
    for line in metrics.lines().filter(|line| !line.starts_with("# ")) {
        let (name, rest) = line.split_once('{').unwrap();
        let (labels, value) = rest.split_once("} ").unwrap();
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        assert!(labels.split(',').all(|label| label.ends_with('"')));
        assert!(value.parse::<i64>().is_ok(), "{line}");
        assert!(metrics.contains(&format!("# TYPE {name} ")), "{line}");
    }
    assert!(metrics.contains("carp_host_up{host=\"b\"} 0"));
}

#[test]
fn hosts_without_a_description_are_held_against_their_boot_files() {
    let of =
        |b: Observed| ClusterStatus::of(None, vec![found(host("a", 2, 0, "MASTER", 0)), found(b)]);
    let same = of(host("b", 3, 100, "BACKUP", 0));
    assert!(!same.has_findings());
    assert_eq!((same.vhids.len(), &same.vhids[0].intended), (1, &None));
    let mut changed = host("b", 3, 100, "BACKUP", 0);
    changed.files[0].text = changed.files[0].text.replace("advskew 100", "advskew 50");
    let text = status_text(&of(changed), PLAIN);
    assert!(
        text.contains("live: vhid 1 on em0 has advskew 100, not 50"),
        "{text}"
    );
}

#[test]
fn packets_that_are_discarded_now_are_a_finding_and_old_ones_are_not() {
    let with = |since_boot, more: Option<u64>| {
        let mut a = host("a", 2, 0, "MASTER", 0);
        a.discards = Some(Discards {
            since_boot,
            growth: more.map(|packets| Growth {
                packets,
                within: std::time::Duration::from_secs(3),
            }),
        });
        status(vec![found(a), found(host("b", 3, 100, "BACKUP", 0))])
    };
    let past = with(1, Some(0));
    assert!(!past.has_findings());
    let text = status_text(&past, PLAIN);
    assert!(
        text.contains(
            "1 packet discarded for bad authentication since the boot, none in the last 3 s"
        ),
        "{text}"
    );
    let now = with(9, Some(4));
    assert!(now.has_findings());
    let text = status_text(&now, PLAIN);
    for words in [
        "9 packets discarded for bad authentication since the boot, and 4 more within 3 s",
        "`tcpdump -n proto 112` on a shows",
        "1 VIP: 1 host with packets of bad authentication",
    ] {
        assert!(text.contains(words), "{text}");
    }
    let (state, line) = nagios_line(&now);
    assert_eq!(state.code(), 1);
    assert!(
        line.starts_with("CARP WARNING - bad authentication on a |"),
        "{line}"
    );
    let json = serde_json::to_value(status_report(&now)).unwrap();
    assert_eq!(json["hosts"][0]["bad_authentication_now"]["packets"], 4);
    assert!(json["hosts"][1]["bad_authentication_now"].is_null());
}
