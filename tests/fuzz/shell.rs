//! rc.conf and scripts, which are shell text.

use std::collections::BTreeMap;

use carpgen::dialect::parse::{Binding, Script, Text, Variables, script};
use carpgen::dialect::shell_line;
use carpgen::lint::hosts::shell_lines;
use carpgen::model::FileId;

use crate::places::{assert_inside, behind};

fn read(text: &str) -> Variables<'_> {
    Variables::read([Text::new(FileId(0), text)])
}

/// A value between single quotes, as any shell reads it back.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "'\\''"))
}

/// The last values of all variables that are known.
fn known<'a>(variables: &'a Variables<'a>) -> BTreeMap<&'a str, String> {
    variables
        .names()
        .filter_map(|name| Some((name, variables.get(name)?)))
        .filter(|(_, assignment)| assignment.value.is_known())
        .map(|(name, assignment)| (name, assignment.value.text().to_owned()))
        .collect()
}

/// Every line begins and ends a command: nothing in it quotes, continues, expands or groups.
fn is_plain(text: &str) -> bool {
    const COMPOUND: [&str; 21] = [
        "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac",
        "in", "function", "return", "exit", "break", "continue", "exec", "alias", "eval",
    ];
    let plain = |c: char| c.is_ascii_alphanumeric() || " \t\n=_./:-,%+".contains(c);
    text.chars().all(plain) && !text.split_ascii_whitespace().any(|w| COMPOUND.contains(&w))
}

/// In plain text every line is an assignment that counts, or reported as what it is.
fn nothing_is_dropped(text: &str, variables: &Variables<'_>) {
    let mut start = 0;
    for line in text.split('\n') {
        let at = start + line.len() - line.trim_start_matches([' ', '\t']).len();
        start += line.len() + 1;
        let first = line.split([' ', '\t']).find(|word| !word.is_empty());
        if matches!(first, None | Some(":" | "export" | "readonly" | "unset")) {
            continue;
        }
        let assigned = variables
            .assignments()
            .iter()
            .any(|assignment| variables.place(assignment).offset as usize == at);
        let reported = variables
            .not_understood()
            .iter()
            .any(|skipped| skipped.place.offset as usize == at);
        assert!(assigned || reported, "{line:?} is dropped from {text:?}");
    }
}

/// Behind a text that is read to its end, the next line counts.
fn goes_on(text: &str) -> bool {
    // What follows `||` behind an assignment is never run.
    ![
        "<<", "return", "exit", "exec", "break", "continue", "||", "\0",
    ]
    .iter()
    .any(|word| text.contains(word))
}

pub(crate) fn rc_conf(input: &[u8]) {
    let text = &*String::from_utf8_lossy(input);
    let variables = read(text);
    let again = read(text);
    assert_eq!(variables.assignments(), again.assignments());
    assert_eq!(variables.not_understood(), again.not_understood());
    assert_eq!(variables.stop(), again.stop());
    for assignment in variables.assignments() {
        let source = behind(text, variables.place(assignment));
        assert!(
            source.starts_with(assignment.name),
            "{} is not at its place in {text:?}",
            assignment.name
        );
        if matches!(assignment.binding, Binding::Plain | Binding::Export) {
            assert!(
                source[assignment.name.len()..].starts_with(['=', ':']),
                "{text:?}"
            );
        }
        for word in variables.words(assignment) {
            assert_inside(text, word.place);
            assert!(!word.text().is_empty());
        }
        for reference in assignment.value.references() {
            let place = variables.place_of_reference(assignment, reference);
            assert!(behind(text, place).starts_with('$'), "{text:?}");
        }
        if !assignment.value.is_known() {
            // Where the shell gives up, that is what is reported.
            assert!(
                !variables.not_understood().is_empty() || variables.stop().is_some(),
                "an unknown value is not reported: {text:?}"
            );
        }
    }
    for skipped in variables.not_understood() {
        assert!(behind(text, skipped.place).starts_with(skipped.text));
    }
    if let Some(stop) = variables.stop() {
        assert_inside(text, stop.place);
        return;
    }
    if is_plain(text) {
        nothing_is_dropped(text, &variables);
    }
    if goes_on(text) {
        let longer = format!("{text}\n\nzz=1\n");
        let longer = read(&longer);
        let reported = longer
            .not_understood()
            .iter()
            .any(|skipped| skipped.text.contains("zz=1"));
        assert!(
            longer.get("zz").is_some() || reported || longer.stop().is_some(),
            "{text:?}"
        );
    }
    let values = known(&variables);
    let lines: String = values
        .iter()
        .map(|(name, value)| format!("{name}={}\n", quoted(value)))
        .collect();
    let printed = read(&lines);
    assert_eq!(printed.not_understood(), &[]);
    assert_eq!(known(&printed), values, "printed: {lines:?}");
    comments(text);
}

/// Comments begin with their sign, where they are said to.
fn comments(text: &str) {
    let lines = shell_lines(text);
    assert_eq!(lines.len(), text.split_inclusive('\n').count());
    for (at, comment) in lines.iter().filter_map(|line| line.comment) {
        assert!(comment.starts_with('#') && text[at..].starts_with(comment));
    }
}

pub(crate) fn live_script(input: &[u8]) {
    let text = &*String::from_utf8_lossy(input);
    let read = |text: &str| -> Script { script(&Text::new(FileId(0), text)) };
    let found = read(text);
    assert_eq!(found, read(text));
    let mut lines = String::new();
    let mut printed = Vec::new();
    for command in &found.commands {
        assert_inside(text, command.place);
        command
            .words
            .iter()
            .for_each(|word| assert_inside(text, word.place));
        if command
            .words
            .iter()
            .all(|word| word.known && !word.text().contains('\0'))
        {
            let words: Vec<String> = command
                .words
                .iter()
                .map(|word| word.text().to_owned())
                .collect();
            lines += &shell_line(&words);
            lines.push('\n');
            printed.push(words);
        }
    }
    let again: Vec<Vec<String>> = read(&lines)
        .commands
        .iter()
        .map(|command| {
            command
                .words
                .iter()
                .map(|word| word.text().to_owned())
                .collect()
        })
        .collect();
    assert_eq!(again, printed, "printed: {lines:?}");
    match found.stop {
        Some(stop) => assert_inside(text, stop.place),
        None if goes_on(text) => {
            let longer = read(&format!("{text}\n\nifconfig zz0 up\n"));
            let last = longer.commands.last().map(|command| command.words.len());
            assert!(longer.stop.is_some() || last == Some(3), "{text:?}");
        }
        None => {}
    }
}
