//! The boundaries of the rules about the syntax, the ranges and the keys of host files.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use carpgen::dialect::parse::HostText;
use carpgen::lint::check_hosts;
use carpgen::lint::hosts::{Hosts, LintHost, without_carriage_returns};
use carpgen::model::{HostName, Release, Severity};

/// What is found in the files of one host: rules, severities and lines.
fn found(release: &str, files: &[(&str, &str)]) -> Vec<(&'static str, Severity, u32)> {
    let mended: Vec<String> = files
        .iter()
        .map(|(path, text)| without_carriage_returns(path, text).unwrap_or((*text).to_owned()))
        .collect();
    let raw = files.iter().map(|(path, text)| HostText { path, text });
    let clean: Vec<HostText<'_>> = files
        .iter()
        .zip(&mended)
        .map(|((path, _), text)| HostText { path, text })
        .collect();
    let release = Release::new(release).unwrap();
    let name = HostName::new("a").unwrap();
    let host = LintHost::read_clean(name, raw.collect(), &clean, Some(release));
    check_hosts(&Hosts::new(vec![host]))
        .iter()
        .map(|f| {
            let line = f.finding.at.map_or(0, |at| at.place.line);
            (f.rule.name, f.finding.severity, line)
        })
        .collect()
}

/// Those of the rules about syntax, ranges and keys that find an error or a warning.
fn rules(release: &str, files: &[(&str, &str)]) -> Vec<&'static str> {
    const OURS: [&str; 31] = [
        "unterminated-quote",
        "shell-syntax-error",
        "carriage-return",
        "broken-continuation",
        "not-an-assignment",
        "malformed-loader-line",
        "unset-variable",
        "overridden-assignment",
        "missing-pass-keyword",
        "unknown-keyword",
        "keyword-before-vhid",
        "garbled-value",
        "alias-without-family",
        "inet6-not-first",
        "aliases-without-family",
        "inet6-without-base",
        "alias-gap",
        "empty-alias",
        "odd-alias-name",
        "live-without-alias",
        "vhid-in-removal",
        "vhid-out-of-range",
        "advbase-out-of-range",
        "advskew-out-of-range",
        "vrrp-out-of-range",
        "bad-address",
        "missing-pass",
        "pass-hangs-boot",
        "range-hangs-boot",
        "pass-evaluated",
        "pass-reserved-word",
    ];
    let all = found(release, files);
    let loud = all
        .iter()
        .filter(|(name, severity, _)| OURS.contains(name) && *severity > Severity::Info);
    loud.map(|(name, ..)| *name).collect()
}

const OWN: &str =
    "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_ipv6=\"inet6 2001:db8::2/64\"\n";

/// What fires for one alias of em0.
fn alias(release: &str, value: &str) -> Vec<&'static str> {
    let text = format!("{OWN}ifconfig_em0_alias0=\"{value}\"\n");
    rules(release, &[("rc.conf", &text)])
}

