//! `carpgen lint --fix` and `--diff`: what the fixes make of the files, and writing it.

use std::collections::BTreeSet;
use std::path::Path;

use rayon::prelude::*;

use super::error::CommandError;
use super::host_files::FoundHost;
use super::input::plain;
use super::lint::LintInput;
use super::output::Replacement;
use crate::config::Description;
use crate::lint::hosts::Hosts;
use crate::lint::{self, Fixed, LevelChange, Looked, Texts};
use crate::model::{FileId, Release, TextId};

/// What `lint` was told about rules and hosts.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) changes: &'a [LevelChange],
    pub(super) release: Option<Release>,
}

/// What became of the files on disk.
#[derive(Default)]
pub(super) struct Written {
    /// How many findings were fixed.
    pub(super) findings: usize,
    /// The texts that could not be written, or must not without those.
    pub(super) left: BTreeSet<TextId>,
    /// Why, by path.
    pub(super) errors: Vec<(String, CommandError)>,
}

/// What the fixes make of a description.
pub(super) fn description(input: &LintInput, told: Told<'_>) -> Fixed {
    let texts = Texts::from([(TextId::default(), input.text.clone())]);
    lint::fix_all(texts, |texts| {
        let text = texts.get(&TextId::default()).map_or("", String::as_str);
        let description = Description::read(text);
        let all = lint::check(&description, false);
        let reported = lint::tuned(&description, all.clone(), told.changes);
        Looked::at_description(&all, &reported)
    })
}

/// What the fixes make of the files of hosts. These must be in the order of their names.
pub(super) fn hosts(found: &[FoundHost], told: Told<'_>) -> Fixed {
    let mut texts = Texts::new();
    for (host, of_host) in found.iter().enumerate() {
        for (file, of_file) in (0_u16..).zip(&of_host.files) {
            let file = FileId(file);
            texts.insert(TextId { host, file }, of_file.text.clone());
        }
    }
    lint::fix_all(texts, |texts| {
        let mut changed = found.to_vec();
        set_texts(&mut changed, texts);
        let read = changed.par_iter().map(|host| host.to_lint(told.release));
        let hosts = Hosts::new(read.collect());
        let all = lint::check_hosts(&hosts);
        let reported = lint::tuned_hosts(&hosts, all.clone(), told.changes);
        Looked::at_hosts(&all, &reported)
    })
}

/// Gives the files of hosts other texts.
pub(super) fn set_texts(found: &mut [FoundHost], texts: &Texts) {
    for (id, text) in texts {
        let host = found.get_mut(id.host);
        let file = host.and_then(|host| host.files.get_mut(usize::from(id.file.0)));
        if let Some(file) = file.filter(|file| file.text != *text) {
            file.set_text(text);
        }
    }
}

/// Writes the texts that fixes have changed. Where a fix changes several files and one of them cannot be written, the others
/// are left as they are too.
pub(super) fn write<'t>(
    fixed: &Fixed,
    file: impl Fn(TextId) -> Option<(&'t str, &'t str)>,
) -> Written {
    let mut written = Written::default();
    let mut staged = Vec::new();
    for (id, text) in &fixed.texts {
        let Some((path, before)) = file(*id).filter(|(_, before)| before != text) else {
            continue;
        };
        match Replacement::stage(Path::new(path), before, text) {
            Ok(replacement) => staged.push((*id, path, replacement)),
            Err(error) => written.fail(*id, path, &error),
        }
    }
    loop {
        let together = fixed
            .done
            .iter()
            .filter(|texts| !texts.is_disjoint(&written.left));
        let drawn: BTreeSet<TextId> = together.flatten().copied().collect();
        if drawn.is_subset(&written.left) {
            break;
        }
        written.left.extend(drawn);
    }
    for (id, path, replacement) in staged {
        if written.left.contains(&id) {
            let message = format!(
                "{path} is left as it is: a fix changes it together with a file that cannot be written"
            );
            written
                .errors
                .push((path.to_owned(), CommandError::bad_input(message)));
        } else if let Err(error) = replacement.commit() {
            written.fail(id, path, &error);
        }
    }
    let done = fixed
        .done
        .iter()
        .filter(|texts| texts.is_disjoint(&written.left));
    written.findings = done.count();
    written
}

impl Written {
    fn fail(&mut self, id: TextId, path: &str, error: &std::io::Error) {
        self.left.insert(id);
        let message = format!("cannot write {path}: {}; it is left as it is", plain(error));
        self.errors
            .push((path.to_owned(), CommandError::bad_input(message)));
    }
}
