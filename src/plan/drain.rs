//! Taking a host out of service and bringing it back: whether it may go, and what is to be done to it.

use super::observed::Observed;
use super::status::{ClusterStatus, HostState, HostStatus, SeenVhid};
use crate::dialect::parse::ShownState;
use crate::model::{
    AdvSkew, HostConfig, HostName, IfName, Mode, Release, SegmentName, Vhid, takeover_us,
};

/// A vhid that nobody can take over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The segment.
    pub segment: SegmentName,
    /// The vhid.
    pub vhid: Vhid,
    /// Each other host that could serve it, and why it cannot.
    pub peers: Vec<(HostName, &'static str)>,
}

/// A vhid that a host serves, and who is to take it over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Successor {
    /// The segment.
    pub segment: SegmentName,
    /// The vhid.
    pub vhid: Vhid,
    /// The host with the best rank among those that can.
    pub host: HostName,
    /// The interface that carries the vhid there.
    pub interface: IfName,
    /// That host does not take over by itself: its `net.inet.carp.preempt` is 0.
    pub must_be_told: bool,
    /// How long the successor would wait without hearing anything, in microseconds.
    pub takeover_us: u64,
}

/// What leaves a host without the vhids that it serves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrainSteps {
    /// CARP from 10 on: the demotion by [`super::DRAIN_DEMOTION`].
    pub demote: bool,
    /// Up to 9: the carp interfaces that are taken down, those that serve last.
    pub interfaces: Vec<String>,
    /// VRRP, which knows no demotion: the vhids whose priority becomes 1, with the priority that they have.
    pub priorities: Vec<(IfName, Vhid, u8)>,
}

/// What a host serves, and who takes it over.
///
/// A peer takes a vhid over where it answers, is not out of service, is BACKUP or MASTER for it, and counts for more
/// than a host that is demoted by 240. Up to 9 a carp interface that is taken down says farewell, and any backup takes
/// over at once; from 10 on a backup does so by itself only where its preempt is 1 (rules 11a and 11b of
/// `carp_input_c` in FreeBSD `sys/netinet/ip_carp.c`).
///
/// # Errors
///
/// The vhids that nobody can take over.
pub fn successors(
    status: &ClusterStatus,
    host: &HostName,
) -> Result<Vec<Successor>, Vec<Obstacle>> {
    let mut found = Vec::new();
    let mut obstacles = Vec::new();
    let own = status.seen().find(|(name, _)| *name == host);
    for own in own.iter().flat_map(|(_, seen)| &seen.vhids) {
        if own.state != ShownState::Master {
            continue;
        }
        let mut reasons = Vec::new();
        let mut best: Option<(u16, Successor)> = None;
        for peer in status.hosts.iter().filter(|peer| peer.host != *host) {
            match successor(peer, own) {
                Ok((rank, successor)) => {
                    if best.as_ref().is_none_or(|(other, _)| rank < *other) {
                        best = Some((rank, successor));
                    }
                }
                Err(why) => reasons.push((peer.host.clone(), why)),
            }
        }
        match best {
            Some((_, successor)) => found.push(successor),
            None => obstacles.push(Obstacle {
                segment: own.segment.clone(),
                vhid: own.config.vhid,
                peers: reasons,
            }),
        }
    }
    if obstacles.is_empty() {
        Ok(found)
    } else {
        Err(obstacles)
    }
}

