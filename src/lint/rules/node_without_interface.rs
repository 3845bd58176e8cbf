//! `node-without-interface`

use crate::config::{Description, ProblemKind};
use crate::lint::engine::Findings;
use crate::lint::registry::rule;
use crate::model::{Finding, Severity};

rule! {
    /// Finds nodes in the order of a vhid that have no interface on its segment.
    ///
    /// ## Why it matters
    ///
    /// Such a node can never take the VIP: it neither hears the advertisements of the segment nor can it send any. The order
    /// promises a backup that is not there.
    ///
    /// ## Example
    ///
    /// ```toml
    /// segment = "dmz"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// segment = "lan"
    /// ```
    NODE_WITHOUT_INTERFACE = "CG006", "node-without-interface", Error, refuses Everything
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for problem in &description.problems {
        let ProblemKind::NodeWithoutInterface {
            node,
            segment,
            serving,
            nodes,
        } = &problem.kind
        else {
            continue;
        };
        let message = format!(
            "node {node} has no interface on segment {segment} and can never take the VIP: {serving} of {nodes} nodes serve"
        );
        let help = format!(
            "write `{segment} = {{ name = \"…\", addresses = [\"…\"] }}` in [node.interfaces] of {node}, or take {node} out of the order"
        );
        let mut finding = Finding::new(Severity::Error, problem.at.clone(), message, help);
        if let Some((at, words)) = &problem.other {
            finding = finding.and(at.clone(), words.clone());
        }
        findings.add(finding);
    }
}
