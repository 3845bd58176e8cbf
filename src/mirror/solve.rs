//! Owns the way from a problem to its orders: construction, searches, and
//! what is known about the result. Imports nothing of the crate.

use super::bound::lower_bound;
use super::construct::{complete, heads};
use super::exhaustive::{Outcome, search};
use super::improve::improve;
use super::polish::polish;
use super::problem::{Dense, NodeIndex, Problem};
use super::score::{Score, measure};

/// What is known about how good a solution is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// No assignment has a smaller score: every one was looked at, or the
    /// score meets the lower bound at every level.
    Optimal,
    /// There may be a smaller score, but none below this one.
    Bounded {
        /// For each level the least difference any assignment can have and,
        /// at that difference, the least number of failure sets.
        lower: Score,
    },
}

/// The orders of all units and how good they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Solution {
    /// The order of each unit in the problem's sequence, rank 0 first: all its
    /// candidates, or its fixed order.
    pub orders: Vec<Vec<NodeIndex>>,
    /// The score of the orders.
    pub score: Score,
    /// What is known about the score.
    pub proof: Proof,
}

/// Finds orders that are mirror images of each other.
///
/// Fixed orders are kept to the letter; every other unit gets all its
/// candidates. The answer depends on the problem alone. When every unit has
/// the same candidates and none is fixed, rank 0 of unit i is candidate
/// i mod n, and the levels for 0 and 1 failures are optimal; two nodes
/// alternate. Up to 4 nodes × 5 units the answer is optimal and
/// [`Proof::Optimal`], beyond that when the score meets the lower bound or the
/// exhaustive search fits its budget.
///
/// The construction costs O(units · nodes² + nodes³); the searches after it
/// run only while the lower bound is not met, each up to a fixed budget of
/// load cells, well below a second in all.
#[must_use]
pub fn solve(problem: &Problem) -> Solution {
    let dense = Dense::new(problem);
    let count = dense.node_count();
    let lower = lower_bound(&dense);
    let start = heads(&dense);
    let mut orders = complete(&dense, &start);
    let mut score = measure(&orders, count);
    let mut proof = Proof::Optimal;
    if score != lower {
        let small = search(&dense, &score);
        match small {
            Outcome::NothingBetter => {}
            Outcome::Best(best) => {
                orders = canonical(&dense, complete(&dense, &best));
                score = measure(&orders, count);
            }
            Outcome::GivenUp => {
                let target = lower.levels().get(2).map_or(0, |level| level.difference);
                let other = complete(&dense, &improve(&dense, &start, target));
                let reached = measure(&other, count);
                if reached < score {
                    (orders, score) = (other, reached);
                }
                if !dense.symmetric {
                    (orders, score) = polish(&dense, orders, score, &lower);
                }
                if score != lower {
                    proof = Proof::Bounded { lower };
                }
            }
        }
    }
    Solution {
        orders: dense.restore(&orders),
        score,
        proof,
    }
}

/// Renames nodes and exchanges units of a symmetric problem such that rank 0
/// of unit i is node i mod n; leaves other problems alone. Rank 0 must be
/// spread evenly already. Costs O(units · nodes · log units).
fn canonical(dense: &Dense, orders: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    let count = dense.node_count();
    if !dense.symmetric || count == 0 {
        return orders;
    }
    let mut first = vec![0_usize; count];
    for node in orders.iter().filter_map(|order| order.first()) {
        first[*node] += 1;
    }
    let mut ranking: Vec<usize> = (0..count).collect();
    ranking.sort_by_key(|&node| (usize::MAX - first[node], node));
    let mut names = vec![0; count];
    for (name, &node) in ranking.iter().enumerate() {
        names[node] = name;
    }
    let mut renamed: Vec<Vec<usize>> = orders
        .iter()
        .map(|order| order.iter().map(|&node| names[node]).collect())
        .collect();
    renamed.sort();
    let mut groups = vec![Vec::new(); count];
    for order in renamed.into_iter().rev() {
        groups[order[0]].push(order);
    }
    let turns = 0..dense.units.len();
    turns
        .filter_map(|unit| groups[unit % count].pop())
        .collect()
}
