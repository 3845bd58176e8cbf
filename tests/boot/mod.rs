//! Runs an rc.conf through a stand-in for the boot scripts under the real `/bin/sh`.

use std::path::Path;
use std::process::{Command, Stdio};

/// The ifconfig commands that a boot runs, without the interface names of `-l` and without `ifdisabled`, which
/// differs between the script versions.
pub(crate) fn commands(rc_conf: &str, family: &str, interfaces: &[&str]) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("rc.conf"), rc_conf).expect("writable");
    // The scripts match patterns against the current directory, which is / at boot.
    for name in ["bin", "boot", "dev", "etc", "tmp"] {
        std::fs::create_dir(folder.path().join(name)).expect("writable");
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/boot/boot.sh");
    let status = Command::new("/bin/sh")
        .arg(script)
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", "/bin:/usr/bin")
        .env("BOOT_DIR", folder.path())
        .env("BOOT_FAMILY", family)
        .env("BOOT_INTERFACES", interfaces.join(" "))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("/bin/sh starts");
    let recorded = std::fs::read(folder.path().join("commands")).unwrap_or_default();
    let recorded = String::from_utf8_lossy(&recorded).into_owned();
    assert!(status.code().is_some(), "the shell was killed");
    recorded
        .split_terminator('\x1e')
        .map(|record| {
            let words = record.split_terminator('\x1f').map(str::to_owned);
            std::iter::once("ifconfig".to_owned())
                .chain(words)
                .collect::<Vec<_>>()
        })
        .filter(|command| !command.iter().any(|word| word.ends_with("ifdisabled")))
        .collect()
}
