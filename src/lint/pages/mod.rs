//! Pages on what no file shows: trouble of switches and hypervisors, the state at run time, messages.
//!
//! Each is a Markdown file beside this one, in the form of the pages of rules.

use super::registry::{Rule, rule_named};

/// A page that belongs to no rule.
#[derive(Debug)]
pub struct Page {
    /// Its name, like that of a rule.
    pub name: &'static str,
    /// Its text, in Markdown.
    pub text: &'static str,
    /// The names of the rules that are nearest to it.
    pub near: &'static [&'static str],
}

impl Page {
    /// The page of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        PAGES.iter().find(|page| page.name == name)
    }

    /// The first line: what it is about.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default()
    }

    /// The rules that are nearest to it.
    pub fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        self.near.iter().copied().filter_map(rule_named)
    }

    /// Its text, with the rules that are nearest to it.
    #[must_use]
    pub fn markdown(&self) -> String {
        let rules = self.rules().map(|rule| (rule.name, rule.summary()));
        self.text.to_owned() + &related("Rules", rules)
    }
}

impl Rule {
    /// The pages that are about the same trouble, where no file shows it.
    pub fn pages(&self) -> impl Iterator<Item = &'static Page> {
        PAGES.iter().filter(|page| page.near.contains(&self.name))
    }

    /// The page as it is to be read, with the pages that belong to it.
    #[must_use]
    pub fn markdown(&self) -> String {
        // A doc comment begins its lines with a blank.
        let lines = self
            .page
            .lines()
            .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned() + "\n");
        let pages = self.pages().map(|page| (page.name, page.summary()));
        let fix = self.fix.map_or_else(String::new, |fix| {
            format!("\n## Automatic fix\n\n`carpgen lint --fix` {fix}.\n")
        });
        lines.collect::<String>() + &fix + &related("Pages", pages)
    }
}

fn related(heading: &str, names: impl Iterator<Item = (&'static str, &'static str)>) -> String {
    let lines: String = names
        .map(|(name, summary)| format!("* `{name}`: {summary}\n"))
        .collect();
    if lines.is_empty() {
        lines
    } else {
        format!("\n## {heading}\n\n{lines}")
    }
}

/// Defines a page from the file of its name.
macro_rules! page {
    ($name:literal, $($near:literal),+) => {
        Page {
            name: $name,
            text: include_str!(concat!($name, ".md")),
            near: &[$($near),+],
        }
    };
}

/// The pages, what happens to hosts first, and then what they print.
pub static PAGES: &[Page] = &[
    page!("vhid-of-strangers", "duplicate-vhid"),
    page!("same-vhid-in-vlans", "duplicate-vhid", "vlan-on-bridge"),
    page!("hypervisor-port-security", "unsupported-interface"),
    page!(
        "switch-port-security",
        "duplicate-vhid",
        "unsupported-interface"
    ),
    page!("snooping-without-querier", "unicast-with-many-nodes"),
    page!(
        "unicast-floods",
        "mixed-family-unicast",
        "peer-looks-multicast",
        "unicast-with-many-nodes"
    ),
    page!("lagg-flaps", "demotion-too-small", "slow-takeover"),
    page!("elected-before-services", "allow-off", "preempt-off"),
    page!(
        "leftover-demotion",
        "senderr-trap",
        "demotion-in-sysctl-conf",
        "demotion-too-small"
    ),
    page!("jail-takes-vip", "vip-is-node-address", "vip-in-two-vhids"),
    page!("management-over-vip", "ssh-to-vip"),
    page!("ucarp-and-openbsd-peers", "missing-pass", "pass-truncated"),
    page!("log-level", "bad-sysctl"),
    page!("state-changes", "slow-takeover", "preempt-off"),
    page!("rejected-advertisements", "missing-pass", "pass-truncated"),
    page!(
        "ifconfig-errors",
        "vhid-out-of-range",
        "advskew-out-of-range",
        "unsupported-interface",
        "vip-outside-parent-subnet",
        "carp-not-loaded",
        "wrong-module-name",
        "keyword-before-vhid",
        "unknown-keyword",
        "missing-pass-keyword",
        "alias-without-family",
        "legacy-interface-after-9"
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_their_parts_and_their_rules() {
        for page in PAGES {
            assert!(rule_named(page.name).is_none(), "{}", page.name);
            assert_eq!(page.rules().count(), page.near.len(), "{}", page.name);
            assert!(page.summary().ends_with('.'), "{}", page.name);
            for heading in ["Why it happens", "How to tell", "What to do"] {
                let heading = format!("\n## {heading}\n");
                assert!(page.text.contains(&heading), "{}: {heading}", page.name);
            }
            for rule in page.rules() {
                let line = format!("\n* `{}`: ", page.name);
                assert!(rule.markdown().contains(&line), "{}", rule.name);
                assert!(page.markdown().contains(&format!("\n* `{}`: ", rule.name)));
            }
        }
    }
}
