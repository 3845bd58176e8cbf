//! The text of a description and its TOML tree: routes become places in the text.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::{Finding, Route, Step};

/// A parsed TOML text.
#[derive(Debug)]
pub struct Source<'a> {
    text: &'a str,
    line_starts: Vec<usize>,
    tree: Spanned<DeTable<'a>>,
    errors: Vec<SyntaxError>,
}

/// Where a text stops being TOML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The offending bytes.
    pub span: Range<usize>,
    /// What was expected there.
    pub message: String,
}

impl<'a> Source<'a> {
    /// Parses a text. What is broken is left out of the tree and kept as an error.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        let (tree, errors) = DeTable::parse_recoverable(text);
        let errors = errors
            .iter()
            .map(|error| SyntaxError {
                span: clamp(text, error.span().unwrap_or(0..0)),
                message: error.message().trim().to_owned(),
            })
            .collect();
        let behind_newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(behind_newlines).collect();
        Self {
            text,
            line_starts,
            tree,
            errors,
        }
    }

    /// The text.
    #[must_use]
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// The tree.
    #[must_use]
    pub fn table(&self) -> &DeTable<'a> {
        self.tree.get_ref()
    }

    /// Where the text is not TOML.
    #[must_use]
    pub fn syntax_errors(&self) -> &[SyntaxError] {
        &self.errors
    }

    /// The bytes that a route leads to; where it leads no further, the table or value reached so far.
    #[must_use]
    pub fn span(&self, route: &Route) -> Range<usize> {
        let mut table = Some(self.tree.get_ref());
        let mut value: Option<&Spanned<DeValue<'a>>> = None;
        let mut span = 0..0;
        for step in route.steps() {
            let reached = match step {
                Step::Key(key) => table.and_then(|t| t.get_key_value(key.as_str())),
                Step::NameOf(key) => {
                    if let Some((name, _)) = table.and_then(|t| t.get_key_value(key.as_str())) {
                        span = name.span();
                    }
                    break;
                }
                Step::Index(index) => {
                    let Some(element) = value
                        .and_then(|v| v.get_ref().as_array())
                        .and_then(|a| a.get(*index))
                    else {
                        break;
                    };
                    table = element.get_ref().as_table();
                    value = Some(element);
                    span = element.span();
                    continue;
                }
            };
            let Some((name, inner)) = reached else { break };
            // A table with a header has the header's span; one made by dotted keys has none of its own.
            span = if inner.span().is_empty() {
                name.span()
            } else {
                inner.span()
            };
            table = inner.get_ref().as_table();
            value = Some(inner);
        }
        clamp(self.text, span)
    }

    /// The text of the value that a route leads to, if it leads to one.
    #[must_use]
    pub fn value(&self, route: &Route) -> Option<&'a str> {
        let mut table = Some(self.tree.get_ref());
        let mut value: Option<&Spanned<DeValue<'a>>> = None;
        for step in route.steps() {
            let inner = match step {
                Step::Key(key) => table?.get(key.as_str())?,
                Step::Index(index) => value?.get_ref().as_array()?.get(*index)?,
                Step::NameOf(_) => return None,
            };
            table = inner.get_ref().as_table();
            value = Some(inner);
        }
        Some(&self.text[clamp(self.text, value?.span())])
    }

    /// The bytes that a finding is about.
    #[must_use]
    pub fn span_of(&self, finding: &Finding) -> Range<usize> {
        match &finding.span {
            Some(span) => clamp(self.text, span.clone()),
            None => self.span(&finding.at),
        }
    }

    /// Line and column of a byte, both from 1; columns count characters.
    #[must_use]
    pub fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let offset = clamp(self.text, offset..offset).start;
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts[line - 1];
        (line, self.text[start..offset].chars().count() + 1)
    }
}

/// A span inside the text that begins and ends between characters.
fn clamp(text: &str, span: Range<usize>) -> Range<usize> {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(span.start);
    start..floor(span.end).max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "[cluster]\nname = \"x\"\n[[vhid]]\nid = 1\n[[vhid]]\nid = 22\nvips = [\"a\", \"bb\"]\n";

    fn at(route: &Route) -> &'static str {
        let span = Source::parse(TEXT).span(route);
        &TEXT[span]
    }

    #[test]
    fn routes_lead_to_values_keys_and_headers() {
        let second = Route::top().key("vhid").index(1);
        assert_eq!(at(&second.key("id")), "22");
        assert_eq!(at(&second.key("vips").index(1)), "\"bb\"");
        assert_eq!(at(&second.name_of("vips")), "vips");
        assert_eq!(at(&second.key("advbase")), "[[vhid]]");
        assert_eq!(at(&Route::top().key("cluster").key("pass")), "[cluster]");
        assert_eq!(at(&Route::top().key("nothing")), "");
    }

    #[test]
    fn values_are_there_or_not() {
        let source = Source::parse(TEXT);
        let second = Route::top().key("vhid").index(1);
        assert_eq!(source.value(&second.key("id")), Some("22"));
        assert_eq!(source.value(&second.key("vips").index(1)), Some("\"bb\""));
        assert_eq!(source.value(&second.key("name")), None);
        assert_eq!(source.value(&Route::top().key("vhid").index(2)), None);
    }

    #[test]
    fn lines_and_columns_count_from_one_and_in_characters() {
        assert_eq!(Source::parse("aé\nbc").line_and_column(4), (2, 1));
        assert_eq!(Source::parse("éx").line_and_column(2), (1, 2));
        assert_eq!(Source::parse("a").line_and_column(99), (1, 2));
        assert_eq!(Source::parse("").line_and_column(0), (1, 1));
    }
}
