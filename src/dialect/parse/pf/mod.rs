//! pf.conf, as far as it decides what happens to CARP (`pf.conf(5)`, `sbin/pfctl/parse.y` of FreeBSD).
//!
//! Macros and lists are replaced. What is not plain is marked as unsure, so that nobody concludes from it.

mod lexer;
mod rule;

use super::text::Text;
use crate::model::Place;
use lexer::Token;

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PfAction {
    /// `pass`
    Pass,
    /// `block`
    Block,
    /// `match`: decides nothing.
    Match,
    /// `anchor`: other rules, which nobody knows.
    Anchor,
    /// `nat`
    Nat,
    /// `no nat`
    NoNat,
}

/// `in` or `out`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PfDirection {
    /// `in`
    In,
    /// `out`
    Out,
}

/// Where a rule sends packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PfRoute {
    /// `route-to`
    RouteTo,
    /// `reply-to`
    ReplyTo,
}

/// One of a list of interfaces or addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PfName {
    /// `!` stands before it.
    pub negated: bool,
    /// The word; of `(em0)` and `<table>` with those signs.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PfRule {
    /// Where it begins.
    pub place: Place,
    /// What it does.
    pub action: PfAction,
    /// Which way the packets go; none is both.
    pub direction: Option<PfDirection>,
    /// It is the last rule that is looked at.
    pub quick: bool,
    /// The interfaces; empty is all.
    pub interfaces: Vec<PfName>,
    /// `route-to` or `reply-to`, and where.
    pub route: Option<(PfRoute, Place)>,
    /// `inet6`
    pub inet6: bool,
    /// The protocols; empty is all.
    pub protocols: Vec<PfName>,
    /// The sources; empty is all.
    pub from: Vec<PfName>,
    /// The word `any` of the sources.
    pub any_source: Option<Place>,
    /// The destinations; empty is all.
    pub to: Vec<PfName>,
    /// What addresses are translated to: `-> X`, `nat-to X`.
    pub translation: Vec<PfName>,
    /// There is more to it that decides whether it matches.
    pub unsure: bool,
}

/// A statement that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PfStatement {
    /// A rule.
    Rule(PfRule),
    /// Something that may hold any rules, or was not understood.
    Unknown(Place),
}

/// A pf.conf.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PfConf {
    /// The statements that matter, in order.
    pub statements: Vec<PfStatement>,
    /// Interfaces that are not filtered (`set skip on`).
    pub skipped: Vec<PfName>,
}

/// Reads pf.conf.
#[must_use]
pub fn pf_conf(text: &Text<'_>) -> PfConf {
    let mut conf = PfConf::default();
    for (place, tokens) in lexer::statements(text) {
        let Some(tokens) = tokens else {
            conf.statements.push(PfStatement::Unknown(place));
            continue;
        };
        let word = |index: usize| tokens.get(index).map_or("", |token| token.text.as_str());
        match word(0) {
            "set" if word(1) == "skip" => {
                let mut cursor = rule::Cursor::new(tokens.get(2..).unwrap_or(&[]));
                cursor.take("on");
                conf.skipped.extend(cursor.names());
            }
            "pass" | "block" | "match" | "anchor" | "nat" | "no" => {
                conf.statements.extend(rule::read(&tokens, place));
            }
            // They decide nothing about CARP: other tables and translations, normalization, queues, and what
            // `antispoof` makes blocks only packets of this host's networks on other interfaces.
            "set" | "table" | "scrub" | "altq" | "queue" | "rdr" | "binat" | "nat-anchor"
            | "rdr-anchor" | "binat-anchor" | "antispoof" | "load" | "ether"
            | "dummynet-anchor" | "scrub-anchor" => {}
            _ => conf.statements.push(PfStatement::Unknown(place)),
        }
    }
    conf
}

#[cfg(test)]
mod tests;
