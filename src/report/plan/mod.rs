//! A plan for people and for programs. Keys never show.

mod human;
mod words;

use schemars::JsonSchema;
use serde::Serialize;
use similar::TextDiff;

use super::masking::redacted;
use crate::dialect::{Argv, RenderError, Renderer};
use crate::model::{Key, Mode, Secret, VhidConfig};
use crate::plan::action::{Action, Speller, without_keys};
use crate::plan::boot::FileEdit;
use crate::plan::planning::{Plan, PlannedHost};
use crate::plan::prediction::{Prediction, Present};

pub use human::plan as human_plan;
use words::action as action_in_words;

/// The output of `plan --format json`, and the file that `plan --out` writes.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlanReport {
    /// The version of this shape, 1.
    pub version: u8,
    /// What the plan was made of, and how.
    pub made_of: MadeOf,
    /// The hosts that were looked at, in the order of the description.
    pub hosts: Vec<PlannedHostReport>,
    /// Hosts that were not looked at and must be serving: they are simulated as described.
    pub unseen: Vec<UnseenReport>,
    /// The steps. Entries of one step begin at one instant.
    pub order: Vec<StepReport>,
    /// What clients notice.
    pub prediction: Vec<InterruptionReport>,
    /// What clients would notice if somebody went from host to host.
    pub naive: Vec<InterruptionReport>,
}

/// What a plan was made of, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MadeOf {
    /// The description, as it was named.
    pub description: String,
    /// The SHA-256 of its text.
    pub sha256: String,
    /// The options that change what is planned, as they are typed.
    pub options: Vec<String>,
}

/// A host of a plan.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlannedHostReport {
    /// Its name.
    pub host: String,
    /// The files that change.
    pub files: Vec<FileReport>,
    /// The commands that change it while it runs, each a list of words; `<secret>` stands for a key.
    pub live: Vec<Argv>,
    /// What it has though nobody declared it.
    pub extra: Vec<String>,
    /// Own addresses that are described and that it does not have: they are not changed while a host runs.
    pub missing: Vec<String>,
    /// The keys that run cannot be read, and were not compared.
    pub keys_not_compared: bool,
}

/// A host that was not looked at.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnseenReport {
    /// Its name.
    pub host: String,
    /// What it must be serving.
    pub serves: Vec<ServedReport>,
}

/// A vhid that is served.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ServedReport {
    /// The segment.
    pub segment: String,
    /// The vhid.
    pub vhid: u8,
}

/// A file that changes.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileReport {
    /// Its path on the host.
    pub path: String,
    /// The difference in unified form; `<secret>` stands for a key.
    pub diff: String,
    /// The SHA-256 of the text before; left out for a new file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256_before: Option<String>,
}

/// What one host does in a step.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepReport {
    /// The step, from 1.
    pub step: usize,
    /// The host.
    pub host: String,
    /// How long after the beginning of the step, in milliseconds.
    pub delay_ms: u32,
    /// What it does.
    pub what: String,
}

/// What clients of a vhid notice.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InterruptionReport {
    /// The segment.
    pub segment: String,
    /// The vhid.
    pub vhid: u8,
    /// For how long nobody serves it, in microseconds.
    pub no_master_us: u64,
    /// For how long several hosts do, in microseconds.
    pub dual_master_us: u64,
    /// Somebody serves it now; a vhid that is new has no service to lose.
    pub served_before: bool,
}

impl PlanReport {
    /// The report of a plan.
    ///
    /// # Errors
    ///
    /// [`RenderError`] for what no command of the release can say.
    pub fn of(plan: &Plan, made_of: MadeOf, renderer: &Renderer) -> Result<Self, RenderError> {
        let mut order = Vec::new();
        for (number, step) in (1..).zip(&plan.chosen.steps) {
            for act in &step.acts {
                let what: Vec<String> = act.actions.iter().map(action_in_words).collect();
                order.push(StepReport {
                    step: number,
                    host: plan.hosts[act.host].host.to_string(),
                    delay_ms: act.delay_ms,
                    what: what.join("; "),
                });
            }
        }
        let hosts: Result<Vec<PlannedHostReport>, RenderError> = plan
            .hosts
            .iter()
            .enumerate()
            .map(|(place, host)| host_report(plan, place, host, renderer))
            .collect();
        Ok(Self {
            version: 1,
            made_of,
            hosts: hosts?,
            unseen: plan.unseen.iter().map(unseen).collect(),
            order,
            prediction: interruptions(&plan.chosen.prediction),
            naive: interruptions(&plan.naive.prediction),
        })
    }
}

