//! Edits of statements where they stand.

use std::collections::BTreeMap;

use super::draft::{Change, Draft, position};
use super::source::{Quote, Token, Written, encoded, reference};
use super::view::{Assigned, Seen, Subject, View, same_key};
use crate::dialect::parse::{Keyword, Mask, Parameter};
use crate::model::{Key, Mode, Place, Vip};

/// How a word is replaced that a variable stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// Where the variable is set.
    InVariables,
    /// Where it is used.
    InPlace,
}

/// The files with what they say.
pub(super) struct Editor<'e, 'a> {
    pub(super) draft: &'e Draft<'a>,
    pub(super) view: &'e View,
}

impl Editor<'_, '_> {
    fn written(&self, assigned: &Assigned) -> Option<Written> {
        let text = self.draft.text(assigned.file);
        let is_assignment = text
            .get(assigned.at..assigned.value_at())
            .is_some_and(|start| start.strip_prefix(&assigned.name) == Some("="));
        is_assignment.then(|| Written::read(text, assigned.value_at()))
    }

    /// The assignment that a statement comes from, and its words in it.
    fn piece(&self, seen: &Seen) -> Option<(&Assigned, Written, Vec<usize>)> {
        let assigned = self.view.counting(&seen.variable)?;
        let written = self.written(assigned)?;
        let mut tokens: Vec<usize> = seen
            .words
            .iter()
            .skip(2)
            .map(|word| position(word.place))
            .filter(|(file, _)| *file == assigned.file)
            .filter_map(|(_, offset)| written.at(offset))
            .collect();
        tokens.sort_unstable();
        tokens.dedup();
        (!tokens.is_empty()).then_some((assigned, written, tokens))
    }

    /// The word of a statement at a place.
    fn token(&self, seen: &Seen, place: Place) -> Option<(usize, Token)> {
        let (file, offset) = position(place);
        let assigned = self.view.counting(&seen.variable)?;
        let written = self.written(assigned)?;
        let token = written.tokens.get(written.at(offset)?)?;
        (assigned.file == file).then(|| (file, token.clone()))
    }

    /// Writes another word.
    fn replace(&self, seen: &Seen, place: Place, new: &str, how: Words) -> Option<Change> {
        let (file, token) = self.token(seen, place)?;
        let written = self.draft.text(file).get(token.range.clone())?;
        if how == Words::InVariables
            && let Some(name) = reference(written)
        {
            let assigned = self.view.counting(name)?;
            let value = self.written(assigned)?;
            let [only] = value.tokens.as_slice() else {
                return None;
            };
            return replaced(assigned.file, only, new);
        }
        replaced(file, &token, new)
    }

    /// Takes statements away: whole assignments where nothing else is in them.
    pub(super) fn remove(&self, statements: &[&Seen]) -> Option<Vec<Change>> {
        let mut pieces: BTreeMap<&str, (&Assigned, Written, Vec<usize>)> = BTreeMap::new();
        for seen in statements {
            let (assigned, written, tokens) = self.piece(seen)?;
            let known = pieces
                .entry(&seen.variable)
                .or_insert((assigned, written, Vec::new()));
            known.2.extend(tokens);
        }
        let mut changes = Vec::new();
        for (variable, (assigned, written, mut tokens)) in pieces {
            tokens.sort_unstable();
            tokens.dedup();
            let others = self.view.seen.iter().filter(|seen| {
                seen.variable == variable
                    && !statements.iter().any(|gone| std::ptr::eq(*gone, *seen))
            });
            for other in others {
                let (_, _, kept) =
                    self.piece(other)
                        .unwrap_or((assigned, written.clone(), Vec::new()));
                if kept.iter().any(|token| tokens.contains(token)) {
                    // A range of addresses, some of which stay.
                    return None;
                }
            }
            if tokens.len() == written.tokens.len() {
                changes.push(self.without_assignment(assigned, &written));
                continue;
            }
            for run in tokens.chunk_by(|a, b| a + 1 == *b) {
                changes.push(without_words(assigned.file, &written, run)?);
            }
        }
        Some(changes)
    }

    /// Takes an assignment away, with its line where that holds nothing else.
    pub(super) fn without_assignment(&self, assigned: &Assigned, written: &Written) -> Change {
        let text = self.draft.text(assigned.file);
        let (at, end) = (assigned.at, written.range.end);
        let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let behind = text[end..]
            .find('\n')
            .map_or(text.len(), |newline| end + newline);
        let before = text[line..at].trim();
        let rest = text[end..behind].trim_start_matches([' ', '\t', '\r', ';']);
        let alone = matches!(before, "" | "export" | "readonly")
            && (rest.is_empty() || rest.starts_with('#'));
        let range = if alone {
            line..(behind + 1).min(text.len())
        } else if rest.is_empty() {
            line + text[line..at].trim_end_matches([' ', '\t', ';']).len()..end
        } else {
            at..behind - rest.len()
        };
        Change {
            file: assigned.file,
            range,
            text: String::new(),
        }
    }

