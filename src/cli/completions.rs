//! `carpgen completions`

use std::io::Write as _;

use clap::Command;
use clap::builder::PossibleValuesParser;

use super::Outcome;
use super::error::CommandError;
use super::ui::Ui;
use crate::lint::{GROUPS, PAGES, RULES};

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
    clap_complete::generate(args.shell, &mut completed(), "carpgen", &mut script);
    ui.out.write_all(&script)?;
    Ok(Outcome::Clean)
}

/// The commands as a shell is to complete them: without those that the help hides, and with the names of rules, which
/// the commands themselves check in their own way.
fn completed() -> Command {
    let whole = super::command();
    let visible = whole
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    let rules: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    let pages: Vec<&str> = PAGES.iter().map(|page| page.name).collect();
    let groups: Vec<&str> = GROUPS.iter().map(|group| group.name).collect();
    let explained = PossibleValuesParser::new([&rules[..], &pages].concat());
    let selected = PossibleValuesParser::new([&groups[..], &rules].concat());
    let mut shown = Command::new("carpgen")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommands(visible.cloned())
        .mut_subcommand("explain", |command| {
            command.mut_arg("rule", |rule| rule.value_parser(explained))
        });
    for option in ["deny", "warn", "allow"] {
        let selected = selected.clone();
        shown = shown.mut_subcommand("lint", |command| {
            command.mut_arg(option, |rules| rules.value_parser(selected))
        });
    }
    shown
}
