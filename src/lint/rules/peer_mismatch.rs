//! `peer-mismatch`

use std::net::IpAddr;

use crate::dialect::parse::{Keyword, Parameter, ParameterValue};
use crate::lint::hosts::conflict::conflict;
use crate::lint::hosts::{HostFinding, HostFindings, Hosts, LintHost, Member, VhidGroup};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{Family, HostConfig, Mode, Place, Severity};

rule! {
    /// Finds peers of unicast vhids that are not the other host.
    ///
    /// ## Why it matters
    ///
    /// From FreeBSD 14 on `peer` and `peer6` send the advertisements of a vhid to one address instead of the multicast group. If that is
    /// not the other host nobody hears them, and both are master. `ifconfig(8)` does not check `peer`: a text that is no
    /// address becomes 255.255.255.255 (`setcarp_peer` in `sbin/ifconfig/carp.c`).
    ///
    /// ## Example
    ///
    /// ```sh
    /// # on one host, 192.0.2.2
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 0 pass Ee5Xkq2uPsz0 peer 192.0.2.4"
    /// # on the other host, 192.0.2.3
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0 peer 192.0.2.2"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # on one host, 192.0.2.2
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 0 pass Ee5Xkq2uPsz0 peer 192.0.2.3"
    /// # on the other host, 192.0.2.3
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0 peer 192.0.2.2"
    /// ```
    PEER_MISMATCH = "CG607", "peer-mismatch", Error, for hosts
}

const HELP: &str = "write the other host's own address on this segment";

/// What is set as a peer.
enum Peer {
    /// Nothing, or the multicast group.
    None,
    /// Not to be told.
    Unknown,
    /// A text that is no address.
    Bad,
    /// An address.
    Address(IpAddr),
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    refused(hosts, findings);
    let speaking: Vec<bool> = hosts.hosts.iter().map(names_a_peer).collect();
    let groups = hosts.all_groups().into_iter();
    for group in groups.filter(|group| group.members.iter().any(|m| speaking[m.host])) {
        for keyword in [Keyword::Peer, Keyword::Peer6] {
            let mut one_sided = true;
            for member in &group.members {
                if let Some(finding) = wrong_address(hosts, &group, member, keyword) {
                    findings.add(finding);
                    one_sided = false;
                }
            }
            if one_sided {
                findings.extend(on_one_side(hosts, &group, keyword));
            }
        }
    }
}

/// Most hosts name none, and need no closer look.
fn names_a_peer(host: &LintHost<'_>) -> bool {
    let statements = host.statements();
    let mut words = statements
        .iter()
        .flat_map(|found| found.statement.parameters());
    words.any(|set| matches!(set.keyword, Keyword::Peer | Keyword::Peer6))
        || !host.reading.shown_interfaces.is_empty()
}

/// `ifconfig(8)` refuses a `peer6` that is no address, so that the vhid is in no group.
fn refused(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    let able = hosts
        .iter()
        .filter(|(_, host)| host.release().has_unicast());
    for (position, host) in able {
        for found in host.boot() {
            let set = found.statement.parameter(Keyword::Peer6);
            let bad = set.filter(|set| matches!(read(set, Family::Inet6), Peer::Bad));
            let (Some(bad), Some(vhid)) = (bad, found.vhid()) else {
                continue;
            };
            let place = bad.value_place();
            let message = bad6(vhid);
            findings.add(HostFinding::at(
                Severity::Error,
                position,
                place,
                message,
                HELP,
            ));
        }
    }
}

fn bad6(vhid: impl std::fmt::Display) -> String {
    format!(
        "the peer6 of vhid {vhid} is no IPv6 address: the command fails, and the vhid is not set up"
    )
}

const fn family(keyword: Keyword) -> Family {
    match keyword {
        Keyword::Peer6 => Family::Inet6,
        _ => Family::Inet,
    }
}

