//! Applies the fixes of findings to texts, pass by pass, until there is nothing left to fix.
//!
//! A fix must not do harm that its rule cannot see: the error that it would uncover or bring elsewhere. So each pass is
//! looked at before it counts, and a fix after which there are errors that were not there before is left out.

use std::collections::{BTreeMap, BTreeSet};

use super::engine::LintFinding;
use super::hosts::HostLintFinding;
use crate::model::{Fix, Severity, TextId};

/// How often texts are looked at anew at most.
const MOST_PASSES: usize = 20;
/// How often the fixes of one pass are tried in smaller parts at most.
const MOST_TRIALS: usize = 64;

/// Texts that are looked at together.
pub type Texts = BTreeMap<TextId, String>;

/// Errors, counted by what tells them apart when lines come and go: the code of the rule and the host. For each, how many
/// there are and how many of them have a fix.
type Errors = BTreeMap<(&'static str, Option<usize>), (usize, usize)>;

/// What stands at which bytes afterwards, by where these begin and end.
type Taken<'f> = BTreeMap<(usize, usize), &'f str>;

/// What the rules say about some texts, as far as fixes are concerned.
#[derive(Debug, Default)]
pub struct Looked {
    /// The fixes of the findings that are reported, in their order.
    fixes: Vec<Fix>,
    /// All errors, those that are silenced too.
    errors: Errors,
}

/// What became of texts.
#[derive(Debug)]
pub struct Fixed {
    /// The texts.
    pub texts: Texts,
    /// For each finding that was fixed, the texts that its fix changed.
    pub done: Vec<BTreeSet<TextId>>,
}

impl Looked {
    /// What the rules say about a description: all that they find, and what is left of it to report.
    #[must_use]
    pub fn at_description(all: &[LintFinding], reported: &[LintFinding]) -> Self {
        let mut looked = Self::default();
        for (found, counts) in all
            .iter()
            .map(|f| (f, true))
            .chain(reported.iter().map(|f| (f, false)))
        {
            let finding = &found.finding;
            looked.count(
                counts,
                found.rule.code,
                None,
                finding.severity,
                finding.fix.as_ref(),
            );
        }
        looked
    }

    /// The same about the files of hosts.
    #[must_use]
    pub fn at_hosts(all: &[HostLintFinding], reported: &[HostLintFinding]) -> Self {
        let mut looked = Self::default();
        for (found, counts) in all
            .iter()
            .map(|f| (f, true))
            .chain(reported.iter().map(|f| (f, false)))
        {
            let finding = &found.finding;
            let fix = finding.fix.as_ref();
            looked.count(counts, found.rule.code, finding.host, finding.severity, fix);
        }
        looked
    }

    fn count(
        &mut self,
        is_of_all: bool,
        code: &'static str,
        host: Option<usize>,
        severity: Severity,
        fix: Option<&Fix>,
    ) {
        if !is_of_all {
            self.fixes.extend(fix.cloned());
        } else if severity == Severity::Error {
            let (count, fixable) = self.errors.entry((code, host)).or_default();
            *count += 1;
            *fixable += usize::from(fix.is_some());
        }
    }

    /// How many fixes there are.
    #[must_use]
    pub const fn fixable(&self) -> usize {
        self.fixes.len()
    }

    /// There is an error that was not there before. Where one with a fix of its own is passed over, the next pass may
    /// take it away.
    fn has_more_errors_than(&self, before: &Self, pass_over_fixable: bool) -> bool {
        self.errors.iter().any(|(which, (count, fixable))| {
            let (known, _) = before.errors.get(which).copied().unwrap_or_default();
            let matters = if pass_over_fixable {
                count - fixable
            } else {
                *count
            };
            matters > known
        })
    }
}

/// Texts with these fixes applied. A fix that touches what an earlier one changes is left for the next pass; the
/// positions of the applied ones are told.
#[must_use]
pub fn applied(texts: &Texts, fixes: &[&Fix]) -> (Texts, Vec<usize>) {
    let mut taken: BTreeMap<TextId, Taken<'_>> = BTreeMap::new();
    let mut positions = Vec::new();
    for (position, fix) in fixes.iter().enumerate() {
        let is_free = fix.edits().iter().all(|edit| {
            let Some(text) = texts.get(&edit.text) else {
                return false;
            };
            let (start, end) = (edit.bytes.start, edit.bytes.end);
            let is_there =
                start <= end && text.is_char_boundary(start) && text.is_char_boundary(end);
            let of_text = taken.get(&edit.text);
            let before = of_text.and_then(|taken| taken.range(..=(end, usize::MAX)).next_back());
            is_there && before.is_none_or(|((_, before), _)| *before < start)
        });
        if !is_free {
            continue;
        }
        positions.push(position);
        for edit in fix.edits() {
            let of_text = taken.entry(edit.text).or_default();
            of_text.insert((edit.bytes.start, edit.bytes.end), &edit.replacement);
        }
    }
    let mut changed = texts.clone();
    for (id, edits) in taken {
        if let Some(text) = changed.get_mut(&id) {
            *text = edited(text, &edits);
        }
    }
    (changed, positions)
}

/// A text with other words at the bytes that these edits begin at.
fn edited(text: &str, edits: &Taken<'_>) -> String {
    let mut new = String::with_capacity(text.len());
    let mut from = 0;
    for ((start, end), words) in edits {
        new.push_str(text.get(from..*start).unwrap_or_default());
        new.push_str(words);
        from = *end;
    }
    new.push_str(text.get(from..).unwrap_or_default());
    new
}

/// Fixes texts until nothing is left to fix. `look` is asked anew after each pass.
pub fn fix_all(texts: Texts, look: impl Fn(&Texts) -> Looked) -> Fixed {
    let start = look(&texts);
    if start.fixes.is_empty() {
        return unchanged(texts);
    }
    // An error that a fix uncovers and the next fix takes away is no harm; if it stays, the first fix is left out.
    for pass_over_fixable in [true, false] {
        let run = run(&texts, &start, &look, pass_over_fixable);
        if let Some((fixed, end)) = run
            && !end.has_more_errors_than(&start, false)
        {
            return fixed;
        }
    }
    unchanged(texts)
}

const fn unchanged(texts: Texts) -> Fixed {
    Fixed {
        texts,
        done: Vec::new(),
    }
}

/// All passes; nothing where they come to no end.
fn run(
    texts: &Texts,
    start: &Looked,
    look: &impl Fn(&Texts) -> Looked,
    pass_over_fixable: bool,
) -> Option<(Fixed, Looked)> {
    let mut fixed = unchanged(texts.clone());
    let mut looked = Looked {
        fixes: start.fixes.clone(),
        errors: start.errors.clone(),
    };
    for _ in 0..MOST_PASSES {
        let pass = Pass {
            texts: &fixed.texts,
            before: &looked,
            look,
            pass_over_fixable,
        };
        let Some((texts, next, done)) = pass.take() else {
            return Some((fixed, looked));
        };
        fixed.texts = texts;
        fixed.done.extend(done.into_iter().map(|position| {
            let edits = looked.fixes[position].edits();
            edits.iter().map(|edit| edit.text).collect()
        }));
        looked = next;
    }
    None
}

/// One pass over texts.
struct Pass<'p, L> {
    texts: &'p Texts,
    before: &'p Looked,
    look: &'p L,
    pass_over_fixable: bool,
}

