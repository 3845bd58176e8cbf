//! A description in a folder, applied to the hosts of a laboratory and held against what was predicted.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::Lab;
use super::process::{Ran, run};
use super::standing::Snapshot;

/// The key of the descriptions: it must appear in nothing that carpgen prints.
pub(crate) const KEY: &str = "fourteensigns1";
/// What a command may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(180);

/// A vhid of a description: its number, its addresses, the order of its nodes.
pub(crate) type Group<'g> = (u8, &'g [&'g str], &'g [&'g str]);

/// A description of the hosts of a laboratory.
pub(crate) fn description(lab: &Lab, key: &str, groups: &[Group<'_>]) -> String {
    let release = lab.options().system.release();
    let mut text =
        format!("[cluster]\nname = \"lab\"\nrelease = \"{release}\"\npass = \"{key}\"\n");
    for (host, number) in lab.hosts().iter().zip(2..) {
        text += &format!(
            "[[node]]\nname = \"{host}\"\n[node.interfaces]\nlan = {{ name = \"em0\", addresses = [\"192.0.2.{number}/24\"] }}\n"
        );
    }
    for (id, vips, order) in groups {
        let vips: Vec<String> = vips.iter().map(|vip| format!("\"{vip}\"")).collect();
        let order: Vec<String> = order.iter().map(|host| format!("\"{host}\"")).collect();
        text += &format!(
            "[[vhid]]\nid = {id}\nsegment = \"lan\"\nvips = [{}]\npriority = [{}]\n",
            vips.join(", "),
            order.join(", ")
        );
    }
    text
}

/// A folder with a description, and the laboratory that it is about.
pub(crate) struct Work<'l> {
    lab: &'l Lab,
    pub(crate) folder: TempDir,
}

impl<'l> Work<'l> {
    pub(crate) fn new(lab: &'l Lab, text: &str) -> Self {
        let work = Self {
            lab,
            folder: TempDir::new().unwrap(),
        };
        work.describe(text);
        work
    }

    pub(crate) fn describe(&self, text: &str) {
        fs::write(self.folder.path().join("cluster.toml"), text).unwrap();
    }

    pub(crate) fn carpgen(&self, arguments: &[&str]) -> Ran {
        let mut command = self.lab.carpgen(self.folder.path(), arguments);
        command.env("LC_ALL", "C.UTF-8");
        let ran = run(command, LIMIT);
        for text in [&ran.stdout, &ran.stderr] {
            assert!(!text.contains(KEY), "the key shows: {text}");
        }
        ran
    }

    /// Runs a command that must end with this code.
    pub(crate) fn ends(&self, code: i32, arguments: &[&str]) -> Ran {
        let ran = self.carpgen(arguments);
        assert_eq!(
            ran.code,
            Some(code),
            "{arguments:?}: {}\n{}",
            ran.stdout,
            ran.stderr
        );
        ran
    }

    /// Applies the description, and compares what clients noticed with the prediction.
    pub(crate) fn apply(&self) {
        self.apply_with(&[]);
    }

    pub(crate) fn apply_with(&self, options: &[&str]) {
        self.measured(options).unwrap();
    }

    /// Changes one description to another and applies it. A busy machine may be late: what was measured otherwise than
    /// predicted is taken back and tried again, three times in all.
    pub(crate) fn change(&self, before: &str, after: &str) {
        for left in [2, 1, 0] {
            self.describe(after);
            match self.measured(&["--prune"]) {
                Ok(()) => return,
                Err(why) if left == 0 => panic!("{why}"),
                Err(why) => println!("once more: {why}"),
            }
            self.describe(before);
            self.ends(0, &["apply", "--yes", "--prune"]);
        }
    }

    pub(crate) fn measured(&self, options: &[&str]) -> Result<(), String> {
        let plan: Vec<&str> = ["plan", "--format", "json"]
            .iter()
            .chain(options)
            .copied()
            .collect();
        let plan: Value = serde_json::from_str(&self.ends(1, &plan).stdout).unwrap();
        let mut schema = Command::new(env!("CARGO_BIN_EXE_carpgen"));
        schema.args(["schema", "plan"]);
        let schema: Value = serde_json::from_str(&run(schema, LIMIT).stdout).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        assert!(validator.is_valid(&plan), "{plan:#}");
        let monitor = self.lab.monitor();
        let apply: Vec<&str> = ["apply", "--yes"].iter().chain(options).copied().collect();
        let ran = self.ends(0, &apply);
        std::thread::sleep(Duration::from_secs(1));
        let measured = monitor.finish();
        let mut wrong = Ok(());
        for predicted in plan["prediction"].as_array().unwrap() {
            let vhid = predicted["vhid"].to_string();
            // A vhid that is new has no service to lose.
            if predicted["served_before"] == false {
                continue;
            }
            let outage = measured
                .get(&format!("lan:{vhid}"))
                .or_else(|| measured.get(&vhid))
                .unwrap();
            for (name, seconds) in [
                ("no_master_us", outage.no_master),
                ("dual_master_us", outage.several_masters),
            ] {
                let wanted = predicted[name].as_f64().unwrap() / 1e6;
                println!("vhid {vhid}: {name} {wanted:.3} s predicted, {seconds:.3} s measured");
                if (seconds - wanted).abs() > (0.1 * wanted).max(ALLOWANCE) {
                    wrong = Err(format!(
                        "vhid {vhid}: {name} {wanted:.3} s predicted, {seconds:.3} s measured\n{}",
                        ran.stderr
                    ));
                }
            }
        }
        wrong
    }

    /// After a restart every host runs what it ran before.
    pub(crate) fn survives_a_restart(&self) {
        let take = || -> BTreeMap<String, Vec<String>> {
            let hosts = self.lab.hosts().iter();
            hosts
                .map(|host| {
                    (
                        host.clone(),
                        Snapshot::take(self.lab, host).unwrap().live().to_vec(),
                    )
                })
                .collect()
        };
        let before = take();
        self.lab.reboot(self.lab.hosts());
        self.lab.wait();
        assert_eq!(before, take());
    }
}

/// What a busy machine adds to what is measured, in seconds.
pub(crate) const ALLOWANCE: f64 = 0.1;
