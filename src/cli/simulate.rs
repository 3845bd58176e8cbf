//! `carpgen simulate`

use std::ffi::OsString;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant as Clock};

use clap::ValueEnum;
use ipnet::Ipv4Net;

use super::Outcome;
use super::args::{DescriptionArgs, examples};
use super::capture::Capture;
use super::error::CommandError;
use super::host_arguments::{self, GivenHosts, names_a_host};
use super::input::{self, plain};
use super::interrupt;
use super::output::write_one;
use super::refusal::refuse;
use super::ssh_arguments::SshArgs;
use super::ui::Ui;
use crate::carp::{Instant, Timing};
use crate::config::Description;
use crate::lint::Refusal;
use crate::model::Cluster;
use crate::report::{
    Simulation, TextProblem, simulation_report, text_problems, timeline_page, timeline_svg,
};
use crate::sim::trace::Trace;
use crate::sim::{
    Scenario, ScenarioProblem, Service, Setup, World, ask, scenario, standard_programme,
};

/// The most clients that ask: more would only repeat the pattern of a /16.
const MOST_CLIENTS: usize = 1 << 16;
/// How long a slice of the run should take, between two looks at the keyboard.
const SLICE: Duration = Duration::from_millis(40);
/// How long a run takes before it shows its progress.
const PATIENCE: Duration = Duration::from_millis(500);

#[derive(Debug, clap::Args)]
pub(super) struct SimulateArgs {
    /// The description, - for standard input; or H=PATH for each host: a folder with its files, one file, or ssh:DESTINATION
    #[arg(
        value_name = "FILE|H=PATH",
        default_value = "cluster.toml",
        conflicts_with = "example"
    )]
    subjects: Vec<OsString>,
    /// Take an embedded example instead of a file
    #[arg(long, value_name = "NAME", value_parser = examples())]
    example: Option<String>,
    /// What is done to the cluster; without it and --at everything fails once
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Something that is done, such as 20s=crash:a
    #[arg(long = "at", value_name = "T=DO:HOST[:ARG...]")]
    events: Vec<String>,
    /// When the run ends, such as 90s; what happens then still happens
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<u64>,
    /// What everything random is drawn from
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Let timers expire as in a kernel with this kern.hz; without it they are exact
    #[arg(long, value_name = "N")]
    hz: Option<NonZeroU32>,
    /// Let all addresses of a subnet ask by ARP who has each shared VIP
    #[arg(long, value_name = "SUBNET")]
    clients: Option<Ipv4Net>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Show every advertisement too
    #[arg(long)]
    trace: bool,
    /// Write the advertisements as a capture, in the pcapng format
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
    /// Write the run as a picture
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write the run as a page that plays it
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    connection: SshArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: a line for each change, and what each event cost
    Human,
    /// For programs
    Json,
}

/// A time on the command line, in microseconds.
fn time(text: &str) -> Result<u64, String> {
    scenario::time_us(text)
        .ok_or_else(|| "write a number and a unit, such as 20s, 300ms or 1m30s".to_owned())
}

/// Runs the simulation and reports it.
pub(super) fn run(ui: &mut Ui, args: &SimulateArgs) -> Result<Outcome, CommandError> {
    let (name, setup) = subject(ui, args)?;
    let scenario = scenario_of(ui, args, &setup)?;
    let trace = if args.trace {
        Trace::with_advertisements()
    } else {
        Trace::default()
    };
    let mut seen: Seen = (
        (Service::new(&setup), trace),
        Capture::create(args.pcap.as_deref(), &setup)?,
    );
    let mut world = World::new(&setup, &scenario);
    let interrupted = drive(ui, &mut world, scenario.until, &mut seen)?;
    let end = world.now();
    let ((service, trace), capture) = seen;
    capture.finish()?;
    let simulation = Simulation {
        title: format!("{name}: {}", title(args)),
        setup: &setup,
        scenario: &scenario,
        trace: &trace,
        services: &service.until(end),
        end,
        interrupted,
        unicode: ui.out_style().unicode,
    };
    report(ui, args, &simulation)?;
    Ok(Outcome::Clean)
}

