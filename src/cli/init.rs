//! `carpgen init`

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use super::Outcome;
use super::args::examples;
use super::error::CommandError;
use super::input::plain;
use super::output::write_one;
use super::ui::Ui;
use crate::config::{Description, examples};
use crate::model::Protocol;

#[derive(Debug, clap::Args)]
pub(super) struct InitArgs {
    /// The example to start from
    #[arg(long, value_name = "NAME", default_value = "failover", value_parser = examples())]
    example: String,
}

/// Writes ./cluster.toml, never over an existing one.
pub(super) fn run(ui: &mut Ui, args: &InitArgs) -> Result<Outcome, CommandError> {
    let Some(example) = examples::example(&args.example) else {
        return Err(CommandError::usage(format!(
            "there is no example {:?}",
            args.example
        )));
    };
    let path = Path::new("cluster.toml");
    let cluster = Description::read(example.text).cluster;
    let has_key = cluster.vhids.iter().any(|vhid| match &vhid.protocol {
        Protocol::Carp { key: Some(key), .. } => key.text().is_some(),
        _ => false,
    });
    write_one(
        path,
        example.text,
        if has_key { 0o600 } else { 0o644 },
        false,
    )
    .map_err(|error| {
        if error.kind() == ErrorKind::AlreadyExists {
            let message = "cluster.toml is there already: nothing was written";
            return CommandError::bad_input(message)
                .hint("move it away, or call carpgen in another folder");
        }
        CommandError::bad_input(format!("cannot write cluster.toml: {}", plain(&error)))
    })?;
    writeln!(ui.out, "Wrote cluster.toml: {}.", example.about)?;
    writeln!(ui.out, "Next: edit it, then carpgen lint, carpgen render")?;
    Ok(Outcome::Clean)
}
