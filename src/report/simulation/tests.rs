//! The reports of a pair that crashes and returns.

use super::*;
use crate::config::{Description, examples};
use crate::report::{LaneState, simulation_report};
use crate::sim::trace::Trace;
use crate::sim::{Service, ask, simulate, standard_programme};

/// Runs an example and hands its report to a check.
fn with_run(
    example: &str,
    prepare: impl Fn(&Setup, &mut Scenario),
    check: impl Fn(&Simulation<'_>),
) {
    let cluster = Description::read(examples::example(example).unwrap().text).cluster;
    let setup = Setup::of_cluster(&cluster);
    let mut scenario = standard_programme(&setup);
    prepare(&setup, &mut scenario);
    let mut seen = (Service::new(&setup), Trace::default());
    simulate(&setup, &scenario, &mut seen);
    let (service, trace) = seen;
    check(&Simulation {
        title: "t".to_owned(),
        setup: &setup,
        scenario: &scenario,
        trace: &trace,
        services: &service.until(scenario.until),
        end: scenario.until,
        interrupted: false,
        unicode: true,
    });
}

#[test]
fn the_bill_of_a_pair_names_what_each_failure_cost() {
    with_run(
        "failover",
        |_, _| {},
        |run| {
            let text = run.human();
            let row = text
                .lines()
                .find(|line| line.contains("fw1 crashes  "))
                .unwrap();
            assert!(row.contains("fw1 → fw2") && row.ends_with('-'), "{row}");
            assert!(
                text.contains("1@em0 2@em1 MASTER"),
                "equal changes share a line: {text}"
            );
            assert!(text.contains("-- fw1 loses its link on em0 --"));
            assert!(
                text.contains("The longest time without a master: 3.126 s"),
                "{text}"
            );
            for line in text.lines() {
                assert_eq!(line, line.trim_end());
            }
        },
    );
}

#[test]
fn json_sums_agree_with_its_phases() {
    with_run(
        "active-active",
        |_, _| {},
        |run| {
            let report = simulation_report(run);
            assert_eq!(report.service.len(), 4);
            for service in &report.service {
                let of = |f: fn(&super::json::ReportedPhaseService) -> u64| -> u64 {
                    let phases = report.phases.iter().flat_map(|phase| &phase.vhids);
                    phases
                        .filter(|v| v.vhid == service.vhid && v.segment == service.segment)
                        .map(f)
                        .sum()
                };
                assert_eq!(of(|v| v.no_master_us), service.no_master_us);
                assert_eq!(of(|v| v.dual_master_us), service.dual_master_us);
            }
            assert!(
                report
                    .transitions
                    .iter()
                    .any(|t| t.cause == "preempting a slower master")
            );
            assert!(report.advertisements.is_none());
        },
    );
}

#[test]
fn shares_of_clients_follow_the_masters() {
    let clients: Vec<std::net::Ipv4Addr> =
        (1..=254).map(|last| [192, 168, 1, last].into()).collect();
    with_run(
        "article",
        |setup, scenario| ask(setup, scenario, &clients),
        |run| {
            let text = run.human();
            let shares: Vec<&str> = text
                .lines()
                .skip_while(|line| !line.contains("clients ask at"))
                .skip(1)
                .collect();
            assert!(
                shares[0].contains("50 %"),
                "both hosts serve: {}",
                shares[0]
            );
            assert!(shares[1].contains("100 %"), "one is left: {}", shares[1]);
            assert!(text.contains("192.168.1.100 (lan)"), "{text}");
        },
    );
}

#[test]
fn lanes_end_with_the_power_of_their_host() {
    with_run(
        "failover",
        |_, _| {},
        |run| {
            let picture = run.picture();
            assert_eq!(picture.lanes.len(), 4);
            let first = &picture.lanes[0];
            assert_eq!(first.service, "198.51.100.1 (wan, vhid 1)");
            let states: Vec<LaneState> = first
                .changes
                .iter()
                .take(4)
                .map(|change| change.state)
                .collect();
            assert_eq!(
                states,
                [
                    LaneState::Backup,
                    LaneState::Master,
                    LaneState::Off,
                    LaneState::Backup
                ]
            );
            assert_eq!(picture.marks[0].label, "fw1 crashes");
        },
    );
}

#[test]
fn times_are_short_and_exact() {
    assert_eq!(duration(200), "200 us");
    assert_eq!(duration(3_390_625), "3.391 s");
    assert_eq!(time(Instant::from_us(12_390_825)), "12.390825 s");
}
