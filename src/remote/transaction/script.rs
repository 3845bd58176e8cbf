//! The scripts of a transaction, as text. What a host needs to return by itself is on the host before anything changes.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::dialect::{RenderError, shell_line};
use crate::model::{Key, Mode, VhidConfig, Vip};
use crate::plan::action::{Action, Speller};
use crate::plan::boot::FileEdit;
use crate::plan::change::Change;
use crate::plan::digest;
use crate::plan::step::{Act, Step};

/// Where everything is kept on a host while a transaction is under way.
pub const STATE_FOLDER: &str = "/var/db/carpgen";
/// The script that a restart of the host runs.
const HOOK: &str = "/usr/local/etc/rc.d/carpgen";
const HOOK_FOLDER: &str = "/usr/local/etc/rc.d";

/// What identifies a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Random letters and digits.
    pub id: String,
    /// Who began it, in letters, digits, `@`, `.`, `-` and `_`.
    pub by: String,
    /// The hosts that take part.
    pub hosts: Vec<String>,
}

/// What one host does in a transaction.
#[derive(Debug)]
pub struct HostWork<'a> {
    /// The words of its release.
    pub speller: Speller<'a>,
    /// Its boot files.
    pub files: &'a [FileEdit],
    /// All steps of the plan.
    pub steps: &'a [Step],
    /// Its place among the hosts of the plan.
    pub place: usize,
    /// It stays demoted when all is done.
    pub joins: bool,
    /// Its vhids as they are described.
    pub described: &'a [VhidConfig],
}

/// A script that may hold keys.
pub type ScriptText = Zeroizing<String>;

#[derive(Serialize)]
struct NamedScript {
    name: String,
    text: String,
}

#[derive(Serialize)]
struct FileView {
    path: String,
    folder: String,
    is_new: bool,
    goes: bool,
    digest: String,
    new_digest: String,
    text: String,
    mode: Option<String>,
}

impl FileView {
    fn of(edit: &FileEdit) -> Self {
        let mut text = edit.after.clone().unwrap_or_default();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        Self {
            path: edit.path.clone(),
            folder: edit
                .path
                .rsplit_once('/')
                .map_or("/", |(folder, _)| folder)
                .to_owned(),
            is_new: edit.before.is_none(),
            goes: edit.after.is_none(),
            digest: edit.before.as_deref().map(digest).unwrap_or_default(),
            new_digest: digest(&text),
            text,
            mode: edit.mode.map(|mode| format!("{mode:o}")),
        }
    }
}

/// The templates of a transaction.
#[derive(Debug)]
pub struct Scripts {
    environment: Environment<'static>,
}

