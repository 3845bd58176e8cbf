//! The variables of an interface, as rc.conf writes them.

use std::collections::BTreeSet;

use super::LintHost;
use crate::dialect::parse::{Assignment, Word, is_carp_interface};
use crate::model::{Family, Place};

/// One alias: the words from one family word to the next.
#[derive(Clone, Debug)]
pub struct AliasPiece<'h> {
    /// The variable.
    pub variable: &'h str,
    /// The family that it is configured with: `inet` where a numbered alias begins with no family word; none for
    /// `link` and `ether`.
    pub family: Option<Family>,
    /// It begins with a family word.
    pub has_family_word: bool,
    /// Its words.
    pub words: Vec<Word>,
    /// It is the last one of its family on the interface: it is split, but not evaluated.
    pub is_last: bool,
}

/// A key in a value of rc.conf, as the boot scripts get to see it.
#[derive(Clone, Debug)]
pub struct KeyWord<'h> {
    /// The variable.
    pub variable: &'h str,
    /// The key.
    pub word: Word,
    /// The alias that it stands in; none in `ifconfig_IF` itself.
    pub piece: Option<AliasPiece<'h>>,
}

/// The interface's part of the name of an alias variable that counts, with its number; `_aliases` has none.
fn alias_variable(name: &str) -> Option<(&str, Option<u128>)> {
    let rest = name.strip_prefix("ifconfig_")?;
    let (part, suffix) = rest.split_once("_alias")?;
    if suffix == "es" {
        return Some((part, None));
    }
    let digits = suffix.len()
        - suffix
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .len();
    (digits > 0).then(|| (part, Some(suffix[..digits].parse().unwrap_or(u128::MAX))))
}

impl LintHost<'_> {
    /// The assignments of variables that the boot scripts read for an interface; of each the one that counts.
    pub fn interface_assignments(&self) -> impl Iterator<Item = &Assignment<'_>> {
        let variables = &self.reading.variables;
        variables
            .names()
            .filter(|name| is_interface_variable(name))
            .filter_map(|name| variables.get(name))
    }

    /// The variable is one of an interface that carries VIPs: some value of that interface names a vhid, or it is a
    /// carp interface.
    #[must_use]
    pub fn carries_vips(&self, part: &str) -> bool {
        if is_carp_interface(part) {
            return true;
        }
        let variables = &self.reading.variables;
        let prefix = format!("ifconfig_{part}");
        let named = variables.names_from(&prefix).filter(|name| {
            let rest = &name[prefix.len()..];
            rest.is_empty() || rest.starts_with("_alias") || rest == "_ipv6"
        });
        named
            .filter_map(|name| variables.get(name))
            .any(|assignment| has_word(assignment.value.text(), "vhid"))
    }

    /// The aliases of all interfaces, in the order of the boot scripts.
    #[must_use]
    pub fn alias_pieces(&self) -> Vec<AliasPiece<'_>> {
        let variables = &self.reading.variables;
        let parts: BTreeSet<&str> = variables
            .names_from("ifconfig_")
            .filter_map(|name| Some(alias_variable(name)?.0))
            .collect();
        parts
            .into_iter()
            .flat_map(|part| self.pieces_of(part))
            .collect()
    }

    fn pieces_of(&self, part: &str) -> Vec<AliasPiece<'_>> {
        let variables = &self.reading.variables;
        let prefix = format!("ifconfig_{part}_alias");
        let mut names: Vec<(Option<u128>, &str)> = variables
            .names_from(&prefix)
            .filter_map(|name| Some((alias_variable(name)?.1, name)))
            .collect();
        names.sort_unstable();
        let mut pieces = Vec::new();
        for (number, name) in names {
            let Some(assignment) = variables.get(name) else {
                continue;
            };
            let text = assignment.value.text();
            if text.is_empty() && number.is_some() {
                break;
            }
            cut(
                &mut pieces,
                name,
                variables.words(assignment),
                number.is_some(),
            );
        }
        let plain = variables.get(&format!("ipv4_addrs_{part}"));
        let plain = plain.is_some_and(|assignment| !assignment.value.text().trim().is_empty());
        for family in [Family::Inet, Family::Inet6] {
            if plain && family == Family::Inet {
                continue;
            }
            let last = pieces
                .iter_mut()
                .rev()
                .find(|piece| piece.family == Some(family));
            if let Some(last) = last {
                last.is_last = true;
            }
        }
        pieces
    }

    /// The keys in rc.conf: the words behind `pass`.
    #[must_use]
    pub fn key_words(&self) -> Vec<KeyWord<'_>> {
        let variables = &self.reading.variables;
        let mut keys = Vec::new();
        for assignment in self.interface_assignments() {
            let name = assignment.name;
            let is_main = name.starts_with("ifconfig_") && !name.contains("_alias");
            if is_main && assignment.value.is_known() && !self.is_unset(name) {
                let words = variables.words(assignment);
                keys.extend(behind_pass(&words).map(|word| KeyWord {
                    variable: name,
                    word: word.clone(),
                    piece: None,
                }));
            }
        }
        for piece in self.alias_pieces() {
            if self.is_unset(piece.variable) || piece.words.iter().any(|word| !word.known) {
                continue;
            }
            let found: Vec<Word> = behind_pass(&piece.words).cloned().collect();
            keys.extend(found.into_iter().map(|word| KeyWord {
                variable: piece.variable,
                word,
                piece: Some(piece.clone()),
            }));
        }
        keys
    }

    /// The place of an assignment of a variable that counts.
    #[must_use]
    pub fn variable_place(&self, name: &str) -> Option<Place> {
        let variables = &self.reading.variables;
        variables
            .get(name)
            .map(|assignment| variables.place(assignment))
    }
}

/// A variable that the boot scripts read for an interface.
pub(in crate::lint) fn is_interface_variable(name: &str) -> bool {
    [
        "ifconfig_",
        "ipv4_addrs_",
        "ipv6_ifconfig_",
        "ipv6_prefix_",
        "vlans_",
        "create_args_",
    ]
    .iter()
    .any(|prefix| name.len() > prefix.len() && name.starts_with(prefix))
}

pub(in crate::lint) fn has_word(text: &str, word: &str) -> bool {
    text.split_ascii_whitespace().any(|found| found == word)
}

fn behind_pass(words: &[Word]) -> impl Iterator<Item = &Word> {
    words
        .windows(2)
        .filter(|pair| pair[0].text() == "pass")
        .map(|pair| &pair[1])
}

/// Cuts a value at its family words, but not where one is the key.
fn cut<'h>(pieces: &mut Vec<AliasPiece<'h>>, variable: &'h str, words: Vec<Word>, numbered: bool) {
    let mut open = false;
    let mut behind_pass = false;
    for word in words {
        let family = match word.text() {
            "inet" => Some(Some(Family::Inet)),
            "inet6" => Some(Some(Family::Inet6)),
            "link" | "ether" => Some(None),
            _ => None,
        };
        let is_key = std::mem::replace(&mut behind_pass, word.text() == "pass");
        let begins = family.is_some() && !is_key;
        if begins || !open {
            if !begins && !numbered {
                // Dropped by the scripts.
                continue;
            }
            open = true;
            pieces.push(AliasPiece {
                variable,
                family: family.filter(|_| begins).unwrap_or(Some(Family::Inet)),
                has_family_word: begins,
                words: Vec::new(),
                is_last: false,
            });
        }
        if let Some(piece) = pieces.last_mut() {
            piece.words.push(word);
        }
    }
}
