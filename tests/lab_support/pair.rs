//! A pair of hosts with two vhids that are mirror images, described in `cluster.toml` and running as described.

use std::fs;
use std::time::Duration;

use super::process::{Ran, run};
use super::{Lab, Options, System};

/// What both hosts serve where all is well.
pub(crate) const HOME: [(&str, &[&str]); 2] = [("1", &["a"]), ("2", &["b"])];

/// What `b` serves alone.
pub(crate) const ALL_ON_B: [(&str, &[&str]); 2] = [("1", &["b"]), ("2", &["b"])];

/// What an election and a slow machine take.
const ELECTION: Duration = Duration::from_secs(20);

/// What a command of carpgen may take.
const LIMIT: Duration = Duration::from_secs(150);

/// The description. The key is `poison`: it must appear in nothing that carpgen prints.
fn description(system: System) -> String {
    let (release, mask) = match system {
        System::FreeBsd9 => ("9", 24),
        System::FreeBsd14 => ("14", 32),
    };
    format!(
        r#"
[cluster]
name = "web"
release = "{release}"
pass = "poison"
[[node]]
name = "a"
[node.interfaces]
lan = {{ name = "em0", addresses = ["192.0.2.2/24"] }}
[[node]]
name = "b"
[node.interfaces]
lan = {{ name = "em0", addresses = ["192.0.2.3/24"] }}
[[vhid]]
id = 1
segment = "lan"
vips = ["192.0.2.1/{mask}"]
priority = ["a", "b"]
[[vhid]]
id = 2
segment = "lan"
vips = ["192.0.2.100/{mask}"]
priority = ["b", "a"]
"#
    )
}

/// Builds the pair. Each host has lines of its own besides. None where there can be no laboratory.
pub(crate) fn pair(system: System) -> Option<Lab> {
    let mut options = Options::new(system, &["a", "b"]);
    options.carp = true;
    let lab = Lab::up(&options)?;
    fs::write(lab.folder().join("cluster.toml"), description(system)).unwrap();
    for host in ["a", "b"] {
        for (part, file) in [
            ("rc.conf", "/etc/rc.conf"),
            ("sysctl.conf", "/etc/sysctl.conf"),
            ("live", "/root/live.sh"),
        ] {
            let rendered = carpgen(&lab, &["render", "--host", host, "--only", part]);
            lab.append_file(host, file, &rendered.stdout);
        }
        lab.console(host, &["sh", "/root/live.sh"]);
    }
    lab.wait_masters(&HOME, ELECTION);
    Some(lab)
}

/// Waits until the masters are these.
pub(crate) fn elected(lab: &Lab, masters: &[(&str, &[&str])]) {
    lab.wait_masters(masters, ELECTION);
}

/// Runs carpgen beside the description, with the laboratory's configuration of ssh where it logs in.
pub(crate) fn carpgen(lab: &Lab, arguments: &[&str]) -> Ran {
    let mut command = lab.carpgen(lab.folder(), arguments);
    // Emulated hosts are slow on a busy machine.
    if arguments[0] != "render" && !arguments.contains(&"--timeout") {
        command.args(["--timeout", "30s"]);
    }
    run(command, LIMIT)
}

/// Runs carpgen, which ends with this status, and returns both outputs.
pub(crate) fn says(lab: &Lab, arguments: &[&str], code: i32) -> String {
    let ran = carpgen(lab, arguments);
    let text = ran.stdout.clone() + &ran.stderr;
    assert_eq!(ran.code, Some(code), "{arguments:?}: {text}");
    assert!(!text.contains("poison"), "{text}");
    text
}
