//! Segments, nodes and their interfaces.

use super::{name_at, unknown_name};
use crate::config::problem::{Problem, ProblemKind};
use crate::config::reader::{Item, wrong_value};
use crate::config::schema::{self, Document};
use crate::model::{
    HostName, IfName, Node, NodeInterface, OwnAddress, Release, Route, Segment, SegmentName, Vhid,
    own_address,
};

/// The segments that have a table.
pub(super) fn segments(document: &Document, problems: &mut Vec<Problem>) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for table in document.segment.iter().flatten().map(|item| &item.value) {
        let subnets = addresses(table.subnets.as_deref(), problems);
        let reserved = table
            .reserved
            .iter()
            .flatten()
            .filter_map(|item| vhid_number(&item.at, item.value, problems));
        let reserved = reserved.collect();
        if let Some(interface) = table.interface.as_deref() {
            name_at(&table.route("interface"), interface, IfName::new, problems);
        }
        let at = table.route("name");
        let Some(name) = table
            .name
            .as_deref()
            .and_then(|n| name_at(&at, n, SegmentName::new, problems))
        else {
            continue;
        };
        if let Some(first) = segments.iter().find(|segment| segment.name == name) {
            duplicate(
                at,
                "segment",
                name.as_str(),
                first.route.key("name"),
                problems,
            );
            continue;
        }
        segments.push(Segment {
            name,
            subnets,
            reserved,
            route: table.at.clone(),
        });
    }
    segments
}

/// A vhid's number, noted where it is out of range.
pub(super) fn vhid_number(
    at: &Route,
    number: schema::VhidNumber,
    problems: &mut Vec<Problem>,
) -> Option<Vhid> {
    in_range(at, Vhid::new(number.0), problems)
}

/// A number that the kernel takes, noted where it does not.
pub(super) fn in_range<T>(
    at: &Route,
    value: Result<T, crate::model::OutOfRange>,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    value
        .map_err(|range| problems.push(Problem::new(at.clone(), ProblemKind::Range(range))))
        .ok()
}

fn duplicate(at: Route, what: &'static str, name: &str, first: Route, problems: &mut Vec<Problem>) {
    let kind = ProblemKind::DuplicateName {
        what,
        name: name.to_owned(),
    };
    problems.push(Problem {
        at,
        kind,
        other: Some((first, format!("the first {what} of that name"))),
    });
}

fn addresses(list: Option<&[Item<String>]>, problems: &mut Vec<Problem>) -> Vec<OwnAddress> {
    let mut addresses = Vec::new();
    for item in list.unwrap_or_default() {
        match own_address(&item.value) {
            Ok(address) => addresses.push(address),
            Err(error) => {
                let kind = ProblemKind::BadAddress {
                    text: item.value.clone(),
                    why: error.to_string(),
                };
                problems.push(Problem::new(item.at.clone(), kind));
            }
        }
    }
    addresses
}

/// The nodes; segments that only nodes name are added to `segments`.
pub(super) fn nodes(
    document: &Document,
    segments: &mut Vec<Segment>,
    problems: &mut Vec<Problem>,
) -> Vec<Node> {
    let closed = !segments.is_empty();
    let mut nodes: Vec<Node> = Vec::new();
    for table in document.node.iter().flatten().map(|item| &item.value) {
        let interfaces = interfaces(document, table, closed, segments, problems);
        let cloned_interfaces = names(table.cloned_interfaces.as_deref(), problems);
        let at = table.route("name");
        let Some(name) = table
            .name
            .as_deref()
            .and_then(|n| name_at(&at, n, HostName::new, problems))
        else {
            continue;
        };
        if let Some(first) = nodes.iter().find(|node| node.name == name) {
            duplicate(at, "node", name.as_str(), first.route.key("name"), problems);
            continue;
        }
        let cluster = document.cluster.as_ref();
        let ssh = table.ssh.clone().unwrap_or_else(|| name.to_string());
        if ssh.is_empty()
            || ssh.starts_with('-')
            || ssh.chars().any(|c| c.is_control() || c.is_whitespace())
        {
            wrong_value(
                &table.route("ssh"),
                format!("{ssh:?}"),
                "a destination as ssh(1) takes it, such as \"root@fw1\"",
                problems,
            );
        }
        nodes.push(Node {
            release: table
                .release
                .or(cluster.and_then(|c| c.release))
                .map_or(Release::R15, |value| value.0),
            ssh,
            become_root: table
                .become_root
                .or(cluster.and_then(|c| c.become_root))
                .map(|w| w.0)
                .unwrap_or_default(),
            rc_target: table
                .rc_target
                .or(cluster.and_then(|c| c.rc_target))
                .map(|w| w.0)
                .unwrap_or_default(),
            away: table.away.clone(),
            cloned_interfaces,
            interfaces,
            route: table.at.clone(),
            name,
        });
    }
    nodes
}

