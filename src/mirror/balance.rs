//! Owns the even spreading of items over nodes they may each only partly
//! choose from. Imports nothing of the crate.

/// Gives every item one node of its list such that the loads, on top of what
/// `loads` holds already, are as even as can be: no chain of moves takes an
/// item from a node to another that has at least two less. Ties go to the
/// earlier node of the item's list. An item with an empty list gets `None`.
///
/// Costs O(items · list) when the lists are complete, and at most
/// O(moves · items · list) otherwise.
pub(super) fn balance(loads: &mut [u32], lists: &[Vec<usize>]) -> Vec<Option<usize>> {
    let mut choices = Vec::with_capacity(lists.len());
    for list in lists {
        let choice = list.iter().copied().min_by_key(|&node| loads[node]);
        if let Some(node) = choice {
            loads[node] += 1;
        }
        choices.push(choice);
    }
    let mut open: Vec<bool> = vec![true; loads.len()];
    while let Some(start) = heaviest(loads, &open) {
        if !relieve(start, loads, lists, &mut choices) {
            // Nothing leads from here to a node with less. Later moves only
            // make the rest more even, so this node stays settled.
            open[start] = false;
        }
    }
    choices
}

fn heaviest(loads: &[u32], open: &[bool]) -> Option<usize> {
    let least = loads.iter().copied().min()?;
    (0..loads.len())
        .filter(|&node| open[node] && loads[node] >= least + 2)
        .max_by_key(|&node| (loads[node], usize::MAX - node))
}

/// Looks breadth first for a chain of moves from `start` to a node with at
/// least two less, and makes the moves.
fn relieve(
    start: usize,
    loads: &mut [u32],
    lists: &[Vec<usize>],
    choices: &mut [Option<usize>],
) -> bool {
    let mut came_by: Vec<Option<usize>> = vec![None; loads.len()];
    let mut queue = vec![start];
    let mut next = 0;
    while let Some(&node) = queue.get(next) {
        next += 1;
        for (item, list) in lists.iter().enumerate() {
            if choices[item] != Some(node) {
                continue;
            }
            for &target in list {
                if target == start || came_by[target].is_some() {
                    continue;
                }
                came_by[target] = Some(item);
                if loads[target] + 2 <= loads[start] {
                    shift(start, target, loads, choices, &came_by);
                    return true;
                }
                queue.push(target);
            }
        }
    }
    false
}

fn shift(
    start: usize,
    end: usize,
    loads: &mut [u32],
    choices: &mut [Option<usize>],
    came_by: &[Option<usize>],
) {
    loads[start] -= 1;
    loads[end] += 1;
    let mut node = end;
    while node != start {
        let Some(item) = came_by[node] else { return };
        let Some(previous) = choices[item] else {
            return;
        };
        choices[item] = Some(node);
        node = previous;
    }
}
