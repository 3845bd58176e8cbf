//! Groups and vhids: what each one is, apart from who serves it.

use super::nodes::{in_range, vhid_number};
use super::order::{self, OrderKeys, Ranks};
use super::{carp_units, contradiction, name_at, unknown_name};
use crate::config::problem::{Problem, ProblemKind};
use crate::config::schema::{self, Document, VersionValue};
use crate::model::{
    AdvBase, CarpTimers, Cluster, Group, GroupName, Key, Peers, Protocol, Route, SegmentName, Vhid,
    VhidName, VhidSpec, Vip, VrrpInterval,
};

/// A vhid whose order is not known yet.
pub(super) struct Draft<'a> {
    pub(super) table: &'a schema::Vhid,
    id: Vhid,
    pub(super) segment: SegmentName,
    pub(super) vips: Vec<Vip>,
    group: Option<usize>,
    vrrp: bool,
}

/// What moves as one: a group with its vhids, or a vhid of its own.
pub(super) struct Unit<'a> {
    /// The table that decides the order.
    pub(super) keys: OrderKeys<'a>,
    /// Its vhids, as positions among the drafts.
    pub(super) drafts: Vec<usize>,
    /// It speaks VRRP.
    pub(super) vrrp: bool,
}

/// Lowers groups and vhids into the cluster.
pub(super) fn lower(document: &Document, cluster: &mut Cluster, problems: &mut Vec<Problem>) {
    let tables = groups(document, cluster, problems);
    let drafts = drafts(document, cluster, problems);
    for (position, draft) in drafts.iter().enumerate() {
        let first = draft
            .group
            .and_then(|g| drafts[..position].iter().find(|d| d.group == Some(g)));
        if let Some(first) = first.filter(|first| first.vrrp != draft.vrrp) {
            let other = Some((first.table.at.clone(), "the other protocol"));
            let help = "put CARP and VRRP vhids in groups of their own";
            contradiction(
                draft.table.at.clone(),
                "CARP and VRRP share a group",
                help,
                other,
                problems,
            );
        }
    }
    for draft in drafts.iter().filter(|draft| draft.vrrp) {
        if let Some(group) = draft.group.map(|group| tables[group]) {
            check_vrrp_group(group, draft, problems);
        }
    }
    let units = units(&drafts, &tables);
    let ranks = order::ranks(document, cluster, &drafts, &units, problems);
    let carp_units = carp_units::numbers(cluster, &drafts, &units, &ranks, problems);
    for (position, draft) in drafts.iter().enumerate() {
        let Some(unit) = units
            .iter()
            .position(|unit| unit.drafts.contains(&position))
        else {
            continue;
        };
        let group = draft.group.map(|g| tables[g]);
        let vhid = vhid(
            document,
            cluster,
            draft,
            group,
            &ranks[unit],
            carp_units[position],
            problems,
        );
        cluster.vhids.push(vhid);
    }
}

fn groups<'a>(
    document: &'a Document,
    cluster: &mut Cluster,
    problems: &mut Vec<Problem>,
) -> Vec<&'a schema::Group> {
    let mut tables = Vec::new();
    for table in document.group.iter().flatten().map(|item| &item.value) {
        let at = table.route("name");
        let Some(name) = table
            .name
            .as_deref()
            .and_then(|n| name_at(&at, n, GroupName::new, problems))
        else {
            continue;
        };
        if let Some(first) = cluster.groups.iter().find(|group| group.name == name) {
            let kind = ProblemKind::DuplicateName {
                what: "group",
                name: name.to_string(),
            };
            let other = Some((
                first.route.key("name"),
                "the first group of that name".to_owned(),
            ));
            problems.push(Problem { at, kind, other });
            continue;
        }
        cluster.groups.push(Group {
            name,
            route: table.at.clone(),
        });
        tables.push(table);
    }
    tables
}

fn drafts<'a>(
    document: &'a Document,
    cluster: &Cluster,
    problems: &mut Vec<Problem>,
) -> Vec<Draft<'a>> {
    let mut drafts = Vec::new();
    for table in document.vhid.iter().flatten().map(|item| &item.value) {
        let id = table
            .id
            .and_then(|id| vhid_number(&table.route("id"), id, problems));
        let vips = vips(table, problems);
        let segment = segment(table, cluster, problems);
        let group = group(table, cluster, problems);
        if let Some(name) = table.name.as_deref() {
            name_at(&table.route("name"), name, VhidName::new, problems);
        }
        let vrrp = table.version == Some(VersionValue::Vrrp);
        check_protocol_keys(table, vrrp, problems);
        if let (Some(id), Some(segment)) = (id, segment) {
            drafts.push(Draft {
                table,
                id,
                segment,
                vips,
                group,
                vrrp,
            });
        }
    }
    drafts
}