impl<L: Fn(&Texts) -> Looked> Pass<'_, L> {
    /// The texts after this pass, what is said about them, and which fixes were applied; none where there is nothing to
    /// apply.
    fn take(&self) -> Option<(Texts, Looked, Vec<usize>)> {
        let every: Vec<usize> = (0..self.before.fixes.len()).collect();
        if let Some(result) = self.tried(&every) {
            return Some(result);
        }
        let (mut good, mut best) = (Vec::new(), None);
        let mut open = Vec::new();
        halve(&every, &mut open);
        for _ in 0..MOST_TRIALS {
            let Some(part) = open.pop() else { break };
            let together = [&good[..], &part[..]].concat();
            match self.tried(&together) {
                Some(result) => {
                    good = together;
                    best = Some(result);
                }
                None => halve(&part, &mut open),
            }
        }
        best
    }

    /// The result of these fixes, if they change something and do no harm.
    fn tried(&self, which: &[usize]) -> Option<(Texts, Looked, Vec<usize>)> {
        let fixes: Vec<&Fix> = which.iter().map(|at| &self.before.fixes[*at]).collect();
        let (texts, positions) = applied(self.texts, &fixes);
        if texts == *self.texts {
            return None;
        }
        let next = (self.look)(&texts);
        let harms = next.has_more_errors_than(self.before, self.pass_over_fixable);
        let done = positions.into_iter().map(|at| which[at]).collect();
        (!harms).then_some((texts, next, done))
    }
}

