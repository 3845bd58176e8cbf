//! The steps of the edit, each of which is proved before the next.

use super::draft::{Draft, position};
use super::edit::{Editor, Words};
use super::units::give_units;
use super::view::{Seen, Subject, View, counterpart, same_mode, same_vhid};
use super::{BootEdits, BootExtra, BootInput, BootOptions, BootProblem, ExtraKind};
use crate::config::alias_base;
use crate::dialect::Renderer;
use crate::model::{HostConfig, Mode, Place, RcTarget, VhidConfig, Vip};

/// What is wanted, and what all steps need to know.
pub(super) struct Work<'i> {
    /// With the carp interfaces that the host has.
    pub(super) wanted: HostConfig,
    pub(super) options: BootOptions,
    pub(super) renderer: Renderer,
    /// The file of new lines.
    pub(super) target: String,
    pub(super) carp_in_kernel: bool,
    /// The alias numbers that were there, by interface.
    pub(super) numbers: Vec<(String, Vec<u32>)>,
    pub(super) input: &'i BootInput<'i>,
    pub(super) before: View,
    /// Vhids that go.
    pub(super) gone: Vec<Subject>,
}

pub(super) fn run(
    input: &BootInput<'_>,
    wanted: &HostConfig,
    options: BootOptions,
) -> Result<BootEdits, BootProblem> {
    let mut draft = Draft::new(input.host, input.release, input.files);
    let before = View::of(&draft);
    let mut work = Work::new(input, wanted, options, before)?;
    work.withdraw(&mut draft)?;
    for interface in work
        .wanted
        .interfaces
        .iter()
        .filter(|interface| interface.manage)
    {
        work.add_own(&mut draft, interface);
    }
    for clone in &work.wanted.cloned_interfaces {
        work.ensure_clone(&mut draft, clone.as_str());
    }
    for vhid in &work.wanted.vhids {
        draft = work.settle(&draft, vhid)?;
    }
    if let Err(variable) = work.close_gaps(&mut draft) {
        let wanted = format!("{variable} takes the number of an alias that goes");
        return Err(work.stuck(vec![work.line_of(&variable, wanted)]));
    }
    let settings = [work.edit_sysctls(&mut draft), work.edit_loader(&mut draft)];
    draft.drop_empty_blocks();
    let after = View::of(&draft);
    if settings.contains(&None) || !work.is_reached(&after) || !work.keeps_the_rest(&after) {
        return Err(work.unreached(&after));
    }
    let keys = work.keys(&after);
    Ok(BootEdits {
        extras: work.extras(&draft, &after),
        config: after.config,
        files: draft.edits(|text| keys.iter().any(|key| text.contains(key.as_str()))),
    })
}

impl<'i> Work<'i> {
    fn new(
        input: &'i BootInput<'i>,
        wanted: &HostConfig,
        options: BootOptions,
        before: View,
    ) -> Result<Self, BootProblem> {
        let folder = "/etc/rc.conf.d/network/";
        let target = match input.rc_target {
            // From 10 on it may be a folder of files (`load_rc_config` in `rc.subr`).
            RcTarget::Network if input.files.iter().any(|file| file.path.starts_with(folder)) => {
                format!("{folder}carpgen")
            }
            target => target.path().to_owned(),
        };
        let mut wanted = wanted.clone();
        give_units(&mut wanted, &before);
        let mut parts: Vec<String> = before.seen.iter().map(|seen| seen.part.clone()).collect();
        parts.sort();
        parts.dedup();
        let numbers = parts.into_iter().map(|part| {
            let numbers = before.alias_numbers(&part);
            (part, numbers)
        });
        Ok(Self {
            numbers: numbers.collect(),
            wanted,
            options,
            renderer: Renderer::new()?,
            target,
            carp_in_kernel: input.carp_in_kernel,
            input,
            before,
            gone: Vec::new(),
        })
    }

