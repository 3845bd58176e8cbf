//! `carpgen lint`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::Outcome;
use super::args::examples;
use super::error::CommandError;
use super::input::{self, Input};
use super::ui::Ui;
use crate::config::{Description, examples};
use crate::lint;
use crate::model::Severity;
use crate::report::{self, Checked};

#[derive(Debug, clap::Args)]
pub(super) struct LintArgs {
    /// Descriptions, or folders with a cluster.toml; - for standard input
    #[arg(
        value_name = "PATH",
        default_value = "cluster.toml",
        conflicts_with = "example"
    )]
    paths: Vec<PathBuf>,
    /// Take an embedded example instead of a file
    #[arg(long, value_name = "NAME", value_parser = examples())]
    example: Option<String>,
    /// How to print the findings
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// The least severity that makes the exit code 1
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = FailOn::Warning)]
    fail_on: FailOn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, with the lines that the findings are about
    Human,
    /// For programs
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Errors
    Error,
    /// Errors and warnings
    Warning,
    /// Everything, notes too
    Info,
    /// Nothing
    Never,
}

impl FailOn {
    fn counts(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Info => true,
            Self::Never => false,
        }
    }
}

/// Prints what the rules find. No key is looked up and no command is run.
pub(super) fn run(ui: &mut Ui, args: &LintArgs) -> Result<Outcome, CommandError> {
    let inputs = inputs(args)?;
    let descriptions: Vec<Description<'_>> = inputs
        .iter()
        .map(|input| Description::read(&input.text))
        .collect();
    let files: Vec<Checked<'_>> = inputs
        .iter()
        .zip(&descriptions)
        .map(|(input, description)| Checked {
            file: Some(input.name.clone()),
            source: &description.source,
            findings: lint::check(description, true),
        })
        .collect();
    match args.format {
        Format::Json => writeln!(
            ui.out,
            "{:#}",
            serde_json::json!(report::lint_report(&files))
        )?,
        Format::Human => ui
            .out
            .write_all(report::human_findings(&files, ui.out_style()).as_bytes())?,
    }
    // What cannot be understood stays so, whatever the [lint] table says.
    let unreadable = descriptions
        .iter()
        .flat_map(|description| lint::check(description, false))
        .any(|found| matches!(found.rule.code, "CG001" | "CG002" | "CG003"));
    let findings = files.iter().flat_map(|file| &file.findings);
    Ok(if unreadable {
        Outcome::BadInput
    } else if findings
        .into_iter()
        .any(|found| args.fail_on.counts(found.finding.severity))
    {
        Outcome::Findings
    } else {
        Outcome::Clean
    })
}

fn inputs(args: &LintArgs) -> Result<Vec<Input>, CommandError> {
    if let Some(example) = args.example.as_deref().and_then(examples::example) {
        let name = format!("example {}", example.name);
        return Ok(vec![Input {
            name,
            text: example.text.to_owned(),
            folder: PathBuf::new(),
        }]);
    }
    args.paths.iter().map(|path| one(path)).collect()
}

/// A description, or the one in a folder, named relative to the folder.
fn one(path: &Path) -> Result<Input, CommandError> {
    if path.is_dir() {
        let file = path.join("cluster.toml");
        if !file.exists() {
            let message = format!("there is no cluster.toml in {}", path.display());
            return Err(CommandError::bad_input(message)
                .hint("this version reads descriptions, not the files of hosts"));
        }
        return Ok(Input {
            name: "cluster.toml".to_owned(),
            ..input::read(&file)?
        });
    }
    if path.as_os_str() != "-" && path.extension().is_none_or(|extension| extension != "toml") {
        if !path.exists() {
            return input::read(path);
        }
        let message = format!(
            "{} is no description: its name does not end in .toml",
            path.display()
        );
        return Err(CommandError::bad_input(message)
            .hint("this version reads descriptions, not the files of hosts"));
    }
    input::read(path)
}