/// A peer as the successor for a vhid, with its rank: the lower, the sooner it is master.
fn successor(peer: &HostStatus, own: &SeenVhid) -> Result<(u16, Successor), &'static str> {
    let seen = match &peer.state {
        HostState::Seen(seen) => seen,
        HostState::Away(_) => return Err("is away"),
        HostState::Unreachable { .. } => return Err("does not answer"),
    };
    if seen.drained {
        return Err("is drained");
    }
    let same =
        |other: &&SeenVhid| other.segment == own.segment && other.config.vhid == own.config.vhid;
    let theirs = seen.vhids.iter().find(same).ok_or("does not have it")?;
    if !matches!(theirs.state, ShownState::Backup | ShownState::Master) {
        return Err("is in INIT");
    }
    let legacy = seen.family.has_carp_interfaces();
    let (rank, takeover_us) = match &theirs.config.mode {
        Mode::Carp {
            advbase, advskew, ..
        } => {
            let effective = theirs.effective_skew.unwrap_or(advskew.number());
            if !legacy && effective >= AdvSkew::LARGEST_EFFECTIVE.number() {
                return Err("is demoted as much itself");
            }
            let rank = u16::from(effective) + 256 * u16::from(advbase.number());
            (rank, takeover_us(*advbase, *advskew))
        }
        Mode::Vrrp { priority, interval } => {
            if priority.number() <= 1 {
                return Err("has priority 1 itself");
            }
            // Three intervals and the skew time of RFC 9568 section 6.1.
            let interval_us = u64::from(interval.number()) * 10_000;
            let skew_us = (256 - u64::from(priority.number())) * interval_us / 256;
            (
                255 - u16::from(priority.number()),
                3 * interval_us + skew_us,
            )
        }
    };
    let successor = Successor {
        segment: own.segment.clone(),
        vhid: own.config.vhid,
        host: peer.host.clone(),
        interface: theirs.config.interface.clone(),
        must_be_told: !legacy && !seen.preempt && matches!(theirs.config.mode, Mode::Carp { .. }),
        takeover_us,
    };
    Ok((rank, successor))
}

/// What takes a host out of service. What an earlier drain has done already is not done again.
#[must_use]
pub fn drain_steps(observed: &Observed) -> DrainSteps {
    let live = observed.live();
    if observed.release.has_carp_interfaces() {
        return DrainSteps {
            interfaces: carp_interfaces(observed),
            ..DrainSteps::default()
        };
    }
    DrainSteps {
        demote: live
            .vhids
            .iter()
            .any(|vhid| matches!(vhid.mode, Mode::Carp { .. })),
        interfaces: Vec::new(),
        priorities: priorities(&live),
    }
}

/// The carp interfaces that are up: first those that serve nothing, so that the load leaves at once and last.
fn carp_interfaces(observed: &Observed) -> Vec<String> {
    let mut up: Vec<(bool, String)> = observed
        .interfaces
        .iter()
        .filter(|shown| crate::dialect::parse::is_carp_interface(&shown.name))
        .filter(|shown| shown.flags.iter().any(|flag| flag == "UP"))
        .map(|shown| {
            let mut vhids = shown.vhids.iter();
            let serves = vhids.any(|vhid| vhid.state == ShownState::Master);
            (serves, shown.name.clone())
        })
        .collect();
    up.sort_by_key(|(serves, _)| *serves);
    up.into_iter().map(|(_, name)| name).collect()
}

fn priorities(live: &HostConfig) -> Vec<(IfName, Vhid, u8)> {
    let vhids = live.vhids.iter();
    vhids
        .filter_map(|vhid| match vhid.mode {
            Mode::Vrrp { priority, .. } if priority.number() > 1 => {
                Some((vhid.interface.clone(), vhid.vhid, priority.number()))
            }
            _ => None,
        })
        .collect()
}

/// Whether a host of a release can be kept out of service over a reboot: `net.inet.carp.allow` is a tunable of the
/// loader that forces INIT (from 12 on).
#[must_use]
pub fn can_stay_out(release: Release) -> bool {
    release >= Release::R12
}

