//! The `carpgen` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    carpgen::cli::run(std::env::args_os())
}
