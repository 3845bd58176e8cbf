//! Rendered text for descriptions of every release.

use super::*;
use crate::config::{Description, examples, resolve};
use crate::model::{Key, Secret};

fn host_files(text: &str, node: usize) -> HostFiles {
    let description = Description::read(text);
    assert_eq!(description.problems, []);
    let mut host = resolve(&description.cluster, &description.cluster.nodes[node]);
    for key in host.keys_mut() {
        if key.text().is_none() {
            *key = Key::Text(Secret::new("SECRET"));
        }
    }
    Renderer::new().unwrap().render(&host).unwrap()
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with('#')).collect()
}

fn commands(list: &[Argv]) -> Vec<String> {
    list.iter().map(|argv| argv.join(" ")).collect()
}

#[test]
fn the_classical_pair() {
    let article = examples::example("article").unwrap().text;
    let a = host_files(article, 0);
    assert_eq!(
        lines(&a.rc.content),
        [
            "cloned_interfaces=\"carp0 carp1\"",
            "ifconfig_carp0=\"vhid 1 advbase 5 pass passwd 192.168.1.100/24\"",
            "ifconfig_carp1=\"vhid 2 advbase 5 advskew 100 pass passwd 192.168.1.100/24\"",
        ]
    );
    assert_eq!(
        lines(&a.sysctl.content),
        ["net.inet.carp.preempt=1", "net.inet.carp.arpbalance=1"]
    );
    assert_eq!(lines(&a.loader.content), ["if_carp_load=\"YES\""]);
    assert_eq!(
        commands(&a.live),
        [
            "ifconfig carp0 create",
            "ifconfig carp0 vhid 1 advbase 5 pass passwd 192.168.1.100/24",
            "ifconfig carp1 create",
            "ifconfig carp1 vhid 2 advbase 5 advskew 100 pass passwd 192.168.1.100/24",
            "sysctl net.inet.carp.preempt=1",
            "sysctl net.inet.carp.arpbalance=1",
        ]
    );
    assert_eq!(
        commands(&a.undo),
        [
            "ifconfig carp1 destroy",
            "ifconfig carp0 destroy",
            "sysctl net.inet.carp.arpbalance=0",
            "sysctl net.inet.carp.preempt=0"
        ]
    );
    let b = host_files(article, 1);
    assert!(
        b.rc.content.contains(
            "ifconfig_carp0=\"vhid 1 advbase 5 advskew 100 pass passwd 192.168.1.100/24\""
        )
    );
    assert!(
        b.rc.content
            .contains("ifconfig_carp1=\"vhid 2 advbase 5 pass passwd 192.168.1.100/24\"")
    );
}

#[test]
fn from_ten_on_every_line_has_all_parameters() {
    let files = host_files(examples::example("failover").unwrap().text, 1);
    assert_eq!(
        lines(&files.rc.content),
        [
            "ifconfig_em0_alias0=\"inet 198.51.100.1/32 vhid 1 advbase 1 advskew 100 pass SECRET\"",
            "ifconfig_em1_alias0=\"inet 192.0.2.1/32 vhid 2 advbase 1 advskew 100 pass SECRET\"",
        ]
    );
    assert_eq!(
        commands(&files.live),
        [
            "kldload -n carp",
            "ifconfig em0 inet 198.51.100.1/32 vhid 1 advbase 1 advskew 100 pass SECRET alias",
            "ifconfig em1 inet 192.0.2.1/32 vhid 2 advbase 1 advskew 100 pass SECRET alias",
            "sysctl net.inet.carp.preempt=1",
            "sysctl net.inet.carp.senderr_demotion_factor=0",
        ]
    );
    assert_eq!(
        commands(&files.undo),
        [
            "ifconfig em1 inet 192.0.2.1 -alias",
            "ifconfig em0 inet 198.51.100.1 -alias",
            "sysctl net.inet.carp.senderr_demotion_factor=240",
            "sysctl net.inet.carp.preempt=0"
        ]
    );
    assert_eq!(lines(&files.loader.content), ["carp_load=\"YES\""]);
}

