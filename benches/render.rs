//! How long it takes to get from a description to the files of every host, in process.

use std::fmt::Write as _;
use std::hint::black_box;

use carpgen::config::{Description, examples, resolve};
use carpgen::dialect::Renderer;
use carpgen::lint::check;
use criterion::{Criterion, criterion_group, criterion_main};

/// A cluster of this many nodes and vhids; every vhid is on three nodes.
fn large(nodes: usize, vhids: usize) -> String {
    let mut text =
        String::from("[cluster]\nname = \"large\"\nrelease = \"14\"\npass = \"benchmarkKey\"\n");
    for n in 0..nodes {
        let _ = write!(text, "[[node]]\nname = \"n{n}\"\n[node.interfaces]\n");
        let _ = writeln!(
            text,
            "lan = {{ name = \"em0\", addresses = [\"10.0.{}.{}/16\"] }}",
            n / 250,
            n % 250 + 2
        );
    }
    for v in 0..vhids {
        let names: Vec<String> = (0..3)
            .map(|rank| format!("\"n{}\"", (v + rank) % nodes))
            .collect();
        let _ = write!(text, "[[vhid]]\nid = {}\nsegment = \"lan\"\n", v + 1);
        let _ = writeln!(
            text,
            "vips = [\"10.0.200.{}/32\"]\npriority = [{}]",
            v + 1,
            names.join(", ")
        );
    }
    text
}

fn render_all(text: &str) -> usize {
    let description = Description::read(text);
    let renderer = Renderer::new().expect("the templates are whole");
    let hosts = description
        .cluster
        .nodes
        .iter()
        .map(|node| resolve(&description.cluster, node));
    hosts
        .map(|host| renderer.render(&host).expect("it renders").rc.content.len())
        .sum()
}

fn benches(criterion: &mut Criterion) {
    let article = examples::example("article").expect("it is there").text;
    let large = large(200, 200);
    criterion.bench_function("render/article", |bencher| {
        bencher.iter(|| render_all(black_box(article)))
    });
    criterion.bench_function("render/200 nodes, 200 vhids", |bencher| {
        bencher.iter(|| render_all(black_box(&large)))
    });
    criterion.bench_function("lint/200 nodes, 200 vhids", |bencher| {
        bencher.iter(|| check(&Description::read(black_box(&large)), true).len());
    });
}

criterion_group! {
    name = group;
    config = Criterion::default().sample_size(50);
    targets = benches
}
criterion_main!(group);
