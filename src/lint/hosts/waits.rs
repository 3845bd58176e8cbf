//! How long hosts wait for each other, and where their VIPs stand.

use std::net::IpAddr;

use super::{Hosts, LintHost, Member};
use crate::dialect::parse::{ShownMode, ShownVhid};
use crate::model::{AdvBase, AdvSkew, Mode, Place, VhidConfig, takeover_us, vrrp_takeover_us};

/// How long a host waits for a silent master of a vhid, in microseconds.
#[must_use]
pub fn wait_of(mode: &Mode) -> u64 {
    match mode {
        Mode::Carp {
            advbase, advskew, ..
        } => takeover_us(*advbase, *advskew),
        Mode::Vrrp { priority, interval } => vrrp_takeover_us(*interval, *priority),
    }
}

impl Hosts<'_> {
    /// How long a vhid of this host is without a master when the host falls silent: the longest time over its vhids that
    /// the quickest other host waits. `None` where no other host has one of them.
    #[must_use]
    pub fn peers_wait_us(&self, host: usize) -> Option<u64> {
        let of_group = |members: &[Member<'_>]| {
            members.iter().find(|member| member.host == host)?;
            let others = members.iter().filter(|member| member.host != host);
            others.map(|member| wait_of(&member.config.mode)).min()
        };
        self.groups()
            .iter()
            .filter_map(|group| of_group(&group.members))
            .max()
    }

    /// The longest time that a host waits for a silent master of one of its vhids.
    #[must_use]
    pub fn own_wait_us(&self, host: usize) -> Option<u64> {
        let vhids = self.configs[host].vhids.iter();
        vhids.map(|vhid| wait_of(&vhid.mode)).max()
    }
}

impl LintHost<'_> {
    /// Where the boot gives a vhid an address; the vhid where that is not to be seen.
    #[must_use]
    pub fn vip_place(&self, vhid: &VhidConfig, address: IpAddr) -> Option<Place> {
        let carrier = vhid
            .carp_unit
            .map_or_else(|| vhid.interface.to_string(), |unit| format!("carp{unit}"));
        let boot = self.boot();
        let on_it = boot
            .iter()
            .filter(|found| found.statement.interface.text() == carrier);
        let mut addresses = on_it.flat_map(|found| found.statement.addresses());
        addresses
            .find(|found| found.address == Some(address))
            .map(|found| found.word.place)
            .or_else(|| self.vhid_place(vhid.interface.as_str(), vhid.vhid))
    }
}

/// How long a host waits for a silent master of a vhid that saved output shows, in microseconds.
#[must_use]
pub fn wait_of_shown(shown: &ShownVhid) -> Option<u64> {
    match shown.mode {
        ShownMode::Carp {
            advbase, advskew, ..
        } => Some(takeover_us(
            AdvBase::new(advbase).ok()?,
            AdvSkew::new(advskew).ok()?,
        )),
        ShownMode::Vrrp { .. } => None,
    }
}
