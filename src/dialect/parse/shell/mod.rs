//! The part of `sh(1)` that configuration files use: quotes, concatenation, continued lines, comments, assignments
//! and the values of variables. Whatever goes beyond is reported, never guessed.

mod broken;
mod command;
mod origin;
mod rc;
mod scope;
mod word;

#[cfg(test)]
mod tests;

pub use broken::BrokenKind;
pub use origin::Reference;
pub use rc::{Assignment, NotUnderstood, NotUnderstoodKind, Stop, Value, Variables};
pub use scope::Binding;

pub(super) use command::{Commands, Simple};
pub(super) use origin::RawWord;
pub(super) use rc::split;
pub(super) use scope::{Found, Scope};
