//! `carpgen explain`

use std::io::Write as _;

use super::Outcome;
use super::error::CommandError;
use super::ui::Ui;
use crate::config::nearest;
use crate::lint::{RULES, rule_named};
use crate::report;

#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    /// The name or code of a rule
    #[arg(value_name = "RULE", required_unless_present = "list")]
    rule: Option<String>,
    /// List all rules
    #[arg(long, conflicts_with = "rule")]
    list: bool,
}

/// Prints the page of a rule, or the list of all.
pub(super) fn run(ui: &mut Ui, args: &ExplainArgs) -> Result<Outcome, CommandError> {
    let Some(name) = &args.rule else {
        for rule in RULES {
            writeln!(
                ui.out,
                "{} {:<28} {:<8} {}",
                rule.code,
                rule.name,
                rule.severity.word(),
                rule.summary()
            )?;
        }
        return Ok(Outcome::Clean);
    };
    let Some(rule) = rule_named(name) else {
        let error = CommandError::usage(format!("there is no rule {name:?}"));
        let near = nearest(name, RULES.iter().map(|rule| rule.name));
        return Err(match near {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error.hint("carpgen explain --list lists the rules"),
        });
    };
    ui.out.write_all(report::page(rule).as_bytes())?;
    Ok(Outcome::Clean)
}
