//! The groups of rules: the first digit of a code.

use super::registry::Rule;

/// Rules that look at the same side of a cluster.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name, for the command line.
    pub name: &'static str,
    /// What its rules are about.
    pub title: &'static str,
}

/// The groups, in the order of the digit.
pub static GROUPS: [Group; 10] = [
    Group::new("description", "The description itself"),
    Group::new("syntax", "Syntax of host files"),
    Group::new("ranges", "Ranges"),
    Group::new("keys", "Keys"),
    Group::new("addresses", "Addresses and interfaces"),
    Group::new("elections", "Timing and election"),
    Group::new(
        "agreement",
        "Agreement between hosts, and with what is saved",
    ),
    Group::new("mirrors", "Mirror images and ARP balance"),
    Group::new("releases", "Release hazards"),
    Group::new("boot", "Boot order, loader, sysctl, scripts and companions"),
];

impl Group {
    const fn new(name: &'static str, title: &'static str) -> Self {
        Self { name, title }
    }

    /// The group of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        GROUPS.iter().find(|group| group.name == name)
    }
}

impl Rule {
    /// The group that the first digit of its code names.
    #[must_use]
    pub fn group(&self) -> &'static Group {
        let digit = self.code.as_bytes().get(2);
        let digit = digit.map_or(0, |byte| byte.wrapping_sub(b'0'));
        &GROUPS[usize::from(digit) % GROUPS.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::{RULES, rule_named};

    #[test]
    fn a_group_is_the_first_digit() {
        let named = |name| rule_named(name).unwrap().group().name;
        assert_eq!(named("unknown-key"), "description");
        assert_eq!(named("missing-pass"), "keys");
        assert_eq!(named("allow-off"), "boot");
        assert!(RULES.iter().all(|rule| Group::named(rule.name).is_none()));
    }
}