    /// Where the alias numbers of an interface begin: where they did, else where the description says.
    pub(super) fn first_number(&self, part: &str) -> u32 {
        let known = self.numbers.iter().find(|(known, _)| known == part);
        if let Some(first) = known.and_then(|(_, numbers)| numbers.first()) {
            return *first;
        }
        let mut interfaces = self.wanted.interfaces.iter();
        let described = interfaces.find(|interface| interface.name.variable_part() == part);
        // The default leaves room for own addresses, which may stand elsewhere.
        described.map_or(0, |interface| {
            let default = if interface.manage {
                0
            } else {
                alias_base(&interface.addresses)
            };
            if interface.first_alias == default {
                0
            } else {
                interface.first_alias
            }
        })
    }

    /// Takes away what is ours and no longer described, what `prune` and `adopt` ask for, and lines that give a wanted
    /// address to another vhid.
    fn withdraw(&mut self, draft: &mut Draft<'_>) -> Result<(), BootProblem> {
        let config = self.before.config.clone();
        let extra = |own: &&VhidConfig| {
            let wanted = self.wanted.vhids.iter();
            !wanted
                .filter_map(|vhid| counterpart(&config, &self.wanted, vhid))
                .any(|index| std::ptr::eq(&config.vhids[index], *own))
        };
        let extras: Vec<Subject> = config.vhids.iter().filter(extra).map(Subject::of).collect();
        for subject in extras {
            let prune = self.options.prune;
            let removed = self.remove_all(draft, &subject, |draft, seen| {
                prune || self.line_in_block(draft, seen)
            })?;
            if removed {
                self.gone.push(subject);
            }
        }
        for vhid in &self.wanted.vhids {
            let subject = Subject::of(vhid);
            let moves = self.options.adopt
                && self.before.vhid(&subject).is_some()
                && View::of(draft).statements(&subject).iter().any(|seen| {
                    !self.line_in_block(draft, seen)
                        || self
                            .before
                            .counting(&seen.variable)
                            .is_some_and(|a| draft.path(a.file) != self.target)
                });
            if moves {
                self.remove_all(draft, &subject, |_, _| true)?;
            }
        }
        self.remove_strangers(draft);
        Ok(())
    }

    /// The line of a statement stands in a marked block.
    fn line_in_block(&self, draft: &Draft<'_>, seen: &Seen) -> bool {
        let file = seen.words.get(2).map(|word| word.place);
        file.is_some_and(|place| draft.in_block(place))
    }

