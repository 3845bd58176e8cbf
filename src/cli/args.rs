//! The command line.

use clap::builder::PossibleValue;
use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand};

use super::{
    apply, completions, drain, ending, explain, generate, import, init, lint, plan, render, schema,
    simulate, status,
};
use crate::config::examples::EXAMPLES;

/// Describe a FreeBSD CARP cluster once; check it, and write every host's configuration
#[derive(Debug, Parser)]
#[command(
    name = "carpgen",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
#[command(
    after_help = "Exit codes: 0 clean, 1 findings, changes or hosts that disagree, 2 usage, 3 bad input, 4 rolled back, 5 a host needs a person. The manual: carpgen(1), the rules: carpgen-lint(7), the file format: carpgen.toml(5)."
)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a commented cluster.toml to start from
    Init(init::InitArgs),
    /// Find what is wrong with a description
    Lint(lint::LintArgs),
    /// Print the page of a rule
    Explain(explain::ExplainArgs),
    /// Print or write the files and live commands of the hosts
    Render(render::RenderArgs),
    /// Make a description of the files of hosts
    Import(import::ImportArgs),
    /// Predict what happens when hosts and links fail
    Simulate(simulate::SimulateArgs),
    /// Show what would change on the hosts, and what clients would notice
    Plan(plan::PlanArgs),
    /// Change the hosts, all or none
    Apply(apply::ApplyArgs),
    /// Take back what an interrupted or held apply left pending
    Rollback(ending::EndingArgs),
    /// Keep what an apply holds
    Confirm(ending::EndingArgs),
    /// Look at live hosts: what differs from the description, who is master
    Status(status::StatusArgs),
    /// Take a live host out of service without a loss
    Drain(drain::DrainArgs),
    /// Bring a drained host back
    Undrain(drain::UndrainArgs),
    /// Print a new random key of 19 characters
    Keygen,
    /// Print the JSON Schema of cluster.toml or of a JSON output
    Schema(schema::SchemaArgs),
    /// Print the completions of a shell
    Completions(completions::CompletionsArgs),
    /// Print a file of the project that is made from the program
    #[command(hide = true)]
    Generate(generate::GenerateArgs),
}

/// Where a description comes from.
#[derive(Debug, clap::Args)]
pub(super) struct DescriptionArgs {
    /// The description; - for standard input
    #[arg(
        value_name = "FILE",
        default_value = "cluster.toml",
        conflicts_with = "example"
    )]
    pub(super) file: std::path::PathBuf,
    /// Take an embedded example instead of a file
    #[arg(long, value_name = "NAME", value_parser = examples())]
    pub(super) example: Option<String>,
}

/// The names of the embedded examples, with what they show.
pub(super) fn examples() -> PossibleValuesParser {
    PossibleValuesParser::new(
        EXAMPLES
            .iter()
            .map(|example| PossibleValue::new(example.name).help(example.about)),
    )
}
