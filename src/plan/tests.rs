//! Changes in the words of both generations, and the order that costs least.

use super::action::{Action, Speller};
use super::change::{Change, Running, agrees, changes};
use super::order::{Candidate, HostPart, Sequence, Together, best, naive};
use super::planning::{Found, Plan, PlanError, PlanOptions, plan};
use super::prediction::Present;
use super::{CarpSupport, Observed, ObservedFile, Unreadable};
use crate::config::{Description, resolve};
use crate::dialect::parse::{Text, ifconfig_output, sysctl_output};
use crate::dialect::{Renderer, shell_line};
use crate::model::{FileId, HostConfig, HostName, Key, Mode, Release, SegmentName, Vhid};

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

/// What a host that runs a configuration shows, with the boot files that make it.
fn observed(config: &HostConfig, files: &HostConfig) -> Observed {
    let mut shown = String::from("em0: flags=8943<UP,BROADCAST> metric 0 mtu 1500\n");
    for address in &config.interfaces[0].addresses {
        shown += &format!("\tinet {} netmask 0xffffff00\n", address.addr());
    }
    for vhid in &config.vhids {
        for vip in &vhid.vips {
            shown += &format!(
                "\tinet {} netmask 0xffffffff vhid {}\n",
                vip.address(),
                vhid.vhid
            );
        }
        let Mode::Carp {
            advskew,
            key: Some(Key::Text(key)),
            ..
        } = &vhid.mode
        else {
            panic!("CARP with a key");
        };
        let (number, key) = (vhid.vhid, key.expose());
        shown +=
            &format!("\tcarp: BACKUP vhid {number} advbase 1 advskew {advskew} key \"{key}\"\n");
    }
    let mut observed = Observed::new(config.host.clone(), config.release);
    observed.is_root = true;
    observed.carp = CarpSupport::Module;
    let sysctls = "net.inet.carp.preempt: 1\nnet.inet.carp.demotion: 0\n";
    observed.interfaces = ifconfig_output(&Text::new(FileId(0), &shown));
    observed.sysctls = sysctl_output(&Text::new(FileId(0), sysctls));
    let file = |path: &str, text: String| ObservedFile {
        path: path.to_owned(),
        mode: 0o644,
        text,
    };
    observed.outputs = vec![
        file("ifconfig.txt", shown),
        file("sysctl.txt", sysctls.to_owned()),
    ];
    let rendered = Renderer::new().unwrap().render(files).unwrap();
    let own: String = config.interfaces[0]
        .addresses
        .iter()
        .map(|address| format!("ifconfig_em0=\"inet {address}\"\n"))
        .collect();
    observed.files = vec![
        file("/etc/rc.conf", own + &rendered.rc.content),
        file("/etc/sysctl.conf", rendered.sysctl.content),
        file("/boot/loader.conf", rendered.loader.content),
    ];
    observed
}

/// Plans a pair on its way from one description to another; `spoil` changes what is observed of the hosts.
fn planned(
    before: &str,
    after: &str,
    chosen: &[&str],
    spoil: impl Fn(&mut Observed),
) -> Result<Plan, PlanError> {
    planned_without(&[], before, after, chosen, spoil)
}

/// The same without looking at some hosts.
fn planned_without(
    without: &[&str],
    before: &str,
    after: &str,
    chosen: &[&str],
    spoil: impl Fn(&mut Observed),
) -> Result<Plan, PlanError> {
    let left_out = |host: &HostName| without.contains(&host.as_str());
    let description = Description::read(after);
    let wanted = hosts(after);
    let mut seen: Vec<Observed> = hosts(before)
        .into_iter()
        .zip(&wanted)
        .map(|(mut config, wanted)| {
            // Interfaces without vhids are not part of what is resolved; the machine has them.
            if config.interfaces.is_empty() {
                config.interfaces.clone_from(&wanted.interfaces);
            }
            observed(&config, &config)
        })
        .collect();
    seen.iter_mut().for_each(spoil);
    let found: Vec<Found<'_>> = description
        .cluster
        .nodes
        .iter()
        .zip(&wanted)
        .zip(&seen)
        .filter(|((node, _), _)| !left_out(&node.name))
        .map(|((node, wanted), observed)| Found {
            node,
            wanted,
            observed,
        })
        .collect();
    let mut others = wanted.clone();
    others.retain(|config| left_out(&config.host));
    let is_chosen = |host: &HostName| chosen.contains(&host.as_str());
    plan(
        &description.cluster,
        &found,
        &others,
        &is_chosen,
        PlanOptions::default(),
    )
}

#[test]
fn hosts_as_described_need_nothing() {
    let plan = planned(PAIR, PAIR, &["a", "b"], |_| {}).unwrap();
    assert!(plan.is_empty(), "{:?}", plan.hosts);
}

#[test]
fn a_new_address_is_planned_with_its_line_and_what_would_cost_nothing() {
    let after = PAIR.replace("\"192.0.2.1/32\"", "\"192.0.2.1/32\", \"192.0.2.9/32\"");
    let plan = planned(PAIR, &after, &["a", "b"], |_| {}).unwrap();
    assert_eq!(plan.hosts[0].files.len(), 1);
    let text = plan.hosts[0].files[0].after.clone().unwrap();
    assert!(
        text.contains("ifconfig_em0_alias1=\"inet 192.0.2.9/32 vhid 1 "),
        "{text}"
    );
    let [own] = &plan.alternatives[..] else {
        panic!("{:?}", plan.alternatives)
    };
    assert_eq!(
        (own.free.number(), own.vip.to_string().as_str()),
        (2, "192.0.2.9/32")
    );
}

