//! Owns the brute force: scores by the letter of their definition and plain
//! enumeration, sharing no code with the solver. Imports nothing of the crate.

type Orders = Vec<Vec<usize>>;

/// A score by the letter of its definition, over nodes that all take part.
pub(super) fn plain_score(orders: &[Vec<usize>], count: usize) -> Vec<(u32, u64)> {
    let deepest = if count <= 4 { count - 1 } else { 2 };
    let mut levels = vec![(0, 0); deepest + 1];
    for mask in 0_u32..1 << count {
        let failed = mask.count_ones() as usize;
        if failed > deepest {
            continue;
        }
        let (loads, _) = plain_loads(orders, count, mask);
        let living = (0..count).filter(|node| mask >> node & 1 == 0);
        let living: Vec<u32> = living.map(|node| loads[node]).collect();
        let difference = living.iter().max().unwrap() - living.iter().min().unwrap();
        let level: &mut (u32, u64) = &mut levels[failed];
        if difference > level.0 || level.1 == 0 {
            *level = (difference, 1);
        } else if difference == level.0 {
            level.1 += 1;
        }
    }
    levels
}

/// Loads per node and the number of units served.
pub(super) fn plain_loads(orders: &[Vec<usize>], count: usize, mask: u32) -> (Vec<u32>, u32) {
    let mut loads = vec![0; count];
    let mut served = 0;
    for order in orders {
        if let Some(&node) = order.iter().find(|&&node| mask >> node & 1 == 0) {
            loads[node] += 1;
            served += 1;
        }
    }
    (loads, served)
}

pub(super) fn permutations(list: &[usize]) -> Orders {
    if list.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (place, &node) in list.iter().enumerate() {
        let mut rest = list.to_vec();
        rest.remove(place);
        for mut tail in permutations(&rest) {
            tail.insert(0, node);
            all.push(tail);
        }
    }
    all
}

/// The smallest plain score over the product of the units' choices.
pub(super) fn product_best(choices: &[Orders], count: usize) -> Vec<(u32, u64)> {
    let mut picks = vec![0; choices.len()];
    let mut best: Option<Vec<(u32, u64)>> = None;
    loop {
        let pairs = picks.iter().zip(choices);
        let orders: Orders = pairs.map(|(&pick, list)| list[pick].clone()).collect();
        let score = plain_score(&orders, count);
        if best.as_ref().is_none_or(|best| score < *best) {
            best = Some(score);
        }
        let Some(place) = (0..picks.len()).find(|&place| picks[place] + 1 < choices[place].len())
        else {
            return best.unwrap();
        };
        picks[..place].fill(0);
        picks[place] += 1;
    }
}

/// The smallest score over all multisets of orders of alike units, nothing
/// left out: neighbours with the same choices are exchangeable, so only their
/// ascending picks are walked. Loads of all failure sets are packed, 4 bits per
/// node.
pub(super) fn multiset_best(choices: &[Orders], count: usize) -> Vec<(u32, u64)> {
    let masks: Vec<u32> = (0..(1 << count) - 1).collect();
    let packed = |order: &Vec<usize>| {
        let server = |mask: u32| order.iter().find(|&&node| mask >> node & 1 == 0);
        let cell = |&mask: &u32| server(mask).map_or(0, |node| 1 << (4 * node));
        masks.iter().map(cell).collect()
    };
    let mut choices = choices.to_vec();
    choices.sort();
    let tables: Vec<Table> = choices
        .iter()
        .map(|orders| orders.iter().map(packed).collect())
        .collect();
    let mut best = Vec::new();
    multiset_walk(&masks, &tables, 0, &vec![0; masks.len()], &mut best);
    best
}

/// The packed loads of each order a unit can have.
type Table = Vec<Vec<u32>>;

fn multiset_walk(
    masks: &[u32],
    tables: &[Table],
    from: usize,
    loads: &[u32],
    best: &mut Vec<(u32, u64)>,
) {
    if let Some((table, rest)) = tables.split_first() {
        for pick in from..table.len() {
            let cells = loads.iter().zip(&table[pick]);
            let sum: Vec<u32> = cells.map(|(a, b)| a + b).collect();
            let from = if rest.first() == Some(table) { pick } else { 0 };
            multiset_walk(masks, rest, from, &sum, best);
        }
        return;
    }
    // One bit less than all of a power of two: as many bits as nodes.
    let count = masks.len().count_ones() as usize;
    let mut levels = vec![(0, 0_u64); count];
    for (&mask, &packed) in masks.iter().zip(loads) {
        let (mut most, mut least) = (0, u32::MAX);
        for node in (0..count).filter(|node| mask >> node & 1 == 0) {
            let load = packed >> (4 * node) & 15;
            most = most.max(load);
            least = least.min(load);
        }
        let level = &mut levels[mask.count_ones() as usize];
        if most - least > level.0 || level.1 == 0 {
            *level = (most - least, 1);
        } else if most - least == level.0 {
            level.1 += 1;
        }
    }
    if best.is_empty() || levels < *best {
        *best = levels;
    }
}
