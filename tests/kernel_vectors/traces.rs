//! Runs of several hosts, through the world and its scenarios.

use std::num::NonZeroU32;

use carpgen::carp::{
    AuthKey, Change, Command, Family, HostSpec, Instant, InterfaceSpec, Protocol, Says, State,
    Sysctls, Timing, VhidSpec, Write,
};
use carpgen::sim::trace::{AdvertisementRecord, TransitionRecord};
use carpgen::sim::{
    Action, Authentication, Event, HostId, HostSetup, InterfaceSetup, Loss, Scenario, Setup, Trace,
    Which, World,
};
use serde_json::{Value, json};

use super::read::{address, family, hex, kernel, number, own_addresses, text, vhid};

pub(crate) fn trace(case: &Value) -> Result<(), String> {
    let setup = setup(case);
    let scenario = scenario(case, &setup);
    for authentication in [Authentication::ByIdentity, Authentication::ByDigest] {
        let mut trace = Trace::with_advertisements();
        let mut world = World::new(&setup, &scenario).authenticating(authentication);
        world.run(&mut trace);
        refusals(case, &trace)?;
        let rows = rows(&setup, &trace, &world);
        for (name, mut rows) in rows {
            let empty = Vec::new();
            let expected = case["trace"][name].as_array().unwrap_or(&empty);
            let mut expected: Vec<Value> = expected.iter().map(whole).collect();
            if name != "arp" {
                rows.sort_by_key(key);
                expected.sort_by_key(key);
            }
            let differs = |(_, (a, b)): &(usize, (&Value, &Value))| a != b;
            let pairs = rows.iter().zip(&expected).enumerate();
            if let Some((at, (row, expected))) = pairs.into_iter().find(differs) {
                return Err(format!("{name}[{at}]: {row}, expected {expected}"));
            }
            if rows.len() != expected.len() {
                let longer = rows.len().max(expected.len());
                let side = if longer == rows.len() {
                    &rows
                } else {
                    &expected
                };
                return Err(format!(
                    "{name}: {} rows, expected {}; the first more is {}",
                    rows.len(),
                    expected.len(),
                    side[rows.len().min(expected.len())]
                ));
            }
        }
    }
    Ok(())
}

/// The kernel refuses what it refused, with the same number, and nothing else.
fn refusals(case: &Value, trace: &Trace) -> Result<(), String> {
    let events = case["events"].as_array().unwrap().iter();
    let expected: Vec<(u64, u64)> = events
        .filter(|event| event["error"].is_number())
        .map(|event| (number(&event["t"]), number(&event["error"])))
        .collect();
    let refused = trace.refusals.iter();
    let refused: Vec<(u64, u64)> = refused
        .map(|record| (record.at.us(), record.refusal.errno().into()))
        .collect();
    if refused == expected {
        Ok(())
    } else {
        Err(format!("refusals {refused:?}, expected {expected:?}"))
    }
}

/// Some whole numbers are written as floats.
fn whole(row: &Value) -> Value {
    let mut row = row.clone();
    for cell in row.as_array_mut().unwrap() {
        if cell.is_f64() {
            *cell = json!(number::<i64>(cell));
        }
    }
    row
}

/// Rows are compared in the order of time, host, interface and vhid.
fn key(row: &Value) -> (u64, String, String, u64) {
    let cell = |at: usize| row[at].as_str().unwrap_or_default().to_owned();
    match row[0].as_u64() {
        Some(at) => (at, cell(1), cell(2), row[3].as_u64().unwrap_or(0)),
        None => (0, cell(0), cell(1), row[2].as_u64().unwrap_or(0)),
    }
}

fn setup(case: &Value) -> Setup {
    let mut setup = Setup::default();
    for host in case["hosts"].as_array().unwrap() {
        let ifs = host["ifs"].as_array().unwrap();
        let interfaces: Vec<InterfaceSetup> = ifs
            .iter()
            .map(|interface| InterfaceSetup {
                name: text(&interface["name"]).to_owned(),
                segment: setup.segment_named(text(&interface["lan"])),
            })
            .collect();
        let place = |name: &Value| {
            let same = |interface: &&Value| interface["name"] == *name;
            ifs.iter().position(|i| same(&i)).unwrap() as u16
        };
        let spec = HostSpec {
            kernel: kernel(text(&case["variant"])),
            sysctls: Sysctls {
                allow: host["allow"].as_bool().unwrap_or(true),
                preempt: host["preempt"].as_bool().unwrap_or(false),
                demotion: host["demotion"].as_i64().unwrap_or(0) as i32,
                arpbalance: host["arpbalance"].as_bool().unwrap_or(false),
                ..Sysctls::default()
            },
            interfaces: ifs
                .iter()
                .map(|interface| InterfaceSpec {
                    addresses: own_addresses(&interface["addrs"]),
                    link: interface["link"].as_bool().unwrap_or(true),
                })
                .collect(),
            vhids: host["vhids"]
                .as_array()
                .unwrap()
                .iter()
                .map(|v| vhid(v, place(&v["if"])))
                .collect(),
        };
        setup.hosts.push(HostSetup {
            name: text(&host["name"]).to_owned(),
            spec,
            interfaces,
            away: false,
        });
    }
    setup
}