#[test]
fn managed_interfaces_get_their_own_addresses_and_the_ipv6_line() {
    let files = host_files(examples::example("dual-stack").unwrap().text, 0);
    assert_eq!(
        lines(&files.rc.content),
        [
            "ifconfig_lagg0=\"inet 192.0.2.2/24\"",
            "ifconfig_lagg0_ipv6=\"inet6 2001:db8:1::2/64\"",
            "ifconfig_lagg0_alias0=\"inet 192.0.2.25/32 vhid 4 advbase 1 advskew 0 pass SECRET\"",
            "ifconfig_lagg0_alias1=\"inet6 2001:db8:1::25/128 vhid 6 advbase 1 advskew 0 pass SECRET\"",
            "ifconfig_lagg0_alias2=\"inet6 fe80::25/64 vhid 6 advbase 1 advskew 0 pass SECRET\"",
        ]
    );
    assert!(
        commands(&files.live)
            .iter()
            .all(|command| !command.contains("192.0.2.2/24"))
    );
}

#[test]
fn unmanaged_interfaces_say_what_they_need() {
    let text = examples::example("dual-stack")
        .unwrap()
        .text
        .replace("manage = true", "");
    let files = host_files(&text, 0);
    assert!(
        files
            .rc
            .content
            .contains("# ifconfig_lagg0_ipv6=\"inet6 2001:db8:1::2/64\" must be set"),
        "{}",
        files.rc.content
    );
}

#[test]
fn vlans_and_vrrp_and_alias_numbers() {
    let files = host_files(examples::example("active-active").unwrap().text, 0);
    assert!(
        files
            .rc
            .content
            .contains("ifconfig_ix1_100_alias0=\"inet 10.0.0.10/32 vhid 20 "),
        "{}",
        files.rc.content
    );
    assert!(
        commands(&files.live)
            .iter()
            .any(|c| c.starts_with("ifconfig ix1.100 inet 10.0.0.10/32 vhid 20 "))
    );
    let files = host_files(examples::example("vrrp").unwrap().text, 1);
    assert_eq!(
        lines(&files.rc.content),
        [
            "ifconfig_igc0_alias0=\"inet 192.0.2.1/32 vhid 1 carpver 3 vrrpprio 150 vrrpinterval 100\""
        ]
    );
    let text = examples::example("failover").unwrap().text;
    let text = text.replace(
        "addresses = [\"198.51.100.2/24\"]",
        "addresses = [\"198.51.100.2/24\", \"198.51.100.9/32\"]",
    );
    let text = text.replace(
        "addresses = [\"192.0.2.2/24\"]",
        "addresses = [\"192.0.2.2/24\"], first_alias = 7",
    );
    let files = host_files(&text, 0);
    assert!(
        files.rc.content.contains("ifconfig_em0_alias1="),
        "{}",
        files.rc.content
    );
    assert!(
        files.rc.content.contains("ifconfig_em1_alias7="),
        "{}",
        files.rc.content
    );
}

const UNICAST: &str = "[cluster]\nname = \"u\"\nrelease = \"14\"\npriority = [\"a\", \"b\"]\npass = \"k\"\n\
    [[node]]\nname = \"a\"\n[node.interfaces]\nlan = { name = \"em0\", addresses = [\"192.0.2.2/24\", \"2001:db8::2/64\"] }\n\
    [[node]]\nname = \"b\"\n[node.interfaces]\nlan = { name = \"em0\", addresses = [\"192.0.2.3/24\", \"2001:db8::3/64\"] }\n\
    [[vhid]]\nid = 1\nsegment = \"lan\"\nvips = [\"2001:db8::1/128\", \"192.0.2.1/32\"]\npeers = \"unicast\"\n";

#[test]
fn peers_stand_in_every_line_because_each_command_starts_from_multicast() {
    let files = host_files(UNICAST, 0);
    assert_eq!(
        lines(&files.rc.content),
        [
            "ifconfig_em0_alias0=\"inet 192.0.2.1/32 vhid 1 advbase 1 advskew 0 pass k peer 192.0.2.3 peer6 2001:db8::3\"",
            "ifconfig_em0_alias1=\"inet6 2001:db8::1/128 vhid 1 advbase 1 advskew 0 pass k peer 192.0.2.3 peer6 2001:db8::3\"",
        ]
    );
}

