//! Which interfaces there are and which are configured: `network_start`, `clone_up`, `ifnet_rename`,
//! `list_net_interfaces` and `childif_create`.

use std::collections::BTreeSet;

use super::super::word::Word;
use super::interface::has_unit;
use super::{End, Ended, Flow, LossReason, Run, Scripts, variable_part};

/// How deep vlans of vlans are followed.
const DEEPEST: usize = 8;

impl Run<'_, '_> {
    /// Creates the clones, renames, and configures what is listed.
    pub(super) fn netif(&mut self) -> Flow {
        self.clones()?;
        self.gif()?;
        self.rename()?;
        for interface in self.listed() {
            self.start(&interface, 0)?;
        }
        Ok(())
    }

    fn clones(&mut self) -> Flow {
        for clone in self.variable_words("cloned_interfaces").unwrap_or_default() {
            let text = clone.text();
            let name = if self.scripts == Scripts::Nine {
                text
            } else {
                text.split(':').next().unwrap_or("")
            };
            let pair = self.scripts != Scripts::Nine && has_unit(name, "epair");
            let made: Vec<String> = if pair {
                vec![format!("{name}a"), format!("{name}b")]
            } else {
                vec![name.to_owned()]
            };
            if self.scripts != Scripts::Nine && made.iter().any(|name| self.known.contains(name)) {
                continue;
            }
            let arguments = self
                .interface_words("create_args_", name, "")
                .map_or(Vec::new(), |(_, words)| words);
            let create = Word::new("create", clone.place, true);
            self.ifconfig(
                name,
                [create].into_iter().chain(arguments),
                "cloned_interfaces",
            )?;
            for name in made {
                let name = self.with_unit(&name);
                self.add_interface(&name);
            }
        }
        Ok(())
    }

    /// A clone without a number gets the first free one.
    fn with_unit(&mut self, name: &str) -> String {
        if name.ends_with(|c: char| !c.is_ascii_alphabetic()) || name.starts_with("epair") {
            return name.to_owned();
        }
        let mut unit = self.units.get(name).copied().unwrap_or(0);
        while self.known.contains(&format!("{name}{unit}")) {
            unit += 1;
        }
        self.units.insert(name.to_owned(), unit);
        format!("{name}{unit}")
    }

    fn add_interface(&mut self, name: &str) {
        if self.known.insert(name.to_owned()) {
            self.boot.interfaces.push(name.to_owned());
        }
    }

    fn gif(&mut self) -> Flow {
        for interface in self.variable_words("gif_interfaces").unwrap_or_default() {
            let name = interface.text().split(':').next().unwrap_or("").to_owned();
            let tunnel = self
                .interface_words("gifconfig_", &name, "")
                .map_or(Vec::new(), |(_, words)| words);
            let nine = self.scripts == Scripts::Nine;
            if (nine && tunnel.is_empty()) || (!nine && self.known.contains(&name)) {
                continue;
            }
            if has_unit(&name, "gif") {
                self.ifconfig_plain(&name, &["create"], "gif_interfaces")?;
            } else {
                let made = self.with_unit("gif");
                self.ifconfig_plain("gif", &["create"], "gif_interfaces")?;
                self.ifconfig_plain(&made, &["name", &name], "gif_interfaces")?;
            }
            self.add_interface(&name);
            if tunnel.is_empty() {
                continue;
            }
            let inet6 = !nine && tunnel.len() > 1 && tunnel[0].text() == "inet6";
            let word = Word::new("tunnel", interface.place, true);
            let mut words = tunnel;
            words.insert(usize::from(inet6), word);
            self.ifconfig(&name, words, "gif_interfaces")?;
            if nine {
                self.ifconfig_plain(&name, &["up"], "gif_interfaces")?;
            }
        }
        Ok(())
    }

    fn rename(&mut self) -> Flow {
        for index in 0..self.boot.interfaces.len() {
            let old = self.boot.interfaces[index].clone();
            let Some((variable, words)) = self.interface_words("ifconfig_", &old, "_name") else {
                continue;
            };
            let Some(new) = words.first().map(|word| word.text().to_owned()) else {
                continue;
            };
            let name = Word::new("name", self.place_of(&variable), true);
            self.ifconfig(&old, [name].into_iter().chain(words), &variable)?;
            self.known.insert(new.clone());
            self.boot.interfaces[index] = new;
        }
        Ok(())
    }

    /// `list_net_interfaces`
    fn listed(&mut self) -> Vec<String> {
        let listed = self.text("network_interfaces", "auto");
        if listed.eq_ignore_ascii_case("auto") {
            let mut list = Vec::new();
            for name in self.boot.interfaces.clone() {
                if self.is_auto(&name) {
                    list.insert(if name == "lo0" { 0 } else { list.len() }, name);
                }
            }
            return list;
        }
        let mut list: Vec<String> = Vec::new();
        let words =
            ["network_interfaces", "cloned_interfaces"].map(|name| self.variable_words(name));
        for word in words.into_iter().flatten().flatten() {
            let name = word.text();
            if self.scripts != Scripts::Nine
                && has_unit(name, "epair")
                && !name.ends_with(['a', 'b'])
            {
                list.extend([format!("{name}a"), format!("{name}b")]);
            } else {
                list.push(name.to_owned());
            }
        }
        if !list.iter().any(|name| name == "lo0") {
            list.insert(0, "lo0".to_owned());
        }
        let in_list: BTreeSet<&str> = list.iter().map(String::as_str).collect();
        for name in self.boot.interfaces.clone() {
            let variable = format!("ifconfig_{}", variable_part(&name));
            if !in_list.contains(name.as_str())
                && let Some(assignment) = self.variables.get(&variable)
            {
                self.lose(
                    self.variables.place(assignment),
                    &variable,
                    LossReason::NotListed,
                );
            }
        }
        list
    }

    /// `childif_create`
    pub(super) fn vlans(&mut self, interface: &str, depth: usize) -> Flow {
        let Some((variable, children)) = self.interface_words("vlans_", interface, "") else {
            return Ok(());
        };
        if children.is_empty() {
            return Ok(());
        }
        if depth >= DEEPEST {
            self.boot.end = Some(End::TooMuch);
            return Err(Ended);
        }
        self.boot.modules.push("if_vlan");
        for child in children {
            let text = child.text();
            let numbered = text.starts_with(|c: char| matches!(c, '1'..='9'))
                && text.bytes().all(|b| b.is_ascii_digit());
            let name = if numbered {
                format!("{interface}.{text}")
            } else {
                text.to_owned()
            };
            let arguments = self
                .interface_words("create_args_", &name, "")
                .map_or(Vec::new(), |(_, words)| words);
            let word = |text: &str| Word::new(text, child.place, true);
            if numbered {
                self.ifconfig(
                    &name,
                    [word("create")].into_iter().chain(arguments),
                    &variable,
                )?;
            } else {
                let create = [word("create"), word("vlandev"), word(interface)]
                    .into_iter()
                    .chain(arguments);
                let unit = text
                    .strip_prefix("vlan")
                    .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
                if unit {
                    self.ifconfig(&name, create, &variable)?;
                } else {
                    let made = self.with_unit("vlan");
                    self.ifconfig("vlan", create, &variable)?;
                    self.ifconfig_plain(&made, &["name", text], &variable)?;
                }
            }
            self.add_interface(&name);
            if self.is_auto(&name) {
                self.start(&name, depth + 1)?;
            }
        }
        Ok(())
    }
}
