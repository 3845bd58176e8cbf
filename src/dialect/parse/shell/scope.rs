//! The variables that a shell text can see.

use super::origin::RawWord;

/// What is known of a variable.
#[derive(Clone, Copy)]
pub(in super::super) enum Found<'v> {
    /// Its text, and whether all of it is known.
    Value(&'v str, bool),
    /// It is not set.
    Unset,
    /// Only the running shell knows it.
    Unknown,
}

/// How a variable was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// `x=w`
    Plain,
    /// `${x:=w}`: only because x was unset or empty.
    Default,
    /// `export x=w` or `readonly x=w`
    Export,
}

/// Where a reader looks variables up and puts them.
pub(in super::super) trait Scope<'a> {
    fn find(&self, name: &str) -> Found<'_>;
    fn bind(&mut self, name: &'a str, value: RawWord<'a>, binding: Binding, at: usize);
}
