//! Where the files of a host do not tell for certain what it has: other rules say so, or nobody can.

use std::net::IpAddr;

use super::views::View;
use super::{Hosts, LintHost, Member};
use crate::dialect::parse::{Item, NotUnderstoodKind, ParameterValue, Statement};
use crate::model::{Key, Mode, Place, Secret};

impl LintHost<'_> {
    /// The boot files were read to their end, and all that they set is known.
    pub(in crate::lint) fn is_read_to_the_end(&self) -> bool {
        let variables = &self.reading.variables;
        let hidden = variables.not_understood().iter().any(|found| {
            let mut names = found.names.iter();
            found.kind == NotUnderstoodKind::Sources
                || names.any(|name| name.starts_with("ifconfig_"))
        });
        self.reading.boot.end.is_none() && variables.stop().is_none() && !hidden
    }

    /// A text of the boot that has no effect names the vhid.
    fn loses_vhid(&self, number: i64) -> bool {
        let variables = &self.reading.variables;
        let names_it = |text: &str| {
            let words: Vec<&str> = text.split_ascii_whitespace().collect();
            words
                .windows(2)
                .any(|pair| pair[0] == "vhid" && pair[1].parse() == Ok(number))
        };
        self.reading.boot.losses.iter().any(|loss| {
            let assignment = variables.get(&loss.variable);
            assignment.is_some_and(|assignment| names_it(assignment.value.text()))
        })
    }

    /// The address stands somewhere in the files of the host, in whatever role.
    pub(in crate::lint) fn mentions(&self, address: IpAddr) -> bool {
        let statements = self.statements();
        let mut in_commands = statements
            .iter()
            .flat_map(|found| found.statement.addresses());
        let config = &self.reading.config;
        let shown = self.reading.shown_interfaces.iter();
        let text = address.to_string();
        let lost = self.reading.boot.losses.iter();
        in_commands.any(|found| found.address == Some(address))
            || config.interfaces.iter().any(|own| {
                let mut nets = own.addresses.iter();
                nets.any(|net| net.addr() == address)
            })
            || config
                .vhids
                .iter()
                .any(|vhid| vhid.vips.iter().any(|vip| vip.address() == address))
            || shown
                .flat_map(|shown| &shown.addresses)
                .any(|found| found.address == address)
            || lost
                .filter_map(|loss| self.reading.variables.get(&loss.variable))
                .any(|assignment| assignment.value.text().contains(&text))
    }

    /// A word of the statement was rejected, or something beside it went wrong.
    fn is_rejected(&self, statement: &Statement) -> bool {
        let within = |place: Place| {
            statement.place == place
                || statement.interface.place == place
                || statement.items.iter().any(|item| {
                    let value = match item {
                        Item::Parameter(parameter) => Some(parameter.value_place()),
                        _ => None,
                    };
                    item.place() == place || value == Some(place)
                })
        };
        self.reading
            .rejected
            .iter()
            .any(|rejected| within(rejected.place))
    }

    /// A value that the variable is made of is not set anywhere, or comes from a command.
    pub(in crate::lint) fn is_made_of_unknowns(&self, variable: &str) -> bool {
        let assignment = self.reading.variables.get(variable);
        assignment.is_some_and(|assignment| {
            let references = assignment.value.references();
            !assignment.value.is_known() || references.iter().any(|reference| !reference.is_set)
        })
    }
}

impl Hosts<'_> {
    /// All addresses of the vhid on this host are known.
    pub(in crate::lint) fn knows_addresses(&self, view: View, member: &Member<'_>) -> bool {
        if view != View::Boot {
            return true;
        }
        let host = &self.hosts[member.host];
        let number = i64::from(member.config.vhid.number());
        let boot = host.boot();
        let mut own = boot.iter().filter(|found| {
            found.vhid() == Some(number) || found.vhid().is_none() && found.is_carp()
        });
        host.is_read_to_the_end()
            && !host.loses_vhid(number)
            && !own.any(|found| {
                host.is_rejected(found.statement) || host.is_made_of_unknowns(found.variable)
            })
    }

    /// The key of the vhid on this host, as far as it counts; `None` where it is not known, or where another rule says
    /// why it is wrong.
    pub(in crate::lint) fn effective_key(
        &self,
        view: View,
        member: &Member<'_>,
    ) -> Option<Vec<u8>> {
        let Mode::Carp { key, .. } = &member.config.mode else {
            return None;
        };
        let host = &self.hosts[member.host];
        let own = self.statements_of(view, member);
        let doubtful = own.iter().any(|found| {
            let odd = found.statement.unknown().next().is_some();
            odd || host.is_made_of_unknowns(found.variable)
        });
        if doubtful
            || !self.is_literal(view, member)
            || view == View::Boot && !host.is_read_to_the_end()
        {
            return None;
        }
        match key {
            None => Some(Vec::new()),
            Some(Key::Text(secret)) => Some(counting_bytes(secret)),
            Some(_) => None,
        }
    }

    /// No command of the vhid takes its key from where only a running host can look.
    fn is_literal(&self, view: View, member: &Member<'_>) -> bool {
        let host = &self.hosts[member.host];
        let keys = self.statements_of(view, member);
        let places = keys.iter().flat_map(|found| {
            found
                .statement
                .parameters()
                .filter_map(|parameter| match parameter.value {
                    ParameterValue::Key(_, place) => Some(place),
                    _ => None,
                })
        });
        let places: Vec<Place> = places.collect();
        let boot = host.reading.boot.commands.iter().map(|c| &c.words);
        let scripts = host.reading.scripts.iter();
        let live = scripts.flat_map(|script| script.script.commands.iter().map(|c| &c.words));
        let mut words = boot.chain(live).flatten();
        !words.any(|word| !word.known && places.contains(&word.place))
    }
}

/// The bytes of a key that count.
pub(in crate::lint) fn counting_bytes(secret: &Secret) -> Vec<u8> {
    let bytes = secret.expose().bytes();
    bytes.take(Secret::EFFECTIVE_BYTES).collect()
}
