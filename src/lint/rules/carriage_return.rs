//! `carriage-return`

use crate::dialect::parse::{FileKind, Text, rc_conf_order};
use crate::lint::hosts::{Bytes, Fixing, HostFinding, HostFindings, Hosts, LintHost};
use crate::lint::registry::rule;
use crate::model::{FileId, Severity};

rule! {
    /// Finds rc.conf files and scripts with lines that end in CR LF.
    ///
    /// ## Why it matters
    ///
    /// sh(1) takes the CR for a part of the line: it becomes the end of a value, of the last word of a command, or of a key. Then the
    /// address is "bad value", or the key differs from that of every peer and both hosts are master. On release 9 sysctl.conf is read
    /// by a shell loop as well (`rc.d/sysctl` of 9.3). loader.conf is not affected.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # each line ends in CR LF
    /// ifconfig_em0="inet 192.0.2.3/24"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # each line ends in LF
    /// ifconfig_em0="inet 192.0.2.3/24"
    /// ```
    CARRIAGE_RETURN = "CG102", "carriage-return", Error, for hosts, fix "removes the CRs"
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for (file, text) in read_by_a_shell(host) {
            let Some(at) = text.find("\r\n") else {
                continue;
            };
            let lines = text.matches("\r\n").count();
            let lines = if lines == 1 {
                "this line ends".to_owned()
            } else {
                format!("this and {} more lines end", lines - 1)
            };
            let message = format!(
                "{lines} in CR LF: the last word of each value gets a CR, which makes another key and an invalid address"
            );
            let help = "convert the file: sed -i '' 's/\\r$//' FILE";
            let place = Text::new(FileId(file), text).place(at);
            let ends = text.match_indices("\r\n");
            let fixing = ends.fold(Fixing::of(position), |fixing, (at, _)| {
                fixing.delete(Some(Bytes {
                    file: FileId(file),
                    range: at..at + 1,
                }))
            });
            let finding = HostFinding::at(Severity::Error, position, place, message, help);
            findings.add(finding.with_fix(fixing.done()));
        }
    }
}

/// The files that sh(1) reads, with their texts as they are.
fn read_by_a_shell<'h>(host: &'h LintHost<'_>) -> Vec<(u16, &'h str)> {
    let mut kinds = vec![FileKind::Script, FileKind::BootScript];
    kinds.extend(host.is_legacy().then_some(FileKind::SysctlConf));
    let rc_conf = host.files_of(FileKind::RcConf).filter(|(file, _)| {
        let path = host.files[usize::from(*file)].path;
        rc_conf_order(path, host.release()).is_some()
    });
    let others = kinds.into_iter().flat_map(|kind| host.files_of(kind));
    rc_conf.chain(others).collect()
}
