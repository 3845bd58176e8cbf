//! sysctl.conf and loader.conf.

use super::draft::{Change, Draft, position};
use super::view::View;
use super::work::Work;
use crate::dialect::parse::{LoaderAction, LoaderLine, SysctlLine};
use crate::model::{HostConfig, KnownSysctl, Place, Sysctl};

const SYSCTL_CONF: &str = "/etc/sysctl.conf";
const LOADER_CONF: &str = "/boot/loader.conf";

/// What a host boots with: the value that is set, else what the kernel starts with.
fn boots_with(config: &HostConfig, name: &str) -> Option<i64> {
    let default = || KnownSysctl::named(name).map(|known| known.default);
    config.sysctl(name).or_else(default)
}

/// The end of a line without its line end.
fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    at + text[at..end].trim_end_matches('\r').len()
}

/// Takes the line away that a place is on.
fn without_line(draft: &Draft<'_>, place: Place) -> Option<Change> {
    let (file, at) = position(place);
    let text = draft.text(file);
    let start = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
    Some(Change {
        file,
        range: start..end,
        text: String::new(),
    })
}

impl Work<'_> {
    /// The sysctls that are to be set. `net.inet.carp.demotion` is never written: a write adds.
    pub(super) fn wanted_sysctls(&self) -> impl Iterator<Item = &Sysctl> {
        let wanted = self.wanted.sysctls.iter();
        wanted.filter(|sysctl| sysctl.name != KnownSysctl::DEMOTION)
    }

    /// The lines of sysctls of CARP that nobody wants.
    pub(super) fn extra_sysctls<'v>(&self, view: &'v View) -> Vec<&'v SysctlLine> {
        let is_extra = |line: &&SysctlLine| {
            view.config.sysctl(&line.name).is_some()
                && !self.wanted_sysctls().any(|wanted| wanted.name == line.name)
        };
        view.sysctls.iter().filter(is_extra).collect()
    }

    /// The first sysctl that boots with another value than wanted.
    pub(super) fn wrong_sysctl(&self, config: &HostConfig) -> Option<&Sysctl> {
        self.wanted_sysctls()
            .find(|wanted| boots_with(config, &wanted.name) != Some(wanted.value))
    }

    /// Edits sysctl.conf; none where a value cannot be reached.
    pub(super) fn edit_sysctls(&self, draft: &mut Draft<'_>) -> Option<()> {
        let view = View::of(draft);
        let gone = self
            .extra_sysctls(&view)
            .into_iter()
            .filter(|line| self.options.prune || draft.in_block(line.place));
        let changes: Vec<Change> = gone
            .filter_map(|line| without_line(draft, line.place))
            .collect();
        draft.apply(changes);
        while let Some(wanted) = self.wrong_sysctl(&View::of(draft).config) {
            let view = View::of(draft);
            let counts = |line: &&SysctlLine| {
                line.name == wanted.name
                    && line
                        .value
                        .as_ref()
                        .is_some_and(|value| value.parse::<i64>().is_ok())
            };
            if let Some(line) = view.sysctls.iter().rev().find(counts) {
                draft.apply(vec![value_changed(draft, line, wanted.value)?])?;
            } else {
                let file = draft.file(SYSCTL_CONF);
                draft.write_lines(file, None, &[format!("{}={}", wanted.name, wanted.value)]);
            }
            if boots_with(&View::of(draft).config, &wanted.name) != Some(wanted.value) {
                return None;
            }
        }
        Some(())
    }

    /// The name of the module's line in loader.conf.
    pub(super) const fn module(&self) -> &'static str {
        if self.wanted.release.has_carp_interfaces() {
            "if_carp"
        } else {
            "carp"
        }
    }

    /// The line of the module that counts, and whether it loads it.
    fn module_line<'v>(&self, view: &'v View) -> Option<(&'v LoaderLine, bool)> {
        view.loader
            .iter()
            .rev()
            .find_map(|line| match &line.action {
                LoaderAction::Module(name, value) if name == self.module() => {
                    Some((line, value == "YES"))
                }
                _ => None,
            })
    }

    /// The module is there when the boot needs it.
    pub(super) fn module_is_loaded(&self, view: &View) -> bool {
        self.carp_in_kernel
            || self.wanted.vhids.is_empty()
            || self.module_line(view).is_some_and(|(_, loads)| loads)
    }

    /// Edits loader.conf; none where the line cannot be edited.
    pub(super) fn edit_loader(&self, draft: &mut Draft<'_>) -> Option<()> {
        let view = View::of(draft);
        if view.config.vhids.is_empty() && self.wanted.vhids.is_empty() {
            let lines = view.loader.iter().filter(|line| {
                matches!(&line.action, LoaderAction::Module(name, _) if name == self.module())
                    && draft.in_block(line.place)
            });
            let changes: Vec<Change> = lines
                .filter_map(|line| without_line(draft, line.place))
                .collect();
            draft.apply(changes);
            return Some(());
        }
        if self.module_is_loaded(&view) {
            return Some(());
        }
        if let Some((line, _)) = self.module_line(&view) {
            let (file, at) = position(line.value_place);
            let text = draft.text(file);
            let start = at + usize::from(text.get(at..)?.starts_with('"'));
            let rest = &text[start..line_end(text, start)];
            let length = rest
                .find(|c: char| !c.is_ascii_alphanumeric())
                .unwrap_or(rest.len());
            let change = Change {
                file,
                range: start..start + length,
                text: "YES".to_owned(),
            };
            draft.apply(vec![change])?;
        } else {
            let rendered = self.renderer.render(&self.wanted).ok()?.loader.content;
            let lines: Vec<String> = rendered
                .lines()
                .filter(|line| !line.starts_with('#') && !line.is_empty())
                .map(str::to_owned)
                .collect();
            let file = draft.file(LOADER_CONF);
            draft.write_lines(file, None, &lines);
        }
        self.module_is_loaded(&View::of(draft)).then_some(())
    }
}

/// Another value in a line of sysctl.conf.
fn value_changed(draft: &Draft<'_>, line: &SysctlLine, value: i64) -> Option<Change> {
    let (file, at) = position(line.value_place);
    let old = line.value.as_deref()?;
    let text = draft.text(file).get(at..)?;
    let start = at + usize::from(text.starts_with(['"', '\'']));
    draft
        .text(file)
        .get(start..)?
        .starts_with(old)
        .then(|| Change {
            file,
            range: start..start + old.len(),
            text: value.to_string(),
        })
}
