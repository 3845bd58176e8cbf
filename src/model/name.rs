//! Names of things, each a type of its own.

use std::fmt;

/// A text that is not a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("the name is empty")]
    Empty,
    /// Longer than the kernel, the resolver or a file name allows.
    #[error("the name has {found} characters, {most} are allowed")]
    TooLong {
        /// How many characters were given.
        found: usize,
        /// How many are allowed.
        most: usize,
    },
    /// A character that means something to the shell, to paths, or nothing to anybody.
    #[error("{0:?} is not allowed in the name: {1}")]
    Character(char, &'static str),
    /// The name does not begin with a letter or digit.
    #[error("the name begins with {0:?}, not with a letter or digit")]
    Start(char),
}

fn check(
    text: &str,
    most: usize,
    allowed: fn(char) -> bool,
    words: &'static str,
) -> Result<(), NameError> {
    let first = text.chars().next().ok_or(NameError::Empty)?;
    let found = text.chars().count();
    if found > most {
        return Err(NameError::TooLong { found, most });
    }
    if let Some(wrong) = text.chars().find(|c| !allowed(*c)) {
        return Err(NameError::Character(wrong, words));
    }
    if !first.is_alphanumeric() {
        return Err(NameError::Start(first));
    }
    Ok(())
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, most $most:literal, $allowed:expr, $words:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes a text.
            ///
            /// # Errors
            ///
            /// [`NameError`] says what is wrong with it.
            pub fn new(text: &str) -> Result<Self, NameError> {
                check(text, $most, $allowed, $words)?;
                Ok(Self(text.to_owned()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

name! {
    /// The name of a node; it is also the name of the folder that its files are written to.
    /// Letters, digits, `.`, `_` and `-`, at most 253 characters (RFC 1123 section 2.1).
    HostName, most 253, plain, "letters, digits, . _ and - are"
}

name! {
    /// The name of a segment, one layer-2 network. Letters, digits, `.`, `_` and `-`, at most 63.
    SegmentName, most 63, plain, "letters, digits, . _ and - are"
}

name! {
    /// The name of a group of vhids, or of a mirror group. Letters, digits, `.`, `_` and `-`, at most 63.
    GroupName, most 63, plain, "letters, digits, . _ and - are"
}

name! {
    /// The name of a vhid, for people. Letters, digits, `.`, `_` and `-`, at most 63.
    VhidName, most 63, plain, "letters, digits, . _ and - are"
}

name! {
    /// The name of the cluster: one line of text, at most 63 characters.
    ClusterName, most 63, |c| !c.is_control(), "one line of text is"
}

name! {
    /// The name of a network interface as `ifconfig -l` shows it: at most 15 characters (`IFNAMSIZ` in
    /// FreeBSD `sys/net/if.h` counts the final NUL), of those that survive the boot scripts.
    IfName, most 15, |c| plain(c) || matches!(c, '/' | '+'), "letters, digits, . _ - / and + are"
}

impl IfName {
    /// The name in variable names of rc.conf: each of `. - / +` becomes `_` (`ltr` in `get_if_var`,
    /// FreeBSD `libexec/rc/network.subr`). Two interfaces can share their variables.
    #[must_use]
    pub fn variable_part(&self) -> String {
        self.0.replace(['.', '-', '/', '+'], "_")
    }

    /// The driver's name: the letters before the unit number, `em` of `em0.100`.
    #[must_use]
    pub fn driver(&self) -> &str {
        self.0
            .split(|c: char| !c.is_ascii_alphabetic())
            .next()
            .unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interface_names_become_variable_names_as_the_boot_scripts_make_them() {
        let name = IfName::new("em0.10-a/b+c").unwrap();
        assert_eq!(name.variable_part(), "em0_10_a_b_c");
        assert_eq!(IfName::new("lagg0.100").unwrap().driver(), "lagg");
    }

    #[test]
    fn names_that_would_leave_their_folder_or_reach_a_shell_are_refused() {
        for text in ["", "..", ".a", "a/b", "a b", "a;b", "$x", "a\nb", "-a"] {
            assert!(HostName::new(text).is_err(), "{text:?}");
        }
        assert!(IfName::new("a234567890123456").is_err());
        assert!(IfName::new("em0\"").is_err());
        assert!(ClusterName::new("web and mail").is_ok());
        assert!(ClusterName::new("a\nb").is_err());
    }
}
