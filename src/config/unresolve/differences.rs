//! What a description makes of the hosts, held against what they are.

use std::collections::BTreeSet;

use super::{names, same_key};
use crate::config::{Description, resolve};
use crate::model::{
    HostConfig, HostName, IfName, InterfaceConfig, KnownSysctl, Mode, SegmentName, Vhid, VhidConfig,
};

/// What a remark is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// A vhid on a segment.
    Vhid(SegmentName, Vhid),
    /// A sysctl.
    Sysctl(String),
    /// An interface of a host.
    Interface(HostName, IfName),
    /// A host.
    Host(HostName),
}

/// What some hosts say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// The hosts.
    pub hosts: Vec<HostName>,
    /// What they say. Never a key.
    pub words: String,
}

/// Something that the description says otherwise than a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// What it is about.
    pub about: About,
    /// The quantity, such as `advbase`.
    pub what: &'static str,
    /// What the description says, and the hosts that say so; without hosts it can say nothing else.
    pub written: Side,
    /// What the others say.
    pub others: Vec<Side>,
}

impl Remark {
    /// The remark in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let verb = |side: &Side| if side.hosts.len() == 1 { "says" } else { "say" };
        let others: Vec<String> = self
            .others
            .iter()
            .map(|side| format!("{} {} {}", names(&side.hosts), verb(side), side.words))
            .collect();
        let others = others.join(", ");
        if self.written.hosts.is_empty() {
            return format!(
                "{}: {others}, which a description cannot express: {} is written",
                self.what, self.written.words
            );
        }
        format!(
            "{}: {} is written, as {} {}; {others}",
            self.what,
            self.written.words,
            names(&self.written.hosts),
            verb(&self.written),
        )
    }

    /// What it is about, in words.
    #[must_use]
    pub fn subject(&self) -> String {
        match &self.about {
            About::Vhid(segment, vhid) => format!("vhid {vhid} on segment {segment}"),
            About::Sysctl(name) => name.clone(),
            About::Interface(host, name) => format!("interface {name} of {host}"),
            About::Host(host) => format!("host {host}"),
        }
    }
}

/// One host's value of something, and what the description makes of it.
struct Fact {
    about: About,
    what: &'static str,
    host: HostName,
    own: String,
    written: String,
    same: bool,
}

struct Facts {
    host: HostName,
    all: Vec<Fact>,
}

impl Facts {
    fn note(
        &mut self,
        about: &About,
        what: &'static str,
        own: impl ToString,
        written: impl ToString,
        same: bool,
    ) {
        self.all.push(Fact {
            about: about.clone(),
            what,
            host: self.host.clone(),
            own: own.to_string(),
            written: written.to_string(),
            same,
        });
    }
}

/// All differences between the hosts and what the text makes of them.
pub(super) fn differences(text: &str, hosts: &[HostConfig]) -> Vec<Remark> {
    let description = Description::read(text);
    let mut facts = Vec::new();
    for host in hosts {
        let mut found = Facts {
            host: host.host.clone(),
            all: Vec::new(),
        };
        let node = description.cluster.node(&host.host);
        match node.map(|node| resolve(&description.cluster, node)) {
            Some(written) => compare(host, &written, &mut found),
            None => {
                let about = About::Host(host.host.clone());
                found.note(&about, "the host", "what it is", "nothing", false);
            }
        }
        facts.append(&mut found.all);
    }
    let mut remarks: Vec<Remark> = Vec::new();
    for fact in facts.iter().filter(|fact| !fact.same) {
        let known = |remark: &Remark| remark.about == fact.about && remark.what == fact.what;
        if !remarks.iter().any(known) {
            remarks.push(remark(fact, &facts));
        }
    }
    remarks
}

fn remark(first: &Fact, facts: &[Fact]) -> Remark {
    let all = || {
        facts
            .iter()
            .filter(|fact| fact.about == first.about && fact.what == first.what)
    };
    let agreeing = all().filter(|fact| fact.same);
    let mut others: Vec<Side> = Vec::new();
    for fact in all().filter(|fact| !fact.same) {
        match others.iter_mut().find(|side| side.words == fact.own) {
            Some(side) => side.hosts.push(fact.host.clone()),
            None => others.push(Side {
                hosts: vec![fact.host.clone()],
                words: fact.own.clone(),
            }),
        }
    }
    Remark {
        about: first.about.clone(),
        what: first.what,
        written: Side {
            hosts: agreeing.map(|fact| fact.host.clone()).collect(),
            words: first.written.clone(),
        },
        others,
    }
}

