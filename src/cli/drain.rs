//! `carpgen drain` and `carpgen undrain`

use std::io::Write as _;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Outcome;
use super::error::CommandError;
use super::input;
use super::live::{configs_of, look};
use super::nodes::node;
use super::refusal::refuse;
use super::ssh_arguments::{SshArgs, target_of};
use super::ui::Ui;
use crate::config::Description;
use crate::dialect::parse::ShownState;
use crate::lint::Refusal;
use crate::model::{Cluster, HostName, Mode, Node};
use crate::plan::{
    ClusterStatus, Found, Looked, Observed, Obstacle, Successor, VhidProblem, VhidStatus,
    can_stay_out, drain_steps, settle_us, successors,
};
use crate::remote::{DrainError, Look, Ssh, drain, take_over, undrain};

/// Between two looks at the hosts.
const PAUSE: Duration = Duration::from_millis(200);
/// What hosts may take beyond the timers of the cluster.
const LENIENCE: Duration = Duration::from_secs(3);

#[derive(Debug, clap::Args)]
pub(super) struct DrainArgs {
    /// The node to take out of service
    #[arg(value_name = "HOST", value_parser = HostName::new)]
    host: HostName,
    /// The description; - for standard input
    #[arg(value_name = "FILE", default_value = "cluster.toml")]
    file: PathBuf,
    /// Keep it out over reboots too (FreeBSD 12 and later)
    #[arg(long)]
    across_reboots: bool,
    /// Take it out even if nobody can take over
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    connection: SshArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct UndrainArgs {
    /// The node to bring back
    #[arg(value_name = "HOST", value_parser = HostName::new)]
    host: HostName,
    /// The description; - for standard input
    #[arg(value_name = "FILE", default_value = "cluster.toml")]
    file: PathBuf,
    #[command(flatten)]
    connection: SshArgs,
}

/// A cluster and the way to its hosts.
struct Live<'c> {
    cluster: &'c Cluster,
    node: &'c Node,
    transport: Ssh,
    timeout: Duration,
}

impl<'c> Live<'c> {
    fn new(
        cluster: &'c Cluster,
        host: &HostName,
        connection: &SshArgs,
    ) -> Result<Self, CommandError> {
        let node = node(&cluster.nodes, host.as_str())?;
        if let Some(why) = &node.away {
            let message = format!("{host} is described to be away: {why}");
            return Err(CommandError::refused(message)
                .hint("take `away` out of the description once it is back"));
        }
        Ok(Self {
            cluster,
            node,
            transport: connection.transport()?,
            timeout: connection.timeout,
        })
    }

    /// The cluster as it is, and the host itself, which must answer.
    fn look(&self) -> Result<(ClusterStatus, Observed), CommandError> {
        let looked = look(&self.transport, self.cluster, self.timeout, Look::default());
        let own = |looked: &&Looked| looked.host == self.node.name;
        let observed = match looked.iter().find(own).map(|own| &own.found) {
            Some(Found::Observed(observed)) => (**observed).clone(),
            Some(Found::Unreachable { why, hint }) => {
                return Err(CommandError::bad_input(why).hint(hint));
            }
            Some(Found::Away(_)) | None => {
                return Err(CommandError::bad_input(format!(
                    "{} was not asked",
                    self.node.name
                )));
            }
        };
        let configs = configs_of(self.cluster);
        let status = ClusterStatus::of(Some((self.cluster, &configs)), looked);
        Ok((status, observed))
    }

    /// What must hold before anything is changed.
    fn check(&self, observed: &Observed) -> Result<(), CommandError> {
        let host = &self.node.name;
        if !observed.is_root {
            let message = format!("{host}: the login has no rights of root");
            let hint = "`become = \"doas\"` or \"sudo\" of its [[node]] gives them";
            return Err(CommandError::bad_input(message).hint(hint));
        }
        if observed.carpgen.pending.is_some() {
            let message = format!("{host}: a change waits for its confirmation");
            let hint = "`carpgen confirm` or `carpgen rollback` first";
            return Err(CommandError::refused(message).hint(hint));
        }
        Ok(())
    }

    /// Looks again and again until it is as wanted or the time is up. Returns the last look, and whether it was as wanted.
    fn wait(
        &self,
        at_most: Duration,
        wanted: impl Fn(&ClusterStatus) -> bool,
    ) -> Result<(ClusterStatus, bool), CommandError> {
        let end = Instant::now() + at_most;
        loop {
            let (status, _) = self.look().map_err(|error| {
                let host = &self.node.name;
                error.hint(format!(
                    "{host} was changed as asked; `carpgen status` tells who serves what"
                ))
            })?;
            let done = wanted(&status);
            if done || Instant::now() >= end {
                return Ok((status, done));
            }
            sleep(PAUSE);
        }
    }
}

