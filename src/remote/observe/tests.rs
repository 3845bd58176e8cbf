//! Answers of hosts.

use super::*;
use crate::model::{HostName, Mode, PrivilegeCommand};
use crate::remote::{Fake, Reply};

fn target() -> Target {
    Target {
        host: HostName::new("fw1").unwrap(),
        destination: "root@fw1".to_owned(),
        become_root: PrivilegeCommand::None,
    }
}

/// Lets a host answer with sections: begin line, content, end line.
fn answered(sections: &[Told]) -> Result<Observed, ObserveError> {
    let (fake, sections) = (Fake::new(), sections.to_vec());
    fake.answer_with(&target().host, move |request| {
        let script = String::from_utf8(request.script.to_vec()).unwrap();
        let nonce = script
            .lines()
            .next()
            .unwrap()
            .strip_prefix("nonce=")
            .unwrap();
        let mut stdout = Vec::new();
        for (begin, content, end) in &sections {
            stdout.extend_from_slice(format!("{nonce} begin {begin}\n").as_bytes());
            stdout.extend_from_slice(content);
            stdout.extend_from_slice(format!("\n{nonce} end {end}\n").as_bytes());
        }
        Ok(Reply {
            status: 0,
            stdout,
            stderr: b"sh: something\n".to_vec(),
        })
    });
    observe(&fake, &target(), Duration::from_secs(5))
}

