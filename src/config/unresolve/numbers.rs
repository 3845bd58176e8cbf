//! The rules that skews and priorities follow, if they do.

use super::most;
use super::vhids::{DraftMode, DraftVhid};
use crate::config::lower::{default_priority_step, default_skew_step};

/// A number from the rank: the first, and what each rank adds or subtracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) first: i64,
    pub(super) step: i64,
}

/// The rules of the cluster; none is that of carpgen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) skew: Option<Rule>,
    pub(super) vrrp: Option<Rule>,
}

/// What a vhid's numbers are by rank, and where they lead.
struct Ranked {
    numbers: Vec<i64>,
    vrrp: bool,
}

impl Ranked {
    fn of(vhid: &DraftVhid) -> Self {
        match &vhid.mode {
            DraftMode::Carp { advskew, .. } => Self {
                numbers: advskew.iter().map(|(_, n)| i64::from(n.number())).collect(),
                vrrp: false,
            },
            DraftMode::Vrrp { priority, .. } => Self {
                numbers: priority
                    .iter()
                    .map(|(_, n)| -i64::from(n.number()))
                    .collect(),
                vrrp: true,
            },
        }
    }

    /// The rule of these numbers: each is the one before and a step.
    fn rule(&self) -> Option<Rule> {
        let (first, second) = (self.numbers.first()?, self.numbers.get(1)?);
        let rule = Rule {
            first: first.abs(),
            step: second - first,
        };
        (rule.step > 0 && self.follows(Some(rule))).then_some(rule)
    }

    fn follows(&self, rule: Option<Rule>) -> bool {
        let count = self.numbers.len();
        let default = if self.vrrp {
            Some(Rule {
                first: 200,
                step: default_priority_step(count),
            })
        } else {
            default_skew_step(count).map(|step| Rule { first: 0, step })
        };
        let Some(rule) = rule.or(default) else {
            return false;
        };
        let first = if self.vrrp { -rule.first } else { rule.first };
        self.numbers
            .iter()
            .zip(0_i64..)
            .all(|(number, rank)| *number == first + rank * rule.step)
    }
}

impl Rules {
    /// The rules that hold for the most vhids.
    pub(super) fn of(vhids: &[DraftVhid]) -> Self {
        let ranked: Vec<Ranked> = vhids.iter().map(Ranked::of).collect();
        let best = |vrrp| {
            let ours = || ranked.iter().filter(|ranked| ranked.vrrp == vrrp);
            let found = most(ours().filter_map(Ranked::rule));
            let count = |rule| ours().filter(|ranked| ranked.follows(rule)).count();
            found.filter(|rule| count(Some(*rule)) > count(None))
        };
        Self {
            skew: best(false),
            vrrp: best(true),
        }
    }

    /// Whether a vhid's numbers are those of the rule.
    pub(super) fn hold_for(self, vhid: &DraftVhid) -> bool {
        let ranked = Ranked::of(vhid);
        ranked.follows(if ranked.vrrp { self.vrrp } else { self.skew })
    }
}
