//! Numbers as findings print them, and lists in words.

use crate::model::{HostName, Protocol, VhidSpec, takeover_us, vrrp_takeover_us};

/// Microseconds as seconds, to the millisecond: `15.391 s`, `3 s`.
#[must_use]
pub(super) fn seconds(us: u64) -> String {
    let ms = (us + 500) / 1000;
    let text = format!("{}.{:03}", ms / 1000, ms % 1000);
    format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
}

/// `a`, `a and b`, `a, b and c`.
#[must_use]
pub(super) fn list_in_words<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let words: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    match words.as_slice() {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// `node a`, `nodes a and b`.
#[must_use]
pub(super) fn nodes_in_words<'a>(nodes: impl IntoIterator<Item = &'a HostName>) -> String {
    let names: Vec<&HostName> = nodes.into_iter().collect();
    let word = if names.len() == 1 { "node" } else { "nodes" };
    format!("{word} {}", list_in_words(names))
}

/// How long a node waits for a silent master, in microseconds.
#[must_use]
pub(super) fn takeover_of(vhid: &VhidSpec, node: &HostName) -> Option<u64> {
    match &vhid.protocol {
        Protocol::Carp { timers, .. } => {
            Some(takeover_us(timers.advbase, *timers.advskew.get(node)?))
        }
        Protocol::Vrrp { interval, priority } => {
            Some(vrrp_takeover_us(*interval, *priority.get(node)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_printed_to_the_millisecond() {
        assert_eq!(seconds(15_390_625), "15.391 s");
        assert_eq!(seconds(3_000_000), "3 s");
        assert_eq!(seconds(3_900), "0.004 s");
    }

    #[test]
    fn lists_read_as_people_write_them() {
        assert_eq!(list_in_words(["a", "b", "c"]), "a, b and c");
        assert_eq!(list_in_words(["a"]), "a");
    }
}
