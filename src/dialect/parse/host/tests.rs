//! Whole hosts, as their files configure them.

use super::*;
use crate::model::{Mode, RcTarget};

fn read<'a>(files: &[(&'a str, &'a str)]) -> HostReading<'a> {
    let files: Vec<HostText<'a>> = files
        .iter()
        .map(|(path, text)| HostText { path, text })
        .collect();
    read_host(&HostName::new("h").unwrap(), &files, None)
}

fn vhids(reading: &HostReading<'_>) -> Vec<(u8, String, String)> {
    let list = |vips: &[crate::model::Vip]| {
        vips.iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let vhids = reading.config.vhids.iter();
    vhids
        .map(|v| (v.vhid.number(), v.interface.to_string(), list(&v.vips)))
        .collect()
}

#[test]
fn later_files_win_and_the_release_is_seen() {
    let read = read(&[
        (
            "etc/rc.conf.d/network",
            "ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 7 advskew 100 pass $k\"\n",
        ),
        (
            "etc/rc.conf",
            "k=one\nifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_alias0=up\n",
        ),
        ("etc/rc.conf.local", "k=two\n"),
        (
            "etc/sysctl.conf",
            "net.inet.carp.preempt=0\nnet.inet.carp.preempt=1\nnet.inet.carp.arpbalance=1\nkern.x=2\n",
        ),
        ("boot/loader.conf", "carp_load=\"YES\"\n"),
    ]);
    assert_eq!(
        (read.release, read.release_source),
        (Release::R15, ReleaseSource::Guessed)
    );
    assert_eq!(
        vhids(&read),
        [(7, "em0".to_owned(), "192.0.2.1/32".to_owned())]
    );
    let Mode::Carp { key, .. } = &read.config.vhids[0].mode else {
        panic!("CARP")
    };
    assert_eq!(
        key.as_ref().and_then(|k| k.text()).map(|k| k.expose()),
        Some("two")
    );
    assert_eq!(read.config.sysctl("net.inet.carp.preempt"), Some(1));
    assert_eq!(read.config.rc_target, RcTarget::Network);
    assert_eq!(
        read.rejected
            .iter()
            .map(|r| (r.reason, r.place.line))
            .collect::<Vec<_>>(),
        [(RejectedReason::Sysctl, 3)]
    );
    assert_eq!(read.loader.len(), 1);
}

#[test]
fn what_ifconfig_refuses_is_not_configured() {
    let read = read(&[(
        "rc.conf",
        "ifconfig_em0=\"inet 192.0.2.2/24\"\n\
         ifconfig_em0_alias0=\"inet vhid 300 pass a 192.0.2.10/32\"\n\
         ifconfig_em0_alias1=\"inet advskew 1 vhid 1 pass a 192.0.2.11/32\"\n\
         ifconfig_em0_alias2=\"inet vhid 2 passwd a 192.0.2.12/32\"\n\
         ifconfig_em0_alias3=\"inet vhid 3 pass a 2001:db8::1/128\"\n\
         ifconfig_em0_alias4=\"inet vhid 4 advskew 255 pass a 192.0.2.14/32\"\n\
         ifconfig_em0_alias5=\"inet vhid 5 pass a 192.0.2.15/32\"\n\
         ifconfig_em0_alias6=\"inet6 vhid 6 pass a 2001:db8::6/128\"\n\
         ifconfig_carp0=\"vhid 9 pass a 192.0.2.16/32\"\n",
    )]);
    use RejectedReason::{BadAddress, BeforeVhid, OutOfRange, UnknownWord};
    let rejected: Vec<_> = read
        .rejected
        .iter()
        .map(|r| (r.place.line, r.reason))
        .collect();
    assert_eq!(
        rejected,
        [
            (2, OutOfRange),
            (3, BeforeVhid),
            (4, UnknownWord),
            (5, BadAddress),
            (6, OutOfRange)
        ]
    );
    assert_eq!(
        vhids(&read),
        [(5, "em0".to_owned(), "192.0.2.15/32".to_owned())]
    );
    let lost: Vec<_> = read
        .boot
        .losses
        .iter()
        .map(|l| (l.place.line, l.reason))
        .collect();
    assert_eq!(
        lost,
        [(8, LossReason::NoIpv6Line), (9, LossReason::NoInterface)]
    );
}

#[test]
fn a_command_without_alias_replaces_the_first_address() {
    let read = read(&[(
        "rc.conf",
        "ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_DEFAULT=\"inet 192.0.2.9/24\"\n",
    )]);
    // ifconfig_DEFAULT stands in for ifconfig_em0_ipv6.
    let own: Vec<String> = read.config.interfaces[0]
        .addresses
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(own, ["192.0.2.9/24"]);
}

#[test]
fn carp_interfaces_find_the_interface_below() {
    let read = read(&[(
        "rc.conf",
        "cloned_interfaces=\"carp1 gif0 carp0\"\nifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em1=\"inet 10.0.0.2/8\"\n\
         ifconfig_carp0=\"vhid 1 advskew 50 advbase 0 pass a 10.0.0.1/8\"\nifconfig_carp0_alias0=\"inet 10.0.0.3/8\"\n\
         ifconfig_carp1=\"vhid 2 advbase 0 advskew 50 192.0.2.1/24\"\n",
    )]);
    assert_eq!(read.release, Release::R9);
    assert_eq!(
        vhids(&read),
        [
            (2, "em0".to_owned(), "192.0.2.1/24".to_owned()),
            (1, "em1".to_owned(), "10.0.0.1/8 10.0.0.3/8".to_owned())
        ]
    );
    let base = |index: usize| match &read.config.vhids[index].mode {
        Mode::Carp { advbase, .. } => advbase.number(),
        Mode::Vrrp { .. } => 99,
    };
    // Each word is a step of its own: a base of 0 counts only beside a skew.
    assert_eq!((base(0), base(1)), (1, 0));
    assert_eq!(read.config.cloned_interfaces.len(), 1);
    assert_eq!(read.rejected, []);
}

#[test]
fn vlans_renamed_interfaces_and_link_addresses_are_no_trouble() {
    let read = read(&[(
        "rc.conf",
        "ifconfig_em0=up\nvlans_em0=\"10 dmz\"\ncreate_args_dmz=\"vlan 30\"\nifconfig_em0_10=\"inet 10.0.10.2/24\"\n\
         ifconfig_em0_10_alias0=\"inet 10.0.10.1/32 vhid 1 pass a\"\nifconfig_dmz=\"inet 10.0.30.2/24\"\n\
         ifconfig_em1_name=wan\nifconfig_wan=\"inet 192.0.2.2/24\"\nifconfig_wan_alias0=\"link 00:11:22:33:44:55\"\n\
         network_interfaces=\"lo0 em0 wan\"\n",
    )]);
    assert_eq!(read.rejected, []);
    let names: Vec<String> = read
        .config
        .interfaces
        .iter()
        .map(|i| i.name.to_string())
        .collect();
    assert_eq!(names, ["wan", "em0.10", "dmz"]);
    assert_eq!(
        vhids(&read),
        [(1, "em0.10".to_owned(), "10.0.10.1/32".to_owned())]
    );
}

#[test]
fn files_are_known_in_both_forms() {
    for (path, kind) in [
        ("rc.conf", FileKind::RcConf),
        ("etc/rc.conf.d/netif/a", FileKind::RcConf),
        ("boot/loader.conf.d/x.conf", FileKind::LoaderConf),
        ("etc/start_if.em0", FileKind::BootScript),
        ("live.sh", FileKind::Script),
        ("sysctl.kld.d/carp.conf", FileKind::SysctlKld),
        ("etc/devd/carp.conf", FileKind::Companion),
    ] {
        assert_eq!(file_kind(path), Some(kind), "{path}");
    }
    assert_eq!(file_kind("notes.txt"), None);
    assert_eq!(file_kind("a/live.sh"), None);
}
