//! The reader and the renderer against recorded runs of the real boot scripts.
//!
//! Each case of `fixtures/vectors/rc` is an rc.conf and the commands that FreeBSD made of it. `reader` holds our reader
//! against all of them. The stand-in for the scripts (tests/boot) is held against those that it covers. Then every case whose commands our model can
//! say is turned into the configuration of a host, rendered, booted with the stand-in, and must configure the same.

mod boot;
mod reader;

use std::collections::BTreeMap;

use carpgen::dialect::Renderer;
use carpgen::model::{
    AdvBase, AdvSkew, HostConfig, HostName, IfName, InterfaceConfig, Key, Mode, RcTarget, Release,
    Secret, SegmentName, Vhid, VhidConfig, Vip, own_address,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    family: String,
    files: BTreeMap<String, String>,
    interfaces: Vec<String>,
    commands: Vec<Vec<String>>,
    #[serde(default)]
    executed: Vec<Vec<String>>,
}

fn cases(file: &str) -> Vec<Case> {
    let cases = reader::file(file).map(reader::cases_of).unwrap_or_default();
    let case =
        |case| serde_json::from_value(case).unwrap_or_else(|error| panic!("{file}: {error}"));
    cases.into_iter().map(case).collect()
}

fn all_cases() -> Vec<Case> {
    ["freebsd-14.json", "freebsd-9.json"]
        .into_iter()
        .flat_map(cases)
        .collect()
}

/// What the stand-in leaves out: the making of interfaces other than by cloned_interfaces.
fn is_covered(case: &Case) -> bool {
    let made = [
        "vlan",
        "lagg",
        "bridge",
        "pfsync",
        "renamed",
        "dhcp-main-plain",
        "description",
    ];
    case.files.len() == 1
        && !made.iter().any(|word| case.name.contains(word))
        && !case.interfaces.iter().any(|interface| interface == "lo0")
        // Code that a password managed to run.
        && case.executed.is_empty()
}

fn without_ifdisabled(commands: &[Vec<String>]) -> Vec<Vec<String>> {
    commands
        .iter()
        .filter(|c| !c.iter().any(|word| word.ends_with("ifdisabled")))
        .cloned()
        .collect()
}

#[test]
fn the_stand_in_runs_what_the_real_scripts_ran() {
    if !reader::is_our_own() {
        // It covers what is known to be in our own copy. The reader covers everything.
        return;
    }
    let mut compared = 0;
    for case in all_cases().iter().filter(|case| is_covered(case)) {
        let interfaces: Vec<&str> = case.interfaces.iter().map(String::as_str).collect();
        let got = boot::commands(&case.files["rc.conf"], &case.family, &interfaces);
        assert_eq!(got, without_ifdisabled(&case.commands), "{}", case.name);
        compared += 1;
    }
    assert_eq!(compared, COVERED);
}

/// How many of our own cases the stand-in covers, and how many of those the model can say.
const COVERED: usize = 103;
const EXPRESSED: usize = 69;

/// A command as a set of facts: what it sets on which interface, in whatever order the words stand.
fn facts(command: &[String]) -> Option<BTreeMap<String, String>> {
    let (interface, words) = (command.get(1)?, command.get(2..)?);
    let mut facts = BTreeMap::from([("interface".to_owned(), interface.clone())]);
    let mut words = words.iter().map(String::as_str).peekable();
    while let Some(word) = words.next() {
        let (key, value) = match word {
            "inet" | "inet6" | "alias" => continue,
            "create" | "up" => (word, String::new()),
            "vhid" | "advbase" | "advskew" | "pass" => (word, words.next()?.to_owned()),
            address => {
                let mut text = address.to_owned();
                match words.peek().copied() {
                    Some("netmask") => {
                        words.next();
                        let mask: std::net::Ipv4Addr = words.next()?.parse().ok()?;
                        text = format!("{text}/{}", u32::from(mask).leading_ones());
                    }
                    Some("prefixlen") => {
                        words.next();
                        text = format!("{text}/{}", words.next()?);
                    }
                    _ => {}
                }
                let vip: Vip = text.parse().ok()?;
                vip.written_prefix()?;
                ("address", vip.to_string())
            }
        };
        if facts.insert(key.to_owned(), value).is_some() {
            return None;
        }
    }
    // What the kernel starts with is said by silence too.
    for (key, default) in [("advbase", "1"), ("advskew", "0")] {
        if facts.contains_key("vhid") {
            facts
                .entry(key.to_owned())
                .or_insert_with(|| default.to_owned());
        }
    }
    Some(facts)
}

