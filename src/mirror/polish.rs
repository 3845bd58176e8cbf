//! Owns the last search, for problems with fixed orders or limited units: it
//! exchanges two ranks of one order at a time under the whole measure. Imports
//! nothing of the crate.

use super::improve::Sequence;
use super::problem::Dense;
use super::score::{Score, measure};

/// How many load cells the search may look at.
const CELL_BUDGET: usize = 12_000_000;

/// Exchanges two ranks of an order that is not fixed wherever that does not
/// make the score worse, until `lower` is met or the budget is spent, and
/// gives the best orders met with their score. Costs at most `CELL_BUDGET`
/// cells; one step looks at nodes³ of them.
pub(super) fn polish(
    dense: &Dense,
    orders: Vec<Vec<usize>>,
    known: Score,
    lower: &Score,
) -> (Vec<Vec<usize>>, Score) {
    let count = dense.node_count();
    let free: Vec<usize> = (0..orders.len())
        .filter(|&index| !dense.units[index].fixed && orders[index].len() > 1)
        .collect();
    let cells = count * count * count + 4 * orders.len() + 64;
    let (mut orders, mut best) = (orders, known);
    let mut sequence = Sequence::new();
    if free.is_empty() {
        return (orders, best);
    }
    for _ in 0..CELL_BUDGET / cells {
        if best == *lower {
            break;
        }
        let unit = free[sequence.below(free.len())];
        let length = orders[unit].len();
        let upper = sequence.below(length.min(3));
        let other = sequence.below(length);
        if upper == other {
            continue;
        }
        orders[unit].swap(upper, other);
        let fresh = measure(&orders, count);
        if fresh <= best {
            best = fresh;
        } else {
            orders[unit].swap(upper, other);
        }
    }
    (orders, best)
}
