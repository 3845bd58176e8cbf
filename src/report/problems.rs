//! What is wrong with a text that is no description, such as a scenario, with the lines that it is about.

use std::fmt;
use std::ops::Range;

use miette::{Diagnostic, GraphicalReportHandler, LabeledSpan, NamedSource, SourceCode};

use super::Style;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextProblem {
    /// The offending bytes.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

/// All that is wrong with a text.
#[must_use]
pub fn text_problems(name: &str, text: &str, problems: &[TextProblem], style: Style) -> String {
    let handler = GraphicalReportHandler::new_themed(style.theme()).with_width(style.width);
    let code = NamedSource::new(name, text.to_owned());
    let mut shown = String::new();
    for problem in problems {
        let labels = [LabeledSpan::new_primary_with_span(
            None,
            problem.span.clone(),
        )];
        let problem = Shown {
            problem,
            code: &code,
            labels,
        };
        // Formatting into a String fails only if a Display of ours does, and none does.
        let _ = handler.render_report(&mut shown, &problem);
        shown.push('\n');
    }
    shown
}

#[derive(Debug)]
struct Shown<'a> {
    problem: &'a TextProblem,
    code: &'a NamedSource<String>,
    labels: [LabeledSpan; 1],
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        Some(Box::new(&self.problem.help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.code)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}
