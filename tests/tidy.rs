//! The house stays as it is drawn: a room imports only the rooms above it, and no file grows without end.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms in the order in which they may import each other.
const ROOMS: [&str; 12] = [
    "carp", "model", "mirror", "config", "dialect", "sim", "lint", "plan", "remote", "wire",
    "report", "cli",
];

/// The rooms that map values to values: no file, process, environment or clock.
const PURE: [&str; 9] = [
    "carp", "model", "mirror", "config", "dialect", "sim", "lint", "plan", "report",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn all() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    assert!(found.len() > 20);
    let name = |path: &Path| path.strip_prefix(&root).unwrap().display().to_string();
    found
        .iter()
        .map(|path| (name(path), fs::read_to_string(path).unwrap()))
        .collect()
}

/// The rooms that a file names behind `crate::`, also within braces over several lines.
fn imports(text: &str) -> Vec<&'static str> {
    let code: String = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or(""))
        .collect::<Vec<_>>()
        .join("\n");
    let mut rooms = Vec::new();
    for behind in code.split("crate::").skip(1) {
        let names = match behind.strip_prefix('{') {
            Some(group) => group
                .split(';')
                .next()
                .unwrap_or("")
                .split([',', '{', '}', '\n', ' '])
                .collect(),
            None => vec![behind],
        };
        for name in names {
            let word = name
                .trim()
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap_or("");
            rooms.extend(ROOMS.iter().find(|room| **room == word));
        }
    }
    rooms
}

#[test]
fn a_room_imports_only_rooms_above_it() {
    let place = |room: &str| ROOMS.iter().position(|known| *known == room);
    for (name, text) in all() {
        let Some(own) = name.split('/').next().and_then(place) else {
            continue;
        };
        // carp/ knows nothing of the rest; the others import upwards.
        for imported in imports(&text) {
            let other = place(imported).unwrap();
            assert!(
                other <= own,
                "src/{name} imports {imported}, which stands below {}",
                ROOMS[own]
            );
        }
    }
}

#[test]
fn every_folder_is_a_room_and_pure_rooms_are_guarded() {
    for (name, text) in all() {
        let (room, rest) = name.split_once('/').unwrap_or(("", &name));
        assert!(
            room.is_empty() || ROOMS.contains(&room),
            "src/{name}: no room of that name"
        );
        if PURE.contains(&room) && rest == "mod.rs" {
            assert!(
                text.contains("#![deny(clippy::disallowed_methods, clippy::disallowed_types)]"),
                "src/{name} does not deny files, processes and clocks"
            );
        }
        assert!(
            text.starts_with("//!"),
            "src/{name} does not say what it is"
        );
    }
}

#[test]
fn no_file_is_over_900_lines() {
    for (name, text) in all() {
        let lines = text.lines().count();
        assert!(lines <= 900, "src/{name} has {lines} lines");
    }
}
