//! `vhid-without-address`

use crate::config::Description;
use crate::config::schema;
use crate::lint::engine::Findings;
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
    VHID_WITHOUT_ADDRESS = "CG410", "vhid-without-address", Error
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