impl Scripts {
    /// Parses the templates.
    ///
    /// # Errors
    ///
    /// [`RenderError::Template`] if one is broken, which the tests exclude.
    pub fn new() -> Result<Self, RenderError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let broken = |error: minijinja::Error| RenderError::Template(error.to_string());
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()
            .map_err(broken)?;
        environment.set_syntax(syntax);
        environment.add_filter("quoted", |text: String| shell_line(&[text]));
        for (name, text) in [
            (
                "stage",
                include_str!("../../../templates/transaction/stage.sh.j2"),
            ),
            (
                "undo",
                include_str!("../../../templates/transaction/undo.sh.j2"),
            ),
            (
                "timer",
                include_str!("../../../templates/transaction/timer.sh.j2"),
            ),
            (
                "hook",
                include_str!("../../../templates/transaction/hook.sh.j2"),
            ),
            (
                "change",
                include_str!("../../../templates/transaction/change.sh.j2"),
            ),
            (
                "commit",
                include_str!("../../../templates/transaction/commit.sh.j2"),
            ),
            (
                "finish",
                include_str!("../../../templates/transaction/finish.sh.j2"),
            ),
        ] {
            environment.add_template(name, text).map_err(broken)?;
        }
        Ok(Self { environment })
    }

    fn fill(&self, template: &str, view: impl Serialize) -> Result<String, RenderError> {
        let filled = self.environment.get_template(template);
        let filled = filled.and_then(|template| template.render(Serde(view)));
        filled.map_err(|error| RenderError::Template(error.to_string()))
    }

    /// The script that puts everything on the host and arms its timer, and changes nothing.
    ///
    /// # Errors
    ///
    /// [`RenderError`] for a key that is not known as text.
    pub fn stage(
        &self,
        identity: &Identity,
        token: &str,
        work: &HostWork<'_>,
        seconds: u64,
    ) -> Result<ScriptText, RenderError> {
        let files: Vec<FileView> = work.files.iter().map(FileView::of).collect();
        let demotes = work
            .actions()
            .any(|action| matches!(action, Action::Demote(_)));
        let common = serde_json::json!({
            "id": identity.id, "by": identity.by, "files": files, "hook": HOOK, "demotes": demotes,
            "joins": work.join_record(),
        });
        let mut scripts = vec![
            self.named("undo", &common, serde_json::json!({ "live": work.undo()? }))?,
            self.named("timer", &common, serde_json::json!({}))?,
            self.named("commit", &common, serde_json::json!({}))?,
            self.named("finish", &common, serde_json::json!({}))?,
        ];
        for (number, step) in (1..).zip(work.steps) {
            if step.acts_of(work.place).next().is_some() {
                let own = serde_json::json!({ "number": number, "lines": work.lines(step)? });
                let mut script = self.named("change", &common, own)?;
                script.name = format!("change-{number}");
                scripts.push(script);
            }
        }
        let pending = format!(
            "id {}\ntoken {token}\nby {}\nhosts {}\n",
            identity.id,
            identity.by,
            identity.hosts.join(" ")
        );
        let own = serde_json::json!({
            "nonce": format!("END-{}", identity.id), "scripts": scripts, "hook_folder": HOOK_FOLDER,
            "hook_text": self.fill("hook", serde_json::json!({}))?, "generation": 1, "seconds": seconds, "pending": pending,
        });
        self.fill("stage", merged(&common, own)).map(Zeroizing::new)
    }

    fn named(
        &self,
        name: &str,
        common: &serde_json::Value,
        own: serde_json::Value,
    ) -> Result<NamedScript, RenderError> {
        Ok(NamedScript {
            name: name.to_owned(),
            text: self.fill(name, merged(common, own))?,
        })
    }
}

fn merged(common: &serde_json::Value, own: serde_json::Value) -> serde_json::Value {
    let mut all = common.clone();
    if let (Some(all), serde_json::Value::Object(own)) = (all.as_object_mut(), own) {
        all.extend(own);
    }
    all
}

/// The script that runs a step that is on the host.
#[must_use]
pub fn run_step(number: usize) -> String {
    format!("/bin/sh {STATE_FOLDER}/change-{number} </dev/null\n")
}

/// The script that takes everything back. With the name of a transaction it leaves any other alone.
#[must_use]
pub fn undo(reason: &str, only: Option<&str>) -> String {
    let words = [
        "/bin/sh".to_owned(),
        format!("{STATE_FOLDER}/undo"),
        reason.to_owned(),
    ];
    let guard = only.map_or_else(String::new, |id| {
        format!(
            "for name in pending committing undoing; do\n\
             if [ -e $state/$name ] && ! grep -q '^id {id}$' $state/$name; then echo foreign; exit 0; fi\ndone\n"
        )
    });
    format!(
        "state={STATE_FOLDER}\n{guard}if [ -e $state/undo ]; then {} </dev/null; else echo 'carpgen: nothing is pending on this host'; fi\n",
        shell_line(&words)
    )
}

/// The check that the transaction on the host is the one that was begun: the token is known to nobody else.
fn with_token(token: &str, then: &str) -> String {
    format!(
        "state={STATE_FOLDER}\nknown=$(sed -n 's/^token //p' $state/pending $state/committing $state/done 2>/dev/null)\n\
         [ \"$known\" = {token} ] || exit 77\n{then}"
    )
}

/// The script that arms the timer anew, for another time, and notes that all steps are done: what is held can be confirmed.
#[must_use]
pub fn hold(token: &str, seconds: u64) -> String {
    with_token(
        token,
        &format!(
            "daemon -f /bin/sh $state/timer {seconds} 2 && echo 2 >$state/generation && echo held >>$state/pending && echo held\n"
        ),
    )
}

/// The script that puts the boot files in place.
#[must_use]
pub fn commit(token: &str) -> String {
    with_token(token, "/bin/sh $state/commit </dev/null\n")
}