/// Values of an alias, and what fires for each.
const WORDS: [(&str, &[&str]); 33] = [
    ("inet 192.0.2.1/32 vhid 1 advskew 0 pass geheim12", &[]),
    ("inet vhid 1 pass geheim12 alias 192.0.2.1/32", &[]),
    (
        "inet 192.0.2.1 netmask 0xffffffff vhid 1 pass geheim12 mtu 1500 up",
        &[],
    ),
    (
        "inet 192.0.2.1/32 vhid 1 passwd geheim12",
        &["unknown-keyword"],
    ),
    ("inet vhid 1 passwd 192.0.2.1/32", &["missing-pass-keyword"]),
    (
        "inet 192.0.2.9/32 vhid 1 passwd 192.0.2.1/32",
        &["unknown-keyword"],
    ),
    (
        "inet vhid 1 geheim12 192.0.2.1/32",
        &["missing-pass-keyword"],
    ),
    (
        "inet 192.0.2.1/32 vhid 1 advskew 5 geheim12",
        &["missing-pass-keyword"],
    ),
    (
        "inet 192.0.2.1/32 vhid 1 pass geheim12 advskw 100",
        &["unknown-keyword"],
    ),
    (
        "inet 192.0.2.1/32 vhd 1 advskew 5 pass geheim12",
        &["unknown-keyword"],
    ),
    ("inet vip.example.net vhid 1 pass geheim12", &[]),
    ("inet vip vhid 1 pass geheim12", &[]),
    (
        "inet 192.0.2.1/32 advskew 5 vhid 1 pass geheim12",
        &["keyword-before-vhid"],
    ),
    ("inet 192.0.2.1/32 pass geheim12", &["keyword-before-vhid"]),
    ("inet 192.0.2.1/32 vhid 1 pass", &["garbled-value"]),
    (
        "inet 192.0.2.1/32 pass geheim12 vhid",
        &["keyword-before-vhid", "garbled-value"],
    ),
    (
        "inet 192.0.2.1/32 vhid one pass geheim12",
        &["garbled-value"],
    ),
    (
        "inet 192.0.2.1/32 vhid 0 pass geheim12",
        &["vhid-out-of-range"],
    ),
    ("inet 192.0.2.1/32 vhid 255 pass geheim12", &[]),
    (
        "inet 192.0.2.1/32 vhid 1 advskew 255 pass geheim12",
        &["advskew-out-of-range"],
    ),
    (
        "inet 192.0.2.1/32 vhid 1 advbase 0 pass geheim12",
        &["advbase-out-of-range"],
    ),
    (
        "192.0.2.1/32 vhid 1 pass geheim12",
        &["alias-without-family"],
    ),
    ("2001:db8::1/64 vhid 1 pass geheim12", &["inet6-not-first"]),
    (
        "inet 2001:db8::1/64 vhid 1 pass geheim12",
        &["inet6-not-first"],
    ),
    (
        "inet vhid 1 pass geheim12 inet6 2001:db8::1/64",
        &["inet6-not-first"],
    ),
    ("inet6 2001:db8::1/64 vhid 1 pass geheim12", &[]),
    ("inet 192.0.2.300/32 vhid 1 pass geheim12", &["bad-address"]),
    ("inet 192.0.2.1/33 vhid 1 pass geheim12", &["bad-address"]),
    ("inet 127.0.0.1/32 vhid 1 pass geheim12", &["bad-address"]),
    (
        "inet 192.0.2.1 netmask 255.0.255.0 vhid 1 pass geheim12",
        &["bad-address"],
    ),
    ("inet 192.0.2.5-9/32 vhid 1 pass geheim12", &[]),
    (
        "inet vhid 1 pass geheim12 192.0.2.5-9/32",
        &["range-hangs-boot"],
    ),
    ("inet 192.0.2.1/32 vhid 1 advskew 5", &["missing-pass"]),
];

#[test]
fn words_of_an_alias() {
    for (value, expected) in WORDS {
        assert_eq!(alias("14", value), expected, "{value}");
    }
}

#[test]
fn keys_of_an_alias() {
    let table: [(&str, &[&str]); 9] = [
        ("ab-cdefgh", &["pass-hangs-boot"]),
        ("xy-zxyzxy", &[]),
        ("xy--zxyzxy", &[]),
        ("gehe(im12", &["pass-evaluated"]),
        ("#geheim12", &["pass-evaluated"]),
        ("gehe;im12", &["pass-evaluated"]),
        ("gehe#im12", &[]),
        ("inet6", &["pass-reserved-word"]),
        ("dhcp", &[]),
    ];
    for (key, expected) in table {
        let value = format!("inet 192.0.2.1/32 vhid 1 pass {key}");
        assert_eq!(alias("14", &value), expected, "{key}");
    }
    // Beside a range, which is expanded, `--` loses the addresses.
    let range = "inet 192.0.2.5-9/32 vhid 1 pass xy--zxyzxy";
    assert_eq!(alias("14", range), ["pass-hangs-boot"]);
    assert_eq!(
        rules(
            "9",
            &[(
                "rc.conf",
                "cloned_interfaces=\"carp0\"\nifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_carp0=\"vhid 1 pass ab-cdefgh 192.0.2.1/24\"\n"
            )]
        ),
        [""; 0]
    );
}

#[test]
fn the_place_of_an_evaluated_key_decides() {
    let first = "ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 pass gehe(im12\"\n";
    let second = "ifconfig_em0_alias1=\"inet 192.0.2.4/32 vhid 1 pass geheim12\"\n";
    let severity = |text: String| {
        let all = found("14", &[("rc.conf", &text)]);
        let of = all.iter().find(|(name, ..)| *name == "pass-evaluated");
        of.map(|(_, severity, _)| *severity)
    };
    assert_eq!(severity(format!("{OWN}{first}")), Some(Severity::Warning));
    let cut = first.replace("gehe(im12", "#geheim12");
    assert_eq!(
        rules("14", &[("rc.conf", &format!("{OWN}{cut}{second}"))]),
        ["pass-evaluated"]
    );
    let two = format!("{OWN}{first}{second}");
    assert_eq!(severity(two), Some(Severity::Error));
    let other = second.replace("inet 192.0.2.4/32", "inet6 2001:db8::1/64");
    let two = format!("{OWN}{first}{other}");
    assert_eq!(severity(two), Some(Severity::Warning));
}

