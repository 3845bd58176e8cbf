//! What the commands that change live hosts have in common: their arguments, and a description made into a plan.

mod progress;

use std::time::Duration;

use super::error::CommandError;
use super::input::Input;
use super::nodes::node;
use super::refusal::refuse;
use super::secrets;
use super::ssh_arguments::target_of;
use super::ui::Ui;
use crate::config::{Description, resolve};
use crate::dialect::Renderer;
use crate::lint::Refusal;
use crate::model::{HostConfig, HostName, Node};
use crate::plan::planning::{Found, Plan, PlanError, PlanOptions, plan};
use crate::plan::{Observed, digest};
use crate::remote::{DEFAULT_WIDTH, ObserveError, Target, Transport, in_parallel, observe};
use crate::report::{MadeOf, PlanReport};

pub(super) use progress::Lines;

/// What a plan is made of.
#[derive(Debug, clap::Args)]
pub(super) struct PlanningArgs {
    /// Change this host alone; may be given several times
    #[arg(long, value_name = "H")]
    pub(super) host: Vec<String>,
    /// Leave this host out, unseen; may be given several times
    #[arg(long, value_name = "H", conflicts_with = "host")]
    pub(super) without: Vec<String>,
    /// Move the lines about described vhids into a block of carpgen's own
    #[arg(long)]
    pub(super) adopt: bool,
    /// Take away what nobody declared
    #[arg(long)]
    pub(super) prune: bool,
    /// Change boot files alone, nothing that runs
    #[arg(long)]
    pub(super) boot_only: bool,
    /// A host that comes new serves at once: now
    #[arg(long, value_name = "WHEN", value_parser = ["now"])]
    pub(super) join: Option<String>,
}

impl PlanningArgs {
    /// The options as they are typed, in a fixed order.
    fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut flag = |is_set: bool, word: &str| words.extend(is_set.then(|| word.to_owned()));
        flag(self.adopt, "--adopt");
        flag(self.prune, "--prune");
        flag(self.boot_only, "--boot-only");
        if let Some(join) = &self.join {
            words.extend(["--join".to_owned(), join.clone()]);
        }
        for (option, hosts) in [("--host", &self.host), ("--without", &self.without)] {
            for host in hosts {
                words.extend([option.to_owned(), host.clone()]);
            }
        }
        words
    }

    /// Reads the options as they were typed.
    pub(super) fn parse<'w>(words: impl Iterator<Item = &'w str>) -> Result<Self, String> {
        use clap::{Args as _, FromArgMatches as _};
        let command = Self::augment_args(clap::Command::new("plan").no_binary_name(true));
        let matches = command
            .try_get_matches_from(words)
            .map_err(|error| error.kind().to_string())?;
        Self::from_arg_matches(&matches).map_err(|error| error.kind().to_string())
    }

    const fn options(&self) -> PlanOptions {
        PlanOptions {
            adopt: self.adopt,
            prune: self.prune,
            join_now: self.join.is_some(),
            boot_only: self.boot_only,
        }
    }
}

/// A description that is about to be put on its hosts.
pub(super) struct Live<'a> {
    /// The text.
    pub(super) input: &'a Input,
    /// What it says.
    pub(super) description: Description<'a>,
    /// What every host that is not away is to be configured with, keys as text; by the place of its node.
    wanted: Vec<(usize, HostConfig)>,
}

/// A plan with all that it refers to.
pub(super) struct Planned {
    /// The plan.
    pub(super) plan: Plan,
    /// What is shown of it.
    pub(super) report: PlanReport,
    /// How its hosts are reached, in their order.
    pub(super) targets: Vec<Target>,
    /// As they were found.
    pub(super) observed: Vec<Observed>,
}

impl<'a> Live<'a> {
    /// Reads what the description says, and looks up its keys.
    pub(super) fn read(ui: &mut Ui, input: &'a Input) -> Result<Self, CommandError> {
        let description = Description::read(&input.text);
        refuse(ui, input, &description, Refusal::AnyError)?;
        let nodes = description.cluster.nodes.iter().enumerate();
        let (places, mut hosts): (Vec<usize>, Vec<HostConfig>) = nodes
            .filter(|(_, node)| node.away.is_none())
            .map(|(place, node)| (place, resolve(&description.cluster, node)))
            .unzip();
        secrets::look_up(&mut hosts, &input.folder)?;
        Ok(Self {
            input,
            description,
            wanted: places.into_iter().zip(hosts).collect(),
        })
    }

