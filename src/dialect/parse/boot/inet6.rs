//! What IPv6 needs beside addresses: `ipv6if`, `ipv6_up` and the inet6 half of `ifconfig_up`.

use super::super::word::Word;
use super::interface::{carries_nothing, has_unit};
use super::{Flow, LossReason, Run, Scripts, is_yes, variable_part};

impl<'a> Run<'_, 'a> {
    pub(super) fn inet6_options(&mut self, interface: &str) -> Flow {
        let mut options: Vec<&str> = Vec::new();
        if self.is_yes("ipv6_activate_all_interfaces") {
            options.push("-ifdisabled");
        } else if self.scripts <= Scripts::Twelve && interface != "lo0" {
            options.push("ifdisabled");
        }
        if is_yes(self.text("ipv6_enable", ""))
            && !has_unit(interface, "bridge")
            && !self.is_yes("ipv6_gateway_enable")
        {
            options.push("accept_rtadv");
        }
        if self.text("ipv6_cpe_wanif", "") == interface {
            options.extend(["-no_radr", "accept_rtadv"]);
        }
        if options.is_empty() {
            return Ok(());
        }
        options.insert(0, "inet6");
        let variable = format!("ifconfig_{}", variable_part(interface));
        self.ifconfig_plain(interface, &options, &variable)
    }

    /// `ifconfig_IF_ipv6`, `ipv6_prefix_IF` and `ipv6_ifconfig_IF`; returns whether one was set.
    pub(super) fn inet6_lines(&mut self, interface: &str) -> Flow<bool> {
        let mut configured = false;
        let arguments = self.arguments(interface, "_ipv6");
        let mut words = self.for_ifconfig(&arguments);
        if let Some(first) = words.first() {
            let text = words.iter().map(Word::text).collect::<Vec<_>>().join(" ");
            let hexadecimal = first.text().starts_with(|c: char| c.is_ascii_hexdigit());
            if first.text().starts_with(':') || (hexadecimal && text.contains(':')) {
                words.insert(0, Word::new("inet6", first.place, true));
            }
            self.ifconfig_plain(interface, &["inet6", "-ifdisabled"], &arguments.variable)?;
            self.evaluate(interface, words, &arguments.variable)?;
            configured = true;
        }
        if let Some((variable, words)) = self.interface_words("ipv6_prefix_", interface, "")
            && !words.is_empty()
        {
            self.ifconfig_plain(interface, &["inet6", "-ifdisabled"], &variable)?;
            configured = true;
        }
        if let Some((variable, mut words)) = self.interface_words("ipv6_ifconfig_", interface, "")
            && !words.is_empty()
        {
            self.ifconfig_plain(interface, &["inet6", "-ifdisabled"], &variable)?;
            words.insert(0, Word::new("inet6", words[0].place, true));
            self.evaluate(interface, words, &variable)?;
            configured = true;
        }
        Ok(configured)
    }

    pub(super) fn inet6_up(&mut self, interface: &str) -> Flow {
        if !self.has_inet6(interface) {
            self.lose_inet6(interface);
            return Ok(());
        }
        self.aliases(interface, "inet6")?;
        self.prefixes(interface)?;
        if self.scripts <= Scripts::Twelve {
            self.accept_advertisements(interface)?;
        }
        Ok(())
    }

    /// `ipv6if`
    pub(super) fn has_inet6(&self, interface: &str) -> bool {
        if interface == "lo0" {
            return true;
        }
        let listed = self.text("ipv6_network_interfaces", "auto");
        if !listed.eq_ignore_ascii_case("auto") && !listed.split(' ').any(|name| name == interface)
        {
            return false;
        }
        let set = |prefix| {
            self.interface_words(prefix, interface, "")
                .is_some_and(|(_, words)| !words.is_empty())
        };
        !self.arguments(interface, "_ipv6").words.is_empty()
            || set("ipv6_prefix_")
            || set("ipv6_ifconfig_")
    }

    /// inet6 aliases that are not even looked at.
    pub(super) fn lose_inet6(&mut self, interface: &str) {
        let prefix = format!("ifconfig_{}_alias", variable_part(interface));
        let names: Vec<&'a str> = self.variables.names_from(&prefix).collect();
        for name in names {
            let words = self.variable_words(name).unwrap_or_default();
            let counts = |(index, word): &(usize, &Word)| {
                word.text() == "inet6" && (name.ends_with("_aliases") || *index == 0)
            };
            let places: Vec<_> = words
                .iter()
                .enumerate()
                .filter(counts)
                .map(|(_, word)| word.place)
                .collect();
            for place in places {
                self.lose(place, name, LossReason::NoIpv6Line);
            }
        }
    }

    /// `ipv6_prefix_hostid_addr_common`
    pub(super) fn prefixes(&mut self, interface: &str) -> Flow {
        let Some((variable, words)) = self.interface_words("ipv6_prefix_", interface, "") else {
            return Ok(());
        };
        for word in words {
            let text = word.text();
            let (address, length) = match text.split_once('/') {
                Some((_, length)) => (
                    text.rsplit_once('/').map_or(text, |(address, _)| address),
                    length,
                ),
                None => (text, "64"),
            };
            // The script cuts `::` off and forgets it again.
            let address = format!("{}::", address.strip_suffix(':').unwrap_or(address));
            self.ifconfig_plain(
                interface,
                &["inet6", &address, "prefixlen", length, "eui64", "alias"],
                &variable,
            )?;
            if self.is_yes("ipv6_gateway_enable") {
                self.ifconfig_plain(
                    interface,
                    &["inet6", &address, "prefixlen", length, "alias", "anycast"],
                    &variable,
                )?;
            }
        }
        Ok(())
    }

    /// `ipv6_accept_rtadv_up`; returns whether it did something.
    pub(super) fn accept_advertisements(&mut self, interface: &str) -> Flow<bool> {
        let never = ["lo", "stf", "lp", "sl"]
            .iter()
            .any(|driver| has_unit(interface, driver))
            || carries_nothing(interface);
        let prefix = self
            .interface_words("ipv6_prefix_", interface, "")
            .is_some_and(|(_, words)| !words.is_empty());
        if never || prefix || !self.has_inet6(interface) || self.is_yes("ipv6_gateway_enable") {
            return Ok(false);
        }
        let arguments = self.arguments(interface, "_ipv6");
        let obsolete = self
            .interface_words("ipv6_ifconfig_", interface, "")
            .map_or(Vec::new(), |(_, words)| words);
        let asked = arguments
            .words
            .iter()
            .chain(&obsolete)
            .any(|word| word.text() == "accept_rtadv");
        let enabled = is_yes(self.text("ipv6_enable", ""));
        if if enabled {
            has_unit(interface, "bridge")
        } else {
            !asked
        } {
            return Ok(false);
        }
        self.ifconfig_plain(
            interface,
            &["inet6", "accept_rtadv", "up"],
            &arguments.variable,
        )?;
        Ok(true)
    }
}
