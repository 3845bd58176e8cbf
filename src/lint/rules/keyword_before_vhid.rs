//! `keyword-before-vhid`

use crate::dialect::parse::{Keyword, Parameter};
use crate::lint::hosts::{
    Fault, Fixing, HostFinding, HostFindings, Hosts, LintHost, SourceStatement,
};
use crate::lint::registry::rule;
use crate::model::{Fix, Severity};

rule! {
    /// Finds parameters of a vhid that stand before `vhid`, or without it.
    ///
    /// ## Why it matters
    ///
    /// From FreeBSD 10 on ifconfig(8) reads the words in order and stops at the first parameter that no `vhid` stands before:
    /// "advskew requires vhid" (`setcarp_advskew` and its like in `sbin/ifconfig/carp.c`). Nothing of the command happens. On
    /// release 9 the order is free.
    ///
    /// ## Example
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 advskew 100 vhid 1 pass Ee5Xkq2uPsz0"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0"
    /// ```
    KEYWORD_BEFORE_VHID = "CG110", "keyword-before-vhid", Error, for hosts, fix "moves `vhid N` to the front, where the command has one"
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for (position, host) in hosts.iter() {
        for found in host.statements() {
            let Some(early) = early(host, &found) else {
                continue;
            };
            let word = early.keyword.word();
            let vhid = found.statement.parameter(Keyword::Vhid);
            let (why, help) = match vhid {
                Some(_) => ("stands before `vhid`", "write `vhid N` first".to_owned()),
                None => (
                    "stands in a command without `vhid`",
                    format!("write `vhid N` before `{word}`"),
                ),
            };
            let message = format!(
                "`{word}` {why}: \"{word} requires vhid\", the command fails, and {} gets no VIP from it",
                host.name
            );
            let finding = HostFinding::at(Severity::Error, position, early.place, message, help);
            findings.add(match vhid {
                Some(vhid) => finding
                    .and(position, vhid.place, "the vhid stands here")
                    .with_fix(moved(host, position, early, vhid)),
                None => finding,
            });
        }
    }
}

/// A fix that moves `vhid N` before the first parameter.
fn moved(host: &LintHost<'_>, position: usize, early: &Parameter, vhid: &Parameter) -> Option<Fix> {
    let number = vhid.number()?;
    let to = host.room_before(host.bytes_of(early.place, early.keyword.word()));
    let from = host.with_blanks(host.bytes_of_parameter(vhid));
    let fixing = Fixing::of(position).insert(to, &format!("vhid {number} "));
    fixing.delete(from).done()
}

/// The first parameter that ifconfig(8) refuses for want of a vhid.
fn early<'s>(host: &LintHost<'_>, found: &SourceStatement<'s>) -> Option<&'s Parameter> {
    let is_carp_interface =
        crate::dialect::parse::is_carp_interface(found.statement.interface.text());
    if host.is_legacy() || is_carp_interface || host.is_distorted(found) {
        return None;
    }
    let misspelt = |fault: &Fault<'_>| matches!(fault, Fault::Unknown(_, Some(Keyword::Vhid)));
    if host.faults(found).iter().any(misspelt) {
        return None;
    }
    found
        .statement
        .parameters()
        .filter(|parameter| parameter.keyword.exists_in(host.release()))
        .take_while(|parameter| parameter.keyword != Keyword::Vhid)
        .find(|parameter| parameter.keyword.needs_vhid())
}
