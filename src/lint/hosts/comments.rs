//! Comments of files that know `#` comments.

use crate::lint::allows::Line;

/// Parts a text into lines. A comment begins with a `#` at the start of a word, outside of quotes, as in `sh(1)`.
#[must_use]
pub fn shell_lines(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut quote = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let mut statement = quote.is_some();
        let mut comment = None;
        let mut before = ' ';
        let mut escaped = false;
        for (at, character) in line.char_indices() {
            match (quote, character) {
                _ if escaped => escaped = false,
                (Some('\'') | None, '\'') | (Some('"') | None, '"') => {
                    quote = if quote.is_some() {
                        None
                    } else {
                        Some(character)
                    };
                    statement = true;
                }
                (None | Some('"'), '\\') => {
                    escaped = true;
                    statement = true;
                }
                (None, '#') if before.is_whitespace() => {
                    comment = Some((start + at, line[at..].trim_end_matches(['\n', '\r'])));
                    break;
                }
                _ => statement |= !character.is_whitespace(),
            }
            before = character;
        }
        lines.push(Line { statement, comment });
        start += line.len();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hide_what_looks_like_a_comment() {
        let text = "# whole\na=\"x # y\" # end\nb='multi\n# no comment' \nc=a#b\n";
        let found: Vec<_> = shell_lines(text)
            .iter()
            .map(|line| {
                (
                    line.statement,
                    line.comment.map(|(at, words)| (&text[at..at + 3], words)),
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                (false, Some(("# w", "# whole"))),
                (true, Some(("# e", "# end"))),
                (true, None),
                (true, None),
                (true, None)
            ]
        );
    }
}
