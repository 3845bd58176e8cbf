//! Emulated hosts for tests of commands that log in: the laboratory in `tests/lab`, or where `CARPGEN_LAB` names it.

#![allow(dead_code, reason = "no test program uses all of it")]
#![allow(clippy::print_stderr, reason = "tests say why they are passed over")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A laboratory of its own; dropping it removes all of it.
pub(crate) struct Lab {
    folder: TempDir,
    tool: PathBuf,
}

impl Lab {
    /// Builds hosts of a family, `freebsd-9` or `freebsd-14`, with the module loaded. None, with the reason printed, where
    /// that is impossible; a failure where `CI` is set.
    pub(crate) fn up(family: &str, hosts: &str) -> Option<Self> {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/lab");
        let tool = std::env::var_os("CARPGEN_LAB").map_or(own, PathBuf::from);
        let folder = tempfile::Builder::new()
            .prefix("carp-lab-")
            .tempdir()
            .unwrap();
        let lab = Self { folder, tool };
        let arguments = ["up", "--carp", "--family", family, "--hosts", hosts];
        let built = lab.tool.exists().then(|| lab.run(&arguments));
        let reason = match built {
            None => format!("there is no {}", lab.tool.display()),
            Some(built) if built.status.success() => return Some(lab),
            Some(built) => String::from_utf8_lossy(&built.stderr).into_owned(),
        };
        assert!(std::env::var_os("CI").is_none(), "no laboratory: {reason}");
        eprintln!("passed over, no laboratory: {reason}");
        None
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(&self.tool);
        let command = command.arg("--dir").arg(self.folder.path());
        command.args(arguments).output().unwrap()
    }

    /// Runs a command of the laboratory that must succeed, and returns what it prints.
    pub(crate) fn lab(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert!(ran.status.success(), "lab {arguments:?}: {ran:?}");
        String::from_utf8(ran.stdout).unwrap()
    }

    pub(crate) fn tool(&self) -> &Path {
        &self.tool
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What `ssh -F` logs in with.
    pub(crate) fn ssh_config(&self) -> PathBuf {
        self.folder.path().join("ssh_config")
    }

    /// A file of a host, seen from outside.
    pub(crate) fn file(&self, host: &str, path: &str) -> PathBuf {
        self.folder.path().join(host).join("root").join(path)
    }

    /// Adds lines to a file of a host.
    pub(crate) fn append(&self, host: &str, path: &str, lines: &str) {
        let path = self.file(host, path);
        let before = fs::read_to_string(&path).unwrap_or_default();
        fs::write(path, before + lines).unwrap();
    }

    /// Runs a line of sh at the console of a host. It must succeed.
    pub(crate) fn console(&self, host: &str, line: &str) -> String {
        self.lab(&["exec", host, "/bin/sh", "-c", line])
    }

    /// The masters as `lab masters` prints them.
    pub(crate) fn masters(&self) -> String {
        self.lab(&["masters"]).trim().to_owned()
    }

    /// Waits until the masters are these.
    pub(crate) fn wait_for_masters(&self, wanted: &str) {
        let begun = Instant::now();
        while self.masters() != wanted {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "masters are {}, not {wanted}",
                self.masters()
            );
            sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if self.tool.exists() {
            let _ = self.run(&["down"]);
        }
    }
}
