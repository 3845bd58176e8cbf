//! Watches a simulation and keeps its frames in a file.

use std::fs::{File, Permissions};
use std::io::{self, BufWriter};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::error::CommandError;
use super::input::plain;
use crate::sim::trace::FrameRecord;
use crate::sim::{Observer, Setup};
use crate::wire::CaptureWriter;

/// A capture that is being written, or none. The file takes its place when it is whole.
#[derive(Debug)]
pub(super) struct Capture {
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    writer: CaptureWriter<BufWriter<File>>,
    file: NamedTempFile,
    path: PathBuf,
    /// What went wrong. An observer cannot end the run.
    failed: Option<io::Error>,
}

impl Capture {
    /// Starts a capture of all segments of a setup.
    pub(super) fn create(path: Option<&Path>, setup: &Setup) -> Result<Self, CommandError> {
        let Some(path) = path else {
            return Ok(Self { open: None });
        };
        let open = || -> io::Result<Open> {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let file = tempfile::Builder::new()
                .prefix(".carpgen-")
                .permissions(Permissions::from_mode(0o644))
                .tempfile_in(folder.unwrap_or(Path::new(".")))?;
            Ok(Open {
                writer: CaptureWriter::new(BufWriter::new(file.reopen()?), &setup.segments)?,
                file,
                path: path.to_path_buf(),
                failed: None,
            })
        };
        match open() {
            Ok(open) => Ok(Self { open: Some(open) }),
            Err(error) => Err(cannot_write(path, &error)),
        }
    }

    /// Tells whether writing has failed.
    pub(super) fn check(&mut self) -> Result<(), CommandError> {
        match self
            .open
            .as_mut()
            .and_then(|open| Some((open.failed.take()?, &open.path)))
        {
            Some((error, path)) => Err(cannot_write(path, &error)),
            None => Ok(()),
        }
    }

    /// Puts the file into its place.
    pub(super) fn finish(mut self) -> Result<(), CommandError> {
        self.check()?;
        let Some(open) = self.open else {
            return Ok(());
        };
        let path = open.path;
        open.writer
            .finish()
            .map_err(|error| cannot_write(&path, &error))?;
        match open.file.persist(&path) {
            Ok(_) => Ok(()),
            Err(error) => Err(cannot_write(&path, &error.error)),
        }
    }
}

impl Observer for Capture {
    fn wants_frames(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.failed.is_none())
    }

    fn frame(&mut self, record: &FrameRecord<'_>) {
        let Some(open) = &mut self.open else {
            return;
        };
        let segment = u32::from(record.segment.0);
        if let Err(error) = open.writer.frame(segment, record.at.us(), record.bytes) {
            open.failed.get_or_insert(error);
        }
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> CommandError {
    CommandError::bad_input(format!("cannot write {}: {}", path.display(), plain(error)))
}
