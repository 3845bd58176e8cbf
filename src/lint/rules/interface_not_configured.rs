//! `interface-not-configured`

use crate::dialect::parse::{LossReason, Word, interface_variable, is_carp_interface};
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost};
use crate::lint::registry::rule;
use crate::model::{Place, Severity};

rule! {
    /// Finds vhids on interfaces that the boot neither creates nor configures.
    ///
    /// ## Why it matters
    ///
    /// `rc.d/netif` creates what `cloned_interfaces` and `vlans_IF` list, and configures what exists then (`clone_up`,
    /// `childif_create` and `list_net_interfaces` in FreeBSD `libexec/rc/network.subr`). Variables of any other interface are
    /// never looked at: there is no message, and the VIP is missing after the boot.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0="inet 192.0.2.2/24"
    /// ifconfig_em0_100="inet 198.51.100.2/24"
    /// ifconfig_em0_100_alias0="inet 198.51.100.1/24 vhid 1 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0="inet 192.0.2.2/24"
    /// vlans_em0="100"
    /// ifconfig_em0_100="inet 198.51.100.2/24"
    /// ifconfig_em0_100_alias0="inet 198.51.100.1/24 vhid 1 pass Ee5Xkq2uPsz0"
    /// ```
    INTERFACE_NOT_CONFIGURED = "CG417", "interface-not-configured", Error, for hosts
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        if !host.is_clear() || !configures_something(host) {
            continue;
        }
        if host.is_legacy() {
            not_cloned(host, position, findings);
        } else {
            not_made(host, position, findings);
            not_started(host, position, findings);
        }
    }
}

/// rc.conf is more than an excerpt of aliases: it configures a real interface or a clone.
fn configures_something(host: &LintHost<'_>) -> bool {
    let reading = &host.reading;
    let variables = &reading.variables;
    let listed = variables
        .get("cloned_interfaces")
        .is_some_and(|set| !set.value.text().trim().is_empty());
    let real = reading.boot.interfaces.iter().any(|name| {
        let variable = format!("ifconfig_{}", interface_variable(name));
        // What has to be created itself tells nothing of whether the lines that create it were given.
        let by_itself =
            !name.starts_with("lo") && !is_carp_interface(name) && maker(name).is_none();
        by_itself && variables.get(&variable).is_some()
    });
    listed || real
}

/// A script of the host creates the interface, saved output shows it, or rc.conf says how it is to be created.
fn is_made_elsewhere(host: &LintHost<'_>, name: &str) -> bool {
    let shown = host
        .reading
        .shown_interfaces
        .iter()
        .any(|shown| shown.name == name);
    let statements = host.statements();
    let created = statements.iter().any(|found| {
        found.statement.interface.text() == name && found.statement.option("create").is_some()
    });
    let arguments = format!("create_args_{}", interface_variable(name));
    shown || created || host.reading.variables.get(&arguments).is_some()
}

/// The variables of an interface that have `vhid`, each with its place.
fn with_vhid(host: &LintHost<'_>, interface: &str) -> Vec<Place> {
    let variables = &host.reading.variables;
    let stem = format!("ifconfig_{}", interface_variable(interface));
    let is_of = |name: &str| {
        let rest = &name[stem.len()..];
        rest.is_empty() || rest == "_ipv6" || rest.starts_with("_alias")
    };
    let names = variables.names_from(&stem).filter(|name| is_of(name));
    let mut places: Vec<Place> = names
        .filter_map(|name| variables.get(name))
        .filter(|set| {
            variables
                .words(set)
                .iter()
                .any(|word| word.text() == "vhid")
        })
        .map(|set| variables.place(set))
        .collect();
    places.sort_unstable();
    places
}

/// Up to 9: carp interfaces that nothing creates.
fn not_cloned(host: &LintHost<'_>, position: usize, findings: &mut HostFindings<'_>) {
    let mut told: Vec<&str> = Vec::new();
    for loss in &host.reading.boot.losses {
        let unit = loss.variable.strip_prefix("ifconfig_").unwrap_or_default();
        let unit = unit.split('_').next().unwrap_or_default();
        if loss.reason != LossReason::NoInterface
            || !is_carp_interface(unit)
            || told.contains(&unit)
        {
            continue;
        }
        told.push(unit);
        let places = with_vhid(host, unit);
        if places.is_empty() || is_made_elsewhere(host, unit) {
            continue;
        }
        let message = format!(
            "{unit} is not in cloned_interfaces: nothing creates it at boot, and this host never serves its VIPs"
        );
        let help = format!("add {unit} to cloned_interfaces");
        findings.add(placed(position, &places, message, help));
    }
}

