//! Where a host stands between two recorded states: its files and what its kernel has.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::Lab;

/// The folders whose files say how a host boots.
const FOLDERS: [&str; 3] = ["etc", "boot", "usr/local/etc"];

/// What may differ between two laboratories of the same kind.
const KEYS_OF_SSH: &str = "etc/ssh";

/// The configuration of a host, as files and as the running kernel has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// Mode and content by path.
    files: BTreeMap<String, (u32, Vec<u8>)>,
    /// `ifconfig -k`, the sysctls of CARP and the modules, without what changes by itself.
    live: Vec<String>,
}

impl Snapshot {
    /// Looks at a host from the console. None while it is off or booting.
    pub(crate) fn take(lab: &Lab, host: &str) -> Option<Self> {
        if lab.state(host)["power"] != "running" {
            return None;
        }
        let asked: [&[&str]; 3] = [
            &["ifconfig", "-k"],
            &["sysctl", "net.inet.carp"],
            &["kldstat"],
        ];
        let live: String = asked.iter().map(|argv| lab.kernel(host, argv)).collect();
        let root = lab.root(host);
        let mut files = BTreeMap::new();
        for folder in FOLDERS {
            collect(&root, &root.join(folder), &mut files);
        }
        Some(Self {
            files,
            live: normalised(&live),
        })
    }

    /// The running configuration, without what changes by itself.
    pub(crate) fn live(&self) -> &[String] {
        &self.live
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, (u32, Vec<u8>)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = path.strip_prefix(root).unwrap().display().to_string();
        let Ok(metadata) = fs::symlink_metadata(&path) else {
            continue; // It has just gone.
        };
        if name == KEYS_OF_SSH {
            continue;
        }
        if metadata.is_dir() {
            collect(root, &path, files);
        } else if metadata.is_file() {
            let content = fs::read(&path).unwrap_or_default();
            files.insert(name, (metadata.permissions().mode() & 0o7777, content));
        }
    }
}

/// The output of `ifconfig -k`, `sysctl net.inet.carp` and `kldstat` without states, hardware addresses and order.
///
/// Who is master does not say how a host is configured; neither does the order in which addresses came to an interface
/// or modules to the kernel. Statistics are no configuration. The demotion stays in: a host left demoted is not as it was.
pub(crate) fn normalised(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut interface = String::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let indented = line.starts_with(['\t', ' ']);
        match words.as_slice() {
            // `Id Refs Address Size Name` and its rows: 2 1 0xffffffff82218000 6938 carp.ko
            [_, _, address, _, module] if address.starts_with("0x") => {
                lines.push(format!("module {module}"))
            }
            ["Id", ..] | [] => {}
            // An address made of the hardware address.
            ["ether", ..] => {}
            ["inet6", address, ..] if address.starts_with("fe80:") && line.contains("scopeid") => {}
            // What belongs to the line before, such as the peers of a vhid.
            ["peer", ..] if indented => {
                if let Some(last) = lines.last_mut() {
                    *last = format!("{last} {}", words.join(" "));
                }
            }
            ["carp:", _state, rest @ ..] => {
                lines.push(format!("{interface} carp: {}", rest.join(" ")))
            }
            _ if indented => lines.push(format!("{interface} {}", words.join(" "))),
            [name, flags, ..] if flags.starts_with("flags=") => {
                interface = (*name).to_owned();
                let named = flags.split_once('<').map_or(*flags, |(_, names)| names);
                lines.push(format!("{interface} <{named} {}", words[2..].join(" ")));
            }
            _ => lines.push(words.join(" ")),
        }
    }
    lines.sort();
    lines
}

/// Where a host stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Wholly as before the change, or there was nothing to change.
    Old,
    /// Wholly as after it.
    New,
    /// Neither, and what says so.
    Between(Vec<String>),
    /// Off, or it lets nobody in.
    Unreachable,
}

impl Standing {
    /// Whether a host may be left so.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self, Self::Old | Self::New)
    }

    /// A word for tables.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::New => "new",
            Self::Between(_) => "BETWEEN",
            Self::Unreachable => "UNREACHABLE",
        }
    }

    /// What says that a host is between; nothing otherwise.
    pub(crate) fn reasons(&self) -> &[String] {
        match self {
            Self::Between(reasons) => reasons,
            _ => &[],
        }
    }
}

/// Whether a part is as in the old state, as in the new one, or as in neither.
fn side<T: PartialEq>(now: Option<&T>, old: Option<&T>, new: Option<&T>) -> Option<&'static str> {
    match (now == old, now == new) {
        (true, true) => None,
        (true, false) => Some("old"),
        (false, true) => Some("new"),
        (false, false) => Some("neither old nor new"),
    }
}

/// Compares what a host is with what it was before and what it is to be after the change.
pub(crate) fn standing(now: &Snapshot, old: &Snapshot, new: &Snapshot) -> Standing {
    if now == old {
        return Standing::Old;
    }
    if now == new {
        return Standing::New;
    }
    let paths: BTreeSet<&String> = now
        .files
        .keys()
        .chain(old.files.keys())
        .chain(new.files.keys())
        .collect();
    let mut reasons: Vec<String> = paths
        .into_iter()
        .filter_map(|path| {
            let (now, old, new) = (
                now.files.get(path),
                old.files.get(path),
                new.files.get(path),
            );
            side(now, old, new).map(|side| format!("/{path} is {side}"))
        })
        .collect();
    let side = side(Some(&now.live), Some(&old.live), Some(&new.live));
    reasons.extend(side.map(|side| format!("the running configuration is {side}")));
    Standing::Between(reasons)
}
