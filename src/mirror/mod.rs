//! Orders of nodes that are mirror images of each other: even load before and
//! after failures.
//!
//! This room owns the measure of evenness, the solver that finds the orders,
//! the bounds that say how good an assignment can be at all, and the check of
//! an assignment somebody wrote by hand. It is pure: it reads no file, no
//! clock and no randomness, and it imports nothing of the crate.
//!
//! # Words
//!
//! A *unit* is what moves as one: a vhid, or a group of vhids. Its *order*
//! names nodes from rank 0 (the preferred master) downwards. With a set of
//! failed nodes a unit is served by the first node of its order that lives;
//! when none lives, nobody serves it. The *load* of a node is the number of
//! units it serves. A node *takes part* when it is a candidate of at least one
//! unit; a node that takes no part is neither failed nor counted, since its
//! failure moves nothing.
//!
//! # Measure
//!
//! For k = 0, 1, 2 … failed nodes, over all failure sets of size k: first the
//! worst difference between the most and the least loaded living node, then
//! the number of failure sets that reach it. Smaller is better, and a smaller
//! k weighs more than every larger one. Groups of up to
//! [`EVERY_FAILURE_NODES`] nodes are measured for every k that leaves a node
//! alive, larger ones for k ≤ [`DEEPEST_FAILURE`].
//!
//! # What is guaranteed
//!
//! * Every answer is a function of its arguments alone: same question, same
//!   answer, on every machine.
//! * Up to 4 nodes × 5 units the answer of [`solve`] is optimal.
//! * When every unit may run on every node and no order is fixed, the answer
//!   is optimal for k = 0 and k = 1 at every size.
//! * Everything else is a construction with a limited search; [`Proof`] says
//!   whether the answer meets the lower bound, and states the bound when not.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod balance;
mod bound;
mod check;
mod construct;
mod exhaustive;
mod improve;
mod load;
mod polish;
mod problem;
mod score;
mod solve;
#[cfg(test)]
mod tests;

pub use check::{Check, Imbalance, Verdict, check, worst_imbalance};
pub use load::LoadMatrix;
pub use problem::{NodeIndex, Problem, ProblemError, Unit};
pub use score::{DEEPEST_FAILURE, EVERY_FAILURE_NODES, Level, Score, score};
pub use solve::{Proof, Solution, solve};
