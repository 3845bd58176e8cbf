//! Where `sh(1)` gives up.

/// Why the shell cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokenKind {
    /// A quote is never closed.
    OpenQuote,
    /// A `$(`, a backquote or a `${` is never closed.
    OpenExpansion,
    /// An `if`, loop, `case`, brace or parenthesis is never closed.
    OpenCompound,
    /// A word or operator stands where `sh(1)` does not take it.
    Unexpected,
}

/// A syntax error: `sh(1)` stops reading here, and a boot script that sources the file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Broken {
    pub(in super::super) kind: BrokenKind,
    /// The byte at fault: for what is never closed, where it opens.
    pub(in super::super) at: usize,
}
