//! What the reader makes of texts, held against what `sh(1)` does.

use super::*;
use crate::dialect::parse::Text;
use crate::model::FileId;

fn read(text: &str) -> Variables<'_> {
    Variables::read([Text::new(FileId(0), text)])
}

fn value(text: &str, name: &str) -> Option<String> {
    let variables = read(text);
    assert_eq!(variables.stop(), None, "{text:?}");
    variables.get(name).map(|a| a.value.text().to_owned())
}

#[test]
fn quotes_concatenation_and_continued_lines() {
    for (text, expected) in [
        ("x=1", "1"),
        ("x='a b'", "a b"),
        ("x=\"a b\"c' d'\\ e", "a bc d e"),
        ("x=\"a \\\n b\"", "a  b"),
        ("x='a \\\n b'", "a \\\n b"),
        ("x=\"a\nb\"", "a\nb"),
        ("x=\"a\\$b\\\"c\\d\"", "a$b\"c\\d"),
        ("x=a\\\nb", "ab"),
        ("x=", ""),
        ("x=\"\" # c", ""),
        ("x=a#b", "a#b"),
        ("# x=2\nx=1", "1"),
        ("x=1;x=2", "2"),
        ("x=1 y=2", "1"),
        ("x=$", "$"),
        ("x=\"pässwört\"", "pässwört"),
        ("export x=\"a b\" y=2", "a b"),
        ("  x=1", "1"),
        ("x=1\r\n", "1\r"),
        ("x=a\\", "a\\"),
    ] {
        assert_eq!(value(text, "x").as_deref(), Some(expected), "{text:?}");
    }
}

#[test]
fn variables_and_words_that_stand_in() {
    for (text, expected) in [
        ("a=1; x=$a", "1"),
        ("a=1; x=\"${a}2$a\"", "121"),
        ("x=$a; a=1", ""),
        ("x=\"${a:-b c}\"", "b c"),
        ("a=; x=${a:-b}", "b"),
        ("a=; x=${a-b}", ""),
        ("a=1; x=${a:-b}", "1"),
        ("x=${a:=b}$a", "bb"),
        (": ${x:=w}", "w"),
        ("x=; : ${x:=w}", "w"),
        ("x=1; : ${x:=w}", "1"),
        ("a=2; x=${a:+b}", "b"),
        ("x=${a:-${b:-c}}d", "cd"),
        ("x=\"${a:-\"b c\"}d\"", "b cd"),
        ("x='$a'", "$a"),
        // All values are worked out before the first is assigned.
        ("a=1; a=2 x=$a", "1"),
        ("a=1 && x=2", "2"),
    ] {
        assert_eq!(value(text, "x").as_deref(), Some(expected), "{text:?}");
    }
    assert_eq!(value("a=1 || x=2", "x"), None);
    assert_eq!(value("x=1; unset x", "x"), None);
}

#[test]
fn what_only_a_shell_knows_is_reported() {
    use NotUnderstoodKind::{Command, Computed, Conditional, Sources, Subshell};
    for (text, kind, names) in [
        ("x = 1", Command, &[][..]),
        ("x=1 echo", Command, &["x"]),
        (". /etc/other", Sources, &[]),
        ("if true; then x=1; fi", Conditional, &[]),
        ("[ -f y ] && x=1", Command, &[]),
        ("x=1 | cat", Subshell, &["x"]),
        ("x=$(date)", Computed, &["x"]),
        ("x=`date`", Computed, &["x"]),
        ("x=${a#b}", Computed, &["x"]),
        ("f() { x=1; }", Command, &[]),
        ("case y in a|b) x=1 ;; (c) ;; esac", Conditional, &["x"]),
        ("for i in 1 2; do x=$i; done", Conditional, &["x"]),
        ("cat <<EOF\nx=1\nEOF\n", Command, &[]),
    ] {
        let variables = read(text);
        assert_eq!(variables.stop(), None, "{text:?}");
        let first = &variables.not_understood()[0];
        assert_eq!(
            (first.kind, first.names.as_slice()),
            (kind, names),
            "{text:?}"
        );
        assert!(
            variables.get("x").is_none_or(|a| !a.value.is_known()),
            "{text:?}"
        );
    }
    let variables = read("if [ -f y ]\nthen\n  x=1\nfi\ny=2\n");
    assert_eq!(variables.not_understood()[1].names, ["x"]);
    assert!(variables.get("y").is_some());
    assert_eq!(
        read("[ -f y ] && x=1").not_understood()[1].kind,
        Conditional
    );
}

#[test]
fn the_shell_gives_up_at_a_syntax_error() {
    use BrokenKind::{OpenCompound, OpenExpansion, OpenQuote, Unexpected};
    for (text, kind, line, column) in [
        ("y=1\nx=\"a\nb=2\n", OpenQuote, 2, 3),
        ("x='a", OpenQuote, 1, 3),
        ("x=$(a", OpenExpansion, 1, 3),
        ("x=${a", OpenExpansion, 1, 3),
        ("if x; then\n", OpenCompound, 1, 1),
        ("fi", Unexpected, 1, 1),
        ("x=1 )", Unexpected, 1, 5),
        ("x=1;;", Unexpected, 1, 4),
        ("x=(1)", Unexpected, 1, 3),
        ("| x", Unexpected, 1, 1),
    ] {
        let stop = read(text).stop().expect(text);
        assert_eq!(
            (stop.kind, stop.place.line, stop.place.column),
            (kind, line, column),
            "{text:?}"
        );
    }
}

#[test]
fn every_word_has_its_place() {
    let text = "pw=secret\nifconfig_em0=\"inet 10.0.0.1 \\\n  pass $pw vhid 1\"\n";
    let variables = read(text);
    let words = variables.words(variables.get("ifconfig_em0").unwrap());
    let places: Vec<(&str, u32, u32)> = words
        .iter()
        .map(|w| (w.text(), w.place.line, w.place.column))
        .collect();
    assert_eq!(
        places,
        [
            ("inet", 2, 15),
            ("10.0.0.1", 2, 20),
            ("pass", 3, 3),
            ("secret", 3, 8),
            ("vhid", 3, 12),
            ("1", 3, 17),
        ]
    );
    assert!(!format!("{variables:?} {words:?}").contains("secret\""));
}

#[test]
fn growth_without_end_is_bounded() {
    let mut text = "a=0123456789\n".to_owned();
    for _ in 0..200 {
        text.push_str("a=$a$a\n");
    }
    let variables = read(&text);
    assert!(!variables.get("a").unwrap().value.is_known());
    assert!(
        variables
            .assignments()
            .iter()
            .map(|a| a.value.text().len())
            .sum::<usize>()
            < 10_000_000
    );
    let deep = "x=".to_owned() + &"${a:-".repeat(50_000) + &"}".repeat(50_000);
    assert!(!read(&deep).get("x").unwrap().value.is_known());
}

#[test]
fn a_default_is_placed_at_its_name() {
    let variables = Variables::read([Text::new(FileId(0), "x=${y:=${z:=1}}\n")]);
    let places = variables.assignments().iter().map(|assignment| {
        let place = variables.place(assignment);
        (assignment.name, place.column)
    });
    assert_eq!(places.collect::<Vec<_>>(), [("z", 10), ("y", 5), ("x", 1)]);
}
