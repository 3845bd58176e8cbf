//! Emulated FreeBSD hosts for tests: `tests/lab` from Rust. Needs root on Linux; `tests/lab/README.md` says more.
//!
//! Where something is missing the tests that stand on it are passed over and say so; with `CI` in the environment they fail.

// Each test program uses another part of it.
#![allow(dead_code, reason = "no test program uses all of it")]
#![allow(clippy::print_stderr, reason = "tests say why they are passed over")]
#![allow(clippy::print_stdout, reason = "a long matrix shows how far it is")]

pub(crate) mod matrix;
pub(crate) mod pair;
pub(crate) mod process;
pub(crate) mod records;
pub(crate) mod standing;
pub(crate) mod work;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use tempfile::TempDir;

use process::{Ran, Running, run};
use records::{Advertisement, Counted, Event, Logged, Outage, Session};

/// What a laboratory can emulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum System {
    FreeBsd9,
    FreeBsd14,
}

impl System {
    pub(crate) const ALL: [Self; 2] = [Self::FreeBsd9, Self::FreeBsd14];

    fn family(self) -> &'static str {
        match self {
            Self::FreeBsd9 => "freebsd-9",
            Self::FreeBsd14 => "freebsd-14",
        }
    }

    /// The release, as `uname -r` says it.
    pub(crate) fn release(self) -> &'static str {
        match self {
            Self::FreeBsd9 => "9.3-RELEASE",
            Self::FreeBsd14 => "14.3-RELEASE",
        }
    }

    /// The line of loader.conf that loads the module.
    pub(crate) fn module_line(self) -> &'static str {
        match self {
            Self::FreeBsd9 => "if_carp_load=\"YES\"\n",
            Self::FreeBsd14 => "carp_load=\"YES\"\n",
        }
    }
}

/// What `Lab::up` builds.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) system: System,
    pub(crate) hosts: Vec<String>,
    pub(crate) segments: Vec<String>,
    /// The module is loaded at boot.
    pub(crate) carp: bool,
    /// em0, em1, … have no addresses.
    pub(crate) bare: bool,
    /// em0, em1, … have IPv6 addresses too.
    pub(crate) ipv6: bool,
    /// How long firmware and loader take at a reboot; not at `reset`.
    pub(crate) boot_delay: Duration,
}

impl Options {
    /// Hosts with addresses on one segment `lan`, without the module and without boot delay.
    pub(crate) fn new(system: System, hosts: &[&str]) -> Self {
        Self {
            system,
            hosts: hosts.iter().map(|&host| host.to_owned()).collect(),
            segments: vec!["lan".to_owned()],
            carp: false,
            bare: false,
            ipv6: false,
            boot_delay: Duration::ZERO,
        }
    }
}

const TOOL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/lab");

/// What a command of the laboratory may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Why there can be no laboratory here.
fn missing() -> Option<&'static str> {
    if !fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0) {
        return Some("only root on Linux can build one");
    }
    for tool in [
        "ip",
        "nsenter",
        "unshare",
        "mount",
        "umount",
        "ssh",
        "ssh-keygen",
        "sshd",
        "tcpdump",
        "ps",
        "ucarp",
        "tcsh",
    ] {
        let folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
        if !folders
            .iter()
            .any(|folder| Path::new(folder).join(tool).exists())
        {
            return Some(tool);
        }
    }
    if !Path::new("/usr/bin/python3").exists() {
        return Some("/usr/bin/python3");
    }
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "--pid", "--fork", "/bin/sh", "-c"]).arg(
        "ip link add br0 type bridge && ip link add ve0 type veth peer name ve1 && ip link add link ve0 name mv0 type macvlan && mount -t tmpfs x /mnt",
    );
    (run(command, LIMIT).code != Some(0))
        .then_some("no namespaces with bridge, veth, macvlan and tmpfs")
}

/// Whether laboratories can be built. Says so where not, and fails where `CI` is set.
pub(crate) fn possible() -> bool {
    static MISSING: OnceLock<Option<&'static str>> = OnceLock::new();
    let Some(reason) = MISSING.get_or_init(missing) else {
        return true;
    };
    assert!(std::env::var_os("CI").is_none(), "no laboratory: {reason}");
    eprintln!("passed over, no laboratory: {reason}");
    false
}

/// The monotonic clock in seconds, as events have it.
pub(crate) fn now() -> f64 {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC).unwrap();
    Duration::from(time).as_secs_f64()
}

/// A laboratory of its own; dropping it removes all of it, after a panic too.
pub(crate) struct Lab {
    folder: TempDir,
    options: Options,
}

