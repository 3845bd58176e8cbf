//! The addresses of a description with their places: VIPs of vhids, own addresses of nodes, subnets of segments.

use std::cmp::Reverse;
use std::net::IpAddr;

use crate::config::{Description, schema};
use crate::model::{
    Family, Node, NodeInterface, OwnAddress, Route, Segment, SegmentName, VhidSpec, Vip,
    own_address,
};

/// A VIP and its place.
pub(super) struct PlacedVip {
    /// The VIP.
    pub(super) vip: Vip,
    /// Where it is written.
    pub(super) at: Route,
}

/// The VIPs of a vhid. What is no address was left out of `VhidSpec::vips`, so a position there is no place.
pub(super) fn vips(description: &Description<'_>, vhid: &VhidSpec) -> Vec<PlacedVip> {
    let tables = description.document.vhid.iter().flatten();
    tables
        .filter(|table| table.value.at == vhid.route)
        .flat_map(|table| table.value.vips.iter().flatten())
        .filter_map(|item| {
            let vip = item.value.parse().ok()?;
            let at = item.at.clone();
            Some(PlacedVip { vip, at })
        })
        .collect()
}

/// An own address of a node and its place.
#[derive(Clone)]
pub(super) struct PlacedOwn<'d> {
    /// The node.
    pub(super) node: &'d Node,
    /// The interface that has the address.
    pub(super) interface: &'d NodeInterface,
    /// The address.
    pub(super) address: OwnAddress,
    /// Where it is written.
    pub(super) at: Route,
}

impl PlacedOwn<'_> {
    /// The family of the address.
    fn family(&self) -> Family {
        Family::of(self.address.addr())
    }
}

/// The own addresses of an interface.
pub(super) fn of_interface<'d>(
    description: &'d Description<'_>,
    node: &'d Node,
    interface: &'d NodeInterface,
) -> Vec<PlacedOwn<'d>> {
    let items = interface_table(description, node, interface)
        .and_then(|table| table.addresses.as_deref())
        .unwrap_or_default();
    let placed = items.iter().filter_map(|item| {
        Some(PlacedOwn {
            node,
            interface,
            address: own_address(&item.value).ok()?,
            at: item.at.clone(),
        })
    });
    placed.collect()
}

/// The own addresses of a node on all its interfaces.
pub(super) fn of_node<'d>(
    description: &'d Description<'_>,
    node: &'d Node,
) -> impl Iterator<Item = PlacedOwn<'d>> {
    node.interfaces
        .iter()
        .flat_map(move |interface| of_interface(description, node, interface))
}

/// An address of the family is written for the interface, even if it cannot be read.
pub(super) fn has_family(
    description: &Description<'_>,
    node: &Node,
    interface: &NodeInterface,
    family: Family,
) -> bool {
    let known = interface.addresses.iter();
    known
        .map(|own| Family::of(own.addr()))
        .any(|of| of == family)
        || has_unreadable(description, node, interface, family)
}

/// A text that was to be an address of that family stands among those of the interface.
fn has_unreadable(
    description: &Description<'_>,
    node: &Node,
    interface: &NodeInterface,
    family: Family,
) -> bool {
    interface_table(description, node, interface)
        .and_then(|table| table.addresses.as_deref())
        .unwrap_or_default()
        .iter()
        .filter(|item| own_address(&item.value).is_err())
        .any(|item| item.value.contains(':') == (family == Family::Inet6))
}

/// The table of an interface as written.
fn interface_table<'d>(
    description: &'d Description<'_>,
    node: &Node,
    interface: &NodeInterface,
) -> Option<&'d schema::Interface> {
    let mut nodes = description.document.node.iter().flatten();
    let node = nodes.find(|table| table.value.at == node.route)?;
    let (_, item) = node
        .value
        .interfaces
        .iter()
        .flat_map(|map| &map.0)
        .find(|(_, item)| item.at == interface.route)?;
    Some(&item.value)
}

/// Where the name of an interface is written: at the node, else at the segment.
pub(super) fn place_of_name(
    description: &Description<'_>,
    node: &Node,
    interface: &NodeInterface,
) -> Route {
    let own =
        interface_table(description, node, interface).is_some_and(|table| table.name.is_some());
    let segment = segment(description, &interface.segment).filter(|_| !own);
    segment.map_or_else(
        || interface.route.key("name"),
        |segment| segment.route.key("interface"),
    )
}

/// A segment by name.
fn segment<'d>(description: &'d Description<'_>, name: &SegmentName) -> Option<&'d Segment> {
    let segments = &description.cluster.segments;
    segments.iter().find(|segment| segment.name == *name)
}

/// A subnet that holds an address, and where the description says so.
pub(super) struct KnownSubnet {
    /// The subnet, by an address in it.
    pub(super) net: OwnAddress,
    /// Where it is written.
    pub(super) at: Route,
    /// What is written there.
    pub(super) words: String,
}

