//! The library behind the `carpgen` command.
pub mod mirror;
