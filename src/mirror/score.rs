//! Owns the measure: the score of an assignment and how two scores compare.
//! Imports nothing of the crate.

use super::load::{Compact, Tally, failure_sets, spread};
use super::problem::NodeIndex;

/// Groups of up to this many nodes are measured for every number of failures
/// that leaves a node alive.
pub const EVERY_FAILURE_NODES: usize = 4;

/// Larger groups are measured for up to this many failed nodes.
pub const DEEPEST_FAILURE: usize = 2;

/// How uneven it gets with a given number of failed nodes. Compares by
/// difference, then by sets, among levels of the same number of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level {
    /// How many nodes failed.
    pub failed: usize,
    /// The worst difference between the most and the least loaded living node
    /// over all failure sets of that size, in units.
    pub difference: u32,
    /// How many failure sets of that size reach the difference, at least 1.
    pub sets: u64,
}

/// The levels of an assignment for 0, 1, 2 … failed nodes. The smaller score
/// is the better one; a level weighs more than all levels after it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Score(Vec<Level>);

impl Score {
    /// Takes levels of ascending `failed`, beginning at 0.
    pub(super) fn from_levels(levels: Vec<Level>) -> Self {
        Self(levels)
    }

    /// The levels for 0, 1, 2 … failed nodes; there is at least the first.
    #[must_use]
    pub fn levels(&self) -> &[Level] {
        &self.0
    }
}

/// The largest number of failures measured among `node_count` nodes.
pub(super) fn deepest(node_count: usize) -> usize {
    if node_count <= EVERY_FAILURE_NODES {
        node_count.saturating_sub(1)
    } else {
        DEEPEST_FAILURE
    }
}

/// How many failure sets of `failed` nodes there are among `node_count`.
pub(super) fn set_count(node_count: usize, failed: usize) -> u64 {
    let mut count = 1;
    for taken in 0..failed {
        count = count * (node_count.saturating_sub(taken) as u64) / (taken as u64 + 1);
    }
    count
}

/// Scores `orders`, one per unit, over nodes in `0..node_count`. Nodes that
/// are in no order take no part; nodes out of range are passed over. Costs
/// O(nodes³ + units · log units) for more than four nodes.
#[must_use]
pub fn score(orders: &[Vec<NodeIndex>], node_count: usize) -> Score {
    let compact = Compact::new(orders, node_count, &[]);
    measure(&compact.orders, compact.nodes.len())
}

/// Scores orders over dense nodes that all take part. Costs as [`score`].
pub(super) fn measure(orders: &[Vec<usize>], node_count: usize) -> Score {
    let tally = Tally::new(orders, node_count);
    let mut loads = Vec::with_capacity(node_count);
    let levels = (0..=deepest(node_count)).map(|failed| {
        let mut level = Level {
            failed,
            difference: 0,
            sets: 0,
        };
        if node_count.saturating_sub(failed) <= 1 {
            level.sets = set_count(node_count, failed);
            return level;
        }
        for set in failure_sets(node_count, failed) {
            tally.fill(&set, &mut loads);
            level.add(spread(&loads, &set));
        }
        level
    });
    Score(levels.collect())
}

impl Level {
    /// Takes in one more failure set and its difference.
    pub(super) fn add(&mut self, difference: u32) {
        if difference > self.difference {
            self.difference = difference;
            self.sets = 0;
        }
        if difference == self.difference {
            self.sets += 1;
        }
    }
}