/// The first of some places, and the rest beside it.
fn placed(position: usize, places: &[Place], message: String, help: String) -> HostFinding {
    let finding = HostFinding::at(Severity::Error, position, places[0], message, help);
    places[1..].iter().fold(finding, |finding, place| {
        finding.and(position, *place, "the same interface")
    })
}

/// What the boot has to create for an interface of this name to exist.
fn maker(name: &str) -> Option<String> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if let Some((parent, tag)) = name.rsplit_once('.') {
        return digits(tag).then(|| {
            let parent = interface_variable(parent);
            format!("write vlans_{parent}=\"{tag}\", or add {tag} to it")
        });
    }
    let name_of = name
        .strip_suffix(['a', 'b'])
        .filter(|rest| rest.starts_with("epair"));
    let clone = name_of.unwrap_or(name);
    ["lagg", "bridge", "vlan", "epair"]
        .iter()
        .any(|driver| clone.strip_prefix(driver).is_some_and(digits))
        .then(|| format!("add {clone} to cloned_interfaces"))
}

/// From 10 on: interfaces that would have to be created.
fn not_made(host: &LintHost<'_>, position: usize, findings: &mut HostFindings<'_>) {
    let reading = &host.reading;
    let mut told: Vec<&str> = Vec::new();
    for found in &reading.statements {
        let interface: &Word = &found.statement.interface;
        let name = interface.text();
        let has_vhid = found
            .statement
            .parameter(crate::dialect::parse::Keyword::Vhid)
            .is_some();
        let Some(help) = maker(name).filter(|_| has_vhid && !told.contains(&name)) else {
            continue;
        };
        told.push(name);
        if is_made_elsewhere(host, name) || is_listed(host, name) {
            continue;
        }
        let places = with_vhid(host, name);
        if places.is_empty() {
            continue;
        }
        let message = format!(
            "nothing creates {name} at boot: its variables are not looked at, and this host never serves its VIPs"
        );
        findings.add(placed(position, &places, message, help));
    }
}

/// `cloned_interfaces`, a list of vlans or a new name makes the interface.
fn is_listed(host: &LintHost<'_>, name: &str) -> bool {
    let variables = &host.reading.variables;
    let part = interface_variable(name);
    let stem = name.strip_suffix(['a', 'b']).unwrap_or(name);
    let clones = variables.get("cloned_interfaces").into_iter();
    let lists = variables
        .names_from("vlans_")
        .chain(
            variables
                .names_from("ifconfig_")
                .filter(|name| name.ends_with("_name")),
        )
        .filter_map(|name| variables.get(name));
    clones
        .chain(lists)
        .flat_map(|set| {
            let parent = set.name.strip_prefix("vlans_").unwrap_or_default();
            let words = variables.words(set).into_iter();
            words.map(move |word| (parent, word))
        })
        .any(|(parent, word)| {
            let text = word.text().split(':').next().unwrap_or_default();
            !word.known
                || text == name
                || text == stem
                || interface_variable(text) == part
                || format!("{parent}_{text}") == part
                // A clone without a number gets the first free one.
                || (name.starts_with(text) && !text.ends_with(|c: char| c.is_ascii_digit()))
        })
}

/// From 10 on: interfaces that are there and that the boot passes over.
fn not_started(host: &LintHost<'_>, position: usize, findings: &mut HostFindings<'_>) {
    let reading = &host.reading;
    for loss in &reading.boot.losses {
        let why = match loss.reason {
            LossReason::NoAuto => "has NOAUTO",
            LossReason::NotListed => "is not in network_interfaces",
            _ => continue,
        };
        let Some(name) = reading
            .boot
            .interfaces
            .iter()
            .find(|name| format!("ifconfig_{}", interface_variable(name)) == loss.variable)
        else {
            continue;
        };
        let started = reading
            .statements
            .iter()
            .any(|found| found.statement.interface.text() == name && !found.variable.is_empty());
        let places = with_vhid(host, name);
        if started || places.is_empty() {
            continue;
        }
        let message = format!(
            "{name} {why}: the boot does not configure it, and this host never serves its VIPs"
        );
        let (help, cause) = if loss.reason == LossReason::NoAuto {
            ("take out NOAUTO".to_owned(), Some(loss.place))
        } else {
            let listed = reading.variables.get("network_interfaces");
            let place = listed.map(|set| reading.variables.place(set));
            (
                format!("add {name} to network_interfaces, or write \"AUTO\""),
                place,
            )
        };
        let finding = placed(position, &places, message, help);
        findings.add(match cause {
            Some(place) => finding.and(position, place, "the reason stands here"),
            None => finding,
        });
    }
}
