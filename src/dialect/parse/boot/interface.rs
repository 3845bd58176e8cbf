//! One interface after the other: `network_start`, `ifn_start`, `ifconfig_up` and what they call.

use super::super::shell::Binding;
use super::super::shell::{Commands, Found, RawWord, Scope, Simple};
use super::super::word::Word;
use super::eval::{self, Seen};
use super::{BootCommand, End, Ended, Flow, LossReason, Run, Scripts, is_yes, variable_part};

/// How deep vlans of vlans are followed.
const DEEPEST: usize = 8;

/// The interface carries no addresses (`noafif`).
fn carries_nothing(interface: &str) -> bool {
    const DRIVERS: [&str; 13] = [
        "pflog", "pfsync", "usbus", "an", "ath", "ipw", "ipfw", "iwi", "iwn", "ral", "wi", "wl",
        "wpi",
    ];
    DRIVERS.iter().any(|driver| has_unit(interface, driver))
}

/// `driver[0-9]*`
fn has_unit(interface: &str, driver: &str) -> bool {
    interface
        .strip_prefix(driver)
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// What `ifconfig_IF` says to the scripts rather than to `ifconfig(8)`.
fn is_pseudo(word: &str) -> bool {
    ["dhcp", "noauto", "nosyncdhcp", "syncdhcp", "wpa", "hostap"]
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known))
}

