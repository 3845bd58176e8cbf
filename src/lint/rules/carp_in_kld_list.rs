//! `carp-in-kld-list`

use crate::dialect::parse::{FileKind, LoaderAction};
use crate::lint::hosts::{Fixing, HostFinding, HostFindings, Hosts};
use crate::lint::modules::{kld_words, loads};
use crate::lint::registry::rule;
use crate::model::Severity;

rule! {
    /// Finds hosts, from FreeBSD 10 on, that load carp through `kld_list` alone.
    ///
    /// ## Why it matters
    ///
    /// `rc.d/kld` promises nothing about `rc.d/netif`: where it runs later, every command with `vhid` fails. And `rc.d/sysctl` goes
    /// through sysctl.conf before it, when there is no `net.inet.carp` yet (rcorder(8) shows the order of a host).
    ///
    /// ## Example
    ///
    /// ```sh
    /// # rc.conf
    /// kld_list="carp"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # loader.conf
    /// carp_load="YES"
    /// ```
    CARP_IN_KLD_LIST = "CG902", "carp-in-kld-list", Warning, for hosts, fix "takes carp out of `kld_list` and writes `carp_load=\"YES\"` at the end of loader.conf"
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let loaded = host.reading.loader.iter().any(|line| match &line.action {
            LoaderAction::Module(module, value) => module == "carp" && value == "YES",
            LoaderAction::Malformed(text) | LoaderAction::Exec(text) => text.contains("carp"),
            LoaderAction::Set(..) => false,
        });
        if host.is_legacy() || loaded || !host.has(FileKind::LoaderConf) {
            continue;
        }
        let words = kld_words(host).unwrap_or_default();
        let Some(word) = words.iter().find(|word| loads(word.text(), "carp")) else {
            continue;
        };
        let early = host
            .reading
            .sysctls
            .iter()
            .filter(|line| line.name.starts_with("net.inet.carp."))
            .count();
        let missed = match early {
            0 => String::new(),
            1 => ", and the line of sysctl.conf about net.inet.carp comes too early".to_owned(),
            many => format!(", and {many} lines of sysctl.conf about net.inet.carp come too early"),
        };
        let message = format!(
            "carp is loaded through kld_list, perhaps after the interfaces are configured: then the commands with vhid fail{missed}"
        );
        let help = "write carp_load=\"YES\" into loader.conf, and take carp out of kld_list";
        let fixing = Fixing::of(position);
        let alone = host.variable_place("kld_list").filter(|_| words.len() == 1);
        let line = alone.and_then(|place| host.assignment_line(place, "kld_list"));
        let fixing = if line.is_some() {
            host.delete_line(fixing, line)
        } else {
            fixing.delete(host.with_blanks(host.bytes_of_word(word)))
        };
        let end = host.end_of(FileKind::LoaderConf, "loader.conf");
        let fixing = host.append(fixing, end, "carp_load=\"YES\"");
        let place = word.place;
        let finding = HostFinding::at(Severity::Warning, position, place, message, help);
        findings.add(finding.with_fix(fixing.done()));
    }
}
