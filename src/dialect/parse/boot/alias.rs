//! The aliases of an interface: `ifalias_af_common` and its handler.

use super::super::word::Word;
use super::eval::{self, Seen};
use super::range;
use super::{BootCommand, End, Ended, Flow, LossReason, Run, Scripts, size, variable_part};

/// A word and the variable that it comes from, as an index into a list of names.
#[derive(Clone)]
struct Tagged {
    word: Word,
    variable: usize,
    /// The script put it there.
    added: bool,
}

/// The aliases of one family, as a list of words.
#[derive(Default)]
struct Collected {
    names: Vec<String>,
    words: Vec<Tagged>,
}

impl Collected {
    fn add(&mut self, name: &str, words: impl IntoIterator<Item = Word>) {
        let variable = self.names.len();
        self.names.push(name.to_owned());
        let tagged = words.into_iter().map(|word| Tagged {
            word,
            variable,
            added: false,
        });
        self.words.extend(tagged);
    }

    /// The same, behind a family word that the script adds.
    fn add_behind(&mut self, family: Word, name: &str, words: Vec<Word>) {
        self.words.push(Tagged {
            word: family,
            variable: self.names.len(),
            added: true,
        });
        self.add(name, words);
    }
}

/// Words that begin an alias.
fn is_family(scripts: Scripts, word: &str) -> bool {
    matches!(word, "inet" | "inet6" | "link" | "ether")
        || (word == "ipx" && scripts == Scripts::Nine)
}

/// The family that a value begins with. Up to 13 only a blank ends the word, a tab does not.
fn leading_family(scripts: Scripts, text: &str) -> Option<&str> {
    let end = if scripts >= Scripts::Fourteen {
        text.find(|c: char| c.is_ascii_whitespace() || c == '\u{b}')?
    } else {
        text.find(' ')?
    };
    Some(&text[..end]).filter(|word| is_family(scripts, word))
}

/// The numbers of numbered variables as `sort_lite -n` of `rc.subr` sees them: the digits, then the name.
fn by_number<'n>(names: impl Iterator<Item = &'n str>, prefix: &str) -> Vec<&'n str> {
    let mut numbered: Vec<(u128, &str)> = names
        .filter_map(|name| {
            let rest = name.strip_prefix(prefix)?;
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            (digits > 0).then(|| (rest[..digits].parse().unwrap_or(u128::MAX), name))
        })
        .collect();
    numbered.sort_by_key(|(number, _)| *number);
    numbered.into_iter().map(|(_, name)| name).collect()
}

impl Run<'_, '_> {
    /// Configures the aliases of one family.
    pub(super) fn aliases(&mut self, interface: &str, family: &str) -> Flow {
        let collected = self.collect(interface, family);
        // 9.3 forgets the real name of the interface here.
        let name = if self.scripts == Scripts::Nine {
            variable_part(interface)
        } else {
            interface.to_owned()
        };
        let mut piece: Vec<Tagged> = Vec::new();
        for tagged in collected.words {
            if is_family(self.scripts, tagged.word.text()) {
                let done = std::mem::take(&mut piece);
                self.inner_piece(&name, family, &done, &collected.names)?;
                piece.push(tagged);
            } else {
                if piece.is_empty() && family == "inet" {
                    let variable = &collected.names[tagged.variable];
                    self.lose(tagged.word.place, variable, LossReason::NoFamily);
                }
                // What stands before the first family word never begins with one.
                piece.push(tagged);
            }
        }
        if self.takes(family, &piece, &collected.names) {
            let variable = &collected.names[piece[0].variable];
            self.handle(&name, family, words(&piece), variable)?;
        }
        Ok(())
    }

    /// All words of a family's aliases, those of `ifconfig_IF_aliases` first.
    fn collect(&mut self, interface: &str, family: &str) -> Collected {
        let part = variable_part(interface);
        let mut collected = Collected::default();
        if let Some((name, words)) = self.interface_words("ifconfig_", interface, "_aliases") {
            collected.add(&name, words);
        }
        self.collect_numbered(&part, family, &mut collected);
        if family == "inet6" {
            self.collect_obsolete(&part, &mut collected);
        }
        if let Some((name, addresses)) = self.interface_words("ipv4_addrs_", interface, "") {
            let words = addresses
                .into_iter()
                .flat_map(|word| [Word::new("inet", word.place, true), word]);
            collected.add(&name, words);
        }
        collected
    }

