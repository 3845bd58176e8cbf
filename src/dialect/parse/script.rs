//! Scripts of live commands: the simple commands that configure the network, wherever they stand.

use std::collections::BTreeMap;

use super::shell::{Binding, Commands, Found, RawWord, Scope, Simple, Stop};
use super::text::Text;
use super::word::Word;
use crate::model::Place;

/// A command of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptCommand {
    /// The program and its arguments, variables replaced and redirections dropped.
    pub words: Vec<Word>,
    /// Where it begins.
    pub place: Place,
    /// The byte behind its last word or redirection.
    pub end: usize,
}

/// What a script holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// Every `ifconfig`, `sysctl`, `service`, `kldload` and `/etc/rc.d/…` command, in order.
    pub commands: Vec<ScriptCommand>,
    /// Where the shell gives up, if it does.
    pub stop: Option<Stop>,
}

/// Reads a script: every simple command whose program, without folders, is `ifconfig`, `sysctl`, `service` or
/// `kldload`, or one of the scripts in `rc.d`, also inside of `if`, behind `&&` or before a pipe.
#[must_use]
pub fn script(text: &Text<'_>) -> Script {
    let mut found = Script::default();
    let mut commands = Commands::new(text.text(), true);
    let mut simple = Simple::default();
    let mut scope = Running::default();
    loop {
        match commands.next(&mut simple, &mut scope) {
            Ok(true) => {}
            Ok(false) => return found,
            Err(broken) => {
                found.stop = Some(Stop {
                    kind: broken.kind,
                    place: text.place(broken.at),
                });
                return found;
            }
        }
        if simple.words.is_empty() {
            for (name, at, value) in simple.assignments.drain(..) {
                scope.bind(name, value, Binding::Plain, at);
            }
            continue;
        }
        let mut words: Vec<Word> = Vec::new();
        for raw in &simple.words {
            fields(raw, text, &mut words);
        }
        // What stands before the command that it runs.
        while matches!(
            words.first().map(Word::text),
            Some("exec" | "command" | "sudo" | "doas" | "nohup" | "time")
        ) {
            words.remove(0);
        }
        if words
            .first()
            .is_some_and(|program| configures(program.text()))
        {
            found.commands.push(ScriptCommand {
                words,
                place: text.place(simple.span.start),
                end: simple.end,
            });
        } else if let Some("export" | "readonly" | "local") = words.first().map(Word::text) {
            for word in words.drain(1..) {
                if let Some((name, value)) = word.text().split_once('=') {
                    scope
                        .values
                        .insert(name.to_owned(), (value.to_owned(), word.known));
                }
            }
        }
    }
}

fn configures(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    matches!(name, "ifconfig" | "sysctl" | "service" | "kldload") || program.contains("/rc.d/")
}

/// Unquoted values are split; patterns stay as they are, since nobody knows the folder.
fn fields(raw: &RawWord<'_>, text: &Text<'_>, words: &mut Vec<Word>) {
    let place = |at: usize| text.place(raw.origin.source(at));
    if raw.unquoted().is_empty() {
        words.push(Word::new(&raw.text, place(0), raw.known));
        return;
    }
    let mut start = 0;
    let mut push = |start: usize, end: usize| {
        if start < end {
            words.push(Word::new(&raw.text[start..end], place(start), raw.known));
        }
    };
    for range in raw.unquoted() {
        let (from, to) = (range.start as usize, range.end as usize);
        for (at, _) in raw.text[from..to].match_indices([' ', '\t', '\n']) {
            push(start, from + at);
            start = from + at + 1;
        }
    }
    push(start, raw.text.len());
    if raw.text.is_empty() && !raw.known {
        // Nobody knows what stands here, but something does.
        words.push(Word::new("", place(0), false));
    }
}

/// The variables of a script, as its assignments follow each other.
#[derive(Default)]
struct Running {
    values: BTreeMap<String, (String, bool)>,
}

impl<'t> Scope<'t> for Running {
    fn find(&self, name: &str) -> Found<'_> {
        self.values
            .get(name)
            .map_or(Found::Unknown, |(value, known)| Found::Value(value, *known))
    }

    fn bind(&mut self, name: &'t str, value: RawWord<'t>, _: Binding, _: usize) {
        self.values
            .insert(name.to_owned(), (value.text.into_owned(), value.known));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FileId;

    fn lines(text: &str) -> Vec<String> {
        let script = script(&Text::new(FileId(0), text));
        script
            .commands
            .iter()
            .map(|c| c.words.iter().map(Word::text).collect::<Vec<_>>().join("|"))
            .collect()
    }

    #[test]
    fn commands_are_found_wherever_they_stand() {
        assert_eq!(
            lines(
                "#!/bin/sh\nset -e\nIF=em0\nargs='inet 192.0.2.1/32'\n\
                 if kldstat -q -m carp; then :; else kldload carp; fi\n\
                 /sbin/ifconfig $IF $args vhid 1 \\\n  pass 'a b' alias >/dev/null 2>&1 && \\\n\
                 sysctl net.inet.carp.preempt=1 || echo failed\nfor i in 1 2; do ifconfig em$i up; done\n\
                 ifconfig em0 | grep carp\nservice netif restart\n"
            ),
            [
                "kldload|carp",
                "/sbin/ifconfig|em0|inet|192.0.2.1/32|vhid|1|pass|a b|alias",
                "sysctl|net.inet.carp.preempt=1",
                "ifconfig|em|up",
                "ifconfig|em0",
                "service|netif|restart",
            ]
        );
    }
}
