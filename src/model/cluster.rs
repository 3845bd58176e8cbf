//! The intent: nodes, segments, vhids and who is to serve them in which order.

use std::collections::BTreeMap;

use super::{
    AdvBase, AdvSkew, ClusterName, GroupName, HostName, IfName, Key, OwnAddress, Release, Route,
    SegmentName, Sysctl, Vhid, VhidName, Vip, VrrpInterval, VrrpPriority,
};

/// A whole cluster as described. Every value in it is in range; nodes and vhids keep the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Its name.
    pub name: ClusterName,
    /// `net.inet.carp.preempt` on every host.
    pub preempt: bool,
    /// `net.inet.carp.arpbalance` on every host of release 9.
    pub arpbalance: bool,
    /// Further sysctls for every host.
    pub sysctls: Vec<Sysctl>,
    /// The segments: those with a table of their own first, then those that nodes name.
    pub segments: Vec<Segment>,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The groups of vhids that move together.
    pub groups: Vec<Group>,
    /// The vhids.
    pub vhids: Vec<VhidSpec>,
    /// Severities by rule, by the name or code that the description uses.
    pub lint: Vec<(String, LintLevel)>,
    /// The properties that every failure must keep.
    pub properties: Vec<Property>,
}

/// One layer-2 network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its name.
    pub name: SegmentName,
    /// Its subnets, where they are listed.
    pub subnets: Vec<OwnAddress>,
    /// Group numbers that strangers use there.
    pub reserved: Vec<Vhid>,
    /// Where it is described: its table, or the first interface that names it.
    pub route: Route,
}

/// What gives the rights of root after login.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PrivilegeCommand {
    /// The login is root's.
    #[default]
    None,
    /// `doas(1)`
    Doas,
    /// `sudo(8)`
    Sudo,
}

/// The file that boot lines go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RcTarget {
    /// `/etc/rc.conf`
    #[default]
    RcConf,
    /// `/etc/rc.conf.d/network`, which only root can read. Both generations of `rc.d/netif` load it.
    Network,
}

impl RcTarget {
    /// The file's path on a host.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::RcConf => "/etc/rc.conf",
            Self::Network => "/etc/rc.conf.d/network",
        }
    }
}

/// A machine of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: HostName,
    /// What it runs.
    pub release: Release,
    /// Where `ssh(1)` reaches it.
    pub ssh: String,
    /// What gives root's rights there.
    pub become_root: PrivilegeCommand,
    /// Where its boot lines go.
    pub rc_target: RcTarget,
    /// Why it is out of service, if it is.
    pub away: Option<String>,
    /// Its other cloned interfaces (release 9).
    pub cloned_interfaces: Vec<IfName>,
    /// Its interfaces, at most one in a segment.
    pub interfaces: Vec<NodeInterface>,
    /// Its table.
    pub route: Route,
}

impl Node {
    /// The node's interface in a segment.
    #[must_use]
    pub fn interface(&self, segment: &SegmentName) -> Option<&NodeInterface> {
        self.interfaces
            .iter()
            .find(|interface| interface.segment == *segment)
    }
}

/// The interface of a node in a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeInterface {
    /// The segment.
    pub segment: SegmentName,
    /// What `ifconfig -l` calls it.
    pub name: IfName,
    /// The node's own addresses.
    pub addresses: Vec<OwnAddress>,
    /// carpgen writes the own addresses too.
    pub manage: bool,
    /// The number of the first alias line that carpgen writes, where it is given.
    pub first_alias: Option<u32>,
    /// Its table.
    pub route: Route,
}

/// Vhids that move together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: GroupName,
    /// Its table.
    pub route: Route,
}

/// Where advertisements go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peers {
    /// To the multicast group.
    #[default]
    Multicast,
    /// To the one other node (14 and later).
    Unicast,
}

/// The timers of CARP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarpTimers {
    /// The base interval.
    pub advbase: AdvBase,
    /// The skew of every node in the order.
    pub advskew: BTreeMap<HostName, AdvSkew>,
}

/// The protocol of a vhid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// CARP, version 2.
    Carp {
        /// Base and skews.
        timers: CarpTimers,
        /// The key, if there is one.
        key: Option<Key>,
        /// Multicast or unicast.
        peers: Peers,
    },
    /// VRRP, version 3.
    Vrrp {
        /// The interval of all nodes.
        interval: VrrpInterval,
        /// The priority of every node in the order.
        priority: BTreeMap<HostName, VrrpPriority>,
    },
}

/// A vhid as described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VhidSpec {
    /// Its number.
    pub id: Vhid,
    /// Its name, if it has one.
    pub name: Option<VhidName>,
    /// The segment it is on.
    pub segment: SegmentName,
    /// The group it moves with.
    pub group: Option<GroupName>,
    /// The mirror group it belongs to, by itself or through its group.
    pub mirror: Option<GroupName>,
    /// Its addresses.
    pub vips: Vec<Vip>,
    /// The nodes by rank: the first is the preferred master.
    pub order: Vec<HostName>,
    /// carpgen chose the order.
    pub order_is_auto: bool,
    /// CARP or VRRP, with its numbers.
    pub protocol: Protocol,
    /// The unit number of its carp interface, where a node of release 9 serves it.
    pub carp_unit: Option<u16>,
    /// Its table.
    pub route: Route,
}

impl VhidSpec {
    /// The vhid in words: its number, and its name if it has one.
    #[must_use]
    pub fn label(&self) -> String {
        self.name.as_ref().map_or_else(
            || format!("vhid {}", self.id),
            |name| format!("vhid {} ({name})", self.id),
        )
    }
}

/// How loud a rule is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LintLevel {
    /// Silent.
    Allow,
    /// A warning.
    Warn,
    /// An error.
    Deny,
}

/// What must hold after every failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Property {
    /// The longest time without a master, in microseconds.
    pub max_takeover_us: Option<u64>,
    /// The longest time with more than one master, in microseconds.
    pub max_dual_master_us: Option<u64>,
    /// After all faults are over, the preferred master serves again.
    pub returns_home: Option<bool>,
    /// How many faults at once.
    pub faults: Option<u8>,
    /// The vhids it is about, as written; all where empty.
    pub vhids: Vec<String>,
}

impl Cluster {
    /// A node by name.
    #[must_use]
    pub fn node(&self, name: &HostName) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == *name)
    }

    /// The nodes of a vhid with their interfaces on its segment, by rank.
    pub fn members<'a>(
        &'a self,
        vhid: &'a VhidSpec,
    ) -> impl Iterator<Item = (&'a Node, &'a NodeInterface)> {
        vhid.order.iter().filter_map(|name| {
            let node = self.node(name)?;
            Some((node, node.interface(&vhid.segment)?))
        })
    }

    /// The oldest release among a vhid's nodes; features of a vhid are bound to it.
    #[must_use]
    pub fn oldest_release(&self, vhid: &VhidSpec) -> Option<Release> {
        self.members(vhid).map(|(node, _)| node.release).min()
    }

    /// Vhids of one segment may share a VIP: ARP balancing, which only release 9 has.
    #[must_use]
    pub fn may_share_vips(&self, vhid: &VhidSpec) -> bool {
        self.arpbalance
            && self
                .members(vhid)
                .all(|(node, _)| node.release.has_carp_interfaces())
    }
}
