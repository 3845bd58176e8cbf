//! `vhid-in-removal`

use crate::dialect::parse::{Item, Keyword, Parameter};
use crate::lint::hosts::{
    Bytes, Fixing, HostFinding, HostFindings, Hosts, LintHost, Source, SourceStatement,
};
use crate::lint::registry::rule;
use crate::model::{Fix, Severity};

rule! {
    /// Finds live commands that remove an address and name its vhid.
    ///
    /// ## Why it matters
    ///
    /// A vhid goes with its last address. ifconfig(8) sets the vhid that a command names before it removes the address, so that an empty
    /// vhid may be left, which stays in INIT and adds to the demotion at each loss of the link (`carp_detach` and `carp_ioctl` in
    /// FreeBSD `sys/netinet/ip_carp.c`).
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig em0 inet 192.0.2.1/32 vhid 1 -alias
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig em0 inet 192.0.2.1/32 -alias
    /// ```
    VHID_IN_REMOVAL = "CG120", "vhid-in-removal", Warning, for hosts, fix "leaves out `vhid` and all that belongs to it"
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter().filter(|(_, host)| !host.is_legacy()) {
        for found in host.statements() {
            let is_live = matches!(found.source, Source::Live(_));
            let Some(vhid) = found.statement.parameter(Keyword::Vhid) else {
                continue;
            };
            if is_live && found.statement.removes() {
                let message = "a removal that names the vhid: when the last address is gone the vhid is made anew, empty, and stays in INIT";
                let help = "leave `vhid` and all that belongs to it out";
                let fix = without_parameters(host, position, &found);
                let place = vhid.place;
                let finding = HostFinding::at(Severity::Warning, position, place, message, help);
                findings.add(finding.with_fix(fix));
            }
        }
    }
}

/// A fix that leaves out all that belongs to the vhid.
fn without_parameters(
    host: &LintHost<'_>,
    position: usize,
    found: &SourceStatement<'_>,
) -> Option<Fix> {
    let items = &found.statement.items;
    let mut cuts: Vec<Bytes> = Vec::new();
    for (number, item) in items.iter().enumerate() {
        let Item::Parameter(parameter) = item else {
            continue;
        };
        let cut = bytes_of(host, found, parameter, items.get(number + 1))?;
        let text = host.text_of(cut.file);
        match cuts.last_mut() {
            Some(last)
                if text
                    .get(last.range.end..cut.range.start)
                    .is_some_and(|gap| gap.chars().all(|c| matches!(c, ' ' | '\t'))) =>
            {
                last.range.end = cut.range.end;
            }
            _ => cuts.push(cut),
        }
    }
    let fixing = cuts.into_iter().fold(Fixing::of(position), |fixing, cut| {
        fixing.delete(host.with_blanks(Some(cut)))
    });
    fixing.done()
}

/// A parameter with its value, which may be a variable: then it ends where the next word or the end of the command is.
fn bytes_of(
    host: &LintHost<'_>,
    found: &SourceStatement<'_>,
    parameter: &Parameter,
    next: Option<&Item>,
) -> Option<Bytes> {
    if let Some(bytes) = host.bytes_of_parameter(parameter) {
        return Some(bytes);
    }
    let start = host.bytes_of(parameter.place, parameter.keyword.word())?;
    let end = match next {
        Some(item) => item.place().offset as usize,
        None => host.end_of_command(found)?.range.end,
    };
    let text = host.text_of(start.file);
    let words = text.get(start.range.start..end)?;
    let apart = next.is_none() || words.ends_with([' ', '\t']);
    let plain = !words.contains(['\n', ';', '|', '&', '>', '<']);
    (apart && plain).then(|| Bytes {
        file: start.file,
        range: start.range.start..start.range.start + words.trim_end().len(),
    })
}
