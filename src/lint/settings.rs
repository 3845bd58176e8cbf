//! Where a setting of a description is written: at the vhid, at its group or for the whole cluster.

use crate::config::Description;
use crate::config::schema::{self, SysctlValue};
use crate::lint::numbers::list_in_words;
use crate::model::{Finding, KnownSysctl, Node, Release, Route, VhidSpec};

/// The table that decides the order of a vhid: its group's, else its own.
pub(super) fn owner<'d>(description: &'d Description<'_>, vhid: &'d VhidSpec) -> &'d Route {
    let group = vhid.group.as_ref();
    let group = group.and_then(|name| description.cluster.groups.iter().find(|g| g.name == *name));
    group.map_or(&vhid.route, |group| &group.route)
}

/// The keys that give an order or a base, of a vhid or of its group.
struct Written {
    at: Route,
    priority: bool,
    advskew: bool,
    advbase: bool,
    vrrp_priority: bool,
}

impl Written {
    fn of(description: &Description<'_>, owner: &Route) -> Option<Self> {
        let vhids = description.document.vhid.iter().flatten();
        let vhid = vhids.map(|v| &v.value).find(|table| table.at == *owner);
        if let Some(table) = vhid {
            let numbers = table.vrrp.as_ref();
            return Some(Self {
                at: owner.clone(),
                priority: table.priority.is_some(),
                advskew: table.advskew.is_some(),
                advbase: table.advbase.is_some(),
                vrrp_priority: numbers.is_some_and(|n| n.priority.is_some()),
            });
        }
        let groups = description.document.group.iter().flatten();
        let group = groups.map(|g| &g.value).find(|table| table.at == *owner)?;
        Some(Self {
            at: owner.clone(),
            priority: group.priority.is_some(),
            advskew: group.advskew.is_some(),
            advbase: group.advbase.is_some(),
            vrrp_priority: false,
        })
    }
}

fn cluster_table<'d>(description: &'d Description<'_>) -> Option<&'d schema::Cluster> {
    description.document.cluster.as_ref()
}

/// The value that gives the order of a vhid, else the table that should have one.
pub(super) fn order_place(description: &Description<'_>, vhid: &VhidSpec) -> Route {
    let owner = owner(description, vhid);
    match Written::of(description, owner) {
        Some(keys) if keys.priority => keys.at.key("priority"),
        Some(keys) if keys.advskew => keys.at.key("advskew"),
        Some(keys) if keys.vrrp_priority => keys.at.key("vrrp").key("priority"),
        _ => match cluster_table(description) {
            Some(table) if table.priority.is_some() => table.route("priority"),
            _ => owner.clone(),
        },
    }
}

/// The value that gives the base interval of a vhid, else the vhid.
pub(super) fn advbase_place(description: &Description<'_>, vhid: &VhidSpec) -> Route {
    let tables = [&vhid.route, owner(description, vhid)];
    let mut keys = tables
        .into_iter()
        .filter_map(|at| Written::of(description, at));
    if let Some(keys) = keys.find(|keys| keys.advbase) {
        return keys.at.key("advbase");
    }
    match cluster_table(description) {
        Some(table) if table.advbase.is_some() => table.route("advbase"),
        _ => vhid.route.clone(),
    }
}

/// The value that gives the release of a node, else the node.
pub(super) fn release_place(description: &Description<'_>, node: &Node) -> Route {
    let mut nodes = description.document.node.iter().flatten();
    let own = nodes.any(|n| n.value.at == node.route && n.value.release.is_some());
    match cluster_table(description) {
        _ if own => node.route.key("release"),
        Some(table) if table.release.is_some() => table.route("release"),
        _ => node.route.clone(),
    }
}

/// A line of `[cluster.sysctl]` with a whole number.
pub(super) struct SysctlLine<'d> {
    /// Its value.
    pub(super) at: &'d Route,
    /// Its whole name.
    pub(super) name: &'d str,
    /// The number.
    pub(super) value: i64,
}

/// The lines of `[cluster.sysctl]` whose values have a meaning.
pub(super) fn sysctl_lines<'d>(
    description: &'d Description<'_>,
) -> impl Iterator<Item = SysctlLine<'d>> {
    let lines = cluster_table(description).and_then(|table| table.sysctl.as_ref());
    let lines = lines.map_or(&[][..], |map| &map.0);
    lines.iter().filter_map(|(name, item)| {
        let SysctlValue::Number(value) = item.value else {
            return None;
        };
        let wrong = description.problems.iter().any(|p| p.at == item.at);
        (!wrong).then_some(SysctlLine {
            at: &item.at,
            name,
            value,
        })
    })
}

/// The line of `[cluster.sysctl]` for a name.
pub(super) fn sysctl_line<'d>(
    description: &'d Description<'_>,
    name: &str,
) -> Option<SysctlLine<'d>> {
    sysctl_lines(description).find(|line| line.name == name)
}

/// The value that switches preemption: the key of `[cluster]`, else the sysctl, else the table.
pub(super) fn preempt_place(description: &Description<'_>) -> Route {
    let Some(table) = cluster_table(description) else {
        return Route::top();
    };
    if table.preempt.is_some() {
        return table.route("preempt");
    }
    sysctl_line(description, KnownSysctl::PREEMPT)
        .map_or_else(|| table.at.clone(), |line| line.at.clone())
}

/// The nodes of a vhid that lack something.
pub(super) struct OlderMembers<'d> {
    /// Those nodes, by rank.
    pub(super) nodes: Vec<&'d Node>,
    /// How many nodes serve the vhid, these included.
    pub(super) members: usize,
}

impl OlderMembers<'_> {
    /// The nodes with their releases: `a (13) and b (12)`.
    pub(super) fn in_words(&self) -> String {
        let words = self.nodes.iter();
        list_in_words(words.map(|node| format!("{} ({})", node.name, node.release)))
    }

    /// Who is left to serve the vhid.
    pub(super) fn serving(&self) -> String {
        match self.members - self.nodes.len() {
            0 => "no node serves the vhid".to_owned(),
            left => format!("only {left} of {} serve the vhid", self.members),
        }
    }
}

/// The nodes of a vhid whose release lacks a feature, if there are any.
pub(super) fn older_members<'d>(
    description: &'d Description<'_>,
    vhid: &'d VhidSpec,
    has: fn(Release) -> bool,
) -> Option<OlderMembers<'d>> {
    let members: Vec<&Node> = description.cluster.members(vhid).map(|(n, _)| n).collect();
    let nodes: Vec<&Node> = members
        .iter()
        .copied()
        .filter(|node| !has(node.release))
        .collect();
    (!nodes.is_empty()).then_some(OlderMembers {
        nodes,
        members: members.len(),
    })
}

/// The finding with every place that gives one of the nodes its release.
pub(super) fn with_releases(
    description: &Description<'_>,
    nodes: &[&Node],
    mut finding: Finding,
) -> Finding {
    let mut places = Vec::new();
    for node in nodes {
        let place = release_place(description, node);
        if !places.contains(&place) {
            let words = format!("{} runs {}", node.name, node.release);
            finding = finding.and(place.clone(), words);
            places.push(place);
        }
    }
    finding
}
