//! Protocol events per second: timers that expire and advertisements that are delivered, authentication included.

use std::hint::black_box;

use carpgen::carp::{
    AuthKey, Destinations, HostSpec, Instant, InterfaceSpec, Kernel, Protocol, Sysctls, VhidSpec,
};
use carpgen::sim::{Authentication, HostSetup, InterfaceSetup, Scenario, SegmentId, Setup, World};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// So many hosts share so many vhids, each host preferring its part of them.
fn cluster(hosts: u16, vhids: u16) -> Setup {
    let host = |host: u16| {
        let vhid = |vhid: u16| VhidSpec {
            vhid: vhid as u8,
            interface: 0,
            protocol: Protocol::Carp {
                advbase: 1,
                advskew: ((host + vhid) % hosts * 10) as u8,
                key: AuthKey::from_passphrase("bench"),
                destinations: Destinations::default(),
            },
            addresses: vec![[10, 0, 1, vhid as u8].into()],
        };
        HostSetup {
            name: format!("h{host}"),
            spec: HostSpec {
                kernel: &Kernel::R14,
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
        ..Setup::default()
    }
}

fn events(setup: &Setup, scenario: &Scenario, authentication: Authentication) -> u64 {
    let mut world = World::new(setup, scenario).authenticating(authentication);
    world.run(&mut ());
    let count = world.count();
    count.timers + count.deliveries
}

fn simulate(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("simulate");
    group.sample_size(10);
    for (name, hosts, vhids, seconds, authentication) in [
        (
            "2 hosts x 2 vhids",
            2,
            2,
            100_000,
            Authentication::ByIdentity,
        ),
        (
            "5 hosts x 50 vhids",
            5,
            50,
            4_000,
            Authentication::ByIdentity,
        ),
        (
            "20 hosts x 255 vhids",
            20,
            255,
            200,
            Authentication::ByIdentity,
        ),
        (
            "5 hosts x 50 vhids, digests",
            5,
            50,
            100,
            Authentication::ByDigest,
        ),
    ] {
        let setup = cluster(hosts, vhids);
        let scenario = Scenario {
            until: Instant::from_us(seconds * 1_000_000),
            ..Scenario::quiet(&setup)
        };
        let total = events(&setup, &scenario, authentication);
        group.throughput(Throughput::Elements(total));
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(events(&setup, &scenario, authentication)));
        });
    }
    group.finish();
}

criterion_group!(benches, simulate);
criterion_main!(benches);
