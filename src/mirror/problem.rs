//! Owns the question put to the solver: how many nodes there are, which unit
//! may run where, and which orders are written by hand. Imports nothing of the
//! crate.

use std::collections::BTreeMap;
use std::fmt;

/// A node by its place in the caller's list, in `0..node_count`.
pub type NodeIndex = usize;

/// What moves as one: a vhid, or a group of vhids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The nodes the unit may run on, each once, the preferred ones first. The
    /// sequence only breaks ties; evenness goes before it.
    pub candidates: Vec<NodeIndex>,
    /// An order written by hand that the solver keeps to the letter: a
    /// permutation of the candidates or of a part of them. When it is a part,
    /// the unit runs on no other node.
    pub fixed: Option<Vec<NodeIndex>>,
}

/// Why a list of units is not a question the solver can answer. Units are
/// counted from 0 in the caller's list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemError {
    /// The unit has no candidate, or its fixed order is empty.
    NoCandidate {
        /// The unit at fault.
        unit: usize,
    },
    /// The unit names a node that is not in `0..node_count`.
    NodeOutOfRange {
        /// The unit at fault.
        unit: usize,
        /// The node it names.
        node: NodeIndex,
    },
    /// The unit names a node twice, among its candidates or in its order.
    NodeTwice {
        /// The unit at fault.
        unit: usize,
        /// The node it names twice.
        node: NodeIndex,
    },
    /// The fixed order of the unit names a node that is no candidate of it.
    FixedNotCandidate {
        /// The unit at fault.
        unit: usize,
        /// The node that is no candidate.
        node: NodeIndex,
    },
}

impl fmt::Display for ProblemError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCandidate { unit } => write!(formatter, "unit {unit} has no candidate node"),
            Self::NodeOutOfRange { unit, node } => {
                write!(
                    formatter,
                    "unit {unit} names node {node}, which is not there"
                )
            }
            Self::NodeTwice { unit, node } => {
                write!(formatter, "unit {unit} names node {node} twice")
            }
            Self::FixedNotCandidate { unit, node } => write!(
                formatter,
                "the fixed order of unit {unit} names node {node}, which is no candidate of it"
            ),
        }
    }
}

impl std::error::Error for ProblemError {}

/// A question that holds together: every node is in range, no list names a
/// node twice, and every fixed order stays within the candidates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    node_count: usize,
    units: Vec<Unit>,
}

impl Problem {
    /// Takes `node_count` nodes and the units that run on them. Both may be
    /// none. Costs O(candidates²) per unit with a fixed order, else
    /// O(candidates).
    ///
    /// # Errors
    ///
    /// The first unit that does not hold together, see [`ProblemError`].
    pub fn new(node_count: usize, units: Vec<Unit>) -> Result<Self, ProblemError> {
        for (index, unit) in units.iter().enumerate() {
            check_list(node_count, index, &unit.candidates)?;
            let Some(fixed) = &unit.fixed else { continue };
            check_list(node_count, index, fixed)?;
            if let Some(&node) = fixed.iter().find(|node| !unit.candidates.contains(node)) {
                return Err(ProblemError::FixedNotCandidate { unit: index, node });
            }
        }
        Ok(Self { node_count, units })
    }

    /// The usual question: `unit_count` units that may each run on every one
    /// of `node_count` nodes, nothing fixed. With no node there is no unit.
    #[must_use]
    pub fn uniform(node_count: usize, unit_count: usize) -> Self {
        let unit = Unit {
            candidates: (0..node_count).collect(),
            fixed: None,
        };
        let unit_count = if node_count == 0 { 0 } else { unit_count };
        Self {
            node_count,
            units: vec![unit; unit_count],
        }
    }

    /// The number of nodes, whether or not they take part.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.node_count
    }

    /// The units in the caller's sequence.
    #[must_use]
    pub fn units(&self) -> &[Unit] {
        &self.units
    }
}

fn check_list(node_count: usize, unit: usize, list: &[NodeIndex]) -> Result<(), ProblemError> {
    if list.is_empty() {
        return Err(ProblemError::NoCandidate { unit });
    }
    let mut seen = BTreeMap::new();
    for &node in list {
        if node >= node_count {
            return Err(ProblemError::NodeOutOfRange { unit, node });
        }
        if seen.insert(node, ()).is_some() {
            return Err(ProblemError::NodeTwice { unit, node });
        }
    }
    Ok(())
}

/// One unit of a [`Dense`] problem.
#[derive(Clone, Debug)]
pub(super) struct DenseUnit {
    /// Where it may run; for a fixed unit, its order.
    pub(super) candidates: Vec<usize>,
    /// Whether `candidates` is an order to keep.
    pub(super) fixed: bool,
}

/// A problem over the nodes that take part only, numbered without gaps in the
/// sequence in which the units first name them.
#[derive(Clone, Debug)]
pub(super) struct Dense {
    /// The caller's index of each dense node.
    pub(super) nodes: Vec<NodeIndex>,
    /// The units in the caller's sequence.
    pub(super) units: Vec<DenseUnit>,
    /// Whether every unit may run on every node and none is fixed: then
    /// renaming nodes and exchanging units changes nothing.
    pub(super) symmetric: bool,
}

impl Dense {
    /// Renumbers in O(total candidates · log nodes).
    pub(super) fn new(problem: &Problem) -> Self {
        let mut nodes = Vec::new();
        let mut places = BTreeMap::new();
        let mut units = Vec::with_capacity(problem.units.len());
        for unit in &problem.units {
            let list = unit.fixed.as_ref().unwrap_or(&unit.candidates);
            let mut candidates = Vec::with_capacity(list.len());
            for &node in list {
                let place = *places.entry(node).or_insert_with(|| {
                    nodes.push(node);
                    nodes.len() - 1
                });
                candidates.push(place);
            }
            units.push(DenseUnit {
                candidates,
                fixed: unit.fixed.is_some(),
            });
        }
        let symmetric = units
            .iter()
            .all(|unit| !unit.fixed && unit.candidates.len() == nodes.len());
        Self {
            nodes,
            units,
            symmetric,
        }
    }

    /// How many nodes take part.
    pub(super) fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// Turns dense orders back into the caller's numbering.
    pub(super) fn restore(&self, orders: &[Vec<usize>]) -> Vec<Vec<NodeIndex>> {
        let name = |place: &usize| self.nodes.get(*place).copied();
        orders
            .iter()
            .map(|order| order.iter().filter_map(name).collect())
            .collect()
    }
}