fn scenario(case: &Value, setup: &Setup) -> Scenario {
    let hosts = case["hosts"].as_array().unwrap();
    let at = |value: &Value| Instant::from_us(number(value));
    let mut events = Vec::new();
    for drop in case["drops"].as_array().unwrap_or(&Vec::new()) {
        let loss = Loss {
            host: host(setup, &drop["host"]),
            interface: None,
            vhid: number(&drop["vhid"]),
            which: Which::Nth(number(&drop["n"])),
            to: drop["to"].is_string().then(|| host(setup, &drop["to"])),
        };
        events.push(Event {
            at: Instant::ZERO,
            action: Action::Lose(loss),
        });
    }
    for event in case["events"].as_array().unwrap() {
        events.push(Event {
            at: at(&event["t"]),
            action: action(setup, event),
        });
    }
    Scenario {
        until: at(&case["end_us"]),
        latency_us: number(&case["latency_us"]),
        timing: match text(&case["timer"]) {
            "exact" => Timing::Exact,
            _ => Timing::Hz(NonZeroU32::new(1000).unwrap()),
        },
        boot: hosts
            .iter()
            .map(|host| host["boot_us"].is_number().then(|| at(&host["boot_us"])))
            .collect(),
        events,
        ..Scenario::quiet(setup)
    }
}

fn host(setup: &Setup, name: &Value) -> HostId {
    setup.host(text(name)).unwrap()
}

fn action(setup: &Setup, event: &Value) -> Action {
    let host = |key: &str| host(setup, &event[key]);
    let segment = || event["lan"].as_str().and_then(|lan| setup.segment(lan));
    let interface = || interface_of(setup, event);
    let flag = |key: &str| event[key].as_bool().unwrap();
    let block_family = || event["af"].is_number().then(|| family(&event["af"]));
    match text(&event["ev"]) {
        "crash" => Action::Crash(host("host")),
        "boot" => Action::Boot(host("host")),
        "suspend" => Action::Suspend(host("host")),
        "resume" => Action::Resume(host("host")),
        "link" => Action::Link {
            host: host("host"),
            interface: interface(),
            up: flag("up"),
        },
        "ifflags" => Action::Interface {
            host: host("host"),
            interface: interface(),
            up: flag("up"),
        },
        "senderr" => Action::SendErrors {
            host: host("host"),
            interface: interface(),
            on: flag("on"),
        },
        "partition" => {
            let groups = event["groups"].as_array().unwrap().iter();
            let group = |group: &Value| {
                let names = group.as_array().unwrap().iter();
                names.map(|name| setup.host(text(name)).unwrap()).collect()
            };
            Action::Partition {
                segment: segment(),
                groups: groups.map(group).collect(),
            }
        }
        "heal" => Action::Heal { segment: segment() },
        "block" => Action::Block {
            from: host("from"),
            to: host("to"),
            family: block_family(),
        },
        "unblock" => Action::Unblock {
            from: host("from"),
            to: host("to"),
            family: block_family(),
        },
        "arp" => Action::Arp {
            segment: segment().unwrap(),
            target: text(&event["target"]).parse().unwrap(),
            clients: event["srcs"]
                .as_array()
                .unwrap()
                .iter()
                .map(|client| text(client).parse().unwrap())
                .collect(),
        },
        _ => Action::Configure {
            host: host("host"),
            command: command(event, interface_of(setup, event)),
        },
    }
}

/// The interface of an event; those of sysctls have none.
fn interface_of(setup: &Setup, event: &Value) -> u16 {
    let host = host(setup, &event["host"]);
    let interfaces = &setup.hosts[usize::from(host.0)].interfaces;
    let same = |interface: &InterfaceSetup| interface.name == event["if"];
    interfaces.iter().position(same).unwrap_or(0) as u16
}

