//! Protocol events per second: timers that expire and advertisements that are delivered, authentication included.

use std::fmt::Write as _;
use std::hint::black_box;

use carpgen::carp::Instant;
use carpgen::config::Description;
use carpgen::sim::{Authentication, Scenario, Setup, World};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// So many hosts share so many vhids, each host preferring its part of them.
fn cluster(hosts: u16, vhids: u16) -> Setup {
    let mut text = "[cluster]\nname = \"bench\"\nrelease = \"14\"\npass = \"bench\"\n\
        skew = { first = 0, step = 10 }\n"
        .to_owned();
    for host in 0..hosts {
        let own = host + 1;
        let _ = write!(
            text,
            "[[node]]\nname = \"h{host}\"\n[node.interfaces]\n\
             lan = {{ name = \"em0\", addresses = [\"10.0.0.{own}/16\"] }}\n"
        );
    }
    for vhid in 1..=vhids {
        let order: Vec<String> = (0..hosts)
            .map(|rank| format!("\"h{}\"", (rank + vhid) % hosts))
            .collect();
        let _ = write!(
            text,
            "[[vhid]]\nid = {vhid}\nsegment = \"lan\"\nvips = [\"10.0.1.{vhid}/16\"]\npriority = [{}]\n",
            order.join(", ")
        );
    }
    let description = Description::read(&text);
    assert!(
        description.problems.is_empty(),
        "{:?}",
        description.problems
    );
    let setup = Setup::of_cluster(&description.cluster);
    assert_eq!(setup.hosts.len(), usize::from(hosts));
    setup
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
