//! Where in a file something stands.

/// A file among those that were read for a host, in the order in which they were given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u16);

/// A place in a file: line and column as editors count them, from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// The byte, from 0.
    pub offset: u32,
}

impl Place {
    /// The beginning of a file.
    #[must_use]
    pub const fn start(file: FileId) -> Self {
        Self {
            file,
            line: 1,
            column: 1,
            offset: 0,
        }
    }
}
