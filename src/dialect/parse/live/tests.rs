//! Saved output of every family.

use super::*;
use crate::dialect::parse::{Text, ifconfig_output, sysctl_output};
use crate::model::FileId;

fn live(release: Release, ifconfig: &str, sysctl: &str, keys: ShownKeys) -> HostConfig {
    live_config(
        &HostName::new("fw1").unwrap(),
        release,
        &ifconfig_output(&Text::new(FileId(0), ifconfig)),
        &sysctl_output(&Text::new(FileId(1), sysctl)),
        keys,
    )
}

fn vips(vhid: &VhidConfig) -> Vec<String> {
    vhid.vips.iter().map(ToString::to_string).collect()
}

const LEGACY: &str = "em0: flags=8843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST> metric 0 mtu 1500\n\
    \tinet 192.168.1.2 netmask 0xffffff00 broadcast 192.168.1.255\n\
    \tstatus: active\n\
    em1: flags=8802<BROADCAST,SIMPLEX,MULTICAST> metric 0 mtu 1500\n\
    lo0: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> metric 0 mtu 16384\n\
    \tinet 127.0.0.1 netmask 0xff000000\n\
    carp1: flags=49<UP,LOOPBACK,RUNNING> metric 0 mtu 1500\n\
    \tinet6 fe80::200:5eff:fe00:102%carp1 prefixlen 64 scopeid 0x5\n\
    \tinet 192.168.1.100 netmask 0xffffff00\n\
    \tcarp: BACKUP vhid 2 advbase 5 advskew 100\n\
    carp0: flags=49<UP,LOOPBACK,RUNNING> metric 0 mtu 1500\n\
    \tinet 10.9.9.9 netmask 0xffffff00\n\
    \tcarp: MASTER vhid 1 advbase 1 advskew 0\n\
    carp7: flags=8<LOOPBACK> metric 0 mtu 1500\n";

#[test]
fn carp_interfaces_lead_to_the_interface_of_their_subnet() {
    let sysctl = "net.inet.carp.allow: 1\nnet.inet.carp.preempt: 1\nnet.inet.carp.log: 1\n\
        net.inet.carp.arpbalance: 1\nnet.inet.carp.suppress_preempt: 0\n";
    let config = live(Release::R9, LEGACY, sysctl, ShownKeys::Hidden);
    let names: Vec<&str> = config.interfaces.iter().map(|i| i.name.as_str()).collect();
    assert_eq!(names, ["em0", "carp0"], "no lo0, nothing without addresses");
    let [second, first] = config.vhids.as_slice() else {
        panic!("{:?}", config.vhids)
    };
    assert_eq!(second.interface.as_str(), "em0");
    assert_eq!((second.carp_unit, second.vhid.number()), (Some(1), 2));
    assert_eq!(vips(second), ["192.168.1.100/24"], "no link-local address");
    assert_eq!(first.interface.as_str(), "carp0", "no subnet holds it");
    let Mode::Carp {
        advbase,
        advskew,
        key,
        ..
    } = &second.mode
    else {
        panic!("CARP")
    };
    assert_eq!((advbase.number(), advskew.number()), (5, 100));
    assert_eq!(*key, Some(Key::Redacted), "nothing is known of the key");
    assert_eq!(config.sysctl("net.inet.carp.arpbalance"), Some(1));
    assert_eq!(config.sysctl("net.inet.carp.suppress_preempt"), None);
}

#[test]
fn releases_from_ten_on_show_the_vhid_at_the_address() {
    let ifconfig = "em0: flags=8943<UP,BROADCAST,RUNNING,PROMISC,SIMPLEX,MULTICAST> metric 0 mtu 1500\n\
        \tinet 10.0.0.231 netmask 0xffffff00 broadcast 10.0.0.255\n\
        \tinet 10.0.0.230 netmask 0xffffffff broadcast 10.0.0.230 vhid 2 \n\
        \tinet6 fe80::1%em0 prefixlen 64 scopeid 0x1 vhid 2\n\
        \tinet6 2001:db8::1 prefixlen 64 vhid 1\n\
        \tcarp: BACKUP vhid 2 advbase 1 advskew 100 key \"secret\"\n\
        \tcarp: INIT vhid 1 advbase 1 advskew 0\n\
        \tcarp: INIT vhid 300 advbase 1 advskew 0\n";
    let sysctl = "net.inet.carp.demotion: 240\nnet.inet.carp.preempt: 1\nnet.inet.carp.dscp: 56\n\
        net.pfsync.carp_demotion_factor: 0\nkern.boottime: { sec = 1, usec = 0 } x\n";
    let config = live(Release::R13, ifconfig, sysctl, ShownKeys::Shown);
    let [first, second] = config.vhids.as_slice() else {
        panic!("{:?}", config.vhids)
    };
    assert_eq!((first.vhid.number(), second.vhid.number()), (1, 2));
    assert_eq!(vips(second), ["10.0.0.230/32", "fe80::1/64"]);
    assert_eq!(config.interfaces[0].addresses.len(), 1);
    assert_eq!(config.interfaces[0].segment.as_str(), "em0");
    let key = |vhid: &VhidConfig| match &vhid.mode {
        Mode::Carp { key, .. } => key.clone(),
        Mode::Vrrp { .. } => panic!("CARP"),
    };
    assert_eq!(key(first), None, "keys are shown, and it has none");
    assert_eq!(
        key(second).and_then(|key| key.text().map(|t| t.expose().to_owned())),
        Some("secret".to_owned())
    );
    let names: Vec<&str> = config.sysctls.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "net.inet.carp.preempt",
            "net.inet.carp.dscp",
            "net.pfsync.carp_demotion_factor"
        ]
    );
}

#[test]
fn a_peer_is_one_that_is_no_group_and_vrrp_is_read() {
    let ifconfig = "em0: flags=1008943<UP> metric 0 mtu 1500\n\
        \tinet 10.0.0.230/24 vhid 1\n\
        \tinet6 2001:db8::1/64 vhid 2\n\
        \tcarp: MASTER vhid 1 advbase 1 advskew 0\n\
        \t      peer 10.0.0.3 peer6 ff02::12\n\
        \tcarp: MASTER vhid 2 advbase 1 advskew 0\n\
        \t      peer 224.0.0.18 peer6 fe80::3%em0\n\
        \tvrrp: MASTER vrid 3 prio 200 interval 50\n";
    let config = live(Release::R15, ifconfig, "", ShownKeys::Hidden);
    let peers: Vec<(Option<String>, Option<String>)> = config
        .vhids
        .iter()
        .filter_map(|vhid| match &vhid.mode {
            Mode::Carp { peer, peer6, .. } => Some((
                peer.map(|peer| peer.to_string()),
                peer6.map(|peer| peer.to_string()),
            )),
            Mode::Vrrp { .. } => None,
        })
        .collect();
    assert_eq!(
        peers,
        [
            (Some("10.0.0.3".to_owned()), None),
            (None, Some("fe80::3".to_owned()))
        ]
    );
    let Mode::Vrrp { priority, interval } = config.vhids[2].mode else {
        panic!("VRRP")
    };
    assert_eq!((priority.number(), interval.number()), (200, 50));
}
