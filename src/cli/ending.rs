//! `carpgen rollback` and `carpgen confirm`

use std::path::PathBuf;

use super::Outcome;
use super::error::CommandError;
use super::input;
use super::ssh_arguments::{SshArgs, target_of};
use super::ui::Ui;
use crate::config::Description;
use crate::plan::Pending;
use crate::remote::Target;
use crate::remote::transaction::pending::{self, Ended};

#[derive(Debug, clap::Args)]
pub(super) struct EndingArgs {
    /// The description
    #[arg(value_name = "FILE", default_value = "cluster.toml")]
    file: PathBuf,
    #[command(flatten)]
    ssh: SshArgs,
}

/// The hosts of a description. Its errors do not matter here: what is pending must end.
fn targets(args: &EndingArgs) -> Result<Vec<Target>, CommandError> {
    let input = input::read(&args.file)?;
    let description = Description::read(&input.text);
    let nodes = description.cluster.nodes.iter();
    let here = nodes.filter(|node| node.away.is_none());
    let targets: Vec<Target> = here.map(target_of).collect();
    if targets.is_empty() {
        return Err(CommandError::bad_input(format!(
            "{} has no [[node]] that is not away",
            input.name
        )));
    }
    Ok(targets)
}

/// Takes back what an interrupted or held apply left pending.
pub(super) fn rollback(ui: &mut Ui, args: &EndingArgs) -> Result<Outcome, CommandError> {
    let targets = targets(args)?;
    let ssh = args.ssh.transport()?;
    let answers = pending::take_back(&ssh, &targets, args.ssh.timeout);
    let mut outcome = Outcome::Clean;
    for (target, answer) in targets.iter().zip(answers) {
        let host = &target.host;
        match answer {
            Ok(Ended::Undone) => ui.talk(&format!("carpgen: {host} is as it was")),
            Ok(Ended::Nothing) => ui.talk(&format!("carpgen: {host}: nothing is pending")),
            Err(why) => {
                ui.talk(&format!("carpgen: {host}: {why}"));
                outcome = Outcome::NeedsPerson;
            }
        }
    }
    Ok(outcome)
}

/// Keeps what an apply holds.
pub(super) fn confirm(ui: &mut Ui, args: &EndingArgs) -> Result<Outcome, CommandError> {
    let targets = targets(args)?;
    let ssh = args.ssh.transport()?;
    let mut held: Vec<(Target, Pending)> = Vec::new();
    for (target, answer) in targets
        .iter()
        .zip(pending::pending(&ssh, &targets, args.ssh.timeout))
    {
        match answer {
            Ok(Some(pending)) => held.push((target.clone(), pending)),
            Ok(None) => {}
            Err(why) => ui.talk(&format!("carpgen: {}: {why}", target.host)),
        }
    }
    let Some((_, first)) = held.first() else {
        return Err(CommandError::bad_input(
            "nothing is pending: there is nothing to confirm",
        ));
    };
    let id = first.id.clone();
    for name in &first.hosts {
        let own = held.iter().find(|(target, _)| target.host.as_str() == name);
        let why = match own {
            None => "has nothing pending, or does not answer",
            Some((_, pending)) if pending.id != id => "waits for another change",
            Some((_, pending)) if !pending.is_held => "has not carried out all steps",
            Some(_) => continue,
        };
        return Err(
            CommandError::bad_input(format!("{name} {why}: the change cannot be kept"))
                .hint("`carpgen rollback` takes it back on all hosts"),
        );
    }
    held.retain(|(_, pending)| pending.id == id);
    match pending::confirm(&ssh, &held, args.ssh.timeout) {
        Ok(()) => {
            let names: Vec<String> = held
                .iter()
                .map(|(target, _)| target.host.to_string())
                .collect();
            ui.talk(&format!("carpgen: committed on {}", names.join(", ")));
            Ok(Outcome::Clean)
        }
        Err(failed) => {
            for (host, why) in &failed {
                ui.talk(&format!("carpgen: {host}: {why}"));
            }
            ui.talk("carpgen: not every host was committed: `carpgen status` shows how they stand, `carpgen rollback` takes back what can be");
            Ok(Outcome::NeedsPerson)
        }
    }
}
