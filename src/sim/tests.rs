//! Runs of whole clusters.

use std::net::IpAddr;

use proptest::prelude::*;

use super::trace::FinalState;
use super::*;
use crate::carp::{
    AuthKey, Change, Command, Destinations, HostSpec, Instant, InterfaceSpec, Kernel, Protocol,
    State, Sysctls, VhidSpec, Write,
};
use crate::config::Description;
use crate::config::examples::{EXAMPLES, example};

const KERNELS: [&Kernel; 6] = [
    &Kernel::LEGACY,
    &Kernel::R10,
    &Kernel::R13,
    &Kernel::R13_RECOVERING,
    &Kernel::R14,
    &Kernel::R15,
];

/// So many hosts on one segment, host 0 preferred in vhid 1, host 1 in vhid 2, and so on.
fn cluster(kernel: &'static Kernel, hosts: u16, vhids: u8) -> Setup {
    let host = |host: u16| {
        let vhid = |vhid: u8| VhidSpec {
            vhid,
            interface: 0,
            protocol: Protocol::Carp {
                advbase: 1,
                advskew: ((host + u16::from(vhid) - 1) % hosts * 20) as u8,
                key: AuthKey::from_passphrase("secret"),
                destinations: Destinations::default(),
            },
            addresses: vec![[10, 0, 1, vhid].into()],
        };
        HostSetup {
            name: format!("h{host}"),
            spec: HostSpec {
                kernel,
                sysctls: Sysctls {
                    preempt: true,
                    ..Sysctls::default()
                },
                interfaces: vec![InterfaceSpec {
                    addresses: vec![([10, 0, 0, host as u8 + 1].into(), 16)],
                    link: true,
                }],
                vhids: (1..=vhids).map(vhid).collect(),
            },
            interfaces: vec![InterfaceSetup {
                name: "em0".into(),
                segment: SegmentId(0),
            }],
            away: false,
        }
    };
    Setup {
        segments: vec!["lan".into()],
        hosts: (0..hosts).map(host).collect(),
        vhid_names: Vec::new(),
    }
}