fn description_of(
    ui: &mut Ui,
    input: &input::Input,
    description: &Description<'_>,
) -> Result<(), CommandError> {
    refuse(ui, input, description, Refusal::Unusable)
}

/// Takes a host out of service.
pub(super) fn run_drain(ui: &mut Ui, args: &DrainArgs) -> Result<Outcome, CommandError> {
    let input = input::read(&args.file)?;
    let description = Description::read(&input.text);
    description_of(ui, &input, &description)?;
    let live = Live::new(&description.cluster, &args.host, &args.connection)?;
    let (status, observed) = live.look()?;
    live.check(&observed)?;
    let host = &args.host;
    if args.across_reboots && !can_stay_out(observed.release) {
        let message = format!(
            "{host} runs FreeBSD {}: only from 12 on net.inet.carp.allow keeps a host out over reboots",
            observed.release
        );
        return Err(CommandError::bad_input(message)
            .hint("without --across-reboots it is out until its next boot"));
    }
    let heirs = match successors(&status, host) {
        Ok(heirs) => heirs,
        Err(obstacles) if args.force => {
            for obstacle in &obstacles {
                ui.talk(&format!("carpgen: {}", obstacle_words(host, obstacle)));
            }
            Vec::new()
        }
        Err(obstacles) => return Err(refusal(host, &obstacles)),
    };
    let steps = drain_steps(&observed);
    drain(
        &live.transport,
        &target_of(live.node),
        &steps,
        args.across_reboots,
        live.timeout,
    )
    .map_err(|error| failed(error, &format!("carpgen drain {host}")))?;
    tell_heirs(&live, &heirs)?;
    let settle = Duration::from_micros(settle_us(&observed.live())) + LENIENCE;
    let gone = |status: &ClusterStatus| {
        let inherited = heirs.iter().all(|heir| {
            let vhid = vhid_of(status, heir);
            vhid.is_some_and(|vhid| !vhid.masters.is_empty())
        });
        serves(status, host) == 0 && inherited
    };
    let at_most = if heirs.is_empty() { LENIENCE } else { settle };
    let (after, done) = live.wait(at_most, gone)?;
    for heir in &heirs {
        tell_vhid(ui, &after, heir)?;
    }
    let until = format!("`carpgen undrain {host}` brings it back");
    if args.across_reboots {
        writeln!(
            ui.out,
            "{host} is out of service, over reboots too, and is no backup after one: {until}"
        )?;
    } else {
        writeln!(
            ui.out,
            "{host} is out of service until its next boot: {until}"
        )?;
    }
    if !done && !args.force {
        let count = serves(&after, host);
        return Err(CommandError::refused(format!(
            "{host} still serves {count} vhids after {:.1} s",
            at_most.as_secs_f64()
        ))
        .hint("`carpgen status` tells who is demoted; preempt must be 1 on those that are to take over"));
    }
    Ok(Outcome::Clean)
}

/// Lets hosts take over that do not by themselves: the drained host then hears a better master, and yields.
fn tell_heirs(live: &Live<'_>, heirs: &[Successor]) -> Result<(), CommandError> {
    for heir in heirs.iter().filter(|heir| heir.must_be_told) {
        let Some(node) = live.cluster.node(&heir.host) else {
            continue;
        };
        take_over(
            &live.transport,
            &target_of(node),
            &heir.interface,
            heir.vhid,
            live.timeout,
        )
        .map_err(|error| failed(error, &format!("carpgen undrain {}", live.node.name)))?;
    }
    Ok(())
}

/// How many vhids a host serves.
fn serves(status: &ClusterStatus, host: &HostName) -> usize {
    let own = status.seen().filter(|(name, _)| *name == host);
    own.flat_map(|(_, seen)| &seen.vhids)
        .filter(|vhid| vhid.state == ShownState::Master)
        .count()
}

fn vhid_of<'s>(status: &'s ClusterStatus, heir: &Successor) -> Option<&'s VhidStatus> {
    let mut vhids = status.vhids.iter();
    vhids.find(|vhid| vhid.segment == heir.segment && vhid.vhid == heir.vhid)
}