#[test]
fn what_the_description_no_longer_has_is_left_alone_where_it_is_not_ours() {
    let before = PAIR.replace("\"192.0.2.1/32\"", "\"192.0.2.1/32\", \"192.0.2.9/32\"")
        + "[[vhid]]\nid = 7\nsegment = \"lan\"\nvips = [\"192.0.2.7/32\"]\npriority = [\"a\", \"b\"]\n";
    let plan = planned(&before, PAIR, &["a", "b"], |_| {}).unwrap();
    let extras: Vec<u8> = plan.hosts[0]
        .extras
        .iter()
        .map(|extra| extra.vhid().vhid.number())
        .collect();
    assert_eq!(extras, [7]);
    assert!(
        !plan.hosts[0]
            .part
            .changes
            .iter()
            .any(|change| matches!(change, Change::RemoveVhid(_)))
    );
}

#[test]
fn what_must_change_together_is_refused_for_one_host_alone() {
    let after = PAIR.replace("Ee5Xkq2uPsz0", "Ff6Ylr3vQta1");
    let error = planned(PAIR, &after, &["b"], |_| {}).unwrap_err();
    let PlanError::LeftOut { left_out, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(left_out, "a");
    // A skew may differ meanwhile.
    let after = PAIR.replace("priority = [\"a\", \"b\"]", "advskew = { a = 0, b = 150 }");
    let plan = planned(PAIR, &after, &["b"], |_| {}).unwrap();
    assert!(plan.hosts[0].is_unchanged() && !plan.hosts[1].is_unchanged());
}

#[test]
fn the_wrong_machine_or_release_is_refused() {
    let upgraded = |observed: &mut Observed| {
        observed.release = Release::R15;
        observed.release_text = "15.0-RELEASE".to_owned();
    };
    let error = planned(PAIR, PAIR, &["a", "b"], upgraded).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a runs 15.0-RELEASE, and the description says 14"
    );
    let stranger = |observed: &mut Observed| observed.interfaces[0].addresses.clear();
    let error = planned(PAIR, PAIR, &["a", "b"], stranger).unwrap_err();
    assert!(
        error.to_string().contains("is a the right machine?"),
        "{error}"
    );
    let renamed = |observed: &mut Observed| observed.interfaces[0].name = "ix0".to_owned();
    let error = planned(PAIR, PAIR, &["a", "b"], renamed).unwrap_err();
    assert_eq!(error.to_string(), "a has no interface em0; it has ix0");
    let hidden = |observed: &mut Observed| {
        observed.unreadable.push(Unreadable {
            path: "/etc/rc.conf".to_owned(),
            why: "Permission denied".to_owned(),
        });
    };
    assert!(matches!(
        planned(PAIR, PAIR, &["a"], hidden),
        Err(PlanError::Unreadable { .. })
    ));
}

#[test]
fn an_own_address_that_is_missing_is_told_and_left_alone() {
    let after = PAIR.replace("\"192.0.2.2/24\"", "\"192.0.2.2/24\", \"192.0.2.22/24\"");
    let plan = planned(PAIR, &after, &["a", "b"], |_| {}).unwrap();
    let missing = plan.hosts[0].missing.iter().map(ToString::to_string);
    assert_eq!(missing.collect::<Vec<_>>(), ["em0 has no 192.0.2.22"]);
    assert!(plan.is_empty() && plan.hosts[1].missing.is_empty());
}

#[test]
fn a_host_joins_demoted_where_the_one_that_serves_was_not_looked_at() {
    let third = "[[node]]\nname = \"c\"\n[node.interfaces]\nlan = { name = \"em0\", addresses = [\"192.0.2.4/24\"] }\n[[vhid]]";
    let before = PAIR.replace("[[vhid]]", third);
    let after = before.replace("[\"a\", \"b\"]", "[\"c\", \"a\", \"b\"]");
    let plan = planned_without(&["a"], &before, &after, &["c"], |_| {}).unwrap();
    let serving: Vec<&str> = plan.unseen.iter().map(|p| p.config.host.as_str()).collect();
    assert_eq!(serving, ["a"]);
    assert!(plan.hosts[1].part.joins_demoted, "{:?}", plan.hosts[1].part);
}

#[test]
fn keys_that_do_not_show_are_not_compared() {
    let after = PAIR.replace("Ee5Xkq2uPsz0", "Ff6Ylr3vQta1");
    let hide = |observed: &mut Observed| observed.is_root = false;
    let plan = planned(PAIR, &after, &["a", "b"], hide).unwrap();
    // The boot files say which key the hosts run.
    assert!(
        plan.hosts[0]
            .part
            .changes
            .iter()
            .any(|change| matches!(change, Change::Parameters { .. }))
    );
}

/// A vhid that is made anew is taken away and added: both are about the same vhid, and only the last one shows.
#[test]
fn a_vhid_that_is_made_anew_is_where_it_should_be() {
    let keyless = PAIR.replace("pass = \"Ee5Xkq2uPsz0\"\n", "");
    let part = &parts(PAIR, &keyless)[0];
    assert!(
        matches!(
            part.changes[..],
            [Change::RemoveVhid(_), Change::AddVhid(_)]
        ),
        "{:?}",
        part.changes
    );
    let before = &part.present.config;
    let mut after = before.clone();
    part.changes
        .iter()
        .for_each(|change| change.apply(&mut after));
    assert!(agrees(&after, &hosts(&keyless)[0], &part.changes));
    assert!(!agrees(&after, before, &part.changes) && agrees(before, before, &part.changes));
    let gone = HostConfig {
        vhids: Vec::new(),
        ..before.clone()
    };
    assert!(!agrees(&after, &gone, &part.changes) && !agrees(before, &gone, &part.changes));
}
