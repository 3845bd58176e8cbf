//! Runs the rules over the files of hosts and sorts out what they say.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::allows::{Allows, Idle, IdleReason};
use super::hosts::{HostFinding, HostFindings, HostLintFinding, HostPlace, Hosts, shell_lines};
use super::levels::{self, LevelChange};
use super::registry::{RULES, Rule};
use super::rules::unused_allow::{UNUSED_ALLOW, words};
use crate::model::{FileId, Place, Severity};

/// Everything that the rules find in the files of hosts, by host, file and line.
#[must_use]
pub fn check_hosts(hosts: &Hosts<'_>) -> Vec<HostLintFinding> {
    let of_rule = |rule: &&'static Rule| {
        let mut list = Vec::new();
        (rule.check_hosts)(hosts, &mut HostFindings::new(rule, &mut list));
        list
    };
    let mut list: Vec<HostLintFinding> = RULES.par_iter().flat_map_iter(of_rule).collect();
    sort(&mut list);
    list
}

/// What is left of findings when the comments of the files and their reader have had their say.
#[must_use]
pub fn tuned_hosts(
    hosts: &Hosts<'_>,
    mut list: Vec<HostLintFinding>,
    changes: &[LevelChange],
) -> Vec<HostLintFinding> {
    silence(hosts, &mut list);
    levels::set(&mut list, &[], changes);
    list
}

fn sort(list: &mut Vec<HostLintFinding>) {
    let key = |found: &HostLintFinding| {
        let at = found.finding.at;
        let host = at.map(|at| at.host).or(found.finding.host);
        (host, at.map(|at| at.place), found.rule.code)
    };
    list.sort_by_key(key);
    list.dedup_by(|a, b| a.rule.code == b.rule.code && a.finding == b.finding);
}

/// Takes out what comments silence, and adds what they leave to say.
fn silence(hosts: &Hosts<'_>, list: &mut Vec<HostLintFinding>) {
    // Few files have such a comment.
    let mut allows: BTreeMap<(usize, FileId), Allows> = BTreeMap::new();
    for (host, read) in hosts.iter() {
        for (file, text) in (0_u16..).zip(&read.files) {
            if text.text.contains("carpgen:") {
                allows.insert((host, FileId(file)), Allows::of(&shell_lines(text.text)));
            }
        }
    }
    if allows.is_empty() {
        return;
    }
    list.retain(|found| {
        let related = found.finding.related.iter().map(|(place, _)| *place);
        let places = found.finding.at.into_iter().chain(related);
        let silencing = places.filter(|HostPlace { host, place }| {
            let of_file = allows.get_mut(&(*host, place.file));
            of_file.is_some_and(|allows| allows.silences(found.rule, place.line as usize))
        });
        silencing.count() == 0
    });
    for ((host, file), allows) in allows {
        let text = hosts.hosts[host].files[usize::from(file.0)].text;
        for idle in unheeded(&allows) {
            let (message, help) = words(&idle.why);
            let place = place_of(file, text, idle.bytes.start);
            let finding = HostFinding::at(Severity::Info, host, place, message, help);
            HostFindings::new(&UNUSED_ALLOW, list).add(finding);
        }
    }
    sort(list);
}

/// The comments that silenced nothing, but for those that allow just that.
fn unheeded(allows: &Allows) -> Vec<Idle> {
    let idle = allows.idle();
    let itself = |idle: &Idle| matches!(&idle.why, IdleReason::NothingFound(rule, _) if *rule == UNUSED_ALLOW.name);
    if idle.iter().any(itself) {
        return Vec::new();
    }
    idle
}

fn place_of(file: FileId, text: &str, offset: usize) -> Place {
    crate::dialect::parse::Text::new(file, text).place(offset)
}
