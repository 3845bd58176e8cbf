//! `vhid-without-address`

use crate::config::Description;
use crate::config::schema;
use crate::dialect::parse::{FileKind, Keyword, is_carp_interface};
use crate::lint::engine::Findings;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost, SourceStatement};
use crate::lint::numbers::{list_in_words, nodes_in_words};
use crate::lint::registry::rule;
use crate::model::{Cluster, Finding, KnownSysctl, Severity};

rule! {
    /// Finds vhids that have no address.
    ///
    /// ## Why it matters
    ///
    /// A vhid without an address never leaves INIT (`carp_setrun` in FreeBSD `sys/netinet/ip_carp.c`). It serves nobody, keeps its
    /// interface in promiscuous mode, and from FreeBSD 10 on each loss of the link adds to the demotion of the host for it as for any
    /// other vhid (`carp_sc_state`). No command of ifconfig(8) removes it: only a VIP that is added and removed again takes it along.
    ///
    /// ## Example
    ///
    /// ```toml
    /// vips = []
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// vips = ["192.0.2.11/24"]
    /// ```
    VHID_WITHOUT_ADDRESS = "CG410", "vhid-without-address", Error, for both
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let tables = description.document.vhid.iter().flatten();
    for table in tables.map(|item| &item.value) {
        if table.vips.as_ref().is_none_or(|vips| !vips.is_empty()) {
            continue;
        }
        let message = message(&description.cluster, table);
        let help = "write its addresses, such as vips = [\"192.0.2.1/24\"], or remove the [[vhid]]";
        findings.add(Finding::new(
            Severity::Error,
            table.at.key("vips"),
            message,
            help,
        ));
    }
}

fn message(cluster: &Cluster, table: &schema::Vhid) -> String {
    let spec = cluster.vhids.iter().find(|vhid| vhid.route == table.at);
    let Some(vhid) = spec else {
        return "the vhid has no address: it stays in INIT on every node".to_owned();
    };
    let members: Vec<_> = cluster.members(vhid).collect();
    let on = if members.is_empty() {
        "every node".to_owned()
    } else {
        nodes_in_words(members.iter().map(|(node, _)| &node.name))
    };
    let mut message = format!(
        "{} on segment {} has no address: it stays in INIT on {on}",
        vhid.label(),
        vhid.segment,
    );
    let modern = members
        .iter()
        .filter(|(node, _)| !node.release.has_carp_interfaces());
    let mut interfaces: Vec<_> = modern.map(|(_, interface)| &interface.name).collect();
    interfaces.sort_unstable();
    interfaces.dedup();
    if !interfaces.is_empty() {
        let written = cluster
            .sysctls
            .iter()
            .find(|sysctl| sysctl.name == KnownSysctl::IFDOWN_FACTOR)
            .map(|sysctl| sysctl.value);
        let known = KnownSysctl::named(KnownSysctl::IFDOWN_FACTOR);
        let factor = written.or(known.map(|known| known.default)).unwrap_or(0);
        message += &format!(
            ", keeps {} promiscuous and adds {factor} to the demotion at each loss of the link",
            list_in_words(interfaces)
        );
    }
    message
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let statements = host.statements();
        let mut told: Vec<(&str, i64)> = Vec::new();
        for found in &statements {
            let interface = found.statement.interface.text();
            let Some(vhid) = found.vhid().filter(|vhid| (1..=255).contains(vhid)) else {
                continue;
            };
            let key = (interface, if host.is_legacy() { 0 } else { vhid });
            let fits = host.is_legacy() == is_carp_interface(interface);
            if !fits || told.contains(&key) || found.statement.removes() || !is_bare(found) {
                continue;
            }
            let lacks = if found.source.is_boot() {
                host.is_clear() && !statements.iter().any(|other| gives(other, key))
            } else {
                is_stranger(host, &statements, found, key)
            };
            if lacks {
                told.push(key);
                findings.add(host_finding(host, position, found, vhid));
            }
        }
    }
}

/// The command has no address, and nothing that may have been meant as one.
fn is_bare(found: &SourceStatement<'_>) -> bool {
    let key = found.statement.key().map_or("", |(key, _)| key.expose());
    // The key is an address where the word before it is missing.
    let swallowed = key.contains('/') || key.parse::<std::net::IpAddr>().is_ok();
    let mut unknown = found.statement.unknown();
    found.statement.addresses().next().is_none() && unknown.next().is_none() && !swallowed
}

/// The command is of this vhid.
fn is_of(found: &SourceStatement<'_>, (interface, vhid): (&str, i64)) -> bool {
    found.statement.interface.text() == interface
        && (vhid == 0 || found.vhid() == Some(vhid))
        && !found.statement.removes()
}

/// The command gives the vhid an address, or was to.
fn gives(found: &SourceStatement<'_>, key: (&str, i64)) -> bool {
    is_of(found, key) && !is_bare(found)
}

/// A live command for a vhid that nothing else knows.
fn is_stranger(
    host: &LintHost<'_>,
    statements: &[SourceStatement<'_>],
    found: &SourceStatement<'_>,
    key: (&str, i64),
) -> bool {
    let evidence =
        (host.has(FileKind::RcConf) && host.is_clear()) || host.has(FileKind::IfconfigOutput);
    let known = statements.iter().any(|other| {
        let boot = other.source.is_boot() && other.statement.parameter(Keyword::Vhid).is_some();
        is_of(other, key) && (boot || gives(other, key))
    });
    let shown = host.reading.shown_interfaces.iter().any(|shown| {
        shown.name == key.0
            && shown
                .vhids
                .iter()
                .any(|vhid| Some(vhid.vhid) == found.vhid())
    });
    let unknown_word = !found.statement.interface.known;
    evidence && !known && !shown && !unknown_word
}

fn host_finding(
    host: &LintHost<'_>,
    position: usize,
    found: &SourceStatement<'_>,
    vhid: i64,
) -> HostFinding {
    let interface = found.statement.interface.text();
    let mut message =
        format!("vhid {vhid} on {interface} has no address: it stays in INIT on this host");
    if !host.is_legacy() {
        let known = KnownSysctl::named(KnownSysctl::IFDOWN_FACTOR).map_or(0, |known| known.default);
        let factor = host.sysctl(KnownSysctl::IFDOWN_FACTOR).unwrap_or(known);
        message += &format!(
            ", keeps {interface} promiscuous and adds {factor} to the demotion at each loss of the link"
        );
    }
    let help = if found.source.is_boot() {
        "write its address behind the family, such as `inet 192.0.2.1/24`, or remove the line"
    } else {
        "write its address into the command, or the number of a vhid that is there"
    };
    HostFinding::at(
        Severity::Error,
        position,
        found.statement.vhid_place(),
        message,
        help,
    )
}
