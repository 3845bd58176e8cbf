//! Whatever key, name and address is accepted: the boot scripts make the very live commands of the rendered rc.conf.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod boot;

use carpgen::config::{Description, resolve};
use carpgen::dialect::Renderer;
use carpgen::lint::{Refusal, check};
use proptest::prelude::*;

/// A description of two nodes and two vhids that share an interface, with two VIPs each, so that every alias but
/// one is an inner one.
fn description(release: &str, interface: &str, key: &str, octets: [u8; 4], inet6: bool) -> String {
    let key = key.replace('\\', "\\\\").replace('"', "\\\"");
    let [one, two, three, four] = octets;
    let v6 = if inet6 {
        format!(", \"2001:db8:0:1::{one:x}/64\"")
    } else {
        String::new()
    };
    let own6 = |n: u8| {
        if inet6 {
            format!(", \"2001:db8:0:1::f{n}/64\"")
        } else {
            String::new()
        }
    };
    let node = |name: &str, n: u8| {
        format!(
            "[[node]]\nname = \"{name}\"\n[node.interfaces]\n\
             lan = {{ name = \"{interface}\", addresses = [\"10.1.250.{n}/16\"{}], manage = true }}\n",
            own6(n)
        )
    };
    format!(
        "[cluster]\nname = \"t\"\nrelease = \"{release}\"\npriority = [\"a\", \"b\"]\npass = \"{key}\"\n{}{}\
         [[vhid]]\nid = {one}\nsegment = \"lan\"\nvips = [\"10.1.1.{one}/16\", \"10.1.2.{two}/32\"{v6}]\n\
         [[vhid]]\nid = {}\nsegment = \"lan\"\nvips = [\"10.1.3.{three}/16\", \"10.1.4.{four}/32\"]\n",
        node("a", 2),
        node("b", 3),
        if one == 255 { 1 } else { one + 1 },
    )
}

fn is_accepted(text: &str) -> bool {
    let description = Description::read(text);
    check(&description, false)
        .iter()
        .all(|found| !Refusal::AnyError.stops(found))
}

fn keys() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[A-Za-z0-9_.,:=+@%]{1,19}",
        4 => "[A-Za-z0-9!%+,./:=@\\]^_{}~#-]{1,22}",
        2 => "[ -~]{1,8}",
        1 => "[a-z£éß]{1,12}",
        1 => prop_oneof!["inet", "inet6", "ether", "alias", "dhcp", "NOAUTO", "up", "vhid", "netmask", "10.0.0.1"],
    ]
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        "em[0-9]",
        "(vtnet|ix|lagg)[0-9]{1,2}",
        "(em|ix)[0-9]\\.[0-9]{1,3}",
        "wan[-_+][a-z]{1,4}"
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, ..ProptestConfig::default() })]

    #[test]
    fn the_boot_runs_the_live_commands(
        release in prop_oneof!["9", "10", "12", "13", "14"],
        interface in names(),
        key in keys(),
        octets in [1_u8..=254, 1_u8..=254, 1_u8..=254, 1_u8..=254],
        inet6 in any::<bool>(),
    ) {
        let text = description(&release, &interface, &key, octets, inet6);
        prop_assume!(is_accepted(&text));
        let description = Description::read(&text);
        let family = if release == "9" { "freebsd-9" } else { "freebsd-14" };
        for node in &description.cluster.nodes {
            let host = resolve(&description.cluster, node);
            let files = Renderer::new().unwrap().render(&host).unwrap();
            let mut booted = boot::commands(&files.rc.content, family, &[&interface]);
            // The scripts make all clones first, and then configure; live commands go one interface after the other.
            booted.retain(|command| command.last().is_some_and(|w| w != "up") && !is_own(command, &interface, family));
            let mut live: Vec<_> = files.live.iter().filter(|command| command[0] == "ifconfig").cloned().collect();
            let created = |command: &Vec<String>| command.last().is_some_and(|word| word == "create");
            booted.sort_by_key(|command| !created(command));
            live.sort_by_key(|command| !created(command));
            prop_assert_eq!(booted, live, "{}", files.rc.content);
        }
    }
}

/// The host's own address, which live commands leave alone.
fn is_own(command: &[String], interface: &str, family: &str) -> bool {
    command[1] == interface && (family == "freebsd-9" || !command.iter().any(|word| word == "vhid"))
}

#[test]
fn the_live_script_runs_the_live_commands() {
    use std::process::Command;
    let text = description("13", "em0", "a!{b}^~c%d]", [1, 2, 3, 4], true);
    let description = Description::read(&text);
    let host = resolve(&description.cluster, &description.cluster.nodes[1]);
    let files = Renderer::new().unwrap().render(&host).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let record = "kldload() { ifconfig_record kldload \"$@\"; }\nifconfig() { ifconfig_record ifconfig \"$@\"; }\n\
                  sysctl() { ifconfig_record sysctl \"$@\"; }\n\
                  ifconfig_record() { for w in \"$@\"; do printf '%s\\037' \"$w\"; done; printf '\\036'; }\n";
    let script = folder.path().join("live.sh");
    std::fs::write(&script, format!("{record}{}", files.live_script.content)).unwrap();
    let output = Command::new("/bin/sh").arg(&script).output().unwrap();
    assert!(output.status.success());
    let recorded = String::from_utf8(output.stdout).unwrap();
    let commands: Vec<Vec<String>> = recorded
        .split_terminator('\x1e')
        .map(|record| record.split_terminator('\x1f').map(str::to_owned).collect())
        .collect();
    assert_eq!(commands, files.live);
}
