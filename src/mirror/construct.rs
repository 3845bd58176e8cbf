//! Owns the construction: orders built rank by rank, each rank spread as
//! evenly as the ranks before it allow. Imports nothing of the crate.

use super::balance::balance;
use super::problem::Dense;
use std::collections::BTreeMap;

/// The nodes of ranks 0, 1 and 2 of a unit, as far as it has them. They settle
/// every load with up to two failures.
pub(super) type Head = [Option<usize>; 3];

/// Ranks 0 and 1 of every unit, rank 2 still open for units that are not
/// fixed.
///
/// Rank 0 is spread over all nodes; then for every node that may fail, the
/// units it orphans are spread on top of what the others serve already. Given
/// the rank before, each spreading is as even as can be. Costs O(units ·
/// candidates) when every unit may run on every node.
pub(super) fn heads(dense: &Dense) -> Vec<Head> {
    let count = dense.node_count();
    let mut heads: Vec<Head> = vec![[None; 3]; dense.units.len()];
    let mut first = vec![0; count];
    let mut free = Vec::new();
    for (index, unit) in dense.units.iter().enumerate() {
        if unit.fixed {
            for (rank, slot) in heads[index].iter_mut().enumerate() {
                *slot = unit.candidates.get(rank).copied();
            }
            first[unit.candidates[0]] += 1;
        } else {
            free.push(index);
        }
    }
    let lists: Vec<Vec<usize>> = free
        .iter()
        .map(|&index| dense.units[index].candidates.clone())
        .collect();
    for (&index, choice) in free.iter().zip(balance(&mut first, &lists)) {
        heads[index][0] = choice;
    }
    for failed in 0..count {
        second_rank(dense, failed, &first, &mut heads);
    }
    heads
}

/// Spreads the units that `failed` orphans.
fn second_rank(dense: &Dense, failed: usize, first: &[u32], heads: &mut [Head]) {
    let mut loads = first.to_vec();
    let mut orphans = Vec::new();
    let mut lists = Vec::new();
    for (index, unit) in dense.units.iter().enumerate() {
        if heads[index][0] != Some(failed) {
            continue;
        }
        if !unit.fixed {
            orphans.push(index);
            lists.push(after(&unit.candidates, &[failed]));
        } else if let Some(node) = heads[index][1] {
            loads[node] += 1;
        }
    }
    loads[failed] = loads.iter().copied().max().unwrap_or(0);
    for (&index, choice) in orphans.iter().zip(balance(&mut loads, &lists)) {
        heads[index][1] = choice;
    }
}

/// The candidates without those in `gone`, beginning after the last of
/// `gone` and going round.
fn after(candidates: &[usize], gone: &[usize]) -> Vec<usize> {
    let start = gone
        .last()
        .and_then(|last| candidates.iter().position(|node| node == last))
        .map_or(0, |place| place + 1);
    let (head, tail) = candidates.split_at(start);
    let round = tail.iter().chain(head);
    round.filter(|node| !gone.contains(node)).copied().collect()
}

/// Full orders from ranks 0 and 1: rank 2 is spread for every pair of nodes
/// that may fail, as evenly as ranks 0 and 1 allow; the ranks below, which no
/// measured failure reaches, use every node about equally often per rank.
/// Costs O(nodes · units + units · candidates²).
pub(super) fn complete(dense: &Dense, heads: &[Head]) -> Vec<Vec<usize>> {
    let mut heads = heads.to_vec();
    third_rank(dense, &mut heads);
    let mut used: Vec<Vec<u32>> = Vec::new();
    let mut orders = Vec::with_capacity(heads.len());
    for (unit, head) in dense.units.iter().zip(&heads) {
        if unit.fixed {
            orders.push(unit.candidates.clone());
            continue;
        }
        let mut order: Vec<usize> = head.iter().flatten().copied().collect();
        let mut rest = after(&unit.candidates, &order);
        while !rest.is_empty() {
            let rank = order.len();
            if used.len() <= rank {
                used.resize(rank + 1, vec![0; dense.node_count()]);
            }
            let least = (0..rest.len()).min_by_key(|&place| used[rank][rest[place]]);
            let node = rest.remove(least.unwrap_or(0));
            used[rank][node] += 1;
            order.push(node);
        }
        orders.push(order);
    }
    orders
}

fn third_rank(dense: &Dense, heads: &mut [Head]) {
    let count = dense.node_count();
    let mut first = vec![0; count];
    let mut second = vec![0; count * count];
    let mut pairs: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (index, head) in heads.iter().enumerate() {
        let Some(a) = head[0] else { continue };
        first[a] += 1;
        let Some(b) = head[1] else { continue };
        second[a * count + b] += 1;
        pairs.entry((a.min(b), a.max(b))).or_default().push(index);
    }
    for ((a, b), members) in pairs {
        let mut loads: Vec<u32> = (0..count)
            .map(|node| first[node] + second[a * count + node] + second[b * count + node])
            .collect();
        let mut orphans = Vec::new();
        let mut lists = Vec::new();
        for index in members {
            let unit = &dense.units[index];
            if !unit.fixed {
                orphans.push(index);
                let gone: Vec<usize> = heads[index].iter().take(2).flatten().copied().collect();
                lists.push(after(&unit.candidates, &gone));
            } else if let Some(node) = heads[index][2] {
                loads[node] += 1;
            }
        }
        let most = loads.iter().copied().max().unwrap_or(0);
        loads[a] = most;
        loads[b] = most;
        for (&index, choice) in orphans.iter().zip(balance(&mut loads, &lists)) {
            heads[index][2] = choice;
        }
    }
}
