//! A host on its own.
