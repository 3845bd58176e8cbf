//! One vhid on a host.

use std::net::IpAddr;
use std::sync::Arc;

use super::super::auth::{AuthKey, Authenticator};
use super::super::family::Family;
use super::super::kernel::Kernel;
use super::super::machine::State;
use super::super::wire::VrrpPacket;
use super::spec::{Destinations, Protocol, VhidSpec};

/// What the kernel keeps of a vhid (`struct carp_softc` in `sys/netinet/ip_carp.c`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in super::super) struct VhidState {
    pub(super) state: State,
    pub(super) speaks: Speaks,
    /// The number of its digest input, given by the driver.
    pub(super) identity: u32,
    /// How many addresses it has of each family.
    pub(super) v4: u16,
    pub(super) v6: u16,
    pub(super) interface: u16,
    pub(super) vhid: u8,
    /// 9.x: the carp interface is up, and was when the parent went down.
    pub(super) up: bool,
    pub(super) up_before: bool,
    /// 9.x: `IFF_DRV_RUNNING` of the carp interface.
    pub(super) running: bool,
    /// It was removed with its last address; its place stays.
    pub(super) gone: bool,
    /// It demotes the host, as its interface is down.
    pub(super) suppressed: bool,
    pub(super) send_errors: u32,
    pub(super) send_successes: u32,
    /// The counter of the last advertisement seen or sent; `None` until one was seen.
    pub(super) counter: Option<u64>,
    /// What the packet path does not read.
    pub(super) setup: Box<VhidSetup>,
}

/// What a vhid is configured with, but for the numbers of its protocol. It stands apart, so that what every packet reads
/// of a thousand vhids stays close together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in super::super) struct VhidSetup {
    pub(super) key: AuthKey,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) destinations: Destinations,
    pub(super) authenticator: Arc<Authenticator>,
}

/// The numbers of the protocol that the vhid speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in super::super) enum Speaks {
    Carp {
        advbase: u8,
        advskew: u8,
    },
    Vrrp {
        priority: u8,
        interval_cs: u16,
        /// The interval of the last router heard (`sc_vrrp_master_inter`).
        master_interval_cs: u16,
    },
}

/// `VRRP_DEFAULT_INTERVAL` in FreeBSD 15 `sys/netinet/ip_carp.h`; the wait starts from it, whatever the interval.
const DEFAULT_INTERVAL_CS: u16 = 100;

impl VhidState {
    /// A new vhid without addresses, in INIT (`carp_alloc`).
    pub(super) fn new(spec: &VhidSpec, kernel: &Kernel) -> Self {
        let (speaks, key, destinations) = match spec.protocol {
            Protocol::Carp {
                advbase,
                advskew,
                key,
                destinations,
            } => {
                // 0 leaves the default of one second; 9.x stores it beside a skew.
                let zero_counts = kernel.carp_interfaces && advskew > 0;
                let advbase = if advbase == 0 && !zero_counts {
                    1
                } else {
                    advbase
                };
                (Speaks::Carp { advbase, advskew }, key, destinations)
            }
            Protocol::Vrrp {
                priority,
                interval_cs,
            } => {
                let speaks = Speaks::Vrrp {
                    priority,
                    interval_cs,
                    master_interval_cs: DEFAULT_INTERVAL_CS,
                };
                (speaks, AuthKey::EMPTY, Destinations::default())
            }
        };
        let key = if kernel.keeps_key_on_nul && key.starts_with_nul() {
            AuthKey::EMPTY
        } else {
            key
        };
        Self {
            state: State::Init,
            speaks,
            identity: 0,
            v4: 0,
            v6: 0,
            interface: spec.interface,
            vhid: spec.vhid,
            up: false,
            up_before: false,
            running: false,
            gone: false,
            suppressed: false,
            send_errors: 0,
            send_successes: 0,
            counter: None,
            setup: Box::new(VhidSetup {
                key,
                addresses: Vec::new(),
                destinations,
                authenticator: Arc::new(Authenticator::new(
                    key,
                    spec.vhid,
                    &[],
                    kernel.address_order,
                )),
            }),
        }
    }

    /// Prepares the digest after a change (`carp_hmac_prepare`).
    pub(super) fn prepare(&mut self, kernel: &Kernel) {
        let setup = &mut *self.setup;
        setup.authenticator = Arc::new(Authenticator::new(
            setup.key,
            self.vhid,
            &setup.addresses,
            kernel.address_order,
        ));
    }

    pub(super) const fn has(&self, family: Family) -> bool {
        match family {
            Family::Inet => self.v4 > 0,
            Family::Inet6 => self.v6 > 0,
        }
    }

    pub(super) fn count(&mut self, family: Family) -> &mut u16 {
        match family {
            Family::Inet => &mut self.v4,
            Family::Inet6 => &mut self.v6,
        }
    }

    pub(super) const fn destination(&self, family: Family) -> IpAddr {
        match family {
            Family::Inet => IpAddr::V4(self.setup.destinations.v4),
            Family::Inet6 => IpAddr::V6(self.setup.destinations.v6),
        }
    }

    /// The length of the packet behind the IP header.
    pub(super) fn payload_length(&self, family: Family) -> u16 {
        match (self.speaks, family) {
            (Speaks::Carp { .. }, _) => 36,
            (Speaks::Vrrp { .. }, Family::Inet) => vrrp_length(self.v4.saturating_mul(4)),
            (Speaks::Vrrp { .. }, Family::Inet6) => vrrp_length(self.v6.saturating_mul(16)),
        }
    }
}

const fn vrrp_length(addresses: u16) -> u16 {
    addresses.saturating_add(VrrpPacket::LEN as u16)
}
