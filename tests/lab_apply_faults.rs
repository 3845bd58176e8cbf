//! `carpgen apply` with a fault at every command: afterwards every host is wholly old or wholly new, and the same after a
//! restart.
//!
//! A fixed sample is tried each time. `CARPGEN_FAULTS=all` tries every point of every scenario, `CARPGEN_FAULTS=10` every
//! tenth, and leaves the tables in the temporary folder of the build (`target/tmp/apply-*.md`). `CARPGEN_LABORATORIES` says
//! how many laboratories work side by side. `CARPGEN_FAULTS_LIKE="key-14,committing,crash"` tries the points of a
//! scenario in whose host, command and fault all of these words are, for a second look.

#![allow(clippy::unwrap_used, reason = "a test may fail")]
#![allow(clippy::print_stdout, reason = "figures that a test measures")]

mod lab_support;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lab_support::matrix::{Change, Fault, FaultPoint, Verdict, run};
use lab_support::process::run as run_program;
use lab_support::{Lab, Options, System};

/// One point of so many is tried each time.
const SAMPLE: usize = 199;

/// What differs between the old and the new description of a scenario.
#[derive(Clone, Copy)]
struct State {
    /// Whether the vhids are there.
    vhids: bool,
    key: &'static str,
    order: [&'static str; 2],
    /// A second address of vhid 1.
    second: bool,
}

const USUAL: State = State {
    vhids: true,
    key: "fourteensigns1",
    order: ["a", "b"],
    second: false,
};

struct Scenario {
    name: &'static str,
    system: System,
    old: State,
    new: State,
}

const SCENARIOS: [Scenario; 5] = [
    Scenario {
        name: "first-9",
        system: System::FreeBsd9,
        old: State {
            vhids: false,
            ..USUAL
        },
        new: USUAL,
    },
    Scenario {
        name: "skews-14",
        system: System::FreeBsd14,
        old: USUAL,
        new: State {
            order: ["b", "a"],
            ..USUAL
        },
    },
    Scenario {
        name: "key-14",
        system: System::FreeBsd14,
        old: USUAL,
        new: State {
            key: "anotherkey12",
            ..USUAL
        },
    },
    Scenario {
        name: "key-9",
        system: System::FreeBsd9,
        old: USUAL,
        new: State {
            key: "anotherkey12",
            ..USUAL
        },
    },
    Scenario {
        name: "address-14",
        system: System::FreeBsd14,
        old: USUAL,
        new: State {
            second: true,
            ..USUAL
        },
    },
];

fn description(system: System, state: State) -> String {
    let (release, key) = (system.release(), state.key);
    let mut text =
        format!("[cluster]\nname = \"lab\"\nrelease = \"{release}\"\npass = \"{key}\"\n");
    for (host, number) in [("a", 2), ("b", 3)] {
        text += &format!(
            "[[node]]\nname = \"{host}\"\n[node.interfaces]\nlan = {{ name = \"em0\", addresses = [\"192.0.2.{number}/24\"] }}\n"
        );
    }
    if state.vhids {
        let second = if state.second {
            ", \"192.0.2.9/24\""
        } else {
            ""
        };
        let [first, last] = state.order;
        text += &format!(
            "[[vhid]]\nid = 1\nsegment = \"lan\"\nvips = [\"192.0.2.1/24\"{second}]\npriority = [\"{first}\", \"{last}\"]\n"
        );
    }
    text
}

fn describe(lab: &Lab, system: System, state: State) {
    fs::write(
        lab.folder().join("cluster.toml"),
        description(system, state),
    )
    .unwrap();
}

/// The hosts boot the old state.
fn prepare(lab: &Lab, scenario: &Scenario) {
    describe(lab, scenario.system, scenario.old);
    if scenario.old.vhids {
        let ran = run_program(
            lab.carpgen(lab.folder(), &["render", "--out", "rendered"]),
            Duration::from_secs(20),
        );
        assert_eq!(ran.code, Some(0), "{ran:?}");
        for host in lab.hosts() {
            for file in ["/etc/rc.conf", "/etc/sysctl.conf", "/boot/loader.conf"] {
                let text = fs::read_to_string(lab.folder().join(format!("rendered/{host}{file}")))
                    .unwrap();
                lab.append_file(host, file, &text);
            }
        }
    }
    describe(lab, scenario.system, scenario.new);
}

fn apply(lab: &Lab) -> Command {
    let times = ["--confirm-within", "3s", "--timeout", "8s"];
    lab.carpgen(lab.folder(), &[&["apply", "--yes"][..], &times].concat())
}

/// Commands that only look: a fault there is a fault of the observation, of which one is like the other.
fn only_looks(point: &FaultPoint) -> bool {
    let argv = &point.command.argv;
    let word = |place: usize| argv.get(place).map_or("", String::as_str);
    match word(0) {
        "uname" | "freebsd-version" | "id" | "stat" | "kldstat" | "netstat" => true,
        "cat" => argv.len() > 1,
        "ifconfig" => matches!(word(1), "-a" | "-k"),
        "sysctl" => !argv.iter().any(|word| word.contains('=')),
        _ => false,
    }
}

/// Tries one point of so many of a scenario; the table where one does not hold.
fn tried(scenario: &Scenario, every: usize, offset: usize) -> Option<String> {
    let (points, looks, number) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicUsize::new(offset),
    );
    let like = std::env::var("CARPGEN_FAULTS_LIKE").unwrap_or_default();
    let wanted = |point: &FaultPoint| {
        points.fetch_add(1, Ordering::Relaxed);
        if only_looks(point) {
            looks.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        number.fetch_add(1, Ordering::Relaxed) % every == 0
            && like.split(',').all(|word| {
                let argv = point.command.argv.join(" ");
                [scenario.name, &point.host, &argv, point.fault.name()]
                    .iter()
                    .any(|part| part.contains(word))
            })
    };
    let mut options = Options::new(scenario.system, &["a", "b"]);
    // A module that is loaded stays so: without vhids it does nothing.
    options.carp = true;
    let matrix = run(&Change {
        options,
        prepare: &|lab| prepare(lab, scenario),
        ready: &|lab| {
            if scenario.old.vhids {
                lab.wait();
            }
        },
        program: &apply,
        limit: Duration::from_secs(150),
        settle_at_least: Duration::from_millis(200),
        settle_at_most: Duration::from_secs(60),
        faults: &Fault::ALL,
        wanted: &wanted,
        laboratories: setting("CARPGEN_LABORATORIES").unwrap_or(3),
    });
    let matrix = matrix?;
    let text = format!(
        "{}: {} of {} points tried, {} of them at commands that only look.\n\n{}",
        scenario.name,
        matrix.verdicts.len(),
        points.into_inner(),
        looks.into_inner(),
        matrix.markdown()
    );
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::write(folder.join(format!("apply-{}.md", scenario.name)), &text).unwrap();
    fs::write(
        folder.join(format!("apply-{}.json", scenario.name)),
        matrix.json().to_string(),
    )
    .unwrap();
    println!("{text}");
    assert!(
        like.is_empty() || !matrix.verdicts.is_empty(),
        "{}: no point is like {like:?}",
        scenario.name
    );
    let holds = matrix.verdicts.iter().all(Verdict::holds);
    (!holds).then_some(text)
}

fn setting(name: &str) -> Option<usize> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn whatever_fails_no_host_is_left_between() {
    let all = std::env::var_os("CARPGEN_FAULTS").is_some_and(|value| value == "all");
    let every = if all {
        Some(1)
    } else {
        setting("CARPGEN_FAULTS")
    };
    let like = std::env::var("CARPGEN_FAULTS_LIKE").unwrap_or_default();
    let named = |scenario: &Scenario| like.contains(scenario.name);
    assert!(
        like.is_empty() || SCENARIOS.iter().any(named),
        "CARPGEN_FAULTS_LIKE names no scenario"
    );
    // For a sample the scenario in which hosts must change together is enough.
    let broken: Vec<String> = SCENARIOS
        .iter()
        .enumerate()
        .filter(|(_, scenario)| every.is_some() || scenario.name == "key-14")
        .filter(|(_, scenario)| like.is_empty() || named(scenario))
        .filter_map(|(place, scenario)| tried(scenario, every.unwrap_or(SAMPLE), place * 29))
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
