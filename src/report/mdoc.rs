//! The manual page of the rules, in mdoc(7), made from their own pages.

use std::fmt::Write as _;

use crate::lint::{GROUPS, PAGES, RULES};

const HEAD: &str = r#".\" Made by `carpgen generate lint-manual` from the pages of the rules. Do not edit.
.Dd November 24, 2026
.Dt CARPGEN-LINT 7
.Os
.Sh NAME
.Nm carpgen-lint
.Nd the rules of carpgen lint
.Sh DESCRIPTION
This page holds what
.Ql carpgen explain
prints: each rule of
.Ql carpgen lint ,
by code, and then the pages on trouble that no file shows.
Options, exit status and comments that allow a rule are explained in
.Xr carpgen 1 .
.Pp
The severity behind the name of a rule is that of its findings, or the highest one where the case decides:
.Bl -tag -width warning
.It Sy error
The cluster will not do what the text says.
.It Sy warning
It runs, but breaks or surprises in a case that will come.
.It Sy info
Worth knowing, nothing to repair.
.El
.Pp
The first digit of the code is the group of the rule.
Its name stands for all of its rules in
.Fl Fl allow ,
.Fl Fl warn
and
.Fl Fl deny .
"#;

const TAIL: &str = ".Sh SEE ALSO
.Xr carpgen 1 ,
.Xr carp 4 ,
.Xr carpgen.toml 5 ,
.Xr rc.conf 5 ,
.Xr ifconfig 8
";

/// The manual page carpgen-lint(7).
#[must_use]
pub fn lint_manual() -> String {
    let mut page = HEAD.to_owned();
    for group in &GROUPS {
        let mut rules = RULES.iter().filter(|rule| rule.group() == group).peekable();
        if rules.peek().is_none() {
            continue;
        }
        let _ = writeln!(page, ".Sh {}", group.title.to_uppercase());
        let _ = writeln!(page, "The group\n.Cm {} .", group.name);
        for rule in rules {
            let _ = writeln!(
                page,
                ".Ss {} {} ({})",
                rule.code,
                rule.name,
                rule.severity.word()
            );
            page.push_str(&body(&rule.markdown()));
        }
    }
    page.push_str(".Sh PAGES ON WHAT NO FILE SHOWS, AND ON MESSAGES\n");
    page.push_str("They belong to no rule.\nThe rules name those that are near to them.\n");
    for free in PAGES {
        let _ = writeln!(page, ".Ss {}", free.name);
        page.push_str(&body(&free.markdown()));
    }
    page + TAIL
}

/// A paragraph, or what stands in the place of one.
enum Block {
    Heading(String),
    Text(String),
    Items(Vec<String>),
    Literal(Vec<String>),
}

/// The Markdown of a page as mdoc. Headings run into the paragraph behind them.
fn body(markdown: &str) -> String {
    let mut out = String::new();
    // Whether the next paragraph goes on where the last line ended.
    let mut joined = true;
    for block in blocks(markdown) {
        match block {
            Block::Heading(words) => {
                let _ = writeln!(out, ".Pp\n.Sy {words}:");
                joined = true;
            }
            Block::Text(text) => {
                if !joined {
                    out.push_str(".Pp\n");
                }
                out.push_str(&paragraph(&text));
                joined = false;
            }
            Block::Items(items) => {
                out.push_str(".Bl -bullet\n");
                for item in items {
                    out.push_str(".It\n");
                    out.push_str(&paragraph(&item));
                }
                out.push_str(".El\n");
                joined = false;
            }
            Block::Literal(lines) => {
                out.push_str(".Bd -literal -offset indent\n");
                for line in lines {
                    let _ = writeln!(out, "{}", guarded(&escaped(&line)));
                }
                out.push_str(".Ed\n");
                joined = false;
            }
        }
    }
    out
}

fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines();
    // Behind an empty line a new block begins.
    let mut fresh = true;
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            let literal = lines.by_ref().take_while(|line| !line.starts_with("```"));
            blocks.push(Block::Literal(literal.map(str::to_owned).collect()));
            fresh = true;
        } else if let Some(heading) = line.strip_prefix("## ") {
            blocks.push(Block::Heading(escaped(heading)));
            fresh = true;
        } else if line.trim().is_empty() {
            fresh = true;
        } else if let Some(item) = line.strip_prefix("* ") {
            match blocks.last_mut() {
                Some(Block::Items(items)) => items.push(item.to_owned()),
                _ => blocks.push(Block::Items(vec![item.to_owned()])),
            }
            fresh = false;
        } else {
            match blocks.last_mut() {
                Some(Block::Text(text)) if !fresh => {
                    text.push(' ');
                    text.push_str(line.trim());
                }
                Some(Block::Items(items)) if !fresh => {
                    if let Some(item) = items.last_mut() {
                        item.push(' ');
                        item.push_str(line.trim());
                    }
                }
                _ => blocks.push(Block::Text(line.trim().to_owned())),
            }
            fresh = false;
        }
    }
    blocks
}

