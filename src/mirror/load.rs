//! Owns the loads: who serves how many units under a failure set, and the
//! table of them that people read. Imports nothing of the crate.

use super::problem::NodeIndex;

/// Up to this many columns the load table shows pairs of failures too.
const MATRIX_COLUMNS: usize = 12;

/// All failure sets of `failed` nodes out of `node_count`, in lexicographic
/// sequence. Costs O(sets · failed).
pub(super) fn failure_sets(node_count: usize, failed: usize) -> Vec<Vec<usize>> {
    let mut sets = vec![Vec::new()];
    for _ in 0..failed {
        let mut longer = Vec::new();
        for set in &sets {
            let start = set.last().map_or(0, |last| last + 1);
            for node in start..node_count {
                let mut next = set.clone();
                next.push(node);
                longer.push(next);
            }
        }
        sets = longer;
    }
    sets
}

/// What up to two failures need to know of an assignment over dense nodes:
/// enough to tell every load without walking the units again.
pub(super) struct Tally {
    node_count: usize,
    first: Vec<u32>,
    second: Vec<u32>,
    third: Vec<(usize, usize)>,
}

impl Tally {
    /// Counts ranks 0, 1 and 2 of every order, whose nodes must be below
    /// `node_count`. Costs O(units · log units + nodes²).
    pub(super) fn new(orders: &[Vec<usize>], node_count: usize) -> Self {
        let mut first = vec![0; node_count];
        let mut second = vec![0; node_count * node_count];
        let mut third = Vec::new();
        for order in orders {
            if let Some(&a) = order.first() {
                first[a] += 1;
                if let Some(&b) = order.get(1) {
                    second[a * node_count + b] += 1;
                    if let Some(&c) = order.get(2) {
                        third.push((a.min(b) * node_count + a.max(b), c));
                    }
                }
            }
        }
        third.sort_unstable();
        Self {
            node_count,
            first,
            second,
            third,
        }
    }

    /// Writes the load of every node with `failed` (at most two nodes,
    /// ascending) down into `loads`; the entries of failed nodes mean nothing.
    /// Costs O(nodes + log units).
    pub(super) fn fill(&self, failed: &[usize], loads: &mut Vec<u32>) {
        loads.clear();
        loads.extend_from_slice(&self.first);
        for &node in failed {
            let row = &self.second[node * self.node_count..(node + 1) * self.node_count];
            for (load, more) in loads.iter_mut().zip(row) {
                *load += more;
            }
        }
        if let [a, b] = failed {
            let pair = a * self.node_count + b;
            let start = self.third.partition_point(|entry| entry.0 < pair);
            for &(_, node) in self.third[start..].iter().take_while(|e| e.0 == pair) {
                loads[node] += 1;
            }
        }
    }
}

/// The most minus the least load of the nodes not in `failed`; 0 when at most
/// one lives. Costs O(nodes).
pub(super) fn spread(loads: &[u32], failed: &[usize]) -> u32 {
    let mut most = 0;
    let mut least = u32::MAX;
    for (node, &load) in loads.iter().enumerate() {
        if !failed.contains(&node) {
            most = most.max(load);
            least = least.min(load);
        }
    }
    most.saturating_sub(least)
}

/// An assignment over the nodes that take part, numbered without gaps.
pub(super) struct Compact {
    /// The caller's indices of the nodes that take part, ascending.
    pub(super) nodes: Vec<NodeIndex>,
    /// The orders in dense numbers, without nodes that are out of range.
    pub(super) orders: Vec<Vec<usize>>,
}

impl Compact {
    /// Lets the nodes of `orders` and those in `more` take part, as far as
    /// they are below `node_count`. Costs O(nodes + total ranks).
    pub(super) fn new(orders: &[Vec<NodeIndex>], node_count: usize, more: &[NodeIndex]) -> Self {
        let mut takes_part = vec![false; node_count];
        for node in orders.iter().flatten().chain(more) {
            if let Some(flag) = takes_part.get_mut(*node) {
                *flag = true;
            }
        }
        let mut places = vec![0; node_count];
        let mut nodes = Vec::new();
        for (node, _) in takes_part.iter().enumerate().filter(|(_, flag)| **flag) {
            places[node] = nodes.len();
            nodes.push(node);
        }
        let place = |node: &NodeIndex| places.get(*node).copied();
        let orders = orders
            .iter()
            .map(|order| order.iter().filter_map(place).collect())
            .collect();
        Self { nodes, orders }
    }

    /// The caller's indices of dense `places`.
    pub(super) fn names(&self, places: &[usize]) -> Vec<NodeIndex> {
        places
            .iter()
            .filter_map(|place| self.nodes.get(*place).copied())
            .collect()
    }
}

/// The loads people read: a row per node that takes part, a column per failure
/// set. The columns are "nothing failed", then every single failure, then
/// every pair of failures when that makes at most twelve columns in all. Only
/// failure sets that leave a node alive have a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadMatrix {
    nodes: Vec<NodeIndex>,
    columns: Vec<Vec<NodeIndex>>,
    cells: Vec<Vec<Option<u32>>>,
}

impl LoadMatrix {
    /// The table of `orders` over nodes in `0..node_count`; nodes out of range
    /// are passed over. Costs O(columns · nodes + total ranks).
    #[must_use]
    pub fn new(orders: &[Vec<NodeIndex>], node_count: usize) -> Self {
        Self::of(&Compact::new(orders, node_count, &[]))
    }

    pub(super) fn of(compact: &Compact) -> Self {
        let count = compact.nodes.len();
        let tally = Tally::new(&compact.orders, count);
        let mut sets = failure_sets(count, 0);
        if count > 1 {
            sets.extend(failure_sets(count, 1));
        }
        if count > 2 && sets.len() + count * (count - 1) / 2 <= MATRIX_COLUMNS {
            sets.extend(failure_sets(count, 2));
        }
        let mut cells = vec![Vec::with_capacity(sets.len()); count];
        let mut loads = Vec::new();
        for set in &sets {
            tally.fill(set, &mut loads);
            for (node, row) in cells.iter_mut().enumerate() {
                row.push((!set.contains(&node)).then(|| loads[node]));
            }
        }
        let columns = sets.iter().map(|set| compact.names(set)).collect();
        Self {
            nodes: compact.nodes.clone(),
            columns,
            cells,
        }
    }

    /// The node of each row, ascending.
    #[must_use]
    pub fn nodes(&self) -> &[NodeIndex] {
        &self.nodes
    }

    /// The failed nodes of each column, ascending within a column.
    #[must_use]
    pub fn columns(&self) -> &[Vec<NodeIndex>] {
        &self.columns
    }

    /// The cells of row `row` (not node number) from the first column to the
    /// last: units served, `None` where the node itself failed. Empty when
    /// there is no such row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[Option<u32>] {
        self.cells.get(row).map_or(&[], Vec::as_slice)
    }

    /// One cell: units served, `None` where the node failed or there is no
    /// such row or column.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> Option<u32> {
        self.row(row).get(column).copied().flatten()
    }
}
