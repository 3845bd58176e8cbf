//! Descriptions that a command refuses.

use super::error::CommandError;
use super::input::Input;
use super::ui::Ui;
use crate::config::Description;
use crate::lint::{self, Refusal};
use crate::model::Severity;
use crate::report::{self, Checked};

/// Ends the command if findings stop it, and says so with all of them.
pub(super) fn refuse(
    ui: &mut Ui,
    input: &Input,
    description: &Description<'_>,
    refusal: Refusal,
) -> Result<(), CommandError> {
    let mut findings = lint::check(description, false);
    let warnings = findings
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
    let count = report::count(&findings);
    let file = Checked {
        file: Some(input.name.clone()),
        source: &description.source,
        findings,
    };
    let text = report::human_findings(&[file], ui.talk_style());
    ui.talk(text.trim_end());
    Err(CommandError::bad_input(format!(
        "{} cannot be used: {count}",
        input.name
    )))
}