    /// Takes one word out of a list such as `cloned_interfaces`, and the list where nothing is left of it.
    pub(super) fn without_item(&self, assigned: &Assigned, item: &str) -> Option<Change> {
        let written = self.written(assigned)?;
        let text = self.draft.text(assigned.file);
        let word = |token: &Token| text.get(token.range.clone()).unwrap_or("");
        let position = written
            .tokens
            .iter()
            .position(|token| word(token) == item)?;
        let nothing_left = written.tokens.iter().enumerate().all(|(index, token)| {
            index == position || reference(word(token)) == Some(&assigned.name)
        });
        if nothing_left {
            return Some(self.without_assignment(assigned, &written));
        }
        without_words(assigned.file, &written, &[position])
    }

    /// Adds a word to a list.
    pub(super) fn with_item(&self, assigned: &Assigned, item: &str) -> Option<Change> {
        let written = self.written(assigned)?;
        let text = self.draft.text(assigned.file);
        let (range, text) = match written.tokens.last() {
            Some(last) if last.last_quote != Quote::None => {
                (last.range.end..last.range.end, format!(" {item}"))
            }
            Some(_) => {
                let value = text.get(written.range.clone())?;
                let simple = !value.contains(['"', '\'', '\\']);
                (
                    written.range.clone(),
                    simple.then(|| format!("\"{value} {item}\""))?,
                )
            }
            None => (written.range.clone(), format!("\"{item}\"")),
        };
        Some(Change {
            file: assigned.file,
            range,
            text,
        })
    }

    /// Gives all assignments of a variable another name.
    pub(super) fn rename(&self, from: &str, to: &str) -> Vec<Change> {
        let assigned = self
            .view
            .assigned
            .iter()
            .filter(|assigned| assigned.name == from);
        assigned
            .map(|assigned| Change {
                file: assigned.file,
                range: assigned.at..assigned.at + from.len(),
                text: to.to_owned(),
            })
            .collect()
    }

    /// Sets the parameters of a vhid in the statements that it has.
    pub(super) fn parameters(
        &self,
        subject: &Subject,
        own: &Mode,
        wanted: &Mode,
        how: Words,
    ) -> Option<Vec<Change>> {
        let nine = subject.carp_interface().is_some();
        let statements: Vec<&Seen> = self
            .view
            .statements(subject)
            .into_iter()
            .filter(|seen| !nine || seen.statement.parameter(Keyword::Vhid).is_some())
            .collect();
        let sets = |seen: &Seen, keyword| seen.statement.parameter(keyword).is_some();
        let is_full = |seen: &Seen| {
            seen.statement
                .parameters()
                .any(|parameter| !matches!(parameter.keyword, Keyword::Vhid | Keyword::State))
        };
        let any_full = statements.iter().any(|seen| is_full(seen));
        let differing = differing(own, wanted)?;
        let mut changes = Vec::new();
        for seen in &statements {
            let mut missing = String::new();
            let vhid = seen.statement.parameter(Keyword::Vhid)?;
            let (file, behind) = self.token(seen, vhid.value_place())?;
            for (keyword, value) in &differing {
                let given = seen
                    .statement
                    .parameters()
                    .filter(|p| p.keyword == *keyword);
                let mut is_given = false;
                for parameter in given {
                    is_given = true;
                    changes.extend(self.set(seen, parameter, value.as_deref(), how)?);
                }
                let everywhere = matches!(keyword, Keyword::Peer | Keyword::Peer6);
                let nobody = !statements.iter().any(|seen| sets(seen, *keyword));
                let here = everywhere || (nobody && (is_full(seen) || !any_full));
                if let Some(value) = value.as_deref().filter(|_| !is_given && here) {
                    let value = encoded(value, behind.last_quote)?;
                    missing.push_str(&format!(" {} {value}", keyword.word()));
                }
            }
            if !missing.is_empty() {
                if behind.last_quote == Quote::None {
                    return None;
                }
                changes.push(Change {
                    file,
                    range: behind.range.end..behind.range.end,
                    text: missing,
                });
            }
        }
        Some(changes)
    }

    /// Sets a parameter that a statement has, or takes it away.
    fn set(
        &self,
        seen: &Seen,
        parameter: &Parameter,
        value: Option<&str>,
        how: Words,
    ) -> Option<Vec<Change>> {
        let is_same = |value| match seen.statement.key() {
            Some((key, place)) if place == parameter.value_place() => key.expose() == value,
            _ => parameter.text() == Some(value),
        };
        let Some(value) = value else {
            let (file, keyword) = self.token(seen, parameter.place)?;
            let (_, last) = self.token(seen, parameter.value_place())?;
            let assigned = self.view.counting(&seen.variable)?;
            let written = self.written(assigned)?;
            let run: Vec<usize> =
                (written.at(keyword.range.start)?..=written.at(last.range.start)?).collect();
            return Some(vec![without_words(file, &written, &run)?]);
        };
        if is_same(value) {
            return Some(Vec::new());
        }
        Some(vec![self.replace(
            seen,
            parameter.value_place(),
            value,
            how,
        )?])
    }