/// Parts of what did harm as a whole; a single fix is left out.
fn halve(part: &[usize], open: &mut Vec<Vec<usize>>) {
    if part.len() > 1 {
        let (first, second) = part.split_at(part.len() / 2);
        open.push(second.to_vec());
        open.push(first.to_vec());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Edit;

    fn fix(edits: &[(std::ops::Range<usize>, &str)]) -> Fix {
        let edit = |(bytes, words): &(std::ops::Range<usize>, &str)| Edit {
            text: TextId::default(),
            bytes: bytes.clone(),
            replacement: (*words).to_owned(),
        };
        Fix::new(edits.iter().map(edit).collect()).unwrap()
    }

    fn text(text: &str) -> Texts {
        Texts::from([(TextId::default(), text.to_owned())])
    }

    fn done(start: &str, fixes: &[Fix]) -> (String, Vec<usize>) {
        let fixes: Vec<&Fix> = fixes.iter().collect();
        let (texts, positions) = applied(&text(start), &fixes);
        (texts[&TextId::default()].clone(), positions)
    }

    #[test]
    fn fixes_that_touch_each_other_wait() {
        let both = [fix(&[(0..1, "A"), (2..2, "x")]), fix(&[(4..5, "")])];
        assert_eq!(done("abcde", &both), ("Abxcd".to_owned(), vec![0, 1]));
        let touching = [fix(&[(1..3, "")]), fix(&[(3..3, "x")])];
        assert_eq!(done("abcde", &touching), ("ade".to_owned(), vec![0]));
        let same = [fix(&[(5..5, "x")]), fix(&[(5..5, "x")])];
        assert_eq!(done("abcde", &same), ("abcdex".to_owned(), vec![0]));
        assert_eq!(done("é", &[fix(&[(1..2, "")])]).1, [0_usize; 0]);
        assert_eq!(done("a", &[fix(&[(1..2, "")])]).1, [0_usize; 0]);
    }

    /// A world in which `b` can become `c`, and texts with an `x` have an error.
    fn look(texts: &Texts, to: &str, bad: char) -> Looked {
        let text = &texts[&TextId::default()];
        let mut looked = Looked::default();
        let found = text.match_indices('b');
        looked.fixes = found.map(|(at, _)| fix(&[(at..at + 1, to)])).collect();
        if text.contains(bad) {
            looked.errors.insert(("CG101", None), (1, 0));
        }
        looked
    }

    #[test]
    fn passes_end_when_nothing_is_left() {
        let fixed = fix_all(text("abab"), |texts| look(texts, "c", 'x'));
        assert_eq!(fixed.texts, text("acac"));
        assert_eq!(fixed.done.len(), 2);
    }

    #[test]
    fn what_comes_to_no_end_or_does_harm_is_left_out() {
        assert!(
            fix_all(text("ab"), |texts| look(texts, "bb", 'x'))
                .done
                .is_empty()
        );
        assert!(
            fix_all(text("ab"), |texts| look(texts, "x", 'x'))
                .done
                .is_empty()
        );
        // One of two does harm: both together make an error.
        let pair = |texts: &Texts| {
            let mut looked = look(texts, "c", '!');
            if texts[&TextId::default()].starts_with("cc") {
                looked.errors.insert(("CG101", None), (1, 0));
            }
            looked
        };
        let fixed = fix_all(text("bb-b"), pair);
        assert_eq!(fixed.done.len(), 2);
        assert!(!fixed.texts[&TextId::default()].starts_with("cc"));
    }
}
