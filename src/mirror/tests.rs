//! Tests of the room against brute force that shares no code with the solver.

mod brute;

use super::*;
use brute::{multiset_best, permutations, plain_loads, plain_score, product_best};

type Orders = Vec<Vec<NodeIndex>>;

fn pairs_of(score: &Score) -> Vec<(u32, u64)> {
    let levels = score.levels().iter();
    levels.map(|level| (level.difference, level.sets)).collect()
}

fn next(state: &mut u64, limit: usize) -> usize {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    ((*state >> 33) as usize) % limit
}

/// A problem in which every node takes part by way of unit 0, and other units
/// may be limited or fixed.
fn random_problem(state: &mut u64, count: usize, units: usize) -> Problem {
    let mut list = Vec::new();
    for unit in 0..units {
        let mut candidates: Vec<usize> = (0..count).collect();
        for place in (1..count).rev() {
            candidates.swap(place, next(state, place + 1));
        }
        let mut fixed = None;
        if unit > 0 {
            candidates.truncate(1 + next(state, count));
            if next(state, 4) == 0 {
                let mut order = candidates.clone();
                order.reverse();
                order.truncate(1 + next(state, candidates.len()));
                fixed = Some(order);
            }
        }
        list.push(Unit { candidates, fixed });
    }
    Problem::new(count, list).unwrap()
}

fn assert_valid(problem: &Problem, solution: &Solution) {
    assert_eq!(solution.orders.len(), problem.units().len());
    for (unit, order) in problem.units().iter().zip(&solution.orders) {
        if let Some(fixed) = &unit.fixed {
            assert_eq!(order, fixed);
        } else {
            let (mut left, mut right) = (unit.candidates.clone(), order.clone());
            left.sort_unstable();
            right.sort_unstable();
            assert_eq!(left, right);
        }
    }
    assert_eq!(
        score(&solution.orders, problem.node_count()),
        solution.score
    );
    if let Proof::Bounded { lower } = &solution.proof {
        assert!(lower < &solution.score);
    }
}

fn assert_round_robin(solution: &Solution, count: usize) {
    for (unit, order) in solution.orders.iter().enumerate() {
        assert_eq!(order[0], unit % count);
    }
}

#[test]
fn solve_reaches_the_optimum_of_every_tuple() {
    for (count, most) in [(2, 5), (3, 4), (4, 3)] {
        let all = permutations(&(0..count).collect::<Vec<_>>());
        for units in 1..=most {
            let problem = Problem::uniform(count, units);
            let solution = solve(&problem);
            assert_valid(&problem, &solution);
            assert_round_robin(&solution, count);
            assert_eq!(solution.proof, Proof::Optimal);
            let best = product_best(&vec![all.clone(); units], count);
            assert_eq!(pairs_of(&solution.score), best, "{count} × {units}");
            let again = multiset_best(&vec![all.clone(); units], count);
            assert_eq!(again, best, "{count} × {units}");
        }
    }
}

#[test]
fn solve_reaches_the_optimum_of_every_multiset() {
    for (count, units) in [(3, 5), (3, 6), (3, 7), (4, 4), (4, 5)] {
        let problem = Problem::uniform(count, units);
        let solution = solve(&problem);
        assert_valid(&problem, &solution);
        assert_round_robin(&solution, count);
        assert_eq!(solution.proof, Proof::Optimal);
        let all = permutations(&(0..count).collect::<Vec<_>>());
        let best = multiset_best(&vec![all; units], count);
        assert_eq!(pairs_of(&solution.score), best, "{count} × {units}");
    }
}

#[test]
fn solve_reaches_the_optimum_with_limits_and_fixed_orders() {
    let mut state = 7;
    for (count, most, rounds) in [(2, 5, 20), (3, 4, 40), (4, 3, 12)] {
        for round in 0..rounds {
            let problem = random_problem(&mut state, count, 1 + round % most);
            let solution = solve(&problem);
            assert_valid(&problem, &solution);
            assert_eq!(solution.proof, Proof::Optimal);
            let best = product_best(&choices_of(&problem), count);
            assert_eq!(pairs_of(&solution.score), best, "{problem:?}");
        }
    }
}

/// Every order each unit can have; equal lists for units that are alike.
fn choices_of(problem: &Problem) -> Vec<Orders> {
    let units = problem.units().iter();
    units
        .map(|unit| match &unit.fixed {
            Some(fixed) => vec![fixed.clone()],
            None => {
                let mut list = unit.candidates.clone();
                list.sort_unstable();
                permutations(&list)
            }
        })
        .collect()
}