fn has_unicast(hosts: &Hosts<'_>, member: &Member<'_>) -> bool {
    hosts.hosts[member.host].release().has_unicast()
        && matches!(member.config.mode, Mode::Carp { .. })
}

/// The peer of a vhid, and where it is set.
fn peer(
    hosts: &Hosts<'_>,
    group: &VhidGroup<'_>,
    member: &Member<'_>,
    keyword: Keyword,
) -> (Peer, Option<Place>) {
    let statements = hosts.statements_of(group.view, member);
    let mut set = statements
        .iter()
        .filter_map(|found| found.statement.parameter(keyword));
    if let Some(parameter) = set.next_back() {
        return (
            read(parameter, family(keyword)),
            Some(parameter.value_place()),
        );
    }
    let Mode::Carp { peer, peer6, .. } = &member.config.mode else {
        return (Peer::None, None);
    };
    let address = match family(keyword) {
        Family::Inet => peer.map(IpAddr::V4),
        Family::Inet6 => peer6.map(IpAddr::V6),
    };
    let place = hosts.place_of(group.view, member);
    (address.map_or(Peer::None, Peer::Address), place)
}

fn read(parameter: &Parameter, family: Family) -> Peer {
    if let ParameterValue::Word(word) = &parameter.value
        && (!word.known || word.text().is_empty())
    {
        return Peer::Unknown;
    }
    let text = parameter.text().unwrap_or_default();
    let address = text.split('%').next().unwrap_or(text).parse::<IpAddr>();
    match address {
        Ok(address) if Family::of(address) != family => Peer::Bad,
        Ok(address) if address.is_multicast() => Peer::None,
        Ok(address) => Peer::Address(address),
        Err(_) => Peer::Bad,
    }
}

/// The peer is no address, or one that is not another host's.
fn wrong_address(
    hosts: &Hosts<'_>,
    group: &VhidGroup<'_>,
    member: &Member<'_>,
    keyword: Keyword,
) -> Option<HostFinding> {
    if !has_unicast(hosts, member) {
        return None;
    }
    let (peer, place) = peer(hosts, group, member, keyword);
    let vhid = group.vhid;
    let (message, others) = match peer {
        Peer::None | Peer::Unknown => return None,
        Peer::Bad if keyword == Keyword::Peer => (
            format!(
                "the peer of vhid {vhid} is no IPv4 address: it becomes 255.255.255.255, the other host hears nothing, and both are master"
            ),
            Vec::new(),
        ),
        Peer::Bad => (bad6(vhid), Vec::new()),
        Peer::Address(address) => match misdirected(hosts, group, member, address) {
            Some(message) => (message, Vec::new()),
            None => missed(hosts, group, member, address)?,
        },
    };
    let finding = HostFinding::at(Severity::Error, member.host, place?, message, HELP);
    Some(others.iter().fold(
        finding,
        |finding, other| match hosts.place_of(group.view, other) {
            Some(at) => {
                let words = format!("the vhid of {}", hosts.name_of(other));
                finding.and(other.host, at, words)
            }
            None => finding,
        },
    ))
}

fn owns(config: &HostConfig, address: IpAddr) -> bool {
    let interfaces = config.interfaces.iter();
    let mut nets = interfaces.flat_map(|interface| &interface.addresses);
    nets.any(|net| net.addr() == address)
}

/// The peer is this host, or a virtual address.
fn misdirected(
    hosts: &Hosts<'_>,
    group: &VhidGroup<'_>,
    member: &Member<'_>,
    address: IpAddr,
) -> Option<String> {
    let (vhid, configs) = (group.vhid, hosts.configs_of(group.view));
    if owns(configs.get(member.host)?, address) {
        return Some(format!(
            "the peer of vhid {vhid} is {address}, an address of {} itself: the other host hears nothing, and both are master",
            hosts.name_of(member),
        ));
    }
    let vhids = configs.iter().flat_map(|config| &config.vhids);
    let mut beside = vhids.filter(|other| other.segment == *group.segment);
    let is_virtual = beside.any(|other| other.vips.iter().any(|vip| vip.address() == address));
    is_virtual.then(|| {
        format!(
            "the peer of vhid {vhid} is {address}, a virtual address: the advertisements go to whoever is master"
        )
    })
}

