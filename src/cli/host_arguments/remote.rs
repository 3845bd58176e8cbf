//! Hosts that are read over SSH: `H=ssh:DEST`.

use crate::cli::error::CommandError;
use crate::cli::host_files::{FoundFile, FoundHost};
use crate::cli::ssh_arguments::SshArgs;
use crate::cli::ui::Ui;
use crate::lint::hosts::without_carriage_returns;
use crate::model::{HostName, PrivilegeCommand};
use crate::plan::{Observed, ObservedFile};
use crate::remote::{DEFAULT_WIDTH, Target, check_destination, in_parallel, observe};

/// The way to a host that a word names.
pub(in crate::cli) fn target(host: HostName, destination: &str) -> Result<Target, CommandError> {
    check_destination(destination)
        .map_err(|error| CommandError::usage(error.to_string()).hint(error.hint()))?;
    Ok(Target {
        host,
        destination: destination.to_owned(),
        become_root: PrivilegeCommand::None,
    })
}

/// Reads the files of these hosts, and what `ifconfig(8)` and `sysctl(8)` show there. Says what could not be read.
pub(in crate::cli) fn read(
    ui: &mut Ui,
    targets: &[Target],
    connection: &SshArgs,
) -> Result<Vec<FoundHost>, CommandError> {
    if targets.is_empty() {
        return Ok(Vec::new());
    }
    let transport = connection.transport()?;
    let results = in_parallel(targets, DEFAULT_WIDTH, |target| {
        observe(&transport, target, connection.timeout)
    });
    let mut found = Vec::new();
    for (target, result) in targets.iter().zip(results) {
        let observed = result
            .map_err(|error| CommandError::bad_input(error.to_string()).hint(error.hint()))?;
        for unreadable in &observed.unreadable {
            ui.talk(&format!(
                "carpgen: {}: cannot read {}: {}",
                target.host, unreadable.path, unreadable.why
            ));
        }
        found.push(host(target, &observed));
    }
    Ok(found)
}

fn host(target: &Target, observed: &Observed) -> FoundHost {
    let files = observed.files.iter().chain(&observed.outputs);
    FoundHost {
        name: target.host.clone(),
        files: files.map(|file| found_file(target, file)).collect(),
        release: Some(observed.release),
    }
}

/// A file as if it lay in a folder of the host's files, called as scp(1) would call it.
fn found_file(target: &Target, file: &ObservedFile) -> FoundFile {
    let path = file.path.trim_start_matches('/').to_owned();
    FoundFile {
        name: format!("{}/{path}", target.host),
        at: format!("{}:{}", target.destination, file.path),
        mended: without_carriage_returns(&path, &file.text),
        text: file.text.clone(),
        path,
    }
}
