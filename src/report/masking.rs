//! Keys in the lines that findings are shown with.
//!
//! A masked text has the same bytes elsewhere, and as many, so that places hold for it.

use crate::config::nearest;
use crate::dialect::parse::{FileKind, Item, Keyword, Statement, file_kind};
use crate::lint::hosts::LintHost;
use crate::model::Secret;

/// Words behind which people write keys, rightly or not.
const BEFORE_KEYS: [&str; 4] = ["pass", "passwd", "password", "passphrase"];
/// What people write for keywords, so that it is no key.
const NO_KEYS: [&str; 6] = ["passwd", "password", "passphrase", "key", "skew", "base"];
/// A shorter key is only masked where it stands behind its keyword: elsewhere it may be any text.
const SHORTEST: usize = 4;

/// The keys of a host that its files may name anywhere, such as in a variable of its own.
pub(super) fn keys_of(host: &LintHost<'_>) -> Vec<Secret> {
    let reading = &host.reading;
    let boot = reading.statements.iter().map(|found| &found.statement);
    let live = reading.scripts.iter().flat_map(|script| &script.statements);
    let mut keys: Vec<String> = boot.chain(live).flat_map(keys_in).collect();
    keys.retain(|key| key.len() >= SHORTEST);
    keys.sort();
    keys.dedup();
    keys.into_iter().map(Secret::new).collect()
}

/// The key of a command, and the words that may be meant as one.
fn keys_in(statement: &Statement) -> Vec<String> {
    let key = statement.key().map(|(key, _)| key.expose().to_owned());
    let stray = statement.items.iter().filter_map(|item| match item {
        Item::Unknown(word) => Some(word.text()).filter(|text| !is_misspelt(text)),
        _ => None,
    });
    stray.map(str::to_owned).chain(key).collect()
}

fn is_misspelt(word: &str) -> bool {
    let keywords = Keyword::ALL.iter().map(|keyword| keyword.word());
    NO_KEYS.contains(&word) || nearest(word, keywords).is_some()
}

/// The text of a file with `*` in the place of keys.
pub(super) fn masked(path: &str, text: &str, keys: &[Secret]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for key in keys.iter().map(Secret::expose) {
        for (at, _) in text.match_indices(key) {
            bytes[at..at + key.len()].fill(b'*');
        }
    }
    // In pf.conf `pass` lets packets through.
    let name = path.rsplit('/').next().unwrap_or(path);
    if file_kind(name) != Some(FileKind::Companion) {
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            if !line.trim_start().starts_with('#') {
                mask_line(line, &mut bytes[start..start + line.len()]);
            }
            start += line.len();
        }
    }
    // Whole characters were replaced by as many `*` as they have bytes.
    String::from_utf8(bytes).unwrap_or_default()
}

/// The same with `<secret>` for each of them: how long a key is stays untold, and places move.
pub(super) fn redacted(path: &str, text: &str, keys: &[Secret]) -> String {
    let masked = masked(path, text, keys);
    let mut told = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = masked[at..].find('*') {
        let start = at + found;
        let rest = &masked[start..];
        let end = start + rest.find(|c| c != '*').unwrap_or(rest.len());
        told.push_str(&masked[at..start]);
        // The text may have such characters of its own.
        told.push_str(if text.get(start..end) == Some(&masked[start..end]) {
            &masked[start..end]
        } else {
            "<secret>"
        });
        at = end;
    }
    told.push_str(&masked[at..]);
    told
}

/// Masks what stands behind `pass`, also as a key of TOML, and behind `key` in the output of `ifconfig(8)`.
fn mask_line(line: &str, bytes: &mut [u8]) {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mut from = 0;
    while let Some(length) = line[from..].find(|c: char| !is_word(c)) {
        let word = &line[from..from + length];
        let behind = from + length;
        let next = line[behind..].trim_start_matches([' ', '\t', '=', ':']);
        let quoted = next.starts_with(['"', '\'', '\\']);
        if BEFORE_KEYS.contains(&word) || (word == "key" && quoted) {
            let start = line.len() - next.len();
            let end = start + value_length(next);
            bytes[start..end].fill(b'*');
            from = end.max(behind);
        } else {
            from = behind;
        }
        let gap = line[from..].find(is_word).unwrap_or(line.len() - from);
        from += gap;
    }
}

/// How long the key is that a text begins with, without its quotes; 0 where it is kept elsewhere.
fn value_length(text: &str) -> usize {
    let quote = text.trim_start_matches('\\');
    match quote.chars().next() {
        None | Some('{' | '$' | '\n') => 0,
        // The quotes are masked too: what is between them may have any length.
        Some(mark @ ('"' | '\'')) => {
            let opened = text.len() - quote.len() + 1;
            let closed = text[opened..].find([mark, '\n']);
            opened + closed.unwrap_or(text.len() - opened)
        }
        Some(_) => text
            .find(|c: char| c.is_whitespace() || c == '"' || c == '\'')
            .unwrap_or(text.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> String {
        masked("rc.conf", text, &[])
    }

    #[test]
    fn what_stands_behind_pass_is_masked_and_nothing_moves() {
        assert_eq!(
            line("a=\"inet 192.0.2.1/32 vhid 1 pass S3cret alias\"\n"),
            "a=\"inet 192.0.2.1/32 vhid 1 pass ****** alias\"\n"
        );
        assert_eq!(
            line("ifconfig_em0=\"vhid 1 pass S3cret\""),
            "ifconfig_em0=\"vhid 1 pass ******\""
        );
        assert_eq!(line("pass = \"S3cret\" # why"), "pass = *******\" # why");
        assert_eq!(
            line("x passwd S3cret pass zwölf 1"),
            "x passwd ****** pass ****** 1"
        );
        assert_eq!(
            line("\tcarp: MASTER vhid 1 key \"S3cret\"\n"),
            "\tcarp: MASTER vhid 1 key *******\"\n"
        );
    }

    #[test]
    fn how_long_a_key_is_stays_untold() {
        assert_eq!(
            redacted(
                "rc.conf",
                "# ** S3cret\nx=\"vhid 1 pass zwölf\"\n",
                &[Secret::new("S3cret")]
            ),
            "# ** <secret>\nx=\"vhid 1 pass <secret>\"\n"
        );
    }

    #[test]
    fn references_comments_and_rules_of_pf_stay_readable() {
        for text in [
            "pass = { env = \"CARP_PASS\" }",
            "vhid 1 pass $KEY 192.0.2.1/24",
            "# pass the key on",
            "net.inet.carp.preempt=1",
        ] {
            assert_eq!(line(text), text);
        }
        let rule = "pass in quick on em0 proto carp\n";
        assert_eq!(masked("a/etc/pf.conf", rule, &[]), rule);
    }

    #[test]
    fn keys_are_masked_wherever_they_stand() {
        assert_eq!(
            masked("rc.conf", "K=S3cret\n# S3cret\n", &[Secret::new("S3cret")]),
            "K=******\n# ******\n"
        );
    }
}