fn vips(table: &schema::Vhid, problems: &mut Vec<Problem>) -> Vec<Vip> {
    let mut vips = Vec::new();
    for item in table.vips.iter().flatten() {
        match item.value.parse() {
            Ok(vip) => vips.push(vip),
            Err(error) => {
                let why = crate::model::AddressError::to_string(&error);
                let kind = ProblemKind::BadAddress {
                    text: item.value.clone(),
                    why,
                };
                problems.push(Problem::new(item.at.clone(), kind));
            }
        }
    }
    vips
}

fn segment(
    table: &schema::Vhid,
    cluster: &Cluster,
    problems: &mut Vec<Problem>,
) -> Option<SegmentName> {
    let text = table.segment.as_deref()?;
    let found = cluster
        .segments
        .iter()
        .find(|segment| segment.name.as_str() == text);
    if found.is_none() {
        let known = cluster
            .segments
            .iter()
            .map(|segment| segment.name.to_string());
        unknown_name(&table.route("segment"), "segment", text, known, problems);
    }
    found.map(|segment| segment.name.clone())
}

fn group(table: &schema::Vhid, cluster: &Cluster, problems: &mut Vec<Problem>) -> Option<usize> {
    let text = table.group.as_deref()?;
    let found = cluster
        .groups
        .iter()
        .position(|group| group.name.as_str() == text);
    let Some(position) = found else {
        let known = cluster.groups.iter().map(|group| group.name.to_string());
        unknown_name(&table.route("group"), "group", text, known, problems);
        return None;
    };
    let decided = [
        ("priority", table.priority.is_some()),
        ("advskew", table.advskew.is_some()),
        ("mirror", table.mirror.is_some()),
        ("advbase", table.advbase.is_some()),
        ("pass", table.pass.is_some()),
        ("nodes", table.nodes.is_some()),
        (
            "vrrp",
            table
                .vrrp
                .as_ref()
                .is_some_and(|numbers| numbers.priority.is_some()),
        ),
    ];
    for (key, _) in decided.into_iter().filter(|(_, present)| *present) {
        let group = cluster.groups[position].route.clone();
        contradiction(
            table.at.name_of(key),
            format!(
                "`{key}` is decided by group {text}: its vhids share one order and one set of timers"
            ),
            format!("remove `{key}` here, or write it in the [[group]]"),
            Some((group, "the group")),
            problems,
        );
    }
    Some(position)
}

/// Keys of the other protocol would do nothing.
fn check_protocol_keys(table: &schema::Vhid, vrrp: bool, problems: &mut Vec<Problem>) {
    let foreign: &[(&str, bool)] = if vrrp {
        &[
            ("advskew", table.advskew.is_some()),
            ("advbase", table.advbase.is_some()),
            (
                "peers",
                table.peers.is_some_and(|peers| peers.0 == Peers::Unicast),
            ),
        ]
    } else {
        &[("vrrp", table.vrrp.is_some())]
    };
    for (key, _) in foreign.iter().filter(|(_, present)| *present) {
        let (what, help) = if vrrp {
            (
                format!("`{key}` belongs to CARP, this vhid speaks VRRPv3"),
                format!("remove `{key}`; the numbers of VRRP stand in `vrrp`"),
            )
        } else {
            (
                "`vrrp` belongs to VRRPv3, this vhid speaks CARP".to_owned(),
                "write `version = 3`, or remove `vrrp`".to_owned(),
            )
        };
        contradiction(table.at.name_of(key), what, help, None, problems);
    }
}

/// The skews and the base of a group do nothing for vhids that speak VRRP.
fn check_vrrp_group(group: &schema::Group, draft: &Draft<'_>, problems: &mut Vec<Problem>) {
    let keys = [
        ("advskew", group.advskew.is_some()),
        ("advbase", group.advbase.is_some()),
    ];
    for (key, _) in keys.into_iter().filter(|(_, present)| *present) {
        let at = group.at.name_of(key);
        if problems.iter().any(|problem| problem.at == at) {
            continue;
        }
        contradiction(
            at,
            format!("`{key}` belongs to CARP, the vhids of this group speak VRRPv3"),
            format!("remove `{key}`; `priority` gives the order"),
            Some((draft.table.route("version"), "VRRPv3")),
            problems,
        );
    }
}

