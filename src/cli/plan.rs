//! `carpgen plan`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::Outcome;
use super::changing::{Live, PlanningArgs};
use super::error::CommandError;
use super::input;
use super::output::{self, NewFile};
use super::ssh_arguments::SshArgs;
use super::ui::Ui;
use crate::report;

#[derive(Debug, clap::Args)]
pub(super) struct PlanArgs {
    /// The description
    #[arg(value_name = "FILE", default_value = "cluster.toml")]
    file: PathBuf,
    #[command(flatten)]
    planning: PlanningArgs,
    /// Write the plan to a file that apply takes
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file
    #[arg(long, requires = "out")]
    force: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    ssh: SshArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// For programs
    Json,
}

/// Shows what would change on the hosts, and changes nothing.
pub(super) fn run(ui: &mut Ui, args: &PlanArgs) -> Result<Outcome, CommandError> {
    let input = input::read(&args.file)?;
    let live = Live::read(ui, &input)?;
    let ssh = args.ssh.transport()?;
    let planned = live.plan(ui, &args.planning, &ssh, args.ssh.timeout)?;
    let json = format!("{:#}\n", serde_json::json!(planned.report));
    match args.format {
        Format::Json => ui.out.write_all(json.as_bytes())?,
        Format::Human => {
            let text = report::human_plan(&planned.plan, &planned.report, ui.out_style());
            ui.out.write_all(text.as_bytes())?;
        }
    }
    if let Some(path) = &args.out {
        let file = NewFile {
            path: path.clone(),
            content: json,
            mode: 0o600,
        };
        output::write_all(Path::new(""), &[file], args.force)?;
        ui.talk(&format!("carpgen: wrote {}", path.display()));
    }
    Ok(if planned.plan.is_empty() {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}