/// The peer is no address of the other hosts, which are all known.
fn missed<'g>(
    hosts: &Hosts<'_>,
    group: &'g VhidGroup<'_>,
    member: &Member<'_>,
    address: IpAddr,
) -> Option<(String, Vec<&'g Member<'g>>)> {
    let others = group.members.iter();
    let others: Vec<&Member<'_>> = others.filter(|other| other.host != member.host).collect();
    let family = Family::of(address);
    let known = others
        .iter()
        .map(|other| own_addresses(hosts, group, other, family));
    let known: Vec<Vec<IpAddr>> = known.collect();
    let link_local = matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local());
    let is_unknown = known.is_empty() || known.iter().any(Vec::is_empty);
    // Another address of a host that is known reaches it as well.
    let configs = hosts.configs_of(group.view);
    let mut hosts_of = others.iter().filter_map(|other| configs.get(other.host));
    if link_local || is_unknown || hosts_of.any(|config| owns(config, address)) {
        return None;
    }
    let message = format!(
        "the peer of vhid {} is {address}, which is no address of {} ({}): nobody hears the advertisements of {}, and both are master",
        group.vhid,
        list_in_words(others.iter().map(|other| hosts.name_of(other))),
        list_in_words(known.iter().flatten()),
        hosts.name_of(member),
    );
    Some((message, others))
}

/// The own addresses of a host on the interface of the vhid.
fn own_addresses(
    hosts: &Hosts<'_>,
    group: &VhidGroup<'_>,
    member: &Member<'_>,
    family: Family,
) -> Vec<IpAddr> {
    let configs = hosts.configs_of(group.view);
    let interfaces = configs.get(member.host).map_or(&[][..], |c| &c.interfaces);
    interfaces
        .iter()
        .filter(|interface| interface.name == member.config.interface)
        .flat_map(|interface| interface.addresses.iter().map(|net| net.addr()))
        .filter(|address| Family::of(*address) == family)
        .collect()
}

/// One host speaks to a peer, and another to the multicast group.
fn on_one_side(hosts: &Hosts<'_>, group: &VhidGroup<'_>, keyword: Keyword) -> Option<HostFinding> {
    let family = family(keyword);
    let able: Vec<(&Member<'_>, Peer)> = group
        .members
        .iter()
        .filter(|member| matches!(member.config.mode, Mode::Carp { .. }))
        .filter(|member| member.config.vips.iter().any(|vip| vip.family() == family))
        .map(|member| (member, peer(hosts, group, member, keyword).0))
        .collect();
    if able.iter().any(|(_, peer)| matches!(peer, Peer::Unknown)) {
        return None;
    }
    let is_set = |peer: &Peer| !matches!(peer, Peer::None);
    let (with, without): (Vec<_>, Vec<_>) = able.iter().partition(|(_, peer)| is_set(peer));
    let unicast = with.first()?;
    without
        .iter()
        .find(|(other, _)| other.host != unicast.0.host)?;
    let names = |side: &[&(&Member<'_>, Peer)]| {
        list_in_words(side.iter().map(|(member, _)| hosts.name_of(member)))
    };
    let message = format!(
        "vhid {} has a {} on {} and none on {}, which sends to the multicast group: they may not hear each other, and then both are master",
        group.vhid,
        keyword.word(),
        names(&with),
        names(&without),
    );
    let sides = able.iter().map(|(member, peer)| {
        let which = if is_set(peer) { "a peer" } else { "no peer" };
        let words = format!("{which} on {}", hosts.name_of(member));
        hosts.side_at(group.view, member, keyword, words)
    });
    let help = "write a peer on both hosts, each the other's own address, or on none";
    conflict(Severity::Error, sides, message, help)
}