/// The name of a program without its folders.
fn last_component(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The words of `ifconfig_IF` or its like, and the variable that they come from.
struct Arguments {
    variable: String,
    words: Vec<Word>,
}

impl Arguments {
    fn has(&self, known: &[&str]) -> bool {
        self.words.iter().any(|word| {
            known
                .iter()
                .any(|known| word.text().eq_ignore_ascii_case(known))
        })
    }
}

impl<'a> Run<'_, 'a> {
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
            if self.scripts != Scripts::Nine
                && made.iter().any(|name| self.boot.interfaces.contains(name))
            {
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
    fn with_unit(&self, name: &str) -> String {
        if name.ends_with(|c: char| !c.is_ascii_alphabetic()) || name.starts_with("epair") {
            return name.to_owned();
        }
        let mut names = (0..).map(|unit| format!("{name}{unit}"));
        names
            .find(|name| !self.boot.interfaces.contains(name))
            .unwrap_or_default()
    }

    fn add_interface(&mut self, name: &str) {
        if !self.boot.interfaces.iter().any(|known| known == name) {
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
            if (nine && tunnel.is_empty()) || (!nine && self.boot.interfaces.contains(&name)) {
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
        for name in self.boot.interfaces.clone() {
            let variable = format!("ifconfig_{}", variable_part(&name));
            if !list.contains(&name)
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

    /// `_ifconfig_getargs`: `ifconfig_DEFAULT` stands in, and is evaluated on its way.
    fn arguments(&self, interface: &str, suffix: &str) -> Arguments {
        if let Some((variable, words)) = self.interface_words("ifconfig_", interface, suffix) {
            return Arguments { variable, words };
        }
        let variable = "ifconfig_DEFAULT".to_owned();
        let words = self.variable_words(&variable).unwrap_or_default();
        let seen = Seen {
            variables: self.variables,
            positional: &[],
            root: self.surroundings.root,
        };
        let mut evaluated = eval::eval(&[], &words, &seen).commands.into_iter();
        Arguments {
            variable,
            words: evaluated
                .next()
                .map(|command| command.words)
                .unwrap_or_default(),
        }
    }

    /// `ifconfig_getargs`: without what is meant for the scripts. From 10 on `vnet` takes the next word with it.
    fn for_ifconfig(&self, arguments: &Arguments) -> Vec<Word> {
        let mut words = Vec::new();
        let mut skip = false;
        for word in &arguments.words {
            if std::mem::take(&mut skip) || is_pseudo(word.text()) {
                continue;
            }
            if word.text() == "vnet" && self.scripts != Scripts::Nine {
                skip = true;
                continue;
            }
            words.push(word.clone());
        }
        words
    }

    fn is_auto(&mut self, interface: &str) -> bool {
        let arguments = self.arguments(interface, "");
        let word = arguments
            .words
            .iter()
            .find(|word| word.text().eq_ignore_ascii_case("noauto"));
        let Some(place) = word.map(|word| word.place) else {
            return true;
        };
        self.lose(place, &arguments.variable, LossReason::NoAuto);
        false
    }

    /// `ifn_start`
    fn start(&mut self, interface: &str, depth: usize) -> Flow {
        self.start_script(interface)?;
        self.ifconfig_up(interface)?;
        if self.scripts == Scripts::Nine || !carries_nothing(interface) {
            if self.scripts >= Scripts::Fifteen {
                self.inet6_up(interface)?;
                self.inet_up(interface)?;
            } else {
                self.inet_up(interface)?;
                self.inet6_up(interface)?;
            }
        }
        if self.scripts == Scripts::Nine {
            let ipx = self.interface_words("ifconfig_", interface, "_ipx");
            // The kernels of today's hosts have no IPX: `afexists ipx` fails.
            debug_assert!(ipx.is_none_or(|(name, _)| name.ends_with("_ipx")));
        }
        self.vlans(interface, depth)
    }

    fn start_script(&mut self, interface: &str) -> Flow {
        let scripts = &self.surroundings.start_scripts;
        let Some((_, text)) = scripts.iter().find(|(name, _)| *name == interface) else {
            return Ok(());
        };
        let mut commands = Commands::new(text.text(), false);
        let mut simple = Simple::default();
        loop {
            match commands.next(&mut simple, &mut Script) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(broken) => {
                    self.boot.end = Some(End::File(broken.kind, text.place(broken.at)));
                    return Err(Ended);
                }
            }
            let words: Vec<Word> = simple
                .words
                .iter()
                .map(|raw| Word::new(&raw.text, text.place(raw.start), raw.known))
                .collect();
            let program = words
                .first()
                .map_or(String::new(), |word| last_component(word.text()).to_owned());
            let place = text.place(simple.span.start);
            let command = BootCommand {
                words,
                variable: String::new(),
                place,
            };
            if program == "ifconfig" {
                self.push(command)?;
            } else if !command.words.is_empty() {
                self.boot.executed.push(command);
            }
        }
    }

    /// `ifconfig_up`, in the order of the version.
    fn ifconfig_up(&mut self, interface: &str) -> Flow {
        let nine = self.scripts == Scripts::Nine;
        let with_addresses = nine || !carries_nothing(interface);
        let mut configured = interface == "lo0";
        let arguments = self.arguments(interface, "");
        if with_addresses && !nine {
            self.inet6_options(interface)?;
        }
        let words = self.for_ifconfig(&arguments);
        if !words.is_empty() {
            self.evaluate(interface, words, &arguments.variable)?;
            configured = true;
        }
        if with_addresses {
            if nine {
                self.inet6_options(interface)?;
            }
            configured |= self.inet6_lines(interface)?;
        }
        self.aliases(interface, "link")?;
        self.aliases(interface, "ether")?;
        let variable = arguments.variable.clone();
        if self.scripts >= Scripts::Twelve {
            self.description(interface)?;
        }
        let wireless = arguments.has(&["wpa"]) || arguments.has(&["hostap"]);
        if configured && !(wireless && self.scripts >= Scripts::Twelve) {
            self.ifconfig_plain(interface, &["up"], &variable)?;
        }
        if wireless {
            let program = if arguments.has(&["wpa"]) {
                "wpa_supplicant"
            } else {
                "hostapd"
            };
            self.execute(&[program, "start", interface], &variable);
            configured = true;
        }
        if self.scripts >= Scripts::Thirteen && with_addresses {
            configured |= self.accept_advertisements(interface)?;
        }
        self.dhcp(interface, &arguments, configured)
    }

    fn dhcp(&mut self, interface: &str, arguments: &Arguments, configured: bool) -> Flow {
        let never = ["lo", "stf", "lp", "sl"]
            .iter()
            .any(|driver| has_unit(interface, driver))
            || (self.scripts <= Scripts::Ten && has_unit(interface, "faith"))
            || carries_nothing(interface);
        if never || !arguments.has(&["dhcp", "syncdhcp", "nosyncdhcp"]) {
            return Ok(());
        }
        if !configured {
            self.ifconfig_plain(interface, &["up"], &arguments.variable)?;
        }
        let first = arguments
            .words
            .iter()
            .map(|word| word.text().to_ascii_lowercase());
        let decided = first
            .filter(|word| matches!(word.as_str(), "syncdhcp" | "nosyncdhcp"))
            .map(|word| word == "syncdhcp");
        if decided
            .take(1)
            .next()
            .unwrap_or_else(|| self.is_yes("synchronous_dhclient"))
        {
            self.execute(&["dhclient", "start", interface], &arguments.variable);
        }
        Ok(())
    }

    fn description(&mut self, interface: &str) -> Flow {
        let Some((variable, words)) = self.interface_words("ifconfig_", interface, "_descr") else {
            return Ok(());
        };
        let Some(first) = words.first() else {
            return Ok(());
        };
        let text = words.iter().map(Word::text).collect::<Vec<_>>().join(" ");
        let words = [
            Word::new("description", first.place, true),
            Word::new(&text, first.place, first.known),
        ];
        self.ifconfig(interface, words, &variable)
    }

    /// Words that go through `eval` to `ifconfig`.
    fn evaluate(&mut self, interface: &str, words: Vec<Word>, variable: &str) -> Flow {
        let words = eval::unquoted(words, self.surroundings.root);
        let place = words
            .first()
            .map_or_else(|| self.place_of(variable), |word| word.place);
        let program = [
            Word::new("ifconfig", place, true),
            Word::new(interface, place, true),
        ];
        let positional = [interface];
        let seen = Seen {
            variables: self.variables,
            positional: &positional,
            root: self.surroundings.root,
        };
        let evaluated = eval::eval(&program, &words, &seen);
        let mut commands = self.side_effects(evaluated, variable)?.into_iter();
        if let Some(words) = commands.next().filter(|words| !words.is_empty()) {
            self.push(BootCommand {
                words,
                variable: variable.to_owned(),
                place: self.place_of(variable),
            })?;
        }
        self.executed(commands, variable);
        Ok(())
    }

    fn inet6_options(&mut self, interface: &str) -> Flow {
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
    fn inet6_lines(&mut self, interface: &str) -> Flow<bool> {
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

    fn inet_up(&mut self, interface: &str) -> Flow {
        if interface == "lo0"
            && self
                .interface_words("ifconfig_", interface, "")
                .is_none_or(|(_, words)| words.is_empty())
        {
            self.ifconfig_plain(interface, &["inet", "127.0.0.1/8", "alias"], "ifconfig_lo0")?;
        }
        self.aliases(interface, "inet")
    }

    fn inet6_up(&mut self, interface: &str) -> Flow {
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
    fn has_inet6(&self, interface: &str) -> bool {
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
    fn lose_inet6(&mut self, interface: &str) {
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
    fn prefixes(&mut self, interface: &str) -> Flow {
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
    fn accept_advertisements(&mut self, interface: &str) -> Flow<bool> {
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

    /// `childif_create`
    fn vlans(&mut self, interface: &str, depth: usize) -> Flow {
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

/// The scope of a `start_if.IF` script, whose own variables are not followed.
struct Script;

impl<'t> Scope<'t> for Script {
    fn find(&self, _: &str) -> Found<'_> {
        Found::Unknown
    }

    fn bind(&mut self, _: &'t str, _: RawWord<'t>, _: Binding, _: usize) {}
}
