//! A host on its own: every event in every state, and whatever comes.

mod random;

use super::*;
use crate::carp::{AuthKey, Kernel, Reason};

const KERNELS: [&Kernel; 8] = [
    &Kernel::LEGACY,
    &Kernel::R10,
    &Kernel::R11,
    &Kernel::R12,
    &Kernel::R13,
    &Kernel::R13_RECOVERING,
    &Kernel::R14,
    &Kernel::R15,
];

fn spec(kernel: &'static Kernel, preempt: bool, addresses: &[&str]) -> HostSpec {
    HostSpec {
        kernel,
        sysctls: Sysctls {
            preempt,
            ..Sysctls::default()
        },
        interfaces: vec![InterfaceSpec {
            addresses: vec![("192.0.2.1".parse().unwrap(), 24)],
            link: true,
        }],
        vhids: vec![VhidSpec {
            vhid: 7,
            interface: 0,
            protocol: Protocol::Carp {
                advbase: 1,
                advskew: 100,
                key: AuthKey::from_passphrase("secret"),
                destinations: Destinations::default(),
            },
            addresses: addresses.iter().map(|a| a.parse().unwrap()).collect(),
        }],
    }
}

fn boot(kernel: &'static Kernel, preempt: bool) -> Host {
    let mut host = Host::boot(
        Instant::ZERO,
        &spec(kernel, preempt, &["192.0.2.100"]),
        Timing::Exact,
        0,
    );
    drain(&mut host);
    host
}

fn drain(host: &mut Host) -> Vec<Output> {
    std::iter::from_fn(|| host.poll_output()).collect()
}

fn state(host: &Host) -> State {
    host.vhid(0, 7).map_or(State::Init, |view| view.state)
}