#[test]
fn small_problems_are_always_proven() {
    let mut state = 11;
    for round in 0..60 {
        let problem = random_problem(&mut state, 4, 4 + round % 2);
        let solution = solve(&problem);
        assert_valid(&problem, &solution);
        assert_eq!(solution.proof, Proof::Optimal, "{problem:?}");
        let best = multiset_best(&choices_of(&problem), 4);
        assert_eq!(pairs_of(&solution.score), best, "{problem:?}");
    }
}

#[test]
fn two_nodes_alternate() {
    let solution = solve(&Problem::uniform(2, 5));
    let expected: Orders = vec![vec![0, 1], vec![1, 0], vec![0, 1], vec![1, 0], vec![0, 1]];
    assert_eq!(solution.orders, expected);
}

#[test]
fn three_nodes_go_round() {
    let solution = solve(&Problem::uniform(3, 3));
    let expected: Orders = vec![vec![0, 1, 2], vec![1, 2, 0], vec![2, 0, 1]];
    assert_eq!(solution.orders, expected);
}

#[test]
fn symmetric_problems_are_even_up_to_one_failure() {
    let small = (1..=4).flat_map(|count| (0..=20).map(move |units| (count, units)));
    for (count, units) in small.chain([(5, 5), (5, 12), (7, 20), (12, 66), (24, 500)]) {
        let problem = Problem::uniform(count, units);
        let solution = solve(&problem);
        assert_valid(&problem, &solution);
        assert_round_robin(&solution, count);
        for level in solution.score.levels().iter().take(2) {
            let living = count - level.failed;
            let uneven = living > 1 && units % living != 0;
            assert_eq!(level.difference, u32::from(uneven));
        }
    }
}

#[test]
fn score_follows_its_definition() {
    let mut state = 3;
    for round in 0..200 {
        let count = 2 + round % 5;
        let units = 1 + next(&mut state, 9);
        let problem = random_problem(&mut state, count, units);
        let orders: Orders = problem
            .units()
            .iter()
            .map(|unit| unit.candidates.clone())
            .collect();
        assert_eq!(
            pairs_of(&score(&orders, count)),
            plain_score(&orders, count)
        );
    }
}

#[test]
fn load_is_conserved() {
    let mut state = 5;
    for round in 0..60 {
        let count = 2 + round % 4;
        let units = 1 + next(&mut state, 7);
        let problem = random_problem(&mut state, count, units);
        let orders = solve(&problem).orders;
        let matrix = LoadMatrix::new(&orders, count);
        for (column, failed) in matrix.columns().iter().enumerate() {
            let mask = failed.iter().map(|node| 1 << node).sum();
            let (loads, served) = plain_loads(&orders, count, mask);
            let mut sum = 0;
            for (row, &node) in matrix.nodes().iter().enumerate() {
                let cell = matrix.cell(row, column);
                assert_eq!(cell.is_none(), failed.contains(&node));
                assert_eq!(
                    cell.unwrap_or(0),
                    if cell.is_some() { loads[node] } else { 0 }
                );
                sum += cell.unwrap_or(0);
            }
            assert_eq!(sum, served);
        }
    }
}

#[test]
fn the_answer_is_the_same_every_time() {
    let mut state = 9;
    for (count, units) in [(5, 7), (7, 12)] {
        let problem = random_problem(&mut state, count, units);
        let solution = solve(&problem);
        assert_valid(&problem, &solution);
        assert_eq!(solution, solve(&problem));
    }
}

#[test]
fn bounds_hold_and_searches_keep_what_is_fixed() {
    let mut state = 13;
    for round in 0..4 {
        let problem = random_problem(&mut state, 4 + round % 4, 6 + round);
        assert_valid(&problem, &solve(&problem));
    }
}

fn twice(orders: &[[usize; 3]]) -> Orders {
    let both = orders.iter().chain(orders);
    both.map(|order| order.to_vec()).collect()
}

#[test]
fn check_refutes_uneven_orders() {
    let uneven: Vec<(usize, Orders)> = vec![
        (2, vec![vec![0, 1], vec![0, 1]]),
        (3, twice(&[[0, 1, 2], [1, 2, 0], [2, 0, 1]])),
        (3, vec![vec![0, 1, 2]; 6]),
        (
            4,
            vec![
                vec![0, 1, 2, 3],
                vec![1, 2, 3, 0],
                vec![2, 3, 0, 1],
                vec![3, 0, 1, 2],
            ],
        ),
    ];
    for (count, orders) in uneven {
        let problem = Problem::uniform(count, orders.len());
        let check = check(&problem, &orders);
        assert_eq!(check.verdict, Verdict::Improvable, "{orders:?}");
        assert_eq!(check.score, score(&orders, count));
        let better = check.better.unwrap();
        assert!(score(&better, count) < check.score);
    }
}

