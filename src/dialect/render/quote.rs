//! Quoting for the two shells that read our texts: the one that sources rc.conf, and the one that runs live.sh.

use std::borrow::Cow;

/// A value of rc.conf in double quotes, as `sysrc(8)` writes it. The boot scripts evaluate the value a second
/// time, which no quoting survives; words that would not survive it are refused before they come here.
pub(super) fn rc_value(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '$' | '`') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// A command as one line for `sh(1)`; words that are plain stay plain.
#[must_use]
pub fn shell_line(argv: &[String]) -> String {
    let plain = |word: &String| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_.,:=+@%/-".contains(&b))
    };
    let words = argv.iter().map(|word| {
        if plain(word) {
            // Alone, `=`, `,` and `%` mean nothing to sh(1), and administrators write them bare.
            return Cow::Borrowed(word.as_str());
        }
        shlex::try_quote(word).expect("names, addresses and keys with a NUL are refused")
    });
    words.collect::<Vec<_>>().join(" ")
}