    fn collect_numbered(&mut self, part: &str, family: &str, collected: &mut Collected) {
        let prefix = format!("ifconfig_{part}_alias");
        let names = by_number(self.variables.names_from(&prefix), &prefix);
        let mut ended = false;
        for name in names {
            let Some(assignment) = self.variables.get(name) else {
                continue;
            };
            let text = assignment.value.text();
            let place = self.variables.place(assignment);
            if ended {
                self.lose(place, name, LossReason::BehindEmptyAlias);
                continue;
            }
            self.charge(64);
            let leading = leading_family(self.scripts, text);
            if text.is_empty() {
                ended = true;
                if family != "inet" {
                    return;
                }
            } else if leading == Some(family) {
                let words = self.variable_words(name).unwrap_or_default();
                collected.add(name, words);
            } else if leading.is_none() && family == "inet" {
                let words = self.variable_words(name).unwrap_or_default();
                let start = words.first().map_or(place, |word| word.place);
                self.boot.inet_added.push((name.to_owned(), start));
                collected.add_behind(Word::new("inet", start, true), name, words);
            }
        }
    }

    /// `ipv6_ifconfig_IF_aliasN`, as before 9.0.
    fn collect_obsolete(&mut self, part: &str, collected: &mut Collected) {
        let prefix = format!("ipv6_ifconfig_{part}_alias");
        for name in by_number(self.variables.names_from(&prefix), &prefix) {
            let Some(assignment) = self.variables.get(name) else {
                continue;
            };
            if assignment.value.text().is_empty() {
                return;
            }
            let mut words = vec![Word::new("inet6", self.variables.place(assignment), true)];
            words.extend(self.variable_words(name).unwrap_or_default());
            collected.add(name, words);
        }
    }

    /// A piece is one of this family, and has something behind the family word; notes what is lost otherwise.
    fn takes(&mut self, family: &str, piece: &[Tagged], names: &[String]) -> bool {
        let Some(first) = piece.first() else {
            return false;
        };
        let word = first.word.text();
        let name = names[first.variable].as_str();
        if word == family {
            if piece.len() == 1 && !first.added {
                self.lose(first.word.place, name, LossReason::NothingBehindFamily);
            }
            return piece.len() > 1;
        }
        if is_family(self.scripts, word) && !name.ends_with("_aliases") {
            self.lose(first.word.place, name, LossReason::FamilyElsewhere);
        }
        false
    }

    /// A piece that is not the last of its family's list goes through `eval`.
    fn inner_piece(
        &mut self,
        interface: &str,
        family: &str,
        piece: &[Tagged],
        names: &[String],
    ) -> Flow {
        if !self.takes(family, piece, names) {
            return self.go_on();
        }
        let variable = &names[piece[0].variable];
        let place = piece[0].word.place;
        let handler = [Word::new("ifalias_af_common_handler", place, true)];
        let positional = [interface, family, "alias"];
        let seen = Seen {
            variables: self.variables,
            positional: &positional,
            root: self.surroundings.root,
        };
        let evaluated = eval::eval(&handler, &words(piece), &seen);
        let mut commands = self.side_effects(evaluated, variable)?.into_iter();
        if let Some(first) = commands.next() {
            let again = first
                .into_iter()
                .skip(1)
                .flat_map(|word| split_again(&word))
                .collect();
            let again = eval::unquoted(again, self.surroundings.root);
            self.handle(interface, family, again, variable)?;
        }
        self.executed(commands, variable)
    }

    /// Notes what else an evaluation does; returns its commands, of which the first is the one that was meant.
    pub(super) fn side_effects(
        &mut self,
        evaluated: eval::Evaluated,
        variable: &str,
    ) -> Flow<Vec<Vec<Word>>> {
        if let Some(place) = evaluated.broken {
            self.boot.end = Some(End::Evaluation(place));
            return Err(Ended);
        }
        self.executed(evaluated.substituted.into_iter(), variable)?;
        let mut commands = Vec::new();
        for command in evaluated.commands {
            if let Some(place) = command.unreadable {
                self.lose(place, variable, LossReason::Unreadable);
                commands.push(Vec::new());
                continue;
            }
            self.boot.created_files.extend(command.files);
            commands.push(command.words);
        }
        Ok(commands)
    }

