//! A run cut at its events: what each of them did to the service.

use crate::carp::Instant;

use super::scenario::{Action, Scenario};
use super::service::{Span, VhidService};
use super::setup::{HostId, SegmentId};

/// The time from one event, or several at once, to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// From when.
    pub from: Instant,
    /// To when.
    pub until: Instant,
    /// Its events, as positions in the scenario; none for the start.
    pub events: Vec<usize>,
    /// Each vhid in it, in the order of the services.
    pub vhids: Vec<PhaseService>,
}

/// A vhid in a phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseService {
    /// The segment.
    pub segment: SegmentId,
    /// The vhid.
    pub vhid: u8,
    /// The masters just before the phase.
    pub before: Vec<HostId>,
    /// The masters at its end.
    pub after: Vec<HostId>,
    /// From its start to the last change of masters, if there was one and one master remained.
    pub takeover_us: Option<u64>,
    /// How long there was no master.
    pub no_master_us: u64,
    /// How long there were several.
    pub dual_master_us: u64,
}

/// Cuts a run at the events of its scenario. Questions of clients do nothing to the service and cut nothing.
#[must_use]
pub fn phases(scenario: &Scenario, services: &[VhidService], end: Instant) -> Vec<Phase> {
    let mut cuts: Vec<(Instant, Vec<usize>)> = vec![(Instant::ZERO, Vec::new())];
    let mut events: Vec<usize> = (0..scenario.events.len())
        .filter(|event| !matches!(scenario.events[*event].action, Action::Arp { .. }))
        .filter(|event| scenario.events[*event].at <= end)
        .collect();
    events.sort_by_key(|event| scenario.events[*event].at);
    for event in events {
        let at = scenario.events[event].at;
        match cuts.last_mut() {
            Some((last, list)) if *last == at => list.push(event),
            _ => cuts.push((at, vec![event])),
        }
    }
    let ends: Vec<Instant> = cuts
        .iter()
        .skip(1)
        .map(|(at, _)| *at)
        .chain([end])
        .collect();
    cuts.into_iter()
        .zip(ends)
        .map(|((from, events), until)| Phase {
            from,
            until,
            events,
            vhids: services
                .iter()
                .map(|service| in_phase(service, from, until, end))
                .collect(),
        })
        .collect()
}

fn in_phase(service: &VhidService, from: Instant, until: Instant, end: Instant) -> PhaseService {
    // What happens at the very end of the run belongs to its last phase; else it belongs to the next one.
    let within = |at: Instant| at < until || (until == end && at <= until);
    let before = last(&service.spans, |at| at < from);
    let after = last(&service.spans, within);
    let mut phase = PhaseService {
        segment: service.segment,
        vhid: service.vhid,
        before: before.map(|span| span.masters.clone()).unwrap_or_default(),
        after: after.map(|span| span.masters.clone()).unwrap_or_default(),
        takeover_us: None,
        no_master_us: 0,
        dual_master_us: 0,
    };
    for (position, span) in service.spans.iter().enumerate() {
        let next = service
            .spans
            .get(position + 1)
            .map_or(end, |next| next.from);
        let (start, stop) = (span.from.max(from), next.min(until));
        let passed = if stop > start {
            stop.since_us(start)
        } else {
            0
        };
        match span.masters.len() {
            0 => phase.no_master_us += passed,
            1 => {}
            _ => phase.dual_master_us += passed,
        }
    }
    let changed = after
        .filter(|span| span.from >= from && (span.masters != phase.before || span.from > from));
    if let Some(span) = changed.filter(|span| span.masters.len() == 1) {
        phase.takeover_us = Some(span.from.since_us(from));
    }
    phase
}

fn last(spans: &[Span], holds: impl Fn(Instant) -> bool) -> Option<&Span> {
    spans.iter().rev().find(|span| holds(span.from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::scenario::Event;
    use crate::sim::setup::Setup;

    const A: HostId = HostId(0);
    const B: HostId = HostId(1);

    fn span(us: u64, masters: &[HostId]) -> Span {
        Span {
            from: Instant::from_us(us),
            masters: masters.to_vec(),
        }
    }

    fn run(spans: Vec<Span>, events: &[u64], end: u64) -> Vec<(Vec<usize>, PhaseService)> {
        let service = VhidService {
            segment: SegmentId(0),
            vhid: 1,
            no_master_us: 0,
            dual_master_us: 0,
            failovers: 0,
            first_master: None,
            spans,
        };
        let mut scenario = Scenario::quiet(&Setup::default());
        scenario.events = events
            .iter()
            .map(|us| Event {
                at: Instant::from_us(*us),
                action: Action::Crash(A),
            })
            .collect();
        phases(&scenario, &[service], Instant::from_us(end))
            .into_iter()
            .map(|mut phase| (phase.events, phase.vhids.remove(0)))
            .collect()
    }

    #[test]
    fn each_event_has_what_followed_it() {
        let spans = vec![
            span(0, &[]),
            span(3, &[A]),
            span(10, &[]),
            span(14, &[B]),
            span(20, &[A, B]),
            span(21, &[A]),
        ];
        let phases = run(spans, &[10, 20, 30], 40);
        assert_eq!(phases.len(), 4);
        let (events, start) = &phases[0];
        assert_eq!(
            (events.len(), start.no_master_us, start.takeover_us),
            (0, 3, Some(3))
        );
        let (events, crash) = &phases[1];
        assert_eq!(events, &[0]);
        assert_eq!((&crash.before[..], &crash.after[..]), (&[A][..], &[B][..]));
        assert_eq!(
            (crash.no_master_us, crash.dual_master_us, crash.takeover_us),
            (4, 0, Some(4))
        );
        let (_, back) = &phases[2];
        assert_eq!(
            (back.no_master_us, back.dual_master_us, back.takeover_us),
            (0, 1, Some(1))
        );
        let (_, quiet) = &phases[3];
        assert_eq!((quiet.takeover_us, &quiet.after[..]), (None, &[A][..]));
    }

    #[test]
    fn events_at_once_are_one_phase_and_a_lasting_outage_is_no_takeover() {
        let phases = run(vec![span(0, &[A]), span(10, &[])], &[10, 10], 30);
        assert_eq!(phases.len(), 2);
        let (events, outage) = &phases[1];
        assert_eq!(events, &[0, 1]);
        assert_eq!((outage.no_master_us, outage.takeover_us), (20, None));
        assert!(outage.after.is_empty());
    }

    #[test]
    fn a_change_at_the_very_end_belongs_to_the_last_phase() {
        let phases = run(vec![span(0, &[A]), span(30, &[B])], &[10], 30);
        assert_eq!(phases[1].1.after, [B]);
        assert_eq!(phases[1].1.takeover_us, Some(20));
    }
}
