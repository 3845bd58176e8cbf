//! The addresses in the files of a host: VIPs, own addresses, and how far the files can be trusted to name all.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::{LintHost, Source, SourceStatement};
use crate::dialect::parse::{Keyword, NotUnderstoodKind, interface_variable, is_carp_interface};
use crate::model::{Mode, Place, Vip, takeover_us};

/// An address in a command.
#[derive(Clone, Copy, Debug)]
pub struct PlacedAddress<'h> {
    /// The command.
    pub found: SourceStatement<'h>,
    /// The address, with the prefix length that is written.
    pub vip: Vip,
    /// Where it stands.
    pub place: Place,
}

impl<'h> PlacedAddress<'h> {
    /// The address without its prefix length.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.vip.address()
    }

    /// The interface of the command.
    #[must_use]
    pub fn interface(&self) -> &'h str {
        self.found.statement.interface.text()
    }

    /// It is in the subnet of this one.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        self.vip.net().contains(&address)
    }
}

/// A VIP, and the other places where the same is written.
pub type Written<'h> = (PlacedAddress<'h>, Vec<Place>);

impl Source {
    /// It runs at boot.
    #[must_use]
    pub const fn is_boot(self) -> bool {
        !matches!(self, Self::Live(_))
    }
}

impl LintHost<'_> {
    /// The VIPs of all sources: up to 9 the addresses of carp interfaces, from 10 on those in commands with `vhid`.
    #[must_use]
    pub fn vips(&self) -> Vec<PlacedAddress<'_>> {
        self.placed(|found| {
            if self.is_legacy() {
                is_carp_interface(found.statement.interface.text())
            } else {
                // A carp interface of a release that has none carries nothing: legacy-interface-after-9.
                found.statement.parameter(Keyword::Vhid).is_some()
                    && !is_carp_interface(found.statement.interface.text())
            }
        })
    }

    /// The VIPs, each once for an interface and a prefix length.
    #[must_use]
    pub fn written_vips(&self) -> Vec<Written<'_>> {
        let mut all: Vec<Written<'_>> = Vec::new();
        let mut known: BTreeMap<(String, Vip), usize> = BTreeMap::new();
        for vip in self.vips() {
            let key = (vip.interface().to_owned(), vip.vip);
            match known.get(&key) {
                Some(index) => all[*index].1.push(vip.place),
                None => {
                    known.insert(key, all.len());
                    all.push((vip, Vec::new()));
                }
            }
        }
        all
    }

    /// The addresses of all sources that stay on this host.
    #[must_use]
    pub fn own_addresses(&self) -> Vec<PlacedAddress<'_>> {
        self.placed(|found| {
            let is_link = found
                .statement
                .family
                .as_ref()
                .is_some_and(|word| word.family.is_none());
            !found.is_carp()
                && !is_link
                && !found.statement.interface.text().starts_with("lo")
                && found.statement.option("eui64").is_none()
        })
    }

    /// The own addresses of the boot.
    #[must_use]
    pub fn boot_addresses(&self) -> Vec<PlacedAddress<'_>> {
        let mut own = self.own_addresses();
        own.retain(|own| own.found.source.is_boot());
        own
    }

    /// The own addresses of the boot beside which a VIP is configured: those of its interface, up to 9 all.
    #[must_use]
    pub fn addresses_beside(&self, vip: &PlacedAddress<'_>) -> Vec<PlacedAddress<'_>> {
        let mut own = self.boot_addresses();
        own.retain(|own| self.is_legacy() || own.interface() == vip.interface());
        own
    }

    /// The first addresses of commands that add them.
    fn placed(&self, wanted: impl Fn(&SourceStatement<'_>) -> bool) -> Vec<PlacedAddress<'_>> {
        let mut all: Vec<PlacedAddress<'_>> = Vec::new();
        let mut known: BTreeSet<(Place, Vip)> = BTreeSet::new();
        for found in self.statements() {
            if found.statement.removes() || !wanted(&found) {
                continue;
            }
            let Some(address) = found.statement.addresses().next() else {
                continue;
            };
            let prefix = match &address.mask {
                Some(mask) => match mask.length() {
                    Some(length) => Some(length),
                    None => continue,
                },
                None => None,
            };
            let host = address.address.filter(|_| address.word.known);
            let Some(vip) = host.and_then(|host| Vip::new(host, prefix).ok()) else {
                continue;
            };
            let place = address.word.place;
            // A script of the boot stands among its commands as well.
            if known.insert((place, vip)) {
                all.push(PlacedAddress { found, vip, place });
            }
        }
        all
    }

    /// Everything that configures interfaces at boot was understood, so what is not there is not configured.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        let reading = &self.reading;
        let skipped = reading.variables.not_understood().iter().any(|skipped| {
            let touches = |name: &&str| {
                [
                    "ifconfig_",
                    "ipv4_addrs_",
                    "cloned_interfaces",
                    "vlans_",
                    "network_interfaces",
                ]
                .iter()
                .any(|prefix| name.starts_with(prefix))
            };
            skipped.kind == NotUnderstoodKind::Sources || skipped.names.iter().any(touches)
        });
        let boot = self.boot();
        let odd = boot.iter().any(|found| {
            let mut addresses = found.statement.addresses();
            addresses.any(|address| address.address.is_none() || !address.word.known)
        });
        reading.variables.stop().is_none() && reading.boot.end.is_none() && !skipped && !odd
    }

    /// The words that ask for a lease, by interface.
    #[must_use]
    pub fn leases(&self) -> Vec<(&str, Place)> {
        let variables = &self.reading.variables;
        let asks = |interface: &&str| {
            let name = format!("ifconfig_{}", interface_variable(interface));
            let set = variables
                .get(&name)
                .or_else(|| variables.get("ifconfig_DEFAULT"))?;
            let mut words = variables.words(set).into_iter();
            words.find(|word| {
                ["dhcp", "syncdhcp", "nosyncdhcp"]
                    .iter()
                    .any(|lease| word.text().eq_ignore_ascii_case(lease))
            })
        };
        let interfaces = self.reading.boot.interfaces.iter().map(String::as_str);
        interfaces
            .filter(|name| !name.starts_with("lo") && !is_carp_interface(name))
            .filter_map(|name| Some((name, asks(&name)?.place)))
            .collect()
    }

    /// How long this host waits for a silent master of a vhid, in microseconds.
    #[must_use]
    pub fn takeover_us(&self, interface: &str, vhid: i64) -> Option<u64> {
        let vhids = &self.reading.config.vhids;
        let found = vhids.iter().find(|config| {
            i64::from(config.vhid.number()) == vhid
                && (self.is_legacy() || config.interface.as_str() == interface)
        })?;
        match found.mode {
            Mode::Carp {
                advbase, advskew, ..
            } => Some(takeover_us(advbase, advskew)),
            Mode::Vrrp { .. } => None,
        }
    }

    /// A script does one thing or another, so its commands do not follow each other.
    #[must_use]
    pub fn branches(&self, source: Source) -> bool {
        let (Source::Live(file) | Source::BootScript(file)) = source else {
            return false;
        };
        let text = self
            .files
            .get(usize::from(file.0))
            .map_or("", |file| file.text);
        text.split(|c: char| c.is_whitespace() || c == ';')
            .any(|word| {
                matches!(word, "else" | "elif" | "case" | "||" | "for" | "while")
                    || word.contains("()")
            })
    }
}

/// The vhid of a command in words.
#[must_use]
pub fn label(found: &SourceStatement<'_>) -> String {
    let interface = found.statement.interface.text();
    match found.vhid() {
        Some(vhid) if !is_carp_interface(interface) => format!("vhid {vhid} on {interface}"),
        _ => interface.to_owned(),
    }
}