/// How long a vhid of a host takes at most until an election is over, in microseconds: what the slowest backup waits.
#[must_use]
pub fn settle_us(live: &HostConfig) -> u64 {
    let waits = live
        .vhids
        .iter()
        .map(|vhid| vhid.mode.longest_takeover_us());
    waits.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Description, resolve};
    use crate::dialect::parse::{Text, ifconfig_output, sysctl_output};
    use crate::model::FileId;
    use crate::plan::{Found, Looked};

    const DESCRIPTION: &str = "[cluster]\nname = \"w\"\nrelease = \"14\"\npass = \"k\"\n\
        [[node]]\nname = \"a\"\n[node.interfaces]\nlan = { name = \"em0\" }\n\
        [[node]]\nname = \"b\"\n[node.interfaces]\nlan = { name = \"em0\" }\n\
        [[node]]\nname = \"c\"\n[node.interfaces]\nlan = { name = \"em0\" }\n\
        [[vhid]]\nid = 1\nsegment = \"lan\"\nvips = [\"192.0.2.1/32\"]\npriority = [\"a\", \"b\", \"c\"]\n";

    fn host(name: &str, state: &str, skew: u8, demotion: i64, preempt: u8) -> Observed {
        let mut host = Observed::new(HostName::new(name).unwrap(), Release::R14);
        let ifconfig = format!(
            "em0: flags=8943<UP> metric 0 mtu 1500\n\tinet 192.0.2.1 netmask 0xffffffff vhid 1\n\
            \tcarp: {state} vhid 1 advbase 1 advskew {skew}\n"
        );
        let sysctl =
            format!("net.inet.carp.demotion: {demotion}\nnet.inet.carp.preempt: {preempt}\n");
        host.interfaces = ifconfig_output(&Text::new(FileId(0), &ifconfig));
        host.sysctls = sysctl_output(&Text::new(FileId(1), &sysctl));
        host
    }

    fn found(hosts: Vec<Observed>) -> Result<Vec<Successor>, Vec<Obstacle>> {
        let description = Description::read(DESCRIPTION);
        let cluster = &description.cluster;
        assert!(
            description.problems.is_empty(),
            "{:?}",
            description.problems
        );
        let wanted: Vec<_> = cluster.nodes.iter().map(|n| resolve(cluster, n)).collect();
        let looked = hosts.into_iter().map(|observed| Looked {
            host: observed.host.clone(),
            found: Found::Observed(Box::new(observed)),
        });
        let status = ClusterStatus::of(Some((cluster, &wanted)), looked.collect());
        successors(&status, &HostName::new("a").unwrap())
    }

    #[test]
    fn the_best_backup_that_can_takes_over() {
        let heirs = found(vec![
            host("a", "MASTER", 0, 0, 1),
            host("b", "BACKUP", 100, 240, 1),
            host("c", "BACKUP", 200, 0, 1),
        ])
        .unwrap();
        let [heir] = heirs.as_slice() else {
            panic!("{heirs:?}")
        };
        assert_eq!((heir.host.as_str(), heir.must_be_told), ("c", false));
        assert_eq!(heir.takeover_us, 3_781_250);
        let heirs = found(vec![
            host("a", "MASTER", 0, 0, 1),
            host("b", "BACKUP", 100, 0, 0),
            host("c", "BACKUP", 200, 0, 1),
        ])
        .unwrap();
        assert_eq!((heirs[0].host.as_str(), heirs[0].must_be_told), ("b", true));
    }

    #[test]
    fn every_reason_against_a_peer_is_told() {
        let mut drained = host("c", "BACKUP", 200, 0, 1);
        drained.carpgen.drain = Some("demotion=240\n".to_owned());
        let obstacles = found(vec![
            host("a", "MASTER", 0, 0, 1),
            host("b", "INIT", 100, 0, 1),
            drained,
        ])
        .unwrap_err();
        let reasons: Vec<&str> = obstacles[0].peers.iter().map(|(_, why)| *why).collect();
        assert_eq!(reasons, ["is in INIT", "is drained"]);
        let nothing = found(vec![host("a", "BACKUP", 0, 0, 1)]);
        assert_eq!(
            nothing,
            Ok(Vec::new()),
            "what is not served needs no successor"
        );
    }
}
