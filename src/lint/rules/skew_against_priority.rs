//! `skew-against-priority`

use crate::config::Description;
use crate::config::schema::{AdvSkewMap, PriorityValue};
use crate::lint::engine::Findings;
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{Finding, Route, Severity};

rule! {
    /// Finds vhids and groups whose `priority` and `advskew` name different orders, or different nodes.
    ///
    /// ## Why it matters
    ///
    /// The kernel knows only the numbers: the node with the lowest advskew is master, whatever the list says. Whoever reads the list
    /// expects the address elsewhere.
    ///
    /// ## Example
    ///
    /// ```toml
    /// advskew = { a = 100, b = 0 }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// advskew = { a = 0, b = 100 }
    /// ```
    SKEW_AGAINST_PRIORITY = "CG008", "skew-against-priority", Error
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    let document = &description.document;
    let vhids = document.vhid.iter().flatten().map(|v| &v.value);
    let groups = document.group.iter().flatten().map(|g| &g.value);
    let vhids = vhids.map(|v| (&v.at, v.priority.as_ref(), v.advskew.as_ref()));
    let groups = groups.map(|g| (&g.at, g.priority.as_ref(), g.advskew.as_ref()));
    for (at, priority, advskew) in vhids.chain(groups) {
        if let (Some(PriorityValue::Nodes(list)), Some(skews)) = (priority, advskew) {
            let list: Vec<&str> = list.iter().map(|item| item.value.as_str()).collect();
            disagreement(at, &list, skews)
                .into_iter()
                .for_each(|finding| findings.add(finding));
        }
    }
}

fn disagreement(at: &Route, list: &[&str], skews: &AdvSkewMap) -> Option<Finding> {
    let mut by_number: Vec<(&str, i64)> = skews
        .0
        .iter()
        .map(|(name, item)| (name.as_str(), item.value.0))
        .collect();
    by_number.sort_by_key(|(_, skew)| *skew);
    let names: Vec<&str> = by_number.iter().map(|(name, _)| *name).collect();
    let only_one = |one: &[&str], other: &[&str]| {
        one.iter()
            .find(|name| !other.contains(name))
            .map(ToString::to_string)
    };
    let message = if let Some(name) = only_one(list, &names) {
        format!("{name} is in `priority`, but has no number in `advskew`")
    } else if let Some(name) = only_one(&names, list) {
        format!("{name} has a number in `advskew`, but is not in `priority`")
    } else {
        let skew = |name: &&str| {
            skews
                .0
                .iter()
                .find(|(known, _)| known == name)
                .map_or(0, |(_, item)| item.value.0)
        };
        if list.windows(2).all(|pair| skew(&pair[0]) <= skew(&pair[1])) {
            return None;
        }
        let (wanted, real) = (list.first()?, names.first()?);
        format!(
            "`priority` says {}, the numbers say {}: {real} is master, and {wanted} has advskew {}",
            list_in_words(list),
            list_in_words(&names),
            skew(wanted)
        )
    };
    let help = "keep one of the two: `priority` alone lets carpgen compute the skews";
    Some(
        Finding::new(Severity::Error, at.key("advskew"), message, help)
            .and(at.key("priority"), "the order in words"),
    )
}
