//! `missing-pass`

use crate::config::Description;
use crate::lint::engine::Findings;
use crate::lint::numbers::seconds;
use crate::lint::registry::rule;
use crate::model::{AdvSkew, Finding, Protocol, Route, Severity, interval_us};

rule! {
    /// Finds CARP vhids without a key.
    ///
    /// ## Why it matters
    ///
    /// Without `pass` the key is twenty zero bytes, the same on every host of the world that has none. Any host on the
    /// segment is accepted as a member of the group, by accident or on purpose, and takes the VIP with its first
    /// advertisement if its skew is lower.
    ///
    /// ## Example
    ///
    /// ```toml
    /// pass = ""
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// pass = { env = "CARP_PASS" }
    /// ```
    ///
    /// `carpgen keygen` makes a key.
    MISSING_PASS = "CG301", "missing-pass", Warning
}

fn check(description: &Description<'_>, findings: &mut Findings<'_>) {
    for vhid in &description.cluster.vhids {
        let Protocol::Carp {
            timers, key: None, ..
        } = &vhid.protocol
        else {
            continue;
        };
        let wait = seconds(interval_us(timers.advbase, AdvSkew::DEFAULT));
        let message = format!(
            "{} on segment {} has no key: any host without a key is accepted, and one that advertises a lower skew takes {} within {wait}",
            vhid.label(),
            vhid.segment,
            if vhid.vips.len() == 1 {
                "its VIP"
            } else {
                "its VIPs"
            },
        );
        let help = "write pass = { env = \"CARP_PASS\" } here or in [cluster]; `carpgen keygen` makes a key";
        findings.add(Finding::new(
            Severity::Warning,
            place(description, &vhid.route),
            message,
            help,
        ));
    }
}

/// The empty key where one is written, else the vhid.
fn place(description: &Description<'_>, vhid: &Route) -> Route {
    let written = description
        .document
        .vhid
        .iter()
        .flatten()
        .any(|v| v.value.at == *vhid && v.value.pass.is_some());
    if written {
        vhid.key("pass")
    } else {
        vhid.clone()
    }
}
