//! `carpgen explain`

use std::io::Write as _;

use super::error::CommandError;
use super::ui::Ui;
use super::{Outcome, Written};
use crate::config::nearest;
use crate::lint::{GROUPS, Message, PAGES, Page, RULES, rule_named};
use crate::report;

#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    /// The name or code of a rule, the name of a page, or a message of the kernel or of ifconfig
    #[arg(value_name = "RULE", required_unless_present = "list")]
    rule: Option<String>,
    /// List all rules and pages
    #[arg(long, conflicts_with = "rule")]
    list: bool,
}

/// Prints the page of a rule or of a message, or the list of all.
pub(super) fn run(ui: &mut Ui, args: &ExplainArgs) -> Result<Outcome, CommandError> {
    let Some(text) = &args.rule else {
        list(ui)?;
        return Ok(Outcome::Clean);
    };
    if let Some(page) = page(text) {
        ui.out.write_all(page.as_bytes())?;
    } else if let Some(message) = Message::in_text(text) {
        ui.out
            .write_all(report::message(text, message).as_bytes())?;
        let page = page(message.page).unwrap_or_default();
        write!(ui.out, "\n{page}")?;
    } else {
        return Err(unknown(text));
    }
    Ok(Outcome::Clean)
}

/// The page of a rule, or one that belongs to none.
fn page(name: &str) -> Option<String> {
    let name = name.trim();
    match (rule_named(name), Page::named(name)) {
        (Some(rule), _) => Some(report::page(rule)),
        (None, Some(page)) => Some(report::free_page(page)),
        (None, None) => None,
    }
}

fn unknown(text: &str) -> CommandError {
    let rules = RULES.iter().map(|rule| rule.name);
    let names: Vec<&str> = rules.chain(PAGES.iter().map(|page| page.name)).collect();
    let part = text.trim().to_lowercase();
    let holding: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| part.len() > 2 && name.contains(&part))
        .collect();
    let near = nearest(text, names).or(match holding[..] {
        [one] => Some(one),
        _ => None,
    });
    if let Some(near) = near {
        return CommandError::usage(format!("there is no rule and no page {text:?}"))
            .hint(format!("did you mean {near}?"));
    }
    if !holding.is_empty() {
        return CommandError::usage(format!("there is no rule and no page {text:?}"))
            .hint(format!("there are {}", holding.join(", ")));
    }
    let error = if text.trim().contains(' ') {
        CommandError::usage(format!("no message that is known reads like {text:?}"))
            .hint("give one line of a log or of an error, in quotes")
    } else {
        CommandError::usage(format!("there is no rule and no page {text:?}"))
    };
    error.hint("carpgen explain --list lists the rules and pages")
}

fn list(ui: &mut Ui) -> Written {
    for group in &GROUPS {
        for rule in RULES.iter().filter(|rule| rule.group() == group) {
            writeln!(
                ui.out,
                "{} {:<30} {:<8} {} {}",
                rule.code,
                rule.name,
                rule.severity.word(),
                if rule.fix.is_some() { '*' } else { ' ' },
                rule.summary()
            )?;
        }
    }
    writeln!(ui.out, "\n* `carpgen lint --fix` puts it right.")?;
    writeln!(ui.out, "\nPages on what no file shows, and on messages:\n")?;
    for page in PAGES {
        writeln!(ui.out, "{:<36} {}", page.name, page.summary())?;
    }
    Ok(())
}
