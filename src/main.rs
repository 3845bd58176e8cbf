//! The `carpgen` command.
fn main() {}
