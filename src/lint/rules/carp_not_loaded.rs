//! `carp-not-loaded`

use crate::dialect::parse::{FileKind, Keyword, LoaderAction, file_kind};
use crate::lint::hosts::{Fixing, HostFinding, HostFindings, Hosts, LintHost};
use crate::lint::modules::{kld_words, loads};
use crate::lint::registry::rule;
use crate::model::{FileId, Place, Severity};

rule! {
    /// Finds hosts with vhids, from FreeBSD 10 on, that do not load the module carp.
    ///
    /// ## Why it matters
    ///
    /// The GENERIC kernel has no CARP (`sys/conf/NOTES` has `device carp`, `sys/amd64/conf/GENERIC` has not). Without the module
    /// every command with `vhid` fails at boot (`Protocol not supported`), and the host serves no VIP. A kernel of your own with
    /// `device carp` is a reason to allow this.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # loader.conf
    /// zfs_load="YES"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # loader.conf
    /// zfs_load="YES"
    /// carp_load="YES"
    /// ```
    CARP_NOT_LOADED = "CG901", "carp-not-loaded", Error, for hosts, fix "writes `carp_load=\"YES\"` at the end of loader.conf, if that file was given"
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        let Some(place) = vhid_place(host) else {
            continue;
        };
        let Some(file) = first_loader_file(host) else {
            continue;
        };
        if host.is_legacy() || is_loaded_or_meant(host) {
            continue;
        }
        let count = host.reading.config.vhids.len().max(1);
        let vhids = if count == 1 { "vhid" } else { "vhids" };
        let message = format!(
            "no loader file loads carp, and GENERIC has none: the commands of {count} {vhids} fail at boot (`Protocol not supported`), and this host serves no VIP"
        );
        let help = "write carp_load=\"YES\" into loader.conf";
        let end = host.end_of(FileKind::LoaderConf, "loader.conf");
        let fixing = host.append(Fixing::of(position), end, "carp_load=\"YES\"");
        let finding = HostFinding::at(Severity::Error, position, file, message, help);
        let finding = finding.and(position, place, "a vhid of this host");
        findings.add(finding.with_fix(fixing.done()));
    }
}

/// The first vhid of the boot, else of a script.
fn vhid_place(host: &LintHost<'_>) -> Option<Place> {
    let statements = host.statements();
    let mut named = statements.iter().filter(|found| {
        found.statement.parameter(Keyword::Vhid).is_some() && !found.statement.removes()
    });
    Some(named.next()?.statement.vhid_place())
}

/// loader.conf itself where it was given.
fn first_loader_file(host: &LintHost<'_>) -> Option<Place> {
    let mut files: Vec<(bool, u16)> = (0_u16..)
        .zip(&host.files)
        .filter(|(_, file)| file_kind(file.path) == Some(FileKind::LoaderConf))
        .map(|(number, file)| (!file.path.ends_with("loader.conf"), number))
        .collect();
    files.sort_unstable();
    files
        .first()
        .map(|(_, number)| Place::start(FileId(*number)))
}

/// Something loads carp, or was to: then another rule has its say.
fn is_loaded_or_meant(host: &LintHost<'_>) -> bool {
    let in_loader = host.reading.loader.iter().any(|line| match &line.action {
        LoaderAction::Module(module, _) if module == "if_carp" => true,
        LoaderAction::Module(module, value) => module == "carp" && value == "YES",
        LoaderAction::Exec(command) => command.contains("carp"),
        LoaderAction::Malformed(text) => text.contains("carp"),
        LoaderAction::Set(name, _) => name == "carp_name",
    });
    let in_list = kld_words(host).is_none_or(|words| {
        words
            .iter()
            .any(|word| loads(word.text(), "carp") || loads(word.text(), "if_carp"))
    });
    let in_script = host.reading.scripts.iter().any(|script| {
        script.script.commands.iter().any(|command| {
            let mut words = command.words.iter();
            let program = words.next().map_or("", |word| word.text());
            let is_kldload = program.rsplit('/').next() == Some("kldload");
            let mut carp = words.filter(|word| word.text().contains("carp"));
            is_kldload
                && carp
                    .next()
                    .is_some_and(|word| script.at_boot || loads(word.text(), "if_carp"))
        })
    });
    in_loader || in_list || in_script
}
