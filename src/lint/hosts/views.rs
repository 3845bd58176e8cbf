//! What the hosts are configured with, source by source: at boot, by scripts of live commands, and as saved output
//! shows them. Hosts are compared within one of these.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::groups::Member;
use super::{Hosts, LintHost, Source, SourceStatement};
use crate::dialect::join_segments;
use crate::dialect::parse::{
    FileKind, Keyword, ShownInterface, ShownKeys, ShownVhid, carrier_of, live_config, shown_vips,
};
use crate::model::{
    AdvBase, AdvSkew, HostConfig, IfName, InterfaceConfig, Key, Mode, Place, SegmentName, Vhid,
    VhidConfig, Vip, VrrpInterval, VrrpPriority,
};

/// Files that are compared with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// rc.conf and its companions.
    Boot,
    /// Scripts of live commands: what they attach addresses to.
    Live,
    /// Saved output of `ifconfig(8)`.
    Shown,
}

/// What is configured beside the boot: live, then as shown. The hosts are those of [`Hosts`], in their order; a view that no host
/// has is left out.
pub(super) fn other_views(hosts: &[LintHost<'_>]) -> Vec<(View, Vec<HostConfig>)> {
    let live = || hosts.iter().map(script_config).collect::<Vec<_>>();
    let shown = || hosts.iter().map(shown_config).collect::<Vec<_>>();
    let has_live = hosts
        .iter()
        .any(|host| host.reading.scripts.iter().any(|script| !script.at_boot));
    let has_shown = hosts
        .iter()
        .any(|host| !host.reading.shown_interfaces.is_empty());
    let mut views = Vec::new();
    if has_live {
        views.push((View::Live, live()));
    }
    if has_shown {
        views.push((View::Shown, shown()));
    }
    for (_, configs) in &mut views {
        join_segments(configs);
    }
    views
}

fn empty(host: &LintHost<'_>) -> HostConfig {
    HostConfig {
        interfaces: Vec::new(),
        vhids: Vec::new(),
        ..host.reading.config.clone()
    }
}

fn interface(name: &IfName) -> Option<InterfaceConfig> {
    Some(InterfaceConfig {
        segment: SegmentName::new(&name.variable_part()).ok()?,
        name: name.clone(),
        addresses: Vec::new(),
        manage: false,
        first_alias: 0,
    })
}

fn carp_unit(name: &str) -> Option<u16> {
    name.strip_prefix("carp")?.parse().ok()
}

/// Adds a vhid, and its interface where that is new.
fn add(config: &mut HostConfig, name: &str, vhid: Vhid, vips: Vec<Vip>, mode: Mode) -> Option<()> {
    let carrier = carrier_of(config, name, &vips)?;
    if !config.interfaces.iter().any(|own| own.name == carrier) {
        config.interfaces.push(interface(&carrier)?);
    }
    config.vhids.push(VhidConfig {
        vhid,
        segment: SegmentName::new(&carrier.variable_part()).ok()?,
        interface: carrier,
        carp_unit: carp_unit(name),
        vips,
        mode,
    });
    Some(())
}

fn shown_config(host: &LintHost<'_>) -> HostConfig {
    let reading = &host.reading;
    let shown = live_config(
        &host.name,
        reading.release,
        &reading.shown_interfaces,
        &[],
        // Output without keys says nothing about them.
        ShownKeys::Hidden,
    );
    HostConfig {
        interfaces: shown.interfaces,
        vhids: shown.vhids,
        ..reading.config.clone()
    }
}

/// What the scripts attach addresses to. What they do not say of a vhid is as at boot; of its key nothing is known.
fn script_config(host: &LintHost<'_>) -> HostConfig {
    let mut config = empty(host);
    config.interfaces = host.reading.config.interfaces.clone();
    let all = host.statements();
    let live: Vec<&SourceStatement<'_>> = all.iter().filter(|found| attaches(found)).collect();
    let mut seen: Vec<(&str, Vhid)> = Vec::new();
    for found in &live {
        let Some(vhid) = number_of(found) else {
            continue;
        };
        let name = found.statement.interface.text();
        if seen.contains(&(name, vhid)) {
            continue;
        }
        seen.push((name, vhid));
        let of_vhid = live.iter().filter(|other| {
            other.statement.interface.text() == name && number_of(other) == Some(vhid)
        });
        let (mut vips, mut mode) = (Vec::new(), start_of(host, name, vhid));
        for found in of_vhid {
            vips.extend(vip_of(found));
            mode = with_parameters(mode, found);
        }
        add(&mut config, name, vhid, vips, mode);
    }
    config
}

/// A live command that gives a vhid an address.
pub(in crate::lint) fn attaches(found: &SourceStatement<'_>) -> bool {
    matches!(found.source, Source::Live(_))
        && found.is_carp()
        && !found.statement.removes()
        && vip_of(found).is_some()
}

fn number_of(found: &SourceStatement<'_>) -> Option<Vhid> {
    Vhid::new(found.vhid()?).ok()
}

/// The address that a command sets.
pub(in crate::lint) fn vip_of(found: &SourceStatement<'_>) -> Option<Vip> {
    let address = found.statement.addresses().next()?;
    let prefix = address.mask.as_ref().and_then(|mask| mask.length());
    Vip::new(address.address?, prefix).ok()
}

/// What a vhid has before a script: that of the boot, else what the kernel starts with.
fn start_of(host: &LintHost<'_>, name: &str, vhid: Vhid) -> Mode {
    let boot = host.reading.config.vhids.iter().find(|known| {
        known.vhid == vhid
            && (known.interface.as_str() == name
                || known
                    .carp_unit
                    .is_some_and(|unit| carp_unit(name) == Some(unit)))
    });
    let knows = host.has(FileKind::RcConf) || host.has(FileKind::IfconfigOutput);
    let shown = host.reading.shown_interfaces.iter();
    let is_shown = shown.filter(|shown| shown.name == name).any(|shown| {
        shown
            .vhids
            .iter()
            .any(|v| v.vhid == i64::from(vhid.number()))
    });
    let unknown = (boot.is_some() || is_shown || !knows).then_some(Key::Redacted);
    match boot.map(|known| known.mode.clone()) {
        Some(Mode::Carp {
            advbase,
            advskew,
            peer,
            peer6,
            ..
        }) => Mode::Carp {
            advbase,
            advskew,
            key: unknown,
            peer,
            peer6,
        },
        Some(vrrp) => vrrp,
        None => Mode::Carp {
            advbase: AdvBase::DEFAULT,
            advskew: AdvSkew::DEFAULT,
            key: unknown,
            peer: None,
            peer6: None,
        },
    }
}

fn with_parameters(mut mode: Mode, found: &SourceStatement<'_>) -> Mode {
    let number = |keyword| found.statement.parameter(keyword).and_then(|p| p.number());
    let text = |keyword| found.statement.parameter(keyword).and_then(|p| p.text());
    if number(Keyword::Carpver) == Some(3)
        && matches!(mode, Mode::Carp { .. })
        && let Ok(priority) = VrrpPriority::new(100)
    {
        mode = Mode::Vrrp {
            priority,
            interval: VrrpInterval::DEFAULT,
        };
    }
    match &mut mode {
        Mode::Carp {
            advbase,
            advskew,
            key,
            peer,
            peer6,
        } => {
            let base = number(Keyword::Advbase).filter(|base| *base > 0);
            *advbase = base.and_then(|b| AdvBase::new(b).ok()).unwrap_or(*advbase);
            let skew = number(Keyword::Advskew).and_then(|s| AdvSkew::new(s).ok());
            *advskew = skew.unwrap_or(*advskew);
            if let Some((secret, _)) = found.statement.key() {
                *key = Some(Key::Text(secret.clone()));
            }
            let v4: Option<Ipv4Addr> = text(Keyword::Peer).and_then(|text| text.parse().ok());
            let v6: Option<Ipv6Addr> = text(Keyword::Peer6).and_then(|text| text.parse().ok());
            (*peer, *peer6) = (v4.or(*peer), v6.or(*peer6));
        }
        Mode::Vrrp { priority, interval } => {
            let given = number(Keyword::Vrrpprio).and_then(|p| VrrpPriority::new(p).ok());
            *priority = given.unwrap_or(*priority);
            let given = number(Keyword::Vrrpinterval).and_then(|i| VrrpInterval::new(i).ok());
            *interval = given.unwrap_or(*interval);
        }
    }
    mode
}

impl Hosts<'_> {
    /// What the hosts are configured with in a view.
    #[must_use]
    pub fn configs_of(&self, view: View) -> &[HostConfig] {
        let other = self.others.iter().find(|(of, _)| *of == view);
        match (view, other) {
            (View::Boot, _) => &self.configs,
            (_, Some((_, configs))) => configs,
            (_, None) => &[],
        }
    }

    /// Base and effective skew of a vhid that speaks CARP, which decide an election.
    #[must_use]
    pub fn timers(&self, member: &Member<'_>) -> Option<(AdvBase, AdvSkew)> {
        let Mode::Carp {
            advbase, advskew, ..
        } = member.config.mode
        else {
            return None;
        };
        let legacy = self.hosts[member.host].is_legacy();
        Some((advbase, if legacy { advskew } else { advskew.effective() }))
    }

    /// The keyword that makes a vhid speak to one peer, if it does.
    #[must_use]
    pub fn unicast_word(&self, member: &Member<'_>) -> Option<Keyword> {
        let Mode::Carp { peer, peer6, .. } = &member.config.mode else {
            return None;
        };
        let able = self.hosts[member.host].release().has_unicast();
        let v4 = peer.filter(|peer| able && !peer.is_multicast());
        let v6 = peer6.filter(|peer| able && !peer.is_multicast());
        v4.map(|_| Keyword::Peer)
            .or_else(|| v6.map(|_| Keyword::Peer6))
    }

    /// The commands that configure a vhid of a host, in the order in which they run. Saved output has none.
    #[must_use]
    pub fn statements_of(&self, view: View, member: &Member<'_>) -> Vec<SourceStatement<'_>> {
        let host = &self.hosts[member.host];
        let carp = member.config.carp_unit.map(|unit| format!("carp{unit}"));
        let number = i64::from(member.config.vhid.number());
        let own = |found: &SourceStatement<'_>| {
            let interface = found.statement.interface.text();
            let is_it = match &carp {
                Some(name) => interface == name,
                None => {
                    interface == member.config.interface.as_str() && found.vhid() == Some(number)
                }
            };
            is_it && !found.statement.removes()
        };
        let found = match view {
            View::Boot => host.boot(),
            View::Live => {
                let mut all = host.statements();
                all.retain(attaches);
                all
            }
            View::Shown => Vec::new(),
        };
        found.into_iter().filter(own).collect()
    }

    /// A vhid of a host in saved output.
    #[must_use]
    pub fn shown_vhid(&self, member: &Member<'_>) -> Option<(&ShownInterface, &ShownVhid)> {
        let carp = member.config.carp_unit.map(|unit| format!("carp{unit}"));
        let name = carp.as_deref().unwrap_or(member.config.interface.as_str());
        let shown = self.hosts[member.host].reading.shown_interfaces.iter();
        let number = i64::from(member.config.vhid.number());
        let mut found = shown.filter(|shown| shown.name == name).flat_map(|shown| {
            let vhids = shown.vhids.iter().filter(|vhid| vhid.vhid == number);
            vhids.map(move |vhid| (shown, vhid))
        });
        found.next()
    }

    /// Where a vhid of a host stands.
    #[must_use]
    pub fn place_of(&self, view: View, member: &Member<'_>) -> Option<Place> {
        if view == View::Shown {
            return self.shown_vhid(member).map(|(_, vhid)| vhid.place);
        }
        let own = self.statements_of(view, member);
        let first = own
            .iter()
            .find(|found| found.vhid().is_some())
            .or(own.first());
        first.map(|found| found.statement.vhid_place()).or_else(|| {
            self.hosts[member.host].vhid_place(member.config.interface.as_str(), member.config.vhid)
        })
    }

    /// Where a parameter of a vhid is set for the last time; the vhid where it is not set.
    #[must_use]
    pub fn parameter_place(
        &self,
        view: View,
        member: &Member<'_>,
        keyword: Keyword,
    ) -> Option<Place> {
        let own = self.statements_of(view, member);
        let set = own
            .iter()
            .rev()
            .find_map(|found| found.statement.parameter(keyword));
        set.map(|parameter| parameter.value_place())
            .or_else(|| self.place_of(view, member))
    }

    /// Where an address of a vhid stands; the vhid where it does not.
    #[must_use]
    pub fn address_place(&self, view: View, member: &Member<'_>, address: IpAddr) -> Option<Place> {
        let own = self.statements_of(view, member);
        let set = own
            .iter()
            .flat_map(|found| found.statement.addresses())
            .find(|found| found.address == Some(address))
            .map(|found| found.word.place);
        let shown = || {
            let (shown, vhid) = self.shown_vhid(member).filter(|_| view == View::Shown)?;
            let mut found = shown_vips(shown, vhid).filter(|found| found.address == address);
            found.next().map(|found| found.place)
        };
        set.or_else(shown).or_else(|| self.place_of(view, member))
    }
}
