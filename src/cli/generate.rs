//! `carpgen generate`: files of the project that are made from the program itself.

use std::io::Write as _;

use super::Outcome;
use super::error::CommandError;
use super::ui::Ui;
use crate::report;

#[derive(Debug, clap::Args)]
pub(super) struct GenerateArgs {
    /// What to make
    #[arg(value_enum)]
    what: What,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum What {
    /// The manual page carpgen-lint(7)
    LintManual,
}

/// Prints a file of the project.
pub(super) fn run(ui: &mut Ui, args: &GenerateArgs) -> Result<Outcome, CommandError> {
    let text = match args.what {
        What::LintManual => report::lint_manual(),
    };
    ui.out.write_all(text.as_bytes())?;
    Ok(Outcome::Clean)
}
