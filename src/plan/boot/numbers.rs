//! The numbers of aliases: releases up to 9.2 stop at the first that is missing (`ifalias_up` in `etc/network.subr`,
//! r197139), so that none is left out.

use super::draft::Draft;
use super::edit::Editor;
use super::view::View;
use super::work::Work;

impl Work<'_> {
    /// Fills the numbers that have become free before others. The error is the variable that cannot be renamed.
    pub(super) fn close_gaps(&self, draft: &mut Draft<'_>) -> Result<(), String> {
        for (part, numbers) in &self.numbers {
            // Each turn fills one number or, at worst, moves the gap to the end.
            for _ in 0..=numbers.len() {
                let view = View::of(draft);
                let now = view.alias_numbers(part);
                let Some(last) = now.last().copied() else {
                    break;
                };
                let gap = numbers
                    .iter()
                    .find(|number| **number < last && !now.contains(number));
                let Some(gap) = gap.copied() else { break };
                let behind: Vec<u32> = now.into_iter().filter(|number| *number > gap).collect();
                let filled = self
                    .renumbered(draft, &view, part, &[(last, gap)])
                    .or_else(|| {
                        let slots = std::iter::once(gap).chain(behind.iter().copied());
                        let moves: Vec<(u32, u32)> = behind.iter().copied().zip(slots).collect();
                        self.renumbered(draft, &view, part, &moves)
                    });
                *draft = filled.ok_or_else(|| format!("ifconfig_{part}_alias{last}"))?;
            }
        }
        Ok(())
    }

    /// The draft with aliases renumbered, where the boot does the same then.
    fn renumbered<'a>(
        &self,
        draft: &Draft<'a>,
        view: &View,
        part: &str,
        moves: &[(u32, u32)],
    ) -> Option<Draft<'a>> {
        let editor = Editor { draft, view };
        let name = |number: u32| format!("ifconfig_{part}_alias{number}");
        let changes = moves
            .iter()
            .flat_map(|(from, to)| editor.rename(&name(*from), &name(*to)));
        let mut edited = draft.clone();
        edited.apply(changes.collect())?;
        let after = View::of(&edited);
        self.same_but_order(view, &after).then_some(edited)
    }
}
