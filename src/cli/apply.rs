//! `carpgen apply`

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Outcome;
use super::changing::{self, Lines, Live, Planned, PlanningArgs};
use super::error::CommandError;
use super::input;
use super::ssh_arguments::{SshArgs, time};
use super::ui::Ui;
use crate::plan::action::Speller;
use crate::plan::digest;
use crate::remote::transaction::script::{Identity, STATE_FOLDER};
use crate::remote::transaction::work::HostWork;
use crate::remote::transaction::{Ending, Part, Times, Transaction};
use crate::remote::{Ssh, random_word};
use crate::report::{self, PlanReport};

#[derive(Debug, clap::Args)]
pub(super) struct ApplyArgs {
    /// The description, or a plan that plan --out wrote
    #[arg(value_name = "FILE", default_value = "cluster.toml")]
    file: PathBuf,
    #[command(flatten)]
    planning: PlanningArgs,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// How long a host waits for its confirmation before it returns by itself
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time)]
    confirm_within: Duration,
    /// When all is changed, wait this long for carpgen confirm, and take everything back without it
    #[arg(long, value_name = "TIME", value_parser = time)]
    hold: Option<Duration>,
    #[command(flatten)]
    ssh: SshArgs,
}

/// Changes the hosts, all or none.
pub(super) fn run(ui: &mut Ui, args: &ApplyArgs) -> Result<Outcome, CommandError> {
    let saved = SavedPlan::read(&args.file)?;
    let file = saved
        .as_ref()
        .map_or(args.file.as_path(), |saved| saved.description.as_path());
    let planning = saved
        .as_ref()
        .map_or(&args.planning, |saved| &saved.planning);
    let input = input::read(file)?;
    if let Some(saved) = &saved {
        saved.check_description(&input.name, &input.text)?;
    }
    let live = Live::read(ui, &input)?;
    let ssh = args.ssh.transport()?;
    let planned = live.plan(ui, planning, &ssh, args.ssh.timeout)?;
    if let Some(saved) = &saved {
        saved.check_report(&planned.report)?;
    }
    let text = report::human_plan(&planned.plan, &planned.report, ui.out_style());
    ui.out.write_all(text.as_bytes())?;
    if planned.plan.is_empty() {
        return Ok(Outcome::Clean);
    }
    refuse_where_impossible(&planned)?;
    if !args.yes && !agreed(ui)? {
        ui.talk("carpgen: nothing was changed");
        return Ok(Outcome::Findings);
    }
    carry_out(ui, args, &planned, &ssh)
}

fn carry_out(
    ui: &mut Ui,
    args: &ApplyArgs,
    planned: &Planned,
    ssh: &Ssh,
) -> Result<Outcome, CommandError> {
    let renderer = changing::renderer()?;
    let rescue = args.ssh.rescue();
    let lines = Lines::new();
    let parts = planned
        .plan
        .hosts
        .iter()
        .enumerate()
        .map(|(place, host)| Part {
            target: planned.targets[place].clone(),
            host: &host.part,
            work: HostWork {
                speller: Speller {
                    host: &host.part.present.config,
                    renderer: &renderer,
                },
                files: &host.files,
                steps: &planned.plan.chosen.steps,
                place,
                joins: host.part.joins_demoted,
                described: &host.described,
            },
        });
    let parts: Vec<Part<'_>> = parts.collect();
    let hosts = parts
        .iter()
        .filter(|part| part.takes_part())
        .map(|part| part.target.host.to_string());
    let transaction = Transaction {
        identity: Identity {
            id: new_word(8)?,
            by: whoami(),
            hosts: hosts.collect(),
        },
        token: new_word(32)?,
        transport: ssh,
        rescue: &rescue,
        steps: &planned.plan.chosen.steps,
        prediction: &planned.plan.chosen.prediction,
        unseen: &planned.plan.unseen,
        times: Times {
            login: args.ssh.timeout,
            confirm_within: args.confirm_within,
            hold: args.hold,
        },
        progress: &lines,
        parts,
    };
    lines.print(&format!(
        "carpgen: whatever happens, every host returns within {} s unless this ends well; sooner with `carpgen rollback`, or `sh {STATE_FOLDER}/undo` on the host",
        transaction.timer().as_secs()
    ));
    let ending = transaction.run();
    drop(lines);
    Ok(tell(ui, ending))
}

