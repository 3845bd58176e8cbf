//! A change of a host that is not confirmed.

use std::fmt;

/// What is pending on a host.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Pending {
    /// `pending`, `committing`, `kept` or `undoing`.
    pub state: String,
    /// The name of the transaction.
    pub id: String,
    /// Who began it.
    pub by: String,
    /// The hosts that take part.
    pub hosts: Vec<String>,
    /// All steps are done: it can be confirmed.
    pub is_held: bool,
    token: String,
}

impl Pending {
    /// Reads a state file behind the word of its state; none where nothing is pending.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (state, rest) = text.split_once('\n').unwrap_or((text, ""));
        if !["pending", "committing", "kept", "undoing"].contains(&state) {
            return None;
        }
        let mut pending = Self {
            state: state.to_owned(),
            ..Self::default()
        };
        for line in rest.lines() {
            match line.split_once(' ').unwrap_or((line, "")) {
                ("id", id) => pending.id = id.to_owned(),
                ("by", by) => pending.by = by.to_owned(),
                ("token", token) => pending.token = token.to_owned(),
                ("hosts", hosts) => pending.hosts = hosts.split(' ').map(str::to_owned).collect(),
                ("held", _) => pending.is_held = true,
                _ => {}
            }
        }
        Some(pending)
    }

    /// The one-time token; none where it is no word that carpgen makes, as it becomes part of a script.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        let plain = !self.token.is_empty() && self.token.bytes().all(|b| b.is_ascii_alphanumeric());
        plain.then_some(self.token.as_str())
    }
}

/// Without the token.
impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.state.as_str() {
            "undoing" => "is being taken back",
            "committing" | "kept" => "is being kept",
            _ if self.is_held => "is held for its confirmation",
            _ => "is under way, or was interrupted",
        };
        write!(f, "the change {} that {} began {how}", self.id, self.by)
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_file_is_read_and_the_token_is_a_word() {
        let text = "pending\nid 7f\ntoken a1\nby root@admin\nhosts a b\nheld\n";
        let pending = Pending::read(text).unwrap();
        assert_eq!(
            (pending.id.as_str(), pending.token(), pending.is_held),
            ("7f", Some("a1"), true)
        );
        assert_eq!(pending.hosts, ["a", "b"]);
        assert_eq!(Pending::read("7f committed\n"), None);
        assert_eq!(
            Pending::read("pending\ntoken a; reboot\n").unwrap().token(),
            None
        );
    }
}
