//! Hosts that come back, hosts that disagree, and what cannot be said.

use proptest::prelude::*;

use super::*;
use crate::config::{Description, examples::EXAMPLES, resolve};
use crate::model::{AdvBase, Mode, Release, Sysctl};

fn hosts(text: &str) -> Vec<HostConfig> {
    let description = Description::read(text);
    assert!(
        description.problems.is_empty(),
        "{:?}",
        description.problems
    );
    let cluster = &description.cluster;
    let mut hosts: Vec<HostConfig> = cluster.nodes.iter().map(|n| resolve(cluster, n)).collect();
    for key in hosts.iter_mut().flat_map(HostConfig::keys_mut) {
        if key.text().is_none() {
            *key = Key::Text(Secret::new("k"));
        }
    }
    hosts
}

fn import(hosts: &[HostConfig]) -> (Imported, String) {
    let imported = unresolve(&ClusterName::new("t").unwrap(), hosts).unwrap();
    let keys: Vec<Key> = imported
        .keys()
        .iter()
        .map(|use_| Key::Text(use_.secret.clone()))
        .collect();
    let text = imported.text(&keys, &[]).unwrap();
    (imported, text)
}

#[test]
fn every_example_comes_back_without_a_remark() {
    for example in EXAMPLES {
        let original = hosts(example.text);
        let (imported, text) = import(&original);
        assert_eq!(imported.remarks, [], "{}\n{text}", example.name);
        assert_eq!(hosts(&text), original, "{}\n{text}", example.name);
    }
}

#[test]
fn what_most_say_is_written_and_the_others_are_named() {
    let mut all = hosts(crate::config::examples::example("three-node").unwrap().text);
    let Mode::Carp { advbase, key, .. } = &mut all[1].vhids[0].mode else {
        panic!("CARP");
    };
    *advbase = AdvBase::new(7).unwrap();
    *key = Some(Key::Text(Secret::new("poison")));
    all[2].vhids[1].vips.clear();
    all[0].sysctls.push(Sysctl::new("net.inet.carp.log", 2));
    let (imported, text) = import(&all);
    let told: Vec<String> = imported
        .remarks
        .iter()
        .map(|remark| format!("{}: {}", remark.subject(), remark.sentence()))
        .collect();
    assert_eq!(told.len(), 4, "{told:#?}");
    let all_told = told.join("\n");
    for words in [
        "net.inet.carp.log: value: 1 is written, as www2 and www3 say; www1 says 2",
        "advbase: 1 is written, as www1 and www3 say; www2 says 7",
        "key: one key is written, as www1 and www3 say; www2 says another",
        "www3 says none",
    ] {
        assert!(all_told.contains(words), "{words}: {all_told}");
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("poison") && !all_told.contains("poison"));
    assert!(!format!("{imported:?}").contains("poison"));
    assert_eq!(imported.keys().len(), 1);
    assert!(Description::read(&text).problems.is_empty());
}

