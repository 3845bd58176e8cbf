//! Switches and further sysctls of the cluster.

use super::contradiction;
use crate::config::problem::{Problem, ProblemKind};
use crate::config::reader::Item;
use crate::config::schema::{self, SysctlValue};
use crate::model::{KnownSysctl, Sysctl};

/// What `[cluster]` and `[cluster.sysctl]` say together.
#[derive(Default)]
pub(super) struct Switches {
    pub(super) preempt: Option<bool>,
    pub(super) arpbalance: Option<bool>,
}

/// Lowers `[cluster.sysctl]`. `preempt` and `arpbalance` may stand there too, if `[cluster]` does not say otherwise.
pub(super) fn lower(
    settings: Option<&schema::Cluster>,
    problems: &mut Vec<Problem>,
) -> (Vec<Sysctl>, Switches) {
    let Some(settings) = settings else {
        return (Vec::new(), Switches::default());
    };
    let mut switches = Switches {
        preempt: settings.preempt,
        arpbalance: settings.arpbalance,
    };
    let mut sysctls: Vec<Sysctl> = Vec::new();
    for (name, item) in settings.sysctl.iter().flat_map(|map| &map.0) {
        let Some(value) = number(name, item, problems) else {
            continue;
        };
        match name.as_str() {
            KnownSysctl::PREEMPT => {
                switch(
                    settings,
                    "preempt",
                    &mut switches.preempt,
                    item,
                    value,
                    problems,
                );
            }
            KnownSysctl::ARPBALANCE => {
                switch(
                    settings,
                    "arpbalance",
                    &mut switches.arpbalance,
                    item,
                    value,
                    problems,
                );
            }
            _ => match sysctls.iter().find(|sysctl| sysctl.name == *name) {
                Some(_) => contradiction(
                    item.at.clone(),
                    format!("{name} is set twice"),
                    "keep one of the lines",
                    None,
                    problems,
                ),
                None => sysctls.push(Sysctl::new(name, value)),
            },
        }
    }
    (sysctls, switches)
}

fn switch(
    settings: &schema::Cluster,
    key: &str,
    switch: &mut Option<bool>,
    item: &Item<SysctlValue>,
    value: i64,
    problems: &mut Vec<Problem>,
) {
    match *switch {
        Some(set) if set != (value != 0) => {
            let what = format!("{key} = {set} in [cluster], but the sysctl says {value}");
            let help = format!("keep `{key}` in [cluster] and remove the sysctl");
            contradiction(
                item.at.clone(),
                what,
                help,
                Some((settings.route(key), "the other value")),
                problems,
            );
        }
        _ => *switch = Some(value != 0),
    }
}

fn number(name: &str, item: &Item<SysctlValue>, problems: &mut Vec<Problem>) -> Option<i64> {
    if !name.starts_with("net.inet.carp.") && name != KnownSysctl::PFSYNC_FACTOR {
        let known = KnownSysctl::ALL
            .iter()
            .filter(|k| k.writable)
            .map(|k| k.name.to_owned())
            .collect();
        problems.push(Problem::new(
            item.at.clone(),
            ProblemKind::UnknownKey {
                key: name.to_owned(),
                known,
            },
        ));
        return None;
    }
    let mut bad = |why: String, help: String| {
        let kind = ProblemKind::BadSysctl {
            name: name.to_owned(),
            why,
            help,
        };
        problems.push(Problem::new(item.at.clone(), kind));
        None
    };
    let value = match &item.value {
        SysctlValue::Number(value) => *value,
        SysctlValue::Other(found) => {
            return bad(
                format!("{found} is not a whole number"),
                "write a whole number".to_owned(),
            );
        }
    };
    let (min, max) = KnownSysctl::named(name)
        .map_or((i64::from(i32::MIN), i64::from(i32::MAX)), |k| {
            (k.min, k.max)
        });
    if !(min..=max).contains(&value) {
        return bad(
            format!("{value} is not from {min} to {max}"),
            format!("write a number from {min} to {max}"),
        );
    }
    Some(value)
}
