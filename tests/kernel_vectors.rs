//! The engine and the simulation against what the kernels of FreeBSD 9.3, 13.0, 14 and 15 really did.
//!
//! `fixtures/vectors/README.md` and `fixtures/vectors/fb15/README.md` explain the files. `CARPGEN_VECTORS` names
//! another folder of the same form to run instead; files that it lacks are passed over.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "kernel_vectors/arp.rs"]
mod arp;
#[path = "kernel_vectors/packets.rs"]
mod packets;
#[path = "kernel_vectors/read.rs"]
mod read;
#[path = "kernel_vectors/receive.rs"]
mod receive;
#[path = "kernel_vectors/traces.rs"]
mod traces;

use std::path::{Path, PathBuf};

use serde_json::Value;

/// What a case must do: nothing, or say what differs first.
type Check = fn(&Value) -> Result<(), String>;

/// The files, what checks their cases, and how many cases our own copy has.
const FILES: [(&str, Check, u64); 10] = [
    ("hmac.json", packets::hmac, 62),
    ("packet.json", packets::packet, 44),
    ("rx.json", receive::receive, 74),
    ("arpbalance.json", arp::arp, 151),
    ("traces.json", traces::trace, 220),
    ("traces_hz1000.json", traces::trace, 21),
    ("fb15/packet.json", packets::packet, 51),
    ("fb15/rx.json", receive::receive, 128),
    ("fb15/traces.json", traces::trace, 166),
    ("fb15/traces_hz1000.json", traces::trace, 13),
];

/// Runs the files whose name is given, all cases of each.
fn run(wanted: &[&str]) {
    let other = std::env::var_os("CARPGEN_VECTORS").map(PathBuf::from);
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors");
    let folder = other.as_ref().unwrap_or(&own);
    let present = |name: &str| folder.join(name).is_file();
    assert!(
        FILES.iter().any(|(name, ..)| present(name)),
        "no vectors in {}",
        folder.display()
    );
    let mut failures = Vec::new();
    for (name, check, total) in FILES.iter().filter(|(name, ..)| wanted.contains(name)) {
        if !present(name) {
            assert!(other.is_some(), "{name} is missing");
            continue;
        }
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        let mut run = 0;
        for case in file["cases"].as_array().unwrap() {
            run += 1;
            if let Err(difference) = check(case) {
                failures.push(format!("{name} {}: {difference}", case["id"]));
            }
        }
        assert_eq!(Some(run), file["count"].as_u64(), "cases of {name}");
        if other.is_none() {
            assert_eq!(run, *total, "cases of our copy of {name}");
        }
    }
    assert!(
        failures.is_empty(),
        "{} cases differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn digests() {
    run(&["hmac.json"]);
}

#[test]
fn packets_as_sent() {
    run(&["packet.json", "fb15/packet.json"]);
}

#[test]
fn packets_as_received() {
    run(&["rx.json", "fb15/rx.json"]);
}

#[test]
fn arp_balancing() {
    run(&["arpbalance.json"]);
}

#[test]
fn multi_host_runs() {
    run(&["traces.json", "fb15/traces.json"]);
}

#[test]
fn multi_host_runs_at_hz_1000() {
    run(&["traces_hz1000.json", "fb15/traces_hz1000.json"]);
}
