//! JUnit XML: what test reports of build servers take. A test is a rule that had something to say about a file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::resolved::{Report, Resolved};
use crate::model::Severity;

/// The findings of all files as JUnit XML.
///
/// A file is a suite, a rule with findings in it a case, and a file without findings one case that passes. What
/// `fails` does not count, such as a note, is the output of a case that passes.
#[must_use]
pub fn junit(report: &Report<'_>, fails: impl Fn(Severity) -> bool) -> String {
    let mut suites: Vec<Suite> = report
        .files
        .iter()
        .map(|file| Suite::named(&file.path))
        .collect();
    let mut hosts = Suite::named("hosts");
    let mut by_rule: BTreeMap<(Option<usize>, &str), Vec<&Resolved>> = BTreeMap::new();
    for found in &report.findings {
        let key = (found.at.file, found.rule.code);
        by_rule.entry(key).or_default().push(found);
    }
    for ((file, _), found) in by_rule {
        let suite = match file.and_then(|file| suites.get_mut(file)) {
            Some(suite) => suite,
            None => &mut hosts,
        };
        suite.add_rule(report, &found, &fails);
    }
    for suite in suites.iter_mut().filter(|suite| suite.cases.is_empty()) {
        suite.add_case("no findings", None, "");
    }
    if !hosts.cases.is_empty() {
        suites.push(hosts);
    }
    for unread in &report.unread {
        let mut suite = Suite::named(&unread.path);
        suite.errors += 1;
        let message = escaped(&unread.message);
        suite.add_case(
            "readable",
            None,
            &format!("      <error message=\"{message}\" type=\"error\"/>\n"),
        );
        suites.push(suite);
    }
    document(&suites)
}

/// What was found in one file.
struct Suite {
    name: String,
    cases: Vec<String>,
    failures: usize,
    errors: usize,
}

impl Suite {
    fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            cases: Vec::new(),
            failures: 0,
            errors: 0,
        }
    }

    fn add_rule(
        &mut self,
        report: &Report<'_>,
        found: &[&Resolved],
        fails: impl Fn(Severity) -> bool,
    ) {
        let Some(first) = found.first() else { return };
        let text = found
            .iter()
            .map(|one| words(report, one))
            .collect::<Vec<_>>()
            .join("\n");
        let worst = found.iter().map(|one| one.severity).max();
        let worst = worst.unwrap_or(first.severity);
        let body = if fails(worst) {
            self.failures += 1;
            let message = match found.len() {
                1 => first.message.clone(),
                number => format!("{number} findings, the first: {}", first.message),
            };
            format!(
                "      <failure message=\"{}\" type=\"{worst}\">{}</failure>\n",
                escaped(&message),
                escaped_text(&text)
            )
        } else {
            format!("      <system-out>{}</system-out>\n", escaped_text(&text))
        };
        let name = format!("{} {}", first.rule.code, first.rule.name);
        self.add_case(&name, Some(first.at.line), &body);
    }

    fn add_case(&mut self, name: &str, line: Option<usize>, body: &str) {
        let file = escaped(&self.name);
        let line = line.map_or_else(String::new, |line| format!(" line=\"{line}\""));
        let start = format!(
            "    <testcase name=\"{}\" classname=\"{file}\" file=\"{file}\"{line}",
            escaped(name)
        );
        self.cases.push(if body.is_empty() {
            start + "/>\n"
        } else {
            start + ">\n" + body + "    </testcase>\n"
        });
    }
}

fn document(suites: &[Suite]) -> String {
    let numbers = |suites: &[Suite]| {
        let cases: usize = suites.iter().map(|suite| suite.cases.len()).sum();
        let failures: usize = suites.iter().map(|suite| suite.failures).sum();
        let errors: usize = suites.iter().map(|suite| suite.errors).sum();
        format!("tests=\"{cases}\" failures=\"{failures}\" errors=\"{errors}\"")
    };
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(
        text,
        "<testsuites name=\"carpgen lint\" {}>",
        numbers(suites)
    );
    for suite in suites {
        let numbers = numbers(std::slice::from_ref(suite));
        let name = escaped(&suite.name);
        let _ = writeln!(
            text,
            "  <testsuite name=\"{name}\" {numbers} skipped=\"0\">"
        );
        for case in &suite.cases {
            text.push_str(case);
        }
        text.push_str("  </testsuite>\n");
    }
    text + "</testsuites>\n"
}

fn words(report: &Report<'_>, found: &Resolved) -> String {
    let mut text = report.words(&found.at);
    if !text.is_empty() {
        text.push_str(": ");
    }
    if let Some(host) = &found.host {
        let _ = write!(text, "host {host}: ");
    }
    let _ = write!(
        text,
        "{}: {}\n  help: {}",
        found.severity, found.message, found.help
    );
    for (place, message) in &found.related {
        let _ = write!(text, "\n  {}: {message}", report.words(place));
    }
    text
}

/// Text of an element. XML 1.0 has no way to write most control characters, so they become U+FFFD.
fn escaped_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\r' => escaped.push_str("&#13;"),
            '\n' | '\t' => escaped.push(character),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Text of an attribute in double quotes, whose line ends and tabs a reader would make blanks of.
fn escaped(text: &str) -> String {
    escaped_text(text)
        .replace('"', "&quot;")
        .replace('\n', "&#10;")
        .replace('\t', "&#9;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_reads_is_escaped() {
        assert_eq!(escaped_text("a<b> & \"c\"\n"), "a&lt;b&gt; &amp; \"c\"\n");
        assert_eq!(escaped("\"a\"\n\tb\r"), "&quot;a&quot;&#10;&#9;b&#13;");
        assert_eq!(
            escaped("bell\u{7}\u{0}\u{ffff}"),
            "bell\u{fffd}\u{fffd}\u{fffd}"
        );
    }
}
