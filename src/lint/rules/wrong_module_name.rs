//! `wrong-module-name`

use crate::dialect::parse::{LoaderAction, Word};
use crate::lint::hosts::{Bytes, Fixing, HostFinding, HostFindings, Hosts, LintHost};
use crate::lint::modules::{kld_words, loads};
use crate::lint::registry::rule;
use crate::model::{Fix, Place, Severity};

rule! {
    /// Finds the module of CARP under the name that another release gives it.
    ///
    /// ## Why it matters
    ///
    /// Up to FreeBSD 9 the module is called if_carp, from 10 on carp (`sys/modules/if_carp` and `sys/modules/carp`). Under the other
    /// name it is not found. Without it the kernel has no CARP (`Protocol not supported`), and the host serves no VIP; on 9
    /// `ifconfig carp0 create` still loads it.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # loader.conf on FreeBSD 14
    /// if_carp_load="YES"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # loader.conf on FreeBSD 14
    /// carp_load="YES"
    /// ```
    WRONG_MODULE_NAME = "CG810", "wrong-module-name", Error, for hosts, fix "writes the name of this release"
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        if host.is_legacy() {
            let consequence = if in_loader(host, "if_carp").is_empty() {
                "only `ifconfig carpN create` loads CARP"
            } else {
                "CARP comes from if_carp_load alone"
            };
            for place in in_loader(host, "carp") {
                let message = format!(
                    "FreeBSD 9 has no module carp: the loader does not find it, and {consequence}"
                );
                let help = "write if_carp_load=\"YES\"";
                let fix = loader_fix(host, position, place, ("carp_load", "if_carp_load"));
                let finding = HostFinding::at(Severity::Warning, position, place, message, help);
                findings.add(finding.with_fix(fix));
            }
            continue;
        }
        let loaded = !in_loader(host, "carp").is_empty();
        let consequence = if loaded {
            "carp_load loads CARP, and this finds nothing"
        } else {
            "it is not found, without CARP each command with vhid fails (`Protocol not supported`), and this host serves no VIP"
        };
        let message =
            format!("from FreeBSD 10 on the module is called carp, not if_carp: {consequence}");
        let lines = in_loader(host, "if_carp").into_iter();
        let lines = lines.map(|place| {
            let fix = loader_fix(host, position, place, ("if_carp_load", "carp_load"));
            (place, "write carp_load=\"YES\"", fix)
        });
        let listed = kld_words(host).unwrap_or_default();
        let listed = listed
            .iter()
            .filter(|word| loads(word.text(), "if_carp"))
            .map(|word| {
                (
                    word.place,
                    "take it out, and write carp_load=\"YES\" into loader.conf",
                    word_fix(host, position, word),
                )
            });
        let commands = in_scripts(host).into_iter();
        let commands = commands.map(|word| {
            let fix = word_fix(host, position, word);
            (word.place, "write kldload carp", fix)
        });
        for (place, help, fix) in lines.chain(listed).chain(commands) {
            let message = message.clone();
            let finding = HostFinding::at(Severity::Error, position, place, message, help);
            findings.add(finding.with_fix(fix));
        }
    }
}

/// A fix that gives a line of the loader the right name, or takes it away where there is one with that name.
fn loader_fix(
    host: &LintHost<'_>,
    position: usize,
    place: Place,
    (wrong, right): (&str, &str),
) -> Option<Fix> {
    let module = right.trim_end_matches("_load");
    if in_loader(host, module).is_empty() {
        let at = host.bytes_of(place, wrong);
        return Fixing::of(position).replace(at, right).done();
    }
    let line = host.line_of(place.file, place.offset as usize);
    host.delete_line(Fixing::of(position), line).done()
}

/// A fix that names the module as it is called today. A folder and `.ko` stay.
fn word_fix(host: &LintHost<'_>, position: usize, word: &Word) -> Option<Fix> {
    let prefix = word.text().rfind("if_carp")?;
    let at = host.bytes_of_word(word).map(|Bytes { file, range }| Bytes {
        file,
        range: range.start + prefix..range.start + prefix + "if_".len(),
    });
    Fixing::of(position).delete(at).done()
}

/// The loader lines that load a module.
fn in_loader(host: &LintHost<'_>, wanted: &str) -> Vec<Place> {
    let lines = host.reading.loader.iter().filter(|line| {
        matches!(&line.action, LoaderAction::Module(module, value) if module == wanted && value == "YES")
    });
    lines.map(|line| line.place).collect()
}

/// The arguments of kldload(8) that name if_carp.
fn in_scripts<'h>(host: &'h LintHost<'_>) -> Vec<&'h Word> {
    let scripts = host.reading.scripts.iter();
    let commands = scripts.flat_map(|script| &script.script.commands);
    commands
        .filter_map(|command| {
            let (program, arguments) = command.words.split_first()?;
            let is_kldload = program.text().rsplit('/').next() == Some("kldload");
            let mut named = arguments
                .iter()
                .filter(|word| loads(word.text(), "if_carp"));
            named.next().filter(|_| is_kldload)
        })
        .collect()
}
