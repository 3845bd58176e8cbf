//! Which keys are refused, against what nine versions of the real boot scripts did to them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use carpgen::dialect::key::{KeyHazard, key_hazards};
use carpgen::model::Release;
use serde::Deserialize;

#[derive(Deserialize)]
struct Quoting {
    /// Characters that reach ifconfig unchanged in every position of the key.
    unchanged: String,
    /// Keys that do not, by the character in them.
    changed_or_lost: BTreeMap<String, Vec<String>>,
}

/// By script version, place and quoting style.
type Recorded = BTreeMap<String, BTreeMap<String, BTreeMap<String, Quoting>>>;

fn recorded() -> Option<Recorded> {
    let own = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors");
    let folder = std::env::var_os("CARPGEN_VECTORS").map_or_else(own, PathBuf::from);
    let text = std::fs::read_to_string(folder.join("rc/password-characters.json")).ok()?;
    Some(serde_json::from_str(&text).expect("the vectors are JSON"))
}

/// The release of a script version, and the places where carpgen puts keys in it.
fn places(version: &str) -> Option<(Release, &'static [&'static str])> {
    let number = version.strip_prefix("freebsd-")?;
    let release = Release::new(number).ok()?;
    let places: &[&str] = if release.has_carp_interfaces() {
        &["ifconfig_IF"]
    } else {
        &["alias_not_last", "alias_last"]
    };
    Some((release, places))
}

#[test]
fn whatever_a_boot_script_changes_is_refused() {
    let Some(recorded) = recorded() else { return };
    let mut compared = 0;
    for (version, by_place) in &recorded {
        let Some((release, places)) = places(version) else {
            continue;
        };
        for (place, by_quoting) in by_place
            .iter()
            .filter(|(place, _)| places.contains(&place.as_str()))
        {
            for (quoting, outcome) in by_quoting {
                for key in outcome.changed_or_lost.values().flatten() {
                    let hazards = key_hazards(key, release);
                    assert!(
                        !hazards.is_empty(),
                        "{version}, {place}, {quoting} quotes: {key:?} is accepted"
                    );
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 1000, "{compared} keys compared");
}

#[test]
fn nothing_is_refused_that_always_arrives() {
    let Some(recorded) = recorded() else { return };
    for (version, by_place) in &recorded {
        let Some((release, places)) = places(version) else {
            continue;
        };
        let outcomes: Vec<&Quoting> = by_place
            .iter()
            .filter(|(p, _)| places.contains(&p.as_str()))
            .flat_map(|(_, q)| q.values())
            .collect();
        for character in (33_u8..127).map(char::from) {
            let arrives = |outcome: &&Quoting| {
                outcome.unchanged.contains(character) || character.is_ascii_alphanumeric()
            };
            if !outcomes.iter().all(arrives) {
                continue;
            }
            // 9.0 left more alone than 9.3 does: a key must suit every release of its family.
            if version == "freebsd-9.0"
                && !"!%+,-./:=@]^_{}".contains(character)
                && !character.is_ascii_alphanumeric()
            {
                continue;
            }
            for key in [
                format!("{character}xyz"),
                format!("xy{character}zw"),
                format!("xyz{character}"),
            ] {
                assert_eq!(key_hazards(&key, release), [], "{version}: {key:?}");
            }
        }
    }
}

#[test]
fn hyphens_hang_only_behind_what_looks_like_a_number() {
    assert_eq!(key_hazards("abc-def", Release::R14), [KeyHazard::HangsBoot]);
    assert_eq!(key_hazards("a--y", Release::R10), [KeyHazard::HangsBoot]);
    assert_eq!(key_hazards("x--y", Release::R10), []);
    assert_eq!(key_hazards("xyz-def", Release::R14), []);
    assert_eq!(key_hazards("abc-def", Release::R9), []);
}

#[test]
fn reserved_words_and_control_characters_are_refused() {
    for word in [
        "inet",
        "inet6",
        "link",
        "ether",
        "ipx",
        "DHCP",
        "SyncDHCP",
        "nosyncdhcp",
        "WPA",
        "hostap",
        "noauto",
        "vnet",
    ] {
        assert_eq!(
            key_hazards(word, Release::R14),
            [KeyHazard::ReservedWord],
            "{word}"
        );
    }
    for key in ["a\nb", "a\tb", "a\0b", "a b", "\u{7f}"] {
        assert!(!key_hazards(key, Release::R9).is_empty(), "{key:?}");
    }
    assert_eq!(key_hazards("inetd", Release::R14), []);
    assert_eq!(key_hazards("pässwört", Release::R14), []);
}
