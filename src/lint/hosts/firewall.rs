//! What pf(4) of a host does with advertisements, as far as that is certain.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::Ipv4Net;

use super::{Hosts, LintHost};
use crate::dialect::parse::{
    FileKind, PfAction, PfConf, PfDirection, PfName, PfRule, PfStatement, Text, file_kind, pf_conf,
};
use crate::model::{FileId, InterfaceConfig, Mode, VhidConfig};

/// Where advertisements go.
const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);

/// Whether a rule is for a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    No,
    Maybe,
    Yes,
}

impl Answer {
    const fn of(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }

    const fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
            Self::Yes => Self::No,
        }
    }
}

/// An IPv4 advertisement on its way through pf.
#[derive(Clone, Debug)]
pub struct Packet<'h> {
    /// Which way it goes.
    pub direction: PfDirection,
    /// The interface.
    pub interface: &'h InterfaceConfig,
    /// Where it may come from; empty where that is not known.
    sources: Vec<Ipv4Addr>,
}

/// What may decide about a packet: rules, or none, which is to pass.
#[derive(Debug, Default)]
pub struct Deciding<'p> {
    rules: Vec<Option<&'p PfRule>>,
    /// Something that is not understood may decide.
    unknown: bool,
}

impl<'p> Deciding<'p> {
    /// The rule that decides, where everything that may decide is alike.
    #[must_use]
    pub fn certainly(&self, alike: impl Fn(&PfRule) -> bool) -> Option<&'p PfRule> {
        let all = self.rules.iter().all(|rule| rule.is_some_and(&alike));
        let last = self.rules.last().copied().flatten();
        last.filter(|_| all && !self.unknown)
    }
}

impl LintHost<'_> {
    /// What pf.conf says, where it was given and pf is not switched off.
    #[must_use]
    pub fn pf(&self) -> Option<PfConf> {
        let variables = &self.reading.variables;
        let value = |name| variables.get(name).map(|found| found.value.text().trim());
        let off = value("pf_enable").is_some_and(|text| !is_yes(text));
        let elsewhere = value("pf_rules").is_some_and(|path| path != "/etc/pf.conf");
        let mut files = (0_u16..).zip(&self.files);
        let (file, text) = files.find(|(_, file)| is_pf_conf(file.path))?;
        (!off && !elsewhere).then(|| pf_conf(&Text::new(FileId(file), text.text)))
    }
}

/// The file is pf.conf, not another companion.
#[must_use]
pub fn is_pf_conf(path: &str) -> bool {
    file_kind(path) == Some(FileKind::Companion) && path.rsplit('/').next() == Some("pf.conf")
}

/// What `checkyesno` of `rc.subr` takes for yes.
#[must_use]
pub fn is_yes(text: &str) -> bool {
    ["yes", "true", "on", "1"]
        .iter()
        .any(|yes| text.eq_ignore_ascii_case(yes))
}

impl Hosts<'_> {
    /// The IPv4 advertisements that a host sends to the group and hears from other hosts, by interface.
    #[must_use]
    pub fn advertisements(&self, host: usize) -> Vec<Packet<'_>> {
        let mut packets = Vec::new();
        for interface in &self.configs[host].interfaces {
            let vhids: Vec<&VhidConfig> = self.configs[host]
                .vhids
                .iter()
                .filter(|vhid| vhid.interface == interface.name)
                .collect();
            if !vhids.iter().any(|vhid| speaks_to_group(vhid)) {
                continue;
            }
            packets.push(Packet {
                direction: PfDirection::Out,
                interface,
                sources: own(interface).take(1).collect(),
            });
            let peers: Vec<Ipv4Addr> = self
                .configs
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != host)
                .flat_map(|(_, config)| &config.interfaces)
                .filter(|other| other.segment == interface.segment)
                .flat_map(own)
                .collect();
            let heard = |sources| Packet {
                direction: PfDirection::In,
                interface,
                sources,
            };
            if peers.is_empty() {
                packets.push(heard(Vec::new()));
            }
            packets.extend(peers.into_iter().map(|peer| heard(vec![peer])));
        }
        packets
    }
}

fn own(interface: &InterfaceConfig) -> impl Iterator<Item = Ipv4Addr> {
    let addresses = interface.addresses.iter();
    addresses.filter_map(|own| match own.addr() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    })
}

fn speaks_to_group(vhid: &VhidConfig) -> bool {
    let unicast = matches!(vhid.mode, Mode::Carp { peer: Some(_), .. });
    !unicast && vhid.vips.iter().any(|vip| vip.address().is_ipv4())
}

