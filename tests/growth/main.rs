//! Time and memory follow the size of what is read, for every parser and for texts that are meant to grow.
//!
//! Each text is read in a process of its own, which tells the processor time that it took, so that nothing else on the
//! machine counts, and the most memory that it ever had. The shell's limits end one that would go on.

#![allow(clippy::unwrap_used, reason = "a test may fail")]
#![allow(clippy::print_stdout, reason = "a child tells its parent")]

mod hostile;

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::process::Command;
use std::time::Duration;

use carpgen::config::{Description, examples};
use carpgen::dialect::parse::{
    HostText, Text, Variables, devd_conf, ifconfig_output, loader_conf, pf_conf, read_host,
    sysctl_conf, sysctl_output,
};
use carpgen::lint::toml_lines;
use carpgen::model::{FileId, HostName, Release};
use carpgen::sim::{Scenario, Setup};
use hostile::Hostile;
use rayon::prelude::*;

/// Reads a text as what its name says.
fn parse(name: &str, text: &str) {
    let source = Text::new(FileId(0), text);
    match name {
        "devd.conf" => drop(black_box(devd_conf(&source))),
        "pf.conf" => drop(black_box(pf_conf(&source))),
        "ifconfig.txt" => drop(black_box(ifconfig_output(&source))),
        "sysctl.txt" => drop(black_box(sysctl_output(&source))),
        "cluster.toml" => {
            black_box(Description::read(text).problems.len());
            black_box(toml_lines(text).len());
        }
        "scenario" => {
            let example = examples::example("article").unwrap();
            let setup = Setup::of_cluster(&Description::read(example.text).cluster);
            drop(black_box(Scenario::parse(text, &setup)));
        }
        "sysctl.conf" => [Release::R9, Release::R14]
            .into_iter()
            .for_each(|release| drop(black_box(sysctl_conf(&source, release)))),
        "loader.conf" => drop(black_box(loader_conf(
            &source,
            Release::R14,
            &mut BTreeMap::new(),
        ))),
        path => {
            let host = HostName::new("h").unwrap();
            for release in [Release::R9, Release::R14] {
                let files = [
                    HostText { path, text },
                    HostText {
                        path: "rc.conf.local",
                        text: "ifconfig_em0=\"up\"\n",
                    },
                ];
                black_box(read_host(&host, &files, Some(release)).boot.commands.len());
            }
        }
    }
}

/// Files of this size are forty times those of real hosts.
const BYTES: usize = 40_000;

/// For each text; generous, since builds are without optimisation.
const MOST_TIME: Duration = Duration::from_secs(3);

/// For each text. What is not in proportion to it is what a short text may expand to.
const MOST_MEMORY: usize = 600 * BYTES + (32 << 20);

/// Every text, and what reads it.
fn all() -> Vec<Hostile> {
    let mut all = hostile::OTHERS.to_vec();
    for (what, make) in hostile::SHELL {
        all.extend([("rc.conf", *what, *make), ("live.sh", *what, *make)]);
    }
    all
}

/// The processor time of this thread: what else the machine does is not counted.
fn processor_time() -> Duration {
    let clock = nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID;
    clock.now().unwrap().into()
}

/// The most memory that this process has ever used, in bytes; `VmHWM` of proc(5).
fn peak() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: usize = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

const CHILD: &str = "CARPGEN_GROWTH";

/// Run by [`time_and_memory_follow_the_input`] alone.
#[test]
fn reading_one() {
    let Ok(index) = std::env::var(CHILD) else {
        return;
    };
    let (name, _, make) = all()[index.parse::<usize>().unwrap()];
    let text = make(BYTES);
    let (before, start) = (peak(), processor_time());
    parse(name, &text);
    let took = processor_time() - start;
    // Only Linux tells about memory.
    let grown = peak()
        .zip(before)
        .map_or(0, |(after, before)| after - before);
    println!("\nmeasured {} {grown}", took.as_micros());
}

fn measure(index: usize) -> Result<(Duration, usize), String> {
    // Seconds of processor time, and kilobytes of memory.
    let limited = "ulimit -t 20; ulimit -v 4000000; exec \"$0\" \"$@\"";
    let child = Command::new("/bin/sh")
        .args(["-c", limited])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "reading_one", "--nocapture", "--test-threads=1"])
        .env(CHILD, index.to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    let measured = said
        .lines()
        .find_map(|line| line.strip_prefix("measured "))
        .and_then(|line| line.split_once(' '))
        .and_then(|(took, grown)| Some((took.parse().ok()?, grown.parse().ok()?)));
    measured
        .map(|(took, grown)| (Duration::from_micros(took), grown))
        .ok_or_else(|| {
            format!(
                "{}\n{said}{}",
                child.status,
                String::from_utf8_lossy(&child.stderr)
            )
        })
}

#[test]
fn time_and_memory_follow_the_input() {
    let all = all();
    let wrong: Vec<String> = (0..all.len())
        .into_par_iter()
        .filter_map(|index| {
            let measured = measure(index);
            let problem = match measured {
                Ok((took, grown)) if took <= MOST_TIME && grown <= MOST_MEMORY => return None,
                Ok((took, grown)) => format!("{took:?}, {grown} bytes"),
                Err(said) => said,
            };
            let (name, what, _) = all[index];
            Some(format!("{name}, {what}: {problem}"))
        })
        .collect();
    assert!(wrong.is_empty(), "of {BYTES} bytes:\n{}", wrong.join("\n"));
}

#[test]
fn what_is_kept_of_a_megabyte_is_bounded() {
    for (what, make) in hostile::SHELL {
        let text = make(1_000_000);
        let start = processor_time();
        let variables = Variables::read([Text::new(FileId(0), &text)]);
        let kept: usize = variables
            .assignments()
            .iter()
            .map(|assignment| assignment.value.text().len())
            .sum();
        assert!(
            kept <= 20 * text.len() + (4 << 20),
            "{what} keeps {kept} bytes"
        );
        let took = processor_time() - start;
        assert!(took < 2 * MOST_TIME, "{what}: {took:?} for 1 MB");
    }
}