    /// Looks at the hosts and makes a plan.
    pub(super) fn plan(
        &self,
        ui: &mut Ui,
        args: &PlanningArgs,
        transport: &dyn Transport,
        login: Duration,
    ) -> Result<Planned, CommandError> {
        self.check_names(&args.host)?;
        self.check_names(&args.without)?;
        let nodes = &self.description.cluster.nodes;
        let seen: Vec<&(usize, HostConfig)> = self
            .wanted
            .iter()
            .filter(|(place, _)| {
                !args
                    .without
                    .iter()
                    .any(|name| name == nodes[*place].name.as_str())
            })
            .collect();
        if seen.is_empty() {
            return Err(CommandError::bad_input(
                "no host is left: there is nothing to do",
            ));
        }
        let targets: Vec<Target> = seen
            .iter()
            .map(|(place, _)| target_of(&nodes[*place]))
            .collect();
        let observed = look(&targets, transport, login)?;
        for found in &observed {
            if let Some(pending) = found.carpgen.transaction() {
                ui.talk(&format!(
                    "carpgen: {}: a change that {} began is pending: `carpgen confirm` or `carpgen rollback` ends it",
                    found.host, pending.by
                ));
            }
        }
        let found: Vec<Found<'_>> = seen
            .iter()
            .zip(&observed)
            .map(|((place, wanted), observed)| Found {
                node: &nodes[*place],
                wanted,
                observed,
            })
            .collect();
        let chosen = |host: &HostName| {
            args.host.is_empty() || args.host.iter().any(|name| name == host.as_str())
        };
        let cluster = &self.description.cluster;
        let others = self.others(&found);
        let plan = plan(cluster, &found, &others, &chosen, args.options()).map_err(refused)?;
        let made_of = MadeOf {
            description: self.input.name.clone(),
            sha256: digest(&self.input.text),
            options: args.words(),
        };
        let renderer = renderer()?;
        let report = PlanReport::of(&plan, made_of, &renderer)
            .map_err(|error| CommandError::bad_input(error.to_string()))?;
        Ok(Planned {
            plan,
            report,
            targets,
            observed,
        })
    }

    /// How the hosts are described that were not looked at, those last that should be off.
    fn others(&self, found: &[Found<'_>]) -> Vec<HostConfig> {
        let cluster = &self.description.cluster;
        let unseen = |node: &&Node| !found.iter().any(|found| found.node.name == node.name);
        let mut nodes: Vec<&Node> = cluster.nodes.iter().filter(unseen).collect();
        nodes.sort_by_key(|node| node.away.is_some());
        nodes.iter().map(|node| resolve(cluster, node)).collect()
    }

    fn check_names(&self, names: &[String]) -> Result<(), CommandError> {
        for name in names {
            self.node(name)?;
        }
        Ok(())
    }

    /// A node that is not away.
    fn node(&self, name: &str) -> Result<&Node, CommandError> {
        let node = node(&self.description.cluster.nodes, name)?;
        match &node.away {
            None => Ok(node),
            Some(why) => Err(CommandError::usage(format!("{name} is away: {why}"))
                .hint("take `away` out of its [[node]] when it is back")),
        }
    }
}

/// The words of all releases.
pub(super) fn renderer() -> Result<Renderer, CommandError> {
    Renderer::new().map_err(|error| CommandError::bad_input(error.to_string()))
}

/// Looks at hosts. All that do not answer are told at once.
fn look(
    targets: &[Target],
    transport: &dyn Transport,
    login: Duration,
) -> Result<Vec<Observed>, CommandError> {
    let results = in_parallel(targets, DEFAULT_WIDTH, |target| {
        observe(transport, target, login)
    });
    let mut observed = Vec::new();
    let mut failed: Vec<(&Target, ObserveError)> = Vec::new();
    for (target, result) in targets.iter().zip(results) {
        match result {
            Ok(found) => observed.push(found),
            Err(error) => failed.push((target, error)),
        }
    }
    let Some((target, error)) = failed.first() else {
        return Ok(observed);
    };
    let messages: Vec<String> = failed
        .iter()
        .map(|(target, error)| {
            // An error names the destination.
            if target.destination == target.host.as_str() {
                error.to_string()
            } else {
                format!("{}: {error}", target.host)
            }
        })
        .collect();
    let mut wrong = CommandError::bad_input(messages.join("; ")).hint(error.hint());
    if failed.len() < targets.len() {
        wrong = wrong.hint(format!(
            "`--without {}` leaves it out, `away` in its [[node]] does so for longer",
            target.host
        ));
    }
    Err(wrong)
}

/// A plan that cannot be made, with what to do about it.
fn refused(error: PlanError) -> CommandError {
    let hint = match &error {
        PlanError::Release { host, family, .. } => {
            Some(format!("set `release = \"{family}\"` in [[node]] {host}"))
        }
        PlanError::WrongMachine { .. } => Some(
            "`ssh` in its [[node]] names the machine, [node.interfaces] its addresses".to_owned(),
        ),
        PlanError::NoInterface { .. } => {
            Some("[node.interfaces] names interfaces as `ifconfig -l` does".to_owned())
        }
        PlanError::Unreadable { .. } => {
            Some("log in as root, or set `become = \"doas\"` in [cluster]".to_owned())
        }
        PlanError::LeftOut { left_out, .. } => Some(format!(
            "name {left_out} too, or mark it `away`, and `carpgen apply --host {left_out}` before it serves again"
        )),
        PlanError::Boot { .. } => None,
    };
    let wrong = CommandError::bad_input(error.to_string());
    match hint {
        Some(hint) => wrong.hint(hint),
        None => wrong,
    }
}
