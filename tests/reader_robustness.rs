//! No file makes the reader panic: bytes, and files with something broken in them.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use carpgen::dialect::parse::{HostText, read_host};
use carpgen::model::{HostName, Release};
use proptest::prelude::*;

const PATHS: [&str; 12] = [
    "rc.conf",
    "rc.conf.local",
    "rc.conf.d/network",
    "rc.conf.d/netif/a",
    "sysctl.conf",
    "loader.conf",
    "loader.conf.d/a.conf",
    "live.sh",
    "start_if.em0",
    "ifconfig.txt",
    "sysctl.txt",
    "release",
];

/// Reads a text as every kind of file, for every release and as nobody knows which.
fn exercise(text: &str) {
    let files = PATHS.map(|path| HostText { path, text });
    let host = HostName::new("h").unwrap();
    for release in Release::ALL.into_iter().map(Some).chain([None]) {
        let read = read_host(&host, &files, release);
        for place in read
            .boot
            .commands
            .iter()
            .flat_map(|c| c.words.iter().map(|word| word.place))
        {
            assert!(place.line >= 1 && place.column >= 1);
        }
    }
}

#[test]
fn keys_do_not_show_in_debug_output() {
    let rc = "pw=poison\nifconfig_em0=\"inet vhid 1 pass poison 192.0.2.1/24\"\nifconfig_em0_alias0=\"inet vhid 1 passwd poison\"\n\
              ifconfig_em0_alias1=\"inet vhid 2 pass a-poison 192.0.2.2/24\"\nifconfig_em0_alias2='inet pass a;poison poison'\n\
              ifconfig_em1 = \"pass poison\"\nif x; then ifconfig_em2=\"pass poison\"; fi\n";
    let shown = "em0: flags=1<UP>\n\tcarp: MASTER vhid 1 advbase 1 advskew 0 key \"poison\"\n";
    let files = [
        ("rc.conf", rc),
        ("live.sh", "ifconfig em0 vhid 1 pass poison poison\n"),
        ("ifconfig.txt", shown),
    ]
    .map(|(path, text)| HostText { path, text });
    for release in [Release::R9, Release::R14] {
        let read = read_host(&HostName::new("h").unwrap(), &files, Some(release));
        assert!(!read.statements.is_empty() && !read.scripts[0].statements.is_empty());
        assert!(!format!("{read:?}").contains("poison"));
        assert!(!format!("{:?}", read.variables.assignments()).contains("poison"));
    }
}

const PIECES: &[&str] = &[
    "ifconfig_em0=",
    "ifconfig_em0_alias0=",
    "ifconfig_em0_aliases=",
    "ifconfig_em0_ipv6=",
    "ipv4_addrs_em0=",
    "cloned_interfaces=",
    "vlans_em0=",
    "ifconfig_DEFAULT=",
    "ifconfig_em0_name=",
    "create_args_carp0=",
    "ipv6_prefix_em0=",
    "gif_interfaces=",
    "network_interfaces=",
    "ifconfig_carp0=",
    "netif_ipexpand_max=",
    "inet ",
    "inet6 ",
    "vhid ",
    "pass ",
    "poison",
    "advskew ",
    "192.0.2.1-9/24 ",
    "2001:db8::1-f/64 ",
    "carp0 ",
    "lagg:sticky ",
    "epair0 ",
    "10 ",
    "em0 ",
    "dmz ",
    "DHCP ",
    "NOAUTO ",
    "vnet ",
    "alias ",
    "netmask ",
    "255.255.255.0 ",
    "\"",
    "'",
    "\\",
    "$",
    "${",
    "}",
    "`",
    "$(",
    ")",
    "(",
    ";",
    ";;",
    "&",
    "&&",
    "|",
    "||",
    "<",
    ">",
    "<<",
    "#",
    "~",
    "*",
    "?",
    "[",
    "]",
    "\n",
    "\r\n",
    "\t",
    " ",
    "=",
    ":",
    ":=",
    ":-",
    "--",
    "-",
    "/",
    ".",
    "é",
    "\u{0}",
    "if ",
    "then ",
    "fi ",
    "case ",
    " in ",
    "esac ",
    "for ",
    "do ",
    "done ",
    "{ ",
    "f() ",
    "export ",
    "unset ",
    ": ",
    "ifconfig em0 ",
    "x=",
    "$x",
    "${x:=",
    "${x:-",
    "carp: MASTER vhid 1 advbase 1 advskew 0 key \"poison",
    "em0: flags=1<UP>\n\t",
    "_load=",
];

/// More cases with `PROPTEST_CASES`.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 1000,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn bytes_do_not_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        exercise(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn pieces_of_files_do_not_make_it_panic(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..60)) {
        exercise(&pieces.concat());
    }

    #[test]
    fn broken_files_do_not_make_it_panic(at in 0_usize..600, cut in 0_usize..40, piece in proptest::sample::select(PIECES)) {
        let text = "pw=poison\ncloned_interfaces=\"carp0 lagg0\"\nifconfig_em0=\"inet 192.0.2.2/24\"\n\
            ifconfig_em0_ipv6='inet6 2001:db8::2/64'\nvlans_em0=\"10 dmz\"\ncreate_args_dmz=\"vlan 30\"\n\
            ifconfig_em0_10=\"inet 10.0.0.2/8\" # c\nifconfig_em0_alias0=\"inet 192.0.2.10-12/32 vhid 1 \\\n\tpass ${pw}\"\n\
            ifconfig_em0_alias1=\"inet6 vhid 2 pass $pw 2001:db8::1/128\"\nifconfig_carp0=\"vhid 1 pass $pw 192.0.2.9/24\"\n\
            : ${x:=y}\nexport z=1; if true; then ifconfig_em1=up; fi\nnet.inet.carp.preempt=1\ncarp_load=\"YES\"\n";
        let mut broken = text.to_owned();
        let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        let end = (at + cut).min(text.len());
        broken.replace_range(at..end, piece);
        exercise(&broken);
    }
}
