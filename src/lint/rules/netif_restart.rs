//! `netif-restart`

use crate::dialect::parse::{FileKind, ScriptCommand, Word};
use crate::lint::hosts::{HostFinding, HostFindings, Hosts};
use crate::lint::numbers::seconds;
use crate::lint::registry::rule;
use crate::model::{HostConfig, Severity};

rule! {
    /// Finds scripts that stop or restart the network of a host with vhids.
    ///
    /// ## Why it matters
    ///
    /// `service netif restart` takes away every address and destroys every cloned interface before it sets them again (`rc.d/netif`,
    /// `network.subr` of FreeBSD). Each vhid goes with its last address and starts anew, static routes are gone, and a session over
    /// that interface dies, often with the script in it. Nothing announces this: the other hosts wait for the silent master.
    ///
    /// ## Example
    ///
    /// ```sh
    /// service netif restart
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig em0 vhid 1 advskew 50
    /// ```
    NETIF_RESTART = "CG908", "netif-restart", Warning, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let config = &hosts.configs[position];
        let knows_none = config.vhids.is_empty() && host.has(FileKind::RcConf);
        for script in host.reading.scripts.iter().filter(|_| !knows_none) {
            for command in &script.script.commands {
                let Some((action, interfaces)) = netif(command) else {
                    continue;
                };
                if !interfaces.is_empty() && !concerns(config, interfaces) {
                    continue;
                }
                let vhids = match config.vhids.len() {
                    0 => "every vhid goes".to_owned(),
                    1 => "the vhid goes".to_owned(),
                    many => format!("all {many} vhids go"),
                };
                let wait = hosts.peers_wait_us(position).map(seconds);
                let wait = wait.map_or_else(
                    || "the other hosts wait for a silent master".to_owned(),
                    |wait| format!("the other hosts wait up to {wait} for the silent master"),
                );
                let message = format!(
                    "`netif {action}`: {vhids} with the addresses, static routes are lost, a session over the interface dies, and {wait}"
                );
                let help = "change only the difference, with ifconfig";
                findings.add(HostFinding::at(
                    Severity::Warning,
                    position,
                    command.place,
                    message,
                    help,
                ));
            }
        }
    }
}

/// What is done to the network, and to which interfaces; none is all of them.
fn netif(command: &ScriptCommand) -> Option<(&str, &[Word])> {
    let (program, arguments) = command.words.split_first()?;
    let arguments = match program.text().rsplit('/').next()? {
        "service" => {
            let (name, rest) = arguments.split_first()?;
            (name.text() == "netif").then_some(rest)?
        }
        "netif" if program.text().contains("/rc.d/") => arguments,
        _ => return None,
    };
    let (action, interfaces) = arguments.split_first()?;
    let plain = ["one", "force", "quiet", "fast"]
        .iter()
        .find_map(|prefix| action.text().strip_prefix(prefix))
        .unwrap_or_else(|| action.text());
    matches!(plain, "restart" | "stop").then_some((plain, interfaces))
}

/// One of the interfaces carries a vhid, or that cannot be told.
fn concerns(config: &HostConfig, interfaces: &[Word]) -> bool {
    interfaces.iter().any(|word| {
        let carries = |interface: &str| interface == word.text() || word.text().starts_with("carp");
        let mut vhids = config.vhids.iter();
        !word.known || config.vhids.is_empty() || vhids.any(|vhid| carries(vhid.interface.as_str()))
    })
}
