//! Random faults: what must hold whatever happens.

use std::net::IpAddr;

use proptest::prelude::*;

use super::super::trace::FinalState;
use super::super::*;
use super::{KERNELS, cluster, trace};
use crate::carp::{
    AuthKey, Change, Command, Destinations, Instant, Kernel, Protocol, State, VhidSpec, Write,
};

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
struct Drops(Vec<crate::sim::trace::DropRecord>);

impl Observer for Drops {
    fn dropped(&mut self, record: &crate::sim::trace::DropRecord) {
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

/// A host that resumed took the count of the order back to where it was when it was suspended.
#[test]
fn a_resumed_host_does_not_turn_the_order_back() {
    let faults = [
        (13_000_001, Fault::Up(2, false)),
        (14_000_001, Fault::Pause(1, true)),
        (0, Fault::Pause(2, true)),
        (14_000_001, Fault::Pause(0, false)),
    ];
    let setup = cluster(KERNELS[1], HOSTS, VHIDS);
    let scenario = Scenario {
        latency_us: 0,
        ..scenario(&setup, &faults, false)
    };
    let mut apart = Trace::with_advertisements();
    World::new(&setup, &scenario).one_by_one().run(&mut apart);
    assert_eq!(apart, trace(&setup, &scenario, Authentication::ByIdentity));
}
