//! `carpgen import`

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::Outcome;
use super::error::CommandError;
use super::host_arguments::{self, GivenHosts, ownership};
use super::host_files::FoundHost;
use super::input::plain;
use super::output::{self, NewFile};
use super::ssh_arguments::SshArgs;
use super::ui::Ui;
use crate::config::{About, Description, Imported, KeyUse, Remark, unresolve};
use crate::lint::{self, Refusal};
use crate::model::{ClusterName, HostName, Key, Place, SecretReference};

#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// A host and its files: a folder with them, one file, or ssh:DESTINATION
    #[arg(value_name = "H=PATH", required = true)]
    hosts: Vec<OsString>,
    /// What to call the cluster
    #[arg(long, value_name = "NAME", default_value = "imported", value_parser = ClusterName::new)]
    name: ClusterName,
    /// Write the description to a file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file
    #[arg(long, requires = "out")]
    force: bool,
    /// Where the keys go: a folder for a file of each, or env for environment variables; default a folder named secrets
    #[arg(long, value_name = "DIR|env", conflicts_with = "inline_secrets")]
    secrets: Option<PathBuf>,
    /// Write the keys into the description
    #[arg(long)]
    inline_secrets: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Toml)]
    format: Format,
    #[command(flatten)]
    connection: SshArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A cluster.toml
    Toml,
}

/// Where the keys of the description are kept.
enum Keeping {
    /// In the description.
    Inline,
    /// In environment variables.
    Environment,
    /// In files of this folder.
    Folder(PathBuf),
}

impl Keeping {
    fn of(args: &ImportArgs) -> Self {
        match &args.secrets {
            _ if args.inline_secrets => Self::Inline,
            Some(folder) if folder.as_os_str() == "env" => Self::Environment,
            Some(folder) => Self::Folder(folder.clone()),
            None => Self::Folder(base(args).unwrap_or(Path::new("")).join("secrets")),
        }
    }
}

/// The folder of the description, where it is not the current one.
fn base(args: &ImportArgs) -> Option<&Path> {
    let folder = args.out.as_deref()?.parent()?;
    (!folder.as_os_str().is_empty()).then_some(folder)
}

