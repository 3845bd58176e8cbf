//! Comments: what is one, what it silences, and what is said of those that silence nothing.

use proptest::prelude::*;

use super::*;
use crate::config::examples::EXAMPLES;

fn comments(text: &str) -> Vec<Option<&str>> {
    toml_lines(text)
        .iter()
        .map(|line| line.comment.map(|(_, comment)| comment))
        .collect()
}

fn allows(text: &str) -> Allows {
    Allows::of(&toml_lines(text))
}

fn silences(text: &str, rule: &str, line: usize) -> bool {
    allows(text).silences(rule_named(rule).unwrap(), line)
}

fn idle(text: &str) -> Vec<IdleReason> {
    allows(text).idle().into_iter().map(|i| i.why).collect()
}

#[test]
fn a_hash_in_quotes_is_no_comment() {
    assert_eq!(comments("a = \"#\" # b"), [Some("# b")]);
    assert_eq!(comments("a = '#' # b\r\n"), [Some("# b")]);
    assert_eq!(comments("a = \"\\\"#\" # b"), [Some("# b")]);
    assert_eq!(comments("a = '\\' # b"), [Some("# b")]);
    assert_eq!(comments("\"a#\" = 1"), [None]);
    assert_eq!(
        comments("a = \"\"\"x # 1\n# 2 \\\"\"\" # 3\n\"\"\"\"\" # 4\n# 5"),
        [None, None, Some("# 4"), Some("# 5")]
    );
    assert_eq!(
        comments("a = '''x # 1\n\" ''' # 2\nb = '''''' # 3"),
        [None, Some("# 2"), Some("# 3")]
    );
}

#[test]
fn a_text_that_is_not_closed_ends_with_its_line() {
    assert_eq!(comments("a = \"b # c\nd = 1 # e"), [None, Some("# e")]);
}

#[test]
fn comments_know_their_bytes() {
    let text = "é = 1\n  # x\n";
    let lines = toml_lines(text);
    assert!(lines[0].statement && !lines[1].statement);
    let (at, comment) = lines[1].comment.unwrap();
    assert_eq!(&text[at..at + comment.len()], "# x");
}

#[test]
fn the_end_of_a_line_and_the_line_before_it() {
    let text = "[a]\nb = 1 # carpgen: allow CG301 a lab\n# carpgen: allow missing-pass a lab\nc = 2\nd = 3\n";
    assert_eq!(
        [1, 2, 3, 4, 5].map(|line| silences(text, "missing-pass", line)),
        [false, true, false, true, false]
    );
    assert!(!silences(text, "pass-truncated", 2));
}

#[test]
fn before_the_first_statement_it_holds_for_the_whole_file() {
    let text = "# A cluster\n\n# carpgen: allow missing-pass, pass-in-clear: a lab\n[a]\nb = 1\n";
    // The colon belongs to the last name, which nothing is called.
    assert!(silences(text, "missing-pass", 5));
    assert!(!silences(text, "pass-in-clear", 5));
    let text = "# carpgen: allow missing-pass, CG308 a lab\n[a]\nb = 1\n";
    assert!(silences(text, "missing-pass", 3) && silences(text, "pass-in-clear", 1));
}

#[test]
fn several_comments_before_one_line_hold_together() {
    let text =
        "[a]\n# carpgen: allow missing-pass a lab\n# carpgen: allow pass-in-clear a lab\nb = 1\n";
    assert!(silences(text, "missing-pass", 4) && silences(text, "pass-in-clear", 4));
    let text = "[a]\n# carpgen: allow missing-pass a lab\n# more\nb = 1\n";
    assert!(!silences(text, "missing-pass", 4));
}

#[test]
fn the_reason_is_required() {
    for comment in [
        "# carpgen: allow missing-pass",
        "#carpgen:allow missing-pass  --",
    ] {
        let text = format!("{comment}\na = 1\n");
        assert!(!silences(&text, "missing-pass", 2), "{comment}");
        assert_eq!(idle(&text), [IdleReason::NoReason]);
    }
    assert!(silences(
        "#carpgen:allow missing-pass x\na = 1",
        "missing-pass",
        2
    ));
}

#[test]
fn what_silences_nothing_is_known() {
    let nothing = |rule| IdleReason::NothingFound(rule, Scope::File);
    assert_eq!(
        idle("# carpgen: allow missing-pass , nonsense,CG308 a lab\n"),
        [
            nothing("missing-pass"),
            IdleReason::UnknownRule("nonsense".to_owned()),
            nothing("pass-in-clear")
        ]
    );
    assert_eq!(idle("# carpgen: allow\n"), [IdleReason::NoRule]);
    assert_eq!(
        idle("# carpgen: allowed is much\n# carpgen: deny x\n# allow x\n"),
        []
    );
    let mut used = allows("# carpgen: allow missing-pass a lab\n");
    assert!(used.silences(rule_named("missing-pass").unwrap(), 7));
    assert_eq!(used.idle(), []);
}

#[test]
fn names_know_their_bytes() {
    let text = "# carpgen: allow CG301, nonsense a lab\n";
    let bytes: Vec<_> = allows(text).idle().into_iter().map(|i| i.bytes).collect();
    assert_eq!(&text[bytes[0].clone()], "CG301");
    assert_eq!(&text[bytes[1].clone()], "nonsense");
}

/// A text without its comments.
fn cut(text: &str) -> String {
    let mut left = String::new();
    let mut from = 0;
    for (at, comment) in toml_lines(text).iter().filter_map(|line| line.comment) {
        left.push_str(&text[from..at]);
        from = at + comment.len();
    }
    left + &text[from..]
}

/// Comments are what can be cut out without a change of what the text means.
fn assert_cut(text: &str) {
    let Ok(meant) = text.parse::<toml::Table>() else {
        return;
    };
    assert_eq!(cut(text).parse::<toml::Table>().unwrap(), meant, "{text}");
}

#[test]
fn the_comments_of_the_examples_can_be_cut_out() {
    for example in EXAMPLES {
        assert!(
            toml_lines(example.text)
                .iter()
                .any(|line| line.comment.is_some())
        );
        assert!(!cut(example.text).contains(" # "));
        assert_cut(example.text);
    }
}

proptest! {
    #[test]
    fn any_text_has_comments_at_places_of_its_own(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "\"", "'", "#", "\\", "\n", "\r\n", "é", " ", ",", "a = ", "\"\"\"", "'''", "x", "[t]\n",
                "carpgen: allow ", "# carpgen: allow missing-pass, CG308", "CG301",
            ]),
            0..24,
        )
    ) {
        let text = parts.concat();
        assert_cut(&text);
        let mut allows = allows(&text);
        for line in 0..=parts.len() {
            allows.silences(rule_named("missing-pass").unwrap(), line);
        }
        for idle in allows.idle() {
            prop_assert!(text.get(idle.bytes).is_some_and(|words| !words.is_empty()));
        }
    }
}