/// Running text: a line for each sentence, and `words` in backquotes as literals.
fn paragraph(text: &str) -> String {
    let mut out = String::new();
    let mut parts = text.split('`');
    let mut plain = parts.next().unwrap_or("").to_owned();
    while let (Some(code), behind) = (parts.next(), parts.next().unwrap_or("")) {
        let prefix = if plain.ends_with(['(', '/']) {
            plain.pop()
        } else {
            None
        };
        sentences(&plain, &mut out);
        let glued = behind.find(char::is_whitespace).unwrap_or(behind.len());
        let (glued, rest) = behind.split_at(glued);
        out.push_str(&literal(prefix, code, glued));
        plain = rest.to_owned();
    }
    sentences(&plain, &mut out);
    out
}

/// A literal with what touches it before and behind.
fn literal(prefix: Option<char>, code: &str, glued: &str) -> String {
    let mut line = match prefix {
        Some(prefix) => format!(".Pf {prefix} Ql "),
        None => ".Ql ".to_owned(),
    };
    let _ = write!(line, "\"{}\"", escaped(code).replace('"', "\\(dq"));
    let punctuation = |c: &char| matches!(c, '.' | ',' | ':' | ';' | ')' | '?' | '!');
    let end = glued
        .find(|c: char| !punctuation(&c))
        .unwrap_or(glued.len());
    let (closing, word) = glued.split_at(end);
    if word.is_empty() {
        for mark in closing.chars() {
            let _ = write!(line, " {mark}");
        }
    } else {
        let _ = write!(line, " Ns \\&{}", escaped(glued).replace('"', "\\(dq"));
    }
    line + "\n"
}

fn sentences(text: &str, out: &mut String) {
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = rest
            .match_indices(". ")
            .map(|(at, _)| at + 1)
            .find(|at| rest[*at..].trim_start().starts_with(char::is_uppercase));
        let (sentence, behind) = rest.split_at(end.unwrap_or(rest.len()));
        let _ = writeln!(out, "{}", guarded(&escaped(sentence.trim())));
        rest = behind.trim();
    }
}

/// Text without anything that roff(7) takes for an escape, in ASCII.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => escaped.push_str("\\e"),
            '\'' => escaped.push_str("\\(aq"),
            '`' => escaped.push_str("\\(ga"),
            '~' => escaped.push_str("\\(ti"),
            '^' => escaped.push_str("\\(ha"),
            '…' => escaped.push_str("..."),
            ' '..='~' => escaped.push(character),
            other => {
                let _ = write!(escaped, "\\[u{:04X}]", u32::from(other));
            }
        }
    }
    escaped
}

/// A line that is not taken for a request.
fn guarded(line: &str) -> String {
    if line.starts_with('.') {
        format!("\\&{line}")
    } else {
        line.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_lines_of_mdoc() {
        assert_eq!(
            paragraph("One (`a.b`, or `c`). Two `d e`s of 3·b. `.f` is it."),
            "One\n.Pf ( Ql \"a.b\" ,\nor\n.Ql \"c\" ) .\nTwo\n.Ql \"d e\" Ns \\&s\nof 3\\[u00B7]b.\n.Ql \".f\"\nis it.\n"
        );
    }

    #[test]
    fn pages_become_paragraphs_lists_and_displays() {
        let page =
            "Finds x.\n\n## Why\n\nA\nb.\n\n* c\n  d\n* e\n\n```toml\n.x = \"\\\\\"\n```\nEnd.\n";
        assert_eq!(
            body(page),
            "Finds x.\n.Pp\n.Sy Why:\nA b.\n.Bl -bullet\n.It\nc d\n.It\ne\n.El\n\
             .Bd -literal -offset indent\n\\&.x = \"\\e\\e\"\n.Ed\n.Pp\nEnd.\n"
        );
    }
}