fn trace(setup: &Setup, scenario: &Scenario, authentication: Authentication) -> Trace {
    let mut trace = Trace::with_advertisements();
    let mut world = World::new(setup, scenario).authenticating(authentication);
    world.run(&mut trace);
    trace
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_seed_another() {
    let setup = cluster(&Kernel::R14, 3, 4);
    let run = |seed| {
        let scenario = Scenario {
            jitter_us: 900,
            loss: 0.3,
            seed,
            ..Scenario::quiet(&setup)
        };
        trace(&setup, &scenario, Authentication::ByIdentity)
    };
    let first = run(1);
    assert_eq!(first, run(1));
    assert_ne!(first, run(2));
    // Pinned: it is the same on every machine.
    let moves = first
        .transitions
        .iter()
        .map(|t| t.at.us() % 1_000_003)
        .sum::<u64>();
    assert_eq!(
        (first.transitions.len(), first.advertisements.len(), moves),
        PINNED
    );
}

const PINNED: (usize, usize, u64) = (52, 256, 7_626_344);

#[test]
fn service_counts_outages_split_brains_and_failovers() {
    let setup = cluster(&Kernel::R14, 2, 1);
    let mut scenario = Scenario::quiet(&setup);
    for event in [
        "20s=crash:h0",
        "30s=boot:h0",
        "40s=partition:h0/h1",
        "50s=heal",
    ] {
        scenario.add(event, &setup).unwrap();
    }
    let mut service = Service::new(&setup);
    let outcome = simulate(&setup, &scenario, &mut service);
    let vhids = service.until(scenario.until);
    let [vhid] = &vhids[..] else {
        panic!("one vhid, {vhids:?}");
    };
    assert_eq!(vhid.first_master, Some(Instant::from_us(3_000_000)));
    // h0 advertised at 19 s sharp... and at 20 s, before the crash at the same time: events come first.
    let takeover = vhid
        .spans
        .iter()
        .find(|span| span.masters == [HostId(1)])
        .unwrap();
    assert_eq!(takeover.from.us(), 19_000_200 + 3_078_125);
    assert_eq!(
        vhid.no_master_us,
        3_000_000 + (takeover.from.us() - 20_000_000)
    );
    assert!(vhid.dual_master_us > 6_000_000, "{vhid:?}");
    assert_eq!(vhid.failovers, 2, "{vhid:?}");
    assert!(
        outcome
            .finals
            .iter()
            .all(|f| matches!(f.state, FinalState::Is(_)))
    );
}

#[test]
fn every_example_finds_its_preferred_masters() {
    for example in EXAMPLES {
        let description = Description::read(example.text);
        let setup = Setup::of_cluster(&description.cluster);
        let mut service = Service::new(&setup);
        let scenario = Scenario::quiet(&setup);
        let outcome = simulate(&setup, &scenario, &mut service);
        for vhid in &description.cluster.vhids {
            let segment = setup.segment(&vhid.segment.to_string()).unwrap();
            for record in &outcome.finals {
                let here = setup.segment_of(record.host, record.interface) == segment;
                if here && record.vhid == vhid.id.number() {
                    let first = setup.host(&vhid.order[0].to_string()) == Some(record.host);
                    let wanted = if first { State::Master } else { State::Backup };
                    assert_eq!(
                        record.state,
                        FinalState::Is(wanted),
                        "{} {record:?}",
                        example.name
                    );
                }
            }
        }
        for vhid in service.until(scenario.until) {
            assert_eq!(vhid.dual_master_us, 0, "{} {vhid:?}", example.name);
        }
    }
}

#[test]
fn clients_are_shared_between_the_hosts_of_the_article() {
    let description = Description::read(example("article").unwrap().text);
    let setup = Setup::of_cluster(&description.cluster);
    let mut scenario = Scenario::quiet(&setup);
    for at in ["30s", "50s"] {
        let event = format!("{at}=arp:lan:192.168.1.100:192.168.1.20,192.168.1.21");
        scenario.add(&event, &setup).unwrap();
    }
    scenario.add("31s=crash:a", &setup).unwrap();
    let mut trace = Trace::default();
    simulate(&setup, &scenario, &mut trace);
    let (a, b) = (HostId(0), HostId(1));
    let answers: Vec<_> = trace.arp.iter().map(|arp| arp.answers.clone()).collect();
    assert_eq!(
        answers,
        [vec![(a, 1)], vec![(b, 2)], vec![(b, 1)], vec![(b, 2)]]
    );
}

#[test]
fn a_paused_master_serves_nobody() {
    let setup = cluster(&Kernel::R15, 2, 1);
    let mut scenario = Scenario::quiet(&setup);
    scenario.add("10s=suspend:h0", &setup).unwrap();
    scenario.add("10.5s=resume:h0", &setup).unwrap();
    let mut service = Service::new(&setup);
    simulate(&setup, &scenario, &mut service);
    let vhid = service.until(scenario.until).remove(0);
    assert_eq!((vhid.no_master_us, vhid.failovers), (3_500_000, 0));
}

#[test]
fn hosts_that_do_not_agree_are_both_master() {
    let mut setup = cluster(&Kernel::R13, 2, 1);
    let Protocol::Carp { key, .. } = &mut setup.hosts[1].spec.vhids[0].protocol else {
        panic!("no CARP");
    };
    *key = AuthKey::from_passphrase("other");
    let scenario = Scenario::quiet(&setup);
    let outcome = simulate(&setup, &scenario, &mut ());
    let masters = outcome
        .finals
        .iter()
        .filter(|f| f.state == FinalState::Is(State::Master));
    assert_eq!(masters.count(), 2);
}

#[test]
fn a_storm_without_latency_ends_the_run() {
    let mut setup = cluster(&Kernel::R15, 3, 1);
    for (host, interval_cs) in setup.hosts.iter_mut().zip([100, 200, 300]) {
        host.spec.vhids[0].protocol = Protocol::Vrrp {
            priority: (interval_cs / 2) as u8,
            interval_cs,
        };
    }
    let scenario = Scenario {
        latency_us: 0,
        ..Scenario::quiet(&setup)
    };
    let outcome = simulate(&setup, &scenario, &mut ());
    assert!(outcome.stuck_at.is_some());
}

#[test]
fn frames_are_shown_as_a_capture_has_them() {
    struct Frames(Vec<Vec<u8>>);
    impl Observer for Frames {
        fn wants_frames(&self) -> bool {
            true
        }
        fn frame(&mut self, record: &trace::FrameRecord<'_>) {
            self.0.push(record.bytes.to_vec());
        }
    }
    let setup = cluster(&Kernel::R14, 2, 1);
    let mut frames = Frames(Vec::new());
    simulate(&setup, &Scenario::quiet(&setup), &mut frames);
    let first = &frames.0[0];
    assert_eq!(first.len(), 14 + 20 + 36);
    assert_eq!(first[..6], [0x01, 0, 0x5e, 0, 0, 0x12]);
    assert_eq!(first[6..12], [0, 0, 0x5e, 0, 1, 1]);
    assert_eq!(first[12..14], [8, 0]);
}

#[derive(Clone, Debug)]
enum Fault {
    Crash(u16),
    Boot(u16),
    Link(u16, bool),
    Up(u16, bool),
    Pause(u16, bool),
    Partition(u16),
    Heal,
    Block(u16, u16),
    Demote(u16, i32),
    Skew(u16, u8, u8),
    Request(u16, u8, bool),
}

const HOSTS: u16 = 3;
const VHIDS: u8 = 2;

fn fault() -> impl Strategy<Value = Fault> {
    let host = 0..HOSTS;
    prop_oneof![
        host.clone().prop_map(Fault::Crash),
        host.clone().prop_map(Fault::Boot),
        (host.clone(), any::<bool>()).prop_map(|(h, up)| Fault::Link(h, up)),
        (host.clone(), any::<bool>()).prop_map(|(h, up)| Fault::Up(h, up)),
        (host.clone(), any::<bool>()).prop_map(|(h, on)| Fault::Pause(h, on)),
        host.clone().prop_map(Fault::Partition),
        Just(Fault::Heal),
        (host.clone(), host.clone()).prop_map(|(from, to)| Fault::Block(from, to)),
        (host.clone(), -100i32..400).prop_map(|(h, by)| Fault::Demote(h, by)),
        (host.clone(), 1..=VHIDS, 0u8..200).prop_map(|(h, v, s)| Fault::Skew(h, v, s)),
        (host, 1..=VHIDS, any::<bool>()).prop_map(|(h, v, m)| Fault::Request(h, v, m)),
    ]
}

fn actions(fault: &Fault, legacy: bool) -> Option<Action> {
    let set = |host: u16, vhid: u8, change: Change| Action::Configure {
        host: HostId(host),
        command: Command::Set {
            interface: 0,
            vhid,
            change,
        },
    };
    Some(match fault {
        Fault::Crash(host) => Action::Crash(HostId(*host)),
        Fault::Boot(host) => Action::Boot(HostId(*host)),
        Fault::Link(host, up) => Action::Link {
            host: HostId(*host),
            interface: 0,
            up: *up,
        },
        Fault::Up(host, up) => Action::Interface {
            host: HostId(*host),
            interface: 0,
            up: *up,
        },
        Fault::Pause(host, true) => Action::Suspend(HostId(*host)),
        Fault::Pause(host, false) => Action::Resume(HostId(*host)),
        Fault::Partition(alone) => Action::Partition {
            segment: None,
            groups: vec![
                vec![HostId(*alone)],
                (0..HOSTS).filter(|h| h != alone).map(HostId).collect(),
            ],
        },
        Fault::Heal => Action::Heal { segment: None },
        Fault::Block(from, to) => Action::Block {
            from: HostId(*from),
            to: HostId(*to),
            family: None,
        },
        Fault::Demote(..) if legacy => return None,
        Fault::Demote(host, by) => Action::Configure {
            host: HostId(*host),
            command: Command::Sysctl(Write::Demotion(*by)),
        },
        Fault::Skew(host, vhid, skew) => set(
            *host,
            *vhid,
            Change {
                advskew: Some(*skew),
                ..Change::default()
            },
        ),
        Fault::Request(host, vhid, master) => set(
            *host,
            *vhid,
            Change {
                state: Some(if *master {
                    State::Master
                } else {
                    State::Backup
                }),
                ..Change::default()
            },
        ),
    })
}

/// Faults in the first 20 s, then everything is repaired and all hosts boot anew.
fn scenario(setup: &Setup, faults: &[(u64, Fault)], reboot: bool) -> Scenario {
    let mut scenario = Scenario::quiet(setup);
    let legacy = setup.hosts[0].spec.kernel.carp_interfaces;
    let mut add = |at_us: u64, action| {
        let at = Instant::from_us(at_us);
        scenario.events.push(Event { at, action });
    };
    for (at, fault) in faults {
        if let Some(action) = actions(fault, legacy) {
            add(*at, action);
        }
    }
    add(20_000_000, Action::Heal { segment: None });
    for host in 0..HOSTS {
        for to in 0..HOSTS {
            add(
                20_000_000,
                Action::Unblock {
                    from: HostId(host),
                    to: HostId(to),
                    family: None,
                },
            );
        }
        for fault in [
            Fault::Pause(host, false),
            Fault::Up(host, true),
            Fault::Link(host, true),
        ] {
            add(20_000_000, actions(&fault, legacy).unwrap());
        }
        if reboot {
            add(21_000_000, Action::Boot(HostId(host)));
        }
    }
    scenario
}

/// What was dropped, by whom and why.
#[derive(Debug, Default, PartialEq)]
struct Drops(Vec<trace::DropRecord>);

impl Observer for Drops {
    fn dropped(&mut self, record: &trace::DropRecord) {
        self.0.push(*record);
    }
}

/// A host that need not agree with any other.
#[derive(Clone, Debug)]
struct OddHost {
    kernel: &'static Kernel,
    key: bool,
    addresses: Vec<IpAddr>,
    vhid: u8,
    vrrp: bool,
    advskew: u8,
    unicast: bool,
}

fn odd_host() -> impl Strategy<Value = OddHost> {
    let addresses: Vec<IpAddr> = [
        "10.0.1.1", "10.0.1.2", "10.0.1.3", "10.0.1.4", "10.0.1.5", "10.0.1.6",
    ]
    .into_iter()
    .chain(["10.0.1.7", "10.0.1.8", "fd00::1", "fd00::2", "fe80::1"])
    .map(|text| text.parse().unwrap())
    .collect();
    (
        0..KERNELS.len(),
        any::<bool>(),
        prop_oneof![
            Just(addresses[..1].to_vec()),
            proptest::sample::subsequence(addresses, 1..11),
        ],
        1u8..3,
        any::<bool>(),
        0u8..=254,
        any::<bool>(),
    )
        .prop_map(
            |(kernel, key, addresses, vhid, vrrp, advskew, unicast)| OddHost {
                kernel: KERNELS[kernel],
                key,
                addresses,
                vhid,
                vrrp,
                advskew,
                unicast,
            },
        )
}

impl OddHost {
    fn setup(&self, place: usize) -> HostSetup {
        let mut destinations = Destinations::default();
        if self.unicast && self.kernel.has_peers {
            destinations.v4 = [10, 0, 0, 1].into();
        }
        let protocol = if self.vrrp && self.kernel.has_vrrp {
            Protocol::Vrrp {
                priority: self.advskew.max(1),
                interval_cs: 100,
            }
        } else {
            Protocol::Carp {
                advbase: 1,
                advskew: self.advskew,
                key: AuthKey::from_passphrase(if self.key { "one" } else { "other" }),
                destinations,
            }
        };
        let mut host = cluster(self.kernel, 5, 1).hosts.swap_remove(place);
        host.spec.vhids = vec![VhidSpec {
            vhid: self.vhid,
            interface: 0,
            protocol,
            addresses: self.addresses.clone(),
        }];
        host
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// A healed and quiet segment of agreeing hosts with distinct skews and preemption ends with one master of each vhid,
    /// the preferred host.
    #[test]
    fn a_healed_segment_has_the_preferred_master(
        kernel in 0usize..KERNELS.len(),
        faults in proptest::collection::vec((0u64..20_000_000, fault()), 0..25),
    ) {
        let setup = cluster(KERNELS[kernel], HOSTS, VHIDS);
        let scenario = scenario(&setup, &faults, true);
        let outcome = simulate(&setup, &scenario, &mut ());
        for vhid in 1..=VHIDS {
            let preferred = (HOSTS - (u16::from(vhid) - 1)) % HOSTS;
            for record in outcome.finals.iter().filter(|record| record.vhid == vhid) {
                let wanted = if record.host.0 == preferred { State::Master } else { State::Backup };
                prop_assert_eq!(record.state, FinalState::Is(wanted), "{:?}", record);
            }
        }
    }

    /// Hosts of any release that agree in nothing drop the same advertisements for the same reasons, bytes or not.
    #[test]
    fn drops_are_the_same_with_bytes_and_without(
        hosts in proptest::collection::vec(odd_host(), 2..5),
        faults in proptest::collection::vec((0u64..20_000_000, fault()), 0..15),
    ) {
        let setup = Setup {
            segments: vec!["lan".into()],
            hosts: hosts.iter().enumerate().map(|(place, odd)| odd.setup(place)).collect(),
            vhid_names: Vec::new(),
        };
        let known = |(_, fault): &(u64, Fault)| match fault {
            Fault::Crash(h) | Fault::Boot(h) | Fault::Link(h, _) | Fault::Up(h, _)
            | Fault::Pause(h, _) | Fault::Partition(h) => usize::from(*h) < hosts.len(),
            Fault::Heal => true,
            _ => false,
        };
        let mut scenario = Scenario::quiet(&setup);
        scenario.until = Instant::from_us(25_000_000);
        for (at, fault) in faults.iter().filter(|fault| known(fault)) {
            let at = Instant::from_us(*at);
            scenario.events.extend(actions(fault, true).map(|action| Event { at, action }));
        }
        let run = |authentication| {
            let mut seen = (Trace::with_advertisements(), Drops::default());
            World::new(&setup, &scenario).authenticating(authentication).run(&mut seen);
            seen
        };
        let (by_identity, by_digest) = (run(Authentication::ByIdentity), run(Authentication::ByDigest));
        prop_assert_eq!(by_identity.1, by_digest.1);
        prop_assert_eq!(by_identity.0, by_digest.0);
    }

    /// A frame that all receivers share is the same as a frame for each, also where everything happens at one time.
    #[test]
    fn receivers_may_share_a_frame(
        kernel in 0usize..KERNELS.len(),
        faults in proptest::collection::vec((0u64..20_000_000, fault()), 0..25),
        latency_us in prop_oneof![Just(0u64), Just(200), Just(1_000_000)],
    ) {
        let setup = cluster(KERNELS[kernel], HOSTS, VHIDS);
        let scenario = Scenario { latency_us, ..scenario(&setup, &faults, false) };
        let mut apart = Trace::with_advertisements();
        World::new(&setup, &scenario).one_by_one().run(&mut apart);
        prop_assert_eq!(apart, trace(&setup, &scenario, Authentication::ByIdentity));
    }

    /// Comparing what digests cover is the same as comparing digests, jitter and loss or not.
    #[test]
    fn digests_are_not_needed(
        kernel in 0usize..KERNELS.len(),
        faults in proptest::collection::vec((0u64..20_000_000, fault()), 0..25),
        jitter_us in prop_oneof![Just(0u64), 1u64..5000],
        loss in prop_oneof![Just(0.0), Just(0.2)],
    ) {
        let setup = cluster(KERNELS[kernel], HOSTS, VHIDS);
        let scenario = Scenario { jitter_us, loss, ..scenario(&setup, &faults, false) };
        let by_identity = trace(&setup, &scenario, Authentication::ByIdentity);
        prop_assert_eq!(&by_identity, &trace(&setup, &scenario, Authentication::ByDigest));
        // A transition starts where the last one ended.
        for host in 0..HOSTS {
            let mut last = [State::Init; 3];
            for t in by_identity.transitions.iter().filter(|t| t.host.0 == host) {
                let state = &mut last[usize::from(t.vhid)];
                prop_assert!(t.from == *state || t.from == State::Init);
                *state = t.to;
            }
        }
    }
}
