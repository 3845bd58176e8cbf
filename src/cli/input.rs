//! Reading what the administrator gives: whole, text, and of a sane size.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::args::DescriptionArgs;
use super::error::CommandError;
use crate::config::examples;

/// The largest description that is read: some ten thousand vhids.
const MOST_BYTES: u64 = 1 << 20;

/// A text and where it came from.
pub(super) struct Input {
    /// What to call it in messages.
    pub(super) name: String,
    /// The text.
    pub(super) text: String,
    /// Where relative paths in it start.
    pub(super) folder: PathBuf,
}

/// Reads the description that the arguments name.
pub(super) fn description(args: &DescriptionArgs) -> Result<Input, CommandError> {
    if let Some(example) = args.example.as_deref().and_then(examples::example) {
        let name = format!("example {}", example.name);
        return Ok(Input {
            name,
            text: example.text.to_owned(),
            folder: PathBuf::new(),
        });
    }
    read(&args.file)
}

/// Reads a description from a file, or from standard input where the path is `-`.
pub(super) fn read(path: &Path) -> Result<Input, CommandError> {
    if path.as_os_str() == "-" {
        let text = text_of("standard input", &mut io::stdin().lock())?;
        return Ok(Input {
            name: "standard input".to_owned(),
            text,
            folder: PathBuf::new(),
        });
    }
    let name = path.display().to_string();
    let mut file = open(path, &name)?;
    let text = text_of(&name, &mut file)?;
    Ok(Input {
        name,
        text,
        folder: path.parent().map(Path::to_path_buf).unwrap_or_default(),
    })
}

fn open(path: &Path, name: &str) -> Result<File, CommandError> {
    let failed = |error: io::Error| {
        let wrong = CommandError::bad_input(format!("cannot read {name}: {}", plain(&error)));
        if error.kind() == io::ErrorKind::NotFound {
            return wrong.hint("`carpgen init` writes a cluster.toml to start from");
        }
        wrong
    };
    let kind = path.metadata().map_err(failed)?;
    if kind.is_dir() {
        return Err(
            CommandError::bad_input(format!("{name} is a folder, not a description")).hint(
                format!(
                    "name the file in it: {}",
                    path.join("cluster.toml").display()
                ),
            ),
        );
    }
    File::open(path).map_err(failed)
}

fn text_of(name: &str, from: &mut impl Read) -> Result<String, CommandError> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| {
            CommandError::bad_input(format!("cannot read {name}: {}", plain(&error)))
        })?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MOST_BYTES) {
        let most = MOST_BYTES >> 20;
        return Err(CommandError::bad_input(format!(
            "{name} is larger than {most} MiB: that is no description"
        )));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        CommandError::bad_input(format!("{name} is not a text: byte {at} is not UTF-8"))
    })
}

/// An error of the system without its number.
pub(super) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error")
        .next()
        .unwrap_or(&text)
        .to_lowercase()
}
