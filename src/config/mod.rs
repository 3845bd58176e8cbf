//! cluster.toml: its text, its tables, and what they mean.
//!
//! Owns the way from a text to a [`Cluster`] and on to the configuration of every host. Imports `model` and
//! `mirror`; knows nothing of files, of the boot scripts or of rules.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod examples;
mod lower;
mod problem;
mod reader;
mod resolve;
pub mod schema;
mod source;
mod unresolve;

pub use problem::{Problem, ProblemKind, nearest};
pub use reader::{FromToml, Item, List, Map, Number};
pub use resolve::{alias_base, resolve};
pub use source::{Source, SyntaxError};
pub use unresolve::{About, ImportError, Imported, KeyUse, Remark, Side, unresolve};

use crate::model::{Cluster, Route};
use schema::Document;

/// A description: its text, its tables as written, and the cluster that it means.
#[derive(Debug)]
pub struct Description<'a> {
    /// The text, to turn routes into places.
    pub source: Source<'a>,
    /// The tables as written.
    pub document: Document,
    /// What they mean. What has a problem is left out of it.
    pub cluster: Cluster,
    /// What has no meaning. Empty where the cluster is whole.
    pub problems: Vec<Problem>,
}

impl<'a> Description<'a> {
    /// Reads a description to its end, whatever is wrong with it.
    #[must_use]
    pub fn read(text: &'a str) -> Self {
        let source = Source::parse(text);
        let mut problems = Vec::new();
        let (document, cluster) = {
            let document = read_document(&source, &mut problems);
            let cluster = lower::lower(&document, &mut problems);
            (document, cluster)
        };
        Self {
            source,
            document,
            cluster,
            problems,
        }
    }
}

fn read_document(source: &Source<'_>, problems: &mut Vec<Problem>) -> Document {
    let table = toml::de::DeValue::Table(source.table().clone());
    Document::read(&Route::top(), &table, problems).unwrap_or_else(|| Document {
        at: Route::top(),
        cluster: None,
        segment: None,
        node: None,
        group: None,
        vhid: None,
        lint: None,
        verify: None,
    })
}

/// The JSON Schema of a description, draft 2020-12.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    let mut schema = Document::json_schema();
    if let Some(object) = schema.as_object_mut() {
        object.insert(
            "$schema".into(),
            "https://json-schema.org/draft/2020-12/schema".into(),
        );
        object.insert("title".into(), "cluster.toml, version 1".into());
    }
    schema
}

#[cfg(test)]
mod tests;
