//! `carpgen lint`

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use rayon::prelude::*;

use super::Outcome;
use super::args::examples;
use super::error::CommandError;
use super::host_arguments;
use super::host_files::{self, FoundHost};
use super::input;
use super::levels::LevelArgs;
use super::lint_fix::{self, Told, Written};
use super::ssh_arguments::SshArgs;
use super::ui::Ui;
use crate::config::{Description, examples};
use crate::lint::hosts::{Hosts, LintHost};
use crate::lint::{self, LintFinding};
use crate::model::{Release, Severity};
use crate::report::{self, File, Report, Style, Unread};

#[derive(Debug, clap::Args)]
pub(super) struct LintArgs {
    /// Descriptions, files of hosts, folders of either, H=ssh:DESTINATION; - for standard input
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
    /// Apply the fixes that leave no doubt about what was meant, and report what remains
    #[arg(long, conflicts_with = "example")]
    fix: bool,
    /// Show what --fix would change, and write nothing
    #[arg(long, conflicts_with_all = ["fix", "format", "quiet"])]
    diff: bool,
    /// What to call the standard input, given as -
    #[arg(long, value_name = "NAME", conflicts_with = "example")]
    stdin_name: Option<String>,
    #[command(flatten)]
    connection: SshArgs,
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

/// Prints what the rules find. No key is looked up and no command is run here.
pub(super) fn run(ui: &mut Ui, args: &LintArgs) -> Result<Outcome, CommandError> {
    let reads_stdin = args.paths.iter().any(|path| path.as_os_str() == "-");
    if args.stdin_name.is_some() && !reads_stdin {
        return Err(CommandError::usage(
            "--stdin-name names the standard input, which is not read",
        )
        .hint("add - to the paths"));
    }
    if args.fix && reads_stdin && args.paths.len() > 1 {
        return Err(CommandError::usage(
            "--fix writes the standard input to stdout, and takes no other path with it",
        )
        .hint("run it once for -, and once for the files"));
    }
    let mut live = args.paths.iter().map(|path| path.as_os_str());
    if (args.fix || args.diff) && live.any(|path| host_arguments::over_ssh(path).is_some()) {
        return Err(CommandError::usage("--fix and --diff are for files, not for live hosts")
            .hint("`carpgen import` makes a description of them, `carpgen plan` and `carpgen apply` change them"));
    }
    let mut inputs = inputs(ui, args);
    for found in &mut inputs.clusters {
        // In the order that the rules know them by.
        found.sort_by(|a, b| a.name.cmp(&b.name));
    }
    let mut fixed = None;
    if args.diff {
        return show_changes(ui, args, inputs);
    } else if args.fix {
        fixed = Some(apply(args, &mut inputs, reads_stdin));
    }
    report_on(ui, args, &inputs, fixed, args.fix && reads_stdin)
}

/// Prints what the rules find in texts; to stderr where the fixed text goes to stdout.
fn report_on(
    ui: &mut Ui,
    args: &LintArgs,
    inputs: &Inputs,
    fixed: Option<usize>,
    text_first: bool,
) -> Result<Outcome, CommandError> {
    let Inputs {
        descriptions: texts,
        clusters,
        errors,
    } = inputs;
    let descriptions: Vec<Description<'_>> = texts
        .iter()
        .map(|input| Description::read(&input.text))
        .collect();
    let mut report = Report {
        fixed,
        ..Report::default()
    };
    let mut unreadable = false;
    let mut silenced = Vec::new();
    for (input, description) in texts.iter().zip(&descriptions) {
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
    let clusters = read_hosts(clusters, args);
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
    for input in texts.iter().filter(|_| text_first) {
        ui.out.write_all(input.text.as_bytes())?;
    }
    if !args.quiet && text_first {
        let text = rendered(args, &report, ui.talk_style());
        ui.talk(text.trim_end());
    } else if !args.quiet {
        ui.out
            .write_all(rendered(args, &report, ui.out_style()).as_bytes())?;
    }
    tell_fixed(ui, args, fixed);
    for (_, error) in errors {
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

/// Says how much was fixed, where the format has no room for it.
fn tell_fixed(ui: &mut Ui, args: &LintArgs, fixed: Option<usize>) {
    let has_room = args.quiet || matches!(args.format, Format::Human | Format::Json);
    match fixed.filter(|_| !has_room) {
        None => {}
        Some(1) => ui.talk("carpgen: 1 finding fixed"),
        Some(count) => ui.talk(&format!("carpgen: {count} findings fixed")),
    }
}

fn read_hosts<'i>(
    clusters: &'i [Vec<FoundHost>],
    args: &LintArgs,
) -> Vec<(&'i [FoundHost], Hosts<'i>)> {
    let read = clusters.iter().map(|found| {
        let hosts = found.par_iter().map(|host| host.to_lint(args.release));
        (found.as_slice(), Hosts::new(hosts.collect()))
    });
    read.collect()
}

/// Fixes what can be fixed, in the files and in the texts that were read from them; tells how many findings it was.
fn apply(args: &LintArgs, inputs: &mut Inputs, in_memory: bool) -> usize {
    let told = Told {
        changes: &args.levels.changes,
        release: args.release,
    };
    let mut count = 0;
    for input in &mut inputs.descriptions {
        let fixed = lint_fix::description(input, told);
        let written = if in_memory {
            Written {
                findings: fixed.done.len(),
                ..Written::default()
            }
        } else {
            lint_fix::write(&fixed, |_| Some((&input.path, &input.text)))
        };
        count += written.findings;
        inputs.errors.extend(written.errors);
        let text = fixed.texts.into_values().next();
        if let Some(text) = text.filter(|_| written.left.is_empty()) {
            input.text = text;
        }
    }
    for found in &mut inputs.clusters {
        let mut fixed = lint_fix::hosts(found, told);
        let written = lint_fix::write(&fixed, |id| {
            let file = found.get(id.host)?.files.get(usize::from(id.file.0))?;
            Some((&file.at, &file.text))
        });
        count += written.findings;
        inputs.errors.extend(written.errors);
        fixed.texts.retain(|id, _| !written.left.contains(id));
        lint_fix::set_texts(found, &fixed.texts);
    }
    count
}

/// Prints what fixes would change.
fn show_changes(ui: &mut Ui, args: &LintArgs, inputs: Inputs) -> Result<Outcome, CommandError> {
    let told = Told {
        changes: &args.levels.changes,
        release: args.release,
    };
    let mut count = 0;
    for input in &inputs.descriptions {
        let fixed = lint_fix::description(input, told);
        count += fixed.done.len();
        let text = fixed.texts.into_values().next().unwrap_or_default();
        let report = |text| Report {
            files: vec![File::new(&input.name, &input.path, text)],
            ..Report::default()
        };
        let diff = report::diff(&report(&input.text), &report(&text));
        ui.out.write_all(diff.as_bytes())?;
    }
    let mut after = inputs.clusters.clone();
    for found in &mut after {
        let fixed = lint_fix::hosts(found, told);
        count += fixed.done.len();
        lint_fix::set_texts(found, &fixed.texts);
    }
    let (before, after) = (read_hosts(&inputs.clusters, args), read_hosts(&after, args));
    for ((found, before), (_, after)) in before.iter().zip(&after) {
        let report = |hosts| {
            let mut report = Report::default();
            report.add_hosts(hosts, |host, path| name_of(found, host, path), &[]);
            report
        };
        let diff = report::diff(&report(before), &report(after));
        ui.out.write_all(diff.as_bytes())?;
    }
    for (_, error) in &inputs.errors {
        ui.error(error);
    }
    match count {
        0 => {}
        1 => ui.talk("carpgen: 1 finding would be fixed"),
        _ => ui.talk(&format!("carpgen: {count} findings would be fixed")),
    }
    Ok(if !inputs.errors.is_empty() {
        Outcome::BadInput
    } else if count > 0 {
        Outcome::Findings
    } else {
        Outcome::Clean
    })
}

/// Adds what the rules find in the files of hosts.
fn add_hosts<'a>(report: &mut Report<'a>, found: &[FoundHost], hosts: &Hosts<'a>, args: &LintArgs) {
    let findings = lint::tuned_hosts(hosts, lint::check_hosts(hosts), &args.levels.changes);
    report.add_hosts(hosts, |host, path| name_of(found, host, path), &findings);
}

/// What to call a file of a host, and where it is.
fn name_of(found: &[FoundHost], host: &LintHost<'_>, path: &str) -> (String, String) {
    let host = found.iter().find(|found| found.name == host.name);
    host.map_or_else(Default::default, |host| host.place_of(path))
}

fn makes_unreadable(found: &LintFinding) -> bool {
    matches!(found.rule.code, "CG001" | "CG002" | "CG003")
}

fn rendered(args: &LintArgs, report: &Report<'_>, style: Style) -> String {
    match args.format {
        Format::Json => format!("{:#}\n", serde_json::json!(report::lint_report(report))),
        Format::Sarif => format!("{:#}\n", serde_json::json!(report::sarif(report))),
        Format::Github => report::github(report),
        Format::Junit => report::junit(report, |severity| args.fail_on.counts(severity)),
        // People are told on stderr what could not be read; without any file there are no findings to count.
        Format::Human if report.files.is_empty() => String::new(),
        Format::Human => report::human_findings(report, style),
    }
}

/// A text to look at.
pub(super) struct LintInput {
    /// What to call it: relative to the folder given.
    pub(super) name: String,
    /// Where it is.
    pub(super) path: String,
    /// The text.
    pub(super) text: String,
}

/// All that the paths lead to, and what went wrong with the others.
#[derive(Default)]
struct Inputs {
    descriptions: Vec<LintInput>,
    /// Hosts that belong together: those of one folder, and those that were named one by one.
    clusters: Vec<Vec<FoundHost>>,
    errors: Vec<(String, CommandError)>,
}

fn inputs(ui: &mut Ui, args: &LintArgs) -> Inputs {
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
    let (live, paths): (Vec<&PathBuf>, Vec<&PathBuf>) = args
        .paths
        .iter()
        .partition(|path| host_arguments::over_ssh(path.as_os_str()).is_some());
    let words: Vec<OsString> = live
        .iter()
        .map(|path| path.as_os_str().to_owned())
        .collect();
    match host_arguments::read(ui, &words, &args.connection) {
        Ok(hosts) => single.extend(hosts),
        Err(error) => {
            let names: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
            inputs.errors.push((names.join(" "), error));
        }
    }
    for path in paths {
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
