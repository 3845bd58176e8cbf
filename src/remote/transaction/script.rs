//! The scripts of a transaction, as text. What a host needs to return by itself is on the host before anything changes.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::dialect::{RenderError, shell_line};
use crate::model::{Key, Mode, VhidConfig};
use crate::plan::action::Action;
use crate::plan::boot::FileEdit;
use crate::plan::digest;

use super::work::HostWork;

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
            mode: edit
                .mode
                // A new file is made under the mask of the script, which is for keys.
                .or_else(|| edit.before.is_none().then_some(0o644))
                .map(|mode| format!("{mode:o}")),
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
                "gone",
                include_str!("../../../templates/transaction/gone.sh.j2"),
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
            "for pid in $(pgrep -f \"^/bin/sh $state/stage-{id}\"); do kill -STOP $pid; pkill -9 -P $pid; kill -9 $pid; done\n\
             rm -f $state/stage-{id}\n\
             for name in pending committing kept undoing; do\n\
             if [ -e $state/$name ] && ! grep -q '^id {id}$' $state/$name; then echo foreign; exit 0; fi\ndone\n"
        )
    });
    format!(
        "state={STATE_FOLDER}\n{guard}if [ -e $state/undo ]; then {} </dev/null\n\
         elif [ -e $state/pending ] || [ -e $state/committing ] || [ -e $state/kept ] || [ -e $state/undoing ]; then\n\
         echo \"carpgen: $state/undo is missing\" >&2\nexit 1\n\
         else echo 'carpgen: nothing is pending on this host'\nfi\n",
        shell_line(&words)
    )
}

/// The check that the transaction on the host is the one that was begun: the token is known to nobody else.
fn with_token(token: &str, then: &str) -> String {
    format!(
        "state={STATE_FOLDER}\nknown=$(sed -n 's/^token //p' $state/pending $state/committing $state/kept $state/done 2>/dev/null)\n\
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

/// The script that decides: from now on the host does not return by itself, and can still be told to.
#[must_use]
pub fn keep(id: &str, token: &str) -> String {
    let decide = "[ -e $state/kept ] || [ -e $state/done ] || mv $state/committing $state/kept || exit 76\necho kept\n";
    unless_committed(id, &with_token(token, decide))
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
        "if grep -q '^{id} committed$' {STATE_FOLDER}/last 2>/dev/null && [ ! -e {STATE_FOLDER}/done ]; then\n\
         echo committed\nexit 0\nfi\n{then}"
    )
}

/// The script that ends the transaction.
#[must_use]
pub fn finish(id: &str, token: &str) -> String {
    unless_committed(id, &with_token(token, "/bin/sh $state/finish </dev/null\n"))
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
        "state={STATE_FOLDER}\nfor name in pending committing kept undoing; do\n\
         if [ -e $state/$name ]; then echo $name; cat $state/$name; exit 0; fi\ndone\n\
         cat $state/last 2>/dev/null\nexit 0\n"
    )
}
