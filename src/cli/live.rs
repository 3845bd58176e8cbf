//! Looking at live hosts, several at a time.

use std::time::Duration;

use super::ssh_arguments::target_of;
use crate::config::resolve;
use crate::model::{Cluster, HostConfig};
use crate::plan::{Found, Looked};
use crate::remote::{DEFAULT_WIDTH, Look, Target, Transport, in_parallel, observe_with};

/// What the nodes are to be configured with; keys are not looked up.
pub(super) fn configs_of(cluster: &Cluster) -> Vec<HostConfig> {
    let nodes = cluster.nodes.iter();
    nodes.map(|node| resolve(cluster, node)).collect()
}

/// Asks every node that is not away, each for at most this long.
pub(super) fn look(
    transport: &dyn Transport,
    cluster: &Cluster,
    timeout: Duration,
    how: Look,
) -> Vec<Looked> {
    in_parallel(&cluster.nodes, DEFAULT_WIDTH, |node| match &node.away {
        Some(why) => Looked {
            host: node.name.clone(),
            found: Found::Away(why.clone()),
        },
        None => ask(transport, &target_of(node), timeout, how),
    })
}

/// Asks one host.
pub(super) fn ask(
    transport: &dyn Transport,
    target: &Target,
    timeout: Duration,
    how: Look,
) -> Looked {
    let found = match observe_with(transport, target, timeout, how) {
        Ok(observed) => Found::Observed(Box::new(observed)),
        Err(error) => Found::Unreachable {
            why: error.to_string(),
            hint: error.hint(),
        },
    };
    Looked {
        host: target.host.clone(),
        found,
    }
}
