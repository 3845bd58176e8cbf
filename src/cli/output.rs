//! Writing files: all or none, each whole, and nothing over what somebody changed.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use super::error::CommandError;
use super::input::plain;

/// A file to be written.
pub(super) struct NewFile {
    /// Where, below the folder.
    pub(super) path: PathBuf,
    /// Its text.
    pub(super) content: String,
    /// Its permissions.
    pub(super) mode: u32,
}

/// What became of the files.
pub(super) struct Report {
    /// New or changed.
    pub(super) written: Vec<PathBuf>,
    /// As they were.
    pub(super) unchanged: usize,
}

/// Writes the files below a folder. With `force`, files with another content are replaced; without it nothing is
/// written if there is one.
pub(super) fn write_all(
    folder: &Path,
    files: &[NewFile],
    force: bool,
) -> Result<Report, CommandError> {
    let mut report = Report {
        written: Vec::new(),
        unchanged: 0,
    };
    let mut changed = Vec::new();
    let mut pending = Vec::new();
    for file in files {
        let path = folder.join(&file.path);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_file() && has_content(&path, &file.content) => {
                if found.permissions().mode() & 0o7777 & !file.mode != 0 {
                    pending.push((path, file));
                } else {
                    report.unchanged += 1;
                }
            }
            Ok(found) => {
                if !found.is_file() {
                    let what = if found.is_dir() {
                        "a folder"
                    } else {
                        "no ordinary file"
                    };
                    return Err(CommandError::bad_input(format!(
                        "{} is {what}: nothing was written",
                        path.display()
                    )));
                }
                changed.push(path.display().to_string());
                pending.push((path, file));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                pending.push((path, file))
            }
            Err(error) => {
                let message = format!("cannot write {}: {}", path.display(), plain(&error));
                return Err(CommandError::bad_input(message));
            }
        }
    }
    if !force && !changed.is_empty() {
        let message = format!(
            "{} would be overwritten: nothing was written",
            changed.join(", ")
        );
        return Err(CommandError::bad_input(message).hint("--force replaces files that differ"));
    }
    for (path, file) in pending {
        write_one(&path, &file.content, file.mode, true).map_err(|error| {
            CommandError::bad_input(format!(
                "cannot write {}: {}",
                path.display(),
                plain(&error)
            ))
        })?;
        report.written.push(path);
    }
    Ok(report)
}

fn has_content(path: &Path, content: &str) -> bool {
    fs::read(path).is_ok_and(|bytes| bytes == content.as_bytes())
}

/// Writes a file beside its place and moves it there, so that it is there whole or not at all.
pub(super) fn write_one(
    path: &Path,
    content: &str,
    mode: u32,
    replace: bool,
) -> std::io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new()
        .prefix(".carpgen-")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder)?;
    file.write_all(content.as_bytes())?;
    // The permissions at creation are subject to the umask.
    file.as_file()
        .set_permissions(Permissions::from_mode(mode))?;
    file.as_file().sync_all()?;
    if replace {
        file.persist(path)?
    } else {
        file.persist_noclobber(path)?
    };
    Ok(())
}

/// A new text of a file, ready beside it.
pub(super) struct Replacement {
    /// The file itself, where the path is a link to it.
    file: PathBuf,
    /// What it held when it was read.
    before: String,
    temporary: tempfile::NamedTempFile,
}

impl Replacement {
    /// Writes the new text of a file beside it, with its owner and permissions.
    pub(super) fn stage(path: &Path, before: &str, after: &str) -> io::Result<Self> {
        let file = path.canonicalize()?;
        // Renaming asks only for the folder; a file that is not to be written is left alone.
        let known = OpenOptions::new().write(true).open(&file)?.metadata()?;
        if !known.is_file() {
            return Err(io::Error::other("it is no ordinary file"));
        }
        let folder = file.parent().unwrap_or(Path::new("/"));
        let mut temporary = tempfile::Builder::new()
            .prefix(".carpgen-")
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(folder)?;
        temporary.write_all(after.as_bytes())?;
        let new = temporary.as_file();
        let own = new.metadata()?;
        if (own.uid(), own.gid()) != (known.uid(), known.gid()) {
            fchown(new, Some(known.uid()), Some(known.gid()))?;
        }
        new.set_permissions(Permissions::from_mode(known.mode() & 0o7777))?;
        new.sync_all()?;
        Ok(Self {
            file,
            before: before.to_owned(),
            temporary,
        })
    }

    /// Puts the new text in the place of the old one.
    pub(super) fn commit(self) -> io::Result<()> {
        if fs::read(&self.file)? != self.before.as_bytes() {
            return Err(io::Error::other("it has changed meanwhile"));
        }
        self.temporary.persist(&self.file)?;
        Ok(())
    }
}
