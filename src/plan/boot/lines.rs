//! New lines: every one is what `render` writes.

use super::draft::Draft;
use super::edit::Editor;
use super::view::{Subject, View};
use super::work::Work;
use crate::dialect::RenderError;
use crate::model::{Family, HostConfig, InterfaceConfig, VhidConfig, Vip};

/// A line of rc.conf: the variable and all of it.
struct Line {
    name: String,
    text: String,
}

impl Line {
    /// The same line for another variable.
    fn named(&self, name: &str) -> String {
        format!("{name}{}", &self.text[self.name.len()..])
    }
}

impl Work<'_> {
    /// A host with nothing but these.
    fn only(&self, interface: InterfaceConfig, vhids: Vec<VhidConfig>) -> HostConfig {
        HostConfig {
            host: self.wanted.host.clone(),
            release: self.wanted.release,
            rc_target: self.wanted.rc_target,
            cloned_interfaces: Vec::new(),
            interfaces: vec![interface],
            vhids,
            sysctls: Vec::new(),
        }
    }

    fn lines(&self, host: &HostConfig) -> Result<Vec<Line>, RenderError> {
        let files = self.renderer.render(host)?;
        let lines = files.rc.content.lines().filter_map(|text| {
            let (name, _) = text.split_once('=').filter(|_| !text.starts_with('#'))?;
            Some(Line {
                name: name.to_owned(),
                text: text.to_owned(),
            })
        });
        Ok(lines
            .filter(|line| line.name != "cloned_interfaces")
            .collect())
    }

    /// The lines of a whole vhid, as they would be written on an empty host.
    pub(super) fn whole(&self, vhid: &VhidConfig) -> Result<Vec<String>, RenderError> {
        let lines = self.lines(&self.only(bare(vhid), vec![vhid.clone()]))?;
        Ok(lines.into_iter().map(|line| line.text).collect())
    }

    /// The lowest free alias numbers of an interface: behind those that are there, without a gap.
    fn free_numbers(&self, view: &View, part: &str) -> impl Iterator<Item = u32> {
        let used = view.alias_numbers(part);
        let first = self.first_number(part);
        (first..).filter(move |number| used.binary_search(number).is_err())
    }

    /// Writes the lines of a vhid, or of those of its addresses that are missing.
    pub(super) fn add(
        &self,
        draft: &mut Draft<'_>,
        view: &View,
        vhid: &VhidConfig,
        missing: Vec<Vip>,
    ) -> Option<()> {
        let subject = Subject::of(vhid);
        let part = subject.part().to_owned();
        let own = view.vhid(&subject);
        let mut vips = Vec::new();
        let mut of_family = [false; 2];
        if subject.carp_interface().is_some() {
            // The first address of each family has a variable of its own.
            for (family, found) in [Family::Inet, Family::Inet6]
                .into_iter()
                .zip(&mut of_family)
            {
                let first = own.and_then(|own| own.vips.iter().find(|vip| vip.family() == family));
                *found = first.is_some();
                vips.extend(first);
            }
            if own.is_some()
                && !of_family[0]
                && missing.iter().any(|vip| vip.family() == Family::Inet)
            {
                return None;
            }
        }
        vips.extend(missing);
        vips.sort_by_key(|vip| vip.family());
        let vhid = VhidConfig {
            vips,
            ..vhid.clone()
        };
        let rendered = self
            .lines(&self.only(bare(&vhid), vec![vhid.clone()]))
            .ok()?;
        let prefix = format!("ifconfig_{part}_alias");
        let mut numbers = self.free_numbers(view, &part);
        let mut lines = Vec::new();
        for line in rendered {
            if line.name.starts_with(&prefix) {
                lines.push(line.named(&format!("{prefix}{}", numbers.next()?)));
            } else if own.is_none() || (line.name.ends_with("_ipv6") && !of_family[1]) {
                lines.push(line.text);
            }
        }
        if let Some(carp) = subject.carp_interface() {
            self.ensure_clone(draft, carp)?;
        }
        let file = draft.file(&self.target);
        let view = View::of(draft);
        let neighbours = view.statements(&subject);
        let beside = neighbours.iter().rev().find_map(|seen| {
            let assigned = view.counting(&seen.variable)?;
            let in_block = assigned.file == file
                && draft
                    .blocks(file)
                    .iter()
                    .any(|block| block.contains(&assigned.at));
            in_block.then_some(assigned.at)
        });
        draft.write_lines(file, beside, &lines);
        Some(())
    }

    /// Puts a clone onto the list of `cloned_interfaces`, where it counts in all layers.
    pub(super) fn ensure_clone<'a>(&self, draft: &mut Draft<'a>, name: &str) -> Option<()> {
        let view = View::of(draft);
        if view.interfaces.iter().any(|known| known == name) {
            return Some(());
        }
        let is_made = |draft: &Draft<'a>| {
            let after = View::of(draft).interfaces;
            after.iter().any(|known| known == name)
                && view.interfaces.iter().all(|known| after.contains(known))
        };
        let counting = view.counting("cloned_interfaces");
        let change = counting.and_then(|list| Editor { draft, view: &view }.with_item(list, name));
        let in_list = |mut edited: Draft<'a>| {
            edited.apply(vec![change?])?;
            Some(edited).filter(is_made)
        };
        let mut own_line = draft.clone();
        let file = own_line.file(&self.target);
        let is_ours = |assigned: &super::view::Assigned| {
            draft
                .blocks(assigned.file)
                .iter()
                .any(|block| block.contains(&assigned.at))
        };
        *draft = if counting.is_some_and(is_ours) {
            in_list(draft.clone())?
        } else {
            let others = if counting.is_some() {
                "${cloned_interfaces} "
            } else {
                ""
            };
            own_line.write_lines(
                file,
                None,
                &[format!("cloned_interfaces=\"{others}{name}\"")],
            );
            if is_made(&own_line) {
                own_line
            } else {
                in_list(draft.clone())?
            }
        };
        Some(())
    }

    /// Writes the own addresses of an interface that are wanted and missing, and what its IPv6 aliases need.
    pub(super) fn add_own(&self, draft: &mut Draft<'_>, interface: &InterfaceConfig) -> Option<()> {
        let view = View::of(draft);
        let part = interface.name.variable_part();
        let known = view
            .config
            .interfaces
            .iter()
            .find(|known| known.name.variable_part() == part);
        let missing: Vec<_> = interface
            .addresses
            .iter()
            .filter(|address| !known.is_some_and(|known| known.addresses.contains(address)))
            .copied()
            .collect();
        let on_it = |vhid: &&VhidConfig| vhid.interface == interface.name;
        let vhids: Vec<VhidConfig> = self.wanted.vhids.iter().filter(on_it).cloned().collect();
        let is_held = |vip: &Vip| {
            let mut held = view.config.vhids.iter().flat_map(|vhid| &vhid.vips);
            held.any(|held| held.address() == vip.address())
        };
        let needs_inet6 = !self.wanted.release.has_carp_interfaces()
            && vhids
                .iter()
                .flat_map(|vhid| &vhid.vips)
                .any(|vip| vip.family() == Family::Inet6 && !is_held(vip));
        if missing.is_empty() && !needs_inet6 {
            return Some(());
        }
        let bare = InterfaceConfig {
            addresses: missing,
            manage: true,
            first_alias: 0,
            ..interface.clone()
        };
        let rendered = self.lines(&self.only(bare, vhids)).ok()?;
        let prefix = format!("ifconfig_{part}_alias");
        let mut numbers = self.free_numbers(&view, &part);
        let mut lines = Vec::new();
        for line in rendered.iter().filter(|line| !line.text.contains(" vhid ")) {
            if !line.name.starts_with(&format!("ifconfig_{part}")) {
                continue;
            }
            let is_alias = line.name.starts_with(&prefix);
            if !is_alias && view.counting(&line.name).is_none() {
                lines.push(line.text.clone());
            } else if !line.text.ends_with("-ifdisabled\"") {
                lines.push(line.named(&format!("{prefix}{}", numbers.next()?)));
            }
        }
        if !lines.is_empty() {
            let file = draft.file(&self.target);
            draft.write_lines(file, None, &lines);
        }
        Some(())
    }
}

/// The interface of a vhid, with nothing of its own.
fn bare(vhid: &VhidConfig) -> InterfaceConfig {
    InterfaceConfig {
        name: vhid.interface.clone(),
        segment: vhid.segment.clone(),
        addresses: Vec::new(),
        manage: false,
        first_alias: 0,
    }
}
