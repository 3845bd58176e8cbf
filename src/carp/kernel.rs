//! How the kernels of FreeBSD differ, as data.

use super::auth::AddressOrder;
use super::machine::Reason;

/// What one kernel generation does. The machine is the same for all; this says which of its ways it takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Kernel {
    /// The release family, such as `9` or `13`.
    pub name: &'static str,
    /// CARP is an interface `carpN` of its own that can be up or down, and demotion is a count of problems.
    pub carp_interfaces: bool,
    /// The skew that a demoted host competes with.
    pub demotion: DemotionRule,
    /// What failing and succeeding sends do to the demotion.
    pub send_errors: SendErrorRule,
    /// What `net.inet.carp.allow=0` does.
    pub allow: AllowRule,
    /// The order of the checks of a received packet.
    pub receive: ReceiveRule,
    /// A packet with vhid 0 from one of the host's own VIPs is dropped as looped (r310847, FreeBSD 12).
    pub drops_loops: bool,
    /// Advertisements carry `net.inet.carp.dscp`; before, the IPv4 TOS is 0x10 and the IPv6 class 0.
    pub has_dscp: bool,
    /// The vhid can have unicast peers (`SIOCSVH` and netlink of FreeBSD 14).
    pub has_peers: bool,
    /// The vhid can speak VRRPv3 (commit 37115154, FreeBSD 15).
    pub has_vrrp: bool,
    /// Setting a key whose first byte is 0 keeps the old one.
    pub keeps_key_on_nul: bool,
    /// Setting anything starts the running timer of the vhid anew (`SIOCSVH` of 9.3 ends in `carp_setrun`).
    pub restarts_timers: bool,
    /// The order in which addresses are hashed.
    pub address_order: AddressOrder,
    /// The words of the kernel's log for the causes of transitions.
    pub log: LogStyle,
}

/// The skew that a demoted host competes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DemotionRule {
    /// At least 240 while any problem is counted (`carp_suppress_preempt` in 9.3 `sys/netinet/ip_carp.c`).
    AtLeast240,
    /// Skew and demotion added, at most 240, and nothing keeps them from being negative: the byte on the wire wraps
    /// (`DEMOTE_ADVSKEW` up to 13.0).
    AddedUnbounded,
    /// Skew and demotion added, from 0 to 240 (PR 259528; 14 and 15).
    AddedClamped,
}

/// What failing and succeeding sends do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SendErrorRule {
    /// Three errors in a row count as one problem, three good sends in a row take it back (`carp_send_ad_locked`
    /// in 9.3).
    Counted,
    /// Three errors in a row demote; the first good send forgets them, and the demotion stays for ever
    /// (`carp_send_ad_error` up to 13.0).
    Forgotten,
    /// Errors add up to a demotion at the third, and three good sends in a row clear them and take it back
    /// (PR 260499; 14 and 15).
    Recovering,
}

/// What `net.inet.carp.allow=0` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AllowRule {
    /// Advertisements are not heard; a backup becomes a second master (up to 11).
    Deaf,
    /// The vhids go to INIT, and each demotes the host (12 and later).
    Init,
}

/// The order of the checks of a received packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReceiveRule {
    /// Any vhid on the interface, TTL, length, checksum, running vhid, version, digest (`carp_input` in 9.3).
    Legacy,
    /// TTL, length, checksum, vhid with an address of the family, version, digest (10 to 13).
    TtlFirst,
    /// Length, checksum, vhid, version, TTL, digest. The TTL of IPv4 counts where the *last* octet of the vhid's
    /// destination looks like a multicast address: the test is made in network order on little-endian machines
    /// (PR 284872; 14).
    TtlByLastOctet,
    /// Length, version, checksum over the whole payload of IPv4, vhid, its mode, TTL where the destination is
    /// multicast, digest (15).
    VersionFirst,
}

/// The words of the kernel's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogStyle {
    /// Only what an advertisement causes is logged (9.3 `carp_input_c`).
    Legacy,
    /// 10.x has "master down" for the timer and "master timed out" for a slow master.
    Ten,
    /// 11 and later.
    Modern,
}

impl Kernel {
    /// FreeBSD 9.3 and older releases with `carpN` interfaces.
    pub const LEGACY: Self = Self {
        name: "9",
        carp_interfaces: true,
        demotion: DemotionRule::AtLeast240,
        send_errors: SendErrorRule::Counted,
        allow: AllowRule::Deaf,
        receive: ReceiveRule::Legacy,
        drops_loops: false,
        has_dscp: false,
        has_peers: false,
        has_vrrp: false,
        keeps_key_on_nul: false,
        restarts_timers: true,
        address_order: AddressOrder::Sorted,
        log: LogStyle::Legacy,
    };

