//! What a simulation shows to who watches it, as plain data.

use std::net::{IpAddr, Ipv4Addr};

use crate::carp::{DropReason, Family, Instant, Reason, Refusal, Says, State};

use super::setup::{HostId, SegmentId};

/// What was running when something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The host was booting.
    Boot,
    /// An event of the scenario.
    Event,
    /// A timer.
    Timer,
    /// A received advertisement.
    Packet,
    /// The deferred advertisement of all masters.
    Task,
}

impl Cause {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Boot => "boot",
            Self::Event => "event",
            Self::Timer => "timer",
            Self::Packet => "packet",
            Self::Task => "task",
        }
    }
}

/// A vhid changed its state. What happens inside one boot is one change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TransitionRecord {
    /// When.
    pub at: Instant,
    /// The host.
    pub host: HostId,
    /// Its interface.
    pub interface: u16,
    /// The vhid.
    pub vhid: u8,
    /// The state before.
    pub from: State,
    /// The state after.
    pub to: State,
    /// Why.
    pub reason: Reason,
    /// What the kernel logs of it, if it does.
    pub text: Option<&'static str>,
    /// What was running.
    pub cause: Cause,
}

/// An advertisement left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AdvertisementRecord {
    /// When.
    pub at: Instant,
    /// The sender.
    pub host: HostId,
    /// Its interface.
    pub interface: u16,
    /// The vhid.
    pub vhid: u8,
    /// The address family.
    pub family: Family,
    /// What it says.
    pub says: Says,
}

/// Gratuitous ARP or an unsolicited neighbour advertisement left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AnnouncementRecord {
    /// When.
    pub at: Instant,
    /// The sender.
    pub host: HostId,
    /// Its interface.
    pub interface: u16,
    /// The vhid.
    pub vhid: u8,
    /// The address announced.
    pub address: IpAddr,
}

/// The demotion of a host changed: `net.inet.carp.demotion`, or the count of problems of 9.x.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DemotionRecord {
    /// When.
    pub at: Instant,
    /// The host.
    pub host: HostId,
    /// The value now.
    pub value: i32,
}

/// Who answered an ARP request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ArpRecord {
    /// When.
    pub at: Instant,
    /// The segment.
    pub segment: SegmentId,
    /// The address asked for.
    pub target: Ipv4Addr,
    /// Who asked.
    pub client: Ipv4Addr,
    /// Which hosts answered, and for which vhid.
    pub answers: Vec<(HostId, u8)>,
}

/// A host dropped a received advertisement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DropRecord {
    /// When.
    pub at: Instant,
    /// The receiver.
    pub host: HostId,
    /// Its interface.
    pub interface: u16,
    /// The address family.
    pub family: Family,
    /// The counter that went up.
    pub reason: DropReason,
}

/// A kernel refused what an administrator did; nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RefusalRecord {
    /// When.
    pub at: Instant,
    /// The host.
    pub host: HostId,
    /// Its answer.
    pub refusal: Refusal,
}

/// A host was powered on or off, or paused or continued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PowerRecord {
    /// When.
    pub at: Instant,
    /// The host.
    pub host: HostId,
    /// What it is now.
    pub power: Power,
}

/// Whether a host runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Power {
    /// No.
    Off,
    /// Yes.
    On,
    /// Its virtual machine is paused.
    Suspended,
}

/// A frame as a capture shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameRecord<'a> {
    /// When it left.
    pub at: Instant,
    /// The segment it is on.
    pub segment: SegmentId,
    /// The sender.
    pub host: HostId,
    /// Its bytes from the Ethernet header on.
    pub bytes: &'a [u8],
}

/// What a vhid was at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FinalRecord {
    /// The host.
    pub host: HostId,
    /// Its interface.
    pub interface: u16,
    /// The vhid.
    pub vhid: u8,
    /// Its state.
    pub state: FinalState,
}

/// The state of a vhid at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FinalState {
    /// The host is off.
    Off,
    /// The vhid does not exist any more.
    None,
    /// The host runs, or is paused.
    Is(State),
}

impl FinalState {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Off => "OFF",
            Self::None => "NONE",
            Self::Is(state) => state.word(),
        }
    }
}