impl Lab {
    /// Builds a laboratory and waits until its hosts have booted. None where that is impossible.
    pub(crate) fn up(options: &Options) -> Option<Self> {
        if !possible() {
            return None;
        }
        let lab = Self {
            folder: tempfile::Builder::new()
                .prefix("carp-lab-")
                .tempdir()
                .unwrap(),
            options: options.clone(),
        };
        let mut arguments = vec![
            "up".to_owned(),
            format!("--family={}", options.system.family()),
            format!("--hosts={}", options.hosts.join(",")),
            format!("--segments={}", options.segments.join(",")),
            format!("--boot-delay={}", options.boot_delay.as_secs_f64()),
        ];
        let switches = [
            (options.carp, "--carp"),
            (options.bare, "--bare"),
            (options.ipv6, "--ipv6"),
        ];
        arguments.extend(
            switches
                .iter()
                .filter(|(on, _)| *on)
                .map(|(_, name)| (*name).to_owned()),
        );
        lab.tool(&arguments);
        Some(lab)
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn hosts(&self) -> &[String] {
        &self.options.hosts
    }

    fn command<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new("/usr/bin/python3");
        command
            // Without what Debian adds to Python: it starts in half the time.
            .args(["-IS", TOOL, "--dir"])
            .arg(self.folder.path())
            .args(arguments);
        command
    }

    /// Runs a command of the laboratory that must succeed, and returns what it prints.
    fn tool<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> String {
        let command = self.command(arguments);
        let shown = format!("{command:?}");
        let ran = run(command, LIMIT);
        assert_eq!(ran.code, Some(0), "{shown}: {ran:?}");
        ran.stdout
    }

    /// Where the laboratory lies, with its configuration of ssh; tests put a description beside that.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The configuration that `ssh -F` logs in with.
    pub(crate) fn ssh_config(&self) -> PathBuf {
        self.folder.path().join("ssh_config")
    }

    /// carpgen in a folder, with the configuration of ssh where it logs in.
    pub(crate) fn carpgen(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_carpgen"));
        command.current_dir(folder).args(arguments);
        if arguments[0] != "render" {
            command.arg("--ssh-config").arg(self.ssh_config());
        }
        command
    }

    /// Runs a command line in root's shell over ssh, with this text as standard input.
    pub(crate) fn ssh(&self, host: &str, command: &str, input: &str) -> Ran {
        let mut ssh = Command::new("ssh");
        ssh.arg("-F").arg(self.ssh_config()).args([host, command]);
        Running::start(ssh, input).finish(LIMIT)
    }

    /// Whether a host lets root in over ssh and runs a command, within ten seconds.
    pub(crate) fn reachable(&self, host: &str) -> bool {
        let mut ssh = Command::new("ssh");
        ssh.arg("-F")
            .arg(self.ssh_config())
            .args([host, "/usr/bin/true"]);
        run(ssh, Duration::from_secs(10)).code == Some(0)
    }

    /// Runs a command on the console of a host: not counted and not disturbed by faults.
    pub(crate) fn exec(&self, host: &str, argv: &[&str]) -> Ran {
        let mut arguments = vec!["exec", host, "--"];
        arguments.extend(argv);
        run(self.command(&arguments), LIMIT)
    }

    /// What a command on the console prints; it must succeed.
    pub(crate) fn console(&self, host: &str, argv: &[&str]) -> String {
        let ran = self.exec(host, argv);
        assert_eq!(ran.code, Some(0), "{host}: {argv:?}: {ran:?}");
        ran.stdout
    }

    /// What a line of sh on the console prints; it must succeed.
    pub(crate) fn sh(&self, host: &str, line: &str) -> String {
        self.console(host, &["/bin/sh", "-c", line])
    }

    fn host_folder(&self, host: &str) -> PathBuf {
        assert!(
            self.hosts().iter().any(|known| known == host),
            "no host {host}"
        );
        self.folder.path().join(host)
    }

    /// The root file system of a host.
    pub(crate) fn root(&self, host: &str) -> PathBuf {
        self.host_folder(host).join("root")
    }

    /// A file of a host, seen from outside.
    pub(crate) fn file(&self, host: &str, path: &str) -> PathBuf {
        self.root(host).join(path.trim_start_matches('/'))
    }

