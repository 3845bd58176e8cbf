//! Owns the judgement of orders somebody wrote: their score, whether they can
//! be better, and the failure they stand worst. Imports nothing of the crate.

use super::bound::lower_bound;
use super::load::{Compact, LoadMatrix, Tally, failure_sets, spread};
use super::problem::{Dense, NodeIndex, Problem};
use super::score::{DEEPEST_FAILURE, Score, deepest, measure};
use super::solve::{Proof, solve};

/// How the orders compare with the best there can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No assignment has a smaller score.
    Optimal,
    /// There is an assignment with a smaller score.
    Improvable,
    /// None with a smaller score was found, and none is below the bound.
    Unproven {
        /// For each level the least difference any assignment can have and,
        /// at that difference, the least number of failure sets.
        lower: Score,
    },
}

/// What [`check`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The score of the orders as they are.
    pub score: Score,
    /// How the orders compare.
    pub verdict: Verdict,
    /// An assignment with a strictly smaller score, when the verdict is
    /// [`Verdict::Improvable`].
    pub better: Option<Vec<Vec<NodeIndex>>>,
    /// The loads of the orders as they are.
    pub matrix: LoadMatrix,
}

/// Judges `orders`, one for each unit of the problem in its sequence, against
/// what [`solve`] finds for the problem. The problem should fix only what the
/// better assignment must keep. Orders should name all candidates of their
/// unit: where they do not, the unit may be served by nobody, and the verdict
/// compares assignments that do not serve the same. Missing orders count as
/// served by nobody; nodes out of range are passed over. Every candidate of
/// the problem takes part, served or not. Costs as [`solve`].
#[must_use]
pub fn check(problem_without_fixed: &Problem, orders: &[Vec<NodeIndex>]) -> Check {
    let units = problem_without_fixed.units();
    let dense = Dense::new(problem_without_fixed);
    let node_count = problem_without_fixed.node_count();
    let compact = Compact::new(orders, node_count, &dense.nodes);
    let score = measure(&compact.orders, compact.nodes.len());
    let matrix = LoadMatrix::of(&compact);
    let lower = lower_bound(&dense);
    let mut better = None;
    let verdict = if !units.is_empty() && score == lower {
        Verdict::Optimal
    } else {
        let solution = solve(problem_without_fixed);
        if solution.score < score {
            better = Some(solution.orders);
            Verdict::Improvable
        } else if solution.proof == Proof::Optimal {
            Verdict::Optimal
        } else {
            Verdict::Unproven { lower }
        }
    };
    Check {
        score,
        verdict,
        better,
        matrix,
    }
}

/// A failure set and what it does to the loads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imbalance {
    /// The failed nodes, ascending; empty when it is uneven with none failed.
    pub failed: Vec<NodeIndex>,
    /// The living node that serves the most, the first of several.
    pub most: NodeIndex,
    /// How many units it serves.
    pub most_load: u32,
    /// The living node that serves the least, the first of several.
    pub least: NodeIndex,
    /// How many units it serves.
    pub least_load: u32,
}

/// The first failure set whose difference exceeds 1: the smallest one, and
/// among those of that size the lexicographically first. Takes the arguments
/// of [`super::score`] and looks at the failure sets it measures; `None` when
/// none of them exceeds 1. Costs as [`super::score`].
#[must_use]
pub fn worst_imbalance(orders: &[Vec<NodeIndex>], node_count: usize) -> Option<Imbalance> {
    let compact = Compact::new(orders, node_count, &[]);
    let count = compact.nodes.len();
    let tally = Tally::new(&compact.orders, count);
    let mut loads = Vec::new();
    for failed in 0..=deepest(count).min(DEEPEST_FAILURE) {
        for set in failure_sets(count, failed) {
            tally.fill(&set, &mut loads);
            if spread(&loads, &set) > 1 {
                return imbalance(&compact, &set, &loads);
            }
        }
    }
    None
}

fn imbalance(compact: &Compact, failed: &[usize], loads: &[u32]) -> Option<Imbalance> {
    let living = || (0..loads.len()).filter(|node| !failed.contains(node));
    let most = living().min_by_key(|&node| (u32::MAX - loads[node], node))?;
    let least = living().min_by_key(|&node| (loads[node], node))?;
    Some(Imbalance {
        failed: compact.names(failed),
        most: *compact.nodes.get(most)?,
        most_load: loads[most],
        least: *compact.nodes.get(least)?,
        least_load: loads[least],
    })
}