fn host_report(
    plan: &Plan,
    place: usize,
    host: &PlannedHost,
    renderer: &Renderer,
) -> Result<PlannedHostReport, RenderError> {
    let speller = Speller {
        host: &host.part.present.config,
        renderer,
    };
    let mut live = Vec::new();
    let acts = plan
        .chosen
        .steps
        .iter()
        .flat_map(|step| step.acts_of(place));
    for action in acts.flat_map(|act| &act.actions) {
        live.extend(
            speller
                .commands(action)?
                .iter()
                .map(|argv| without_keys(argv)),
        );
    }
    let keys = keys_of(plan);
    let file = |edit: &FileEdit| FileReport {
        path: edit.path.clone(),
        diff: diff(edit, &keys),
        sha256_before: edit.before.as_deref().map(crate::plan::digest),
    };
    Ok(PlannedHostReport {
        host: host.host.to_string(),
        files: host.files.iter().map(file).collect(),
        live,
        extra: host.extras.iter().map(words::extra).collect(),
        missing: host.missing.iter().map(ToString::to_string).collect(),
        keys_not_compared: host.keys_not_compared,
    })
}

fn unseen(present: &Present) -> UnseenReport {
    let served = present.masters.iter();
    UnseenReport {
        host: present.config.host.to_string(),
        serves: served
            .map(|(segment, vhid)| ServedReport {
                segment: segment.to_string(),
                vhid: vhid.number(),
            })
            .collect(),
    }
}

fn interruptions(prediction: &Prediction) -> Vec<InterruptionReport> {
    let one = |vhid: &crate::plan::prediction::Interruption| InterruptionReport {
        segment: vhid.segment.clone(),
        vhid: vhid.vhid,
        no_master_us: vhid.no_master_us,
        dual_master_us: vhid.dual_master_us,
        served_before: vhid.served_before,
    };
    prediction.vhids.iter().map(one).collect()
}

/// All keys of a plan, those that go included.
fn keys_of(plan: &Plan) -> Vec<Secret> {
    let acts = plan.chosen.steps.iter().flat_map(|step| &step.acts);
    let changing = acts.flat_map(|act| &act.actions).filter_map(Action::vhid);
    let present = plan
        .hosts
        .iter()
        .flat_map(|host| &host.part.present.config.vhids);
    let key = |vhid: &VhidConfig| match &vhid.mode {
        Mode::Carp {
            key: Some(Key::Text(secret)),
            ..
        } => Some(secret.clone()),
        _ => None,
    };
    let mut keys: Vec<Secret> = Vec::new();
    for key in changing.chain(present).filter_map(key) {
        // A short text may be any word; it is masked where it stands as a key.
        if key.expose().len() >= 4 && !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// The difference of a file in unified form. Keys are masked behind the comparison, so that a line in which only the key
/// changes shows.
fn diff(edit: &FileEdit, keys: &[Secret]) -> String {
    let (before, after) = (edit.before.as_deref(), edit.after.as_deref());
    let name = |text: Option<&str>| {
        if text.is_some() {
            edit.path.as_str()
        } else {
            "/dev/null"
        }
    };
    let (old, new) = (name(before), name(after));
    let texts = TextDiff::from_lines(before.unwrap_or(""), after.unwrap_or(""));
    let unified = texts
        .unified_diff()
        .context_radius(2)
        .header(old, new)
        .to_string();
    redacted(&edit.path, &unified, keys)
}
