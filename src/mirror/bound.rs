//! Owns the lower bounds: what no assignment of a problem can beat. Imports
//! nothing of the crate.

use super::load::failure_sets;
use super::problem::Dense;
use super::score::{Level, Score, deepest, set_count};

/// The least difference that can be reached when `rest` more units are put on
/// nodes that serve `loads` already, each wherever one likes. Exact. Costs
/// O(nodes · levels filled).
pub(super) fn least_difference(loads: &[u32], rest: u32) -> u32 {
    let (Some(most), level) = (loads.iter().copied().max(), filled(loads, rest)) else {
        return 0;
    };
    most.max(even_share(loads, rest)) - level
}

/// The least load that the most loaded node can be brought down to.
fn even_share(loads: &[u32], rest: u32) -> u32 {
    let total = loads.iter().sum::<u32>() + rest;
    total.div_ceil(u32::try_from(loads.len().max(1)).unwrap_or(u32::MAX))
}

/// The load that every node can be brought up to with `rest` more units.
fn filled(loads: &[u32], mut rest: u32) -> u32 {
    let mut level = loads.iter().copied().min().unwrap_or(0);
    loop {
        let mut needed = 0;
        for &load in loads {
            needed += u32::from(load <= level);
        }
        if needed == 0 || rest < needed {
            return level;
        }
        rest -= needed;
        level += 1;
    }
}

/// A score that no assignment of the problem is smaller than, level by level:
/// no difference is smaller, and where the difference is the same, no number
/// of sets is.
///
/// For every failure set the units that only one living node can serve are
/// put there, and the others wherever they even things most, as if each could
/// run everywhere; a node is never counted as serving more units than name it.
/// When every unit may run on every node this says: 0 where the number of
/// living nodes divides the number of units, else 1. Costs O(nodes · units)
/// per failure set, O(1) per level when the problem is symmetric.
pub(super) fn lower_bound(dense: &Dense) -> Score {
    let count = dense.node_count();
    let mut named = vec![0; count];
    for unit in dense.units.iter().filter(|unit| !unit.fixed) {
        for &node in &unit.candidates {
            named[node] += 1;
        }
    }
    let levels = (0..=deepest(count)).map(|failed| {
        let living = count.saturating_sub(failed);
        let mut level = Level {
            failed,
            difference: 0,
            sets: 0,
        };
        if dense.symmetric || living <= 1 {
            let uneven = living > 1 && !dense.units.len().is_multiple_of(living);
            level.difference = u32::from(uneven);
            level.sets = set_count(count, failed);
            return level;
        }
        for set in failure_sets(count, failed) {
            level.add(bound_for_set(dense, &set, &named));
        }
        level
    });
    Score::from_levels(levels.collect())
}

fn bound_for_set(dense: &Dense, failed: &[usize], named: &[u32]) -> u32 {
    let mut forced = vec![0; named.len()];
    let mut fixed = vec![0; named.len()];
    let mut rest = 0;
    for unit in &dense.units {
        let mut living = unit.candidates.iter().filter(|node| !failed.contains(node));
        let Some(&node) = living.next() else { continue };
        if unit.fixed {
            fixed[node] += 1;
            forced[node] += 1;
        } else if living.next().is_none() {
            forced[node] += 1;
        } else {
            rest += 1;
        }
    }
    let mut loads = Vec::with_capacity(named.len());
    let mut ceiling = u32::MAX;
    for node in (0..named.len()).filter(|node| !failed.contains(node)) {
        loads.push(forced[node]);
        ceiling = ceiling.min(fixed[node] + named[node]);
    }
    let most = loads.iter().copied().max().unwrap_or(0);
    let most = most.max(even_share(&loads, rest));
    most - filled(&loads, rest).min(ceiling).min(most)
}
