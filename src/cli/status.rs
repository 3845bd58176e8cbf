//! `carpgen status`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::Outcome;
use super::error::CommandError;
use super::input::{self, Input};
use super::live::{ask, configs_of, look};
use super::refusal::refuse;
use super::secrets;
use super::ssh_arguments::{SshArgs, target_named};
use super::ui::Ui;
use crate::config::Description;
use crate::lint::Refusal;
use crate::model::{Cluster, HostConfig};
use crate::plan::ClusterStatus;
use crate::remote::{DEFAULT_WIDTH, Look, Target, in_parallel};
use crate::report::{nagios_line, status_metrics, status_report, status_text};

#[derive(Debug, clap::Args)]
pub(super) struct StatusArgs {
    /// The description; - for standard input
    #[arg(
        value_name = "FILE",
        default_value = "cluster.toml",
        conflicts_with = "ssh"
    )]
    file: PathBuf,
    /// Look at these hosts without a description, each as ssh(1) takes it
    #[arg(long, value_name = "HOST", value_delimiter = ',')]
    ssh: Vec<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    connection: SshArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: who serves what, and what is not as it should be
    Human,
    /// For programs
    Json,
    /// For the textfile collector of Prometheus
    Prometheus,
    /// One line for Nagios and its relatives, which exits with 0 to 3
    Nagios,
}

/// How hosts are looked at for a status.
const CLOSELY: Look = Look {
    new_login: false,
    watch_discards: true,
};

/// Looks at the hosts and says how they are.
pub(super) fn run(ui: &mut Ui, args: &StatusArgs) -> Result<Outcome, CommandError> {
    let status = if args.ssh.is_empty() {
        described(ui, args)?
    } else {
        on_their_own(args)?
    };
    match args.format {
        Format::Human => {
            let text = status_text(&status, ui.out_style());
            ui.out.write_all(text.as_bytes())?;
        }
        Format::Json => {
            let report = serde_json::json!(status_report(&status));
            writeln!(ui.out, "{report:#}")?;
        }
        Format::Prometheus => ui.out.write_all(status_metrics(&status).as_bytes())?,
        Format::Nagios => {
            let (state, line) = nagios_line(&status);
            writeln!(ui.out, "{line}")?;
            return Ok(Outcome::Check(state));
        }
    }
    Ok(if status.has_unreachable() {
        Outcome::BadInput
    } else if status.has_findings() {
        Outcome::Findings
    } else {
        Outcome::Clean
    })
}

/// The hosts of a description against it.
fn described(ui: &mut Ui, args: &StatusArgs) -> Result<ClusterStatus, CommandError> {
    let input = read(&args.file)?;
    let description = Description::read(&input.text);
    refuse(ui, &input, &description, Refusal::Unusable)?;
    let cluster = &description.cluster;
    let wanted = wanted(ui, cluster, &input.folder);
    let transport = args.connection.transport()?;
    let looked = look(&transport, cluster, args.connection.timeout, CLOSELY);
    Ok(ClusterStatus::of(Some((cluster, &wanted)), looked))
}

fn read(path: &Path) -> Result<Input, CommandError> {
    input::read(path).map_err(|error| error.hint("`carpgen status --ssh a,b` needs no description"))
}

/// What the nodes are to be configured with. Keys that cannot be looked up are not compared.
fn wanted(ui: &mut Ui, cluster: &Cluster, folder: &Path) -> Vec<HostConfig> {
    let configs = configs_of(cluster);
    let mut with_keys = configs.clone();
    match secrets::look_up(&mut with_keys, folder) {
        Ok(_) => return with_keys,
        Err(error) => ui.talk(&format!(
            "carpgen: keys are not compared: {}",
            error.message()
        )),
    }
    configs
}

/// Hosts without a description.
fn on_their_own(args: &StatusArgs) -> Result<ClusterStatus, CommandError> {
    let mut targets: Vec<Target> = Vec::new();
    for destination in &args.ssh {
        let target = target_named(destination)?;
        if targets.iter().any(|other| other.host == target.host) {
            let message = format!("host {} is given twice", target.host);
            return Err(CommandError::usage(message));
        }
        targets.push(target);
    }
    let transport = args.connection.transport()?;
    let looked = in_parallel(&targets, DEFAULT_WIDTH, |target| {
        ask(&transport, target, args.connection.timeout, CLOSELY)
    });
    Ok(ClusterStatus::of(None, looked))
}
