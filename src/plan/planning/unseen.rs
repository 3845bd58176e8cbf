//! Hosts that are not looked at and serve nonetheless.

use super::{HostConfig, Mode, Present, VhidConfig};
use crate::model::{SegmentName, Vhid};

/// A host that was looked at.
#[derive(Clone, Debug)]
pub(super) struct Seen<'a> {
    pub(super) present: &'a Present,
    /// The vhids that it is a backup of: it hears somebody, or has not waited long enough.
    pub(super) backup_of: Vec<(SegmentName, Vhid)>,
}

/// The hosts among `others` that must be serving: a vhid of which hosts that were looked at are backups, and none is master,
/// is served by the first of the others that has it. `others` are configured as described; what peers must have in common is
/// as it runs on those that were looked at.
pub(super) fn unseen(seen: &[Seen<'_>], others: &[HostConfig]) -> Vec<Present> {
    let mut found: Vec<Present> = Vec::new();
    for (place, host) in seen.iter().enumerate() {
        for key in &host.backup_of {
            let known = |host: &Seen<'_>| host.present.masters.contains(key);
            let is_first = !seen[..place]
                .iter()
                .any(|host| host.backup_of.contains(key));
            let Some(running) = vhid_of(&host.present.config, key) else {
                continue;
            };
            if !is_first || seen.iter().any(known) {
                continue;
            }
            let server = others.iter().find_map(|other| {
                let described = vhid_of(other, key)?;
                Some((other, serving(running, described)))
            });
            if let Some((other, vhid)) = server {
                add(&mut found, other, vhid, key.clone());
            }
        }
    }
    found
}

fn vhid_of<'a>(config: &'a HostConfig, key: &(SegmentName, Vhid)) -> Option<&'a VhidConfig> {
    let mut vhids = config.vhids.iter();
    vhids.find(|vhid| (&vhid.segment, vhid.vhid) == (&key.0, key.1))
}

/// The vhid of a peer as it must run to be heard, on the interface and with the skew of the description.
fn serving(running: &VhidConfig, described: &VhidConfig) -> VhidConfig {
    let mut vhid = VhidConfig {
        vips: running.vips.clone(),
        ..described.clone()
    };
    match (&running.mode, &mut vhid.mode) {
        (
            Mode::Carp { advbase, key, .. },
            Mode::Carp {
                advbase: own_base,
                key: own_key,
                ..
            },
        ) => (*own_base, *own_key) = (*advbase, key.clone()),
        (Mode::Vrrp { interval, .. }, Mode::Vrrp { interval: own, .. }) => *own = *interval,
        // It runs the other protocol, whatever the description says by now.
        (mode, _) => vhid.mode = mode.clone(),
    }
    vhid
}

fn add(found: &mut Vec<Present>, other: &HostConfig, vhid: VhidConfig, key: (SegmentName, Vhid)) {
    let place = found
        .iter()
        .position(|unseen| unseen.config.host == other.host);
    let place = place.unwrap_or_else(|| {
        found.push(Present {
            config: HostConfig {
                vhids: Vec::new(),
                ..other.clone()
            },
            masters: Vec::new(),
        });
        found.len() - 1
    });
    found[place].config.vhids.push(vhid);
    found[place].masters.push(key);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Description, resolve};
    use crate::plan::prediction::predict;
    use crate::plan::step::Step;

    const PAIR: &str = "[cluster]\nname = \"w\"\nrelease = \"14\"\npass = \"Ee5Xkq2uPsz0\"\n\
        [[node]]\nname = \"a\"\n[node.interfaces]\nlan = { name = \"em0\", addresses = [\"192.0.2.2/24\"] }\n\
        [[node]]\nname = \"b\"\n[node.interfaces]\nlan = { name = \"ix0\", addresses = [\"192.0.2.3/24\"] }\n\
        [[vhid]]\nid = 1\nsegment = \"lan\"\nvips = [\"192.0.2.1/32\"]\npriority = [\"a\", \"b\"]\n";

    fn hosts(text: &str) -> Vec<HostConfig> {
        let description = Description::read(text);
        let nodes = &description.cluster.nodes;
        nodes
            .iter()
            .map(|node| resolve(&description.cluster, node))
            .collect()
    }

    /// The second host of the pair, with its vhid in this state.
    fn second(masters: bool) -> Present {
        let config = hosts(PAIR).remove(1);
        let vhid = &config.vhids[0];
        let served = masters.then(|| (vhid.segment.clone(), vhid.vhid));
        Present {
            masters: served.into_iter().collect(),
            config,
        }
    }

    fn lan_1() -> (SegmentName, Vhid) {
        (SegmentName::new("lan").unwrap(), Vhid::new(1).unwrap())
    }

    #[test]
    fn a_backup_that_hears_somebody_is_not_taken_for_alone() {
        let backup = second(false);
        // The description has another key by now, which the host that was not looked at does not run.
        let described = hosts(&PAIR.replace("Ee5Xkq2uPsz0", "Ff6Ylr3vQta1"));
        let seen = Seen {
            present: &backup,
            backup_of: vec![lan_1()],
        };
        let found = unseen(&[seen], &described[..1]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].config.vhids, hosts(PAIR)[0].vhids);
        let key = ("lan".to_owned(), 1);
        let step = [Step::on(0, Vec::new())];
        let alone = predict(std::slice::from_ref(&backup), &step);
        assert_eq!(alone.masters[0][&key], [0]);
        let both = predict(&[backup.clone(), found[0].clone()], &step);
        assert_eq!(both.masters[0][&key], [1]);
    }

    #[test]
    fn where_a_master_was_seen_or_nobody_listens_nobody_else_is_needed() {
        let others = &hosts(PAIR)[..1];
        let (master, idle) = (second(true), second(false));
        let serves = Seen {
            present: &master,
            backup_of: Vec::new(),
        };
        let listens = Seen {
            present: &idle,
            backup_of: vec![lan_1()],
        };
        assert!(unseen(&[serves, listens], others).is_empty());
        // INIT: it hears nobody.
        let deaf = Seen {
            present: &idle,
            backup_of: Vec::new(),
        };
        assert!(unseen(&[deaf], others).is_empty());
    }
}
