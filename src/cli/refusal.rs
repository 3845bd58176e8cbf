//! Descriptions that a command refuses.

use super::error::CommandError;
use super::input::Input;
use super::ui::Ui;
use crate::config::Description;
use crate::lint::{self, Refusal};
use crate::model::Severity;
use crate::report::{self, Report};

/// Ends the command if findings stop it, and says so with all of them.
pub(super) fn refuse(
    ui: &mut Ui,
    input: &Input,
    description: &Description<'_>,
    refusal: Refusal,
) -> Result<(), CommandError> {
    let mut findings = lint::check(description, false);
    // What is allowed is not worth a word here either; what is refused does not depend on it.
    let warnings = lint::tuned(description, findings.clone(), &[])
        .iter()
        .filter(|found| found.finding.severity == Severity::Warning)
        .count();
    findings.retain(|found| refusal.stops(found));
    if findings.is_empty() {
        if warnings > 0 {
            let words = if warnings == 1 {
                "1 warning"
            } else {
                &format!("{warnings} warnings")
            };
            ui.talk(&format!(
                "carpgen: {}: {words}; `carpgen lint` shows more",
                input.name
            ));
        }
        return Ok(());
    }
    let mut report = Report::default();
    report.add_description(&input.name, &input.name, &description.source, &findings);
    let count = report::count(report.findings.iter().map(|found| found.severity));
    let text = report::human_findings(&report, ui.talk_style());
    ui.talk(text.trim_end());
    Err(CommandError::bad_input(format!(
        "{} cannot be used: {count}",
        input.name
    )))
}