fn title(args: &SimulateArgs) -> String {
    match &args.scenario {
        Some(path) => path
            .file_stem()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        None if args.events.is_empty() => "everything fails once".to_owned(),
        None => "simulation".to_owned(),
    }
}

/// What is simulated, with its name: the hosts of a description, or hosts as they boot.
fn subject(ui: &mut Ui, args: &SimulateArgs) -> Result<(String, Setup), CommandError> {
    let words = &args.subjects;
    if args.example.is_none() && words.iter().any(|word| names_a_host(word)) {
        return booted(ui, args);
    }
    let [file] = words.as_slice() else {
        return Err(CommandError::usage("only one description can be simulated")
            .hint("to simulate hosts as they boot, name each: H=PATH"));
    };
    let input = input::description(&DescriptionArgs {
        file: PathBuf::from(file),
        example: args.example.clone(),
    })?;
    let description = Description::read(&input.text);
    refuse(ui, &input, &description, Refusal::Unusable)?;
    let cluster = &description.cluster;
    Ok((cluster.name.to_string(), setup(cluster)?))
}

/// The hosts as their files boot them, whether they agree or not.
fn booted(ui: &mut Ui, args: &SimulateArgs) -> Result<(String, Setup), CommandError> {
    let words = &args.subjects;
    if let Some(file) = words.iter().find(|word| !names_a_host(word)) {
        let message = format!(
            "{} is a description: it cannot be simulated together with the files of hosts",
            file.to_string_lossy()
        );
        return Err(CommandError::usage(message).hint(
            "give a description alone, or H=PATH for each host; simulate both, and compare",
        ));
    }
    let found = host_arguments::read(ui, words, &args.connection)?;
    let given = GivenHosts::new(&found);
    given.tell_losses(ui, words);
    for config in &given.configs {
        if config.vhids.is_empty() {
            ui.talk(&format!(
                "carpgen: {}: no vhid is configured at boot",
                config.host
            ));
        }
    }
    let silent = given.without_own_address().into_iter();
    for sentence in silent.chain(given.without_sysctls()) {
        ui.talk(&format!("carpgen: {sentence}"));
    }
    if given.configs.iter().all(|config| config.vhids.is_empty()) {
        return Err(CommandError::bad_input(
            "no host has a vhid: there is nothing to simulate",
        ));
    }
    let names: Vec<&str> = given
        .configs
        .iter()
        .map(|config| config.host.as_str())
        .collect();
    Ok((names.join(", "), Setup::of(&given.configs)))
}

/// The hosts of the cluster; keys are not looked up.
fn setup(cluster: &Cluster) -> Result<Setup, CommandError> {
    if cluster.nodes.is_empty() || cluster.vhids.is_empty() {
        return Err(CommandError::bad_input(
            "the description has no node or no vhid: there is nothing to simulate",
        ));
    }
    Ok(Setup::of_cluster(cluster))
}