/// What the recorded commands configured, in the words of the model.
#[derive(Default)]
struct Learned {
    interfaces: Vec<InterfaceConfig>,
    vhids: Vec<VhidConfig>,
    carp_interfaces: Vec<String>,
}

impl Learned {
    /// Takes in one command; `None` if the model cannot say it.
    fn take(&mut self, facts: &BTreeMap<String, String>) -> Option<()> {
        let name = IfName::new(&facts["interface"]).ok()?;
        if facts.contains_key("create") {
            self.carp_interfaces.push(name.to_string());
            return Some(());
        }
        if facts.len() == 2 && facts.contains_key("up") {
            return Some(());
        }
        let unit = self
            .carp_interfaces
            .iter()
            .position(|carp| carp == name.as_str());
        let unit = unit.and_then(|unit| u16::try_from(unit).ok());
        if unit.is_none() {
            self.see_interface(&name)?;
        }
        let address = facts.get("address")?;
        match (unit, facts.get("vhid")) {
            (_, Some(vhid)) => self.take_vhid(name, unit, vhid, facts),
            (Some(_), None) => {
                // A further address of a carp interface.
                let vhid = self.vhids.iter_mut().find(|vhid| vhid.carp_unit == unit)?;
                vhid.vips.push(address.parse().ok()?);
                Some(())
            }
            (None, None) => {
                let interface = self.interfaces.iter_mut().find(|i| i.name == name)?;
                interface.addresses.push(own_address(address).ok()?);
                Some(())
            }
        }
    }

    fn see_interface(&mut self, name: &IfName) -> Option<()> {
        if !self
            .interfaces
            .iter()
            .any(|interface| interface.name == *name)
        {
            self.interfaces.push(InterfaceConfig {
                name: name.clone(),
                segment: SegmentName::new(&name.variable_part()).ok()?,
                addresses: Vec::new(),
                manage: true,
                first_alias: 0,
            });
        }
        Some(())
    }

    fn take_vhid(
        &mut self,
        interface: IfName,
        carp_unit: Option<u16>,
        vhid: &str,
        facts: &BTreeMap<String, String>,
    ) -> Option<()> {
        let number = |key: &str| facts[key].parse::<i64>().ok();
        let vhid = Vhid::new(vhid.parse().ok()?).ok()?;
        let mode = Mode::Carp {
            advbase: AdvBase::new(number("advbase")?).ok()?,
            advskew: AdvSkew::new(number("advskew")?).ok()?,
            key: facts
                .get("pass")
                .map(|pass| Key::Text(Secret::new(pass.as_str()))),
            peer: None,
            peer6: None,
        };
        let vip: Vip = facts["address"].parse().ok()?;
        let known = self
            .vhids
            .iter_mut()
            .find(|v| v.vhid == vhid && v.interface == interface);
        match known {
            // The same vhid with other parameters: the model has one set.
            Some(known) if facts.contains_key("pass") && known.mode != mode => return None,
            // What is left out keeps its value.
            Some(known) => known.vips.push(vip),
            None => self.vhids.push(VhidConfig {
                vhid,
                segment: SegmentName::new(&interface.variable_part()).ok()?,
                interface,
                carp_unit,
                vips: vec![vip],
                mode,
            }),
        }
        Some(())
    }
}

