//! `legacy-interface-after-9`

use std::collections::BTreeMap;

use crate::dialect::parse::{Word, is_carp_interface};
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost, Source};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{Place, Severity, Vip};

rule! {
    /// Finds carp interfaces on releases that do not have them.
    ///
    /// ## Why it matters
    ///
    /// FreeBSD 10.0 replaced the interfaces carp0, carp1, … by vhids on ordinary interfaces (`UPDATING`, entry 20111215). The boot cannot
    /// create them, so their lines do nothing, and after the upgrade the host serves none of their VIPs.
    ///
    /// ## Example
    ///
    /// ```sh
    /// cloned_interfaces="carp0"
    /// ifconfig_carp0="vhid 2 advskew 100 pass Ee5Xkq2uPsz0 192.0.2.10/24"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0_alias1="inet 192.0.2.10/32 vhid 2 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    LEGACY_INTERFACE_AFTER_9 = "CG802", "legacy-interface-after-9", Error, for hosts
}

/// A carp interface as one source names it.
#[derive(Default)]
struct Named {
    places: Vec<Place>,
    vips: Vec<Vip>,
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter().filter(|(_, host)| !host.is_legacy()) {
        for ((_, name), mut named) in named(host) {
            named.places.sort_unstable();
            named.places.dedup();
            let Some((first, rest)) = named.places.split_first() else {
                continue;
            };
            let lost = match named.vips.as_slice() {
                [] => "its lines do nothing".to_owned(),
                vips => {
                    let vips = vips.iter().map(|vip| vip.address());
                    format!(
                        "its lines do nothing, and this host never serves {}",
                        list_in_words(vips)
                    )
                }
            };
            let release = host.release();
            let message = format!(
                "FreeBSD {release} has no carp interfaces, so {name} does not exist: {lost}"
            );
            let help = "set the vhid on the interface itself: ifconfig_IF_aliasN=\"inet ADDRESS/32 vhid V …\"";
            let finding = HostFinding::at(Severity::Error, position, *first, message, help);
            findings.add(rest.iter().fold(finding, |finding, place| {
                finding.and(position, *place, format!("{name} again"))
            }));
        }
    }
}

fn named(host: &LintHost<'_>) -> BTreeMap<(Source, String), Named> {
    let mut found: BTreeMap<(Source, String), Named> = BTreeMap::new();
    let variables = &host.reading.variables;
    if let Some(clones) = variables.get("cloned_interfaces") {
        for word in variables.words(clones) {
            if is_carp_interface(word.text()) {
                let key = (Source::Boot, word.text().to_owned());
                found.entry(key).or_default().places.push(word.place);
            }
        }
    }
    for name in variables.names_from("ifconfig_carp") {
        let Some(interface) = interface_of(name) else {
            continue;
        };
        let Some(assignment) = variables.get(name) else {
            continue;
        };
        let words = variables.words(assignment);
        if words.is_empty() {
            continue;
        }
        let named = found
            .entry((Source::Boot, interface.to_owned()))
            .or_default();
        named.places.push(variables.place(assignment));
        named.vips.extend(vips(&words));
    }
    found.retain(|(_, name), _| !is_renamed(host, name));
    for script in host.statements() {
        let name = script.statement.interface.text();
        if script.source != Source::Boot && is_carp_interface(name) && !is_renamed(host, name) {
            let named = found.entry((script.source, name.to_owned())).or_default();
            named.places.push(script.statement.interface.place);
            let addresses = script.statement.addresses();
            named
                .vips
                .extend(addresses.filter_map(|address| address.word.text().parse::<Vip>().ok()));
        }
    }
    found
}

/// The carp interface that a variable is about.
fn interface_of(variable: &str) -> Option<&str> {
    let rest = variable.strip_prefix("ifconfig_")?;
    let name = rest.split('_').next()?;
    is_carp_interface(name).then_some(name)
}

/// The addresses among the words, but for a key that looks like one.
fn vips(words: &[Word]) -> Vec<Vip> {
    let before = std::iter::once("").chain(words.iter().map(Word::text));
    let open = words
        .iter()
        .zip(before)
        .filter(|(_, before)| *before != "pass");
    open.filter_map(|(word, _)| word.text().parse().ok())
        .collect()
}

/// An ordinary interface has been given the name.
fn is_renamed(host: &LintHost<'_>, name: &str) -> bool {
    let variables = &host.reading.variables;
    let mut names = variables
        .names_from("ifconfig_")
        .filter(|of| of.ends_with("_name"));
    names.any(|of| {
        variables
            .get(of)
            .is_some_and(|found| found.value.text().trim() == name)
    })
}