fn scenario_of(ui: &mut Ui, args: &SimulateArgs, setup: &Setup) -> Result<Scenario, CommandError> {
    let mut scenario = match &args.scenario {
        Some(path) => {
            let input = input::read(path)?;
            let read = Scenario::parse(&input.text, setup);
            read.map_err(|problems| wrong(ui, &input.name, &input.text, problems))?
        }
        None if args.events.is_empty() => standard_programme(setup),
        None => Scenario::quiet(setup),
    };
    if let Some(us) = args.until {
        scenario.until = Instant::from_us(us);
    } else if args.scenario.is_none() {
        let times = args
            .events
            .iter()
            .filter_map(|text| scenario::time_us(text.split_once('=')?.0));
        let after = times
            .max()
            .map(|us| us.saturating_add(crate::sim::programme::settle_us(setup)));
        scenario.until = scenario.until.max(Instant::from_us(after.unwrap_or(0)));
    }
    scenario.events.retain(|event| event.at <= scenario.until);
    let mut failed = None;
    for text in &args.events {
        if let Err(problems) = scenario.add(text, setup) {
            failed = Some(wrong(ui, "--at", text, problems));
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    if let Some(seed) = args.seed {
        scenario.seed = seed;
    }
    if let Some(hz) = args.hz {
        scenario.timing = Timing::Hz(hz);
    }
    if let Some(subnet) = args.clients {
        ask(setup, &mut scenario, &clients(subnet)?);
    }
    Ok(scenario)
}

fn clients(subnet: Ipv4Net) -> Result<Vec<Ipv4Addr>, CommandError> {
    let clients: Vec<Ipv4Addr> = subnet.hosts().take(MOST_CLIENTS + 1).collect();
    if clients.len() > MOST_CLIENTS {
        return Err(CommandError::usage(format!(
            "--clients {subnet} has more than {MOST_CLIENTS} addresses"
        ))
        .hint("a /16 shows the same shares"));
    }
    Ok(clients)
}

/// Shows what is wrong with a scenario, and ends the command.
fn wrong(ui: &mut Ui, name: &str, text: &str, problems: Vec<ScenarioProblem>) -> CommandError {
    let problems: Vec<TextProblem> = problems
        .into_iter()
        .map(|problem| TextProblem {
            span: problem.span,
            message: problem.message,
            help: problem.help,
        })
        .collect();
    let shown = text_problems(name, text, &problems, ui.talk_style());
    ui.talk(shown.trim_end());
    let count = problems.len();
    let words = if count == 1 {
        "1 error".to_owned()
    } else {
        format!("{count} errors")
    };
    CommandError::bad_input(format!("{name} cannot be used: {words}"))
}

/// Runs the world slice by slice, so that Ctrl-C is heard and progress is shown. Returns whether it was stopped.
fn drive(
    ui: &mut Ui,
    world: &mut World<'_>,
    until: Instant,
    seen: &mut Seen,
) -> Result<bool, CommandError> {
    let stop = interrupt::flag()?;
    let started = Clock::now();
    let mut progress = None;
    let mut slice_us: u64 = 1_000_000;
    while world.now() < until && world.stuck_at().is_none() && !stop.load(Ordering::Relaxed) {
        let slice_started = Clock::now();
        world.run_until(world.now().after_us(slice_us).min(until), seen);
        seen.1.check()?;
        let took = slice_started.elapsed();
        if took < SLICE / 2 {
            slice_us = slice_us.saturating_mul(2);
        } else if took > SLICE * 2 {
            slice_us = (slice_us / 2).max(1);
        }
        if started.elapsed() > PATIENCE {
            let bar = progress
                .get_or_insert_with(|| ui.progress(until.us() / 1_000_000, "simulated seconds"));
            bar.set_position(world.now().us() / 1_000_000);
        }
    }
    if let Some(bar) = progress {
        bar.finish_and_clear();
    }
    if let Some(at) = world.stuck_at() {
        ui.talk(&format!(
            "carpgen: the run ends at {} us: advertisements answer each other for ever at this time; a latency above 0 parts them",
            at.us()
        ));
    }
    Ok(world.now() < until)
}

fn report(
    ui: &mut Ui,
    args: &SimulateArgs,
    simulation: &Simulation<'_>,
) -> Result<(), CommandError> {
    let picture =
        |draw: fn(&crate::report::Timeline) -> Result<String, crate::report::TimelineError>| {
            draw(&simulation.picture()).map_err(|error| CommandError::bad_input(error.to_string()))
        };
    if let Some(path) = &args.svg {
        save(path, &picture(timeline_svg)?)?;
    }
    if let Some(path) = &args.html {
        save(path, &picture(timeline_page)?)?;
    }
    match args.format {
        Format::Human => ui.out.write_all(simulation.human().as_bytes())?,
        Format::Json => writeln!(
            ui.out,
            "{:#}",
            serde_json::json!(simulation_report(simulation))
        )?,
    }
    Ok(())
}

fn save(path: &Path, text: &str) -> Result<(), CommandError> {
    write_one(path, text, 0o644, true).map_err(|error| {
        CommandError::bad_input(format!(
            "cannot write {}: {}",
            path.display(),
            plain(&error)
        ))
    })
}

/// Everything that watches the run.
type Seen = ((Service, Trace), Capture);
