//! Scenarios as text.

use super::words::duration_us;
use super::*;
use crate::carp::{
    AuthKey, Change, Destinations, HostSpec, InterfaceSpec, Kernel, Protocol, State, Sysctls,
    VhidSpec, Write,
};
use crate::sim::{HostSetup, InterfaceSetup};

/// `a` runs 9, `b` runs 14, `v` runs 15 with a VRRP vhid 3; vhids 1 on lan and dmz, 2 on lan.
fn setup() -> Setup {
    let carp = |vhid, interface| VhidSpec {
        vhid,
        interface,
        protocol: Protocol::Carp {
            advbase: 1,
            advskew: 0,
            key: AuthKey::EMPTY,
            destinations: Destinations::default(),
        },
        addresses: vec![[10, u8::try_from(interface).unwrap(), 0, vhid].into()],
    };
    let vrrp = VhidSpec {
        protocol: Protocol::Vrrp {
            priority: 100,
            interval_cs: 100,
        },
        ..carp(3, 0)
    };
    let host = |name: &str, kernel, vhids| HostSetup {
        name: name.into(),
        spec: HostSpec {
            kernel,
            sysctls: Sysctls::default(),
            interfaces: vec![
                InterfaceSpec {
                    addresses: Vec::new(),
                    link: true
                };
                2
            ],
            vhids,
        },
        interfaces: (0..2)
            .map(|place| InterfaceSetup {
                name: format!("em{place}"),
                segment: SegmentId(place),
            })
            .collect(),
        away: false,
    };
    let mut setup = Setup {
        segments: vec!["lan".into(), "dmz".into()],
        hosts: vec![
            host("a", &Kernel::LEGACY, vec![carp(1, 0), carp(2, 0)]),
            host("b", &Kernel::R14, vec![carp(1, 0), carp(1, 1), carp(2, 0)]),
            host("v", &Kernel::R15, vec![vrrp]),
        ],
        ..Setup::default()
    };
    setup.name_vhid("web", "lan", 2);
    setup
}

#[test]
fn a_file_with_everything_is_read() {
    let text = r#"
        until = "1m30s"
        latency = "1ms"
        jitter = "50us"
        loss = 0.25
        seed = 7
        hz = 100
        boot = { a = "0s", b = "2.5s", v = "never" }

        [[event]]
        at = "20s"
        do = "crash"
        host = "a"

        [[event]]
        at = "30s"
        do = "partition"
        segment = "lan"
        groups = [["a"], ["b", "v"]]

        [[event]]
        at = "40s"
        do = "set"
        host = "b"
        vhid = "lan:1"
        advskew = 50
        state = "backup"

        [[event]]
        at = "1m30s"
        do = "arp"
        segment = "lan"
        target = "10.0.0.1"
        clients = ["10.0.0.7", "10.0.0.8"]
    "#;
    let scenario = Scenario::parse(text, &setup()).unwrap();
    assert_eq!(scenario.until.us(), 90_000_000);
    assert_eq!(
        (scenario.latency_us, scenario.jitter_us, scenario.seed),
        (1000, 50, 7)
    );
    assert_eq!(scenario.loss, 0.25);
    assert_ne!(scenario.timing, Timing::Exact);
    let boots: Vec<Option<u64>> = scenario.boot.iter().map(|b| b.map(Instant::us)).collect();
    assert_eq!(boots, [Some(0), Some(2_500_000), None]);
    let actions: Vec<&Action> = scenario.events.iter().map(|event| &event.action).collect();
    let (a, b, v) = (HostId(0), HostId(1), HostId(2));
    assert_eq!(actions[0], &Action::Crash(a));
    assert_eq!(
        actions[1],
        &Action::Partition {
            segment: Some(SegmentId(0)),
            groups: vec![vec![a], vec![b, v]],
        }
    );
    let change = Change {
        advskew: Some(50),
        state: Some(State::Backup),
        ..Change::default()
    };
    assert_eq!(
        actions[2],
        &Action::Configure {
            host: b,
            command: Command::Set {
                interface: 0,
                vhid: 1,
                change,
            },
        }
    );
    assert_eq!(scenario.events[3].at, scenario.until);
}

#[test]
fn short_forms_are_read() {
    let setup = setup();
    let one = |text: &str| action(text, &setup).unwrap();
    let (a, b) = (HostId(0), HostId(1));
    assert_eq!(one("crash:a"), Action::Crash(a));
    for place in ["dmz", "em1"] {
        assert_eq!(
            one(&format!("link-down:a:{place}")),
            Action::Link {
                host: a,
                interface: 1,
                up: false,
            }
        );
    }
    assert_eq!(
        one("demote:b:-240"),
        Action::Configure {
            host: b,
            command: Command::Sysctl(Write::Demotion(-240)),
        }
    );
    let Action::Configure { command, .. } = one("address-add:b:web:2001:db8::1") else {
        panic!("no command");
    };
    assert_eq!(
        command,
        Command::AddAddress {
            interface: 0,
            vhid: 2,
            address: "2001:db8::1".parse().unwrap(),
        }
    );
    assert_eq!(
        one("partition:dmz:a/b,v"),
        Action::Partition {
            segment: Some(SegmentId(1)),
            groups: vec![vec![a], vec![b, HostId(2)]],
        }
    );
    assert_eq!(one("heal"), Action::Heal { segment: None });
    assert_eq!(one("partition:a/b"), {
        Action::Partition {
            segment: None,
            groups: vec![vec![a], vec![b]],
        }
    });
    let Action::Lose(loss) = one("lose:b:dmz/1:0.5") else {
        panic!("no loss");
    };
    assert_eq!(
        (loss.interface, loss.which),
        (Some(1), Which::Probability(0.5))
    );
    let Action::Configure { command, .. } = one("set:v:3:vrrp-priority=200") else {
        panic!("no command");
    };
    assert!(matches!(
        command,
        Command::Set {
            change: Change {
                priority: Some(200),
                ..
            },
            ..
        }
    ));
    let mut scenario = Scenario::quiet(&setup);
    scenario.add("20s=crash:a", &setup).unwrap();
    assert_eq!(scenario.events[0].at.us(), 20_000_000);
}