#[test]
fn check_accepts_what_solve_finds() {
    for (count, units) in [(1, 1), (2, 3), (3, 4), (4, 5), (5, 5), (12, 66)] {
        let problem = Problem::uniform(count, units);
        let solution = solve(&problem);
        let check = check(&problem, &solution.orders);
        assert_eq!(check.better, None);
        assert_eq!(
            check.verdict == Verdict::Optimal,
            solution.proof == Proof::Optimal
        );
    }
}

#[test]
fn check_takes_odd_lists() {
    let problem = Problem::uniform(2, 2);
    let empty = check(&problem, &[]);
    assert_eq!(pairs_of(&empty.score), vec![(0, 1), (0, 2)]);
    let strange = check(&problem, &[vec![0, 9, 1], vec![1], vec![0]]);
    assert_eq!(strange.matrix.nodes(), &[0, 1]);
}

#[test]
fn the_worst_imbalance_is_the_first() {
    let even = vec![vec![0, 1, 2], vec![1, 0, 2], vec![2, 1, 0]];
    assert_eq!(worst_imbalance(&even, 3), None);
    let mut orders = vec![vec![0, 2, 1]; 2];
    orders.extend([vec![1, 0, 2], vec![1, 2, 0], vec![2, 0, 1], vec![2, 1, 0]]);
    let expected = Imbalance {
        failed: vec![0],
        most: 2,
        most_load: 4,
        least: 1,
        least_load: 2,
    };
    assert_eq!(worst_imbalance(&orders, 3), Some(expected));
    orders.push(vec![0, 1, 2]);
    orders.push(vec![0, 1, 2]);
    let found = worst_imbalance(&orders, 3).unwrap();
    assert_eq!((found.failed, found.most, found.least), (vec![], 0, 1));
}

#[test]
fn the_matrix_shows_pairs_while_they_fit() {
    let columns = |count| {
        let solution = solve(&Problem::uniform(count, count));
        LoadMatrix::new(&solution.orders, count).columns().len()
    };
    assert_eq!([1, 2, 3, 4, 5, 12].map(columns), [1, 3, 7, 11, 6, 13]);
    let matrix = LoadMatrix::new(&[vec![3, 1]], 5);
    assert_eq!(matrix.nodes(), &[1, 3]);
    assert_eq!(matrix.row(0), &[Some(0), None, Some(1)]);
    assert_eq!(matrix.row(2), &[]);
}

#[test]
fn sizes_zero_and_one() {
    for (count, units) in [(0, 0), (1, 0), (5, 0), (1, 1), (1, 4), (3, 1)] {
        let problem = Problem::uniform(count, units);
        let solution = solve(&problem);
        assert_eq!(solution.orders.len(), units);
        assert_eq!(solution.proof, Proof::Optimal);
        assert_eq!(solution.score.levels()[0].failed, 0);
        let check = check(&problem, &solution.orders);
        assert_eq!(check.verdict, Verdict::Optimal);
        if units * count <= 1 {
            assert_eq!(worst_imbalance(&solution.orders, count), None);
        }
    }
}

#[test]
fn nodes_that_take_no_part_change_nothing() {
    let unit = |candidates: &[usize]| Unit {
        candidates: candidates.to_vec(),
        fixed: None,
    };
    let problem = Problem::new(9, vec![unit(&[7, 2, 4]); 3]).unwrap();
    let solution = solve(&problem);
    assert_eq!(
        solution.orders,
        vec![vec![7, 2, 4], vec![2, 4, 7], vec![4, 7, 2]]
    );
    assert_eq!(solution.score, solve(&Problem::uniform(3, 3)).score);
}

#[test]
fn problems_that_do_not_hold_together_are_refused() {
    let problem = |candidates: &[usize], fixed: Option<&[usize]>| {
        let candidates = candidates.to_vec();
        let fixed = fixed.map(<[usize]>::to_vec);
        Problem::new(3, vec![Unit { candidates, fixed }]).unwrap_err()
    };
    assert_eq!(problem(&[], None), ProblemError::NoCandidate { unit: 0 });
    assert_eq!(
        problem(&[0], Some(&[])),
        ProblemError::NoCandidate { unit: 0 }
    );
    assert_eq!(
        problem(&[3], None),
        ProblemError::NodeOutOfRange { unit: 0, node: 3 }
    );
    assert_eq!(
        problem(&[1, 1], None),
        ProblemError::NodeTwice { unit: 0, node: 1 }
    );
    let error = problem(&[0, 1], Some(&[2]));
    assert_eq!(error, ProblemError::FixedNotCandidate { unit: 0, node: 2 });
    assert!(error.to_string().contains("node 2"));
}
