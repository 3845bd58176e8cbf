//! The rules of addresses, interfaces and modules at the edges of their conditions, in the files of hosts.

use carpgen::dialect::parse::HostText;
use carpgen::lint::check_hosts;
use carpgen::lint::hosts::{HostLintFinding, Hosts, LintHost};
use carpgen::model::{HostName, Release};

/// The rules that a test is about.
const OURS: &[&str] = &["CG40", "CG41", "CG90", "CG810"];

/// The files of one host: path and text.
type HostFiles<'a> = &'a [(&'a str, &'a str)];

fn found(release: &str, hosts: &[HostFiles<'_>]) -> Vec<HostLintFinding> {
    let hosts = hosts.iter().zip('a'..).map(|(files, name)| {
        let texts = files.iter().map(|(path, text)| HostText { path, text });
        let name = HostName::new(&name.to_string()).expect("a name");
        LintHost::read(
            name,
            texts.collect(),
            Some(Release::new(release).expect("a release")),
        )
    });
    let mut list = check_hosts(&Hosts::new(hosts.collect()));
    list.retain(|f| OURS.iter().any(|ours| f.rule.code.starts_with(ours)));
    list
}

/// `code severity line` of each, with the number of further places.
fn codes(release: &str, hosts: &[HostFiles<'_>]) -> Vec<String> {
    found(release, hosts)
        .iter()
        .map(|f| {
            let line = f.finding.at.map_or(0, |at| at.place.line);
            let (code, severity) = (f.rule.code, f.finding.severity);
            format!("{code} {severity} {line}+{}", f.finding.related.len())
        })
        .collect()
}

/// Release, rc.conf and what is found.
type Case<'a> = (&'a str, &'a str, &'a [&'a str]);

fn hold(cases: &[Case<'_>]) {
    for (release, text, wanted) in cases {
        assert_eq!(
            &codes(release, &[&[("rc.conf", text)]]),
            wanted,
            "{release}: {text}"
        );
    }
}

const OWN: &str = "ifconfig_em0=\"inet 192.0.2.2/24\"\n";

/// An own address and aliases of em0.
fn em0(aliases: &[&str]) -> String {
    let mut text = OWN.to_owned();
    for (number, alias) in aliases.iter().enumerate() {
        text += &format!("ifconfig_em0_alias{number}=\"{alias}\"\n");
    }
    text
}

/// Carp interfaces of release 9, by number.
fn nine(own: &str, carps: &[&str]) -> String {
    let names: Vec<String> = (0..carps.len()).map(|unit| format!("carp{unit}")).collect();
    let mut text = format!("{own}cloned_interfaces=\"{}\"\n", names.join(" "));
    for (name, words) in names.iter().zip(carps) {
        text += &format!("ifconfig_{name}=\"{words}\"\n");
    }
    text
}

#[test]
fn prefixes() {
    let of = |vip: &str| em0(&[&format!("inet {vip} vhid 1 pass k")]);
    hold(&[
        ("14", &of("192.0.2.10"), &["CG401 error 2+1"]),
        ("14", &of("192.0.2.10 netmask 255.255.255.0"), &[]),
        ("14", &of("192.0.2.10 netmask 0xffffffff"), &[]),
        ("14", &of("192.0.2.10-12/24"), &[]),
        ("14", &of("192.0.2.10/32"), &[]),
        ("14", &of("192.0.2.10/25"), &["CG406 warning 2+1"]),
        ("14", &of("192.0.2.10/31"), &["CG406 warning 2+1"]),
        ("14", &of("192.0.2.255/32"), &["CG402 error 2+1"]),
        ("14", &of("192.0.2.0/24"), &["CG402 error 2+0"]),
        (
            "9",
            &nine(OWN, &["vhid 1 pass k 192.0.2.10"]),
            &["CG401 error 3+1"],
        ),
        (
            "9",
            &nine(OWN, &["vhid 1 pass k 192.0.2.10/32"]),
            &["CG406 info 3+1"],
        ),
        ("9", &nine(OWN, &["vhid 1 pass k 192.0.2.10/24"]), &[]),
    ]);
    let alone = "ifconfig_em0_alias0=\"inet 192.0.2.255/32 vhid 1 pass k\"\n";
    hold(&[("14", alone, &[])]);
    let live = "ifconfig em0 inet 192.0.2.10 vhid 1 -alias\n";
    assert!(codes("14", &[&[("x.sh", live)]]).is_empty());
}

#[test]
fn a_vip_in_a_script_and_in_rc_conf_is_one_finding() {
    let text = em0(&["inet 192.0.2.10 vhid 1 pass k"]);
    let live = "ifconfig em0 inet 192.0.2.10 vhid 1 pass k alias\n";
    assert_eq!(
        codes("14", &[&[("rc.conf", &text), ("x.sh", live)]]),
        ["CG401 error 2+2"]
    );
}

#[test]
fn subnets() {
    let two = |rest: &str| format!("{OWN}ifconfig_em1=\"inet 198.51.100.2/24\"\n{rest}");
    let vip = |vip: &str| format!("ifconfig_em0_alias0=\"inet {vip} vhid 1 pass k\"\n");
    let dhcp = "ifconfig_em0=\"DHCP\"\nifconfig_em1=\"inet 198.51.100.2/24\"\n";
    hold(&[
        ("14", &two(&vip("198.51.100.1/24")), &["CG405 error 3+1"]),
        ("14", &two(&vip("203.0.113.1/32")), &["CG405 warning 3+1"]),
        ("14", &two(&vip("203.0.113.1/24")), &[]),
        // A wider VIP of the interface holds it.
        (
            "14",
            &em0(&[
                "inet 203.0.113.1/24 vhid 1 pass k",
                "inet 203.0.113.9/32 vhid 1",
            ]),
            &[],
        ),
        (
            "14",
            &format!(
                "{OWN}{}",
                "ifconfig_em0_ipv6=\"inet6 2001:db8::2/64\"\nifconfig_em0_alias0=\"inet6 fe80::1/128 vhid 1 pass k\"\n"
            ),
            &[],
        ),
        ("14", &vip("203.0.113.1/32"), &[]),
        // Only the address of the lease is not known, so the rest cannot be told.
        (
            "14",
            &format!("{dhcp}{}", vip("198.51.100.1/24")),
            &["CG416 warning 1+1"],
        ),
        (
            "9",
            &nine(OWN, &["vhid 1 pass k 203.0.113.1/24"]),
            &["CG404 error 3+1"],
        ),
        ("9", &nine("", &["vhid 1 pass k 203.0.113.1/24"]), &[]),
        (
            "9",
            &nine("ifconfig_em0=\"DHCP\"\n", &["vhid 1 pass k 203.0.113.1/24"]),
            &["CG416 warning 1+1"],
        ),
        (
            "9",
            &format!(
                "{}ifconfig_carp0_alias0=\"198.51.100.1/24\"\n",
                nine(&two(""), &["vhid 1 pass k 192.0.2.1/24"])
            ),
            &["CG404 error 5+3"],
        ),
    ]);
}

#[test]
fn addresses_that_stand_twice() {
    let both = |release, a: &str, b: &str| codes(release, &[&[("rc.conf", a)], &[("rc.conf", b)]]);
    let vip = em0(&["inet 192.0.2.3/24 vhid 1 pass k"]);
    let other = "ifconfig_em0=\"inet 192.0.2.3/24\"\n";
    assert_eq!(both("14", &vip, other), ["CG403 error 2+1"]);
    assert_eq!(both("14", OWN, OWN), ["CG412 error 1+1"]);
    let local = "ifconfig_em0_ipv6=\"inet6 fe80::1/64\"\n";
    assert!(both("14", local, local).is_empty());
    let tunnel = "cloned_interfaces=\"wg0\"\nifconfig_wg0=\"inet 10.9.0.1/24\"\n";
    assert!(both("14", tunnel, tunnel).is_empty());
    let address = "inet 192.0.2.1/32";
    let of = |vhid: &str| format!("{address} vhid {vhid} pass k");
    hold(&[
        ("14", &em0(&[&of("1"), address]), &["CG409 error 3+1"]),
        ("14", &em0(&[&of("1"), &of("1")]), &["CG408 warning 3+1"]),
        ("11", &em0(&[&of("1"), &of("1")]), &["CG408 error 3+1"]),
        ("14", &em0(&[&of("1"), &of("2")]), &["CG407 error 3+1"]),
        (
            "9",
            &nine(OWN, &["vhid 1 pass k 192.0.2.2/24"]),
            &["CG403 error 3+1"],
        ),
        (
            "9",
            &nine(
                OWN,
                &["vhid 1 pass k 192.0.2.9/24", "vhid 1 pass k 192.0.2.9/24"],
            ),
            &["CG411 error 4+1"],
        ),
        (
            "9",
            &nine(
                OWN,
                &["vhid 1 pass k 192.0.2.9/24", "vhid 2 pass k 192.0.2.9/24"],
            ),
            &[],
        ),
    ]);
}

#[test]
fn scripts_that_take_away_or_choose_do_not_repeat() {
    let add = "ifconfig em0 inet 192.0.2.1/32 vhid 1 pass k alias\n";
    for text in [
        format!("{add}ifconfig em0 inet 192.0.2.1 -alias\n{add}"),
        format!("if test -f /x; then\n{add}else\n{add}fi\n"),
    ] {
        assert!(codes("14", &[&[("x.sh", &text)]]).is_empty(), "{text}");
    }
    let twice = format!("{add}{add}");
    assert_eq!(codes("14", &[&[("x.sh", &twice)]]), ["CG408 warning 2+1"]);
}

#[test]
fn vhids_without_addresses() {
    let good = "inet 192.0.2.1/32 vhid 1 pass k";
    hold(&[
        ("14", &em0(&[good, "inet vhid 1 advskew 100"]), &[]),
        ("14", &em0(&[good, "inet vhid 2"]), &["CG410 error 3+0"]),
        // The words that are wrong here are named by other rules.
        ("14", &em0(&["inet vhid 2 pass 192.0.2.1/32"]), &[]),
        ("14", &em0(&["inet vhid 2 192.0.2.300/32"]), &[]),
        ("9", &nine(OWN, &["vhid 1 pass k"]), &["CG410 error 3+0"]),
    ]);
    let live = "ifconfig em0 vhid 1 advskew 0\nifconfig em0 vhid 7 state master\n";
    let text = em0(&[good]);
    assert_eq!(
        codes("14", &[&[("rc.conf", &text), ("x.sh", live)]]),
        ["CG410 error 2+0"]
    );
    assert!(codes("14", &[&[("x.sh", live)]]).is_empty());
}

#[test]
fn interfaces() {
    let on = |interface: &str, before: &str| {
        format!("{before}ifconfig_{interface}_alias0=\"inet 203.0.113.1/24 vhid 1 pass k\"\n")
    };
    hold(&[
        ("14", &on("lagg0", OWN), &["CG417 error 2+0"]),
        ("14", &on("lagg0", ""), &[]),
        ("14", &on("lagg0", "cloned_interfaces=\"lagg0\"\n"), &[]),
        ("14", &on("em0_7", OWN), &["CG417 error 2+0"]),
        ("14", &on("em0_7", &format!("{OWN}vlans_em0=\"7\"\n")), &[]),
        (
            "14",
            &on("vlan7", &format!("{OWN}vlans_em0=\"vlan7\"\n")),
            &[],
        ),
        (
            "14",
            &on(
                "lan0",
                &format!("{OWN}ifconfig_em1_name=\"lan0\"\nifconfig_em1=\"up\"\n"),
            ),
            &[],
        ),
        (
            "14",
            &on(
                "em1",
                &format!("{OWN}network_interfaces=\"em0\"\nifconfig_em1=\"up\"\n"),
            ),
            &["CG417 error 4+1"],
        ),
        (
            "14",
            &on("em1", &format!("{OWN}ifconfig_em1=\"NOAUTO\"\n")),
            &["CG417 error 3+1"],
        ),
        ("14", &on("gif0", OWN), &["CG413 error 2+0"]),
        (
            "14",
            &on(
                "em1",
                "cloned_interfaces=\"bridge0\"\nifconfig_bridge0=\"addm em1 up\"\n",
            ),
            &["CG414 error 3+1"],
        ),
        (
            "9",
            "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_carp0=\"vhid 1 pass k 192.0.2.1/24\"\n",
            &["CG417 error 2+0"],
        ),
        (
            "9",
            &nine(
                "ifconfig_bridge0=\"inet 192.0.2.2/24\"\n",
                &["vhid 1 pass k 192.0.2.9/24"],
            ),
            &["CG413 error 3+1"],
        ),
    ]);
}

#[test]
fn modules() {
    let text = em0(&["inet 192.0.2.1/32 vhid 1 pass k"]);
    let of = |release: &str, first: &str, loader: &str| {
        let text = format!("{text}{first}");
        codes(release, &[&[("rc.conf", &text), ("loader.conf", loader)]])
    };
    let cases: &[(&str, &str, &str, &[&str])] = &[
        ("14", "", "", &["CG901 error 1+1"]),
        ("14", "", "carp_load=\"yes\"\n", &[]),
        ("14", "", "carp_load=\"NO\"\n", &["CG901 error 1+1"]),
        ("14", "", "carp_load='YES'\n", &[]),
        ("14", "", "if_carp_load=\"YES\"\n", &["CG810 error 1+0"]),
        (
            "14",
            "kld_list=\"/boot/kernel/carp.ko\"\n",
            "",
            &["CG902 warning 3+0"],
        ),
        ("14", "kld_list=\"if_carp\"\n", "", &["CG810 error 3+0"]),
        ("12", "", "carp_load=\"YES\"\nnet.inet.carp.allow=0\n", &[]),
        (
            "11",
            "",
            "carp_load=\"YES\"\nnet.inet.carp.allow=0\n",
            &["CG903 warning 2+0"],
        ),
    ];
    for (release, first, loader, wanted) in cases {
        assert_eq!(
            &of(release, first, loader),
            wanted,
            "{release}: {first} and {loader}"
        );
    }
    let old = nine(OWN, &["vhid 1 pass k 192.0.2.9/24"]);
    let of = |loader| codes("9", &[&[("rc.conf", &old), ("loader.conf", loader)]]);
    assert!(of("").is_empty());
    assert_eq!(of("carp_load=\"YES\"\n"), ["CG810 warning 1+0"]);
    assert!(of("if_carp_load=\"YES\"\n").is_empty());
    // Without loader files nothing can be said.
    assert!(codes("14", &[&[("rc.conf", &text)]]).is_empty());
}
