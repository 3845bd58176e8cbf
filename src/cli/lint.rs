//! `carpgen lint`

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use rayon::prelude::*;

use super::Outcome;
use super::args::examples;
use super::error::CommandError;
use super::host_files::{self, FoundHost};
use super::input;
use super::levels::LevelArgs;
use super::ui::Ui;
use crate::config::{Description, examples};
use crate::lint::hosts::{Hosts, LintHost};
use crate::lint::{self, LintFinding};
use crate::model::{Release, Severity};
use crate::report::{self, Report, Unread};

#[derive(Debug, clap::Args)]
pub(super) struct LintArgs {
    /// Descriptions, files of hosts, folders of either; - for standard input
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
    /// Read the files of hosts as if they ran this release: what breaks at an upgrade
    #[arg(long, value_name = "RELEASE", value_parser = release)]
    release: Option<Release>,
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
    let Inputs {
        descriptions: inputs,
        clusters,
        errors,
    } = inputs(args);
    let texts = inputs.iter();
    let descriptions: Vec<Description<'_>> =
        texts.map(|input| Description::read(&input.text)).collect();
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
    let clusters: Vec<(&[FoundHost], Hosts<'_>)> = clusters
        .iter()
        .map(|found| {
            let hosts = found.par_iter().map(|host| host.to_lint(args.release));
            (found.as_slice(), Hosts::new(hosts.collect()))
        })
        .collect();
    for (found, hosts) in &clusters {
        add_hosts(&mut report, found, hosts, args);
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

/// Adds what the rules find in the files of hosts.
fn add_hosts<'a>(report: &mut Report<'a>, found: &[FoundHost], hosts: &Hosts<'a>, args: &LintArgs) {
    let findings = lint::tuned_hosts(hosts, lint::check_hosts(hosts), &args.levels.changes);
    let name = |host: &LintHost<'_>, path: &str| {
        let host = found.iter().find(|found| found.name == host.name);
        host.map_or_else(Default::default, |host| host.place_of(path))
    };
    report.add_hosts(hosts, name, &findings);
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

/// All that the paths lead to, and what went wrong with the others.
#[derive(Default)]
struct Inputs {
    descriptions: Vec<LintInput>,
    /// Hosts that belong together: those of one folder, and those that were named one by one.
    clusters: Vec<Vec<FoundHost>>,
    errors: Vec<(String, CommandError)>,
}

fn inputs(args: &LintArgs) -> Inputs {
    let mut inputs = Inputs::default();
    if let Some(example) = args.example.as_deref().and_then(examples::example) {
        let name = format!("example {}", example.name);
        inputs.descriptions.push(LintInput {
            path: name.clone(),
            name,
            text: example.text.to_owned(),
        });
        return inputs;
    }
    let mut single = Vec::new();
    let mut files: BTreeMap<PathBuf, Vec<(PathBuf, String)>> = BTreeMap::new();
    for path in &args.paths {
        let host_file = (!path.is_dir())
            .then(|| host_files::host_of_file(path))
            .flatten();
        if let Some((folder, file)) = host_file {
            files.entry(folder).or_default().push((path.clone(), file));
        } else if path.is_dir() && !path.join("cluster.toml").exists() {
            match host_files::in_folder(path) {
                Ok(hosts) if hosts.len() == 1 => single.extend(hosts),
                Ok(hosts) => inputs.clusters.push(hosts),
                Err(error) => inputs.errors.push((path.display().to_string(), error)),
            }
        } else {
            match description(path, args.stdin_name.as_deref()) {
                Ok(input) => inputs.descriptions.push(input),
                Err(error) => inputs.errors.push((path.display().to_string(), error)),
            }
        }
    }
    for (folder, files) in files {
        match host_files::of_files(&folder, &files) {
            Ok(host) => single.push(host),
            Err(error) => inputs.errors.push((folder.display().to_string(), error)),
        }
    }
    if single.len() > 1 {
        name_by_host(&mut single);
    }
    if !single.is_empty() {
        inputs.clusters.push(single);
    }
    inputs
}

/// Files of several hosts that were named one by one need the host in their name.
fn name_by_host(hosts: &mut [FoundHost]) {
    for host in hosts {
        for file in &mut host.files {
            if file.name == file.path {
                file.name = format!("{}/{}", host.name, file.path);
            }
        }
    }
}

/// A description, or the one in a folder, named relative to the folder.
fn description(path: &Path, stdin_name: Option<&str>) -> Result<LintInput, CommandError> {
    if path.is_dir() {
        let input = input::read(&path.join("cluster.toml"))?;
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
            "{} is neither a description (*.toml) nor a file of a host",
            path.display()
        );
        return Err(CommandError::bad_input(message)
            .hint("files of hosts are rc.conf, sysctl.conf, loader.conf, *.sh, ifconfig.txt and the like, by name"));
    }
    let input = input::read(path)?;
    let name = stdin_name.filter(|_| path.as_os_str() == "-");
    let name = name.map_or(input.name, str::to_owned);
    Ok(LintInput {
        path: name.clone(),
        name,
        text: input.text,
    })
}

/// A release on the command line.
fn release(text: &str) -> Result<Release, String> {
    Release::new(text).map_err(|error| error.to_string())
}
