//! Random acts, and bytes that are nearly packets.

use std::net::IpAddr;

use proptest::prelude::*;

use super::super::*;
use super::{KERNELS, advert, boot, check_timers, drain, host_in, state};

#[derive(Clone, Debug)]
enum Op {
    Pass(u64),
    Hear(u8, u8, bool),
    Bytes(Vec<u8>, bool),
    Link(bool),
    Up(bool),
    SendErrors(bool),
    Demote(i32),
    Allow(bool),
    Preempt(bool),
    Skew(u8),
    Request(bool),
    Add(u8),
    Remove(u8),
    Carp(bool),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0u64..4_000_000).prop_map(Op::Pass),
        4 => (1u8..5, any::<u8>(), any::<bool>()).prop_map(|(b, s, v)| Op::Hear(b, s, v)),
        1 => (proptest::collection::vec(any::<u8>(), 0..90), any::<bool>())
            .prop_map(|(bytes, v)| Op::Bytes(bytes, v)),
        2 => any::<bool>().prop_map(Op::Link),
        1 => any::<bool>().prop_map(Op::Up),
        1 => any::<bool>().prop_map(Op::SendErrors),
        1 => (-300i32..300).prop_map(Op::Demote),
        1 => any::<bool>().prop_map(Op::Allow),
        1 => any::<bool>().prop_map(Op::Preempt),
        1 => (0u8..=254).prop_map(Op::Skew),
        2 => any::<bool>().prop_map(Op::Request),
        1 => (0u8..4).prop_map(Op::Add),
        1 => (0u8..4).prop_map(Op::Remove),
        1 => any::<bool>().prop_map(Op::Carp),
    ]
}

fn address(number: u8) -> IpAddr {
    if number < 2 {
        [192, 0, 2, 200 + number].into()
    } else {
        [0xfd00, 0, 0, 0, 0, 0, 0, u16::from(number)].into()
    }
}

/// The command of an act, if it is one.
fn command(op: &Op, legacy: bool) -> Option<Command> {
    let (interface, vhid) = (0, 7);
    let set = |change| Command::Set {
        interface,
        vhid,
        change,
    };
    Some(match op {
        Op::Demote(by) if !legacy => Command::Sysctl(Write::Demotion(*by)),
        Op::Allow(on) => Command::Sysctl(Write::Allow(*on)),
        Op::Preempt(on) => Command::Sysctl(Write::Preempt(*on)),
        Op::Skew(skew) => set(Change {
            advskew: Some(*skew),
            ..Change::default()
        }),
        Op::Request(master) => set(Change {
            state: Some(if *master {
                State::Master
            } else {
                State::Backup
            }),
            ..Change::default()
        }),
        Op::Add(number) => Command::AddAddress {
            interface,
            vhid,
            address: address(*number),
        },
        Op::Remove(number) => Command::RemoveAddress {
            interface,
            vhid,
            address: address(*number),
        },
        Op::Carp(up) if legacy => Command::Carp {
            interface,
            vhid,
            up: *up,
        },
        _ => return None,
    })
}

fn apply(host: &mut Host, now: &mut Instant, op: &Op) {
    let at = *now;
    if let Some(command) = command(op, host.kernel().carp_interfaces) {
        // Refusals are answers too.
        let _ = host.configure(at, &command);
        return;
    }
    let family = |v6: bool| if v6 { Family::Inet6 } else { Family::Inet };
    let interface = 0;
    match op {
        Op::Pass(us) => {
            let until = at.after_us(*us);
            while let Some(due) = host.poll_timeout().filter(|due| *due <= until) {
                *now = due.max(*now);
                host.handle(*now, Input::Timeout);
            }
            *now = until;
        }
        Op::Hear(advbase, advskew, v6) => {
            let mut advertisement = advert(*advbase, *advskew);
            advertisement.family = family(*v6);
            let input = Input::Advertisement {
                interface,
                advertisement: &advertisement,
            };
            host.handle(at, input);
        }
        Op::Bytes(bytes, v6) => {
            let input = Input::Packet {
                interface,
                family: family(*v6),
                bytes,
            };
            host.handle(at, input);
        }
        Op::Link(up) => host.handle(at, Input::Link { interface, up: *up }),
        Op::Up(up) => host.handle(at, Input::Interface { interface, up: *up }),
        Op::SendErrors(on) => host.handle(at, Input::SendErrors { interface, on: *on }),
        _ => {}
    }
}

proptest! {
    /// Whatever happens, the timers that run are those of the state, and a transition starts where the last one ended.
    #[test]
    fn timers_fit_the_state(
        kernel in 0usize..KERNELS.len(),
        ops in proptest::collection::vec(op(), 1..80),
    ) {
        let kernel = KERNELS[kernel];
        let mut host = boot(kernel, true);
        let mut now = Instant::ZERO;
        let mut last = state(&host);
        for op in &ops {
            apply(&mut host, &mut now, op);
            for output in drain(&mut host) {
                if let Output::Transition(transition) = output {
                    prop_assert_eq!(transition.from, last);
                    prop_assert!(transition.from != transition.to);
                    prop_assert!(
                        transition.to != State::Master || transition.from == State::Backup
                    );
                    last = transition.to;
                }
            }
            check_timers(&host, &format!("{} after {op:?}", kernel.name));
        }
    }

    /// Bytes that are nearly packets: a real one with some bytes changed.
    #[test]
    fn nearly_right_packets_never_panic(
        kernel in 0usize..KERNELS.len(),
        flips in proptest::collection::vec((0usize..56, any::<u8>()), 0..6),
        cut in 0usize..60,
    ) {
        let (mut sender, _) = host_in(KERNELS[kernel], false, State::Backup);
        let now = sender.poll_timeout().unwrap();
        sender.handle(now, Input::Timeout);
        let sent = drain(&mut sender).into_iter().find_map(|output| match output {
            Output::Advertise(advertisement) => Some(advertisement),
            _ => None,
        });
        let mut bytes = Vec::new();
        sender.emit(&sent.unwrap(), Salt::default(), &mut bytes);
        for (at, value) in flips {
            bytes[at] = value;
        }
        bytes.truncate(cut.max(1));
        for kernel in KERNELS {
            let mut host = boot(kernel, true);
            for family in [Family::Inet, Family::Inet6] {
                host.handle(now, Input::Packet { interface: 0, family, bytes: &bytes });
            }
            let heard = drain(&mut host);
            prop_assert!(heard.len() <= 2);
        }
    }
}
