//! `carpgen render`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::args::DescriptionArgs;
use super::error::CommandError;
use super::input;
use super::nodes::node;
use super::output::{self, NewFile};
use super::refusal::refuse;
use super::ui::Ui;
use super::{Outcome, Written, secrets};
use crate::config::{Description, resolve};
use crate::dialect::{Argv, HostFile, HostFiles, Renderer, shell_line};
use crate::lint::Refusal;
use crate::model::{HostConfig, Secret};
use crate::report::{RenderReport, RenderedFile, RenderedHost};

#[derive(Debug, clap::Args)]
pub(super) struct RenderArgs {
    #[command(flatten)]
    description: DescriptionArgs,
    /// The host to render; all hosts without it
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Print one part alone
    #[arg(long, value_enum, value_name = "PART", conflicts_with_all = ["out", "format"])]
    only: Option<Part>,
    /// Write the files of each host into a folder of its name below DIR
    #[arg(long, value_name = "DIR", conflicts_with_all = ["format", "redact"])]
    out: Option<PathBuf>,
    /// Replace files that differ
    #[arg(long, requires = "out")]
    force: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Print <secret> for every key, and look none up
    #[arg(long)]
    redact: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The boot lines
    #[value(name = "rc.conf")]
    RcConf,
    /// The sysctls set at boot
    #[value(name = "sysctl.conf")]
    SysctlConf,
    /// The module loaded at boot
    #[value(name = "loader.conf")]
    LoaderConf,
    /// The commands for a running host
    Live,
    /// The commands that take them back
    LiveUndo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people and shells
    Text,
    /// For programs
    Json,
}

/// A host and everything that it gets.
struct Rendered {
    config: HostConfig,
    files: HostFiles,
}

/// Prints or writes the configuration of the hosts.
pub(super) fn run(ui: &mut Ui, args: &RenderArgs) -> Result<Outcome, CommandError> {
    let input = input::description(&args.description)?;
    let description = Description::read(&input.text);
    refuse(ui, &input, &description, Refusal::AnyError)?;
    let mut hosts = chosen(&description, args.host.as_deref())?;
    if args.redact {
        secrets::redact(&mut hosts);
    } else {
        for reference in secrets::look_up(&mut hosts, &input.folder)? {
            let counts = Secret::EFFECTIVE_BYTES;
            ui.talk(&format!("carpgen: the key from {reference} is longer than {counts} bytes: the rest counts nowhere"));
        }
    }
    let renderer = Renderer::new().map_err(|error| CommandError::bad_input(error.to_string()))?;
    let mut rendered = Vec::new();
    for config in hosts {
        let files = renderer
            .render(&config)
            .map_err(|error| CommandError::bad_input(error.to_string()))?;
        rendered.push(Rendered { config, files });
    }
    match (&args.out, args.format) {
        (Some(folder), _) => write_files(ui, folder, &rendered, args.force)?,
        (None, Format::Json) => {
            let hosts = rendered.into_iter().map(json).collect();
            writeln!(
                ui.out,
                "{:#}",
                serde_json::json!(RenderReport { version: 1, hosts })
            )?;
        }
        (None, Format::Text) => print(ui, &rendered, args.only)?,
    }
    Ok(Outcome::Clean)
}

fn chosen(
    description: &Description<'_>,
    host: Option<&str>,
) -> Result<Vec<HostConfig>, CommandError> {
    let nodes = &description.cluster.nodes;
    let Some(name) = host else {
        if nodes.is_empty() {
            return Err(CommandError::bad_input(
                "the description has no [[node]]: there is nothing to render",
            ));
        }
        return Ok(nodes
            .iter()
            .map(|node| resolve(&description.cluster, node))
            .collect());
    };
    let node = node(nodes, name)?;
    Ok(vec![resolve(&description.cluster, node)])
}

fn print(ui: &mut Ui, rendered: &[Rendered], only: Option<Part>) -> Written {
    let several = rendered.len() > 1;
    for (position, host) in rendered.iter().enumerate() {
        let prefix = if several {
            format!("{}: ", host.config.host)
        } else {
            String::new()
        };
        if let Some(part) = only {
            if several {
                writeln!(
                    ui.out,
                    "{}### {}",
                    if position > 0 { "\n" } else { "" },
                    host.config.host
                )?;
            }
            ui.out.write_all(part_text(&host.files, part).as_bytes())?;
            continue;
        }
        let sections = [
            (host.files.rc.path, host.files.rc.content.clone()),
            (host.files.sysctl.path, host.files.sysctl.content.clone()),
            (host.files.loader.path, host.files.loader.content.clone()),
            ("live commands", lines(&host.files.live)),
            ("commands that undo them", lines(&host.files.undo)),
        ];
        for (number, (title, text)) in sections.iter().enumerate() {
            let gap = if position + number > 0 { "\n" } else { "" };
            writeln!(ui.out, "{gap}### {prefix}{title}")?;
            ui.out.write_all(text.as_bytes())?;
        }
    }
    Ok(())
}

fn part_text(files: &HostFiles, part: Part) -> String {
    match part {
        Part::RcConf => files.rc.content.clone(),
        Part::SysctlConf => files.sysctl.content.clone(),
        Part::LoaderConf => files.loader.content.clone(),
        Part::Live => lines(&files.live),
        Part::LiveUndo => lines(&files.undo),
    }
}

fn lines(commands: &[Argv]) -> String {
    commands
        .iter()
        .map(|argv| shell_line(argv) + "\n")
        .collect()
}

fn json(host: Rendered) -> RenderedHost {
    let HostFiles {
        rc,
        sysctl,
        loader,
        live,
        undo,
        ..
    } = host.files;
    let file = |file: HostFile| RenderedFile {
        path: file.path,
        content: file.content,
    };
    RenderedHost {
        host: host.config.host.to_string(),
        release: host.config.release.as_str(),
        files: vec![file(rc), file(sysctl), file(loader)],
        live,
        live_undo: undo,
    }
}

/// `H/etc/…`, `H/boot/…`, `H/release`, `H/live.sh` and `H/live-undo.txt` for each host H.
fn write_files(
    ui: &mut Ui,
    folder: &Path,
    rendered: &[Rendered],
    force: bool,
) -> Result<(), CommandError> {
    let mut files = Vec::new();
    for host in rendered {
        let name = Path::new(host.config.host.as_str());
        let own = [
            &host.files.rc,
            &host.files.sysctl,
            &host.files.loader,
            &host.files.live_script,
            &host.files.undo_text,
        ];
        for file in own {
            let open = if file.path == "live.sh" { 0o755 } else { 0o644 };
            files.push(NewFile {
                path: name.join(file.path.trim_start_matches('/')),
                content: file.content.clone(),
                mode: if file.secret { open & 0o700 } else { open },
            });
        }
        let release = format!("{}\n", host.config.release);
        files.push(NewFile {
            path: name.join("release"),
            content: release,
            mode: 0o644,
        });
    }
    let report = output::write_all(folder, &files, force)?;
    for path in &report.written {
        writeln!(ui.out, "{}", path.display())?;
    }
    ui.talk(&format!(
        "carpgen: {} written, {} unchanged",
        report.written.len(),
        report.unchanged
    ));
    Ok(())
}