/// Both at once, for a host that takes part alone.
#[must_use]
pub fn commit_and_finish(id: &str, token: &str) -> String {
    unless_committed(
        id,
        &with_token(
            token,
            "/bin/sh $state/commit </dev/null && /bin/sh $state/finish </dev/null\n",
        ),
    )
}

/// Whoever asks twice, as the first answer was lost, gets it again.
fn unless_committed(id: &str, then: &str) -> String {
    format!(
        "if grep -q '^{id} committed$' {STATE_FOLDER}/last 2>/dev/null; then echo committed; exit 0; fi\n{then}"
    )
}

/// The script that ends the transaction.
#[must_use]
pub fn finish(id: &str, token: &str) -> String {
    unless_committed(id, &with_token(token, "/bin/sh $state/finish </dev/null\n"))
}

impl HostWork<'_> {
    fn actions(&self) -> impl Iterator<Item = &Action> {
        let acts = self.steps.iter().flat_map(|step| step.acts_of(self.place));
        acts.flat_map(|act| &act.actions)
    }

    /// What the record of a host that joins demoted says, for `carpgen undrain`: the demotion, or on release 9 the skew of
    /// each carp interface.
    fn join_record(&self) -> Vec<String> {
        if !self.joins {
            return Vec::new();
        }
        let line = |action: &Action| match action {
            Action::Demote(by) if *by > 0 => Some(format!("demotion={by}")),
            Action::Change(Change::AddVhid(vhid)) => {
                let unit = vhid.carp_unit?;
                let wanted = self
                    .described
                    .iter()
                    .find(|other| other.vhid == vhid.vhid && other.segment == vhid.segment);
                match wanted.map(|wanted| &wanted.mode) {
                    Some(Mode::Carp { advskew, .. }) => Some(format!("skew=carp{unit}:{advskew}")),
                    _ => None,
                }
            }
            _ => None,
        };
        self.actions().filter_map(line).collect()
    }

    /// The lines of a step on this host: a number for each command, so that the one that fails is known without its words.
    fn lines(&self, step: &Step) -> Result<Vec<String>, RenderError> {
        let mut lines = Vec::new();
        let mut acts: Vec<&Act> = step.acts_of(self.place).collect();
        acts.sort_by_key(|act| act.delay_ms);
        let mut waited = 0;
        let mut number = 0;
        for act in acts {
            if act.delay_ms > waited {
                let wait = act.delay_ms - waited;
                lines.push(format!("sleep {}.{:03}", wait / 1000, wait % 1000));
                waited = act.delay_ms;
            }
            for action in &act.actions {
                if let Action::Demote(by @ 1..) = action {
                    lines.push(format!("echo {by} >$state/demoted || exit 1"));
                }
                for argv in self.speller.commands(action)? {
                    number += 1;
                    lines.push(format!("run {number} {}", shell_line(&argv)));
                }
                if matches!(action, Action::Demote(by) if *by < 0) {
                    lines.push("rm -f $state/demoted".to_owned());
                }
            }
        }
        Ok(lines)
    }

    /// A command of a step by its number, as it may be shown: without keys.
    #[must_use]
    pub fn shown_command(&self, step: &Step, number: usize) -> Option<String> {
        let mut acts: Vec<&Act> = step.acts_of(self.place).collect();
        acts.sort_by_key(|act| act.delay_ms);
        let actions = acts.into_iter().flat_map(|act| &act.actions);
        let commands = actions.filter_map(|action| self.speller.commands(action).ok());
        let argv = commands.flatten().nth(number.checked_sub(1)?)?;
        Some(shell_line(&crate::plan::action::without_keys(&argv)))
    }

    /// The lines that take back what runs, last first. Each looks first whether there is something to take back.
    fn undo(&self) -> Result<Vec<String>, RenderError> {
        let mut lines = Vec::new();
        let actions: Vec<&Action> = self.actions().collect();
        for action in actions.into_iter().rev() {
            match action {
                Action::Change(change) => self.undo_change(change, &mut lines)?,
                Action::Carp { vhid, up: false } => {
                    let interface = self.speller.interface(vhid);
                    lines.push(format!(
                        "has_interface {interface} && try ifconfig {interface} up"
                    ));
                }
                Action::Carp { .. } | Action::Claim(_) | Action::Demote(_) => {}
            }
        }
        Ok(lines)
    }

    fn undo_change(&self, change: &Change, lines: &mut Vec<String>) -> Result<(), RenderError> {
        let Some(reversed) = change.reversed() else {
            return Ok(());
        };
        let commands = self.speller.commands(&Action::Change(reversed.clone()))?;
        let legacy = self.speller.host.release.has_carp_interfaces();
        let guarded = |guard: String, argv: &[String]| format!("{guard} try {}", shell_line(argv));
        match &reversed {
            Change::LoadModule => {}
            Change::Sysctl { .. } => {
                lines.extend(
                    commands
                        .iter()
                        .map(|argv| format!("try {}", shell_line(argv))),
                );
            }
            Change::Parameters { after, .. } => {
                let interface = self.speller.interface(after);
                let guard = if legacy {
                    format!("has_interface {interface} &&")
                } else {
                    format!("has_vhid {interface} {} &&", after.vhid)
                };
                lines.extend(commands.iter().map(|argv| guarded(guard.clone(), argv)));
            }
            // A carp interface is made or destroyed as a whole.
            Change::AddVhid(vhid) if legacy => {
                lines.push(format!(
                    "if ! has_interface {}; then",
                    self.speller.interface(vhid)
                ));
                lines.extend(
                    commands
                        .iter()
                        .map(|argv| format!("\ttry {}", shell_line(argv))),
                );
                lines.push("fi".to_owned());
            }
            Change::RemoveVhid(vhid) if legacy => {
                let guard = format!("has_interface {} &&", self.speller.interface(vhid));
                lines.extend(commands.iter().map(|argv| guarded(guard.clone(), argv)));
            }
            Change::AddVhid(vhid) => {
                for (vip, argv) in self.in_order(vhid).into_iter().zip(&commands) {
                    lines.push(guarded(self.has(vhid, vip, "||"), argv));
                }
            }
            Change::RemoveVhid(vhid) => {
                for (vip, argv) in vhid.vips.iter().zip(&commands) {
                    lines.push(guarded(self.has(vhid, *vip, "&&"), argv));
                }
            }
            Change::AddAddress { vhid, vip } => {
                lines.extend(
                    commands
                        .iter()
                        .map(|argv| guarded(self.has(vhid, *vip, "||"), argv)),
                );
            }
            Change::RemoveAddress { vhid, vip } => {
                lines.extend(
                    commands
                        .iter()
                        .map(|argv| guarded(self.has(vhid, *vip, "&&"), argv)),
                );
            }
        }
        Ok(())
    }

    /// The addresses of a vhid in the order in which its commands add them.
    fn in_order(&self, vhid: &VhidConfig) -> Vec<Vip> {
        use crate::model::{Family, Release};
        let mut vips = vhid.vips.clone();
        let inet6_first = self.speller.host.release >= Release::R15;
        vips.sort_by_key(|vip| (vip.family() == Family::Inet6) != inet6_first);
        vips
    }

    fn has(&self, vhid: &VhidConfig, vip: Vip, then: &str) -> String {
        let address = vip.address().to_string().replace('.', "\\\\.");
        format!(
            "has_address {} {address} {then}",
            self.speller.interface(vhid)
        )
    }
}

/// The keys in the scripts of a host, longest first, so that they can be taken out of what it answers.
#[must_use]
pub fn keys<'a>(vhids: impl Iterator<Item = &'a VhidConfig>) -> Vec<Zeroizing<String>> {
    let texts = vhids.filter_map(|vhid| match &vhid.mode {
        Mode::Carp {
            key: Some(Key::Text(secret)),
            ..
        } => Some(secret.expose().to_owned()),
        _ => None,
    });
    let mut keys: Vec<Zeroizing<String>> = texts
        .filter(|key| !key.is_empty())
        .map(Zeroizing::new)
        .collect();
    keys.sort_by_key(|key| std::cmp::Reverse(key.len()));
    keys.dedup();
    keys
}

/// The script that tells how the transaction on a host stands: the word of its state and the text of the state file, or
/// how the last one ended.
#[must_use]
pub fn state() -> String {
    format!(
        "state={STATE_FOLDER}\nfor name in pending committing undoing; do\n\
         if [ -e $state/$name ]; then echo $name; cat $state/$name; exit 0; fi\ndone\n\
         cat $state/last 2>/dev/null\nexit 0\n"
    )
}