fn names(list: Option<&[Item<String>]>, problems: &mut Vec<Problem>) -> Vec<IfName> {
    let list = list.unwrap_or_default();
    list.iter()
        .filter_map(|item| name_at(&item.at, &item.value, IfName::new, problems))
        .collect()
}

fn interfaces(
    document: &Document,
    node: &schema::Node,
    closed: bool,
    segments: &mut Vec<Segment>,
    problems: &mut Vec<Problem>,
) -> Vec<NodeInterface> {
    let mut interfaces: Vec<NodeInterface> = Vec::new();
    for (key, item) in node.interfaces.iter().flat_map(|map| &map.0) {
        let table = &item.value;
        let addresses = addresses(table.addresses.as_deref(), problems);
        let Some(segment) = name_at(&item.at, key, SegmentName::new, problems) else {
            continue;
        };
        if !segments.iter().any(|known| known.name == segment) {
            if closed {
                let known = segments.iter().map(|s| s.name.to_string());
                let at = node.route("interfaces").name_of(key);
                unknown_name(&at, "segment", key, known, problems);
                continue;
            }
            let route = item.at.clone();
            segments.push(Segment {
                name: segment.clone(),
                subnets: Vec::new(),
                reserved: Vec::new(),
                route,
            });
        }
        let Some(name) = interface_name(document, &segment, item, problems) else {
            continue;
        };
        let first_alias = table
            .first_alias
            .and_then(|number| first_alias(item, number.0, problems));
        if let Some(other) = interfaces
            .iter()
            .find(|i| i.name.variable_part() == name.variable_part())
        {
            shared_variables(item, &name, other, problems);
        }
        interfaces.push(NodeInterface {
            segment,
            name,
            addresses,
            manage: table.manage.unwrap_or(false),
            first_alias,
            route: item.at.clone(),
        });
    }
    interfaces
}

fn interface_name(
    document: &Document,
    segment: &SegmentName,
    item: &Item<schema::Interface>,
    problems: &mut Vec<Problem>,
) -> Option<IfName> {
    if let Some(name) = item.value.name.as_deref() {
        return name_at(&item.value.route("name"), name, IfName::new, problems);
    }
    let tables = document.segment.iter().flatten();
    let mut default = tables
        .filter(|s| s.value.name.as_deref() == Some(segment.as_str()))
        .filter_map(|s| s.value.interface.as_deref());
    match default.next() {
        // Its mistakes were noted at the segment.
        Some(name) => IfName::new(name).ok(),
        None => {
            let wants = format!(
                "the interface of segment {segment}, such as \"em0\", here or as `interface` of the [[segment]]"
            );
            problems.push(Problem::new(
                item.at.clone(),
                ProblemKind::MissingKey { key: "name", wants },
            ));
            None
        }
    }
}

fn first_alias(
    item: &Item<schema::Interface>,
    number: i64,
    problems: &mut Vec<Problem>,
) -> Option<u32> {
    let read = u32::try_from(number).ok().filter(|n| *n <= 9999);
    if read.is_none() {
        wrong_value(
            &item.value.route("first_alias"),
            number.to_string(),
            "a number from 0 to 9999",
            problems,
        );
    }
    read
}

/// Two interfaces of a host would share their lines of rc.conf.
fn shared_variables(
    item: &Item<schema::Interface>,
    name: &IfName,
    other: &NodeInterface,
    problems: &mut Vec<Problem>,
) {
    let what = if *name == other.name {
        format!(
            "{name} is the interface of two segments: a segment is one layer-2 network, an interface is in one"
        )
    } else {
        let variable = name.variable_part();
        format!(
            "{name} and {} share their lines in rc.conf: both are ifconfig_{variable}",
            other.name
        )
    };
    super::contradiction(
        item.value.route("name"),
        what,
        "give one of them another name, with ifconfig_IF_name in rc.conf if need be",
        Some((other.route.key("name"), "the other interface")),
        problems,
    );
}
