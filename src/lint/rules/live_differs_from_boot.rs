//! `live-differs-from-boot`

use std::net::IpAddr;

use crate::dialect::parse::Keyword;
use crate::lint::hosts::{Fixing, HostFinding, HostFindings, Hosts, Member, View};
use crate::lint::numbers::list_in_words;
use crate::lint::registry::rule;
use crate::model::{Fix, Mode, Place, Severity, Vip};

rule! {
    /// Finds vhids that run, or are set up by a script, in another way than the next boot sets them up.
    ///
    /// ## Why it matters
    ///
    /// What `ifconfig(8)` changes is gone with the next boot, and rc.conf counts again (`rc.conf(5)`). After an outage the host
    /// then comes back with other addresses, another key or another rank than it had, and the others no longer agree with it.
    ///
    /// ## Example
    ///
    /// ```sh
    /// # rc.conf
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 0 pass Ee5Xkq2uPsz0"
    /// # live.sh
    /// ifconfig em0 inet 192.0.2.1/32 vhid 1 advskew 100 pass Ee5Xkq2uPsz0 alias
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sh
    /// # rc.conf
    /// ifconfig_em0_alias0="inet 192.0.2.1/32 vhid 1 advskew 0 pass Ee5Xkq2uPsz0"
    /// # live.sh
    /// ifconfig em0 inet 192.0.2.1/32 vhid 1 advskew 0 pass Ee5Xkq2uPsz0 alias
    /// ```
    LIVE_DIFFERS_FROM_BOOT = "CG610", "live-differs-from-boot", Warning, for hosts, fix "writes the address of the boot files into a script, if the two differ only in their subnet and the boot files of all hosts agree"
}

/// Something that is not the same: words, and where it stands live and in the boot files.
struct Difference {
    words: String,
    live: Option<Place>,
    boot: Option<Place>,
}

fn check_hosts(hosts: &Hosts<'_>, findings: &mut HostFindings<'_>) {
    for view in [View::Live, View::Shown] {
        for (host, config) in hosts.configs_of(view).iter().enumerate() {
            for vhid in &config.vhids {
                let mut boot = hosts.configs[host].vhids.iter();
                let same = boot.find(|boot| {
                    boot.vhid == vhid.vhid
                        && boot.carp_unit == vhid.carp_unit
                        && (boot.carp_unit.is_some() || boot.interface == vhid.interface)
                });
                let member = |config| Member { host, config };
                if let Some(boot) = same {
                    let (live, boot) = (member(vhid), member(boot));
                    findings.extend(compared(hosts, view, &live, &boot));
                }
            }
        }
    }
}

fn compared(
    hosts: &Hosts<'_>,
    view: View,
    live: &Member<'_>,
    boot: &Member<'_>,
) -> Option<HostFinding> {
    let mut found: Vec<Difference> = Vec::new();
    if hosts.knows_addresses(View::Boot, boot) {
        found.extend(addresses(hosts, view, live, boot));
    }
    for keyword in [Keyword::Advbase, Keyword::Advskew] {
        found.extend(number(hosts, view, live, boot, keyword));
    }
    found.extend(key(hosts, view, live, boot));
    let first = found.iter().find_map(|difference| difference.live)?;
    let what = if view == View::Live {
        "a script"
    } else {
        "what runs"
    };
    let message = format!(
        "vhid {} of {what} is not that of the next boot: {}",
        live.config.vhid,
        list_in_words(found.iter().map(|difference| &difference.words)),
    );
    let help = "write the same into rc.conf and the script, or set up live what rc.conf says";
    let finding = HostFinding::at(Severity::Warning, live.host, first, message, help);
    let fix = (found.len() == 1).then(|| with_the_subnet(hosts, view, live, boot));
    let finding = finding.with_fix(fix.flatten());
    let mut seen = vec![first];
    let places = found.iter().flat_map(|difference| {
        let live = difference.live.map(|place| (place, "live"));
        live.into_iter()
            .chain(difference.boot.map(|place| (place, "at boot")))
    });
    Some(places.fold(finding, |finding, (place, words)| {
        if seen.contains(&place) {
            return finding;
        }
        seen.push(place);
        finding.and(live.host, place, words)
    }))
}

