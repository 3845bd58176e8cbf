//! Finding and reading the files of hosts.

use std::fs;
use std::path::{Component, Path, PathBuf};

use rayon::prelude::*;

use super::error::CommandError;
use super::input::{self, plain};
use crate::dialect::parse::{HostText, file_kind};
use crate::lint::hosts::{LintHost, without_carriage_returns};
use crate::model::{HostName, Release};

/// How deep files of a host lie below its folder: `etc/rc.conf.d/network/FILE`.
const DEEPEST: usize = 4;

/// A host and its files, as they were found.
#[derive(Clone, Debug)]
pub(super) struct FoundHost {
    /// Its name: that of its folder.
    pub(super) name: HostName,
    /// Its files.
    pub(super) files: Vec<FoundFile>,
    /// The release that a file beside the folders of all hosts names.
    pub(super) release: Option<Release>,
}

/// A file of a host.
#[derive(Clone, Debug)]
pub(super) struct FoundFile {
    /// Its path in the host's folder.
    pub(super) path: String,
    /// What to call it: relative to the folder given.
    pub(super) name: String,
    /// Where it is.
    pub(super) at: String,
    /// Its text.
    pub(super) text: String,
    /// Its text with other line ends, where it is judged with those.
    pub(super) mended: Option<String>,
}

impl FoundFile {
    /// Gives it another text.
    pub(super) fn set_text(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        self.mended = without_carriage_returns(&self.path, text);
    }
}

impl FoundHost {
    /// The host for the rules. A release that the caller tells counts more than one that a file tells.
    pub(super) fn to_lint(&self, told: Option<Release>) -> LintHost<'_> {
        let files: Vec<HostText<'_>> = self
            .files
            .iter()
            .map(|file| HostText {
                path: &file.path,
                text: &file.text,
            })
            .collect();
        let mended = self.files.iter().map(|file| HostText {
            path: &file.path,
            text: file.mended.as_ref().unwrap_or(&file.text),
        });
        let mended: Vec<HostText<'_>> = mended.collect();
        let own = files.iter().any(|file| file.path == "release");
        LintHost::read_clean(
            self.name.clone(),
            files,
            &mended,
            told.or(self.release.filter(|_| !own)),
        )
    }

    /// What to call a file and where it is, by its path in the host's folder.
    pub(super) fn place_of(&self, path: &str) -> (String, String) {
        let file = self.files.iter().find(|file| file.path == path);
        file.map_or_else(Default::default, |file| {
            (file.name.clone(), file.at.clone())
        })
    }
}

/// The hosts in a folder: itself, if it holds files of a host, else one for each folder in it that does.
pub(super) fn in_folder(folder: &Path) -> Result<Vec<FoundHost>, CommandError> {
    let own = files_below(folder)?;
    let is_host = own.iter().any(|path| path != "release");
    if is_host {
        let name = host_name(&folder_name(folder), folder)?;
        return Ok(vec![read_host(name, folder, "", &own, None)?]);
    }
    let release = own.first().map(|_| folder.join("release"));
    let release = release
        .map(|path| stated_release(&path))
        .transpose()?
        .flatten();
    let read = |sub: &PathBuf| -> Result<Option<FoundHost>, CommandError> {
        let files = files_below(sub)?;
        if files.is_empty() {
            return Ok(None);
        }
        let name = folder_name(sub);
        let host = host_name(&name, sub)?;
        read_host(host, sub, &format!("{name}/"), &files, release).map(Some)
    };
    let found: Result<Vec<Option<FoundHost>>, CommandError> =
        folders(folder)?.par_iter().map(read).collect();
    let hosts: Vec<FoundHost> = found?.into_iter().flatten().collect();
    if hosts.is_empty() {
        let message = format!(
            "there is neither a cluster.toml nor a file of a host in {}",
            folder.display()
        );
        return Err(CommandError::bad_input(message)
            .hint("a folder of hosts has a folder for each, with rc.conf, sysctl.conf, loader.conf and the like"));
    }
    Ok(hosts)
}

/// The folder of the host that a file belongs to, and its path in there; `None` if its name is none that is read.
pub(super) fn host_of_file(path: &Path) -> Option<(PathBuf, String)> {
    let components: Vec<Component<'_>> = path.components().collect();
    (1..=DEEPEST.min(components.len())).rev().find_map(|count| {
        let (folder, file) = components.split_at(components.len() - count);
        let file: PathBuf = file.iter().collect();
        let file = file.to_str()?;
        file_kind(file)?;
        Some((folder.iter().collect(), file.to_owned()))
    })
}