/// The problem of a text: what it points at, what it says, what it advises.
fn problem(text: &str) -> (String, String, String) {
    let mut scenario = Scenario::quiet(&setup());
    let problems = scenario.add(text, &setup()).unwrap_err();
    let first = problems[0].clone();
    (text[first.span].to_owned(), first.message, first.help)
}

/// Events with what is pointed at, part of what is said, and part of the advice.
const WRONG: &[(&str, &str, &str, &str)] = &[
    ("crash:a", "crash:a", "has no time", "20s=link-down:a:lan"),
    ("20=crash:a", "20", "is no time", "20s"),
    (
        "61s=crash:a",
        "61s",
        "after the end, 60s",
        "until = \"61s\"",
    ),
    ("1s=crahs:a", "crahs", "no action", "\"crash\""),
    ("1s=crash:c", "c", "no host \"c\"", ""),
    ("1s=crash:a:b", "b", "one argument too many", "crash:HOST"),
    ("1s=crash", "crash", "needs host", "crash:HOST"),
    (
        "1s=link-down:a:lam",
        "lam",
        "no interface or segment",
        "lan",
    ),
    (
        "1s=link-down:a",
        "link-down:a",
        "several interfaces",
        "em0, em1",
    ),
    ("1s=set:b:1:advskew=5", "1", "several segments", "lan:1"),
    ("1s=set:a:9:advskew=5", "9", "no vhid", "it has 1, 2"),
    ("1s=set:a:1:advskew=255", "advskew=255", "from 0 to 254", ""),
    ("1s=set:a:1:skew=5", "skew=5", "no key \"skew\"", "advskew"),
    ("1s=set:a:1", "set:a:1", "changes nothing", "set:HOST:VHID"),
    (
        "1s=set:a:1:peer=10.0.0.1",
        "peer=10.0.0.1",
        "no unicast peers",
        "14",
    ),
    ("1s=set:v:3:advskew=1", "advskew=1", "speaks VRRP", ""),
    (
        "1s=set:b:2:vrrp-priority=1",
        "vrrp-priority=1",
        "speaks CARP",
        "",
    ),
    (
        "1s=demote:a:240",
        "demote:a:240",
        "FreeBSD 9 has no",
        "link-down",
    ),
    (
        "1s=carp-down:b:2",
        "carp-down:b:2",
        "FreeBSD 14 has no",
        "if-down",
    ),
    ("1s=sysctl:b:premept:1", "premept", "no sysctl", "preempt"),
    (
        "1s=sysctl:b:arpbalance:1",
        "sysctl:b:arpbalance:1",
        "has no",
        "",
    ),
    ("1s=sysctl:b:preempt:2", "2", "from 0 to 1", ""),
    ("1s=set:b:2:state=init", "state=init", "no state", "backup"),
    ("1s=address-add:b:2:10.0.0", "10.0.0", "no IP address", ""),
    ("1s=lose:b:2", "lose:b:2", "which advertisements", "nth"),
];

#[test]
fn what_is_wrong_is_pointed_at_with_what_to_write_instead() {
    for (text, at, message, help) in WRONG {
        let (found, said, advice) = problem(text);
        assert!(
            found == *at && said.contains(message) && advice.contains(help),
            "{text}: {found:?} {said:?} {advice:?}"
        );
    }
}

#[test]
fn all_problems_of_a_file_are_found_in_its_order() {
    let text = "until = \"10s\"\nlatensy = \"1ms\"\nloss = 2\n[[event]]\nat = \"11s\"\ndo = \"crash\"\nhost = \"x\"\n\
                [[event]]\nat = \"1s\"\n";
    let problems = Scenario::parse(text, &setup()).unwrap_err();
    let at: Vec<&str> = problems.iter().map(|p| &text[p.span.clone()]).collect();
    assert_eq!(at[..4], ["latensy", "2", "\"11s\"", "\"x\""]);
    assert_eq!(problems.len(), 5);
    assert!(problems[0].help.contains("latency"));
    assert!(problems[4].message.contains("what to do"));
}

#[test]
fn times_are_exact() {
    for (text, us) in [
        ("20s", Some(20_000_000)),
        ("2.5s", Some(2_500_000)),
        ("0.000001s", Some(1)),
        ("200us", Some(200)),
        ("1m30s", Some(90_000_000)),
        ("1.5m", Some(90_000_000)),
        ("2h", Some(7_200_000_000)),
        ("", None),
        ("20", None),
        ("s", None),
        ("1.5us", None),
        ("-1s", None),
        ("1 s", None),
        ("1.2.3s", None),
        ("99999999999999999999s", None),
        ("9999999999999999h", None),
    ] {
        assert_eq!(duration_us(text), us, "{text:?}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,80}", short in "[a-z0-9:=./,-]{0,40}") {
        let setup = setup();
        let _ = Scenario::parse(&text, &setup);
        let _ = action(&short, &setup);
        let _ = Scenario::quiet(&setup).add(&format!("1s={short}"), &setup);
    }
}