#[test]
fn fifteen_takes_inet6_first_and_so_do_the_live_commands() {
    let files = host_files(&UNICAST.replace("\"14\"", "\"15\""), 0);
    let live = commands(&files.live);
    assert!(
        live[1].starts_with("ifconfig em0 inet6 ") && live[2].starts_with("ifconfig em0 inet "),
        "{live:?}"
    );
}

#[test]
fn nine_keeps_clones_puts_ipv6_on_its_own_line_and_a_zero_base_behind_the_skew() {
    let text = "[cluster]\nname = \"n\"\nrelease = \"9\"\npriority = [\"a\", \"b\"]\nadvbase = 0\nskew = { first = 50, step = 50 }\npass = \"k\"\n\
        [[node]]\nname = \"a\"\ncloned_interfaces = [\"gif0\"]\n[node.interfaces]\nlan = { name = \"em0\", addresses = [\"192.0.2.2/24\"] }\n\
        [[node]]\nname = \"b\"\n[node.interfaces]\nlan = { name = \"em0\", addresses = [\"192.0.2.3/24\"] }\n\
        [[vhid]]\nid = 9\nsegment = \"lan\"\ncarp = 4\nvips = [\"2001:db8::1/64\", \"192.0.2.1/24\", \"192.0.2.5/24\", \"2001:db8::2/64\"]\n\
        [[vhid]]\nid = 8\nsegment = \"lan\"\nvips = [\"2001:db8::9/64\"]\n";
    let files = host_files(text, 0);
    assert_eq!(
        lines(&files.rc.content),
        [
            "cloned_interfaces=\"gif0 carp0 carp4\"",
            "ifconfig_carp0=\"vhid 8 advskew 50 advbase 0 pass k\"",
            "ifconfig_carp0_ipv6=\"inet6 2001:db8::9/64\"",
            "ifconfig_carp4=\"vhid 9 advskew 50 advbase 0 pass k 192.0.2.1/24\"",
            "ifconfig_carp4_ipv6=\"inet6 2001:db8::1/64\"",
            "ifconfig_carp4_alias0=\"inet 192.0.2.5/24\"",
            "ifconfig_carp4_alias1=\"inet6 2001:db8::2/64\"",
        ]
    );
    assert_eq!(
        commands(&files.live)[..6],
        [
            "ifconfig carp0 create",
            "ifconfig carp0 vhid 8 advskew 50 advbase 0 pass k",
            "ifconfig carp0 inet6 2001:db8::9/64",
            "ifconfig carp4 create",
            "ifconfig carp4 vhid 9 advskew 50 advbase 0 pass k 192.0.2.1/24",
            "ifconfig carp4 inet6 2001:db8::1/64",
        ]
    );
}

#[test]
fn a_key_that_was_not_looked_up_is_an_error_that_names_its_place() {
    let description = Description::read(examples::example("failover").unwrap().text);
    let host = resolve(&description.cluster, &description.cluster.nodes[0]);
    let error = Renderer::new().unwrap().render(&host).unwrap_err();
    assert!(error.to_string().contains("CARP_PASS"), "{error}");
}

#[test]
fn aliases_that_nine_would_send_elsewhere_are_refused() {
    let text = UNICAST
        .replace("\"14\"", "\"9\"")
        .replace("peers = \"unicast\"", "")
        .replace("em0", "em0.100");
    let text = text.replace("\"2001:db8::2/64\"]", "\"192.0.2.9/32\"], manage = true");
    let description = Description::read(&text);
    let host = resolve(&description.cluster, &description.cluster.nodes[0]);
    let error = Renderer::new().unwrap().render(&host).unwrap_err();
    assert!(
        matches!(&error, RenderError::AliasName { variable, .. } if variable == "em0_100"),
        "{error}"
    );
}
