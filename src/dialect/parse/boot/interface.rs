//! One interface: `ifn_start`, `ifconfig_up` and what they call.

use super::super::shell::Binding;
use super::super::shell::{Commands, Found, RawWord, Scope, Simple};
use super::super::word::Word;
use super::eval::{self, Seen};
use super::{BootCommand, End, Ended, Flow, LossReason, Run, Scripts};

/// The interface carries no addresses (`noafif`).
pub(super) fn carries_nothing(interface: &str) -> bool {
    const DRIVERS: [&str; 13] = [
        "pflog", "pfsync", "usbus", "an", "ath", "ipw", "ipfw", "iwi", "iwn", "ral", "wi", "wl",
        "wpi",
    ];
    DRIVERS.iter().any(|driver| has_unit(interface, driver))
}

/// `driver[0-9]*`
pub(super) fn has_unit(interface: &str, driver: &str) -> bool {
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
pub(super) struct Arguments {
    pub(super) variable: String,
    pub(super) words: Vec<Word>,
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

impl Run<'_, '_> {
    /// `_ifconfig_getargs`: `ifconfig_DEFAULT` stands in, and is evaluated on its way.
    pub(super) fn arguments(&self, interface: &str, suffix: &str) -> Arguments {
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
    pub(super) fn for_ifconfig(&self, arguments: &Arguments) -> Vec<Word> {
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

    pub(super) fn is_auto(&mut self, interface: &str) -> bool {
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
    pub(super) fn start(&mut self, interface: &str, depth: usize) -> Flow {
        self.charge(64);
        self.go_on()?;
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
    pub(super) fn evaluate(&mut self, interface: &str, words: Vec<Word>, variable: &str) -> Flow {
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
        self.executed(commands, variable)
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
}

/// The scope of a `start_if.IF` script, whose own variables are not followed.
struct Script;

impl<'t> Scope<'t> for Script {
    fn find(&self, _: &str) -> Found<'_> {
        Found::Unknown
    }

    fn bind(&mut self, _: &'t str, _: RawWord<'t>, _: Binding, _: usize) {}
}