/// The configuration of the host that ran these commands, if the model can say it.
fn host(case: &Case) -> Option<HostConfig> {
    let mut learned = Learned::default();
    for command in without_ifdisabled(&case.commands) {
        learned.take(&facts(&command)?)?;
    }
    let mut carp_interfaces = learned.carp_interfaces.iter().enumerate();
    if learned.vhids.is_empty()
        || carp_interfaces.any(|(unit, name)| *name != format!("carp{unit}"))
    {
        return None;
    }
    Some(HostConfig {
        host: HostName::new("h").ok()?,
        release: if case.family == "freebsd-9" {
            Release::R9
        } else {
            Release::R14
        },
        rc_target: RcTarget::RcConf,
        cloned_interfaces: Vec::new(),
        interfaces: learned.interfaces,
        vhids: learned.vhids,
        sysctls: Vec::new(),
    })
}

/// What a list of commands leaves configured: each vhid with its parameters and addresses, each own address.
fn configured(commands: &[Vec<String>]) -> Vec<String> {
    let mut vhids: BTreeMap<(String, String), BTreeMap<String, String>> = BTreeMap::new();
    let mut result = Vec::new();
    let mut current: BTreeMap<String, String> = BTreeMap::new();
    for command in commands {
        let facts = facts(command).unwrap_or_else(|| panic!("{command:?} is understood"));
        let interface = facts["interface"].clone();
        if let Some(vhid) = facts.get("vhid") {
            current.insert(interface.clone(), vhid.clone());
            let parameters = vhids.entry((interface.clone(), vhid.clone())).or_default();
            for key in ["advbase", "advskew", "pass"] {
                if let Some(value) = facts.get(key) {
                    // A default that was only implied does not undo what an earlier line set.
                    let implied = !command.iter().any(|word| word == key);
                    if !(implied && parameters.contains_key(key)) {
                        parameters.insert(key.to_owned(), value.clone());
                    }
                }
            }
        }
        if let Some(address) = facts.get("address") {
            let owner = if interface.starts_with("carp") {
                current.get(&interface)
            } else {
                facts.get("vhid")
            };
            result.push(format!(
                "{interface} {address} vhid {}",
                owner.map_or("-", String::as_str)
            ));
        }
    }
    result.extend(
        vhids
            .iter()
            .map(|(key, parameters)| format!("{key:?} {parameters:?}")),
    );
    result.sort();
    result
}

#[test]
fn a_rendered_host_boots_into_what_the_recorded_one_did() {
    let renderer = Renderer::new().expect("the templates are whole");
    let mut expressed = Vec::new();
    for case in all_cases().iter().filter(|case| case.executed.is_empty()) {
        let Some(host) = host(case) else { continue };
        // Keys that the boot scripts change are refused before they are rendered.
        let Ok(files) = renderer.render(&host) else {
            continue;
        };
        let names: Vec<&str> = case.interfaces.iter().map(String::as_str).collect();
        let booted = boot::commands(&files.rc.content, &case.family, &names);
        assert_eq!(
            configured(&booted),
            configured(&without_ifdisabled(&case.commands)),
            "{}:\n{}",
            case.name,
            files.rc.content
        );
        // The reader boots the rendered file as the stand-in does.
        let files_of_host = BTreeMap::from([("rc.conf".to_owned(), files.rc.content.clone())]);
        let read = reader::booted(&files_of_host, &case.interfaces, host.release);
        assert_eq!(
            without_ifdisabled(&reader::argv(&read)),
            booted,
            "{}",
            case.name
        );
        // And the live commands are the very commands of the boot, own addresses and `up` aside.
        let mut of_vhids: Vec<_> = booted.clone();
        of_vhids.retain(|command| files.live.contains(command));
        let mut live = files.live.clone();
        live.retain(|command| command[0] == "ifconfig");
        live.sort();
        of_vhids.sort();
        assert_eq!(of_vhids, live, "{}", case.name);
        expressed.push(case.name.clone());
    }
    if reader::is_our_own() {
        assert_eq!(expressed.len(), EXPRESSED);
    }
}