#[test]
fn files_of_rc_conf() {
    let vip = "inet 192.0.2.1/32 vhid 1 pass geheim12";
    let table: [(String, &[&str]); 18] = [
        (
            format!("{OWN}ifconfig_em0_alias0=\"{vip}\n"),
            &["unterminated-quote"],
        ),
        (
            format!("{OWN}ifconfig_em0_alias0=\"{vip}\"\n").replace('\n', "\r\n"),
            &["carriage-return"],
        ),
        (
            format!("{OWN}ifconfig_em0_alias0=\"\\ \n {vip}\"\n"),
            &["broken-continuation"],
        ),
        (format!("{OWN}ifconfig_em0_alias0=\"\\\n {vip}\"\n"), &[]),
        (
            format!("{OWN}ifconfig_em0.5=\"{vip}\"\n"),
            &["not-an-assignment"],
        ),
        (
            format!("{OWN}ifconfig_em0_alias0= \"{vip}\"\n"),
            &["not-an-assignment"],
        ),
        (
            format!("{OWN}ifconfig_em0_alias0=\"{vip}$k\"\n"),
            &["unset-variable"],
        ),
        (
            format!("{OWN}ifconfig_em0_alias0=\"{vip}${{k:-x}}\"\n"),
            &[],
        ),
        (
            format!("{OWN}ifconfig_em0_alias0=\"{vip}${{k:=x}}\"\n"),
            &[],
        ),
        (
            format!("{OWN}. /etc/keys\nifconfig_em0_alias0=\"{vip}$k\"\n"),
            &[],
        ),
        (format!("{OWN}{OWN}"), &[]),
        (format!("{OWN}: ${{ifconfig_em0:=up}}\n"), &[]),
        (format!("{OWN}ifconfig_em0=\"$ifconfig_em0 up\"\n"), &[]),
        (
            format!("{OWN}ifconfig_em0=\"inet 192.0.2.9/24\"\n"),
            &["overridden-assignment"],
        ),
        (format!("{OWN}ifconfig_em0_aliases=\"{vip}\"\n"), &[]),
        (
            format!("{OWN}ifconfig_em0_alias0=\"\"\nifconfig_em0_alias1=\"{vip}\"\n"),
            &["empty-alias"],
        ),
        // Blanks are not empty: `"inet:alias::"` is all that ends the list.
        (
            format!("{OWN}ifconfig_em0_alias0=\" \"\nifconfig_em0_alias1=\"{vip}\"\n"),
            &[],
        ),
        (
            "ifconfig_em0_alias0=\"inet6 2001:db8::1/64 vhid 1 pass geheim12\"\n".to_owned(),
            &["inet6-without-base"],
        ),
    ];
    for (text, expected) in table {
        assert_eq!(rules("14", &[("rc.conf", &text)]), expected, "{text}");
    }
    let gap =
        format!("{OWN}ifconfig_em0_alias1=\"{vip}\"\nifconfig_em0_alias3=\"inet 192.0.2.4/32\"\n");
    assert_eq!(rules("10", &[("rc.conf", &gap)]), ["alias-gap"]);
    assert_eq!(rules("11", &[("rc.conf", &gap)]), [""; 0]);
    let odd = format!("{OWN}ifconfig_em0_alias01=\"{vip}\"\n");
    assert_eq!(rules("14", &[("rc.conf", &odd)]), ["odd-alias-name"]);
}