/// The narrowest subnet of at most that prefix length that holds an address of a vhid: by an own address of a node
/// that serves the vhid, else by the list of the segment.
pub(super) fn narrowest_subnet(
    description: &Description<'_>,
    vhid: &VhidSpec,
    address: IpAddr,
    longest: u8,
) -> Option<KnownSubnet> {
    let fits = |net: &OwnAddress| net.prefix_len() <= longest && net.contains(&address);
    let members = description.cluster.members(vhid);
    let own = members
        .flat_map(|(node, interface)| of_interface(description, node, interface))
        .filter(|own| fits(&own.address))
        .min_by_key(|own| Reverse(own.address.prefix_len()));
    if let Some(own) = own {
        return Some(KnownSubnet {
            net: own.address,
            at: own.at,
            words: format!("address {} of node {}", own.address, own.node.name),
        });
    }
    let segment = segment(description, &vhid.segment)?;
    let listed = segment.subnets.iter().filter(|net| fits(net));
    let net = *listed.min_by_key(|net| Reverse(net.prefix_len()))?;
    Some(KnownSubnet {
        net,
        at: segment.route.key("subnets"),
        words: format!("subnet {} of segment {}", net.trunc(), segment.name),
    })
}

/// The segment lists subnets of the address's family, and the address lies in none of them.
pub(super) fn outside_listed_subnets(
    description: &Description<'_>,
    name: &SegmentName,
    address: IpAddr,
) -> bool {
    let Some(segment) = segment(description, name).filter(|_| !is_link_local(address)) else {
        return false;
    };
    let same_family = |net: &&OwnAddress| net.addr().is_ipv4() == address.is_ipv4();
    let mut listed = segment.subnets.iter().filter(same_family).peekable();
    listed.peek().is_some() && !listed.any(|net| net.contains(&address))
}

/// Where a VIP lies, as one of the nodes sees it that serve it.
pub(super) enum Position<'d> {
    /// In the subnet of an own address of the interface that carries it.
    Inside,
    /// In the subnet of another interface of the node.
    Elsewhere {
        /// The address of the other interface.
        home: PlacedOwn<'d>,
        /// The addresses of that family on the interface that carries the VIP.
        own: Vec<PlacedOwn<'d>>,
    },
    /// In no subnet of the node, though the interface has addresses of that family.
    Outside(Vec<PlacedOwn<'d>>),
    /// Not to be told: a link-local address, or no address of that family is known.
    Unknown,
}

/// Where an address lies, seen from the interface of a node.
pub(super) fn position<'d>(
    description: &'d Description<'_>,
    node: &'d Node,
    interface: &'d NodeInterface,
    address: IpAddr,
) -> Position<'d> {
    let family = Family::of(address);
    if is_link_local(address) {
        return Position::Unknown;
    }
    let mut own = of_interface(description, node, interface);
    own.retain(|own| own.family() == family && !is_link_local(own.address.addr()));
    if own.iter().any(|own| own.address.contains(&address)) {
        return Position::Inside;
    }
    // An own address that is wrong itself says nothing of the VIP.
    let before = own.len();
    own.retain(|own| !outside_listed_subnets(description, &interface.segment, own.address.addr()));
    if own.len() < before || has_unreadable(description, node, interface, family) {
        return Position::Unknown;
    }
    let mut others = of_node(description, node).filter(|own| own.interface.name != interface.name);
    if let Some(home) = others.find(|other| other.address.contains(&address)) {
        return Position::Elsewhere { home, own };
    }
    if own.is_empty() {
        Position::Unknown
    } else {
        Position::Outside(own)
    }
}

/// An error of another rule says already that a node cannot serve the VIP where it stands.
pub(super) fn is_misplaced(
    description: &Description<'_>,
    vhid: &VhidSpec,
    address: IpAddr,
) -> bool {
    let mut members = description.cluster.members(vhid);
    members.any(|(node, interface)| {
        let legacy = node.release.has_carp_interfaces();
        match position(description, node, interface, address) {
            Position::Elsewhere { own, .. } => !legacy || !own.is_empty(),
            Position::Outside(_) => legacy,
            Position::Inside | Position::Unknown => false,
        }
    })
}

/// A node with the address cannot be on one network with another owner of it: neither is on the other's segment.
pub(super) fn apart<'d>(
    own: &PlacedOwn<'_>,
    segment: &SegmentName,
    mut others: impl Iterator<Item = &'d Node>,
) -> bool {
    let theirs = &own.interface.segment;
    theirs != segment
        && (is_link_local(own.address.addr())
            || (own.node.interface(segment).is_none()
                && others.all(|node| node.interface(theirs).is_none())))
}

/// `fe80::1` on one segment is another address than on the next.
pub(super) fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local())
}
