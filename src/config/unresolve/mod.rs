//! From the configurations of hosts to the description that they could have been derived from: the inverse of
//! [`resolve`](super::resolve).
//!
//! What most of the hosts say is taken. Then the text is read again and resolved, and what comes out is held against
//! what went in: every difference becomes a [`Remark`], so nothing is dropped in silence.

mod differences;
mod draft;
mod numbers;
mod text;
mod vhids;

use zeroize::Zeroizing;

use crate::model::{ClusterName, HostConfig, HostName, IfName, Key, Secret, SegmentName, Vhid};

pub use differences::{About, Remark, Side};

use draft::Draft;

/// A description that was made of the configurations of hosts.
#[derive(Debug)]
pub struct Imported {
    draft: Draft,
    /// Where hosts disagree, and what a description cannot express.
    pub remarks: Vec<Remark>,
}

/// Why no description can be written.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A template is broken.
    #[error("the template cannot be filled in: {0}")]
    Template(String),
}

/// A key of the description and a vhid that has it.
#[derive(Debug)]
pub struct KeyUse<'a> {
    /// The key.
    pub secret: &'a Secret,
    /// A vhid with this key, on a segment, for messages.
    pub vhid: (&'a SegmentName, Vhid),
}

/// Makes a description of hosts whose segments are named alike.
///
/// # Errors
///
/// [`ImportError`] if the template is broken, which the tests exclude.
pub fn unresolve(name: &ClusterName, hosts: &[HostConfig]) -> Result<Imported, ImportError> {
    let hosts = &draft::one_interface_in_a_segment(hosts);
    let draft = Draft::of(name, hosts);
    // It has the keys.
    let plain = Zeroizing::new(text::text(&draft, &[], None, &[])?);
    let remarks = differences::differences(&plain, hosts);
    Ok(Imported { draft, remarks })
}

impl Imported {
    /// The distinct keys of the description; the first is that of most vhids.
    #[must_use]
    pub fn keys(&self) -> Vec<KeyUse<'_>> {
        self.draft.keys()
    }

    /// The text of the description. `keys` says what to write for each of [`Self::keys`], and `notes` what to say at
    /// the top.
    ///
    /// # Errors
    ///
    /// [`ImportError`] if the template is broken, which the tests exclude.
    pub fn text(&self, keys: &[Key], notes: &[String]) -> Result<String, ImportError> {
        text::text(&self.draft, &self.remarks, Some(keys), notes)
    }
}

/// The value that most have; of several the first.
fn most<T: PartialEq>(all: impl IntoIterator<Item = T>) -> Option<T> {
    let mut counts: Vec<(T, usize)> = Vec::new();
    for value in all {
        match counts.iter_mut().find(|(known, _)| *known == value) {
            Some((_, count)) => *count += 1,
            None => counts.push((value, 1)),
        }
    }
    let highest = counts.iter().map(|(_, count)| *count).max()?;
    counts
        .into_iter()
        .find(|(_, count)| *count == highest)
        .map(|(value, _)| value)
}

/// A name that is free, called after a wanted one.
fn free_segment(wanted: &IfName, taken: impl Fn(&SegmentName) -> bool) -> SegmentName {
    let wanted = wanted.variable_part();
    let mut names = std::iter::once(wanted.clone())
        .chain((2_u32..).map(|number| format!("{wanted}_{number}")))
        .filter_map(|name| SegmentName::new(&name).ok());
    names
        .find(|name| !taken(name))
        .expect("one of endless numbers is free, and a name with a number is a name")
}

/// Whether two keys count as one: of a key only the first bytes count.
fn same_key(ours: Option<&Key>, theirs: Option<&Key>) -> bool {
    let bytes = |secret: &Secret| {
        let bytes = secret.expose().as_bytes();
        bytes[..bytes.len().min(Secret::EFFECTIVE_BYTES)].to_vec()
    };
    match (ours, theirs) {
        (Some(Key::Text(ours)), Some(Key::Text(theirs))) => bytes(ours) == bytes(theirs),
        _ => ours == theirs,
    }
}

/// The names of hosts in words.
fn names<'h>(hosts: impl IntoIterator<Item = &'h HostName>) -> String {
    let names: Vec<&str> = hosts.into_iter().map(HostName::as_str).collect();
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests;
