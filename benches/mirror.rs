//! How long it takes to find orders that are mirror images of each other.

use std::hint::black_box;

use carpgen::mirror::{Problem, solve};
use criterion::{Criterion, criterion_group, criterion_main};

fn benches(criterion: &mut Criterion) {
    for (nodes, units) in [(4, 5), (6, 7), (12, 66), (12, 67), (24, 255), (200, 200)] {
        let problem = Problem::uniform(nodes, units);
        criterion.bench_function(&format!("mirror/{nodes} nodes, {units} units"), |bencher| {
            bencher.iter(|| solve(black_box(&problem)));
        });
    }
}

criterion_group! {
    name = group;
    config = Criterion::default().sample_size(10);
    targets = benches
}
criterion_main!(group);
