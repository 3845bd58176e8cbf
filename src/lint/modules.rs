//! Kernel modules that the files of a host load besides the loader.

use super::hosts::LintHost;
use crate::dialect::parse::Word;

/// The words of `kld_list`; none where they are not known.
pub(super) fn kld_words(host: &LintHost<'_>) -> Option<Vec<Word>> {
    let variables = &host.reading.variables;
    let skipped = variables.not_understood();
    let unclear = variables.stop().is_some()
        || skipped
            .iter()
            .any(|skipped| skipped.names.contains(&"kld_list"));
    let words = variables
        .get("kld_list")
        .map_or_else(Vec::new, |set| variables.words(set));
    (!unclear && words.iter().all(|word| word.known)).then_some(words)
}

/// A word of `kld_list` or kldload(8), with or without folder and `.ko`, names the module.
pub(super) fn loads(word: &str, module: &str) -> bool {
    let file = word.rsplit('/').next().unwrap_or(word);
    file.strip_suffix(".ko").unwrap_or(file) == module
}
