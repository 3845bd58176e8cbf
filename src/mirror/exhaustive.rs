//! Owns the exhaustive search: every assignment of a small problem, up to
//! exchanging units that are alike and renaming nodes. Imports nothing of the
//! crate.

use super::bound::least_difference;
use super::construct::Head;
use super::load::failure_sets;
use super::problem::Dense;
use super::score::{DEEPEST_FAILURE, Level, Score};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// How many load cells the search may look at before it gives up. Four nodes
/// and five units need at most a fifth of it even when nothing is pruned.
const CELL_BUDGET: u64 = 40_000_000;

/// Problems beyond this are not begun: the search would not end.
const MOST_NODES: usize = 6;
const MOST_UNITS: usize = 40;

/// What the search found out.
pub(super) enum Outcome {
    /// Nothing is better than the score it was given.
    NothingBetter,
    /// The best there is, as ranks 0 to 2 of every unit.
    Best(Vec<Head>),
    /// The problem is too large.
    GivenUp,
}

/// One way to fill ranks 0 to 2, with the server under every failure set.
struct Choice {
    head: Head,
    servers: Vec<Option<usize>>,
}

/// A free unit: which list of choices it picks from, and whether the unit
/// before it picks from the same list.
struct Slot {
    unit: usize,
    class: usize,
    again: bool,
}

struct Search {
    count: usize,
    sets: Vec<Vec<usize>>,
    /// The sets of level k are `sets[ends[k - 1]..ends[k]]`.
    ends: Vec<usize>,
    classes: Vec<Vec<Choice>>,
    slots: Vec<Slot>,
    /// For every slot and set, how many slots from there on are served.
    open: Vec<Vec<u32>>,
    symmetric: bool,
    loads: Vec<u32>,
    living: Vec<u32>,
    picked: Vec<usize>,
    best: Vec<(u32, u64)>,
    found: Option<Vec<usize>>,
    budget: u64,
}

/// Looks for the best assignment among all that beat `known`. Branch and
/// bound: a partial assignment is dropped when spreading the open units freely
/// does not beat the best so far. Costs at most `CELL_BUDGET` cells.
pub(super) fn search(dense: &Dense, known: &Score) -> Outcome {
    if dense.node_count() > MOST_NODES || dense.units.len() > MOST_UNITS {
        return Outcome::GivenUp;
    }
    let mut search = Search::new(dense, known);
    if search.descend(0).is_none() {
        return Outcome::GivenUp;
    }
    let Some(found) = search.found.take() else {
        return Outcome::NothingBetter;
    };
    let mut heads: Vec<Head> = dense
        .units
        .iter()
        .map(|unit| std::array::from_fn(|rank| unit.candidates.get(rank).copied()))
        .collect();
    for (slot, pick) in search.slots.iter().zip(found) {
        heads[slot.unit] = search.classes[slot.class][pick].head;
    }
    Outcome::Best(heads)
}

impl Search {
    fn new(dense: &Dense, known: &Score) -> Self {
        let count = dense.node_count();
        let mut sets = Vec::new();
        let mut ends = Vec::new();
        for failed in 0..count.min(DEEPEST_FAILURE + 1) {
            sets.extend(failure_sets(count, failed));
            ends.push(sets.len());
        }
        let mut members: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
        let mut loads = vec![0; sets.len() * count];
        for (index, unit) in dense.units.iter().enumerate() {
            if unit.fixed {
                for (place, set) in sets.iter().enumerate() {
                    if let Some(node) = server(&unit.candidates, set) {
                        loads[place * count + node] += 1;
                    }
                }
            } else {
                let mut list = unit.candidates.clone();
                list.sort_unstable();
                members.entry(list).or_default().push(index);
            }
        }
        let mut classes = Vec::new();
        let mut slots = Vec::new();
        for (list, units) in members {
            for (place, &unit) in units.iter().enumerate() {
                slots.push(Slot {
                    unit,
                    class: classes.len(),
                    again: place > 0,
                });
            }
            classes.push(choices(&list, &sets));
        }
        let mut open = vec![vec![0; sets.len()]; slots.len() + 1];
        for (place, slot) in slots.iter().enumerate().rev() {
            let (head, tail) = open.split_at_mut(place + 1);
            let served = classes[slot.class].first().map(|choice| &choice.servers);
            for (set, cell) in head[place].iter_mut().enumerate() {
                let here = served.is_some_and(|servers| servers[set].is_some());
                *cell = tail[0][set] + u32::from(here);
            }
        }
        let best = known.levels().iter().take(ends.len());
        Self {
            count,
            best: best.map(|level| (level.difference, level.sets)).collect(),
            sets,
            ends,
            classes,
            slots,
            open,
            symmetric: dense.symmetric,
            loads,
            living: Vec::with_capacity(count),
            picked: Vec::new(),
            found: None,
            budget: CELL_BUDGET,
        }
    }