/// A host that is given by name, with a folder of its files or one file. A file whose name is none of those that a
/// host has is read as rc.conf.
pub(super) fn of_host(name: HostName, path: &Path) -> Result<FoundHost, CommandError> {
    if path.is_dir() {
        let files = files_below(path)?;
        if files.iter().all(|file| file == "release") {
            return Err(CommandError::bad_input(format!(
                "there is no file of host {name} in {}",
                path.display()
            ))
            .hint("its files are rc.conf, sysctl.conf, loader.conf and the like, also below etc and boot"));
        }
        let prefix = format!("{}/", path.display());
        return read_host(name, path, prefix.trim_start_matches("./"), &files, None);
    }
    if let Err(error) = path.metadata() {
        let message = format!("cannot read {}: {}", path.display(), plain(&error));
        return Err(CommandError::bad_input(message));
    }
    let input = input::read(path)?;
    let known = host_of_file(path).map(|(_, inside)| inside);
    let path = known.unwrap_or_else(|| "rc.conf".to_owned());
    Ok(FoundHost {
        name,
        files: vec![FoundFile {
            mended: without_carriage_returns(&path, &input.text),
            path,
            name: input.name.clone(),
            at: input.name,
            text: input.text,
        }],
        release: None,
    })
}

/// A host that is given by single files, which are called as they were given.
pub(super) fn of_files(
    folder: &Path,
    files: &[(PathBuf, String)],
) -> Result<FoundHost, CommandError> {
    let name = host_name(&folder_name(folder), folder)?;
    let mut found = Vec::new();
    for (at, path) in files {
        let input = input::read(at)?;
        found.push(FoundFile {
            mended: without_carriage_returns(path, &input.text),
            path: path.clone(),
            name: input.name.clone(),
            at: input.name,
            text: input.text,
        });
    }
    Ok(FoundHost {
        name,
        files: found,
        release: None,
    })
}

fn read_host(
    name: HostName,
    folder: &Path,
    prefix: &str,
    paths: &[String],
    release: Option<Release>,
) -> Result<FoundHost, CommandError> {
    let mut files = Vec::new();
    for path in paths {
        let at = folder.join(path);
        let text = input::read(&at)?.text;
        files.push(FoundFile {
            mended: without_carriage_returns(path, &text),
            path: path.clone(),
            name: format!("{prefix}{path}"),
            at: at.display().to_string(),
            text,
        });
    }
    Ok(FoundHost {
        name,
        files,
        release,
    })
}

fn stated_release(path: &Path) -> Result<Option<Release>, CommandError> {
    let text = input::read(path)?.text;
    let release = Release::new(text.trim());
    release.map(Some).map_err(|_| {
        CommandError::bad_input(format!(
            "{} names no release: {:?}",
            path.display(),
            text.trim()
        ))
        .hint("it holds one word, 9 to 15")
    })
}

fn folder_name(folder: &Path) -> String {
    let whole = folder
        .canonicalize()
        .unwrap_or_else(|_| folder.to_path_buf());
    whole.file_name().map_or_else(
        || "host".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn host_name(name: &str, folder: &Path) -> Result<HostName, CommandError> {
    HostName::new(name).map_err(|error| {
        CommandError::bad_input(format!(
            "{} cannot be the folder of a host: {error}",
            folder.display()
        ))
    })
}

/// The files of a host below a folder, by their paths in it, in ascending order.
fn files_below(folder: &Path) -> Result<Vec<String>, CommandError> {
    let mut found = Vec::new();
    walk(folder, "", 1, &mut found)?;
    found.sort();
    Ok(found)
}

fn walk(
    folder: &Path,
    prefix: &str,
    depth: usize,
    found: &mut Vec<String>,
) -> Result<(), CommandError> {
    for entry in entries(folder)? {
        let Some(name) = entry
            .file_name()
            .and_then(|name| name.to_str().map(str::to_owned))
        else {
            continue;
        };
        let path = format!("{prefix}{name}");
        if entry.is_dir() {
            let leads_on = matches!(
                path.as_str(),
                "etc"
                    | "boot"
                    | "etc/devd"
                    | "devd"
                    | "rc.conf.d"
                    | "etc/rc.conf.d"
                    | "loader.conf.d"
                    | "boot/loader.conf.d"
                    | "sysctl.kld.d"
                    | "etc/sysctl.kld.d"
            ) || path.ends_with("rc.conf.d/network")
                || path.ends_with("rc.conf.d/netif");
            if leads_on && depth < DEEPEST {
                walk(&entry, &format!("{path}/"), depth + 1, found)?;
            }
        } else if file_kind(&path).is_some() {
            found.push(path);
        }
    }
    Ok(())
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let mut folders: Vec<PathBuf> = entries(folder)?
        .into_iter()
        .filter(|entry| entry.is_dir())
        .collect();
    folders.sort();
    Ok(folders)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let failed = |error: std::io::Error| {
        CommandError::bad_input(format!(
            "cannot read {}: {}",
            folder.display(),
            plain(&error)
        ))
    };
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        entries.push(entry.map_err(failed)?.path());
    }
    Ok(entries)
}
