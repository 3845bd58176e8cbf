//! The commands. The only room that touches files, processes, the environment and the terminal.

mod apply;
mod args;
mod capture;
mod changing;
mod completions;
mod drain;
mod ending;
mod error;
mod explain;
mod generate;
mod host_arguments;
mod host_files;
mod import;
mod init;
mod input;
mod interrupt;
mod keygen;
mod levels;
mod lint;
mod lint_fix;
mod live;
mod nodes;
mod output;
mod plan;
mod refusal;
mod render;
mod schema;
mod secrets;
mod simulate;
mod ssh_arguments;
mod status;
mod ui;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Args, Command};
use error::CommandError;
use ui::Ui;

use crate::report::NagiosState;

/// How a command ends when nothing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Nothing to say.
    Clean,
    /// Findings.
    Findings,
    /// Findings in a text that cannot be understood, or hosts that do not answer.
    BadInput,
    /// Hosts were changed, and are as they were.
    RolledBack,
    /// A host needs a person.
    NeedsPerson,
    /// A check of monitoring, with exit codes of its own.
    Check(NagiosState),
}

/// Runs the program with these arguments, the first of which is its name.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(error) => {
            // The help that was asked for goes to stdout; there is nobody to tell if that fails.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let mut ui = Ui::new();
    match dispatch(&mut ui, args)
        .and_then(|outcome| ui.finish().map(|()| outcome).map_err(CommandError::from))
    {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Ok(Outcome::BadInput) => ExitCode::from(3),
        Ok(Outcome::RolledBack) => ExitCode::from(4),
        Ok(Outcome::NeedsPerson) => ExitCode::from(5),
        Ok(Outcome::Check(state)) => ExitCode::from(state.code()),
        // Whoever reads has seen enough.
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            ui.error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn dispatch(ui: &mut Ui, args: Args) -> Result<Outcome, CommandError> {
    match args.command {
        Command::Init(args) => init::run(ui, &args),
        Command::Lint(args) => lint::run(ui, &args),
        Command::Explain(args) => explain::run(ui, &args),
        Command::Render(args) => render::run(ui, &args),
        Command::Import(args) => import::run(ui, &args),
        Command::Simulate(args) => simulate::run(ui, &args),
        Command::Plan(args) => plan::run(ui, &args),
        Command::Apply(args) => apply::run(ui, &args),
        Command::Rollback(args) => ending::rollback(ui, &args),
        Command::Confirm(args) => ending::confirm(ui, &args),
        Command::Status(args) => status::run(ui, &args),
        Command::Drain(args) => drain::run_drain(ui, &args),
        Command::Undrain(args) => drain::run_undrain(ui, &args),
        Command::Keygen => keygen::run(ui),
        Command::Schema(args) => schema::run(ui, &args),
        Command::Completions(args) => completions::run(ui, &args),
        Command::Generate(args) => generate::run(ui, &args),
    }
}

/// The program's own description of its arguments, for completions and for tests of the documentation.
#[must_use]
pub fn command() -> clap::Command {
    Args::command()
}

/// The result of writing to the result stream.
type Written = io::Result<()>;
