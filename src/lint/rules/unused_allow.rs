//! `unused-allow`

use crate::config::{Description, nearest};
use crate::lint::allows::{Idle, IdleReason, Scope};
use crate::lint::engine::Findings;
use crate::lint::registry::{RULES, rule};
use crate::model::{Finding, Route, Severity};

rule! {
    /// Finds comments `carpgen: allow` that silence nothing.
    ///
    /// ## Why it matters
    ///
    /// A comment that silenced a finding of last year silences the next mistake on its line as well, and nobody looks at it
    /// again. One with a misspelt rule, or without a reason, silences nothing from the start.
    ///
    /// ## Example
    ///
    /// ```toml
    /// pass = { env = "CARP_PASS" }   # carpgen: allow missing-pass the lab has no strangers
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```toml
    /// pass = { env = "CARP_PASS" }
    /// advbase = 5                    # carpgen: allow slow-takeover the line to the other site loses packets
    /// ```
    ///
    /// A comment holds for its own line; on a line of its own for the line behind it; before the first statement for the
    /// whole file. It silences what has its place or a related one there. Several rules are parted by commas, and the reason is
    /// required: `# carpgen: allow RULE[, RULE…] REASON`.
    UNUSED_ALLOW = "CG090", "unused-allow", Info
}

/// Whether a comment silences something is known when all other rules are done: see [`report`].
fn check(_: &Description<'_>, _: &mut Findings<'_>) {}

/// Reports comments that silenced nothing.
pub(in crate::lint) fn report(idle: &[Idle], findings: &mut Findings<'_>) {
    for idle in idle {
        let (message, help) = words(&idle.why);
        let finding = Finding::new(Severity::Info, Route::top(), message, help);
        findings.add(finding.spanning(idle.bytes.clone()));
    }
}

/// What is said about a comment that silences nothing, and what to do about it.
pub(in crate::lint) fn words(why: &IdleReason) -> (String, String) {
    match why {
        IdleReason::NoRule => (
            "this comment names no rule: it silences nothing".to_owned(),
            "write `# carpgen: allow RULE REASON`, or remove it".to_owned(),
        ),
        IdleReason::NoReason => (
            "this comment gives no reason: it silences nothing".to_owned(),
            "write behind the rule why it may be allowed".to_owned(),
        ),
        IdleReason::UnknownRule(name) => {
            let list = "`carpgen explain --list` lists the rules";
            let help = match nearest(name, RULES.iter().map(|rule| rule.name)) {
                Some(near) => format!("did you mean `{near}`? {list}"),
                None => list.to_owned(),
            };
            let message = format!(
                "this comment allows `{name}`, and no rule has this name: it silences nothing"
            );
            (message, help)
        }
        IdleReason::NothingFound(rule, scope) => {
            let place = match scope {
                Scope::ThisLine(_) => "on this line",
                Scope::NextLine(_) => "on the next line",
                Scope::File => "in this file",
            };
            let message = format!(
                "this comment allows {rule}, which finds nothing {place}: it would hide the next mistake"
            );
            (message, format!("remove {rule} from the comment"))
        }
    }
}
