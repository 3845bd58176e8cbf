//! The tables of cluster.toml, version 1, as they are written: nothing is checked here but the types.

mod values;

pub use values::{
    AdvSkewMap, AdvbaseValue, Become, DurationValue, LintMap, PassValue, PeersValue, PriorityValue,
    RcTargetValue, ReleaseValue, SysctlMap, SysctlValue, VersionValue, VhidNumber,
};

use super::reader::{List, Map, Number, table};

table! {
    /// A CARP cluster: its nodes, vhids, addresses and priorities.
    Document {
        /// What holds for the whole cluster.
        cluster: Cluster, required "every description names its cluster";
        /// The layer-2 networks; they need a table only to say more than their name.
        segment: List<Segment>;
        /// The machines.
        node: List<Node>;
        /// Vhids that move together.
        group: List<Group>;
        /// The CARP or VRRPv3 groups.
        vhid: List<Vhid>;
        /// How loud rules are: "allow", "warn" or "deny" by rule.
        lint: LintMap;
        /// What must hold after every failure.
        verify: List<Property>;
    }
}

table! {
    /// What holds for the whole cluster.
    Cluster {
        /// The name of the cluster.
        name: String, required "a text";
        /// The FreeBSD release of the nodes: "9" to "15", also "14.3" or "14.3-RELEASE-p2".
        release: ReleaseValue;
        /// Better masters take over at once; default true.
        preempt: bool;
        /// Share ARP requests between vhids of one address; release 9 only, default false.
        arpbalance: bool;
        /// The base of the advertisement interval in seconds; default 1.
        advbase: AdvbaseValue;
        /// How advskew follows from the rank: first + rank * step.
        skew: SkewRule;
        /// How the VRRP priority follows from the rank: first - rank * step.
        vrrp: VrrpRule;
        /// The key of every vhid.
        pass: PassValue;
        /// The order of nodes for vhids that give none, or "auto".
        priority: PriorityValue;
        /// What gives root's rights after login: "none", "doas" or "sudo".
        become_root as "become": Become;
        /// Where boot lines go: "rc.conf" or "rc.conf.d/network" (mode 0600).
        rc_target: RcTargetValue;
        /// Further sysctls of CARP for every host.
        sysctl: SysctlMap;
    }
}

table! {
    /// advskew = first + rank * step.
    SkewRule {
        /// The advskew of the preferred master; default 0.
        first: Number<0, 254>;
        /// What each further rank adds; default 100 up to 3 nodes, 50 to 5, 20 to 12, 10 to 24.
        step: Number<1, 254>;
    }
}

table! {
    /// VRRP priority = first - rank * step.
    VrrpRule {
        /// The priority of the preferred master; default 200.
        first: Number<1, 255>;
        /// What each further rank subtracts; default 50, 5 above 4 nodes.
        step: Number<1, 254>;
    }
}

table! {
    /// A layer-2 network.
    Segment {
        /// The name of the segment.
        name: String, required "a text";
        /// The subnets of the segment, as ADDRESS/LENGTH.
        subnets: List<String>;
        /// The interface name of nodes that give none.
        interface: String;
        /// Ids that strangers use on the segment.
        reserved: List<VhidNumber>;
    }
}

table! {
    /// A machine of the cluster.
    Node {
        /// The name of the node.
        name: String, required "a text";
        /// The FreeBSD release of this node.
        release: ReleaseValue;
        /// Where ssh(1) reaches the node; default its name.
        ssh: String;
        /// What gives root's rights after login: "none", "doas" or "sudo".
        become_root as "become": Become;
        /// Where boot lines go: "rc.conf" or "rc.conf.d/network" (mode 0600).
        rc_target: RcTargetValue;
        /// Why the node is out of service, if it is.
        away: String;
        /// The host's other cloned interfaces (release 9).
        cloned_interfaces: List<String>;
        /// The node's interface in each segment.
        interfaces: Map<Interface>;
    }
}

table! {
    /// The interface of a node in a segment.
    Interface {
        /// What ifconfig -l shows after boot.
        name: String;
        /// The node's own addresses, as ADDRESS/LENGTH.
        addresses: List<String>;
        /// Write the own addresses too; default false.
        manage: bool;
        /// Alias numbers start here; default behind the own addresses.
        first_alias: Number<0, 9999>;
    }
}

table! {
    /// Vhids that move together: one order, one set of timers.
    Group {
        /// The name of the group.
        name: String, required "a text";
        /// The order of nodes, the preferred master first, or "auto".
        priority: PriorityValue;
        /// The advskew of each node.
        advskew: AdvSkewMap;
        /// The mirror group that shares the load.
        mirror: String;
        /// The base of the advertisement interval in seconds.
        advbase: AdvbaseValue;
        /// The key of the group's vhids.
        pass: PassValue;
        /// The nodes that join "auto"; default all on the segments.
        nodes: List<String>;
    }
}

table! {
    /// A CARP or VRRPv3 group.
    Vhid {
        /// The number of the vhid on its segment, 1 to 255.
        id: VhidNumber, required "a number from 1 to 255";
        /// The segment it is on.
        segment: String, required "the name of a segment";
        /// Its addresses, as ADDRESS/LENGTH.
        vips: List<String>, required "a list of addresses such as [\"192.0.2.1/24\"]";
        /// A name for people.
        name: String;
        /// The group it moves with.
        group: String;
        /// The order of nodes, the preferred master first, or "auto".
        priority: PriorityValue;
        /// The advskew of each node.
        advskew: AdvSkewMap;
        /// The mirror group that shares the load.
        mirror: String;
        /// The base of the advertisement interval in seconds.
        advbase: AdvbaseValue;
        /// The key.
        pass: PassValue;
        /// The nodes that join "auto"; default all on the segment.
        nodes: List<String>;
        /// The unit number of its carp interface (release 9).
        carp: Number<0, 32767>;
        /// Where advertisements go: "multicast" or "unicast" (release 14 and later, two nodes).
        peers: PeersValue;
        /// 2 for CARP, 3 for VRRPv3 (release 15).
        version: VersionValue;
        /// The numbers of VRRPv3.
        vrrp: VrrpNumbers;
    }
}

table! {
    /// The numbers of a VRRPv3 group.
    VrrpNumbers {
        /// The advertisement interval in centiseconds; default 100.
        interval_cs: Number<1, 4095>;
        /// The priority of each node.
        priority: Map<Number<1, 255>>;
    }
}

table! {
    /// What must hold after every failure.
    Property {
        /// The longest time without a master, such as "4s".
        max_takeover: DurationValue;
        /// The longest time with more than one master, such as "50ms".
        max_dual_master: DurationValue;
        /// The preferred master serves again when all faults are over.
        returns_home: bool;
        /// How many faults at once.
        faults: Number<0, 4>;
        /// The vhids it is about; default all.
        vhids: List<String>;
    }
}
