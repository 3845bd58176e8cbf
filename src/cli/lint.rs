//! `carpgen lint`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::Outcome;
use super::args::examples;
use super::error::CommandError;
use super::input;
use super::levels::LevelArgs;
use super::ui::Ui;
use crate::config::{Description, examples};
use crate::lint::{self, LintFinding};
use crate::model::Severity;
use crate::report::{self, Report, Unread};

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
    #[command(flatten)]
    levels: LevelArgs,
    /// Print no findings: only the exit code tells, and errors
    #[arg(short, long)]
    quiet: bool,
    /// What to call the standard input, given as -
    #[arg(long, value_name = "NAME", conflicts_with = "example")]
    stdin_name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, with the lines that the findings are about
    Human,
    /// For programs
    Json,
    /// For code scanning: SARIF 2.1.0
    Sarif,
    /// For GitHub Actions: annotations of the lines
    Github,
    /// For test reports: JUnit XML
    Junit,
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
    if args.stdin_name.is_some() && !args.paths.iter().any(|path| path.as_os_str() == "-") {
        return Err(CommandError::usage(
            "--stdin-name names the standard input, which is not read",
        )
        .hint("add - to the paths"));
    }
    let (inputs, errors) = inputs(args);
    let descriptions: Vec<Description<'_>> = inputs
        .iter()
        .map(|input| Description::read(&input.text))
        .collect();
    let mut report = Report::default();
    let mut unreadable = false;
    let mut silenced = Vec::new();
    for (input, description) in inputs.iter().zip(&descriptions) {
        let found = lint::check(description, false);
        // What cannot be understood stays so, whatever is said about its rules.
        let reason = found.iter().find(|found| makes_unreadable(found)).cloned();
        unreadable |= reason.is_some();
        let found = lint::tuned(description, found, &args.levels.changes);
        if let Some(reason) = reason.filter(|_| !found.iter().any(makes_unreadable)) {
            silenced.push((&input.name, reason.rule));
        }
        report.add_description(&input.name, &input.path, &description.source, &found);
    }
    report.unread = errors
        .iter()
        .map(|(path, error)| Unread {
            path: path.clone(),
            message: error.message().to_owned(),
        })
        .collect();
    if !args.quiet {
        print(ui, args, &report)?;
    }
    for (_, error) in &errors {
        ui.error(error);
    }
    for (name, rule) in silenced {
        ui.talk(&format!(
            "carpgen: {name} cannot be understood: {} {} is allowed, but stays an error",
            rule.code, rule.name
        ));
    }
    let mut severities = report.findings.iter().map(|found| found.severity);
    Ok(if unreadable || !errors.is_empty() {
        Outcome::BadInput
    } else if severities.any(|severity| args.fail_on.counts(severity)) {
        Outcome::Findings
    } else {
        Outcome::Clean
    })
}

fn makes_unreadable(found: &LintFinding) -> bool {
    matches!(found.rule.code, "CG001" | "CG002" | "CG003")
}

fn print(ui: &mut Ui, args: &LintArgs, report: &Report<'_>) -> Result<(), CommandError> {
    match args.format {
        Format::Json => writeln!(
            ui.out,
            "{:#}",
            serde_json::json!(report::lint_report(report))
        )?,
        Format::Sarif => writeln!(ui.out, "{:#}", serde_json::json!(report::sarif(report)))?,
        Format::Github => ui.out.write_all(report::github(report).as_bytes())?,
        Format::Junit => {
            let text = report::junit(report, |severity| args.fail_on.counts(severity));
            ui.out.write_all(text.as_bytes())?;
        }
        // People are told on stderr what could not be read; without any file there are no findings to count.
        Format::Human if report.files.is_empty() => {}
        Format::Human => ui
            .out
            .write_all(report::human_findings(report, ui.out_style()).as_bytes())?,
    }
    Ok(())
}

/// A text to look at.
struct LintInput {
    /// What to call it: relative to the folder given.
    name: String,
    /// Where it is.
    path: String,
    /// The text.
    text: String,
}

/// The texts of all paths, and what went wrong with the others.
fn inputs(args: &LintArgs) -> (Vec<LintInput>, Vec<(String, CommandError)>) {
    if let Some(example) = args.example.as_deref().and_then(examples::example) {
        let name = format!("example {}", example.name);
        let input = LintInput {
            path: name.clone(),
            name,
            text: example.text.to_owned(),
        };
        return (vec![input], Vec::new());
    }
    let mut inputs = Vec::new();
    let mut errors = Vec::new();
    for path in &args.paths {
        match one(path) {
            Ok(mut input) => {
                if path.as_os_str() == "-"
                    && let Some(name) = &args.stdin_name
                {
                    input.name.clone_from(name);
                    input.path.clone_from(name);
                }
                inputs.push(input);
            }
            Err(error) => errors.push((path.display().to_string(), error)),
        }
    }
    (inputs, errors)
}

/// A description, or the one in a folder, named relative to the folder.
fn one(path: &Path) -> Result<LintInput, CommandError> {
    if path.is_dir() {
        let file = path.join("cluster.toml");
        if !file.exists() {
            let message = format!("there is no cluster.toml in {}", path.display());
            return Err(CommandError::bad_input(message)
                .hint("this version reads descriptions, not the files of hosts"));
        }
        let input = input::read(&file)?;
        return Ok(LintInput {
            name: "cluster.toml".to_owned(),
            path: input.name,
            text: input.text,
        });
    }
    let is_description = path
        .extension()
        .is_some_and(|extension| extension == "toml");
    if path.as_os_str() != "-" && !is_description && path.exists() {
        let message = format!(
            "{} is no description: its name does not end in .toml",
            path.display()
        );
        return Err(CommandError::bad_input(message)
            .hint("this version reads descriptions, not the files of hosts"));
    }
    let input = input::read(path)?;
    Ok(LintInput {
        path: input.name.clone(),
        name: input.name,
        text: input.text,
    })
}