#[test]
fn numbers_that_follow_a_rule_become_one() {
    let cluster = "[cluster]\nname = \"t\"\nrelease = \"15\"\nskew = { first = 7, step = 30 }\nvrrp = { first = 250, step = 10 }\npass = \"k\"\n";
    let nodes: String = ["a", "b", "c"]
        .iter()
        .map(|name| {
            format!("[[node]]\nname = \"{name}\"\n[node.interfaces]\nlan = {{ name = \"em0\" }}\n")
        })
        .collect();
    let vhids = "[[vhid]]\nid = 1\nsegment = \"lan\"\nvips = [\"10.0.0.1/24\"]\npriority = [\"b\", \"a\", \"c\"]\n\
                 [[vhid]]\nid = 2\nsegment = \"lan\"\nvips = [\"10.0.0.2/24\"]\nadvskew = { a = 3, c = 3 }\n\
                 [[vhid]]\nid = 3\nsegment = \"lan\"\nvips = [\"10.0.0.3/24\"]\nversion = 3\npriority = [\"c\", \"b\"]\npass = \"\"\n";
    let original = hosts(&format!("{cluster}{nodes}{vhids}"));
    let (imported, text) = import(&original);
    assert_eq!(imported.remarks, []);
    for line in [
        "skew = { first = 7, step = 30 }  # advskew = first + rank * step",
        "vrrp = { first = 250, step = 10 }  # priority = first - rank * step",
        "priority = [\"b\", \"a\", \"c\"]",
        "advskew = { a = 3, c = 3 }",
        "priority = [\"c\", \"b\"]",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
    assert_eq!(hosts(&text), original);
}

#[test]
fn what_a_description_cannot_express_is_said() {
    let mut all = hosts(crate::config::examples::example("failover").unwrap().text);
    // A second interface in one segment gets a segment of its own; a peer that is nobody cannot be written.
    let mut second = all[1].interfaces[0].clone();
    second.name = IfName::new("em9").unwrap();
    second.manage = true;
    second.first_alias = 0;
    all[1].interfaces.push(second);
    let Mode::Carp { peer, .. } = &mut all[0].vhids[0].mode else {
        panic!("CARP");
    };
    *peer = Some("192.0.2.99".parse().unwrap());
    let mut nowhere = all[1].vhids[0].clone();
    nowhere.interface = IfName::new("carp7").unwrap();
    nowhere.segment = SegmentName::new("carp7").unwrap();
    all[1].vhids.push(nowhere);
    let (imported, text) = import(&all);
    let told: Vec<String> = imported.remarks.iter().map(Remark::sentence).collect();
    let none = ", which a description cannot express: nothing is written";
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(
        told[0].starts_with("peers: ") && told[0].contains("192.0.2.99"),
        "{told:#?}"
    );
    assert!(told[1].ends_with(none), "{told:#?}");
    assert!(text.contains("em9 = { name = \"em9\""), "{text}");
}

/// A vhid of a generated cluster: its number, whether on the second segment, base, key, and the members' numbers.
type AnyVhid = (u8, bool, u8, Option<u8>, Vec<(usize, u8)>);

fn any_cluster() -> impl Strategy<Value = (Vec<Release>, bool, Option<u8>, Vec<AnyVhid>)> {
    let releases = proptest::collection::vec(proptest::sample::select(Release::ALL.to_vec()), 1..4);
    let members = proptest::sample::subsequence(vec![0_usize, 1, 2], 1..=3);
    let members = (members, any::<bool>(), any::<[u8; 3]>()).prop_map(
        |(members, ruled, skews): (Vec<usize>, bool, [u8; 3])| {
            let number = |(rank, member): (usize, usize)| {
                let wild = skews[member % 3].min(254);
                (
                    member,
                    if ruled {
                        100 * u8::try_from(rank).unwrap()
                    } else {
                        wild
                    },
                )
            };
            members.into_iter().enumerate().map(number).collect()
        },
    );
    let key = proptest::option::of(0_u8..3);
    let vhid = (1_u8..=255, any::<bool>(), 0_u8..4, key, members);
    let vhids = proptest::collection::vec(vhid, 1..7);
    (
        releases,
        any::<bool>(),
        proptest::option::of(0_u8..9),
        vhids,
    )
}

fn describe(
    (releases, preempt, log, vhids): &(Vec<Release>, bool, Option<u8>, Vec<AnyVhid>),
) -> String {
    let mut text = format!("[cluster]\nname = \"t\"\npreempt = {preempt}\n");
    if let Some(log) = log {
        text +=
            &format!("[cluster.sysctl]\nnet.inet.carp.log = {log}\nnet.inet.carp.dscp = {log}\n");
    }
    for (number, release) in releases.iter().enumerate() {
        text += &format!(
            "[[node]]\nname = \"n{number}.x\"\nrelease = \"{release}\"\n[node.interfaces]\n\
             a = {{ name = \"em0\", addresses = [\"10.0.0.{number}/8\"] }}\nb = {{ name = \"em1\", manage = {preempt} }}\n"
        );
    }
    let mut seen = Vec::new();
    for (id, second, base, key, members) in vhids {
        let members: Vec<_> = members
            .iter()
            .filter(|(n, _)| *n < releases.len())
            .collect();
        if members.is_empty() || seen.contains(&(id, second)) {
            continue;
        }
        seen.push((id, second));
        let skews: Vec<String> = members
            .iter()
            .map(|(n, skew)| format!("\"n{n}.x\" = {skew}"))
            .collect();
        text += &format!(
            "[[vhid]]\nid = {id}\nsegment = \"{}\"\nvips = [\"10.1.{}.{id}/8\"]\nadvbase = {base}\nadvskew = {{ {} }}\n",
            if *second { "b" } else { "a" },
            u8::from(*second),
            skews.join(", ")
        );
        if let Some(key) = key {
            text += &format!("pass = \"k\\\"{key}\"\n");
        }
    }
    text
}

proptest! {
    #[test]
    fn every_cluster_comes_back(cluster in any_cluster()) {
        let text = describe(&cluster);
        let original = hosts(&text);
        let (imported, again) = import(&original);
        prop_assert_eq!(&imported.remarks, &[], "{}\n{}", text, again);
        let mut found = hosts(&again);
        let mut expected = original;
        for host in expected.iter_mut().chain(&mut found) {
            host.vhids.sort_by_key(|vhid| (vhid.vhid, vhid.interface.clone()));
        }
        prop_assert_eq!(found, expected, "{}\n{}", text, again);
    }
}
