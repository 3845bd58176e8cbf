//! `alias-without-family`

use crate::lint::hosts::{Bytes, Fixing, HostFinding, HostFindings, Hosts};
use crate::lint::registry::rule;
use crate::model::Severity;

rule! {
    /// Finds numbered aliases that do not begin with `inet`, `inet6`, `link` or `ether`.
    ///
    /// ## Why it matters
    ///
    /// network.subr adds `inet` when it starts the interface, with a warning, and not when it stops it (`ifalias_af_common` in FreeBSD
    /// `libexec/rc/network.subr`): after `service netif stop` the address may still be there.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0_alias0="192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    ALIAS_WITHOUT_FAMILY = "CG112", "alias-without-family", Warning, for hosts, fix "writes `inet` at the beginning of the value"
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let variables = &host.reading.variables;
        for (name, place) in &host.reading.boot.inet_added {
            let elsewhere = host.is_legacy() && !name.starts_with("ifconfig_carp");
            if elsewhere || host.is_value_distorted(name) {
                continue;
            }
            let words = variables
                .get(name)
                .map(|assignment| variables.words(assignment))
                .unwrap_or_default();
            let Some(first) = words.first() else {
                continue;
            };
            // With an IPv6 address it is another mistake.
            let is_inet6 = words.iter().any(|word| {
                word.text() == "inet6"
                    || word
                        .text()
                        .split('/')
                        .next()
                        .is_some_and(|host| host.parse::<std::net::Ipv6Addr>().is_ok())
            });
            if is_inet6 || matches!(first.text(), "inet" | "link" | "ether") {
                continue;
            }
            let message = format!(
                "{name} does not begin with a family word: it is started with a warning, and `service netif stop` does not undo it"
            );
            let help = "write `inet` in front";
            // The value may begin with a variable: what counts is that it begins in quotes.
            let start = first.place.offset as usize;
            let before = host.text_of(first.place.file).get(..start).unwrap_or("");
            let at = Bytes {
                file: first.place.file,
                range: start..start,
            };
            let in_quotes = before.ends_with(&format!("{name}=\""))
                || (before.ends_with(&format!("{name}='")) && host.bytes_of_word(first).is_some());
            let fixing = Fixing::of(position).insert(in_quotes.then_some(at), "inet ");
            let finding = HostFinding::at(Severity::Warning, position, *place, message, help);
            findings.add(finding.with_fix(fixing.done()));
        }
    }
}