impl Packet<'_> {
    /// What decides about the packet: the first `quick` rule that is for it, else the last rule that is.
    #[must_use]
    pub fn deciding<'p>(&self, pf: &'p PfConf) -> Deciding<'p> {
        let mut found = Deciding {
            rules: vec![None],
            unknown: false,
        };
        if self.on(&pf.skipped) != Answer::No && !pf.skipped.is_empty() {
            return found;
        }
        // What may have ended the search before.
        let mut ended: Vec<Option<&PfRule>> = Vec::new();
        for statement in &pf.statements {
            let PfStatement::Rule(rule) = statement else {
                found.unknown = true;
                continue;
            };
            let answer = self.concerns(rule);
            if answer == Answer::No {
                continue;
            }
            match rule.action {
                PfAction::Anchor => {
                    found.unknown = true;
                    continue;
                }
                PfAction::Pass | PfAction::Block => {}
                PfAction::Match | PfAction::Nat | PfAction::NoNat => continue,
            }
            if answer == Answer::Yes {
                found.rules.clear();
            }
            if rule.quick && answer == Answer::Maybe {
                ended.push(Some(rule));
            } else {
                found.rules.push(Some(rule));
            }
            if rule.quick && answer == Answer::Yes {
                break;
            }
        }
        ended.append(&mut found.rules);
        found.rules = ended;
        found
    }

    /// A translation is for packets that the host itself sends out on the interface.
    #[must_use]
    pub fn may_concern(&self, rule: &PfRule) -> bool {
        self.concerns(rule) != Answer::No
    }

    fn concerns(&self, rule: &PfRule) -> Answer {
        let direction = rule.direction.is_none_or(|way| way == self.direction);
        let certain = Answer::of(direction && !rule.inet6);
        let unsure = if rule.unsure {
            Answer::Maybe
        } else {
            Answer::Yes
        };
        let source = any_of(&rule.from, |name| self.from(name));
        let parts = [
            certain,
            unsure,
            self.on(&rule.interfaces),
            any_of(&rule.protocols, protocol),
            source,
            any_of(&rule.to, destination),
        ];
        parts.into_iter().min().unwrap_or(Answer::Yes)
    }

    fn on(&self, names: &[PfName]) -> Answer {
        let own = self.interface.name.as_str();
        any_of(names, |name| {
            interface(name.text.trim_matches(['(', ')']), own)
        })
    }

    /// The source is one of the packet's.
    fn from(&self, name: &PfName) -> Answer {
        let own = self.interface.name.as_str();
        let leaves = self.direction == PfDirection::Out;
        let text = name.text.trim_matches(['(', ')']);
        if text == "self" {
            return Answer::of(leaves);
        }
        if let Some(net) = network(text) {
            return self.among(net);
        }
        let (base, modifier) = text.split_once(':').unwrap_or((text, ""));
        if text.starts_with('<') || !base.ends_with(|c: char| c.is_ascii_digit()) {
            return Answer::Maybe;
        }
        match modifier {
            // Hosts that share a vhid have addresses in one network, as a rule.
            "network" if base == own && leaves => Answer::Yes,
            "network" if base == own => Answer::Maybe,
            "" | "0" if base == own => Answer::of(leaves),
            _ if text.contains("::") => Answer::No,
            _ => Answer::Maybe,
        }
    }

    fn among(&self, net: Ipv4Net) -> Answer {
        let inside = self.sources.iter().filter(|source| net.contains(*source));
        match inside.count() {
            _ if self.sources.is_empty() => Answer::Maybe,
            0 => Answer::No,
            all if all == self.sources.len() => Answer::Yes,
            _ => Answer::Maybe,
        }
    }
}

/// The best answer for a list; an empty one is all.
fn any_of(names: &[PfName], answer: impl Fn(&PfName) -> Answer) -> Answer {
    let answers = names.iter().map(|name| {
        let answer = answer(name);
        if name.negated { answer.not() } else { answer }
    });
    answers.max().unwrap_or(Answer::Yes)
}

/// An interface by its name; a name without a number is a group.
fn interface(name: &str, own: &str) -> Answer {
    let is_group = !name.ends_with(|c: char| c.is_ascii_digit());
    match name {
        _ if name == own => Answer::Yes,
        "any" => Answer::Yes,
        // Groups that are called after a driver.
        "lo" | "tun" | "tap" | "gif" | "gre" | "wg" | "enc" | "pflog" | "ng" | "ovpn" => {
            Answer::of(own.starts_with(name))
        }
        _ if is_group => Answer::Maybe,
        _ => Answer::No,
    }
}

/// Protocol 112, by the names that `protocols(5)` has for it.
fn protocol(name: &PfName) -> Answer {
    Answer::of(matches!(name.text.as_str(), "carp" | "vrrp" | "112"))
}

fn destination(name: &PfName) -> Answer {
    let text = name.text.trim_matches(['(', ')']);
    if let Some(net) = network(text) {
        return Answer::of(net.contains(&GROUP));
    }
    // No interface has the address of the group.
    let base = text.split(':').next().unwrap_or(text);
    let is_own = text == "self" || base.ends_with(|c: char| c.is_ascii_digit());
    if is_own && !text.contains('.') {
        Answer::No
    } else {
        Answer::Maybe
    }
}

/// `10/8`, `192.0.2.0/24`, `192.0.2.1`
fn network(text: &str) -> Option<Ipv4Net> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, length.parse().ok()?),
        None => (text, 32),
    };
    let parts = address.split('.').count();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if parts > 4 || !address.split('.').all(digits) || (parts < 4 && !text.contains('/')) {
        return None;
    }
    let whole = format!("{address}{}", ".0".repeat(4 - parts));
    Ipv4Net::new(whole.parse().ok()?, length).ok()
}
