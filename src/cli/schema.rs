//! `carpgen schema`

use std::io::Write as _;

use super::Outcome;
use super::error::CommandError;
use super::ui::Ui;
use crate::{config, report};

#[derive(Debug, clap::Args)]
pub(super) struct SchemaArgs {
    /// What to describe: the description, or the JSON output of a command
    #[arg(value_name = "WHAT", default_value = "cluster.toml", value_parser = ["cluster.toml", "lint", "plan", "render", "simulate", "status"])]
    what: String,
}

/// Prints a JSON Schema.
pub(super) fn run(ui: &mut Ui, args: &SchemaArgs) -> Result<Outcome, CommandError> {
    let schema = report::schema(&args.what).unwrap_or_else(config::json_schema);
    writeln!(ui.out, "{schema:#}")?;
    Ok(Outcome::Clean)
}