fn command(event: &Value, interface: u16) -> Command {
    let on = || event["on"].as_bool().unwrap();
    let vhid_number = || number::<u8>(&event["vhid"]);
    let set = |change| Command::Set {
        interface,
        vhid: vhid_number(),
        change,
    };
    let optional = |key: &str| event[key].is_number().then(|| number::<u16>(&event[key]));
    let ip = || address(&event["addr"]);
    match text(&event["ev"]) {
        "demote" => Command::Sysctl(Write::Demotion(number(&event["delta"]))),
        "preempt" => Command::Sysctl(Write::Preempt(on())),
        "allow" => Command::Sysctl(Write::Allow(on())),
        "adv" => set(Change {
            advbase: optional("advbase").map(|base| base as u8),
            advskew: optional("advskew").map(|skew| skew as u8),
            ..Change::default()
        }),
        "prio" => set(Change {
            priority: optional("prio").map(|prio| prio as u8),
            interval_cs: optional("interval"),
            ..Change::default()
        }),
        "peer" => set(Change {
            peer: event["peer"].as_str().map(|peer| peer.parse().unwrap()),
            peer6: event["peer6"].as_str().map(|peer| peer.parse().unwrap()),
            ..Change::default()
        }),
        "key" => set(Change {
            key: Some(AuthKey::from_bytes(&hex(&event["key"]))),
            ..Change::default()
        }),
        "set_state" => set(Change {
            state: Some(match text(&event["state"]) {
                "MASTER" => State::Master,
                "BACKUP" => State::Backup,
                _ => State::Init,
            }),
            ..Change::default()
        }),
        "addr_add" => Command::AddAddress {
            interface,
            vhid: vhid_number(),
            address: ip(),
        },
        "addr_del" => Command::RemoveAddress {
            interface,
            vhid: vhid_number(),
            address: ip(),
        },
        "carpflags" => Command::Carp {
            interface,
            vhid: vhid_number(),
            up: event["up"].as_bool().unwrap(),
        },
        "vhid_create" => {
            let mut spec = vhid(&event["config"], interface);
            spec.addresses.clear();
            Command::Create(spec)
        }
        other => panic!("no event {other}"),
    }
}

/// The rows of a run, as the files have them.
fn rows(setup: &Setup, trace: &Trace, world: &World<'_>) -> Vec<(&'static str, Vec<Value>)> {
    let names = Names(setup);
    let transitions = trace.transitions.iter().map(|t| names.transition(t));
    let ads = trace.advertisements.iter().map(|a| names.ad(a));
    let announce = trace.announcements.iter().map(|a| {
        let (host, interface) = names.of(a.host, a.interface);
        json!([a.at.us(), host, interface, a.vhid, a.address])
    });
    let demotions = trace.demotions.iter();
    let demotion = demotions.map(|d| json!([d.at.us(), names.host(d.host), d.value]));
    let arp = trace.arp.iter().map(|a| {
        let answers = a.answers.iter();
        let answers: Vec<Value> = answers
            .map(|(host, vhid)| json!([names.host(*host), vhid]))
            .collect();
        json!([a.at.us(), a.target, a.client, answers])
    });
    let finals = world.finals().into_iter().map(|f| {
        let (host, interface) = names.of(f.host, f.interface);
        json!([host, interface, f.vhid, f.state.word()])
    });
    vec![
        ("transitions", transitions.collect()),
        ("ads", ads.collect()),
        ("announce", announce.collect()),
        ("demotion", demotion.collect()),
        ("final", finals.collect()),
        ("arp", arp.collect()),
    ]
}

struct Names<'a>(&'a Setup);

impl<'a> Names<'a> {
    fn host(&self, host: HostId) -> &'a str {
        &self.0.hosts[usize::from(host.0)].name
    }

    fn of(&self, host: HostId, interface: u16) -> (&'a str, &'a str) {
        let interfaces = &self.0.hosts[usize::from(host.0)].interfaces;
        (self.host(host), &interfaces[usize::from(interface)].name)
    }

    /// Advertisements of runs with VRRP name their version.
    fn have_versions(&self) -> bool {
        let speaks_vrrp = |v: &VhidSpec| matches!(v.protocol, Protocol::Vrrp { .. });
        let mut hosts = self.0.hosts.iter();
        hosts.any(|host| host.spec.vhids.iter().any(speaks_vrrp))
    }

    fn transition(&self, t: &TransitionRecord) -> Value {
        let (host, interface) = self.of(t.host, t.interface);
        let (from, to) = (t.from.word(), t.to.word());
        json!([
            t.at.us(),
            host,
            interface,
            t.vhid,
            from,
            to,
            t.text,
            t.cause.word()
        ])
    }

    fn ad(&self, a: &AdvertisementRecord) -> Value {
        let (host, interface) = self.of(a.host, a.interface);
        let af = if a.family == Family::Inet { 4 } else { 6 };
        let (first, second, version) = match a.says {
            Says::Carp { advbase, advskew } => (u16::from(advbase), advskew, 2),
            Says::Vrrp {
                interval_cs,
                priority,
            } => (interval_cs, priority, 3),
        };
        let mut row = json!([a.at.us(), host, interface, a.vhid, first, second, af]);
        if self.have_versions() {
            row.as_array_mut().unwrap().push(json!(version));
        }
        row
    }
}
