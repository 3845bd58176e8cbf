//! Changes in the words of both generations, and the order that costs least.

use super::action::{Action, Speller};
use super::change::{Change, Running, changes};
use super::order::{Candidate, HostPart, Sequence, Together, best, naive};
use super::prediction::Present;
use crate::config::{Description, resolve};
use crate::dialect::{Renderer, shell_line};
use crate::model::{HostConfig, SegmentName, Vhid};

const PAIR: &str = r#"
[cluster]
name = "web"
release = "14"
pass = "Ee5Xkq2uPsz0"
[[node]]
name = "a"
[node.interfaces]
lan = { name = "em0", addresses = ["192.0.2.2/24"] }
[[node]]
name = "b"
[node.interfaces]
lan = { name = "em0", addresses = ["192.0.2.3/24"] }
[[vhid]]
id = 1
segment = "lan"
vips = ["192.0.2.1/32"]
priority = ["a", "b"]
"#;

fn hosts(text: &str) -> Vec<HostConfig> {
    let description = Description::read(text);
    assert!(
        description.problems.is_empty(),
        "{:?}",
        description.problems
    );
    let nodes = &description.cluster.nodes;
    nodes
        .iter()
        .map(|node| resolve(&description.cluster, node))
        .collect()
}

/// The hosts of one description on their way to another, with the first host master of everything.
fn parts(before: &str, after: &str) -> Vec<HostPart> {
    let wanted = hosts(after);
    let mut parts = Vec::new();
    for (place, config) in hosts(before).into_iter().enumerate() {
        let running = Running {
            config: &config,
            has_carp: true,
            keys_shown: true,
        };
        let found = changes(running, &wanted[place], |_, _| true);
        let masters = config.vhids.iter().filter(|_| place == 0);
        parts.push(HostPart {
            changes: found.changes,
            joins_demoted: false,
            present: Present {
                masters: masters
                    .map(|vhid| (vhid.segment.clone(), vhid.vhid))
                    .collect(),
                config,
            },
        });
    }
    parts
}

fn commands(part: &HostPart, candidate: &Candidate, host: usize) -> Vec<String> {
    let renderer = Renderer::new().unwrap();
    let speller = Speller {
        host: &part.present.config,
        renderer: &renderer,
    };
    let steps = candidate.steps.iter().flat_map(|step| step.acts_of(host));
    steps
        .flat_map(|act| &act.actions)
        .flat_map(|action| speller.commands(action).unwrap())
        .map(|argv| shell_line(&argv))
        .collect()
}

fn costs(candidate: &Candidate) -> (u64, u64) {
    candidate.prediction.cost_us()
}

#[test]
fn what_is_right_is_not_touched() {
    for part in parts(PAIR, PAIR) {
        assert_eq!(part.changes, []);
    }
}

#[test]
fn a_skew_is_changed_in_place() {
    let after = PAIR.replace("priority = [\"a\", \"b\"]", "advskew = { a = 0, b = 150 }");
    let parts = parts(PAIR, &after);
    let plan = best(&parts);
    assert_eq!(
        commands(&parts[1], &plan, 1),
        ["ifconfig em0 vhid 1 advskew 150"]
    );
    assert_eq!(costs(&plan), (0, 0));
}

#[test]
fn a_key_changes_on_all_hosts_at_one_instant() {
    let parts = parts(PAIR, &PAIR.replace("Ee5Xkq2uPsz0", "Ff6Ylr3vQta1"));
    let plan = best(&parts);
    assert_eq!(plan.steps.len(), 1);
    assert_eq!(plan.steps[0].hosts(), [0, 1]);
    assert_eq!(costs(&plan), (0, 0));
    let naive = naive(&parts);
    assert!(costs(&naive).0 > 1_000_000, "{:?}", naive.prediction);
}

#[test]
fn an_address_joins_a_live_vhid_on_the_others_first_and_the_master_claims_its_role() {
    let parts = parts(
        PAIR,
        &PAIR.replace("\"192.0.2.1/32\"", "\"192.0.2.1/32\", \"192.0.2.9/32\""),
    );
    let plan = best(&parts);
    assert_eq!(plan.strategy.together, Together::MastersClaim);
    let master = commands(&parts[0], &plan, 0);
    assert_eq!(
        master,
        [
            "ifconfig em0 inet 192.0.2.9/32 vhid 1 advbase 1 advskew 0 pass Ee5Xkq2uPsz0 alias",
            "ifconfig em0 vhid 1 state master",
        ]
    );
    assert!(costs(&plan).0 < 50_000, "{:?}", plan.prediction);
    assert!(costs(&naive(&parts)).0 > 2_000_000);
}

#[test]
fn a_swap_of_the_roles_is_a_hand_over() {
    let after = PAIR.replace("[\"a\", \"b\"]", "[\"b\", \"a\"]");
    let parts = parts(PAIR, &after);
    let plan = best(&parts);
    // The old master still serves while the first advertisement of the new one is on its way.
    assert!(costs(&plan).0 < 1_000, "{:?}", plan.prediction);
    let key = ("lan".to_owned(), 1);
    assert_eq!(plan.prediction.masters.last().unwrap()[&key], [1]);
    assert_eq!(plan.strategy.sequence, Sequence::BackupsFirst);
}

#[test]
fn a_bare_pair_ends_with_the_intended_master() {
    let bare = &PAIR[..PAIR.find("[[vhid]]").unwrap()];
    let mut parts = parts(bare, PAIR);
    for part in &mut parts {
        part.present.config.interfaces = hosts(PAIR)[0].interfaces.clone();
        part.present.masters.clear();
        assert!(
            part.changes
                .iter()
                .any(|change| matches!(change, Change::AddVhid(_)))
        );
    }
    let plan = best(&parts);
    let masters = plan.prediction.masters.last().unwrap();
    assert_eq!(masters[&("lan".to_owned(), 1)], [0]);
    assert_eq!(plan.prediction.vhids[0].dual_master_us, 0);
}

#[test]
fn a_host_that_joins_is_demoted_first() {
    let mut parts = parts(PAIR, PAIR);
    let new = hosts(PAIR)[0].vhids[0].clone();
    parts[0].present.config.vhids.clear();
    parts[0].present.masters.clear();
    parts[0].changes = vec![Change::AddVhid(new)];
    parts[0].joins_demoted = true;
    parts[1].present.masters = vec![(SegmentName::new("lan").unwrap(), Vhid::new(1).unwrap())];
    let plan = best(&parts);
    assert_eq!(plan.steps[0].acts[0].actions[0], Action::Demote(240));
    assert_eq!(costs(&plan), (0, 0));
    assert_eq!(
        plan.prediction.masters.last().unwrap()[&("lan".to_owned(), 1)],
        [1]
    );
}

#[test]
fn release_nine_is_spelled_with_carp_interfaces() {
    let nine = PAIR
        .replace("release = \"14\"", "release = \"9\"")
        .replace("/32", "/24");
    let after = nine
        .replace("\"192.0.2.1/24\"", "\"192.0.2.1/24\", \"192.0.2.9/24\"")
        .replace("Ee5Xkq2uPsz0", "Ff6Ylr3vQta1");
    let parts = parts(&nine, &after);
    let plan = best(&parts);
    assert_eq!(
        commands(&parts[1], &plan, 1),
        [
            "ifconfig carp0 pass Ff6Ylr3vQta1",
            "ifconfig carp0 inet 192.0.2.9/24 alias"
        ]
    );
    assert!(costs(&plan).0 < 100_000, "{:?}", plan.prediction);
}