    pub(crate) fn write_file(&self, host: &str, path: &str, text: &str) {
        let file = self.file(host, path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    pub(crate) fn append_file(&self, host: &str, path: &str, text: &str) {
        let old = fs::read_to_string(self.file(host, path)).unwrap_or_default();
        self.write_file(host, path, &(old + text));
    }

    pub(crate) fn read_file(&self, host: &str, path: &str) -> String {
        let file = self.file(host, path);
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    /// What the console showed at the boots.
    pub(crate) fn console_log(&self, host: &str) -> String {
        fs::read_to_string(self.host_folder(host).join("console.log")).unwrap_or_default()
    }

    /// Crashes and boots hosts, all at the same time, and waits for them.
    pub(crate) fn reboot<S: AsRef<str>>(&self, hosts: &[S]) {
        let names: Vec<&str> = hosts.iter().map(AsRef::as_ref).collect();
        self.tool(&["reboot", &names.join(",")]);
    }

    /// Ends everything of a host at once.
    pub(crate) fn crash(&self, host: &str) {
        self.tool(&["crash", host]);
    }

    /// The same without a farewell to those who are connected: their connections hang.
    pub(crate) fn crash_silently(&self, host: &str) {
        self.tool(&["crash", host, "--silent"]);
    }

    /// Boots a host that is off, and waits for it.
    pub(crate) fn boot(&self, host: &str) {
        self.tool(&["boot", host]);
    }

    /// Keeps the disks as they are for `reset`; `up` has kept them as they were before the first boot.
    pub(crate) fn save(&self) {
        self.tool(&["save"]);
    }

    /// All hosts with the disks last kept and freshly booted; no faults, no logs, all cables plugged in.
    pub(crate) fn reset(&self) {
        self.tool(&["reset"]);
    }

    /// Asks the machine of a host, around everything that runs on the host.
    fn ask(&self, host: &str, request: &Value) -> Value {
        let folder = fs::File::open(self.host_folder(host)).unwrap();
        // The path of the folder may be too long for the address of a socket.
        let socket = format!("/proc/self/fd/{}/kernel.sock", folder.as_raw_fd());
        let mut stream = UnixStream::connect(socket).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.write_all(format!("{request}\n").as_bytes()).unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// What the machine of a host says: `power`, `boots`, `init`, `vhids`, `demotion`, …
    pub(crate) fn state(&self, host: &str) -> Value {
        self.ask(host, &json!({"op": "state"}))
    }

    /// What the kernel of a host answers to `ifconfig`, `sysctl` or `kldstat`, without a process on the host.
    pub(crate) fn kernel(&self, host: &str, argv: &[&str]) -> String {
        let answer = self.ask(host, &json!({"op": "cmd", "argv": argv, "cwd": "/"}));
        answer["out"].as_str().unwrap_or_default().to_owned()
    }

    /// Waits until no host is on its way up; hosts that are off stay so.
    pub(crate) fn wait_booted(&self) {
        let end = now() + LIMIT.as_secs_f64();
        while self
            .hosts()
            .iter()
            .any(|host| self.state(host)["power"] == "booting")
        {
            assert!(now() < end, "a host does not boot");
            sleep(Duration::from_millis(10));
        }
    }

    /// Waits until every vhid that there is has exactly one master.
    pub(crate) fn wait(&self) {
        self.tool(&["wait"]);
    }

    /// The masters of every vhid: by its number, or `lan:1` where the number is on several segments.
    pub(crate) fn masters(&self) -> BTreeMap<String, Vec<String>> {
        serde_json::from_str(&self.tool(&["masters"])).unwrap()
    }

    /// Waits until the masters are these; fails after that long.
    pub(crate) fn wait_masters(&self, wanted: &[(&str, &[&str])], limit: Duration) {
        let wanted = named(wanted);
        let end = now() + limit.as_secs_f64();
        loop {
            let masters = self.masters();
            if masters == wanted {
                return;
            }
            assert!(now() < end, "masters {masters:?} instead of {wanted:?}");
            sleep(Duration::from_millis(50));
        }
    }

    /// Everything that happened from that second of the monotonic clock on, in order.
    pub(crate) fn events(&self, since: f64) -> Vec<Event> {
        let mut all: Vec<Event> = self
            .hosts()
            .iter()
            .flat_map(|host| self.events_of(host, since))
            .collect();
        all.sort_by(|a, b| a.t.total_cmp(&b.t));
        all
    }

    pub(crate) fn events_of(&self, host: &str, since: f64) -> Vec<Event> {
        records::events(&self.host_folder(host).join("events.jsonl"), since)
    }

    /// Watches the states until the monitor is finished, fifty times a second.
    pub(crate) fn monitor(&self) -> Monitor<'_> {
        self.monitor_at(50)
    }

    /// The same, so many times a second.
    pub(crate) fn monitor_at(&self, hz: u32) -> Monitor<'_> {
        let file = self.folder.path().join("monitor.jsonl");
        // The tool takes a moment until it samples.
        let _ = fs::remove_file(&file);
        let out = file.to_str().unwrap();
        let running = Running::start(
            self.command(&["monitor", "3600", "--hz", &hz.to_string(), "--out", out]),
            "",
        );
        while !file.exists() {
            assert!(running.age() < LIMIT, "the monitor does not start");
            sleep(Duration::from_millis(5));
        }
        Monitor {
            lab: self,
            running,
            file,
        }
    }

    /// Records the advertisements of a segment until the capture is finished.
    pub(crate) fn capture(&self, segment: &str) -> Capture<'_> {
        let file = self.folder.path().join(format!("{segment}.pcap"));
        self.tool(&["capture", segment, file.to_str().unwrap(), "--background"]);
        Capture { lab: self, file }
    }

    /// Replaces the faults of a host: see the README of the laboratory.
    pub(crate) fn fault(&self, host: &str, faults: &Value) {
        let folder = self.host_folder(host);
        // Counting begins anew, and no command reads half a file.
        let _ = fs::remove_file(folder.join("faults.state"));
        fs::write(folder.join("faults.json.new"), faults.to_string()).unwrap();
        fs::rename(folder.join("faults.json.new"), folder.join("faults.json")).unwrap();
        self.ask(host, &json!({"op": "faults"}));
    }

    pub(crate) fn clear_faults(&self) {
        for host in self.hosts() {
            let folder = self.host_folder(host);
            for file in ["faults.state", "faults.json"] {
                let _ = fs::remove_file(folder.join(file));
            }
            self.ask(host, &json!({"op": "faults"}));
        }
    }

    /// Lets commands go on that the action `wait` has stopped.
    pub(crate) fn go_on(&self, host: &str) {
        fs::write(self.host_folder(host).join("go"), "").unwrap();
    }

    /// The commands that say or change how the host is configured, in order: ifconfig, sysctl, sysrc, service, …
    pub(crate) fn commands_log(&self, host: &str) -> Vec<Logged> {
        records::logged(&self.host_folder(host).join("commands.log"))
    }

    /// The other tools that ran, such as `cp` and `sed`, with their arguments.
    pub(crate) fn tools_log(&self, host: &str) -> Vec<String> {
        let log = fs::read_to_string(self.host_folder(host).join("tools.log"));
        log.unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// All commands with their numbers, from when faults were set or recording was asked for.
    pub(crate) fn counted(&self, host: &str) -> Vec<Counted> {
        records::counted(&self.host_folder(host).join("counted.log"))
    }

    /// Every login over ssh, and what it asked to run.
    pub(crate) fn sessions(&self, host: &str) -> Vec<Session> {
        records::sessions(&self.host_folder(host).join("sessions.log"))
    }

    /// Takes a host out of a segment, or puts it back; the link stays up.
    pub(crate) fn partition(&self, host: &str, segment: &str, on: bool) {
        self.tool(&["partition", host, segment, if on { "on" } else { "off" }]);
    }

    /// Pulls or plugs a cable.
    pub(crate) fn link(&self, host: &str, interface: &str, up: bool) {
        self.tool(&["link", host, interface, if up { "up" } else { "down" }]);
    }

    /// Runs a command on the machine that is on every segment.
    pub(crate) fn client(&self, argv: &[&str]) -> Ran {
        let mut arguments = vec!["client", "--"];
        arguments.extend(argv);
        run(self.command(&arguments), LIMIT)
    }
}

/// Masters, as [`Lab::masters`] returns them.
pub(crate) fn named(masters: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    let named = masters.iter().map(|(vhid, hosts)| {
        let hosts = hosts.iter().map(|&host| host.to_owned()).collect();
        ((*vhid).to_owned(), hosts)
    });
    named.collect()
}

impl Drop for Lab {
    fn drop(&mut self) {
        let ran = run(self.command(&["down"]), LIMIT);
        if ran.code != Some(0) {
            eprintln!("lab down: {ran:?}");
        }
    }
}

/// A watch over the states of all vhids.
pub(crate) struct Monitor<'l> {
    lab: &'l Lab,
    running: Running,
    file: PathBuf,
}

impl Monitor<'_> {
    /// Ends the watch: how long each vhid had no master, and several.
    pub(crate) fn finish(self) -> BTreeMap<String, Outage> {
        self.running.signal(Signal::SIGTERM);
        let age = self.running.age();
        let ran = self.running.finish(age + LIMIT);
        assert!(!ran.timed_out, "{ran:?}");
        records::outages(&self.lab.tool(&["summary", self.file.to_str().unwrap()]))
    }
}

/// A capture that goes on.
pub(crate) struct Capture<'l> {
    lab: &'l Lab,
    file: PathBuf,
}

impl Capture<'_> {
    /// The advertisements so far.
    pub(crate) fn advertisements(&self) -> Vec<Advertisement> {
        let mut command = Command::new("tcpdump");
        command
            .args(["-tt", "-n", "-T", "carp", "-r"])
            .arg(&self.file)
            .args(["proto", "112"]);
        // The last packet may just be being written: tcpdump says so and fails, having shown the others.
        records::advertisements(&run(command, LIMIT).stdout)
    }

    /// Ends the captures of the laboratory.
    pub(crate) fn finish(self) -> Vec<Advertisement> {
        self.lab.tool(&["capture", "--stop"]);
        self.advertisements()
    }
}
