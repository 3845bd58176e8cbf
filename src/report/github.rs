//! Workflow commands of GitHub Actions: each finding becomes an annotation of its line.

use std::fmt::Write as _;

use super::resolved::{Report, Resolved};
use crate::model::Severity;

/// The findings of all files as workflow commands, one a line.
///
/// The escapes are those of the runner (`toolkit/packages/core/src/command.ts` of actions/toolkit).
#[must_use]
pub fn github(report: &Report<'_>) -> String {
    let mut text = String::new();
    for unread in &report.unread {
        let file = property(&unread.path);
        let _ = writeln!(text, "::error file={file}::{}", data(&unread.message));
    }
    for found in &report.findings {
        text.push_str(&command(report, found));
    }
    text
}

fn command(report: &Report<'_>, found: &Resolved) -> String {
    let word = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let mut properties = Vec::new();
    if let Some(file) = report.file(&found.at) {
        properties.push(format!("file={}", property(&file.path)));
        properties.push(format!("line={}", found.at.line));
        properties.push(format!("col={}", found.at.column));
        // A column of the end counts only within one line.
        if let Some(span) = &found.at.span
            && span.end_line == found.at.line
            && span.end_column > found.at.column
        {
            properties.push(format!("endLine={}", span.end_line));
            properties.push(format!("endColumn={}", span.end_column));
        }
    }
    let title = format!("{} {}", found.rule.code, found.rule.name);
    properties.push(format!("title={}", property(&title)));
    let host = found.host.as_ref();
    let mut message = host.map_or_else(String::new, |host| format!("host {host}: "));
    let _ = write!(message, "{}\nhelp: {}", found.message, found.help);
    for (place, words) in &found.related {
        let _ = write!(message, "\n{}: {words}", report.words(place));
    }
    format!("::{word} {}::{}\n", properties.join(","), data(&message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_runner_reads_is_escaped() {
        assert_eq!(data("50% of\r\na: b, c"), "50%25 of%0D%0Aa: b, c");
        assert_eq!(property("a%:b,c\n"), "a%25%3Ab%2Cc%0A");
    }
}
