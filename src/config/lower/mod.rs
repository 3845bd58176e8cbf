//! From the tables as written to the cluster that they mean. All problems are collected; what has one is left out.

mod carp_units;
mod mirrors;
mod nodes;
mod order;
mod sysctls;
mod vhids;

pub(super) use order::{default_priority_step, default_skew_step};

use super::problem::{Problem, ProblemKind};
use super::schema;
use crate::model::{Cluster, ClusterName, NameError, Property, Route};

/// Lowers a whole document.
pub(super) fn lower(document: &schema::Document, problems: &mut Vec<Problem>) -> Cluster {
    let settings = document.cluster.as_ref();
    let name = settings.and_then(|cluster| {
        name_at(
            &cluster.route("name"),
            cluster.name.as_deref()?,
            ClusterName::new,
            problems,
        )
    });
    let (sysctls, switches) = sysctls::lower(settings, problems);
    let mut cluster = Cluster {
        name: name.unwrap_or_else(unnamed),
        preempt: switches.preempt.unwrap_or(true),
        arpbalance: switches.arpbalance.unwrap_or(false),
        sysctls,
        segments: nodes::segments(document, problems),
        nodes: Vec::new(),
        groups: Vec::new(),
        vhids: Vec::new(),
        lint: lint_levels(document),
        properties: Vec::new(),
    };
    cluster.nodes = nodes::nodes(document, &mut cluster.segments, problems);
    vhids::lower(document, &mut cluster, problems);
    cluster.properties = properties(document, &cluster, problems);
    cluster
}

fn unnamed() -> ClusterName {
    ClusterName::new("unnamed").expect("the word is a name")
}

/// Reads a name, and notes why it is none.
fn name_at<T>(
    at: &Route,
    text: &str,
    read: fn(&str) -> Result<T, NameError>,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    match read(text) {
        Ok(name) => Some(name),
        Err(error) => {
            let kind = ProblemKind::WrongValue {
                found: format!("{text:?}"),
                expected: format!("another name: {error}"),
            };
            problems.push(Problem::new(at.clone(), kind));
            None
        }
    }
}

/// Notes that something is named that is not there.
fn unknown_name(
    at: &Route,
    what: &'static str,
    name: &str,
    known: impl IntoIterator<Item = String>,
    problems: &mut Vec<Problem>,
) {
    let kind = ProblemKind::UnknownName {
        what,
        name: name.to_owned(),
        known: known.into_iter().collect(),
    };
    problems.push(Problem::new(at.clone(), kind));
}

/// Notes that two values contradict each other.
fn contradiction(
    at: Route,
    what: impl Into<String>,
    help: impl Into<String>,
    other: Option<(Route, &str)>,
    problems: &mut Vec<Problem>,
) {
    // What contradicts two things at once is still one mistake.
    if problems.iter().any(|problem| problem.at == at) {
        return;
    }
    let kind = ProblemKind::Contradiction {
        what: what.into(),
        help: help.into(),
    };
    problems.push(Problem {
        at,
        kind,
        other: other.map(|(route, words)| (route, words.to_owned())),
    });
}

fn lint_levels(document: &schema::Document) -> Vec<(String, crate::model::LintLevel)> {
    let rules = document.lint.as_ref().map_or(&[][..], |map| &map.0);
    rules
        .iter()
        .map(|(rule, level)| (rule.clone(), level.value.0))
        .collect()
}

fn properties(
    document: &schema::Document,
    cluster: &Cluster,
    problems: &mut Vec<Problem>,
) -> Vec<Property> {
    let mut properties = Vec::new();
    for table in document.verify.iter().flatten().map(|item| &item.value) {
        for vhid in table.vhids.iter().flatten() {
            let known = cluster.vhids.iter().any(|v| vhid_is(v, &vhid.value));
            if !known {
                let names = cluster.vhids.iter().map(|v| v.id.to_string());
                unknown_name(&vhid.at, "vhid", &vhid.value, names, problems);
            }
        }
        if let Some(faults) = table
            .faults
            .as_ref()
            .filter(|faults| !(0..=4).contains(&faults.0))
        {
            let kind = ProblemKind::WrongValue {
                found: faults.0.to_string(),
                expected: "a number from 0 to 4".into(),
            };
            problems.push(Problem::new(table.route("faults"), kind));
        }
        properties.push(Property {
            max_takeover_us: table.max_takeover.map(|time| time.0),
            max_dual_master_us: table.max_dual_master.map(|time| time.0),
            returns_home: table.returns_home,
            faults: table.faults.and_then(|faults| u8::try_from(faults.0).ok()),
            vhids: table
                .vhids
                .iter()
                .flatten()
                .map(|vhid| vhid.value.clone())
                .collect(),
        });
    }
    properties
}

/// A vhid is named by its id, its name, or `segment:id`.
fn vhid_is(vhid: &crate::model::VhidSpec, text: &str) -> bool {
    text == vhid.id.to_string()
        || vhid.name.as_ref().is_some_and(|name| name.as_str() == text)
        || text
            .split_once(':')
            .is_some_and(|(s, id)| s == vhid.segment.as_str() && id == vhid.id.to_string())
}
