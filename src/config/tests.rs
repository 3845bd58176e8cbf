//! Whole descriptions through reader, lowering and resolving.

use super::*;
use crate::model::Protocol;

#[test]
fn every_example_is_whole() {
    for example in examples::EXAMPLES {
        let description = Description::read(example.text);
        assert_eq!(description.source.syntax_errors(), &[], "{}", example.name);
        assert_eq!(description.problems, [], "{}", example.name);
        for node in &description.cluster.nodes {
            assert!(
                !resolve(&description.cluster, node).vhids.is_empty(),
                "{} {}",
                example.name,
                node.name
            );
        }
    }
}

/// Skews of each vhid in the order of ranks.
fn skews(text: &str) -> Vec<Vec<(String, u8)>> {
    let description = Description::read(text);
    assert_eq!(description.problems, []);
    let skews = |vhid: &crate::model::VhidSpec| match &vhid.protocol {
        Protocol::Carp { timers, .. } => vhid
            .order
            .iter()
            .map(|n| (n.to_string(), timers.advskew[n].number()))
            .collect(),
        Protocol::Vrrp { priority, .. } => vhid
            .order
            .iter()
            .map(|n| (n.to_string(), priority[n].number()))
            .collect(),
    };
    description.cluster.vhids.iter().map(skews).collect()
}

fn nodes(count: usize, extra: &str, vhids: &str) -> String {
    use std::fmt::Write as _;
    let mut text = format!("[cluster]\nname = \"t\"\n{extra}\n");
    for n in 0..count {
        let _ = write!(
            text,
            "[[node]]\nname = \"n{n}\"\n[node.interfaces]\nlan = {{ name = \"em0\", addresses = [\"10.0.{n}.2/16\"] }}\n"
        );
    }
    text + vhids
}

const VHID: &str = "[[vhid]]\nid = 1\nsegment = \"lan\"\nvips = [\"10.0.255.1/16\"]\n";

#[test]
fn the_step_of_the_skew_follows_from_the_number_of_nodes() {
    for (count, step) in [
        (2, 100),
        (3, 100),
        (4, 50),
        (5, 50),
        (6, 20),
        (12, 20),
        (13, 10),
        (24, 10),
    ] {
        let names: Vec<String> = (0..count).map(|n| format!("\"n{n}\"")).collect();
        let text = nodes(count, &format!("priority = [{}]", names.join(", ")), VHID);
        let skews = skews(&text);
        assert_eq!(skews[0].len(), count);
        assert_eq!(
            usize::from(skews[0][count - 1].1),
            step * (count - 1),
            "{count} nodes"
        );
    }
    let names: Vec<String> = (0..25).map(|n| format!("\"n{n}\"")).collect();
    let priority = format!("priority = [{}]", names.join(", "));
    let description_text = nodes(25, &priority, VHID);
    let problems = Description::read(&description_text).problems;
    assert!(
        matches!(
            problems.as_slice(),
            [Problem {
                kind: ProblemKind::MissingKey { key: "skew", .. },
                ..
            }]
        ),
        "{problems:?}"
    );
    let text = nodes(25, &format!("{priority}\nskew = {{ step = 9 }}"), VHID);
    assert_eq!(skews(&text)[0][24].1, 216);
}

#[test]
fn explicit_skews_give_the_order_and_may_stand_beside_a_priority() {
    let text = nodes(
        3,
        "",
        &format!("{VHID}advskew = {{ n2 = 0, n0 = 50, n1 = 20 }}\n"),
    );
    assert_eq!(
        skews(&text)[0],
        [("n2".into(), 0), ("n1".into(), 20), ("n0".into(), 50)]
    );
    let text = nodes(
        2,
        "",
        &format!("{VHID}priority = [\"n1\", \"n0\"]\nadvskew = {{ n1 = 3, n0 = 77 }}\n"),
    );
    assert_eq!(skews(&text)[0], [("n1".into(), 3), ("n0".into(), 77)]);
}

#[test]
fn vrrp_priorities_fall_by_rank() {
    let text = nodes(
        2,
        "release = \"15\"",
        &format!("{VHID}version = 3\npriority = [\"n1\", \"n0\"]\n"),
    );
    assert_eq!(skews(&text)[0], [("n1".into(), 200), ("n0".into(), 150)]);
    let numbers = "version = 3\nvrrp = { priority = { n0 = 10, n1 = 20 } }\n";
    let text = nodes(2, "release = \"15\"", &format!("{VHID}{numbers}"));
    assert_eq!(skews(&text)[0], [("n1".into(), 20), ("n0".into(), 10)]);
}

#[test]
fn a_group_gives_its_vhids_one_order() {
    let description = Description::read(examples::example("active-active").unwrap().text);
    let orders: Vec<_> = description
        .cluster
        .vhids
        .iter()
        .map(|v| v.order.clone())
        .collect();
    assert_eq!(orders[0], orders[2]);
    assert_eq!(orders[1], orders[3]);
    let mut mirrored = orders[0].clone();
    mirrored.reverse();
    assert_eq!(mirrored, orders[1]);
}

