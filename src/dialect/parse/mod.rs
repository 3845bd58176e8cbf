//! From the files of a host to what it is configured with.
//!
//! Texts in, values out. [`shell`](self) reads rc.conf; `boot` works out what the boot scripts make of it.

mod shell;
mod text;
mod word;

pub use shell::{
    Assignment, Binding, BrokenKind, NotUnderstood, NotUnderstoodKind, Reference, Stop, Value,
    Variables,
};
pub use text::Text;
pub use word::Word;
