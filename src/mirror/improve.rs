//! Owns the search over rank 1: it keeps what zero and one failure see as it
//! is and evens out what two failures see. Imports nothing of the crate.

use super::construct::Head;
use super::problem::Dense;

/// How many load cells the search may look at.
const CELL_BUDGET: usize = 40_000_000;

/// How much worse, in cost, a step may be at the beginning of the search; the
/// allowance shrinks to nothing over the budget.
const FIRST_ALLOWANCE: usize = 24;

/// A pseudo-random sequence with a fixed beginning.
pub(super) struct Sequence(u64);

impl Sequence {
    pub(super) fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    /// The next number below `limit`, which must not be 0.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 33) % (limit.max(1) as u64)).unwrap_or(0)
    }
}

struct Search<'a> {
    dense: &'a Dense,
    count: usize,
    heads: Vec<Head>,
    first: Vec<u32>,
    /// `second[a * count + b]`: units with rank 0 on a and rank 1 on b.
    second: Vec<u32>,
    /// The units of each unordered pair of ranks 0 and 1, at `a * count + b`
    /// with a < b.
    members: Vec<Vec<usize>>,
    /// The difference and the cost of each pair of failures.
    pairs: Vec<(u32, u64)>,
    /// How many pairs have each difference.
    histogram: Vec<u64>,
    loads: Vec<u32>,
}

/// Changes rank 1 of units that are not fixed such that the loads after every
/// single failure stay the same up to exchanging nodes, and the worst
/// difference after two failures and the number of pairs that reach it shrink
/// as far as the budget goes. Stops when no pair exceeds `target`. Rank 2 of
/// the answer is open as in [`super::construct::heads`]. Costs at most
/// `CELL_BUDGET` cells; one step looks at nodes² of them.
pub(super) fn improve(dense: &Dense, heads: &[Head], target: u32) -> Vec<Head> {
    let movable: Vec<usize> = (0..dense.units.len())
        .filter(|&index| !dense.units[index].fixed && dense.units[index].candidates.len() > 2)
        .collect();
    let count = dense.node_count();
    if movable.is_empty() || count < 4 {
        return heads.to_vec();
    }
    let mut search = Search::new(dense, heads);
    let mut best = search.worst();
    let mut best_heads = heads.to_vec();
    let mut sequence = Sequence::new();
    let mut spent = 0;
    while best.0 > target && spent < CELL_BUDGET {
        let unit = movable[sequence.below(movable.len())];
        let candidates = &dense.units[unit].candidates;
        let node = candidates[sequence.below(candidates.len())];
        spent += 8;
        let allowance = FIRST_ALLOWANCE * (CELL_BUDGET - spent.min(CELL_BUDGET)) / CELL_BUDGET;
        if !search.possible(unit, node) {
            continue;
        }
        spent += 4 * count * count;
        if search.step(unit, node, allowance as u64) && search.worst() < best {
            best = search.worst();
            best_heads.clone_from(&search.heads);
        }
    }
    best_heads
}

impl<'a> Search<'a> {
    fn new(dense: &'a Dense, heads: &[Head]) -> Self {
        let count = dense.node_count();
        let mut search = Self {
            dense,
            count,
            heads: heads.to_vec(),
            first: vec![0; count],
            second: vec![0; count * count],
            members: vec![Vec::new(); count * count],
            pairs: vec![(0, 0); count * count],
            histogram: vec![0; dense.units.len() + 1],
            loads: vec![0; count],
        };
        for (index, head) in heads.iter().enumerate() {
            if let Some(a) = head[0] {
                search.first[a] += 1;
                if let Some(b) = head[1] {
                    search.second[a * count + b] += 1;
                    search.members[a.min(b) * count + a.max(b)].push(index);
                }
            }
        }
        for a in 0..count {
            for b in a + 1..count {
                let pair = search.look(a, b);
                search.pairs[a * count + b] = pair;
                search.histogram[pair.0 as usize] += 1;
            }
        }
        search
    }

    /// The worst difference after two failures and how many pairs reach it.
    fn worst(&self) -> (u32, u64) {
        let most = self.histogram.iter().rposition(|&pairs| pairs > 0);
        let most = most.unwrap_or(0);
        (
            u32::try_from(most).unwrap_or(u32::MAX),
            self.histogram[most],
        )
    }

    /// Whether moving rank 1 of `unit` to `node` keeps the loads after the
    /// failure of its rank 0 the same up to exchanging two nodes, or evens
    /// them out.
    fn possible(&self, unit: usize, node: usize) -> bool {
        let [Some(a), Some(b), _] = self.heads[unit] else {
            return false;
        };
        if node == a || node == b {
            return false;
        }
        let load = |node: usize| self.first[node] + self.second[a * self.count + node];
        load(b) > load(node)
    }

    /// Makes the move when the cost of the pairs it touches grows by no more
    /// than `allowance`, and says whether it did.
    fn step(&mut self, unit: usize, node: usize, allowance: u64) -> bool {
        let [Some(a), Some(b), _] = self.heads[unit] else {
            return false;
        };
        self.shift(unit, a, b, node);
        let mut before = 0;
        let mut after = 0;
        let mut fresh = Vec::with_capacity(self.count);
        for other in (0..self.count).filter(|&other| other != a) {
            let place = a.min(other) * self.count + a.max(other);
            let pair = self.look(a.min(other), a.max(other));
            before += self.pairs[place].1;
            after += pair.1;
            fresh.push((place, pair));
        }
        if after > before + allowance {
            self.shift(unit, a, node, b);
            return false;
        }
        for (place, pair) in fresh {
            self.histogram[self.pairs[place].0 as usize] -= 1;
            self.histogram[pair.0 as usize] += 1;
            self.pairs[place] = pair;
        }
        true
    }

    fn shift(&mut self, unit: usize, a: usize, from: usize, to: usize) {
        self.second[a * self.count + from] -= 1;
        self.second[a * self.count + to] += 1;
        self.members[a.min(from) * self.count + a.max(from)].retain(|&member| member != unit);
        self.members[a.min(to) * self.count + a.max(to)].push(unit);
        self.heads[unit][1] = Some(to);
    }

    /// The difference and the cost of the failure of `a` and `b`, with rank 2
    /// of its members put on the least loaded node in turn.
    fn look(&mut self, a: usize, b: usize) -> (u32, u64) {
        let (row_a, row_b) = (a * self.count, b * self.count);
        for node in 0..self.count {
            self.loads[node] =
                self.first[node] + self.second[row_a + node] + self.second[row_b + node];
        }
        for &member in &self.members[row_a + b] {
            let unit = &self.dense.units[member];
            let node = if unit.fixed {
                unit.candidates.get(2).copied()
            } else {
                let living = unit.candidates.iter().filter(|&&n| n != a && n != b);
                living.copied().min_by_key(|&node| self.loads[node])
            };
            if let Some(node) = node {
                self.loads[node] += 1;
            }
        }
        let (mut most, mut least, mut squares) = (0, u32::MAX, 0);
        for (node, &load) in self.loads.iter().enumerate() {
            if node != a && node != b {
                most = most.max(load);
                least = least.min(load);
                squares += u64::from(load) * u64::from(load);
            }
        }
        let difference = most - least.min(most);
        (difference, squares + (1 << (4 * difference.min(11))))
    }
}