fn compare(own: &HostConfig, written: &HostConfig, facts: &mut Facts) {
    let about = About::Host(own.host.clone());
    let list = |clones: &[IfName]| words(clones.iter());
    facts.note(
        &about,
        "cloned interfaces",
        list(&own.cloned_interfaces),
        list(&written.cloned_interfaces),
        own.cloned_interfaces == written.cloned_interfaces,
    );
    for interface in &own.interfaces {
        compare_interface(interface, own, written, facts);
    }
    for vhid in &own.vhids {
        let about = About::Vhid(vhid.segment.clone(), vhid.vhid);
        let same = |other: &&VhidConfig| other.segment == vhid.segment && other.vhid == vhid.vhid;
        match written.vhids.iter().find(same) {
            Some(other) => compare_vhid(&about, vhid, other, facts),
            None => facts.note(&about, "service", protocol(vhid), "nothing", false),
        }
    }
    let mut sysctls: BTreeSet<&str> = BTreeSet::new();
    let both = own.sysctls.iter().chain(&written.sysctls);
    sysctls.extend(both.map(|sysctl| sysctl.name.as_str()));
    // Every host has its say, also the one that leaves a sysctl alone.
    for known in KnownSysctl::ALL {
        let ours = |name: &str, host: &HostConfig| host.sysctl(name).unwrap_or(known.default);
        if !known.exists_in(own.release) || !known.writable {
            continue;
        }
        let (a, b) = (ours(known.name, own), ours(known.name, written));
        facts.note(&About::Sysctl(known.name.to_owned()), "value", a, b, a == b);
        sysctls.remove(known.name);
    }
    for name in sysctls {
        let text = |value: Option<i64>| value.map_or("nothing".to_owned(), |v| v.to_string());
        let (a, b) = (own.sysctl(name), written.sysctl(name));
        facts.note(
            &About::Sysctl(name.to_owned()),
            "value",
            text(a),
            text(b),
            a == b,
        );
    }
}

fn compare_interface(
    own: &InterfaceConfig,
    host: &HostConfig,
    written: &HostConfig,
    facts: &mut Facts,
) {
    let about = About::Interface(host.host.clone(), own.name.clone());
    let Some(other) = written.interfaces.iter().find(|i| i.name == own.name) else {
        // Nothing of CARP is on it, and nobody else writes it.
        let needed = own.manage || host.vhids.iter().any(|vhid| vhid.interface == own.name);
        if needed {
            facts.note(
                &about,
                "the interface",
                "that it is there",
                "nothing",
                false,
            );
        }
        return;
    };
    let list = |interface: &InterfaceConfig| words(interface.addresses.iter());
    facts.note(
        &about,
        "addresses",
        list(own),
        list(other),
        own.addresses == other.addresses,
    );
    facts.note(
        &about,
        "first alias",
        own.first_alias,
        other.first_alias,
        own.first_alias == other.first_alias,
    );
}

fn compare_vhid(about: &About, own: &VhidConfig, written: &VhidConfig, facts: &mut Facts) {
    if let (Some(unit), Some(other)) = (own.carp_unit, written.carp_unit) {
        facts.note(about, "carp unit", unit, other, unit == other);
    }
    let set = |vhid: &VhidConfig| -> BTreeSet<String> {
        vhid.vips.iter().map(ToString::to_string).collect()
    };
    facts.note(
        about,
        "vips",
        words(own.vips.iter()),
        words(written.vips.iter()),
        set(own) == set(written),
    );
    facts.note(
        about,
        "interface",
        &own.interface,
        &written.interface,
        own.interface == written.interface,
    );
    match (&own.mode, &written.mode) {
        (
            Mode::Carp {
                advbase,
                advskew,
                key,
                peer,
                peer6,
            },
            Mode::Carp {
                advbase: base,
                advskew: skew,
                key: pass,
                peer: to,
                peer6: to6,
            },
        ) => {
            facts.note(about, "advbase", advbase, base, advbase == base);
            facts.note(about, "advskew", advskew, skew, advskew == skew);
            let same = same_key(key.as_ref(), pass.as_ref());
            let (ours, theirs) = match (key, pass) {
                (None, _) => ("no key", "a key"),
                (_, None) => ("a key", "no key"),
                _ => ("another", "one key"),
            };
            facts.note(about, "key", ours, theirs, same);
            let peers = |v4: Option<std::net::Ipv4Addr>, v6: Option<std::net::Ipv6Addr>| {
                let all = [v4.map(|a| a.to_string()), v6.map(|a| a.to_string())];
                words(all.iter().flatten())
            };
            let same = (peer, peer6) == (to, to6);
            facts.note(about, "peers", peers(*peer, *peer6), peers(*to, *to6), same);
        }
        (
            Mode::Vrrp { priority, interval },
            Mode::Vrrp {
                priority: other,
                interval: every,
            },
        ) => {
            facts.note(about, "priority", priority, other, priority == other);
            facts.note(about, "interval", interval, every, interval == every);
        }
        _ => facts.note(about, "protocol", protocol(own), protocol(written), false),
    }
}

const fn protocol(vhid: &VhidConfig) -> &'static str {
    match vhid.mode {
        Mode::Carp { .. } => "CARP",
        Mode::Vrrp { .. } => "VRRP",
    }
}

fn words(all: impl Iterator<Item = impl ToString>) -> String {
    let all: Vec<String> = all.map(|one| one.to_string()).collect();
    if all.is_empty() {
        "none".to_owned()
    } else {
        all.join(", ")
    }
}
