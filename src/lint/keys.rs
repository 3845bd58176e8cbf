//! The keys that stand in a description as text, each once, with the releases that get it.

use std::collections::BTreeSet;

use crate::config::Description;
use crate::model::{Key, Protocol, Release, Route, Secret};

/// A key as text.
pub(super) struct WrittenKey<'d> {
    /// Where it is written.
    pub(super) at: Route,
    /// The text.
    pub(super) secret: &'d Secret,
    /// The releases of the nodes whose vhids use it; of all nodes if none does.
    pub(super) releases: BTreeSet<Release>,
}

/// The literal keys of the cluster, its groups and its vhids, without empty ones.
pub(super) fn written<'d>(description: &'d Description<'_>) -> Vec<WrittenKey<'d>> {
    let document = &description.document;
    let cluster = document
        .cluster
        .iter()
        .map(|table| (table.route("pass"), table.pass.as_ref()));
    let groups = document
        .group
        .iter()
        .flatten()
        .map(|g| (g.value.route("pass"), g.value.pass.as_ref()));
    let vhids = document
        .vhid
        .iter()
        .flatten()
        .map(|v| (v.value.route("pass"), v.value.pass.as_ref()));
    cluster
        .chain(groups)
        .chain(vhids)
        .filter_map(|(at, pass)| {
            let secret = pass?
                .0
                .text()
                .filter(|secret| !secret.expose().is_empty())?;
            Some(WrittenKey {
                at,
                secret,
                releases: releases(description, secret),
            })
        })
        .collect()
}

fn releases(description: &Description<'_>, secret: &Secret) -> BTreeSet<Release> {
    let cluster = &description.cluster;
    let uses = |key: &Option<Key>| key.as_ref().and_then(Key::text) == Some(secret);
    let vhids = cluster.vhids.iter().filter(|vhid| match &vhid.protocol {
        Protocol::Carp { key, .. } => uses(key),
        Protocol::Vrrp { .. } => false,
    });
    let users: BTreeSet<Release> = vhids
        .flat_map(|vhid| cluster.members(vhid).map(|(node, _)| node.release))
        .collect();
    if users.is_empty() {
        cluster.nodes.iter().map(|node| node.release).collect()
    } else {
        users
    }
}