    /// Removes the statements of a vhid that are chosen, also those that come to light when others go; true where there were any.
    /// Up to 9 the carp interface is then no longer made.
    fn remove_all(
        &self,
        draft: &mut Draft<'_>,
        subject: &Subject,
        chosen: impl Fn(&Draft<'_>, &Seen) -> bool,
    ) -> Result<bool, BootProblem> {
        let mut view = View::of(draft);
        let mut removed = false;
        // As many turns as there are layers that may hide a line.
        for _ in 0..=self.input.files.len() {
            let going: Vec<&Seen> = view
                .statements(subject)
                .into_iter()
                .filter(|seen| chosen(draft, seen))
                .collect();
            if going.is_empty() {
                break;
            }
            let editor = Editor { draft, view: &view };
            let changes = editor.remove(&going);
            if changes.and_then(|changes| draft.apply(changes)).is_none() {
                let lines = going.iter().map(|seen| {
                    let what = "the vhid goes, and shares its line with what stays".to_owned();
                    self.line_at(
                        seen.statement
                            .items
                            .first()
                            .map_or(seen.statement.place, |item| item.place()),
                        what,
                    )
                });
                return Err(self.stuck(lines.collect()));
            }
            removed = true;
            view = View::of(draft);
        }
        let none_left = view.statements(subject).is_empty();
        let described = self
            .wanted
            .vhids
            .iter()
            .any(|vhid| Subject::of(vhid) == *subject);
        if let Some(carp) = subject
            .carp_interface()
            .filter(|_| removed && none_left && !described)
        {
            let mut without = draft.clone();
            let changes = view
                .assigned
                .iter()
                .filter(|assigned| assigned.name == "cloned_interfaces")
                .filter_map(|assigned| Editor { draft, view: &view }.without_item(assigned, carp));
            let changes: Vec<_> = changes.collect();
            if without.apply(changes).is_some() {
                *draft = without;
            }
        }
        Ok(removed)
    }

    /// Takes away lines that give an address of a described vhid to another vhid of its interface: the later would
    /// win.
    fn remove_strangers(&self, draft: &mut Draft<'_>) {
        let view = View::of(draft);
        let strange: Vec<&Seen> = view
            .seen
            .iter()
            .filter(|seen| self.is_strange(seen))
            .collect();
        if let Some(changes) = (Editor { draft, view: &view }).remove(&strange) {
            draft.apply(changes);
        }
    }

    pub(super) fn is_strange(&self, seen: &Seen) -> bool {
        let address = seen
            .statement
            .addresses()
            .next()
            .and_then(|found| found.address);
        let (Some(vhid), Some(address)) = (seen.vhid(), address) else {
            return false;
        };
        let on_it = |own: &&VhidConfig| {
            own.carp_unit.is_none() && own.interface.variable_part() == seen.part
        };
        let has = |own: &VhidConfig| own.vips.iter().any(|vip| vip.address() == address);
        let mut all = self.wanted.vhids.iter().filter(on_it);
        let other = all.clone().any(|own| own.vhid != vhid && has(own));
        other && !all.any(|own| own.vhid == vhid && has(own))
    }

    /// Brings a vhid to what is wanted: where its lines stand, else in new ones.
    fn settle<'a>(&self, draft: &Draft<'a>, vhid: &VhidConfig) -> Result<Draft<'a>, BootProblem> {
        let subject = Subject::of(vhid);
        let view = View::of(draft);
        if view.vhid(&subject).is_some_and(|own| same_vhid(own, vhid)) {
            return Ok(draft.clone());
        }
        let good = |edited: &Draft<'a>| {
            let after = View::of(edited);
            let settled = |view: &View, other: &VhidConfig| {
                view.vhid(&Subject::of(other))
                    .is_some_and(|own| same_vhid(own, other))
            };
            let others = self.wanted.vhids.iter();
            self.keeps_the_rest(&after)
                && others
                    .filter(|other| settled(&view, other))
                    .all(|other| settled(&after, other))
        };
        let in_place = [Words::InVariables, Words::InPlace]
            .into_iter()
            .filter_map(|how| self.edited(draft.clone(), vhid, how));
        let anew = std::iter::once_with(|| {
            let mut bare = draft.clone();
            self.remove_all(&mut bare, &subject, |_, _| true).ok()?;
            self.edited(bare, vhid, Words::InPlace)
        });
        if let Some(edited) = in_place.chain(anew.flatten()).find(good) {
            return Ok(edited);
        }
        // A key that the scripts would change is the clearest reason.
        self.whole(vhid)?;
        Err(self.unsettled(vhid))
    }

    /// Edits one thing after the other until the vhid is as wanted.
    fn edited<'a>(&self, mut draft: Draft<'a>, vhid: &VhidConfig, how: Words) -> Option<Draft<'a>> {
        let subject = Subject::of(vhid);
        for _ in 0..8 + vhid.vips.len() {
            let view = View::of(&draft);
            let Some(own) = view.vhid(&subject) else {
                self.whole(vhid).ok()?;
                self.add(&mut draft, &view, vhid, vhid.vips.clone())?;
                continue;
            };
            if same_vhid(own, vhid) {
                return Some(draft);
            }
            let editor = Editor {
                draft: &draft,
                view: &view,
            };
            let changes = if !same_mode(&own.mode, &vhid.mode) {
                if !same_key_of(&own.mode, &vhid.mode) {
                    self.whole(vhid).ok()?;
                }
                editor.parameters(&subject, &own.mode, &vhid.mode, how)?
            } else if let Some(surplus) = surplus(&editor, &subject, own, vhid) {
                surplus?
            } else if let Some(vip) = other_prefix(own, vhid) {
                let on = with_address(&view, &subject, vip);
                on.iter()
                    .map(|seen| editor.prefix(seen, vip, how))
                    .collect::<Option<_>>()?
            } else {
                let missing = vhid.vips.iter().filter(|vip| !has_address(own, **vip));
                self.whole(vhid).ok()?;
                self.add(&mut draft, &view, vhid, missing.copied().collect())?;
                continue;
            };
            draft.apply(changes)?;
        }
        None
    }

    /// What nobody described.
    fn extras(&self, draft: &Draft<'_>, view: &View) -> Vec<BootExtra> {
        let at = |kind, place: Place| BootExtra {
            kind,
            path: draft.path(position(place).0).to_owned(),
            line: place.line,
        };
        let described = |own: &VhidConfig| {
            self.wanted
                .vhids
                .iter()
                .any(|vhid| Subject::of(vhid) == Subject::of(own))
        };
        let vhids = view
            .config
            .vhids
            .iter()
            .filter(|own| !described(own))
            .map(|own| {
                let seen = view.statements(&Subject::of(own));
                let place = seen
                    .first()
                    .map_or(Place::start(crate::model::FileId(0)), |seen| {
                        seen.words
                            .get(2)
                            .map_or(seen.statement.place, |word| word.place)
                    });
                let kind = ExtraKind::Vhid(own.interface.clone(), own.vhid, own.vips.clone());
                at(kind, place)
            });
        let sysctls = self.extra_sysctls(view).into_iter().filter_map(|line| {
            let value = line.value.as_ref()?.parse().ok()?;
            Some(at(ExtraKind::Sysctl(line.name.clone(), value), line.place))
        });
        vhids.chain(sysctls).collect()
    }

    /// All keys that the files had or have.
    fn keys(&self, after: &View) -> Vec<String> {
        let seen = self.before.seen.iter().chain(&after.seen);
        let mut keys: Vec<String> = seen
            .filter_map(|seen| seen.statement.key().map(|(key, _)| key.expose().to_owned()))
            .filter(|key| !key.is_empty())
            .collect();
        keys.sort();
        keys.dedup();
        keys
    }
}

