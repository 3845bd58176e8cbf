//! Which interfaces of a host carpgen may write whole: those that have nothing but addresses.

use crate::config::alias_base;
use crate::dialect::parse::{HostReading, Item, Keyword, Statement};
use crate::model::{HostConfig, InterfaceConfig};

/// Words of the boot scripts, which `ifconfig(8)` does not see (`_ifconfig_getargs` in FreeBSD
/// `libexec/rc/network.subr`).
const SCRIPT_WORDS: [&str; 6] = ["DHCP", "SYNCDHCP", "NOSYNCDHCP", "WPA", "HOSTAP", "NOAUTO"];

/// Takes `manage` from interfaces that are configured with more than addresses, and says why.
pub(in crate::cli) fn settle(reading: &HostReading<'_>, config: &mut HostConfig) -> Vec<String> {
    let mut notes = Vec::new();
    for interface in &mut config.interfaces {
        let more = if interface.manage {
            more_than_addresses(reading, interface)
        } else {
            Vec::new()
        };
        if !more.is_empty() {
            interface.manage = false;
            notes.push(format!(
                "{} of {} is also configured with {}: its own lines stay as they are, `manage` is not written",
                interface.name,
                config.host,
                more.join(", ")
            ));
        }
        if !interface.manage {
            interface.first_alias = first_alias_with_vhid(reading, interface);
        }
    }
    notes
}

/// What the boot does to an interface besides giving it addresses, in words of rc.conf.
fn more_than_addresses(reading: &HostReading<'_>, interface: &InterfaceConfig) -> Vec<String> {
    let part = interface.name.variable_part();
    let mut more: Vec<String> = Vec::new();
    let mut add = |word: &str| {
        if !more.iter().any(|known| known == word) {
            more.push(word.to_owned());
        }
    };
    for found in &reading.statements {
        if found.statement.interface.text() != interface.name.as_str() {
            continue;
        }
        // Addresses of other variables would be configured twice.
        let own = format!("ifconfig_{part}");
        if found.statement.addresses().next().is_some() && !found.variable.starts_with(&own) {
            add(&found.variable);
        }
        found
            .statement
            .items
            .iter()
            .filter_map(option)
            .for_each(&mut add);
    }
    for variable in [format!("ifconfig_{part}"), format!("ifconfig_{part}_ipv6")] {
        let Some(assignment) = reading.variables.get(&variable) else {
            continue;
        };
        // Only known words are named: any other could be a key.
        let words = assignment.value.text().split_ascii_whitespace();
        words
            .filter(|word| SCRIPT_WORDS.contains(word))
            .for_each(&mut add);
    }
    more
}

/// The word of an option that addresses do not need.
fn option(item: &Item) -> Option<&str> {
    match item {
        Item::Option(word, _) if word.text() != "up" => Some(word.text()),
        _ => None,
    }
}

/// The number of the first alias line with a vhid, where carpgen does not write the others.
fn first_alias_with_vhid(reading: &HostReading<'_>, interface: &InterfaceConfig) -> u32 {
    let prefix = format!("ifconfig_{}_alias", interface.name.variable_part());
    let has_vhid = |statement: &Statement| statement.parameter(Keyword::Vhid).is_some();
    let numbers = reading
        .statements
        .iter()
        .filter(|found| has_vhid(&found.statement))
        .filter_map(|found| found.variable.strip_prefix(&prefix)?.parse().ok());
    numbers
        .min()
        .unwrap_or_else(|| alias_base(&interface.addresses))
}
