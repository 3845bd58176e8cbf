//! `--deny`, `--warn` and `--allow`: how loud rules are in this run.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use crate::lint::{LevelChange, Selection};
use crate::model::LintLevel;

/// The options, with what each makes of a rule.
const OPTIONS: [(&str, LintLevel, &str); 3] = [
    (
        "deny",
        LintLevel::Deny,
        "Make the findings of a rule or group errors, whatever [lint] says",
    ),
    (
        "warn",
        LintLevel::Warn,
        "Make the findings of a rule or group warnings, whatever [lint] says",
    ),
    (
        "allow",
        LintLevel::Allow,
        "Leave out the findings of a rule or group, whatever [lint] says",
    ),
];

/// The changes in the order in which they were given: the last one counts.
#[derive(Clone, Debug)]
pub(super) struct LevelArgs {
    pub(super) changes: Vec<LevelChange>,
}

impl FromArgMatches for LevelArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given = Vec::new();
        for (name, level, _) in OPTIONS {
            let rules = matches.get_many::<Selection>(name).into_iter().flatten();
            let places = matches.indices_of(name).into_iter().flatten();
            given.extend(places.zip(rules).map(|(place, rules)| {
                let rules = *rules;
                (place, LevelChange { rules, level })
            }));
        }
        given.sort_by_key(|(place, _)| *place);
        Ok(Self {
            changes: given.into_iter().map(|(_, change)| change).collect(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for LevelArgs {
    fn augment_args(command: Command) -> Command {
        OPTIONS.iter().fold(command, |command, (name, _, help)| {
            let option = Arg::new(*name).long(*name).value_name("RULE").help(*help);
            command.arg(
                option
                    .action(ArgAction::Append)
                    .value_parser(Selection::named),
            )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
