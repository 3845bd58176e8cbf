//! Keys and where they come from. A key never shows in debug output, and there is no way to print it by accident.

use std::fmt;

use zeroize::Zeroizing;

/// The text of a key. It is wiped from memory when dropped, and its debug form is `<secret>`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// How many bytes of a key count: `ifconfig(8)` copies it with `strlcpy(3)` into 20 bytes
    /// (`setcarp_callback` in FreeBSD `sbin/ifconfig/carp.c`), the last of which is NUL.
    pub const EFFECTIVE_BYTES: usize = 19;

    /// Takes the text of a key.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

/// Where the text of a key is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretReference {
    /// An environment variable.
    Environment(String),
    /// A file; a relative path starts at the folder of the description.
    File(String),
    /// A command and its arguments, run without a shell.
    Command(Vec<String>),
}

impl fmt::Display for SecretReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "the file {path}"),
            Self::Command(argv) => {
                write!(f, "the command {}", argv.first().map_or("", String::as_str))
            }
        }
    }
}

/// The key of a vhid: as text, or as the place that holds it. The same reference is the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// The text stands in the description, or was looked up.
    Text(Secret),
    /// To be looked up when host files are written.
    Reference(SecretReference),
    /// Not to be shown.
    Redacted,
}

impl Key {
    /// The text, where it is known.
    #[must_use]
    pub const fn text(&self) -> Option<&Secret> {
        match self {
            Self::Text(secret) => Some(secret),
            Self::Reference(_) | Self::Redacted => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_does_not_show_in_debug_output() {
        let key = Key::Text(Secret::new("poison"));
        assert_eq!(format!("{key:?}"), "Text(<secret>)");
        assert_eq!(key.text().map(Secret::expose), Some("poison"));
    }
}
