//! SARIF 2.1.0, as code scanning services take it: the part of the format that findings need.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::resolved::{Place, Report, Resolved};
use crate::lint::{RULES, Rule};
use crate::model::Severity;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The findings of all files as a SARIF log.
#[must_use]
pub fn sarif(report: &Report<'_>) -> Log {
    let mut fingerprints = Fingerprints::default();
    let results = report
        .findings
        .iter()
        .map(|found| result(report, found, &mut fingerprints));
    let notifications = report.unread.iter().map(|file| Notification {
        level: "error",
        message: Message::of(&file.message),
        locations: vec![Location::of_file(&file.path)],
    });
    let run = Run {
        tool: Tool {
            driver: Driver {
                name: "carpgen",
                semantic_version: env!("CARGO_PKG_VERSION"),
                rules: RULES.iter().map(|rule| descriptor(rule)).collect(),
            },
        },
        invocations: vec![Invocation {
            execution_successful: report.unread.is_empty(),
            notifications: notifications.collect(),
        }],
        results: results.collect(),
        column_kind: "unicodeCodePoints",
    };
    Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: vec![run],
    }
}

/// A SARIF log file.
#[derive(Debug, Serialize)]
pub struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: Vec<Run>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    invocations: Vec<Invocation>,
    results: Vec<RuleResult>,
    column_kind: &'static str,
}

#[derive(Debug, Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Descriptor>,
}

/// A rule. SARIF calls it a reporting descriptor.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    name: &'static str,
    short_description: Message,
    full_description: Message,
    help: Help,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(Debug, Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Debug, Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Debug, Serialize)]
struct Properties {
    tags: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(
        rename = "toolExecutionNotifications",
        skip_serializing_if = "Vec::is_empty"
    )]
    notifications: Vec<Notification>,
}

#[derive(Debug, Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
    locations: Vec<Location>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RuleResult {
    rule_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Message,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<SarifFix>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifFix {
    description: Message,
    artifact_changes: Vec<ArtifactChange>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange {
    artifact_location: ArtifactLocation,
    replacements: Vec<Replacement>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    deleted_region: Region,
    #[serde(skip_serializing_if = "Option::is_none")]
    inserted_content: Option<Message>,
}

#[derive(Debug, Serialize)]
struct Message {
    text: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_location: Option<PhysicalLocation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Debug, Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<usize>,
}

/// Something that is no file: a host.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    name: String,
}

impl Message {
    fn of(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

impl Region {
    fn of(place: &Place) -> Self {
        Self {
            start_line: place.line,
            start_column: place.column,
            end_line: place.span.as_ref().map(|span| span.end_line),
            end_column: place.span.as_ref().map(|span| span.end_column),
        }
    }
}

impl Location {
    fn of_file(path: &str) -> Self {
        Self {
            id: None,
            message: None,
            physical_location: Some(PhysicalLocation {
                artifact_location: ArtifactLocation { uri: uri(path) },
                region: None,
            }),
            logical_locations: Vec::new(),
        }
    }

    fn of(report: &Report<'_>, place: &Place, host: Option<&str>) -> Self {
        let physical_location = report.file(place).map(|file| PhysicalLocation {
            artifact_location: ArtifactLocation {
                uri: uri(&file.path),
            },
            region: Some(Region::of(place)),
        });
        let host = host.map(|host| LogicalLocation {
            name: host.to_owned(),
        });
        Self {
            id: None,
            message: None,
            physical_location,
            logical_locations: host.into_iter().collect(),
        }
    }
}

fn descriptor(rule: &'static Rule) -> Descriptor {
    let markdown = rule.markdown();
    Descriptor {
        id: rule.code,
        name: rule.name,
        short_description: Message::of(rule.summary()),
        full_description: Message::of(rule.reason()),
        help: Help {
            text: super::page(rule),
            markdown,
        },
        default_configuration: Configuration {
            level: level(rule.severity),
        },
        properties: Properties {
            tags: vec!["carp", rule.group().name],
        },
    }
}

fn result(report: &Report<'_>, found: &Resolved, fingerprints: &mut Fingerprints) -> RuleResult {
    let host = found.host.as_deref();
    let mut message = host.map_or_else(String::new, |host| format!("host {host}: "));
    let _ = write!(message, "{}\nhelp: {}", found.message, found.help);
    let related = found
        .related
        .iter()
        .enumerate()
        .map(|(position, (place, words))| Location {
            id: Some(position + 1),
            message: Some(Message::of(words)),
            ..Location::of(report, place, None)
        });
    let fingerprint = fingerprints.next(report, found);
    RuleResult {
        rule_id: found.rule.code,
        rule_index: RULES.iter().position(|rule| rule.code == found.rule.code),
        level: level(found.severity),
        message: Message::of(message),
        locations: vec![Location::of(report, &found.at, host)],
        related_locations: related.collect(),
        partial_fingerprints: BTreeMap::from([("carpgenPlace/v1", fingerprint)]),
        fixes: fixes(report, found),
    }
}

/// The fix of a finding, file by file.
fn fixes(report: &Report<'_>, found: &Resolved) -> Vec<SarifFix> {
    let mut changes: Vec<ArtifactChange> = Vec::new();
    let mut last = None;
    for change in &found.fix {
        let Some(file) = report.file(&change.at) else {
            continue;
        };
        if last != change.at.file {
            last = change.at.file;
            changes.push(ArtifactChange {
                artifact_location: ArtifactLocation {
                    uri: uri(&file.path),
                },
                replacements: Vec::new(),
            });
        }
        let words = &change.replacement;
        if let Some(of_file) = changes.last_mut() {
            of_file.replacements.push(Replacement {
                deleted_region: Region::of(&change.at),
                inserted_content: (!words.is_empty()).then(|| Message::of(words)),
            });
        }
    }
    if changes.is_empty() {
        return Vec::new();
    }
    vec![SarifFix {
        description: Message::of(&found.help),
        artifact_changes: changes,
    }]
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// Tells findings apart from one run to the next: by rule, file, host and place, not by line. Several of one place
/// are numbered.
#[derive(Default)]
struct Fingerprints(BTreeMap<u64, usize>);

impl Fingerprints {
    fn next(&mut self, report: &Report<'_>, found: &Resolved) -> String {
        let file = report.file(&found.at).map_or("", |file| &file.path);
        let host = found.host.as_deref().unwrap_or("");
        let hash = fnv([found.rule.code, file, host, &found.anchor]);
        let number = self.0.entry(hash).or_default();
        *number += 1;
        format!("{hash:016x}:{number}")
    }
}

/// The 64-bit FNV-1a hash of some texts. It must never change: what it gives is kept by others.
fn fnv<'a>(texts: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for text in texts {
        // 0xff is in no UTF-8 text, so it parts one from the next.
        for byte in text.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash
}

/// A path as a URI reference (RFC 3986): relative as it is, absolute as `file:///…`.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("net/cluster.toml"), "net/cluster.toml");
        assert_eq!(uri("a b/c#d:é%.toml"), "a%20b/c%23d%3A%C3%A9%25.toml");
        assert_eq!(uri("/etc/cluster.toml"), "file:///etc/cluster.toml");
    }

    #[test]
    fn the_hash_stays_as_it_is() {
        assert_eq!(fnv([]), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(["a"]), fnv(["a"]));
        assert_ne!(fnv(["ab", "c"]), fnv(["a", "bc"]));
    }
}