#[test]
fn vhids_that_share_a_vip_under_arp_balancing_are_a_mirror_group() {
    let auto = "priority = \"auto\"\n";
    let extra = "release = \"9\"\narpbalance = true";
    let text = nodes(
        2,
        extra,
        &format!("{VHID}{auto}{}{auto}", VHID.replace("id = 1", "id = 2")),
    );
    let skews = skews(&text);
    assert_eq!(
        (skews[0][0].0.as_str(), skews[1][0].0.as_str()),
        ("n0", "n1")
    );
}

#[test]
fn carp_units_are_the_lowest_free_numbers() {
    let vhids = format!("{VHID}carp = 1\n{}", VHID.replace("id = 1", "id = 2"));
    let vhids = format!("{vhids}{}", VHID.replace("id = 1", "id = 3"));
    let mut text = nodes(2, "release = \"9\"\npriority = [\"n0\", \"n1\"]", &vhids);
    text = text.replacen(
        "[node.interfaces]",
        "cloned_interfaces = [\"carp0\", \"gif0\"]\n[node.interfaces]",
        1,
    );
    let description = Description::read(&text);
    let units: Vec<_> = description
        .cluster
        .vhids
        .iter()
        .map(|v| v.carp_unit)
        .collect();
    assert_eq!(units, [Some(1), Some(2), Some(3)]);
}

#[test]
fn a_unicast_peer_is_the_first_address_of_the_other_node() {
    use crate::model::Mode;
    let text = nodes(
        2,
        "release = \"14\"\npriority = [\"n0\", \"n1\"]",
        &format!("{VHID}peers = \"unicast\"\n"),
    );
    let description = Description::read(&text);
    let host = resolve(&description.cluster, &description.cluster.nodes[0]);
    let Mode::Carp { peer, peer6, .. } = &host.vhids[0].mode else {
        panic!("CARP")
    };
    assert_eq!(
        (peer.map(|p| p.to_string()), peer6),
        (Some("10.0.1.2".to_owned()), &None)
    );
}

#[test]
fn all_problems_come_in_one_run() {
    let text = "[cluster]\nnam = \"t\"\nrelease = \"8\"\n[[node]]\nname = \"a\"\nname2 = 3\n[[node]]\nname = \"a\"\n\
                [[vhid]]\nid = 300\nsegment = \"x\"\nvips = [\"1.2.3\", 4]\npriority = [\"b\"]\n";
    let problems = Description::read(text).problems;
    assert_eq!(problems.len(), 9, "{problems:#?}");
}

#[test]
fn sysctls_may_be_dotted_or_quoted() {
    let dotted = "[cluster.sysctl]\nnet.inet.carp.log = 2\n\"net.inet.carp.dscp\" = 46\nnet.inet.carp.preempt = 0\n";
    let text = nodes(1, dotted, "");
    let description = Description::read(&text);
    assert_eq!(description.problems, []);
    assert!(!description.cluster.preempt);
    let host = resolve(&description.cluster, &description.cluster.nodes[0]);
    assert_eq!(host.sysctl("net.inet.carp.log"), Some(2));
    assert_eq!(host.sysctl("net.inet.carp.dscp"), Some(46));
    assert_eq!(host.sysctl("net.inet.carp.preempt"), Some(0));
}

/// The routes of all problems.
fn problem_places(text: &str) -> Vec<String> {
    let problems = Description::read(text).problems;
    problems
        .iter()
        .map(|problem| problem.at.to_string())
        .collect()
}

#[test]
fn what_a_group_decides_cannot_stand_at_its_vhids() {
    let group =
        "[[group]]\nname = \"g\"\npriority = [\"n0\", \"n1\"]\nadvskew = { n0 = 1, n1 = 2 }\n";
    let vhid = format!("{group}{VHID}group = \"g\"\nadvbase = 2\nversion = 3\n");
    let text = nodes(2, "release = \"15\"", &vhid);
    assert_eq!(
        problem_places(&text),
        ["vhid[0].advbase", "group[0].advskew"]
    );
    let vrrp = "vrrp = { priority = { n0 = 3, n1 = 9 } }\n";
    let vhid = format!("{group}{VHID}group = \"g\"\nversion = 3\n{vrrp}")
        .replace("advskew = { n0 = 1, n1 = 2 }\n", "");
    assert_eq!(
        problem_places(&nodes(2, "release = \"15\"", &vhid)),
        ["vhid[0].vrrp"]
    );
}

#[test]
fn a_carp_unit_belongs_to_one_vhid_and_to_no_other_clone() {
    let extra = "release = \"9\"\npriority = [\"n0\", \"n1\"]";
    let second = VHID.replace("id = 1", "id = 2");
    let text = nodes(2, extra, &format!("{VHID}carp = 1\n{second}carp = 1\n"));
    assert_eq!(problem_places(&text), ["vhid[1].carp"]);
    let text = nodes(2, extra, &format!("{VHID}carp = 1\n"));
    let text = text.replacen(
        "[node.interfaces]",
        "cloned_interfaces = [\"carp1\"]\n[node.interfaces]",
        1,
    );
    assert_eq!(problem_places(&text), ["vhid[0].carp"]);
}
