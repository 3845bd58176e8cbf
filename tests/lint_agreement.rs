//! The boundaries of the rules about hosts that agree with each other, and with what is saved.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use carpgen::dialect::parse::HostText;
use carpgen::lint::check_hosts;
use carpgen::lint::hosts::{Hosts, LintHost};
use carpgen::model::HostName;

type Files<'a> = &'a [(&'a str, &'a str)];

/// What the rules say of hosts `a`, `b`, …, given by their files.
fn all(hosts: &[Files<'_>]) -> Vec<(&'static str, String)> {
    let texts: Vec<Vec<HostText<'_>>> = hosts
        .iter()
        .map(|files| {
            let files = files.iter();
            files.map(|(path, text)| HostText { path, text }).collect()
        })
        .collect();
    let hosts = texts.into_iter().zip('a'..).map(|(files, name)| {
        LintHost::read(HostName::new(&name.to_string()).unwrap(), files, None)
    });
    let hosts = Hosts::new(hosts.collect());
    let found = check_hosts(&hosts).into_iter();
    found
        .map(|found| (found.rule.name, found.finding.message))
        .collect()
}

/// The messages of one rule.
fn of(rule: &str, hosts: &[Files<'_>]) -> Vec<String> {
    let mut found = all(hosts);
    found.retain(|(name, _)| *name == rule);
    found.into_iter().map(|(_, message)| message).collect()
}

/// rc.conf with an own address 192.0.2.N and these alias values.
fn rc(host: u8, aliases: &[&str]) -> String {
    let mut text = format!("ifconfig_em0=\"inet 192.0.2.{host}/24\"\n");
    for (number, value) in aliases.iter().enumerate() {
        text += &format!("ifconfig_em0_alias{number}=\"{value}\"\n");
    }
    text
}

/// How often a rule fires for two hosts with one vhid of these words behind `inet 192.0.2.1/32 vhid 1`.
fn pair(rule: &str, a: &str, b: &str) -> usize {
    let value = |words: &str| format!("inet 192.0.2.1/32 vhid 1 {words}");
    let (a, b) = (rc(2, &[&value(a)]), rc(3, &[&value(b)]));
    of(rule, &[&[("rc.conf", &a)], &[("rc.conf", &b)]]).len()
}

#[test]
fn nineteen_bytes_of_a_key_count() {
    let at_19 = ("pass 0123456789abcdefghi", "pass 0123456789abcdefghj");
    let behind = ("pass 0123456789abcdefghiX", "pass 0123456789abcdefghiY");
    for ((a, b), times) in [
        (at_19, 1),
        (behind, 0),
        (("pass abc", "advskew 100"), 1),
        (("advskew 0", "advskew 100"), 0),
        // A word that is no keyword explains it.
        (("pass abc", "passwd abc"), 0),
        (("pass abc", "pass $unset"), 0),
    ] {
        assert_eq!(pair("differing-key", a, b), times, "{a} | {b}");
    }
}

#[test]
fn skews_of_one_to_five_steps_are_narrow_and_those_above_240_are_equal() {
    for (a, b, narrow, equal) in [
        (0, 0, 0, 1),
        (0, 1, 1, 0),
        (0, 5, 1, 0),
        (0, 6, 0, 0),
        (240, 254, 0, 1),
        (238, 254, 1, 0),
    ] {
        let (first, second) = (format!("advskew {a} pass k"), format!("advskew {b} pass k"));
        let found = (
            pair("narrow-skew", &first, &second),
            pair("equal-skew", &first, &second),
        );
        assert_eq!(found, (narrow, equal), "{a} and {b}");
    }
    assert_eq!(
        pair("narrow-skew", "advbase 2 pass k", "advskew 1 pass k"),
        0
    );
    assert_eq!(pair("advbase-differs", "advbase 2 pass k", "pass k"), 1);
}

#[test]
fn the_engine_says_what_follows() {
    let vhid = |skew: u8, key: &str| format!("inet 192.0.2.1/32 vhid 1 advskew {skew} pass {key}");
    let (a, b) = (rc(2, &[&vhid(0, "one")]), rc(3, &[&vhid(100, "two")]));
    let found = of("differing-key", &[&[("rc.conf", &a)], &[("rc.conf", &b)]]);
    assert_eq!(
        found,
        [
            "the keys of vhid 1 differ: a has one and b has another; each host drops the advertisements of the others; simulated: a and b are both master from 3.391 s on, and stay so"
        ]
    );
    let vhid = |base: u8| format!("inet 192.0.2.1/32 vhid 1 advbase {base} pass k");
    let (a, b) = (rc(2, &[&vhid(1)]), rc(3, &[&vhid(5)]));
    let found = of("advbase-differs", &[&[("rc.conf", &a)], &[("rc.conf", &b)]]);
    assert!(found[0].contains("simulated: "), "{found:?}");
}

#[test]
fn addresses_are_compared_without_prefixes_and_order() {
    let pair = |rule: &str, a: &[&str], b: &[&str]| {
        let (a, b) = (rc(2, a), rc(3, b));
        of(rule, &[&[("rc.conf", &a)], &[("rc.conf", &b)]]).len()
    };
    let (one, wide, two) = (
        "inet 192.0.2.1/32 vhid 1 pass k",
        "inet 192.0.2.1/24 vhid 1 pass k",
        "inet 192.0.2.12/32 vhid 1 pass k",
    );
    assert_eq!(pair("differing-address-set", &[one, two], &[two, one]), 0);
    assert_eq!(pair("differing-address-set", &[one], &[wide]), 0);
    assert_eq!(pair("differing-mask", &[one], &[wide]), 1);
    assert_eq!(pair("differing-address-set", &[one, two], &[one]), 1);
    // An address that is none counts as one, and the v6 address that the boot skips is a finding of its own.
    let bad = "inet 192.0.2.300/32 vhid 1 pass k";
    assert_eq!(pair("differing-address-set", &[one, two], &[one, bad]), 0);
    let six = "inet6 2001:db8::1/128 vhid 1 pass k";
    assert_eq!(pair("differing-address-set", &[one], &[one, six]), 0);
    // In another vhid on the other host it is differing-vhid alone.
    let moved = "inet 192.0.2.12/32 vhid 2 pass k";
    assert_eq!(pair("differing-vhid", &[one, two], &[one, moved]), 1);
    assert_eq!(pair("differing-address-set", &[one, two], &[one, moved]), 0);
}

#[test]
fn sysctls_that_were_not_given_say_nothing() {
    let vhid = |skew: u8| format!("inet 192.0.2.1/32 vhid 1 advskew {skew} pass k");
    let (a, b) = (rc(2, &[&vhid(0)]), rc(3, &[&vhid(100)]));
    let on = ("sysctl.conf", "net.inet.carp.preempt=1\n");
    let off = ("sysctl.conf", "net.inet.carp.log=1\n");
    let count = |b_sysctl: &[(&str, &str)]| {
        let mut files = vec![("rc.conf", b.as_str())];
        files.extend(b_sysctl);
        of("preempt-differs", &[&[("rc.conf", &a), on], &files]).len()
    };
    assert_eq!(count(&[]), 0);
    assert_eq!(count(&[off]), 1);
    assert_eq!(count(&[on]), 0);
}

#[test]
fn peers_are_own_addresses_of_the_other_host() {
    for (a, b, times) in [
        ("192.0.2.3", "192.0.2.2", 0),
        ("192.0.2.4", "192.0.2.2", 1),
        ("192.0.2.2", "192.0.2.2", 1),
        ("192.0.2.1", "192.0.2.2", 1),
        ("gateway", "192.0.2.2", 1),
        ("224.0.0.18", "224.0.0.18", 0),
    ] {
        let found = pair(
            "peer-mismatch",
            &format!("advskew 0 pass k peer {a}"),
            &format!("advskew 100 pass k peer {b}"),
        );
        assert_eq!(found, times, "{a} | {b}");
    }
    let one_sided = pair("peer-mismatch", "pass k peer 192.0.2.3", "advskew 9 pass k");
    assert_eq!(one_sided, 1);
    let six = "ifconfig_em0_ipv6=\"inet6 2001:db8::2/64\"\nifconfig_em0_alias0=\"inet6 2001:db8::1/128 vhid 1 pass k peer6 gateway\"\n";
    assert_eq!(of("peer-mismatch", &[&[("rc.conf", six)]]).len(), 1);
}

#[test]
fn a_vhid_is_alone_where_no_file_of_another_host_knows_its_address() {
    let lone = |b: Files<'_>| {
        let a = rc(2, &["inet 192.0.2.1/32 vhid 1 pass k"]);
        of("lone-vhid", &[&[("rc.conf", &a)], b]).len()
    };
    let plain = rc(3, &[]);
    assert_eq!(lone(&[("rc.conf", &plain)]), 1);
    assert_eq!(
        lone(&[("rc.conf", &rc(3, &["inet 192.0.2.1/32 vhid 2 pass k"]))]),
        0
    );
    let script = (
        "live.sh",
        "ifconfig em0 inet 192.0.2.1/32 vhid 1 pass k alias\n",
    );
    assert_eq!(lone(&[("rc.conf", &plain), script]), 0);
    let elsewhere = "ifconfig_em0=\"inet 198.51.100.3/24\"\n";
    assert_eq!(lone(&[("rc.conf", elsewhere)]), 0);
    let open = format!("{plain}x=\"\n");
    assert_eq!(lone(&[("rc.conf", &open)]), 0);
}

#[test]
fn live_commands_without_an_address_are_the_change_of_a_moment() {
    let a = rc(2, &["inet 192.0.2.1/32 vhid 1 advskew 0 pass k"]);
    let count = |command: &str| {
        let files = [("rc.conf", a.as_str()), ("live.sh", command)];
        of("live-differs-from-boot", &[&files]).len()
    };
    assert_eq!(count("ifconfig em0 vhid 1 advskew 240\n"), 0);
    assert_eq!(count("ifconfig em0 inet 192.0.2.1/32 vhid 1 alias\n"), 0);
    assert_eq!(
        count("ifconfig em0 inet 192.0.2.1/32 vhid 1 advskew 9 alias\n"),
        1
    );
    assert_eq!(
        count("ifconfig em0 inet 192.0.2.9/32 vhid 1 pass k alias\n"),
        1
    );
    assert_eq!(
        count("ifconfig em0 inet 192.0.2.1/32 vhid 1 pass other alias\n"),
        1
    );
    assert_eq!(
        count("ifconfig em0 inet 192.0.2.9/32 vhid 2 pass k alias\n"),
        0
    );
}

#[test]
fn demotion_names_who_wins() {
    let vhid = |skew: u8| format!("inet 192.0.2.1/32 vhid 1 advskew {skew} pass k");
    let (a, b) = (rc(2, &[&vhid(0)]), rc(3, &[&vhid(100)]));
    let found = |line: &str| {
        let files = [("rc.conf", a.as_str()), ("sysctl.txt", line)];
        of("demoted-host", &[&files, &[("rc.conf", &b)]])
    };
    assert!(found("net.inet.carp.demotion: 0\n").is_empty());
    let by = found("net.inet.carp.demotion: 240\n");
    assert!(
        by[0].ends_with("with skew 240 instead of 0, and b with 100 wins"),
        "{by:?}"
    );
    assert_eq!(found("net.inet.carp.demotion: -240\n").len(), 1);
}

#[test]
fn hosts_of_release_nine_are_compared_by_their_carp_interfaces() {
    let host = |own: u8, key: &str, skew: u8| {
        format!(
            "cloned_interfaces=\"carp0\"\nifconfig_em0=\"inet 192.0.2.{own}/24\"\nifconfig_carp0=\"vhid 1 advskew {skew} pass {key} 192.0.2.1/24\"\n"
        )
    };
    let count = |rule: &str, a: &str, b: &str| {
        let release = ("release", "9");
        of(
            rule,
            &[&[("rc.conf", a), release], &[("rc.conf", b), release]],
        )
        .len()
    };
    let (a, b, same) = (host(2, "one", 0), host(3, "two", 100), host(3, "one", 100));
    assert_eq!(count("differing-key", &a, &b), 1);
    assert_eq!(count("differing-key", &a, &same), 0);
    assert_eq!(
        all(&[&[("rc.conf", &a)], &[("rc.conf", &same)]])
            .iter()
            .filter(|(name, _)| name.starts_with("differing"))
            .count(),
        0
    );
}