/// Prints or writes the description that the files of the hosts make.
pub(super) fn run(ui: &mut Ui, args: &ImportArgs) -> Result<Outcome, CommandError> {
    let Format::Toml = args.format;
    let found = host_arguments::read(ui, &args.hosts, &args.connection)?;
    let mut given = GivenHosts::new(&found);
    given.tell_losses(ui, &args.hosts);
    if given.configs.iter().all(|config| config.vhids.is_empty()) {
        return Err(
            CommandError::bad_input("no host has a vhid: there is nothing to import")
                .hint("`carpgen init` writes a description to start from"),
        );
    }
    let mut notes = given.without_own_address();
    notes.extend(given.without_sysctls());
    for (host, config) in given.hosts.iter().zip(&mut given.configs) {
        notes.extend(ownership::settle(&host.reading, config));
    }
    for note in &notes {
        ui.talk(&format!("carpgen: {note}"));
    }
    let broken = |error: crate::config::ImportError| CommandError::bad_input(error.to_string());
    let imported = unresolve(&args.name, &given.configs).map_err(broken)?;
    let keeping = Keeping::of(args);
    let keys = keys(args, &keeping, &imported.keys());
    let text = imported.text(&keys, &notes).map_err(broken)?;
    let written = files(args, &keeping, &imported, &keys, &text)?;
    let report = output::write_all(Path::new(""), &written, args.force)?;
    if args.out.is_none() {
        ui.out.write_all(text.as_bytes())?;
    }
    for path in &report.written {
        ui.talk(&format!("carpgen: wrote {}", path.display()));
    }
    tell_variables(ui, &imported, &keys);
    for remark in &imported.remarks {
        tell(ui, remark, &given, &found);
    }
    tell_errors(ui, args, &text);
    Ok(if imported.remarks.is_empty() {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}

/// What to write for each key.
fn keys(args: &ImportArgs, keeping: &Keeping, uses: &[KeyUse<'_>]) -> Vec<Key> {
    let numbered = |position: usize, separator: &str| match position {
        0 => String::new(),
        _ => format!("{separator}{}", position + 1),
    };
    let key = |(position, found): (usize, &KeyUse<'_>)| match keeping {
        Keeping::Inline => Key::Text(found.secret.clone()),
        Keeping::Environment => {
            let name = format!("CARP_PASS{}", numbered(position, "_"));
            Key::Reference(SecretReference::Environment(name))
        }
        Keeping::Folder(folder) => {
            let path = from_description(args, folder).join(key_file(position));
            Key::Reference(SecretReference::File(path.display().to_string()))
        }
    };
    uses.iter().enumerate().map(key).collect()
}

fn key_file(position: usize) -> String {
    match position {
        0 => "carp.key".to_owned(),
        _ => format!("carp-{}.key", position + 1),
    }
}

/// A folder as the description names it: relative to its own, where it lies in there.
fn from_description(args: &ImportArgs, folder: &Path) -> PathBuf {
    let Some(base) = base(args) else {
        return folder.to_path_buf();
    };
    let inside = folder.strip_prefix(base).map(Path::to_path_buf);
    inside.unwrap_or_else(|_| std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf()))
}

/// The files to be written: those of the keys, and the description where it goes to one.
fn files(
    args: &ImportArgs,
    keeping: &Keeping,
    imported: &Imported,
    keys: &[Key],
    text: &str,
) -> Result<Vec<NewFile>, CommandError> {
    let mut files = Vec::new();
    if let Keeping::Folder(folder) = keeping {
        for (position, found) in imported.keys().iter().enumerate() {
            let path = folder.join(key_file(position));
            let content = format!("{}\n", found.secret.expose());
            refuse_other_key(&path, &content)?;
            files.push(NewFile {
                path,
                content,
                mode: 0o600,
            });
        }
    }
    let inline = keys.iter().any(|key| key.text().is_some());
    files.extend(args.out.as_ref().map(|path| NewFile {
        path: path.clone(),
        content: text.to_owned(),
        mode: if inline { 0o600 } else { 0o644 },
    }));
    Ok(files)
}

/// A file that holds another key is never replaced, not even with `--force`.
fn refuse_other_key(path: &Path, content: &str) -> Result<(), CommandError> {
    let refused = |why: String| {
        CommandError::bad_input(format!("{} {why}: nothing was written", path.display())).hint(
            "--secrets names another folder for the keys, --secrets env keeps them in variables",
        )
    };
    match fs::read(path) {
        Ok(bytes) if bytes == content.as_bytes() => Ok(()),
        Ok(_) => Err(refused("holds another key".to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(refused(format!("cannot be read: {}", plain(&error)))),
    }
}

fn tell_variables(ui: &mut Ui, imported: &Imported, keys: &[Key]) {
    for (key, found) in keys.iter().zip(imported.keys()) {
        if let Key::Reference(SecretReference::Environment(name)) = key {
            let (segment, vhid) = found.vhid;
            ui.talk(&format!(
                "carpgen: set {name} to the key of vhid {vhid} on segment {segment}"
            ));
        }
    }
}

/// Says where hosts differ, with a place of each.
fn tell(ui: &mut Ui, remark: &Remark, given: &GivenHosts<'_>, found: &[FoundHost]) {
    let mut text = format!("carpgen: {}: {}", remark.subject(), remark.sentence());
    let written = remark.written.hosts.first();
    let others = remark.others.iter().flat_map(|side| &side.hosts);
    for host in written.into_iter().chain(others) {
        if let Some(place) = place(remark, host, given, found) {
            text.push_str(&format!("\n  {host}: {place}"));
        }
    }
    ui.talk(&text);
}

/// Where a host says what a remark is about: file and line.
fn place(
    remark: &Remark,
    name: &HostName,
    given: &GivenHosts<'_>,
    found: &[FoundHost],
) -> Option<String> {
    let position = given.hosts.iter().position(|host| host.name == *name)?;
    let (host, config) = (&given.hosts[position], &given.configs[position]);
    let place: Place = match &remark.about {
        About::Vhid(segment, vhid) => {
            let mut own = config.vhids.iter();
            let on_it = own.find(|own| own.segment == *segment && own.vhid == *vhid)?;
            host.vhid_place(on_it.interface.as_str(), *vhid)?
        }
        About::Sysctl(sysctl) => host.sysctl_place(sysctl)?,
        About::Interface(_, interface) => {
            let statements = &host.reading.statements;
            let first = statements
                .iter()
                .find(|found| found.statement.interface.text() == interface.as_str())?;
            first.statement.place
        }
        About::Host(_) => return None,
    };
    let path = host.reading.paths.get(usize::from(place.file.0))?;
    let (_, at) = found[position].place_of(path);
    Some(format!("{at}:{}", place.line))
}

/// Says whether the description has errors: then the hosts have them too.
fn tell_errors(ui: &mut Ui, args: &ImportArgs, text: &str) {
    let description = Description::read(text);
    let found = lint::check(&description, false);
    let errors = found
        .iter()
        .filter(|found| Refusal::AnyError.stops(found))
        .count();
    if errors == 0 {
        return;
    }
    let file = args.out.as_deref().unwrap_or(Path::new("cluster.toml"));
    let count = if errors == 1 {
        "an error".to_owned()
    } else {
        format!("{errors} errors")
    };
    ui.talk(&format!(
        "carpgen: the description says what the hosts do, and that has {count}; `carpgen lint {}` tells, and render refuses it",
        file.display()
    ));
}