/// A section: begin line, content, end line.
type Told = (&'static str, &'static [u8], &'static str);

const SYSTEM: Told = ("output system", b"FreeBSD\n", "0");
const KERNEL: Told = ("output kernel", b"14.3-RELEASE-p2\n", "0");
const DONE: Told = ("output done", b"", "0");

#[test]
fn everything_that_a_host_tells_is_kept() {
    let found = answered(&[
        SYSTEM,
        KERNEL,
        ("output userland", b"14.3-RELEASE-p3\n", "0"),
        ("output user", b"0\n", "0"),
        (
            "file 0644 /etc/rc.conf",
            b"ifconfig_em0=\"inet 192.0.2.2/24\"\nifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 pass k\"",
            "0",
        ),
        ("file 0600 /etc/rc.conf.d/network/x y", b"# Stra\xdfe\n", "0"),
        ("file  /boot/loader.conf.d/a.conf", b"", "1 cat: /boot/loader.conf.d/a.conf: Permission denied"),
        (
            "output ifconfig",
            b"em0: flags=8943<UP> metric 0 mtu 1500\n\tinet 192.0.2.2 netmask 0xffffff00\n\tinet 192.0.2.1 netmask 0xffffffff vhid 1\n\tcarp: MASTER vhid 1 advbase 1 advskew 0\n",
            "0",
        ),
        ("output sysctl", b"net.inet.carp.demotion: 240\n", "0"),
        ("output sysctl", b"net.pfsync.carp_demotion_factor: 0\n", "0"),
        ("output boottime", b"{ sec = 1700000000, usec = 5 } Tue\n", "0"),
        ("output modules", b"Id Refs Address Size Name\n 2 1 0xff 6938 carp.ko\n", "0"),
        ("output module", b"", "0"),
        ("pending 0600 /var/db/carpgen/pending", b"id=7\n", "0"),
        DONE,
    ])
    .unwrap();
    assert_eq!((found.release, found.is_root), (Release::R14, true));
    assert_eq!(found.release_text, "14.3-RELEASE-p2");
    assert_eq!(found.userland_text.as_deref(), Some("14.3-RELEASE-p3"));
    assert_eq!(found.carp, CarpSupport::Module);
    assert_eq!(found.booted_at, Some(1_700_000_000));
    assert_eq!(
        (
            found.demotion(),
            found.sysctl("net.pfsync.carp_demotion_factor")
        ),
        (Some(240), Some(0))
    );
    assert_eq!(found.carpgen.pending.as_deref(), Some("pending\nid=7\n"));
    let rc = found.file("/etc/rc.conf").unwrap();
    assert!(rc.text.ends_with("pass k\""), "no newline is added");
    assert_eq!(rc.mode, 0o644);
    assert_eq!(found.inexact, ["/etc/rc.conf.d/network/x y"]);
    assert_eq!(found.unreadable.len(), 1);
    assert_eq!(found.unreadable[0].why, "Permission denied");
    // Files and outputs make a boot and a present that can be compared.
    let boot = found.reading().config;
    let live = found.live();
    assert_eq!(boot.vhids.len(), 1);
    assert_eq!(
        boot.interfaces,
        [crate::model::InterfaceConfig {
            manage: true,
            ..live.interfaces[0].clone()
        }]
    );
    assert_eq!(boot.vhids[0].vips, live.vhids[0].vips);
    assert!(found.keys_shown());
    assert!(matches!(live.vhids[0].mode, Mode::Carp { key: None, .. }));
    assert!(!format!("{found:?}").contains("pass k"));
}

#[test]
fn what_is_no_host_of_ours_is_said() {
    let linux = answered(&[("output system", b"Linux\n", "0"), DONE]);
    assert_eq!(
        linux.unwrap_err().to_string(),
        "root@fw1 runs Linux, not FreeBSD"
    );
    let old = answered(&[
        ("output system", b"FreeBSD\n", "0"),
        ("output kernel", b"8.4-RELEASE\n", "0"),
        DONE,
    ]);
    assert!(old.unwrap_err().to_string().contains("FreeBSD 8.4-RELEASE"));
    let half = answered(&[("output system", b"FreeBSD\n", "0")]).unwrap_err();
    assert_eq!(
        half.to_string(),
        "root@fw1 did not answer to the end: sh: something"
    );
    assert!(!half.is_unreachable());
}

#[test]
fn a_host_without_tools_is_still_a_host() {
    let bare = answered(&[
        ("output system", b"FreeBSD\n", "0"),
        ("output kernel", b"9.3-RELEASE\n", "0"),
        ("output userland", b"", "127"),
        ("output user", b"1001\n", "0"),
        ("output ifconfig", b"", "127"),
        ("output module", b"", "1"),
        DONE,
    ])
    .unwrap();
    assert_eq!((bare.carp, bare.is_root), (CarpSupport::Absent, false));
    assert_eq!((bare.userland_text.clone(), bare.demotion()), (None, None));
    assert!(bare.live().vhids.is_empty() && bare.reading().config.vhids.is_empty());
}

#[test]
fn no_bytes_make_the_reader_stumble() {
    let whole = b"x\nN begin file 0644 /a\nN begin\n\n\nN end 0\ny";
    let found = sections(whole, "N");
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].words, found[0].content),
        ("0644 /a", b"N begin\n\n".as_slice())
    );
    for cut in 0..whole.len() {
        assert!(sections(&whole[..cut], "N").len() <= 1);
        let mut broken = whole.to_vec();
        broken[cut] = 0xff;
        let _ = sections(&broken, "N");
    }
}

#[test]
fn packets_with_bad_authentication_are_counted_and_seen_to_come() {
    let before: Told = (
        "output netstat",
        b"carp:\n\t\t1 discarded packet for bad authentication\n",
        "0",
    );
    let discards = |growth| {
        Some(Discards {
            since_boot: 1,
            growth,
        })
    };
    let found = answered(&[SYSTEM, KERNEL, before, DONE]).unwrap();
    assert_eq!(found.discards, discards(None));
    let after: Told = (
        "output later",
        b"carp:\n\t\t5 discarded packets for bad authentication\n",
        "0",
    );
    let found = answered(&[SYSTEM, KERNEL, before, after, DONE]).unwrap();
    let growth = Growth {
        packets: 4,
        within: DISCARD_WATCH,
    };
    assert_eq!(found.discards, discards(Some(growth)));
}
