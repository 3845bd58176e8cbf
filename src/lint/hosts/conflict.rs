//! Findings about hosts that do not agree: one place is the first, and every other one stands beside it.

use std::net::IpAddr;

use super::views::View;
use super::{HostFinding, Hosts, Member};
use crate::dialect::parse::Keyword;
use crate::model::{Place, Severity};

/// One host's part of a conflict.
pub(in crate::lint) struct Side {
    host: usize,
    place: Option<Place>,
    words: String,
}

impl Hosts<'_> {
    /// A host's part in a conflict, at the vhid.
    pub(in crate::lint) fn side(&self, view: View, member: &Member<'_>, words: String) -> Side {
        let place = self.place_of(view, member);
        let host = member.host;
        Side { host, place, words }
    }

    /// A host's part in a conflict, at a parameter of the vhid.
    pub(in crate::lint) fn side_at(
        &self,
        view: View,
        member: &Member<'_>,
        keyword: Keyword,
        words: String,
    ) -> Side {
        let place = self.parameter_place(view, member, keyword);
        let host = member.host;
        Side { host, place, words }
    }

    /// A host's part in a conflict, at an address of the vhid.
    pub(in crate::lint) fn side_of(
        &self,
        view: View,
        member: &Member<'_>,
        address: IpAddr,
        words: String,
    ) -> Side {
        let place = self.address_place(view, member, address);
        let host = member.host;
        Side { host, place, words }
    }

    /// The name of a host.
    pub(in crate::lint) fn name_of(&self, member: &Member<'_>) -> &str {
        self.hosts[member.host].name.as_str()
    }
}

/// A finding about several hosts, at the first of them.
pub(in crate::lint) fn conflict(
    severity: Severity,
    sides: impl IntoIterator<Item = Side>,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Option<HostFinding> {
    let mut sides = sides.into_iter();
    let first = sides.next()?;
    let (message, help) = (message.into(), help.into());
    let finding = match first.place {
        Some(place) => HostFinding::at(severity, first.host, place, message, help),
        None => HostFinding::about(severity, first.host, message, help),
    };
    Some(sides.fold(finding, |finding, side| match side.place {
        Some(place) => finding.and(side.host, place, side.words),
        None => finding,
    }))
}
