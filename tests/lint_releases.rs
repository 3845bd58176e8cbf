//! Where releases differ, and what is not certain: the rules about release hazards, boot files and companions.

use carpgen::dialect::parse::HostText;
use carpgen::lint::check_hosts;
use carpgen::lint::hosts::{Hosts, LintHost};
use carpgen::model::{HostName, Release, Severity};

type Files<'a> = &'a [(&'a str, &'a str)];

const RC_A: &str = "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 pass Ee5Xkq2uPsz0\"\n";
const RC_B: &str = "ifconfig_em0=\"inet 192.0.2.3/24\"\nifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0\"\n";
const SHOWN: &str = "em0: flags=8943<UP,PROMISC> metric 0 mtu 1500\n\
\tinet 192.0.2.2 netmask 0xffffff00 broadcast 192.0.2.255\n\
\tinet 192.0.2.1 netmask 0xffffffff broadcast 192.0.2.1 vhid 1\n\
\tcarp: MASTER vhid 1 advbase 1 advskew 0\n";

/// What a rule finds about hosts a, b, …: severity, line of the place, message.
fn found(rule: &str, release: Release, hosts: &[Files<'_>]) -> Vec<(Severity, u32, String)> {
    let read = hosts.iter().zip(["a", "b", "c"]).map(|(files, name)| {
        let texts = files.iter().map(|(path, text)| HostText { path, text });
        LintHost::read(
            HostName::new(name).expect("a name"),
            texts.collect(),
            Some(release),
        )
    });
    let hosts = Hosts::new(read.collect());
    check_hosts(&hosts)
        .into_iter()
        .filter(|found| found.rule.name == rule)
        .map(|found| {
            let line = found.finding.at.map_or(0, |at| at.place.line);
            (found.finding.severity, line, found.finding.message)
        })
        .collect()
}

fn count(rule: &str, release: Release, files: Files<'_>) -> usize {
    found(rule, release, &[files]).len()
}

#[test]
fn words_and_sysctls_belong_to_releases() {
    use Release::{R9, R10, R11, R13, R14, R15};
    let rc = |words: &str| format!("ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 {words}\"\n");
    for (rule, release, words, fires) in [
        ("unicast-before-14", R13, "peer 192.0.2.3", 1),
        ("unicast-before-14", R13, "mcast", 1),
        ("unicast-before-14", R14, "peer 192.0.2.3", 0),
        ("vrrp-before-15", R14, "carpver 3 vrrpprio 100", 1),
        ("vrrp-before-15", R15, "carpver 3 vrrpprio 100", 0),
        ("peer-looks-multicast", R14, "peer 192.0.2.224", 1),
        ("peer-looks-multicast", R14, "peer 192.0.2.239", 1),
        ("peer-looks-multicast", R14, "peer 192.0.2.240", 0),
        ("peer-looks-multicast", R14, "peer 192.0.2.223", 0),
        ("peer-looks-multicast", R15, "peer 192.0.2.224", 0),
        ("vhid-before-10", R9, "advskew 1", 1),
        ("vhid-before-10", R10, "advskew 1", 0),
    ] {
        let text = rc(words);
        let found = count(rule, release, &[("rc.conf", &text)]);
        assert_eq!(found, fires, "{rule} {release} {words}");
    }
    for (rule, release, line, fires) in [
        ("bad-sysctl", R10, "net.inet.carp.dscp=1", 1),
        ("bad-sysctl", R11, "net.inet.carp.dscp=63", 0),
        ("bad-sysctl", R11, "net.inet.carp.dscp=64", 1),
        ("bad-sysctl", R9, "net.inet.carp.demotion=1", 1),
        ("bad-sysctl", R9, "net.inet.carp.suppress_preempt=1", 1),
        ("bad-sysctl", R10, "net.inet.carp.suppress_preempt=1", 1),
        ("bad-sysctl", R14, "net.inet.carp.arpbalance=1", 0),
        ("bad-sysctl", R14, "net.inet.carp.preempt=yes", 1),
        ("bad-sysctl", R14, "net.inet.carp.preempt=0x1", 0),
        (
            "bad-sysctl",
            R14,
            "net.inet.carp.ifdown_demotion_factor=-1",
            1,
        ),
        ("bad-sysctl", R14, "net.inet.ip.forwarding=yes", 0),
        ("arpbalance-removed", R10, "net.inet.carp.arpbalance=1", 1),
        ("arpbalance-removed", R9, "net.inet.carp.arpbalance=1", 0),
        (
            "demotion-in-sysctl-conf",
            R10,
            "net.inet.carp.demotion=1",
            1,
        ),
        ("demotion-in-sysctl-conf", R9, "net.inet.carp.demotion=1", 0),
        ("allow-off", R11, "net.inet.carp.allow=0", 1),
        (
            "allow-off",
            R14,
            "net.inet.carp.allow=0\nnet.inet.carp.allow=1",
            0,
        ),
    ] {
        let found = count(rule, release, &[("sysctl.conf", line)]);
        assert_eq!(found, fires, "{rule} {release} {line}");
    }
}

#[test]
fn scripts_are_judged_by_what_they_do() {
    use Release::{R9, R11, R14};
    for (rule, release, text, fires) in [
        ("allow-off", R11, "sysctl net.inet.carp.allow=0\n", 1),
        (
            "allow-off",
            R11,
            "sysctl net.inet.carp.allow=0\nsysctl net.inet.carp.allow=1\n",
            0,
        ),
        ("allow-off", R14, "sysctl net.inet.carp.allow=0\n", 0),
        (
            "demotion-is-added",
            R14,
            "sysctl -w net.inet.carp.demotion=0\n",
            1,
        ),
        (
            "demotion-is-added",
            R9,
            "sysctl net.inet.carp.demotion=0\n",
            0,
        ),
        (
            "demotion-is-added",
            R14,
            "sysctl net.inet.carp.demotion=240\n",
            0,
        ),
        ("netif-restart", R14, "/etc/rc.d/netif stop em0\n", 1),
        ("netif-restart", R14, "service netif onerestart\n", 1),
        ("netif-restart", R14, "service netif start\n", 0),
        ("netif-restart", R14, "service netif restart em1\n", 0),
        ("netif-restart", R14, "service routing restart\n", 0),
        (
            "legacy-interface-after-9",
            R14,
            "ifconfig carp0 create\n",
            1,
        ),
        ("legacy-interface-after-9", R9, "ifconfig carp0 create\n", 0),
    ] {
        let files = [("rc.conf", RC_A), ("x.sh", text)];
        assert_eq!(
            count(rule, release, &files),
            fires,
            "{rule} {release} {text}"
        );
    }
}

#[test]
fn live_commands_are_held_against_what_runs() {
    let live = |rule, release, text| {
        let files = [("rc.conf", RC_A), ("ifconfig.txt", SHOWN), ("x.sh", text)];
        found(rule, release, &[&files])
    };
    let again = "ifconfig em0 inet 192.0.2.1/32 vhid 1 alias\n";
    for (release, severity) in [
        (Release::R10, Severity::Warning),
        (Release::R11, Severity::Error),
        (Release::R12, Severity::Warning),
    ] {
        let found = live("live-readds-vip", release, again);
        assert_eq!(found.len(), 1, "{release}");
        assert_eq!(found[0].0, severity, "{release}");
    }
    assert!(
        live("live-readds-vip", Release::R14, again)[0]
            .2
            .contains("3 s")
    );
    let other = "ifconfig em0 inet 192.0.2.1/32 vhid 2 alias\n";
    assert!(live("live-readds-vip", Release::R14, other).is_empty());
    let after = "ifconfig em0 inet 192.0.2.1 -alias\nifconfig em0 inet 192.0.2.1/32 vhid 1 alias\n";
    assert!(live("live-readds-vip", Release::R14, after).is_empty());
    let changes = |text| live("live-changes-running-vhid", Release::R14, text).len();
    assert_eq!(changes("ifconfig em0 inet 192.0.2.9/32 vhid 1 alias\n"), 1);
    assert_eq!(changes("ifconfig em0 inet 192.0.2.9/32 vhid 2 alias\n"), 0);
    assert_eq!(changes("ifconfig em0 inet 192.0.2.1 -alias\n"), 0);
    assert_eq!(changes(again), 0);
}

#[test]
fn pf_is_judged_only_where_it_is_certain() {
    for (rule, text, fires) in [
        ("carp-blocked-by-pf", "block all\n", 1),
        ("carp-blocked-by-pf", "block in\npass proto 112\n", 0),
        ("carp-blocked-by-pf", "block in proto carp\n", 1),
        ("carp-blocked-by-pf", "block in quick on em1\npass\n", 0),
        (
            "carp-blocked-by-pf",
            "block quick on em0 from any to 224.0.0.0/4\npass\n",
            1,
        ),
        (
            "carp-blocked-by-pf",
            "block\npass on em0 from (em0:network)\n",
            0,
        ),
        (
            "carp-blocked-by-pf",
            "block\npass out\npass in from <cluster>\n",
            0,
        ),
        ("carp-blocked-by-pf", "block\nanchor \"more/*\"\n", 0),
        (
            "carp-blocked-by-pf",
            "block\nanchor \"web/*\" in proto tcp\n",
            1,
        ),
        ("carp-blocked-by-pf", "block\ninclude \"/etc/pf.more\"\n", 0),
        ("carp-blocked-by-pf", "set skip on { lo0, em0 }\nblock\n", 0),
        ("carp-blocked-by-pf", "set skip on lo\nblock\n", 1),
        ("carp-blocked-by-pf", "block on egress\n", 0),
        ("carp-blocked-by-pf", "block inet6\n", 0),
        (
            "carp-blocked-by-pf",
            "if=\"em0\"\nblock\npass on $if proto { carp, pfsync }\n",
            0,
        ),
        ("carp-blocked-by-pf", "block in from 192.0.2.0/24\n", 1),
        ("carp-blocked-by-pf", "block in from 10/8\n", 0),
        (
            "carp-blocked-by-pf",
            "pass\nblock in from 198.51.100.1\n",
            0,
        ),
        (
            "carp-blocked-by-pf",
            "antispoof for em0\nblock in proto tcp to port 22\n",
            0,
        ),
        (
            "carp-routed-by-pf",
            "pass out route-to (em0 192.0.2.254)\n",
            1,
        ),
        (
            "carp-routed-by-pf",
            "pass in on em0 reply-to (em0 192.0.2.254)\n",
            0,
        ),
        (
            "carp-routed-by-pf",
            "pass out route-to (em0 192.0.2.254)\npass out proto carp\n",
            0,
        ),
        (
            "carp-routed-by-pf",
            "pass out proto tcp route-to (em0 192.0.2.254)\n",
            0,
        ),
        ("nat-from-any", "nat on em0 -> 192.0.2.1\n", 1),
        ("nat-from-any", "match out on em0 nat-to 192.0.2.1\n", 1),
        ("nat-from-any", "nat on em0 from any to any -> (em0)\n", 0),
        (
            "nat-from-any",
            "no nat on em0 from (em0) to any\nnat on em0 -> 192.0.2.1\n",
            0,
        ),
        (
            "nat-from-any",
            "nat on em0 from ! (em0) to any -> 192.0.2.1\n",
            0,
        ),
    ] {
        let a = [("rc.conf", RC_A), ("pf.conf", text)];
        let b = [("rc.conf", RC_B)];
        let found = found(rule, Release::R14, &[&a, &b]);
        assert_eq!(found.len(), fires, "{rule} {text} {found:?}");
    }
    let off = format!("{RC_A}pf_enable=\"NO\"\n");
    let files = [("rc.conf", off.as_str()), ("pf.conf", "block\n")];
    assert_eq!(count("carp-blocked-by-pf", Release::R14, &files), 0);
}

#[test]
fn devd_matches_belong_to_releases() {
    use Release::{R9, R14};
    let vlan = "vlans_em0=\"7\"\nifconfig_em0_7=\"inet 192.0.2.2/24\"\nifconfig_em0_7_alias0=\"inet 192.0.2.1/32 vhid 1\"\n";
    for (rule, release, system, subsystem, fires) in [
        ("devd-never-fires", R14, "IFNET", "carp[0-9]+", 1),
        ("devd-never-fires", R9, "IFNET", "carp[0-9]+", 0),
        ("devd-never-fires", R14, "IFNET", "!usbus[0-9]+", 0),
        ("devd-never-fires", R14, "IFNET", "[a-z]+[0-9]+", 0),
        ("devd-never-fires", R9, "CARP", "[0-9]+@em0", 1),
        ("devd-never-fires", R14, "CARP", "[0-9]+@em0", 0),
        ("devd-misses-interface", R14, "CARP", "[0-9]+@[0-9a-z]+", 1),
        ("devd-misses-interface", R14, "CARP", "[0-9]+@[0-9a-z.]+", 0),
        ("devd-misses-interface", R14, "CARP", "[0-9]+@igb0", 0),
    ] {
        let text = format!(
            "notify 0 {{ match \"system\" \"{system}\"; match \"subsystem\" \"{subsystem}\"; action \"x\"; }};\n"
        );
        let files = [("rc.conf", vlan), ("devd/carp.conf", text.as_str())];
        let found = count(rule, release, &files);
        assert_eq!(found, fires, "{rule} {release} {system} {subsystem}");
    }
}

#[test]
fn balance_needs_the_same_on_all_hosts() {
    let rc = |own: u8, order: [u8; 2]| {
        format!(
            "ifconfig_em0=\"inet 192.0.2.{own}/24\"\ncloned_interfaces=\"carp0 carp1\"\n\
             ifconfig_carp0=\"vhid {} advskew {own} 192.0.2.1/24\"\nifconfig_carp1=\"vhid {} advskew {own} 192.0.2.1/24\"\n",
            order[0], order[1]
        )
    };
    let judge = |rule, orders: [[u8; 2]; 2], balance: [&str; 2]| {
        let (a, b) = (rc(2, orders[0]), rc(3, orders[1]));
        let a = [("rc.conf", a.as_str()), ("sysctl.conf", balance[0])];
        let b = [("rc.conf", b.as_str()), ("sysctl.conf", balance[1])];
        found(rule, Release::R9, &[&a, &b]).len()
    };
    let (on, off) = ("net.inet.carp.arpbalance=1\n", "# nothing\n");
    let same = [[1, 2], [1, 2]];
    assert_eq!(judge("shared-vip-without-arpbalance", same, [off, off]), 2);
    assert_eq!(judge("shared-vip-without-arpbalance", same, [on, off]), 0);
    assert_eq!(judge("arpbalance-differs", same, [on, off]), 1);
    assert_eq!(judge("arpbalance-differs", same, [on, on]), 0);
    // The first one is appended, and a greater one comes behind it.
    assert_eq!(judge("arpbalance-order", [[1, 2], [2, 1]], [on, on]), 1);
    assert_eq!(judge("arpbalance-order", same, [on, on]), 0);
    assert_eq!(judge("uneven-mirror", same, [on, on]), 1);
}
