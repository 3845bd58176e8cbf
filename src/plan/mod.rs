//! From what hosts are configured with to what the description wants of them.
//!
//! Owns the edits of boot files. Texts and values in, texts and values out: it reads no file and runs nothing.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod boot;