/// Watches a simulation. Nothing is kept unless an observer keeps it, so the memory of a run does not grow with simulated
/// time. Everything comes in the order in which it happens.
pub trait Observer {
    /// A vhid changed its state.
    fn transition(&mut self, _record: &TransitionRecord) {}
    /// An advertisement left.
    fn advertisement(&mut self, _record: &AdvertisementRecord) {}
    /// An address was announced.
    fn announcement(&mut self, _record: &AnnouncementRecord) {}
    /// The demotion of a host changed.
    fn demotion(&mut self, _record: &DemotionRecord) {}
    /// An ARP request was answered, or not.
    fn arp(&mut self, _record: &ArpRecord) {}
    /// An advertisement was dropped by its receiver.
    fn dropped(&mut self, _record: &DropRecord) {}
    /// A command of the scenario was refused.
    fn refused(&mut self, _record: &RefusalRecord) {}
    /// A host came, went or paused.
    fn power(&mut self, _record: &PowerRecord) {}
    /// Bytes of frames are wanted; they cost a digest each.
    fn wants_frames(&self) -> bool {
        false
    }
    /// A frame left. Only called if wanted.
    fn frame(&mut self, _record: &FrameRecord<'_>) {}
}

/// Watches nothing.
impl Observer for () {}

/// Two that watch the same run, the first one first.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn transition(&mut self, record: &TransitionRecord) {
        self.0.transition(record);
        self.1.transition(record);
    }
    fn advertisement(&mut self, record: &AdvertisementRecord) {
        self.0.advertisement(record);
        self.1.advertisement(record);
    }
    fn announcement(&mut self, record: &AnnouncementRecord) {
        self.0.announcement(record);
        self.1.announcement(record);
    }
    fn demotion(&mut self, record: &DemotionRecord) {
        self.0.demotion(record);
        self.1.demotion(record);
    }
    fn arp(&mut self, record: &ArpRecord) {
        self.0.arp(record);
        self.1.arp(record);
    }
    fn dropped(&mut self, record: &DropRecord) {
        self.0.dropped(record);
        self.1.dropped(record);
    }
    fn refused(&mut self, record: &RefusalRecord) {
        self.0.refused(record);
        self.1.refused(record);
    }
    fn power(&mut self, record: &PowerRecord) {
        self.0.power(record);
        self.1.power(record);
    }
    fn wants_frames(&self) -> bool {
        self.0.wants_frames() || self.1.wants_frames()
    }
    fn frame(&mut self, record: &FrameRecord<'_>) {
        self.0.frame(record);
        self.1.frame(record);
    }
}

/// Keeps all that reports show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Changes of state.
    pub transitions: Vec<TransitionRecord>,
    /// Advertisements, where they are kept.
    pub advertisements: Vec<AdvertisementRecord>,
    /// Announcements.
    pub announcements: Vec<AnnouncementRecord>,
    /// Demotions.
    pub demotions: Vec<DemotionRecord>,
    /// ARP answers.
    pub arp: Vec<ArpRecord>,
    /// Commands that were refused.
    pub refusals: Vec<RefusalRecord>,
    /// Hosts that came and went.
    pub power: Vec<PowerRecord>,
    /// Advertisements are kept too.
    pub keeps_advertisements: bool,
}

impl Trace {
    /// Keeps advertisements too, of which there are many.
    #[must_use]
    pub fn with_advertisements() -> Self {
        Self {
            keeps_advertisements: true,
            ..Self::default()
        }
    }
}

impl Observer for Trace {
    fn transition(&mut self, record: &TransitionRecord) {
        self.transitions.push(*record);
    }
    fn advertisement(&mut self, record: &AdvertisementRecord) {
        if self.keeps_advertisements {
            self.advertisements.push(*record);
        }
    }
    fn announcement(&mut self, record: &AnnouncementRecord) {
        self.announcements.push(*record);
    }
    fn demotion(&mut self, record: &DemotionRecord) {
        self.demotions.push(*record);
    }
    fn arp(&mut self, record: &ArpRecord) {
        self.arp.push(record.clone());
    }
    fn refused(&mut self, record: &RefusalRecord) {
        self.refusals.push(*record);
    }
    fn power(&mut self, record: &PowerRecord) {
        self.power.push(*record);
    }
}