    /// FreeBSD 10, the first release with the vhid on the address.
    pub const R10: Self = Self {
        name: "10",
        carp_interfaces: false,
        demotion: DemotionRule::AddedUnbounded,
        send_errors: SendErrorRule::Forgotten,
        receive: ReceiveRule::TtlFirst,
        keeps_key_on_nul: true,
        restarts_timers: false,
        log: LogStyle::Ten,
        ..Self::LEGACY
    };

    /// FreeBSD 11.
    pub const R11: Self = Self {
        name: "11",
        has_dscp: true,
        log: LogStyle::Modern,
        ..Self::R10
    };

    /// FreeBSD 12.
    pub const R12: Self = Self {
        name: "12",
        allow: AllowRule::Init,
        drops_loops: true,
        ..Self::R11
    };

    /// FreeBSD 13.0.
    pub const R13: Self = Self {
        name: "13",
        ..Self::R12
    };

    /// FreeBSD 13 with the send errors of 14 (PR 260499, probably from 13.1 on).
    pub const R13_RECOVERING: Self = Self {
        send_errors: SendErrorRule::Recovering,
        ..Self::R13
    };

    /// FreeBSD 14.
    pub const R14: Self = Self {
        name: "14",
        demotion: DemotionRule::AddedClamped,
        receive: ReceiveRule::TtlByLastOctet,
        has_peers: true,
        ..Self::R13_RECOVERING
    };

    /// FreeBSD 15.
    pub const R15: Self = Self {
        name: "15",
        receive: ReceiveRule::VersionFirst,
        has_vrrp: true,
        ..Self::R14
    };

    /// The skew that a CARP vhid advertises and compares with (`DEMOTE_ADVSKEW` in `sys/netinet/ip_carp.c`).
    #[must_use]
    pub fn effective_skew(&self, advskew: u8, demotion: i32) -> i32 {
        const MAX: i32 = 240;
        let skew = i32::from(advskew);
        match self.demotion {
            DemotionRule::AtLeast240 if demotion > 0 => skew.max(MAX),
            DemotionRule::AtLeast240 => skew,
            DemotionRule::AddedUnbounded => skew.wrapping_add(demotion).min(MAX),
            DemotionRule::AddedClamped => skew.wrapping_add(demotion).clamp(0, MAX),
        }
    }

    /// What the kernel logs for a cause, if it logs it.
    #[must_use]
    pub const fn log_text(&self, reason: Reason) -> Option<&'static str> {
        use LogStyle::{Legacy, Modern, Ten};
        Some(match (reason, self.log) {
            (Reason::FasterMaster, _) => "more frequent advertisement received",
            (Reason::SlowerMaster, _) => "preempting a slower master",
            (Reason::MasterWillTimeOut, Legacy | Ten) | (Reason::MasterTimedOut, Modern) => {
                "master timed out"
            }
            (Reason::MasterWillTimeOut, Modern) => "master will time out",
            (_, Legacy) => return None,
            (Reason::MasterTimedOut, Ten) => "master down",
            (Reason::Initialized, _) => "initialization complete",
            (Reason::InterfaceDown, _) => "hardware interface down",
            (Reason::InterfaceUp, _) => "hardware interface up",
            (Reason::Requested, _) => "user requested via ifconfig",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_generation_bounds_the_skew_in_its_way() {
        let of = |kernel: &Kernel, skew, demotion| kernel.effective_skew(skew, demotion);
        assert_eq!(of(&Kernel::LEGACY, 254, 0), 254);
        assert_eq!(of(&Kernel::LEGACY, 10, 1), 240);
        assert_eq!(of(&Kernel::LEGACY, 250, 3), 250);
        assert_eq!(of(&Kernel::R13, 254, 0), 240);
        assert_eq!(of(&Kernel::R13, 0, -1), -1);
        assert_eq!(of(&Kernel::R14, 0, -1), 0);
        assert_eq!(of(&Kernel::R15, 100, 140), 240);
    }

    #[test]
    fn the_log_of_10_swaps_two_texts() {
        let ten = |reason| Kernel::R10.log_text(reason);
        assert_eq!(ten(Reason::MasterTimedOut), Some("master down"));
        assert_eq!(ten(Reason::MasterWillTimeOut), Some("master timed out"));
        assert_eq!(Kernel::LEGACY.log_text(Reason::MasterTimedOut), None);
    }
}
