//! Who answers the ARP requests of clients.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use comfy_table::{Table, presets};

use super::{Simulation, lines_of, time};
use crate::carp::Instant;
use crate::sim::{HostId, SegmentId};

/// When, where and what clients ask.
type Question = (Instant, SegmentId, Ipv4Addr);
/// The hosts that answer a client.
type Answer<'a> = &'a [(HostId, u8)];

/// Which share of the clients each host answers, just before each event and at the end.
pub(super) fn table(simulation: &Simulation<'_>) -> String {
    let mut asked: BTreeMap<Question, Vec<Answer<'_>>> = BTreeMap::new();
    for record in &simulation.trace.arp {
        let key = (record.at, record.segment, record.target);
        asked.entry(key).or_default().push(&record.answers);
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let mut header = vec!["clients ask at".to_owned(), "VIP".to_owned()];
    header.extend(simulation.setup.hosts.iter().map(|host| host.name.clone()));
    header.extend(["no answer".to_owned(), "several".to_owned()]);
    table.set_header(header);
    for ((at, segment, target), answers) in asked {
        let share = |count: usize| {
            if count == 0 {
                "-".to_owned()
            } else {
                format!("{} %", percent(count, answers.len()))
            }
        };
        let mut row = vec![
            time(at),
            format!("{target} ({})", simulation.segment(segment)),
        ];
        for host in 0..simulation.setup.hosts.len() {
            let by_host = answers
                .iter()
                .filter(|a| matches!(a, [(one, _)] if usize::from(one.0) == host));
            row.push(share(by_host.count()));
        }
        row.push(share(answers.iter().filter(|a| a.is_empty()).count()));
        row.push(share(answers.iter().filter(|a| a.len() > 1).count()));
        table.add_row(row);
    }
    lines_of(&table)
}

/// A share in percent, rounded to one digit where it is not whole.
fn percent(count: usize, of: usize) -> String {
    let tenths = (count * 1000 + of / 2) / of.max(1);
    if tenths.is_multiple_of(10) {
        (tenths / 10).to_string()
    } else {
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}