/// Says who serves a vhid now.
fn tell_vhid(ui: &mut Ui, status: &ClusterStatus, heir: &Successor) -> Result<(), CommandError> {
    if let Some(vhid) = vhid_of(status, heir) {
        writeln!(ui.out, "{}", served_words(vhid))?;
    }
    Ok(())
}

fn served_words(vhid: &VhidStatus) -> String {
    let names: Vec<&str> = vhid.masters.iter().map(HostName::as_str).collect();
    let who = if names.is_empty() {
        "nobody serves it".to_owned()
    } else {
        format!("served by {}", names.join(" and "))
    };
    format!("vhid {} ({}): {who}", vhid.vhid, vhid.segment)
}

fn obstacle_words(host: &HostName, obstacle: &Obstacle) -> String {
    let peers: Vec<String> = obstacle
        .peers
        .iter()
        .map(|(peer, why)| format!("{peer} {why}"))
        .collect();
    let why = if peers.is_empty() {
        "there is no other host".to_owned()
    } else {
        peers.join(", ")
    };
    format!(
        "nobody can take over vhid {} ({}) from {host}: {why}",
        obstacle.vhid, obstacle.segment
    )
}

fn refusal(host: &HostName, obstacles: &[Obstacle]) -> CommandError {
    let words: Vec<String> = obstacles
        .iter()
        .map(|obstacle| obstacle_words(host, obstacle))
        .collect();
    CommandError::refused(format!("{}; nothing was changed", words.join("; ")))
        .hint("--force takes it out all the same")
}

/// What a failed script means for the exit code, and what to type.
fn failed(error: DrainError, again: &str) -> CommandError {
    match &error {
        DrainError::Transport(cause) if !cause.may_have_run() => {
            CommandError::unchanged(error.to_string()).hint(cause.hint())
        }
        DrainError::Unchanged { .. } => CommandError::unchanged(error.to_string()),
        DrainError::Transport(_) | DrainError::Halfway { .. } => {
            CommandError::needs_person(error.to_string()).hint(format!(
                "`{again}` again goes on where it stopped, whatever was done"
            ))
        }
    }
}

/// Brings a host back.
pub(super) fn run_undrain(ui: &mut Ui, args: &UndrainArgs) -> Result<Outcome, CommandError> {
    let input = input::read(&args.file)?;
    let description = Description::read(&input.text);
    description_of(ui, &input, &description)?;
    let live = Live::new(&description.cluster, &args.host, &args.connection)?;
    let (_, observed) = live.look()?;
    live.check(&observed)?;
    let host = &args.host;
    if observed.carpgen.drain.is_none() {
        writeln!(ui.out, "{host} is in service: it was not drained")?;
        return Ok(Outcome::Clean);
    }
    undrain(
        &live.transport,
        &target_of(live.node),
        listen(&observed),
        live.timeout,
    )
    .map_err(|error| failed(error, &format!("carpgen undrain {host}")))?;
    let settle = Duration::from_micros(settle_us(&observed.live())) + LENIENCE;
    let home = |status: &ClusterStatus| own_vhids(status, host).all(|vhid| vhid.problem.is_none());
    let (after, done) = live.wait(settle, home)?;
    for vhid in own_vhids(&after, host) {
        writeln!(ui.out, "{}", served_words(vhid))?;
    }
    writeln!(ui.out, "{host} is in service")?;
    if !done {
        let away = own_vhids(&after, host).filter(|v| v.problem == Some(VhidProblem::NotAtHome));
        let count = away.count();
        return Err(CommandError::refused(format!(
            "{count} vhids did not come back to where they belong within {:.1} s",
            settle.as_secs_f64()
        ))
        .hint(
            "with preempt 0 they stay where they are; `carpgen status` tells what demotes the host",
        ));
    }
    Ok(Outcome::Clean)
}

/// The vhids that a host is to serve.
fn own_vhids<'s>(
    status: &'s ClusterStatus,
    host: &HostName,
) -> impl Iterator<Item = &'s VhidStatus> {
    let vhids = status.vhids.iter();
    vhids.filter(move |vhid| vhid.intended.as_ref() == Some(host))
}

/// How long a host listens for the master: the longest interval of its vhids, and a second.
fn listen(observed: &Observed) -> Duration {
    let seconds = observed
        .live()
        .vhids
        .iter()
        .map(|vhid| match &vhid.mode {
            Mode::Carp { advbase, .. } => u64::from(advbase.number()),
            Mode::Vrrp { .. } => 0,
        })
        .max();
    Duration::from_secs(seconds.unwrap_or(0) + 2)
}