fn tell(ui: &mut Ui, ending: Ending) -> Outcome {
    match ending {
        Ending::Committed => {
            ui.talk("carpgen: committed: every host is as described");
            Outcome::Clean
        }
        Ending::RolledBack { cause } => {
            ui.talk(&format!(
                "carpgen: rolled back: {cause}\n  every host is as it was"
            ));
            Outcome::RolledBack
        }
        Ending::NeedsPerson { cause, todo } => {
            ui.talk(&format!("carpgen: a person is needed: {cause}"));
            for line in todo {
                ui.talk(&format!("  {line}"));
            }
            Outcome::NeedsPerson
        }
    }
}

/// Refuses hosts on which nothing can be changed now.
fn refuse_where_impossible(planned: &Planned) -> Result<(), CommandError> {
    let all = planned.plan.hosts.iter().zip(&planned.observed);
    for (host, observed) in all.filter(|(host, _)| !host.is_unchanged()) {
        if !observed.is_root {
            return Err(CommandError::bad_input(format!("the login to {} has no rights of root", host.host))
                .hint("log in as root, or set `become = \"doas\"` or \"sudo\" in [cluster] or its [[node]]"));
        }
        if let Some(pending) = observed.carpgen.transaction() {
            return Err(CommandError::bad_input(format!(
                "a change of {} that {} began is pending",
                host.host, pending.by
            ))
            .hint("`carpgen confirm` or `carpgen rollback` ends it"));
        }
    }
    Ok(())
}

/// Asks on the terminal.
fn agreed(ui: &mut Ui) -> Result<bool, CommandError> {
    if !std::io::stdin().is_terminal() {
        return Err(CommandError::usage("there is no terminal to ask on")
            .hint("--yes applies without asking"));
    }
    ui.out.flush()?;
    // Without stderr there is nobody to ask; the answer is no then.
    let _ = write!(std::io::stderr(), "Apply? [y/N] ");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn new_word(bytes: usize) -> Result<String, CommandError> {
    random_word(bytes)
        .map_err(|error| CommandError::bad_input(format!("there is no randomness: {error}")))
}

/// Who begins, in characters that need no quoting.
fn whoami() -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::getuid());
    let user = user.ok().flatten().map(|user| user.name);
    let user = user.unwrap_or_else(|| "somebody".to_owned());
    let machine = nix::unistd::gethostname()
        .ok()
        .and_then(|name| name.into_string().ok());
    let name = format!("{user}@{}", machine.unwrap_or_else(|| "unknown".to_owned()));
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "@._-".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect()
}

/// A plan that `plan --out` wrote.
struct SavedPlan {
    report: serde_json::Value,
    description: PathBuf,
    sha256: String,
    planning: PlanningArgs,
}

impl SavedPlan {
    /// Reads a plan; none where the file is a description.
    fn read(path: &Path) -> Result<Option<Self>, CommandError> {
        if path.extension().is_none_or(|extension| extension != "json") {
            return Ok(None);
        }
        let input = input::read(path)?;
        let broken =
            |what: &str| CommandError::bad_input(format!("{} is no plan: {what}", input.name));
        let report: serde_json::Value =
            serde_json::from_str(&input.text).map_err(|error| broken(&error.to_string()))?;
        if report["version"] != 1 {
            return Err(broken("it is not of version 1"));
        }
        let text = |key: &str| {
            report["made_of"][key]
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| broken(&format!("made_of.{key} is missing")))
        };
        let words = report["made_of"]["options"]
            .as_array()
            .ok_or_else(|| broken("made_of.options is missing"))?;
        let words = words.iter().filter_map(serde_json::Value::as_str);
        let planning = PlanningArgs::parse(words).map_err(|error| broken(&error))?;
        let (description, sha256) = (PathBuf::from(text("description")?), text("sha256")?);
        Ok(Some(Self {
            report,
            description,
            sha256,
            planning,
        }))
    }

    fn check_description(&self, name: &str, text: &str) -> Result<(), CommandError> {
        if self.sha256 == digest(text) {
            return Ok(());
        }
        Err(Self::stale(format!("{name} has changed")))
    }

    fn check_report(&self, report: &PlanReport) -> Result<(), CommandError> {
        if self.report == serde_json::json!(report) {
            return Ok(());
        }
        Err(Self::stale("the hosts have moved".to_owned()))
    }

    fn stale(what: String) -> CommandError {
        CommandError::bad_input(format!("{what} since the plan was made"))
            .hint("`carpgen plan --out` makes a new one")
    }
}
