//! One rule of pf.conf.

use super::{PfAction, PfDirection, PfName, PfRoute, PfRule, PfStatement, Token};
use crate::model::Place;

/// Tokens that are read one by one.
pub(super) struct Cursor<'t> {
    tokens: &'t [Token],
}

impl<'t> Cursor<'t> {
    pub(super) const fn new(tokens: &'t [Token]) -> Self {
        Self { tokens }
    }

    fn next(&mut self) -> Option<&'t Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn peek(&self, text: &str) -> bool {
        self.tokens.first().is_some_and(|token| token.is(text))
    }

    /// Goes past a word, if it is the next.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let there = self.peek(text);
        if there {
            self.next();
        }
        there
    }

    /// Goes past what stands in braces, if they are next.
    fn skip_group(&mut self) {
        if !self.peek("(") && !self.peek("{") {
            return;
        }
        let mut depth = 0_usize;
        while let Some(token) = self.next() {
            if token.is("(") || token.is("{") {
                depth += 1;
            } else if token.is(")") || token.is("}") {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return;
                }
            }
        }
    }

    /// A name, or a list of them in braces.
    pub(super) fn names(&mut self) -> Vec<PfName> {
        if !self.take("{") {
            return self.name().into_iter().collect();
        }
        let mut names = Vec::new();
        let mut depth = 1_usize;
        while depth > 0 && !self.tokens.is_empty() {
            if self.take("{") {
                depth += 1;
            } else if self.take("}") {
                depth -= 1;
            } else if !self.take(",") {
                names.extend(self.name());
            }
        }
        names
    }

    fn name(&mut self) -> Option<PfName> {
        let mut negated = false;
        while self.take("!") {
            negated = !negated;
        }
        let first = self.next()?;
        let close = match first.text.as_str() {
            "(" if !first.quoted => ")",
            "<" if !first.quoted => ">",
            _ => "",
        };
        let mut text = first.text.clone();
        while !close.is_empty() {
            let Some(token) = self.next() else { break };
            text.push_str(&token.text);
            if token.is(close) {
                break;
            }
        }
        Some(PfName {
            negated,
            text,
            place: first.place,
        })
    }

    /// The addresses, which may be left out before a port.
    fn hosts(&mut self) -> Vec<PfName> {
        if self.peek("port") || self.peek("to") {
            return Vec::new();
        }
        self.names()
    }

    /// Goes past `port …`.
    fn ports(&mut self) {
        while self.take("port") {
            if self.peek("{") {
                self.skip_group();
                continue;
            }
            while ["!", "=", "<", ">"].iter().any(|sign| self.take(sign)) {}
            self.next();
            // `1024 >< 2048`
            if self.peek(">") || self.peek("<") {
                while ["<", ">"].iter().any(|sign| self.take(sign)) {}
                self.next();
            }
        }
    }
}

/// Reads a rule; none where it decides nothing.
pub(super) fn read(tokens: &[Token], place: Place) -> Option<PfStatement> {
    let mut cursor = Cursor::new(tokens);
    let action = match cursor.next()?.text.as_str() {
        "pass" => PfAction::Pass,
        "block" => PfAction::Block,
        "match" => PfAction::Match,
        "anchor" => PfAction::Anchor,
        "nat" => PfAction::Nat,
        _ if cursor.take("nat") => PfAction::NoNat,
        _ => return None,
    };
    let mut rule = PfRule {
        place,
        action,
        direction: None,
        quick: false,
        interfaces: Vec::new(),
        route: None,
        inet6: false,
        protocols: Vec::new(),
        from: Vec::new(),
        any_source: None,
        to: Vec::new(),
        translation: Vec::new(),
        unsure: false,
    };
    match action {
        PfAction::Block => block_policy(&mut cursor),
        PfAction::Anchor => {
            let words = [
                "{", "in", "out", "on", "quick", "inet", "inet6", "proto", "from", "to",
            ];
            if !words.iter().any(|word| cursor.peek(word)) {
                cursor.next();
            }
        }
        PfAction::Nat | PfAction::NoNat => {
            cursor.take("pass");
        }
        _ => {}
    }
    while let Some(token) = cursor.next() {
        if !selector(&mut rule, token, &mut cursor) && !option(token, &mut cursor) {
            rule.unsure = true;
        }
    }
    Some(PfStatement::Rule(rule))
}

fn block_policy(cursor: &mut Cursor<'_>) {
    let policies = [
        "drop",
        "return",
        "return-rst",
        "return-icmp",
        "return-icmp6",
    ];
    if policies.iter().any(|policy| cursor.take(policy)) {
        cursor.skip_group();
    }
}

/// What tells which packets a rule is for, and what becomes of them.
fn selector(rule: &mut PfRule, token: &Token, cursor: &mut Cursor<'_>) -> bool {
    match token.text.as_str() {
        "in" => rule.direction = Some(PfDirection::In),
        "out" => rule.direction = Some(PfDirection::Out),
        "quick" => rule.quick = true,
        "on" => rule.interfaces = cursor.names(),
        "inet" | "all" => {}
        "inet6" => rule.inet6 = true,
        "proto" => rule.protocols = cursor.names(),
        "from" => {
            let names = cursor.hosts();
            rule.any_source = names
                .iter()
                .find(|name| is_any(name))
                .map(|name| name.place);
            rule.from = unless_any(names);
            cursor.ports();
        }
        "to" => {
            rule.to = unless_any(cursor.hosts());
            cursor.ports();
        }
        "route-to" | "reply-to" | "dup-to" => {
            if token.text != "dup-to" {
                let route = if token.text == "route-to" {
                    PfRoute::RouteTo
                } else {
                    PfRoute::ReplyTo
                };
                rule.route = Some((route, token.place));
            }
            cursor.names();
            pool(cursor);
        }
        "nat-to" => {
            rule.translation = cursor.names();
            cursor.ports();
            pool(cursor);
        }
        "-" if cursor.take(">") => {
            rule.translation = cursor.names();
            cursor.ports();
            pool(cursor);
        }
        "{" if rule.action == PfAction::Anchor => while cursor.next().is_some() {},
        _ => return false,
    }
    true
}

/// All addresses.
fn is_any(name: &PfName) -> bool {
    name.text == "any" && !name.negated
}

/// The addresses; none, which is all, where `any` is among them.
fn unless_any(names: Vec<PfName>) -> Vec<PfName> {
    if names.iter().any(is_any) {
        return Vec::new();
    }
    names
}

/// How one of several addresses is chosen.
fn pool(cursor: &mut Cursor<'_>) {
    let words = [
        "random",
        "round-robin",
        "source-hash",
        "bitmask",
        "sticky-address",
        "static-port",
        "endpoint-independent",
    ];
    while words.iter().any(|word| cursor.take(word)) {}
}

/// What changes nothing about which packets a rule is for.
fn option(token: &Token, cursor: &mut Cursor<'_>) -> bool {
    match token.text.as_str() {
        "allow-opts" | "fastroute" => {}
        "log" => cursor.skip_group(),
        "keep" | "modulate" | "synproxy" => {
            cursor.take("state");
            cursor.skip_group();
        }
        "no" if cursor.take("state") => {}
        "label" | "tag" | "rtable" | "ridentifier" | "flags" | "prio" | "max-mss" => {
            if cursor.peek("(") {
                cursor.skip_group();
            } else {
                cursor.next();
            }
        }
        "queue" | "set" => {
            cursor.take("prio");
            if cursor.peek("(") {
                cursor.skip_group();
            } else {
                cursor.next();
            }
        }
        _ => return false,
    }
    true
}