#[test]
fn live_commands_and_other_files() {
    let rc = format!("{OWN}ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 pass geheim12\"\n");
    let table: [(&str, &[&str]); 9] = [
        ("ifconfig em0 inet 192.0.2.1/32 vhid 1 alias\n", &[]),
        (
            "ifconfig em0 inet 192.0.2.1/32 vhid 1\n",
            &["live-without-alias"],
        ),
        ("ifconfig em0 vhid 1 advskew 5\n", &[]),
        ("ifconfig em0 vhid 1 state backup\n", &[]),
        (
            "ifconfig em0 inet 192.0.2.1/32 vhid 1 -alias\n",
            &["vhid-in-removal"],
        ),
        ("ifconfig em0 vhid 1 pass $1 192.0.2.1/32 alias\n", &[]),
        (
            "ifconfig em0 inet 192.0.2.4/32 vhid 2 pass \"$KEY\" alias\n",
            &[],
        ),
        (
            "ifconfig em0 inet 192.0.2.4/32 vhid 2 alias\n",
            &["missing-pass"],
        ),
        ("ifconfig em0 ether 00:11:22:33:44:55\n", &[]),
    ];
    for (text, expected) in table {
        assert_eq!(
            rules("14", &[("rc.conf", &rc), ("live.sh", text)]),
            expected,
            "{text}"
        );
    }
    for (line, expected) in [
        ("carp_load=YES", 0),
        ("carp_load = \"YES\" # carp", 0),
        ("export carp_load=\"YES\"", 1),
        ("carp_load=\"YES\" if_lagg_load=\"YES\"", 1),
        ("if_lagg_load='YES'", 0),
    ] {
        let found = rules("14", &[("rc.conf", &rc), ("loader.conf", line)]);
        let count = found
            .iter()
            .filter(|name| **name == "malformed-loader-line")
            .count();
        assert_eq!(count, expected, "{line}");
    }
}

#[test]
fn release_9() {
    let rc = |value: &str| {
        format!(
            "cloned_interfaces=\"carp0\"\nifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_carp0=\"{value}\"\n"
        )
    };
    let table: [(&str, &[&str]); 6] = [
        ("advskew 5 vhid 1 pass geheim12 192.0.2.1/24", &[]),
        ("vhid 1 geheim12 192.0.2.1/24", &["missing-pass-keyword"]),
        (
            "vhid 1 advskew x pass geheim12 192.0.2.1/24",
            &["garbled-value"],
        ),
        (
            "vhid 1 advbase 0 advskew 5 pass geheim12 192.0.2.1/24",
            &["advbase-out-of-range"],
        ),
        ("vhid 1 192.0.2.1/24", &["missing-pass"]),
        ("vhid 1 pass NOAUTO 192.0.2.1/24", &["pass-reserved-word"]),
    ];
    for (value, expected) in table {
        assert_eq!(rules("9", &[("rc.conf", &rc(value))]), expected, "{value}");
    }
    let good = rc("vhid 1 pass geheim12 192.0.2.1/24");
    let with = |path, text| rules("9", &[("rc.conf", &good), (path, text)]);
    assert_eq!(
        with("sysctl.conf", "net.inet.carp.preempt = 1\n"),
        ["not-an-assignment"]
    );
    assert_eq!(
        with("sysctl.conf", "net.inet.carp.preempt=1 # a = b\n"),
        [""; 0]
    );
    assert_eq!(
        with("sysctl.conf", "net.inet.carp.preempt=1\r\n"),
        ["carriage-return"]
    );
    let two = "ifconfig carp0 192.0.2.1/24\nifconfig carp0 192.0.2.4/24\n";
    assert_eq!(with("live.sh", two), ["live-without-alias"]);
    let alias = "ifconfig carp0 192.0.2.1/24\nifconfig carp0 192.0.2.4/24 alias\n";
    assert_eq!(with("live.sh", alias), [""; 0]);
}

#[test]
fn what_the_shell_cannot_read_is_said() {
    let good = "ifconfig_em0=\"inet 192.0.2.2/24\"\n";
    for broken in [
        "x=${y\n",
        "x=$(date\n",
        "if true; then\n",
        "x=1 )\n",
        "case x in\n",
        "ifconfig_em1_alias0=\"inet 192.0.2.9/24 (\"\nifconfig_em1_alias1=\"inet 192.0.2.8/24\"\n",
    ] {
        let rc = format!("{broken}{good}");
        let found = rules("14", &[("rc.conf", &rc)]);
        assert!(found.contains(&"shell-syntax-error"), "{rc}: {found:?}");
    }
    let open = format!("x=\"1\n{good}");
    assert_eq!(rules("14", &[("rc.conf", &open)]), ["unterminated-quote"]);
    assert_eq!(rules("14", &[("rc.conf", good)]), [""; 0]);
    let start = rules("14", &[("rc.conf", good), ("start_if.em0", "if x\n")]);
    assert_eq!(start, ["shell-syntax-error"]);
}