/// A host in a state, and the time.
fn host_in(kernel: &'static Kernel, preempt: bool, wanted: State) -> (Host, Instant) {
    let mut host = boot(kernel, preempt);
    let mut now = Instant::ZERO;
    match wanted {
        State::Init => host.handle(
            now,
            Input::Link {
                interface: 0,
                up: false,
            },
        ),
        State::Backup => {}
        State::Master => {
            now = host.poll_timeout().unwrap();
            host.handle(now, Input::Timeout);
        }
    }
    // The task that link loss leaves behind.
    while host.next_is_task() {
        host.handle(now, Input::Timeout);
    }
    drain(&mut host);
    assert_eq!(state(&host), wanted);
    (host, now)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happens {
    Slower,
    Equal,
    Faster,
    Hopeless,
    Wait,
    LinkDown,
    LinkUp,
    AddressAdded,
    Backup,
    Master,
}

fn advert(advbase: u8, advskew: u8) -> Advertisement {
    Advertisement {
        order: 0,
        counter: Some(1),
        identity: 0,
        interface: 0,
        slot: 0,
        length: 36,
        vhid: 7,
        family: Family::Inet,
        unicast: false,
        says: Says::Carp { advbase, advskew },
    }
}

fn happen(host: &mut Host, now: Instant, what: Happens) -> Instant {
    let mut hear = |advbase, advskew| {
        let advertisement = advert(advbase, advskew);
        host.handle(
            now,
            Input::Advertisement {
                interface: 0,
                advertisement: &advertisement,
            },
        );
    };
    let set = |state| Command::Set {
        interface: 0,
        vhid: 7,
        change: Change {
            state: Some(state),
            ..Change::default()
        },
    };
    match what {
        Happens::Slower => hear(1, 101),
        Happens::Equal => hear(1, 100),
        Happens::Faster => hear(1, 99),
        Happens::Hopeless => hear(3, 101),
        Happens::Wait => {
            let slot = host.vhid(0, 7).unwrap().slot;
            if let Some(due) = host.timer(slot, TimerKind::MasterDown) {
                host.handle(due.at, Input::Timeout);
                return due.at;
            }
        }
        Happens::LinkDown | Happens::LinkUp => host.handle(
            now,
            Input::Link {
                interface: 0,
                up: what == Happens::LinkUp,
            },
        ),
        Happens::AddressAdded => {
            let command = Command::AddAddress {
                interface: 0,
                vhid: 7,
                address: "192.0.2.101".parse().unwrap(),
            };
            host.configure(now, &command).unwrap();
        }
        Happens::Backup => host.configure(now, &set(State::Backup)).unwrap(),
        Happens::Master => host.configure(now, &set(State::Master)).unwrap(),
    }
    now
}

/// What each event leads to from INIT, BACKUP and MASTER, without preemption and with it. `.` stays, `r` goes through INIT
/// to BACKUP.
const TABLE: [(Happens, [&str; 3], [&str; 3]); 10] = [
    (Happens::Slower, [".", ".", "."], [".", "M", "."]),
    (Happens::Equal, [".", ".", "B"], [".", ".", "B"]),
    (Happens::Faster, [".", ".", "B"], [".", ".", "B"]),
    (Happens::Hopeless, [".", "M", "."], [".", "M", "."]),
    (Happens::Wait, [".", "M", "."], [".", "M", "."]),
    (Happens::LinkDown, [".", "I", "I"], [".", "I", "I"]),
    (Happens::LinkUp, ["B", "r", "r"], ["B", "r", "r"]),
    (Happens::AddressAdded, [".", "r", "r"], [".", "r", "r"]),
    (Happens::Backup, [".", ".", "B"], [".", ".", "B"]),
    (Happens::Master, [".", "M", "."], [".", "M", "."]),
];

#[test]
fn the_transition_table_holds_for_every_kernel() {
    for kernel in KERNELS {
        for (what, without, with) in TABLE {
            for (preempt, row) in [(false, without), (true, with)] {
                for (from, expected) in [State::Init, State::Backup, State::Master]
                    .into_iter()
                    .zip(row)
                {
                    let (mut host, now) = host_in(kernel, preempt, from);
                    happen(&mut host, now, what);
                    let outputs = drain(&mut host);
                    let path: Vec<State> = outputs
                        .iter()
                        .filter_map(|output| match output {
                            Output::Transition(transition) => Some(transition.to),
                            _ => None,
                        })
                        .collect();
                    let wanted: &[State] = match expected {
                        "." => &[],
                        "I" => &[State::Init],
                        "B" => &[State::Backup],
                        "M" => &[State::Master],
                        _ => &[State::Init, State::Backup],
                    };
                    let case = format!("{} {from:?} {what:?} preempt {preempt}", kernel.name);
                    assert_eq!(path, wanted, "{case}");
                    let sends = outputs.iter().any(|o| matches!(o, Output::Advertise(_)));
                    assert_eq!(sends, expected == "M", "{case}: advertises");
                    check_timers(&host, &case);
                }
            }
        }
    }
}

/// The timers that run are those of the state.
fn check_timers(host: &Host, case: &str) {
    for view in host.vhids() {
        let runs = |kind| host.timer(view.slot, kind).is_some();
        let has = |family| view.addresses.iter().any(|a| Family::of(*a) == family);
        match view.state {
            State::Init => assert!(!TimerKind::ALL.into_iter().any(runs), "{case}: INIT waits"),
            State::Backup => {
                assert!(!runs(TimerKind::Advertisement), "{case}: BACKUP advertises");
                for family in [Family::Inet, Family::Inet6] {
                    assert!(!has(family) || runs(master_down(family)), "{case}: no wait");
                }
            }
            State::Master => assert!(runs(TimerKind::Advertisement), "{case}: MASTER is silent"),
        }
    }
}

#[test]
fn a_new_master_waits_by_its_configured_skew_and_then_by_the_demoted_one() {
    let mut host = boot(&Kernel::R14, false);
    host.configure(Instant::ZERO, &Command::Sysctl(Write::Demotion(50)))
        .unwrap();
    host.handle(Instant::ZERO, Input::Timeout);
    let mut times = Vec::new();
    for _ in 0..3 {
        let now = host.poll_timeout().unwrap();
        host.handle(now, Input::Timeout);
        times.push(now.us());
    }
    let master = 3_390_625;
    assert_eq!(
        times,
        [master, master + 1_390_625, master + 1_390_625 + 1_585_937]
    );
}

#[test]
fn demotions_in_one_step_let_masters_advertise_once() {
    let mut spec = spec(&Kernel::R15, false, &["192.0.2.100"]);
    spec.interfaces.push(spec.interfaces[0].clone());
    for vhid in [8, 9] {
        spec.vhids.push(VhidSpec {
            vhid,
            interface: 1,
            ..spec.vhids[0].clone()
        });
    }
    let mut host = Host::boot(Instant::ZERO, &spec, Timing::Exact, 0);
    let now = Instant::from_us(3_390_625);
    for _ in 0..3 {
        host.handle(now, Input::Timeout);
    }
    drain(&mut host);
    host.handle(
        now,
        Input::Link {
            interface: 1,
            up: false,
        },
    );
    assert_eq!(host.demotion(), 480);
    assert!(host.next_is_task());
    drain(&mut host);
    host.handle(now, Input::Timeout);
    let sent = drain(&mut host);
    assert_eq!(sent.len(), 1);
    assert!(!host.next_is_task());
}

#[test]
fn send_errors_demote_and_recover_as_in_each_kernel() {
    for (kernel, peak, after) in [
        (&Kernel::LEGACY, 1, 0),
        (&Kernel::R13, 240, 240),
        (&Kernel::R13_RECOVERING, 240, 0),
        (&Kernel::R15, 240, 0),
    ] {
        let (mut host, _) = host_in(kernel, false, State::Master);
        let run = |host: &mut Host, on: bool| {
            host.handle(Instant::ZERO, Input::SendErrors { interface: 0, on });
            for _ in 0..8 {
                let now = host.poll_timeout().unwrap();
                host.handle(now, Input::Timeout);
            }
            host.demotion()
        };
        assert_eq!(run(&mut host, true), peak, "{}", kernel.name);
        assert_eq!(run(&mut host, false), after, "{}", kernel.name);
    }
}

#[test]
fn an_early_or_repeated_timeout_does_nothing() {
    let mut host = boot(&Kernel::R14, true);
    let before = host.clone();
    host.handle(Instant::from_us(5), Input::Timeout);
    assert_eq!(host, before);
}

#[test]
fn reasons_follow_from_events() {
    let (mut host, now) = host_in(&Kernel::R14, true, State::Backup);
    happen(&mut host, now, Happens::Slower);
    let Some(Output::Transition(transition)) = host.poll_output() else {
        panic!("no transition");
    };
    assert_eq!(transition.reason, Reason::SlowerMaster);
}

#[test]
fn a_loss_of_link_that_is_reported_twice_keeps_9_down() {
    for (kernel, after) in [
        (&Kernel::LEGACY, State::Init),
        (&Kernel::R13, State::Backup),
    ] {
        let (mut host, now) = host_in(kernel, true, State::Backup);
        for up in [false, false, true] {
            host.handle(now, Input::Link { interface: 0, up });
        }
        assert_eq!(
            (state(&host), host.demotion()),
            (after, 0),
            "{}",
            kernel.name
        );
    }
}