    pub(super) fn executed(
        &mut self,
        commands: impl Iterator<Item = Vec<Word>>,
        variable: &str,
    ) -> Flow {
        let place = self.place_of(variable);
        for words in commands.filter(|words| !words.is_empty()) {
            self.charge(size(&words, variable));
            self.go_on()?;
            self.boot.executed.push(BootCommand {
                words,
                variable: variable.to_owned(),
                place,
            });
        }
        Ok(())
    }

    /// `ifalias_af_common_handler`: runs each piece, or sends it to the expansion of ranges and comes back.
    fn handle(&mut self, interface: &str, family: &str, words: Vec<Word>, variable: &str) -> Flow {
        if words.first().is_none_or(|word| word.text() != family) || words.len() < 2 {
            return Ok(());
        }
        let mut waiting = pieces(family, words);
        waiting.reverse();
        while let Some((piece, is_last)) = waiting.pop() {
            if piece.len() < 2 {
                continue;
            }
            let exempt = self.scripts >= Scripts::Fourteen
                && is_last
                && piece[1].text() == "pass"
                && piece.len() > 2;
            let culprit = piece[1..]
                .iter()
                .find(|word| self.looks_like_range(word.text()));
            let Some(culprit) = culprit.filter(|_| !exempt).map(|word| word.place) else {
                let alias = Word::new("alias", piece[0].place, true);
                self.ifconfig(interface, piece.into_iter().chain([alias]), variable)?;
                continue;
            };
            match self.expand(family, &piece) {
                Ok(addresses) => {
                    let mut some: Vec<_> =
                        addresses.into_iter().map(|piece| (piece, false)).collect();
                    if let Some(last) = some.last_mut() {
                        last.1 = true;
                    }
                    some.reverse();
                    waiting.append(&mut some);
                }
                Err(reason) => {
                    self.lose(culprit, variable, reason);
                    self.go_on()?;
                }
            }
        }
        Ok(())
    }

    /// What sends an alias to the expansion of ranges: a hyphen behind a hexadecimal digit, on 9 any hyphen.
    fn looks_like_range(&self, word: &str) -> bool {
        let bytes = word.as_bytes();
        if self.scripts == Scripts::Nine {
            return bytes.contains(&b'-');
        }
        bytes
            .windows(2)
            .any(|pair| pair[1] == b'-' && pair[0].is_ascii_hexdigit())
    }

    fn expand(&self, family: &str, piece: &[Word]) -> Result<Vec<Vec<Word>>, LossReason> {
        let rest = piece[2..]
            .iter()
            .map(Word::text)
            .collect::<Vec<_>>()
            .join(" ");
        let address = &piece[1];
        let most = match self.scripts {
            Scripts::Nine => 31,
            _ => self
                .text("netif_ipexpand_max", "2048")
                .parse()
                .unwrap_or(2048),
        };
        let addresses = match family {
            "inet" => range::inet(address.text(), &rest, most)?,
            "inet6" => range::inet6(address.text(), &rest, most)?,
            _ => return Err(LossReason::NotARange),
        };
        // Paid for before they are made.
        self.charge((rest.len() + 64).saturating_mul(addresses.count));
        if self.is_exhausted() {
            return Err(LossReason::TooMany);
        }
        let addresses = addresses.make()?;
        let words = addresses.iter().map(|text| {
            let address = Word::new(text, address.place, address.known);
            [&[piece[0].clone(), address], &piece[2..]].concat()
        });
        Ok(words.collect())
    }
}

fn words(piece: &[Tagged]) -> Vec<Word> {
    piece.iter().map(|tagged| tagged.word.clone()).collect()
}

/// Cuts a list at each word of the family; the last piece is marked.
fn pieces(family: &str, words: Vec<Word>) -> Vec<(Vec<Word>, bool)> {
    let mut pieces: Vec<(Vec<Word>, bool)> = Vec::new();
    for word in words {
        match pieces.last_mut() {
            Some((piece, _)) if word.text() != family => piece.push(word),
            _ => pieces.push((vec![word], false)),
        }
    }
    if let Some((_, is_last)) = pieces.last_mut() {
        *is_last = true;
    }
    pieces
}

/// A word that holds blanks is split once more.
fn split_again(word: &Word) -> Vec<Word> {
    if !word.text().contains([' ', '\t', '\n']) {
        return vec![word.clone()];
    }
    let parts = super::super::shell::split(word.text());
    parts
        .map(|(_, part)| Word::new(part, word.place, word.known))
        .collect()
}
