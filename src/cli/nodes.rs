//! Nodes by the names that are typed.

use super::error::CommandError;
use crate::config::nearest;
use crate::model::Node;

/// The node of a name, or an error that names the nearest one.
pub(super) fn node<'n>(nodes: &'n [Node], name: &str) -> Result<&'n Node, CommandError> {
    if let Some(node) = nodes.iter().find(|node| node.name.as_str() == name) {
        return Ok(node);
    }
    let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
    let error = CommandError::usage(format!("there is no node {name:?} in the description"));
    Err(match nearest(name, names.iter().copied()) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error.hint(format!("its nodes are {}", names.join(", "))),
    })
}