/// Groups in the order of their first vhid, and vhids of their own.
fn units<'a>(drafts: &[Draft<'a>], groups: &[&'a schema::Group]) -> Vec<Unit<'a>> {
    let mut units: Vec<Unit<'a>> = Vec::new();
    let mut seen: Vec<(usize, usize)> = Vec::new();
    for (position, draft) in drafts.iter().enumerate() {
        let known = draft
            .group
            .and_then(|g| seen.iter().find(|(group, _)| *group == g))
            .map(|(_, unit)| *unit);
        if let Some(unit) = known {
            units[unit].drafts.push(position);
            continue;
        }
        let keys = match draft.group {
            Some(group) => OrderKeys::of_group(groups[group]),
            None => OrderKeys::of_vhid(draft.table),
        };
        seen.extend(draft.group.map(|group| (group, units.len())));
        units.push(Unit {
            keys,
            drafts: vec![position],
            vrrp: draft.vrrp,
        });
    }
    units
}

fn vhid(
    document: &Document,
    cluster: &Cluster,
    draft: &Draft<'_>,
    group: Option<&schema::Group>,
    ranks: &Ranks,
    carp_unit: Option<u16>,
    problems: &mut Vec<Problem>,
) -> VhidSpec {
    let table = draft.table;
    let mirror = group.map_or(table.mirror.as_deref(), |group| group.mirror.as_deref());
    VhidSpec {
        id: draft.id,
        name: table
            .name
            .as_deref()
            .and_then(|name| VhidName::new(name).ok()),
        segment: draft.segment.clone(),
        group: draft
            .group
            .map(|position| cluster.groups[position].name.clone()),
        mirror: mirror.and_then(|name| GroupName::new(name).ok()),
        vips: draft.vips.clone(),
        order: ranks.order.clone(),
        order_is_auto: ranks.auto,
        protocol: if draft.vrrp {
            Protocol::Vrrp {
                interval: vrrp_interval(table, problems),
                priority: ranks.priority.clone(),
            }
        } else {
            carp(document, table, group, ranks, problems)
        },
        carp_unit,
        route: table.at.clone(),
    }
}

fn vrrp_interval(table: &schema::Vhid, problems: &mut Vec<Problem>) -> VrrpInterval {
    let numbers = table.vrrp.as_ref();
    let interval = numbers.and_then(|numbers| {
        in_range(
            &numbers.route("interval_cs"),
            VrrpInterval::new(numbers.interval_cs?.0),
            problems,
        )
    });
    interval.unwrap_or(VrrpInterval::DEFAULT)
}

fn carp(
    document: &Document,
    table: &schema::Vhid,
    group: Option<&schema::Group>,
    ranks: &Ranks,
    problems: &mut Vec<Problem>,
) -> Protocol {
    let settings = document.cluster.as_ref();
    let advbase = table
        .advbase
        .map(|value| (table.route("advbase"), value.0))
        .or_else(|| group.and_then(|g| Some((g.route("advbase"), g.advbase?.0))))
        .or_else(|| settings.and_then(|c| Some((c.route("advbase"), c.advbase?.0))));
    let pass = table
        .pass
        .as_ref()
        .or_else(|| group.and_then(|g| g.pass.as_ref()))
        .or_else(|| settings.and_then(|c| c.pass.as_ref()));
    Protocol::Carp {
        timers: CarpTimers {
            advbase: advbase
                .and_then(|(at, number)| advbase_once(&at, number, problems))
                .unwrap_or(AdvBase::DEFAULT),
            advskew: ranks.advskew.clone(),
        },
        key: pass.map(|pass| pass.0.clone()).filter(|key| !is_empty(key)),
        peers: table.peers.map(|peers| peers.0).unwrap_or_default(),
    }
}

/// Notes a base out of range once, however many vhids inherit it.
fn advbase_once(at: &Route, number: i64, problems: &mut Vec<Problem>) -> Option<AdvBase> {
    if problems.iter().any(|problem| problem.at == *at) {
        return AdvBase::new(number).ok();
    }
    in_range(at, AdvBase::new(number), problems)
}

/// The kernel ignores an empty key, so it is none.
fn is_empty(key: &Key) -> bool {
    key.text().is_some_and(|text| text.expose().is_empty())
}