    /// Gives the address of a statement another prefix length.
    pub(super) fn prefix(&self, seen: &Seen, wanted: Vip, how: Words) -> Option<Change> {
        let address = seen.statement.addresses().next()?;
        match &address.mask {
            None | Some(Mask::Length(_)) => {
                // A range is written otherwise than what becomes of it.
                let (file, token) = self.token(seen, address.word.place)?;
                let written = self.draft.text(file).get(token.range)?;
                let plain = written == address.word.text() || reference(written).is_some();
                let new = wanted.to_string();
                plain.then(|| self.replace(seen, address.word.place, &new, how))?
            }
            Some(Mask::Netmask(_, place)) => {
                let bits = u32::MAX
                    .checked_shl(32 - u32::from(wanted.prefix()))
                    .unwrap_or(0);
                let mask = std::net::Ipv4Addr::from(bits).to_string();
                self.replace(seen, *place, &mask, how)
            }
            Some(Mask::Prefixlen(_, place)) => {
                self.replace(seen, *place, &wanted.prefix().to_string(), how)
            }
        }
    }

    /// Takes the address out of a statement that also has the parameters of its interface (release 9).
    pub(super) fn without_address(&self, seen: &Seen) -> Option<Change> {
        let address = seen.statement.addresses().next()?;
        let assigned = self.view.counting(&seen.variable)?;
        let written = self.written(assigned)?;
        let (file, offset) = position(address.word.place);
        let first = written.at(offset)?;
        let last = match &address.mask {
            Some(Mask::Netmask(_, place) | Mask::Prefixlen(_, place)) => {
                written.at(position(*place).1)?
            }
            _ => first,
        };
        let is_run = last == first || last == first + 2;
        (is_run && assigned.file == file)
            .then(|| without_words(file, &written, &(first..=last).collect::<Vec<_>>()))?
    }
}

fn replaced(file: usize, token: &Token, new: &str) -> Option<Change> {
    if token.mixed || token.quote != token.last_quote {
        return None;
    }
    Some(Change {
        file,
        range: token.range.clone(),
        text: encoded(new, token.quote)?,
    })
}

/// Takes neighbouring words out of a value of which others stay.
fn without_words(file: usize, written: &Written, run: &[usize]) -> Option<Change> {
    let (first, last) = (*run.first()?, *run.last()?);
    let tokens = &written.tokens;
    let behind = tokens.get(last + 1);
    let before = first.checked_sub(1).map(|index| &tokens[index]);
    let (range, quotes) = match (before, behind) {
        (Some(before), _) => (
            before.range.end..tokens[last].range.end,
            (before.last_quote, tokens[last].last_quote),
        ),
        (None, Some(behind)) => (
            tokens[first].range.start..behind.range.start,
            (tokens[first].quote, behind.quote),
        ),
        (None, None) => return None,
    };
    (quotes.0 == quotes.1).then_some(Change {
        file,
        range,
        text: String::new(),
    })
}

/// The parameters that differ, with what they should be; none for those that should not be there. No key is known
/// where it is kept elsewhere.
fn differing(own: &Mode, wanted: &Mode) -> Option<Vec<(Keyword, Option<String>)>> {
    let same_key = match (own, wanted) {
        (Mode::Carp { key, .. }, Mode::Carp { key: wanted, .. }) => {
            same_key(key.as_ref(), wanted.as_ref())
        }
        _ => false,
    };
    let pairs = parameters_of(own)?.into_iter().zip(parameters_of(wanted)?);
    let differ = pairs.filter(|((keyword, own), (_, wanted))| {
        own != wanted && !(*keyword == Keyword::Pass && same_key)
    });
    Some(differ.map(|(_, wanted)| wanted).collect())
}

/// Every parameter, with its value where a vhid of this kind has one.
fn parameters_of(mode: &Mode) -> Option<[(Keyword, Option<String>); 8]> {
    let key_text = |key: &Option<Key>| match key {
        None => Some(None),
        Some(key) => key.text().map(|secret| Some(secret.expose().to_owned())),
    };
    let mut all = [
        (Keyword::Carpver, None),
        (Keyword::Vrrpprio, None),
        (Keyword::Vrrpinterval, None),
        (Keyword::Advbase, None),
        (Keyword::Advskew, None),
        (Keyword::Pass, None),
        (Keyword::Peer, None),
        (Keyword::Peer6, None),
    ];
    match mode {
        Mode::Carp {
            advbase,
            advskew,
            key,
            peer,
            peer6,
        } => {
            all[3].1 = Some(advbase.to_string());
            all[4].1 = Some(advskew.to_string());
            all[5].1 = key_text(key)?;
            all[6].1 = peer.map(|peer| peer.to_string());
            all[7].1 = peer6.map(|peer| peer.to_string());
        }
        Mode::Vrrp { priority, interval } => {
            all[0].1 = Some("3".to_owned());
            all[1].1 = Some(priority.to_string());
            all[2].1 = Some(interval.to_string());
        }
    }
    Some(all)
}
