//! How fast the files of a host are read: rc.conf text in MB/s, and whole hosts.

use std::fmt::Write as _;
use std::hint::black_box;

use carpgen::dialect::parse::{HostText, Surroundings, Text, Variables, boot, read_host};
use carpgen::model::{FileId, HostName, Release};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// rc.conf of a host with many interfaces, as administrators write it.
fn rc_conf(interfaces: usize) -> String {
    let mut text = String::from(
        "# Written by hand\nhostname=\"fw1.example.net\"\ncarp_pass=\"benchmarkKey\"\nsshd_enable=\"YES\"\n\n",
    );
    for n in 0..interfaces {
        let (a, b) = (n / 200, n % 200);
        let _ = write!(
            text,
            "# Customer {n}\nifconfig_ix{n}=\"inet 10.{a}.{b}.2/24\"  # own address\n\
             ifconfig_ix{n}_alias0=\"inet vhid {v} advskew 100 pass ${{carp_pass}} 10.{a}.{b}.1/32\"\n\
             ifconfig_ix{n}_alias1=\"inet vhid {v} 10.{a}.{b}.10/32\"\n\
             ifconfig_ix{n}_descr='customer {n}'\n",
            v = n % 255 + 1,
        );
    }
    text
}

fn read(text: &str) -> usize {
    Variables::read([Text::new(FileId(0), text)])
        .assignments()
        .len()
}

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    for (name, text) in [
        ("rc.conf of 40 kB", rc_conf(150)),
        ("rc.conf of 1 MB", rc_conf(4_000)),
        ("rc.conf of 10 MB", rc_conf(40_000)),
        (
            "rc.conf, comments only",
            "# nothing to see here, and that for a whole line\n".repeat(20_000),
        ),
        (
            "rc.conf, no quotes",
            "x=1\ny=two\nlonger_name=value\n".repeat(40_000),
        ),
    ] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| read(black_box(&text))));
    }
    let text = rc_conf(150);
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("boot of 150 interfaces", |bencher| {
        let variables = Variables::read([Text::new(FileId(0), &text)]);
        let surroundings = Surroundings::of((0..150).map(|n| format!("ix{n}")).collect());
        bencher.iter(|| {
            boot(black_box(&variables), Release::R14, &surroundings)
                .commands
                .len()
        });
    });
    group.finish();
    let small = rc_conf(2);
    let files = [
        HostText {
            path: "rc.conf",
            text: &small,
        },
        HostText {
            path: "sysctl.conf",
            text: "net.inet.carp.preempt=1\n",
        },
        HostText {
            path: "loader.conf",
            text: "carp_load=\"YES\"\n",
        },
    ];
    let host = HostName::new("a").expect("a name");
    criterion.bench_function("parse/one host of two interfaces", |bencher| {
        bencher.iter(|| {
            read_host(black_box(&host), black_box(&files), None)
                .config
                .vhids
                .len()
        });
    });
}

criterion_group! {
    name = group;
    config = Criterion::default().sample_size(20);
    targets = benches
}
criterion_main!(group);
