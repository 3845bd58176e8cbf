//! What a laboratory writes down, as values.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Something that happened to a host, at an exact time.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Event {
    /// Seconds of the monotonic clock.
    pub(crate) t: f64,
    /// Seconds of the clock on the wall, as in captures.
    pub(crate) wall: f64,
    pub(crate) host: String,
    /// `off`, `booting` or `running`.
    pub(crate) power: Option<String>,
    pub(crate) vhid: Option<u8>,
    pub(crate) ifname: Option<String>,
    /// The state that a vhid came from and the state that it went to.
    pub(crate) old: Option<String>,
    pub(crate) new: Option<String>,
    /// A line of the kernel's log.
    pub(crate) kmsg: Option<String>,
    /// The action of a fault that struck.
    pub(crate) fault: Option<String>,
}

/// How long a vhid had no master, and several, while it was watched; seconds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Outage {
    pub(crate) observed: f64,
    pub(crate) no_master: f64,
    #[serde(rename = "multi_master")]
    pub(crate) several_masters: f64,
    pub(crate) longest_no_master: f64,
    #[serde(rename = "longest_multi_master")]
    pub(crate) longest_several_masters: f64,
    /// How often the masters changed.
    pub(crate) changes: u32,
}

/// A command that a host ran, apart from its boot.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Logged {
    /// Seconds of the clock on the wall.
    pub(crate) time: f64,
    /// Name and arguments.
    pub(crate) argv: Vec<String>,
}

/// A command with the number that a fault rule calls it by.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Counted {
    pub(crate) number: u32,
    /// Name and arguments.
    pub(crate) argv: Vec<String>,
}

/// A login over ssh and what it asked to run; empty for a shell.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Session {
    /// Seconds of the clock on the wall.
    pub(crate) time: f64,
    pub(crate) command: String,
}

/// An advertisement on a segment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Advertisement {
    /// Seconds of the clock on the wall.
    pub(crate) time: f64,
    /// The IPv4 address that it came from.
    pub(crate) source: String,
    pub(crate) vhid: u8,
    pub(crate) advbase: u8,
    pub(crate) advskew: u8,
}

/// The lines of a file of JSON lines; none where there is no file.
fn lines<T: DeserializeOwned>(text: &str) -> Vec<T> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn words(values: &[serde_json::Value]) -> Vec<String> {
    values
        .iter()
        .map(|value| value.as_str().unwrap().to_owned())
        .collect()
}

fn content(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// All that happened to a host from that second of the monotonic clock on.
pub(crate) fn events(path: &Path, since: f64) -> Vec<Event> {
    let text = content(path);
    // The last line may just be being written.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let mut found: Vec<Event> = lines(whole);
    found.retain(|event| event.t >= since);
    found
}

pub(crate) fn logged(path: &Path) -> Vec<Logged> {
    lines::<Vec<serde_json::Value>>(&content(path))
        .iter()
        .map(|line| Logged {
            time: line[0].as_f64().unwrap(),
            argv: words(&line[1..]),
        })
        .collect()
}

pub(crate) fn counted(path: &Path) -> Vec<Counted> {
    lines::<Vec<serde_json::Value>>(&content(path))
        .iter()
        .map(|line| Counted {
            number: u32::try_from(line[0].as_u64().unwrap()).unwrap(),
            argv: words(&line[1..]),
        })
        .collect()
}

pub(crate) fn sessions(path: &Path) -> Vec<Session> {
    lines(&content(path))
}

/// The output of `lab summary` by segment and vhid: `lan:1`.
pub(crate) fn outages(text: &str) -> BTreeMap<String, Outage> {
    serde_json::from_str(text).unwrap()
}

/// The output of `tcpdump -tt -n` about CARP over IPv4.
pub(crate) fn advertisements(text: &str) -> Vec<Advertisement> {
    let number = |line: &str, key: &str| {
        let (_, behind) = line.split_once(key)?;
        behind.split(' ').next()?.parse().ok()
    };
    text.lines()
        .filter_map(|line| {
            let mut fields = line.split(' ');
            let time = fields.next()?.parse().ok()?;
            fields.next().filter(|protocol| *protocol == "IP")?;
            Some(Advertisement {
                time,
                source: fields.next()?.to_owned(),
                vhid: number(line, "vhid=")?,
                advbase: number(line, "advbase=")?,
                advskew: number(line, "advskew=")?,
            })
        })
        .collect()
}
