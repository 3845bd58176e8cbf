//! What hosts that do not agree do to each other: the engine decides.

use std::collections::BTreeSet;

use super::views::View;
use super::{Hosts, Member};
use crate::lint::numbers::{list_in_words, seconds};
use crate::model::{HostConfig, InterfaceConfig, Key, Mode};
use crate::sim::{HostId, Scenario, Service, Setup, VhidService, simulate};

/// More hosts than this are not simulated: their quarrels cost time and show nothing new.
const MOST_HOSTS: usize = 4;

/// From here on, in microseconds, a state is taken for the last one.
const SETTLED_US: u64 = 45_000_000;

/// What a simulation of these vhids of hosts shows in the minute after a common start, as the end of a sentence;
/// empty where nobody becomes master. Where hosts have several of the vhids, a host serves that is master of any.
pub(in crate::lint) fn simulated(hosts: &Hosts<'_>, view: View, members: &[Member<'_>]) -> String {
    let configs = restricted(hosts, view, members);
    if configs.len() < 2 {
        return String::new();
    }
    let setup = Setup::of(&configs);
    let scenario = Scenario::quiet(&setup);
    let mut service = Service::new(&setup);
    simulate(&setup, &scenario, &mut service);
    let services = service.until(scenario.until);
    let name = |host: &HostId| setup.hosts[usize::from(host.0)].name.clone();
    words(&masters(&services), name)
        .map_or_else(String::new, |words| format!("; simulated: {words}"))
}

/// The hosts with nothing but these vhids and their interfaces.
fn restricted(hosts: &Hosts<'_>, view: View, members: &[Member<'_>]) -> Vec<HostConfig> {
    let is_vrrp = |member: &Member<'_>| matches!(member.config.mode, Mode::Vrrp { .. });
    // Three routers that contradict each other make a storm.
    let most = if members.iter().any(is_vrrp) {
        2
    } else {
        MOST_HOSTS
    };
    let numbers: BTreeSet<usize> = members.iter().map(|member| member.host).collect();
    let all = hosts.configs_of(view);
    let mut configs = Vec::new();
    for number in numbers.into_iter().take(most) {
        let Some(whole) = all.get(number) else {
            continue;
        };
        let own = || members.iter().filter(|member| member.host == number);
        let mut config = HostConfig {
            interfaces: Vec::new(),
            vhids: own().map(|member| member.config.clone()).collect(),
            ..whole.clone()
        };
        for member in own() {
            let name = &member.config.interface;
            if config.interfaces.iter().any(|known| known.name == *name) {
                continue;
            }
            let known = whole.interfaces.iter().find(|known| known.name == *name);
            config
                .interfaces
                .push(known.cloned().unwrap_or_else(|| InterfaceConfig {
                    name: name.clone(),
                    segment: member.config.segment.clone(),
                    addresses: Vec::new(),
                    manage: false,
                    first_alias: 0,
                }));
        }
        configs.push(config);
    }
    hide_half_known_keys(&mut configs);
    configs
}

/// Where a key is not known all are taken for equal.
fn hide_half_known_keys(configs: &mut [HostConfig]) {
    let mut keys: Vec<&mut Key> = configs.iter_mut().flat_map(HostConfig::keys_mut).collect();
    if keys.iter().any(|key| key.text().is_none()) {
        for key in &mut keys {
            **key = Key::Redacted;
        }
    }
}

/// Who is master when, over all vhids.
fn masters(services: &[VhidService]) -> Vec<(u64, BTreeSet<HostId>)> {
    let spans = services.iter().flat_map(|service| &service.spans);
    let times: BTreeSet<u64> = spans.map(|span| span.from.us()).collect();
    let mut found: Vec<(u64, BTreeSet<HostId>)> = Vec::new();
    for time in times {
        let now = services.iter().filter_map(|service| {
            let spans = service.spans.iter().rev();
            spans.into_iter().find(|span| span.from.us() <= time)
        });
        let hosts = now.flat_map(|span| span.masters.iter().copied()).collect();
        if found.last().is_none_or(|(_, before)| *before != hosts) {
            found.push((time, hosts));
        }
    }
    found
}

fn words(masters: &[(u64, BTreeSet<HostId>)], name: impl Fn(&HostId) -> String) -> Option<String> {
    let end_us = Scenario::UNTIL.us();
    let (from, last) = masters.last()?;
    let ends = masters.iter().skip(1).map(|(from, _)| *from);
    let spans = masters.iter().zip(ends.chain([end_us]));
    let dual_us: u64 = spans
        .filter(|((_, hosts), _)| hosts.len() > 1)
        .map(|((from, _), end)| end.saturating_sub(*from))
        .sum();
    let of_two = match dual_us {
        0 => String::new(),
        us => format!(", after {} with two masters", seconds(us)),
    };
    let hosts = list_in_words(last.iter().map(name));
    let settled = *from <= SETTLED_US;
    match last.len() {
        _ if !settled => Some(format!(
            "within {} the master changes {} times",
            seconds(end_us),
            masters.len().saturating_sub(2)
        )),
        0 => None,
        1 => Some(format!(
            "{hosts} is master from {} on, and stays so{of_two}",
            seconds(*from)
        )),
        2 => Some(format!(
            "{hosts} are both master from {} on, and stay so",
            seconds(*from)
        )),
        _ => Some(format!(
            "{hosts} are all master from {} on, and stay so",
            seconds(*from)
        )),
    }
}
