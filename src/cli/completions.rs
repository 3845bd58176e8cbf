//! `carpgen completions`

use std::io::Write as _;

use super::Outcome;
use super::error::CommandError;
use super::ui::Ui;

#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: clap_complete::Shell,
}

/// Prints the completions of a shell.
pub(super) fn run(ui: &mut Ui, args: &CompletionsArgs) -> Result<Outcome, CommandError> {
    // The generator panics when it cannot write, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "carpgen", &mut script);
    ui.out.write_all(&script)?;
    Ok(Outcome::Clean)
}