fn same_key_of(own: &Mode, wanted: &Mode) -> bool {
    match (own, wanted) {
        (Mode::Carp { key, .. }, Mode::Carp { key: wanted, .. }) => {
            super::view::same_key(key.as_ref(), wanted.as_ref())
        }
        _ => false,
    }
}

fn has_address(vhid: &VhidConfig, vip: Vip) -> bool {
    vhid.vips.iter().any(|own| own.address() == vip.address())
}

fn with_address<'v>(view: &'v View, subject: &Subject, vip: Vip) -> Vec<&'v Seen> {
    let sets = |seen: &&Seen| {
        let first = seen.statement.addresses().next();
        first.and_then(|found| found.address) == Some(vip.address())
    };
    view.statements(subject).into_iter().filter(sets).collect()
}

/// A wanted address that has another prefix length.
fn other_prefix(own: &VhidConfig, wanted: &VhidConfig) -> Option<Vip> {
    let differs = |vip: &&Vip| {
        own.vips
            .iter()
            .any(|own| own.address() == vip.address() && own.prefix() != vip.prefix())
    };
    wanted.vips.iter().find(differs).copied()
}

/// Takes addresses away that a vhid should not have; none where there is none, nothing inside where that cannot be done.
fn surplus(
    editor: &Editor<'_, '_>,
    subject: &Subject,
    own: &VhidConfig,
    wanted: &VhidConfig,
) -> Option<Option<Vec<super::draft::Change>>> {
    let gone: Vec<&Seen> = own
        .vips
        .iter()
        .filter(|vip| !has_address(wanted, **vip))
        .flat_map(|vip| with_address(editor.view, subject, *vip))
        .collect();
    if gone.is_empty() {
        return None;
    }
    let beside_parameters =
        |seen: &&&Seen| subject.carp_interface().is_some() && seen.vhid().is_some();
    let (inner, whole): (Vec<&Seen>, Vec<&Seen>) =
        gone.iter().partition(|seen| beside_parameters(seen));
    let mut changes = Vec::new();
    for seen in inner {
        match editor.without_address(seen) {
            Some(change) => changes.push(change),
            None => return Some(None),
        }
    }
    if !whole.is_empty() {
        match editor.remove(&whole) {
            Some(more) => changes.extend(more),
            None => return Some(None),
        }
    }
    Some(Some(changes))
}