/// A fix that gives the address of a script the subnet that it has in the boot files of all hosts of the group, where it is
/// the same address within its subnet.
fn with_the_subnet(
    hosts: &Hosts<'_>,
    view: View,
    live: &Member<'_>,
    boot: &Member<'_>,
) -> Option<Fix> {
    let (now, then) = (&live.config.vips, &boot.config.vips);
    let mut strange = now.iter().filter(|vip| !then.contains(vip));
    let wrong = *strange.next().filter(|_| view == View::Live)?;
    let same_place = |vip: &&Vip| {
        vip.net().prefix_len() == wrong.net().prefix_len()
            && !vip.has_host_mask()
            && within_subnet(**vip) == within_subnet(wrong)
            && !now.contains(vip)
    };
    let mut meant = then.iter().filter(same_place);
    let right = meant.next()?;
    let groups = hosts.groups();
    let group = groups.iter().find(|group| {
        let mut members = group.members.iter();
        members.any(|member| member.host == boot.host && member.config.vhid == boot.config.vhid)
    })?;
    let agree = group
        .members
        .iter()
        .all(|member| member.config.vips.contains(right));
    if !agree || group.members.len() < 2 || meant.next().is_some() || strange.next().is_some() {
        return None;
    }
    let host = &hosts.hosts[live.host];
    let place = hosts.address_place(view, live, wrong.address())?;
    let at = host.bytes_of(place, &wrong.to_string());
    Fixing::of(live.host).replace(at, &right.to_string()).done()
}

/// The bits of an address behind its prefix.
fn within_subnet(vip: Vip) -> u128 {
    let length = u32::from(vip.net().prefix_len());
    match vip.address() {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shr(length).unwrap_or(0);
            u128::from(address.to_bits() & mask)
        }
        IpAddr::V6(address) => address.to_bits() & u128::MAX.checked_shr(length).unwrap_or(0),
    }
}

fn addresses(
    hosts: &Hosts<'_>,
    view: View,
    live: &Member<'_>,
    boot: &Member<'_>,
) -> Vec<Difference> {
    let has = |vips: &[Vip], address: IpAddr| vips.iter().any(|vip| vip.address() == address);
    // The kernel gives itself link-local addresses.
    let counts =
        |vip: &&Vip| !matches!(vip.address(), IpAddr::V6(v6) if v6.is_unicast_link_local());
    let (now, then) = (&live.config.vips, &boot.config.vips);
    let mut found = Vec::new();
    for vip in now.iter().filter(counts) {
        if !has(then, vip.address()) {
            let subnet = if is_in_another_subnet(*vip, then) {
                ", in another subnet"
            } else {
                ""
            };
            found.push(Difference {
                words: format!("{} is only live{subnet}", vip.address()),
                live: hosts.address_place(view, live, vip.address()),
                boot: hosts.place_of(View::Boot, boot),
            });
        }
    }
    // A script may set up a part.
    for vip in then.iter().filter(|_| view == View::Shown).filter(counts) {
        if !has(now, vip.address()) {
            found.push(Difference {
                words: format!("{} is only in the boot files", vip.address()),
                live: hosts.place_of(view, live),
                boot: hosts.address_place(View::Boot, boot, vip.address()),
            });
        }
    }
    found
}

/// Both sides say their subnets, and none is the same.
fn is_in_another_subnet(vip: Vip, others: &[Vip]) -> bool {
    let same_family = others
        .iter()
        .filter(|other| other.family() == vip.family() && !other.has_host_mask());
    let nets: Vec<_> = same_family.map(|other| other.net()).collect();
    let overlap =
        |net: &ipnet::IpNet| net.contains(&vip.address()) || vip.net().contains(&net.addr());
    !vip.has_host_mask() && !nets.is_empty() && !nets.iter().any(overlap)
}

/// Base or skew, where both sides state it.
fn number(
    hosts: &Hosts<'_>,
    view: View,
    live: &Member<'_>,
    boot: &Member<'_>,
    keyword: Keyword,
) -> Option<Difference> {
    let states = |view, member| {
        view == View::Shown
            || hosts
                .statements_of(view, member)
                .iter()
                .any(|found| found.statement.parameter(keyword).is_some())
    };
    let value = |member: &Member<'_>| match (&member.config.mode, keyword) {
        (Mode::Carp { advbase, .. }, Keyword::Advbase) => Some(advbase.number()),
        (Mode::Carp { advskew, .. }, _) => Some(advskew.number()),
        (Mode::Vrrp { .. }, _) => None,
    };
    let (now, then) = (value(live)?, value(boot)?);
    let both = states(view, live) && states(View::Boot, boot);
    (both && now != then).then(|| Difference {
        words: format!("{} is {now} live and {then} at boot", keyword.word()),
        live: hosts.parameter_place(view, live, keyword),
        boot: hosts.parameter_place(View::Boot, boot, keyword),
    })
}

fn key(hosts: &Hosts<'_>, view: View, live: &Member<'_>, boot: &Member<'_>) -> Option<Difference> {
    let now = hosts.effective_key(view, live)?;
    let then = hosts.effective_key(View::Boot, boot)?;
    let differs = !now.is_empty() && !then.is_empty() && now != then;
    differs.then(|| Difference {
        words: "the key is another one".to_owned(),
        live: hosts.parameter_place(view, live, Keyword::Pass),
        boot: hosts.parameter_place(View::Boot, boot, Keyword::Pass),
    })
}