    /// Fills the slot at `depth` in every way; `None` when the budget is out.
    fn descend(&mut self, depth: usize) -> Option<()> {
        let cells = (self.sets.len() * self.count) as u64;
        self.budget = self.budget.checked_sub(cells)?;
        let Some(levels) = self.promise(depth) else {
            return Some(());
        };
        let Some(slot) = self.slots.get(depth) else {
            self.best = levels;
            self.found = Some(self.picked.clone());
            return Some(());
        };
        let class = slot.class;
        let from = match self.picked.last() {
            Some(&last) if slot.again => last,
            _ => 0,
        };
        // Renaming nodes turns any order into the first one.
        let to = if self.symmetric && depth == 0 {
            1
        } else {
            self.classes[class].len()
        };
        for pick in from..to {
            self.put(class, pick, true);
            self.picked.push(pick);
            let end = self.descend(depth + 1);
            self.picked.pop();
            self.put(class, pick, false);
            end?;
        }
        Some(())
    }

    /// The levels the partial assignment may still reach, when they beat the
    /// best so far; exact once all slots are filled.
    fn promise(&mut self, depth: usize) -> Option<Vec<(u32, u64)>> {
        let mut levels = Vec::new();
        let mut beats = false;
        let mut start = 0;
        for (failed, &end) in self.ends.iter().enumerate() {
            let mut level = Level {
                failed,
                difference: 0,
                sets: 0,
            };
            for set in start..end {
                self.living.clear();
                for node in 0..self.count {
                    if !self.sets[set].contains(&node) {
                        self.living.push(self.loads[set * self.count + node]);
                    }
                }
                level.add(least_difference(&self.living, self.open[depth][set]));
            }
            start = end;
            let level = (level.difference, level.sets);
            if !beats {
                match level.cmp(&self.best[failed]) {
                    Ordering::Less => beats = true,
                    Ordering::Equal => {}
                    Ordering::Greater => return None,
                }
            }
            levels.push(level);
            if beats && depth < self.slots.len() {
                return Some(levels);
            }
        }
        beats.then_some(levels)
    }

    fn put(&mut self, class: usize, pick: usize, add: bool) {
        for (set, server) in self.classes[class][pick].servers.iter().enumerate() {
            if let Some(node) = server {
                let cell = &mut self.loads[set * self.count + node];
                *cell = if add { *cell + 1 } else { *cell - 1 };
            }
        }
    }
}

fn server(order: &[usize], failed: &[usize]) -> Option<usize> {
    order.iter().copied().find(|node| !failed.contains(node))
}

/// All ways to fill ranks 0 to 2 from `list`, in lexicographic sequence.
fn choices(list: &[usize], sets: &[Vec<usize>]) -> Vec<Choice> {
    let mut orders: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..list.len().min(3) {
        let mut longer = Vec::new();
        for order in &orders {
            for node in list.iter().filter(|node| !order.contains(node)) {
                let mut next = order.clone();
                next.push(*node);
                longer.push(next);
            }
        }
        orders = longer;
    }
    let choice = |order: Vec<usize>| Choice {
        head: std::array::from_fn(|rank| order.get(rank).copied()),
        servers: sets.iter().map(|set| server(&order, set)).collect(),
    };
    orders.into_iter().map(choice).collect()
}
