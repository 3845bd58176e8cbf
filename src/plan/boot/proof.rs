//! What must hold after an edit: the wanted is configured, and all else is as it was.

use super::view::{Seen, Subject, View, same_vhid};
use super::work::Work;
use crate::model::VhidConfig;

impl Work<'_> {
    /// The boot configures all that is wanted.
    pub(super) fn is_reached(&self, after: &View) -> bool {
        let vhids = self.wanted.vhids.iter().all(|vhid| {
            let own = after.vhid(&Subject::of(vhid));
            own.is_some_and(|own| same_vhid(own, vhid))
        });
        let managed = self
            .wanted
            .interfaces
            .iter()
            .filter(|interface| interface.manage);
        let own_addresses = managed.clone().all(|interface| {
            let mut known = after.config.interfaces.iter();
            let known = known.find(|k| k.name.variable_part() == interface.name.variable_part());
            let has = |address| known.is_some_and(|known| known.addresses.contains(address));
            interface.addresses.iter().all(has)
        });
        vhids
            && own_addresses
            && self.wrong_sysctl(&after.config).is_none()
            && self.module_is_loaded(after)
    }

    /// The commands of a boot that are about nothing that is edited, and the interfaces that it makes for others.
    pub(super) fn rest<'v>(&self, view: &'v View) -> Vec<&'v [String]> {
        let subjects: Vec<Subject> = self.wanted.vhids.iter().map(Subject::of).collect();
        let is_ours = |subject: &Subject, seen: &Seen| {
            subject.covers(seen) || subject.carp_interface() == Some(seen.part.as_str())
        };
        let concerned = |seen: &Seen| {
            subjects
                .iter()
                .chain(&self.gone)
                .any(|subject| is_ours(subject, seen))
                || self.is_strange(seen)
                || self.is_managed(seen)
                || self.wanted.cloned_interfaces.iter().any(|clone| {
                    clone.variable_part() == seen.part
                        && !self.before.interfaces.contains(&seen.part)
                })
        };
        let comes_by_itself =
            |words: &[String]| words.len() == 3 && words[0] == "ifconfig" && words[2] == "up";
        view.commands
            .iter()
            .filter(|(words, seen)| {
                !comes_by_itself(words) && !seen.is_some_and(|index| concerned(&view.seen[index]))
            })
            .map(|(words, _)| words.as_slice())
            .collect()
    }

    /// It sets a wanted own address of a managed interface, or readies it for IPv6.
    pub(super) fn is_managed(&self, seen: &Seen) -> bool {
        let interface = self
            .wanted
            .interfaces
            .iter()
            .find(|interface| interface.manage && interface.name.variable_part() == seen.part);
        let Some(interface) = interface else {
            return false;
        };
        let first = seen.statement.addresses().next();
        match first.and_then(|found| found.address) {
            Some(address) => {
                seen.vhid().is_none() && interface.addresses.iter().any(|own| own.addr() == address)
            }
            None => seen.words.get(2).is_some_and(|word| word.text() == "inet6"),
        }
    }

    /// Everything that nobody asked to change is configured as before, in the same order.
    pub(super) fn keeps_the_rest(&self, after: &View) -> bool {
        self.rest(&self.before) == self.rest(after) && self.before.end == after.end
    }

    /// Two states differ in nothing but the order of what is described.
    pub(super) fn same_but_order(&self, view: &View, after: &View) -> bool {
        let same = |own: &VhidConfig| {
            after
                .config
                .vhids
                .iter()
                .any(|other| Subject::of(own) == Subject::of(other) && same_vhid(own, other))
        };
        view.config.vhids.len() == after.config.vhids.len()
            && view.config.vhids.iter().all(same)
            && self.rest(view) == self.rest(after)
    }
}
